import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const kept = new Set<string>();
let isWatched = false;

/** A temporary folder that is gone when the process ends, or when all of them are removed. */
export function keptFolder(prefix: string): string {
  if (!isWatched) process.once('exit', removeKeptFolders);
  isWatched = true;
  const folder = mkdtempSync(join(tmpdir(), prefix));
  kept.add(folder);
  return folder;
}

/** Removes them: test runners end their workers by a signal, and no `exit` comes then. */
export function removeKeptFolders(): void {
  for (const each of kept) rmSync(each, { recursive: true, force: true });
  kept.clear();
}

/** Where what is made once a machine is kept from run to run: the temporary folder that the run itself was given. */
export const machineFolder = process.env.DOCKMEND_TEST_CACHE ?? tmpdir();
