import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of this name go with the process that made them; test runners end theirs by a signal, and remove them then. */
export const keptPrefix = 'dockmend-kept-';

/** A temporary folder, which says what it is for, that is gone when the process ends. */
export function keptFolder(purpose = ''): string {
  const folder = mkdtempSync(join(tmpdir(), keptPrefix + purpose));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const endings = new Set<() => void>();

/** Does something when the process ends, be it by a signal; what is returned takes that back. */
export function atEnd(ending: () => void): () => void {
  watch();
  endings.add(ending);
  return () => void endings.delete(ending);
}

let isWatched = false;

function watch(): void {
  if (isWatched) return;
  isWatched = true;
  process.once('exit', end);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      end();
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
}

/** The latest first: a program ends before the folder goes that it works in. */
function end(): void {
  for (const each of [...endings].reverse()) each();
  endings.clear();
}

/** Where what is made once a machine is kept from run to run: the temporary folder that the run itself was given. */
export const machineFolder = process.env.DOCKMEND_TEST_CACHE ?? tmpdir();
