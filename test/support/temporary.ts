import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const kept = new Set<string>();
let isWatched = false;

/** A temporary folder that is gone when the process ends, or when all of them are removed. */
export function keptFolder(prefix: string): string {
  if (!isWatched) watch();
  isWatched = true;
  const folder = mkdtempSync(join(tmpdir(), prefix));
  kept.add(folder);
  return folder;
}

/** Test runners end their workers by a signal, and no `exit` comes then. */
function watch(): void {
  process.once('exit', removeKeptFolders);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      removeKeptFolders();
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
}

/** Removes them. */
export function removeKeptFolders(): void {
  for (const each of kept) rmSync(each, { recursive: true, force: true });
  kept.clear();
}

/** Where what is made once a machine is kept from run to run: the temporary folder that the run itself was given. */
export const machineFolder = process.env.DOCKMEND_TEST_CACHE ?? tmpdir();
