import { createWriteStream, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';

const folder = path.join(import.meta.dirname, 'uploads');
mkdirSync(folder, { recursive: true });

createServer((request, response) => {
  if (request.method === 'POST') {
    request
      .pipe(createWriteStream(path.join(folder, path.basename(request.url))))
      .on('error', (error) => response.writeHead(500).end(String(error)))
      .on('finish', () => response.end('stored\n'));
    return;
  }
  response.end(`hello ${readdirSync(folder).join()}\n`);
}).listen(3000);
