import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of this name go with the process that made them; test runners end theirs by a signal, and remove them then. */
export const keptPrefix = 'dockmend-kept-';

const kept: string[] = [];

/** A temporary folder that is gone when the process ends. */
export function keptFolder(): string {
  if (kept.length === 0) watch();
  const folder = mkdtempSync(join(tmpdir(), keptPrefix));
  kept.push(folder);
  return folder;
}

function watch(): void {
  process.once('exit', removeKeptFolders);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      removeKeptFolders();
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
}

function removeKeptFolders(): void {
  for (const each of kept) rmSync(each, { recursive: true, force: true });
}

/** Where what is made once a machine is kept from run to run: the temporary folder that the run itself was given. */
export const machineFolder = process.env.DOCKMEND_TEST_CACHE ?? tmpdir();
