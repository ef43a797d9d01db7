import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { fix } from '../../src/engine/index.ts';
import { diffReporter } from '../../src/report/diff.ts';
import { type FileReport, hidesInDiff, hidingSecrets, unifiedDiff } from '../../src/report/index.ts';
import { hasParts, partsMissing, temporaryFolder } from '../support/parts.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

let count = 0;
/** The text that `git apply` makes of a file with our diff, run where the diff's paths begin. */
function gitApplies(path: string, before: string | undefined, after: string): string {
  const root = join(folder.path, String(count++));
  mkdirSync(dirname(join(root, path)), { recursive: true });
  if (before !== undefined) writeFileSync(join(root, path), before);
  const diff = unifiedDiff({ path, before, after });
  const { status, stderr } = spawnSync('git', ['apply', '--whitespace=nowarn'], { cwd: root, input: diff });
  if (status !== 0) throw new Error(`${stderr}\n${diff}`);
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
}

describe.skipIf(!hasParts('git'))(`git apply takes our diff${partsMissing('git')}`, () => {
  const cases: readonly (readonly [name: string, path: string, before: string | undefined, after: string])[] = [
    ['a changed line', 'Dockerfile', 'FROM a\nRUN b\nRUN c\n', 'FROM a\nRUN x\nRUN c\n'],
    ['no final newline', 'Dockerfile', 'FROM a\nRUN b', 'FROM a\nRUN x'],
    ['a final newline that comes', 'Dockerfile', 'FROM a', 'FROM a\n'],
    ['a final newline that goes', 'Dockerfile', 'FROM a\n', 'FROM a'],
    ['CRLF', 'Dockerfile', 'FROM a\r\nRUN b\r\n', 'FROM a\r\nRUN x\r\n'],
    ['CRLF without a final one', 'Dockerfile', 'FROM a\r\nRUN b', 'FROM a\r\nRUN x'],
    ['mixed line endings', 'Dockerfile', 'FROM a\r\nRUN b\nRUN c\rd\n', 'FROM a\nRUN b\r\nRUN c\re\n'],
    ['a BOM', 'Dockerfile', '\uFEFFFROM a\n', '\uFEFFFROM b\n'],
    ['a path with blanks', 'my app/Docker file', 'FROM a\n', 'FROM b\n'],
    ['a path with quotes', 'it\'s "x"/Dockerfile', 'FROM a\n', 'FROM b\n'],
    ['a path with a tab and a newline', 'a\tb\nc/Dockerfile', 'FROM a\n', 'FROM b\n'],
    ['a path with a backslash', 'a\\b/Dockerfile', 'FROM a\n', 'FROM b\n'],
    ['a path with letters of other scripts', 'größe/Dockerfile', 'FROM ä\n', 'FROM ö\n'],
    ['a new file', 'web/.dockerignore', undefined, '.git\nnode_modules\n'],
    ['a new file without final newline', '.dockerignore', undefined, '.git'],
    ['a new empty file', '.dockerignore', undefined, ''],
    ['a file that becomes empty', '.dockerignore', 'a\n', ''],
    ['an empty file that gets a text', '.dockerignore', '', 'a\n'],
    ['lines that look like a diff', 'Dockerfile', '--- a\n+++ b\n@@ -1 +1 @@\n', '--- a\n+++ c\n@@ -1 +1 @@\n'],
  ];

  test.each(cases)('%s', (_name, path, before, after) => {
    expect(gitApplies(path, before, after)).toBe(after);
  });

  test('any two texts', () => {
    const line = fc.constantFrom('FROM a', 'RUN b', ' && c', '', '# d', '\t', 'e\r', '-f', '+g', '\\ No newline');
    const text = fc.tuple(fc.array(line, { maxLength: 12 }), fc.boolean()).map(([lines, final]) => {
      return lines.join('\n') + (final && lines.length > 0 ? '\n' : '');
    });
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after);
        expect(gitApplies('Dockerfile', before, after)).toBe(after);
      }),
      { numRuns: 40 },
    );
  });

  test('a mode is kept', () => {
    const root = join(folder.path, 'mode');
    mkdirSync(root);
    writeFileSync(join(root, 'Dockerfile'), 'FROM a\n');
    chmodSync(join(root, 'Dockerfile'), 0o755);
    const input = unifiedDiff({ path: 'Dockerfile', before: 'FROM a\n', after: 'FROM b\n' });
    expect(spawnSync('git', ['apply'], { cwd: root, input }).status).toBe(0);
    expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toBe('FROM b\n');
  });
});

