const http = require('node:http');
const greet = require('greet');

http
  .createServer((request, response) => {
    response.end(`${greet('node')}\n`);
  })
  .listen(process.env.PORT ?? 3000);
