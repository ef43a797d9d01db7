import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether every program is on PATH. With CI=true a missing one is an error, never a skip. */
export function hasParts(...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => spawnSync('sh', ['-c', 'command -v "$0"', program]).status !== 0);
  if (missing.length > 0 && process.env.CI === 'true') throw new Error(`missing parts: ${missing.join(', ')}`);
  return missing.length === 0;
}

/** Why a suite that needs parts did not run. */
export function partsMissing(...programs: readonly string[]): string {
  return hasParts(...programs) ? '' : ` (skipped: needs ${programs.join(', ')}; npm run test:all installs them)`;
}

/** A temporary folder and the way to remove it. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'dockmend-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A registry of Debian's docker-registry package in memory, on a free port of the loopback. */
export async function startRegistry(): Promise<{ readonly host: string; stop(): Promise<void> }> {
  const folder = temporaryFolder();
  const configuration = join(folder.path, 'config.yml');
  writeFileSync(
    configuration,
    'version: 0.1\nlog: {level: info, formatter: json, accesslog: {disabled: true}}\nstorage: {inmemory: {}}\nhttp: {addr: "127.0.0.1:0"}\n',
  );
  const child: ChildProcess = spawn('docker-registry', ['serve', configuration], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const host = await new Promise<string>((resolve, reject) => {
    let log = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const match = /listening on (127\.0\.0\.1:\d+)/.exec(log);
      if (match) resolve(match[1]!);
    });
    child.once('exit', () => reject(new Error('docker-registry ended at once')));
  });
  return {
    host,
    async stop() {
      child.kill();
      await exited;
      folder.remove();
    },
  };
}