const secret = 'ghp_R4nd0mT0k3nOfNobodyAtAll0123456789ab';

function reportOf(source: string, output: string): FileReport {
  const result = { ...fix(source, { transforms: [] }), output };
  return {
    path: 'Dockerfile',
    diffPath: 'Dockerfile',
    result,
    changes: [{ path: 'Dockerfile', before: source, after: output }],
  };
}

describe.skipIf(!hasParts('git'))(`a diff with secrets beside what changes${partsMissing('git')}`, () => {
  /** What `git apply` makes of a file with the diff that is shown; undefined where it refuses. */
  function applied(source: string, output: string): string | undefined {
    const diff = hidingSecrets(diffReporter()).file(reportOf(source, output));
    expect(diff).not.toContain(secret);
    const root = join(folder.path, String(count++));
    mkdirSync(root);
    writeFileSync(join(root, 'Dockerfile'), source);
    const { status } = spawnSync('git', ['apply', '--whitespace=nowarn'], { cwd: root, input: diff });
    return status === 0 ? readFileSync(join(root, 'Dockerfile'), 'utf8') : undefined;
  }

  const line = `ENV GITHUB_TOKEN=${secret}\n`;
  const cases: readonly (readonly [name: string, before: string, after: string])[] = [
    ['in front of it', `FROM a\n${line}RUN b\nRUN c\n`, `FROM a\n${line}RUN x\nRUN c\n`],
    ['in front, and nothing behind', `FROM a\n${line}RUN b\n`, `FROM a\n${line}RUN x\n`],
    ['at the top of the hunk', `FROM a\n${line}RUN 1\nRUN b\nRUN c\n`, `FROM a\n${line}RUN 1\nRUN x\nRUN c\n`],
    ['behind, with a line between', `FROM a\nRUN b\n${line}RUN c\n`, `FROM z\nRUN b\n${line}RUN c\n`],
    ['between two changes', `FROM a\nRUN b\n${line}RUN c\nRUN d\n`, `FROM z\nRUN b\n${line}RUN x\nRUN d\n`],
    ['a new line behind it at the end', `FROM a\nRUN b\n${line}`, `FROM a\nRUN b\n${line}USER 1\n`],
    ['the last line without an end', `FROM a\nRUN b\n${line.trimEnd()}`, `FROM z\nRUN b\n${line.trimEnd()}`],
  ];
  test.each(cases)('%s', (_, before, after) => {
    expect(applied(before, after)).toBe(after);
    expect(hidesInDiff(reportOf(before, after))).toBe(false);
  });

  test('in what changes, or right behind it, it cannot be applied and is said to be hidden', () => {
    const unfit = [
      [`FROM a\n${line}RUN b\n`, `FROM a\nENV  GITHUB_TOKEN=${secret}\nRUN b\n`],
      [`FROM a\n${line}RUN b\n`, `FROM z\n${line}RUN b\n`],
      [`FROM a\n${line}RUN b\n`, `FROM a\nUSER 1\n${line}RUN b\n`],
    ] as const;
    for (const [before, after] of unfit) {
      expect(applied(before, after)).toBeUndefined();
      expect(hidesInDiff(reportOf(before, after))).toBe(true);
    }
  });

  test('any two texts: it applies, or hides something', () => {
    const lines = fc.array(fc.constantFrom('RUN a', 'RUN b', line.trimEnd(), '# c', 'USER 1', ''), { maxLength: 14 });
    fc.assert(
      fc.property(lines, lines, (one, other) => {
        const [before, after] = [one, other].map((each) => ['FROM a', ...each, ''].join('\n')) as [string, string];
        fc.pre(before !== after);
        expect(hidesInDiff(reportOf(before, after)) || applied(before, after) === after).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('unifiedDiff', () => {
  test('equal texts have none', () => {
    expect(unifiedDiff({ path: 'Dockerfile', before: 'a', after: 'a' })).toBe('');
  });

  test('is as git writes it', () => {
    expect(unifiedDiff({ path: 'a b', before: 'FROM a\n', after: 'FROM b' })).toBe(
      'diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-FROM a\n+FROM b\n\\ No newline at end of file\n',
    );
  });
});
