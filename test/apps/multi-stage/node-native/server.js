const http = require('node:http');
const { twice } = require('twice');
http
  .createServer((request, response) => {
    response.end(`twice 21 is ${twice(21)}\n`);
  })
  .listen(process.env.PORT ?? 3000);
