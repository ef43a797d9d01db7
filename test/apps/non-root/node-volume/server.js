import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const file = `${process.env.DATA_DIR}/visits.log`;

createServer((request, response) => {
  appendFileSync(file, 'visit\n');
  response.end(`hello ${readFileSync(file, 'utf8').trim().split('\n').length}\n`);
}).listen(3000);
