#!/usr/bin/env node
const fs = require('node:fs');
const folder = process.argv[3];
require('node:http')
  .createServer((request, response) => {
    const path = `${folder}${request.url}`;
    const file = fs.existsSync(path) && fs.statSync(path).isFile() ? path : `${folder}/index.html`;
    const type = file.endsWith('.css') ? 'text/css' : 'text/html';
    response.setHeader('Content-Type', `${type}; charset=utf-8`);
    response.end(fs.readFileSync(file));
  })
  .listen(3000);
