const fs = require('node:fs');

require('node:http')
  .createServer((request, response) => {
    response.end(`on ${process.env.MACHINE}, ${fs.existsSync('/srv/state/started')}\n`);
  })
  .listen(3000);
