import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

// `npm install -g` of a git repository, which pre-commit uses too, prepares it in an environment that says "global":
// what npm installs for the build then goes elsewhere, and the compiler is not here.
if (!existsSync('node_modules/typescript')) {
  run('npm', 'install', '--global=false', '--include=dev', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund');
}
run('npm', 'run', 'build');

function run(...words) {
  const { status } = spawnSync(words.join(' '), { stdio: 'inherit', shell: true });
  if (status !== 0) process.exit(status ?? 1);
}
