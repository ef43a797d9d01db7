#!/usr/bin/env node
require(require('node:path').resolve(process.argv[2]));
