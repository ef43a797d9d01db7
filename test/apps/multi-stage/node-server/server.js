const http = require('node:http');
const greet = require('greet');
http
  .createServer((request, response) => {
    response.end(greet());
  })
  .listen(process.env.PORT ?? 3000);
