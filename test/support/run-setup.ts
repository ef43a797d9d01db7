import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compileAll } from './compiled.ts';
import { keptPrefix } from './temporary.ts';

/** What programs that tests start keep there for their next start. */
const caches = /^(?:tsx-\d+|node-compile-cache|v8-compile-cache.*)$/;

/** How long what a killed process leaves may take to be removed by its watchdog, in milliseconds. */
const patience = 5000;

/** Gives a run a temporary folder of its own. Its end removes the folder, and fails where tests have left something in it. */
export default async function setup(): Promise<() => Promise<void>> {
  process.env.DOCKMEND_TEST_CACHE ??= tmpdir();
  const before = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), 'dockmend-test-'));
  const remove = () => {
    // Node takes three times as long, and tests leave thousands of files.
    spawnSync('rm', ['-rf', '--one-file-system', folder], { stdio: 'ignore' });
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // An engine that still runs has mounts in it, and is among the names.
    }
  };
  // Tests become other users, and look from there.
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  process.once('exit', remove);
  await compileAll(folder);
  return async () => {
    const left = () => readdirSync(folder).filter((name) => !caches.test(name) && !name.startsWith(keptPrefix));
    for (let waited = 0; waited < patience && left().length > 0; waited += 100) await sleep(100);
    const names = left();
    process.removeListener('exit', remove);
    remove();
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    if (names.length === 0) return;
    // The runner prints what is thrown here, and takes it for no failure.
    process.exitCode = 1;
    throw new Error(`tests have left in the temporary folder: ${names.join(', ')}`);
  };
}
