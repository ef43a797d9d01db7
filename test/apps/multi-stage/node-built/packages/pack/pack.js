#!/usr/bin/env node
const fs = require('node:fs');
const [, , from, to] = process.argv;
fs.mkdirSync(to, { recursive: true });
for (const name of fs.readdirSync(from)) fs.copyFileSync(`${from}/${name}`, `${to}/${name.replace(/ts$/, 'js')}`);
