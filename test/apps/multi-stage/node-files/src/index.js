const http = require('node:http');
const fs = require('node:fs');
const path = require('node:path');
http
  .createServer((request, response) => {
    const name = request.url === '/' ? 'index.html' : request.url.slice(1);
    response.end(fs.readFileSync(path.join(__dirname, '..', 'public', name)));
  })
  .listen(process.env.PORT ?? 3000);
