const fs = require('node:fs');
const http = require('node:http');
const ms = require('ms');

http
  .createServer((request, response) => {
    response.end(`hello from node, ${ms(60000)}, ${fs.existsSync('package.json')}\n`);
  })
  .listen(process.env.PORT ?? 3000);
