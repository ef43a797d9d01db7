const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const config = {
  uploadDir: process.env.UPLOAD_DIR || path.join(process.cwd(), 'var', 'files'),
};
fs.mkdirSync(config.uploadDir, { recursive: true });

http
  .createServer(async (request, response) => {
    await fs.promises.writeFile(path.join(config.uploadDir, 'last.txt'), request.url);
    response.end('hello\n');
  })
  .listen(3000);
