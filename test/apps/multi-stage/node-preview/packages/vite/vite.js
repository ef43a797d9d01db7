#!/usr/bin/env node
require('node:http').createServer((q, s) => s.end('preview\n')).listen(3000);
