import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stageContext } from '../../src/verify/stage-context.ts';
import { temporaryFolder } from '../support/parts.ts';

test('a file of the context that is changed keeps its mode, whatever the mask', async () => {
  const folder = temporaryFolder();
  const old = process.umask(0o022);
  try {
    const context = join(folder.path, 'context');
    mkdirSync(context);
    for (const name of ['Dockerfile', '.dockerignore']) {
      writeFileSync(join(context, name), 'x');
      chmodSync(join(context, name), 0o664);
    }
    const original = { path: join(context, 'Dockerfile'), source: 'x', context };
    const candidate = { text: 'y', files: [{ path: '.dockerignore', before: 'x', after: 'y' }] };
    const staged = await stageContext(original, candidate, join(folder.path, 'staged'));
    for (const name of ['Dockerfile', '.dockerignore']) {
      expect(statSync(join(staged.context, name)).mode & 0o7777).toBe(0o664);
    }
  } finally {
    process.umask(old);
    folder.remove();
  }
});
