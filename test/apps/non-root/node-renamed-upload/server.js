import fs from 'node:fs/promises';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

const uploadDir = path.resolve('public', 'uploads');
if (!existsSync(uploadDir)) mkdirSync(uploadDir, { recursive: true });

createServer(async (request, response) => {
  const name = path.basename(request.url) || 'index';
  const temporary = path.join(tmpdir(), name);
  await fs.writeFile(temporary, 'x');
  await fs.copyFile(temporary, path.join(uploadDir, name));
  response.end('hello\n');
}).listen(3000);
