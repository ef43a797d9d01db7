import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

createServer((request, response) => {
  appendFileSync('./logs/access.log', `${request.url}\n`);
  response.end('hello\n');
}).listen(3000);
