#!/usr/bin/env node
// Stands in for Next.js: makes the same tree, and serves the same three kinds of path.
const fs = require('node:fs');
const server = `
const fs = require('node:fs');
process.chdir(__dirname);
require('node:http').createServer((request, response) => {
  const { url } = request;
  const file = url.startsWith('/_next/static/') ? '.next/static/' + url.slice(14) : 'public' + url;
  response.end(fs.existsSync(file) && fs.statSync(file).isFile() ? fs.readFileSync(file) : 'page\\n');
}).listen(Number(process.env.PORT ?? 3000), process.env.HOSTNAME);
`;
if (process.argv[2] === 'build') {
  fs.mkdirSync('.next/standalone/.next', { recursive: true });
  fs.mkdirSync('.next/static', { recursive: true });
  fs.writeFileSync('.next/standalone/server.js', server);
  fs.writeFileSync('.next/static/chunk.js', 'chunk\n');
} else {
  process.env.HOSTNAME = '0.0.0.0';
  fs.writeFileSync('server.js', server);
  require(`${process.cwd()}/server.js`);
}
