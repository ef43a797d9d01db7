import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';
import { fix } from '../../src/engine/index.ts';
import { combineUpdateAndInstall } from '../../transforms/combine-update-and-install.ts';
import { runAll, shells } from '../support/shells.ts';

const updates = [
  'apt-get update',
  'apt-get update && apt-get upgrade',
  'dpkg --add-architecture i386 && apt-get update',
];
const installs = [
  'I',
  'A && I',
  'I && B',
  'I || A',
  'I; B',
  'I; B;',
  'I & wait',
  '{ I; B; }',
  '( I; B )',
  '( I ) && B',
  'if A; then I; B; fi',
  'for p in a b; do I; B; done',
  'set -e; I; B',
  'set -e; I && B; A',
  'set -e && I && B',
  'set -eu; A; I',
  'cd / && I',
  '! I',
  'I | B',
  'add() { I; B; }; add',
]
  .map((form) => form.replaceAll('I', 'apt-get install'))
  .flatMap((form) => [form.replaceAll('A', 'echo a'), form.replaceAll('A', 'false')])
  .flatMap((form) => [form.replaceAll('B', 'echo b'), form.replaceAll('B', 'false')]);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dockmend-'));
  for (const program of ['apt-get', 'dpkg']) {
    const path = join(folder, program);
    writeFileSync(path, '#!/bin/sh\necho "$*"\ncase " $FAILS " in *" $1 "*) exit 1;; esac\n');
    chmodSync(path, 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The bodies of a file's RUN instructions. */
function runs(source: string): string[] {
  const file = new Dockerfile(source);
  return file.instructions.filter((each) => each.keyword === 'RUN').map((each) => file.args(each));
}

describe.each(shells)('in %s', (shell) => {
  test.each(['', 'update', 'install'])('one RUN does what two did when %j fails', (fails) => {
    const pairs = [...new Set(installs)].flatMap((install) =>
      updates.flatMap((update) => {
        const { output, applied } = fix(`FROM debian:12\nRUN ${update}\nRUN ${install}\n`, {
          transforms: [combineUpdateAndInstall],
        });
        return applied.length === 0 ? [] : [{ update, install, combined: runs(output)[0]! }];
      }),
    );
    expect(pairs.length).toBeGreaterThan(40);
    const texts = [...new Set(pairs.flatMap((pair) => [pair.update, pair.install, pair.combined]))];
    const ran = new Map(
      runAll(shell, texts, { PATH: `${folder}:/usr/bin:/bin`, FAILS: fails }).map((each, at) => [texts[at], each]),
    );
    const wrong = pairs.filter(({ update, install, combined }) => {
      const [first, second, both] = [ran.get(update)!, ran.get(install)!, ran.get(combined)!];
      const expected = first.ok
        ? { output: first.output + second.output, ok: second.ok }
        : { output: first.output, ok: false };
      return both.ok !== expected.ok || both.output !== expected.output;
    });
    expect(wrong).toEqual([]);
  });
});
