const fs = require('fs');
const http = require('http');
const path = require('path');

http
  .createServer((request, response) => {
    fs.mkdirSync(path.join(process.cwd(), '.next/cache/images'), { recursive: true });
    fs.writeFileSync(path.join(process.cwd(), '.next/cache/images/a'), 'x');
    fs.writeFileSync(path.join(process.cwd(), '.next/server/app/index.html'), 'x');
    response.end('hello from next\n');
  })
  .listen(3000, process.env.HOSTNAME);
