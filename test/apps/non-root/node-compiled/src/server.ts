import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';

const DATA = './data';
mkdirSync(DATA, { recursive: true });

createServer((request, response) => {
  appendFileSync(`${DATA}/visits`, `${request.url}\n`);
  response.end('hello\n');
}).listen(3000);
