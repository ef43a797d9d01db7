import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fix } from '../../src/engine/index.ts';
import { removePackageLists } from '../../transforms/remove-package-lists/index.ts';
import { runAll, shells } from '../support/shells.ts';

const update = 'apt-get update';
const install = 'apt-get install -y x';
const parts = [update, install, 'echo e', 'test -n "$V"'];
const forms = [
  '1 && 2 && 3',
  '1 && 2; 3',
  '1; 2 && 3',
  '1 || 2; 3',
  '1 && 2 || 3',
  '1 || 2 && 3',
  '{ 1; 2; }; 3',
  '( 1 && 2 ) && 3',
  'if 1; then 2; fi; 3',
  'if 1; then 2; else 3; fi',
  'for i in $V; do 1; done; 2; 3',
  'while 1; do 2; break; done; 3',
  'case "$V" in x) 1;; esac; 2; 3',
  '! 1; 2; 3',
  'f() { 1; }; 2; f; 3',
  'f() { 1 && 2; }; f && 3',
  'bash -c "1 && 2" && 3',
  'x=$(1) && 2; 3',
  '1 | cat; 2; 3',
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dockmend-'));
  const path = join(folder, 'apt-get');
  writeFileSync(path, '#!/bin/sh\necho "$1" >&9\n');
  chmodSync(path, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('lists go safely only where no later install can run before an update of its own', () => {
  const texts = forms.flatMap((form) =>
    parts.flatMap((a) =>
      parts.flatMap((b) =>
        parts.map((c) =>
          form
            .replace('1', () => a)
            .replace('2', () => b.replaceAll('"', form.includes('"1') ? "'" : '"'))
            .replace('3', () => c),
        ),
      ),
    ),
  );
  const bodies = [...new Set(texts)].filter((text) => text.includes('install') && !/bash -c "[^"]*"\$V"/.test(text));
  const safe = bodies.filter((body) => {
    const source = `FROM debian:12\nRUN apt-get update && apt-get install -y first\nRUN ${body}\nCMD ["first"]\n`;
    const { applied } = fix(source, { transforms: [removePackageLists], choice: { safety: 'safe' } });
    return applied.some((each) => each.line === 2 && each.pass === 1);
  });
  expect(safe.length).toBeGreaterThan(100);
  expect(safe.length).toBeLessThan(bodies.length - 100);
  for (const value of ['', 'x']) {
    const ran = runAll(
      shells[0]!,
      safe.map((text) => `exec 9>&1 >/dev/null; ${text}`),
      { PATH: `${folder}:/usr/bin:/bin`, V: value },
    );
    const wrong = safe.filter((_, at) => /^install/.test(ran[at]!.output));
    expect(wrong).toEqual([]);
  }
});
