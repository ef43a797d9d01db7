import { existsSync, readFileSync } from 'node:fs';
import { main as runCommand } from '../src/cli/index.ts';
import type { Transform } from '../src/transform/index.ts';
import { transforms } from '../transforms/index.ts';
import { loadModule } from './load-module.ts';
import { openPorts } from './ports.ts';

/** Runs the command over this process's streams and gives its exit code; a test may give it other transforms. */
export async function main(argv: readonly string[], list: readonly Transform[] = transforms): Promise<number> {
  endBySignals();
  if (argv[0] === 'pr') {
    const { pr } = await import('./pr.ts');
    return pr(argv.slice(1), version);
  }
  return runCommand(argv, {
    transforms: list,
    version,
    openPorts,
    loadModule,
    cwd: process.cwd(),
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    terminal:
      process.stdin.isTTY && process.stdout.isTTY ? { input: process.stdin, output: process.stdout } : undefined,
  });
}

/**
 * Lets a signal end the process as an exit does, so that what is removed at an exit is removed, and what is being written
 * is written whole; it then ends by the signal.
 */
function endBySignals(): void {
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
    const end = () => {
      process.removeListener(signal, end);
      // A proof that is being made takes longer to remove, and ends the process in the same way.
      if (process.listenerCount(signal) > 0) return;
      process.once('exit', () => process.kill(process.pid, signal));
      process.exit(128 + number);
    };
    process.on(signal, end);
  }
}

/** The version in the package's own package.json, which lies one folder up from the source and two from the build. */
function version(): string {
  for (const up of ['../package.json', '../../package.json']) {
    const url = new URL(up, import.meta.url);
    if (existsSync(url)) return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
  }
  return 'unknown';
}
