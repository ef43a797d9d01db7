const http = require('node:http');
const greet = require('greet');
http
  .createServer((request, response) => {
    response.end(greet() + process.env.NODE_ENV);
  })
  .listen(process.env.PORT ?? 3000);
