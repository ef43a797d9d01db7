import { createServer } from 'node:http';

createServer((request, response) => response.end('hello from node\n')).listen(Number(process.env.PORT ?? 3000));
