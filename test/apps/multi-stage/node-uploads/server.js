const http = require('node:http');
const fs = require('node:fs');
http
  .createServer((request, response) => {
    fs.writeFileSync('uploads/last.txt', request.url);
    response.end(fs.readFileSync('uploads/last.txt'));
  })
  .listen(process.env.PORT ?? 3000);
