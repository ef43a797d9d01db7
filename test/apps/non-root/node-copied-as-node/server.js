import { writeFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

createServer((request, response) => {
  writeFileSync('cache/last', request.url);
  response.end(`hello ${readFileSync('cache/last', 'utf8')}\n`);
}).listen(3000);
