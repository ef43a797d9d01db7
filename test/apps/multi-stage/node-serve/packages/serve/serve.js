#!/usr/bin/env node
const fs = require('node:fs');
const folder = process.argv[3];
require('node:http')
  .createServer((request, response) => {
    const path = `${folder}${request.url}`;
    const file = fs.existsSync(path) && fs.statSync(path).isFile() ? path : `${folder}/index.html`;
    response.end(fs.readFileSync(file));
  })
  .listen(3000);
