import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

mkdirSync(`${process.env.HOME}/.state`, { recursive: true });
writeFileSync(`${process.env.HOME}/.state/started`, '');

createServer((request, response) => response.end('hello from node\n')).listen(Number(process.env.PORT ?? 3000));
