const fs = require('fs');
const http = require('http');

let count = 0;
http
  .createServer((request, response) => {
    count += 1;
    fs.writeFileSync('state.json.tmp', JSON.stringify({ count }));
    fs.renameSync('state.json.tmp', 'state.json');
    response.end(`hello ${JSON.parse(fs.readFileSync('state.json', 'utf8')).count}\n`);
  })
  .listen(3000);
