import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/parts.ts';

const program = `
import { writeFileSync } from 'node:fs';
import { atEnd, keptFolder } from ${JSON.stringify(new URL('support/temporary.ts', import.meta.url).href)};
const folder = keptFolder('ending');
const [, done, undone] = process.argv;
atEnd(() => writeFileSync(done, folder));
const forget = atEnd(() => writeFileSync(undone, ''));
forget();
console.log(folder);
setInterval(() => {}, 1000);
`;

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends what a process has started', async (signal) => {
  const folder = temporaryFolder();
  try {
    const [done, undone] = [`${folder.path}/done`, `${folder.path}/undone`];
    const flags = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program, '--', done, undone];
    // Outside of a run of tests, folders go with their process.
    const { DOCKMEND_TEST_CACHE: _, ...env } = process.env;
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'], env });
    const ended = new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
    const kept = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data) => resolve(String(data).trim())),
    );
    expect(existsSync(kept)).toBe(true);
    child.kill(signal);
    expect(await ended).toBe(signal);
    expect([existsSync(done), existsSync(undone), existsSync(kept)]).toEqual([true, false, false]);
  } finally {
    folder.remove();
  }
});
