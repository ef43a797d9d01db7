import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Folders of this name go with the run of tests that made them, or with their process where there is no run. It is short
 * because sockets in them have paths of at most 107 bytes (unix(7)).
 */
export const keptPrefix = 'dm-kept-';

/** Whether a run removes what is left, once for all its processes. */
const isInRun = process.env.DOCKMEND_TEST_CACHE !== undefined;

/** A temporary folder, which says what it is for, that is gone when the run of tests, or the process without one, ends. */
export function keptFolder(purpose = ''): string {
  const folder = mkdtempSync(join(tmpdir(), keptPrefix + purpose));
  if (!isInRun) atEnd(() => rmSync(folder, { recursive: true, force: true }));
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
