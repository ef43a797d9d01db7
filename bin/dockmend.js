#!/usr/bin/env node
import module from 'node:module';

// Compiled code is kept between runs where Node can, from 22.1 on; it does so for what is imported after this.
module.enableCompileCache?.();
const { main } = await import('../dist/bin/main.js');

process.exitCode = await main(process.argv.slice(2));
