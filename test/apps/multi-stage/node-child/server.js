const http = require('node:http');
const { execSync } = require('node:child_process');
http
  .createServer((request, response) => {
    response.end(execSync('uname -s'));
  })
  .listen(process.env.PORT ?? 3000);
