const http = require('node:http');
const greet = require('greet');
http
  .createServer((request, response) => {
    response.end(greet() + require('node:fs').readFileSync('views/page.html', 'utf8'));
  })
  .listen(process.env.PORT ?? 3000);
