import { existsSync, readFileSync } from 'node:fs';
import { main as runCommand } from '../src/cli/index.ts';
import { transforms } from '../transforms/index.ts';
import { openPorts } from './ports.ts';

/** Runs the command over this process's streams and gives its exit code. */
export function main(argv: readonly string[]): Promise<number> {
  return runCommand(argv, {
    transforms,
    version,
    openPorts,
    cwd: process.cwd(),
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    terminal:
      process.stdin.isTTY && process.stdout.isTTY ? { input: process.stdin, output: process.stdout } : undefined,
  });
}

/** The version in the package's own package.json, which lies one folder up from the source and two from the build. */
function version(): string {
  for (const up of ['../package.json', '../../package.json']) {
    const url = new URL(up, import.meta.url);
    if (existsSync(url)) return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
  }
  return 'unknown';
}
