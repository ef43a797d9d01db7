import http from 'node:http';

http.createServer((request, response) => response.end('module\n')).listen(3000);
