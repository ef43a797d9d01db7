import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

execSync('site-env --all');
createServer((_, response) => response.end(readFileSync('dist/stage.txt'))).listen(3000);
