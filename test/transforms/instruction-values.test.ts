import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dockerfile, expandWord, type Value } from '../../src/dockerfile/index.ts';
import { fix } from '../../src/engine/index.ts';
import type { Transform } from '../../src/transform/index.ts';
import { replaceLegacyKeyValueFormat } from '../../transforms/replace-legacy-key-value-format.ts';
import { replaceMaintainerWithLabel } from '../../transforms/replace-maintainer-with-label.ts';
import { useExecForm } from '../../transforms/use-exec-form.ts';
import { allOr, noteOf } from '../support/sampled.ts';

const run = (source: string, transform: Transform): string =>
  fix(source, { transforms: [transform], choice: { safety: 'unsafe' } }).output;

/** The value of the first pair of line 3 as a builder takes it; undefined where the build fails. */
function builtValue(source: string, lookup: (name: string) => Value): string | undefined {
  const file = new Dockerfile(source);
  const pair = file.pairs(file.instructions[1]!)[0]!;
  const expanded = expandWord(pair[1], file.escape, lookup);
  return expanded.ok ? expanded.value : undefined;
}

const text = (alphabet: string): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...alphabet.split('|')), { minLength: 1, maxLength: 10 })
    .map((pieces) => pieces.join('').trim());

describe(`the values of instructions${noteOf('most tries')}`, () => {
  test.each(['\\', '`'])('stay when ENV becomes name=value, escape %s', (mark) => {
    let converted = 0;
    fc.assert(
      fc.property(text('a|=|#| |  |\t|"|\'|\\|`|$A|${A:-x y}|${A}|\u00a0|c|[|]'), (value) => {
        const source = `# escape=${mark}\nFROM debian:12\nENV K ${value}\n`;
        let before: Dockerfile;
        try {
          before = new Dockerfile(source);
        } catch {
          return;
        }
        if (before.instructions.length !== 2) return;
        const output = run(source, replaceLegacyKeyValueFormat);
        if (output === source) return;
        converted++;
        expect(output).toContain('ENV K=');
        for (const content of ['', 'q r', 'z']) {
          const lookup = (): Value => ({ known: true, value: content });
          expect(builtValue(output, lookup)).toBe(builtValue(source, lookup));
        }
      }),
      { numRuns: allOr(1500, 400) },
    );
    expect(converted).toBeGreaterThan(allOr(300, 60));
  });

  test.each(['\\', '`'])('stay when MAINTAINER becomes a label, escape %s', (mark) => {
    fc.assert(
      fc.property(text('a|<| |  |"|\'|\\|`|$A|${|}|@|#|\\\\'), (value) => {
        const source = `# escape=${mark}\nFROM debian:12\nMAINTAINER x${value}\n`;
        const before = new Dockerfile(source);
        if (before.instructions.length !== 2) return;
        const output = run(source, replaceMaintainerWithLabel);
        if (output === source) return;
        expect(builtValue(output, () => ({ known: true, value: 'lost' }))).toBe(before.args(before.instructions[1]!));
      }),
      { numRuns: allOr(1500, 400) },
    );
  });

  test('are the words that a shell would have passed, in exec form', () => {
    const commands = fc.sample(text('a| |  |"|\'|\\|\\\\|=|#|~|*|[|]|{|}|,|;|&|$|!|^|%|é|-x|b c'), 800);
    const converted: { command: string; words: readonly string[] }[] = [];
    for (const words of commands) {
      const command = `program ${words}`;
      const output = run(`FROM debian:12\nCMD ${command}\n`, useExecForm);
      const instruction = new Dockerfile(output).instructions[1];
      if (instruction?.json) converted.push({ command, words: instruction.json });
    }
    expect(converted.length).toBeGreaterThan(100);
    const script = converted.map(({ command }) => `${command}\nprintf '\\n'`).join('\n');
    const shell = spawnSync('sh', ['-c', `program() { printf '%s\\037' program "$@"; }\n${script}\n`], {
      encoding: 'utf8',
      cwd: '/',
    });
    const lines = shell.stdout.trimEnd().split('\n');
    expect(lines).toEqual(converted.map(({ words }) => words.map((word) => `${word}\u001f`).join('')));
  });
});
