import { describe, expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';
import { fix, tableFacts } from '../../src/engine/index.ts';
import type { Fix, Transform } from '../../src/transform/index.ts';
import { replaceMaintainerWithLabel } from '../../transforms/replace-maintainer-with-label.ts';
import { writeDockerignore } from '../../transforms/write-dockerignore/index.ts';
import { type CorpusCase, corpusCases, corpusFacts } from '../support/corpus/cases.ts';
import { wronglyIgnored } from '../support/corpus/ignored-sources.ts';
import { indexUses, worsenedInstalls } from '../support/corpus/index-state.ts';
import { unnamedChange } from '../support/corpus/named-only.ts';
import { failingPatches, patchOf } from '../support/corpus/patches.ts';
import { optionsFor, runCorpus } from '../support/corpus/run.ts';
import { brokenShell } from '../support/corpus/shell-syntax.ts';
import { fixAt, planted, replacer } from '../support/planted.ts';
import { shared, sharedMissing } from '../support/shared.ts';
import { readFixtureCase } from '../support/testing.ts';

describe('only named instructions differ', () => {
  const changes = (named: Partial<Fix['changes']>): Fix[] => [
    { title: 't', safety: 'safe', evidence: ['text'], edits: [], changes: { edits: [], ...named } },
  ];
  const seen = (before: string, after: string, named: Partial<Fix['changes']>): string | undefined =>
    unnamedChange(new Dockerfile(before), new Dockerfile(after), changes(named));
  const text = '# top\nFROM a\n\n# c\nRUN b\nRUN c  \nUSER d\n';

  test.each<[string, string, Partial<Fix['changes']>]>([
    ['an edited instruction', text.replace('RUN b', 'RUN x \\\n  && y'), { edits: [1] }],
    ['a removed one', text.replace('RUN b\n', ''), { removes: [1] }],
    ['an added one', `${text}CMD e\n`, { adds: [{ before: 4, keyword: 'CMD' }] }],
    ['one added in the middle', text.replace('RUN c', 'ENV z=1\nRUN c'), { adds: [{ before: 2, keyword: 'ENV' }] }],
  ])('%s is fine', (_, after, named) => {
    expect(seen(text, after, named)).toBeUndefined();
  });

  test('a blank line beside a removed instruction may go with it', () => {
    const spaced = 'FROM a\n\nRUN b\n\nRUN c\n';
    expect(seen(spaced, 'FROM a\n\nRUN c\n', { removes: [1] })).toBeUndefined();
    expect(seen(spaced, 'FROM a\nRUN c\n', { removes: [1] })).toBeTypeOf('string');
  });

  test.each<[string, string, Partial<Fix['changes']>]>([
    ['an edit that is not named', text.replace('RUN b', 'RUN x'), { edits: [2] }],
    ['blanks at the end of another line', text.replace('RUN c  ', 'RUN c'), { edits: [1] }],
    ['a blank line less', text.replace('FROM a\n\n', 'FROM a\n'), { edits: [1] }],
    ['a comment less', text.replace('# top\n', ''), { edits: [1] }],
    ['a comment changed', text.replace('# c', '# C'), { edits: [1] }],
    ['two instructions swapped', text.replace('RUN b\nRUN c  \n', 'RUN c  \nRUN b\n'), { edits: [] }],
    ['one removed that is edited by name', text.replace('RUN b\n', ''), { edits: [1] }],
    ['one added that is not named', `${text}CMD e\n`, { edits: [1] }],
    ['line endings', text.replaceAll('\n', '\r\n'), { edits: [1] }],
    ['an unnamed one edited beside a named one', text.replace('RUN b\nRUN c', 'RUN x\nRUN y'), { edits: [1] }],
  ])('%s is seen', (_, after, named) => {
    expect(seen(text, after, named)).toBeTypeOf('string');
  });
});

describe('the state of the package index', () => {
  const states = (...lines: string[]): string[] =>
    indexUses(lines.join('\n')).map(({ manager, what, found }) => `${manager} ${what}: ${found}`);

  test.each<[string, string[], string[]]>([
    ['updated in the same RUN', ['FROM a', 'RUN apt-get update && apt-get install -y x'], ['apt install x: fresh']],
    [
      'updated in an earlier one',
      ['FROM a', 'RUN apt-get update', 'RUN apt-get -y install x'],
      ['apt install x: stale'],
    ],
    ['not updated', ['FROM a', 'RUN apt install x'], ['apt install x: unknown']],
    [
      'removed before',
      ['FROM a', 'RUN apt-get update; rm -rf /var/lib/apt/lists/*', 'RUN apt-get install x'],
      ['apt install x: absent'],
    ],
    [
      'removed in a pipeline of its own',
      ['FROM a', 'RUN rm -rf /tmp/x /var/lib/apt && apt-get install x'],
      ['apt install x: absent'],
    ],
    [
      'by an alternative, perhaps',
      ['FROM a', 'RUN true || apt-get update && apt-get install x'],
      ['apt install x: unknown'],
    ],
    [
      'removed, perhaps',
      ['FROM a', 'RUN apt-get update; if y; then rm -r /var/lib/apt/lists; fi; apt-get install x'],
      ['apt install x: absent'],
    ],
    [
      'inherited by a child stage',
      ['FROM a AS p', 'RUN apt-get update', 'FROM p', 'RUN apt-get install x'],
      ['apt install x: stale'],
    ],
    [
      'not by another stage',
      ['FROM a AS p', 'RUN apt-get update', 'FROM b', 'RUN apt-get install x'],
      ['apt install x: unknown'],
    ],
    [
      'behind sudo, env and sh -c',
      ['FROM a', "RUN sudo -E apt-get update && env A=b sh -exc 'apt-get install x'"],
      ['apt install x: fresh'],
    ],
    [
      'in exec form',
      ['FROM a', 'RUN ["apt-get", "update"]', 'RUN ["apt-get", "install", "x"]'],
      ['apt install x: stale'],
    ],
    ['in a heredoc', ['FROM a', 'RUN <<E', 'apt-get update', 'apt-get install x', 'E'], ['apt install x: fresh']],
    [
      'in a cache mount',
      ['FROM a', 'RUN --mount=type=cache,target=/var/lib/apt apt-get update', 'RUN apt-get install x'],
      ['apt install x: unknown'],
    ],
    ['package files', ['FROM a', 'RUN apt-get install ./x.deb'], []],
    ['apk with --no-cache', ['FROM a', 'RUN apk add --no-cache x'], ['apk add x: fresh']],
    [
      'apk after an update',
      ['FROM a', 'RUN apk update && apk add x && rm -rf /var/cache/apk/*', 'RUN apk add y'],
      ['apk add x: fresh', 'apk add y: absent'],
    ],
    [
      'distclean',
      ['FROM a', 'RUN apt-get update && apt-get distclean && apt-get install x'],
      ['apt install x: absent'],
    ],
  ])('%s', (_, lines, expected) => {
    expect(states(...lines)).toEqual(expected);
  });

  test.each([
    [
      'lists removed that are needed',
      'FROM a\nRUN apt-get update\nRUN apt-get install x',
      'FROM a\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\nRUN apt-get install x',
    ],
    ['an update taken away', 'FROM a\nRUN apt-get update && apt-get install x', 'FROM a\nRUN apt-get install x'],
    [
      'an update moved to a layer of its own',
      'FROM a\nRUN apt-get update && apt-get install x',
      'FROM a\nRUN apt-get update\nRUN apt-get install x',
    ],
    [
      'a child stage starved',
      'FROM a AS b\nRUN apt-get update\nFROM b\nRUN apt-get install x',
      'FROM a AS b\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\nFROM b\nRUN apt-get install x',
    ],
    ['--no-cache taken away', 'FROM a\nRUN apk add --no-cache x', 'FROM a\nRUN apk add x'],
    [
      'a new install without lists',
      'FROM a\nRUN apt-get update && rm -rf /var/lib/apt/lists',
      'FROM a\nRUN apt-get update && rm -rf /var/lib/apt/lists && apt-get install y',
    ],
  ])('%s is seen', (_, before, after) => {
    expect(worsenedInstalls(before, after).length).toBe(1);
    expect(worsenedInstalls(before, before)).toEqual([]);
  });

  test('better is fine', () => {
    expect(
      worsenedInstalls(
        'FROM a\nRUN apt-get update\nRUN apt install -y x\n',
        'FROM a\nRUN apt-get update && apt-get install -y --no-install-recommends x && rm -rf /var/lib/apt/lists/*\n',
      ),
    ).toEqual([]);
  });
});

describe('shell syntax', () => {
  const broken = (before: string, after: string): string[] =>
    brokenShell([{ path: 'p', before, after, facts: tableFacts }]).map((found) => found.detail);

  test('a body that its shell no longer reads is seen', () => {
    expect(broken('FROM debian\nRUN a\n', 'FROM debian\nRUN a && && b\n').length).toBe(1);
    expect(broken('FROM debian\nRUN a\n', 'FROM debian\nRUN x=(a)\n')).toEqual(['dash -n rejects "x=(a)"']);
    const bash = 'FROM debian\nSHELL ["bash", "-c"]\nRUN ';
    expect(broken(`${bash}a\n`, `${bash}x=(a)\n`)).toEqual([]);
    expect(broken(`${bash}a\n`, `${bash}x=(a\n`)).toEqual(['bash -n rejects "x=(a"']);
  });

  test('one that it did not read before is nobody’s fault', () => {
    expect(broken("FROM debian\nRUN a 'b\n", "FROM debian\nRUN a 'c\n")).toEqual([]);
  });
});

describe('git apply', () => {
  const texts: [string, string][] = [
    ['FROM a\nRUN b\n', 'FROM a\nRUN c\n'],
    ['FROM a', 'FROM b'],
    ['FROM a\n', 'FROM a\nUSER x'],
    ['FROM a\r\nRUN b\r\n', 'FROM a\r\nRUN c\r\n'],
    ['\ufeffFROM a\nRUN é 😀\n', '\ufeffFROM b\nRUN é 😀\n'],
    [`FROM a\n${'RUN x\n'.repeat(30)}`, `FROM b\n${'RUN x\n'.repeat(29)}RUN y\n`],
  ];

  test('takes our diffs, byte for byte', () => {
    const files = texts.map(([before, after], index) => ({
      path: String(index),
      before,
      after,
      patch: (path: string) => patchOf(path, before, after),
    }));
    expect(failingPatches(files)).toEqual([]);
  });

  test('a diff that does not fit, or makes another text, is seen', () => {
    const [before, after] = texts[0]!;
    const good = { path: 'good', before, after, patch: (path: string) => patchOf(path, before, after) };
    const misfit = { path: 'misfit', before, after, patch: (path: string) => patchOf(path, 'FROM z\nRUN z\n', after) };
    const other = { path: 'other', before, after, patch: (path: string) => patchOf(path, before, 'FROM q\n') };
    expect(failingPatches([good, misfit, good]).map((found) => found.path)).toEqual(['misfit']);
    expect(failingPatches([good, other]).map((found) => found.path)).toEqual(['other']);
  });
});

describe('planted transforms', () => {
  const files = (source: string): CorpusCase[] => [{ path: 'x/Dockerfile', source, context: undefined }];
  const checks = (source: string, transform: Transform): string[] =>
    runCorpus(files(source), optionsFor('everything', [transform])).violations.map((found) => found.check);
  const install = 'FROM debian:12\nRUN apt-get update && apt-get install -y x\nUSER y  \n\nRUN z\n';

  test('a right one passes, and is counted', () => {
    const run = runCorpus(files('FROM a\nMAINTAINER me\n'), optionsFor('everything', [replaceMaintainerWithLabel]));
    expect(run.violations).toEqual([]);
    expect(run.changed.length).toBe(1);
    expect(run.tallies.get('replace-maintainer-with-label')).toEqual({
      files: 1,
      fixes: { safe: 1 },
      skips: {},
      reports: 0,
      lines: 1,
      rejected: 0,
    });
  });

  test('an update taken away', () => {
    expect(checks(install, replacer('wrong', 'apt-get update && ', ''))).toEqual(['index']);
  });

  test('what dash does not read', () => {
    const arrays = planted('wrong', function* ({ source, instructions }) {
      const at = source.indexOf('RUN z');
      if (at !== -1)
        yield fixAt(instructions[3]!, {
          edits: [{ start: at + 4, end: at + 5, text: 'q=(z)' }],
          changes: { edits: [3] },
        });
    });
    expect(checks(install, arrays)).toEqual(['shell']);
  });

  test('bytes outside what it names', () => {
    const trims = planted('wrong', function* ({ source, instructions }) {
      const at = source.indexOf('  \n');
      if (at !== -1) yield fixAt(instructions[1]!, { edits: [{ start: at + 2, end: at + 3, text: '' }] });
    });
    expect(checks(install, trims)).toEqual(['named']);
  });

  test('a second run that changes more', () => {
    let runs = 0;
    const moody: Transform = {
      ...planted('wrong', function* ({ source, instructions }) {
        // It finds something in the first pass of every session.
        if (runs++ % 2 === 0)
          yield fixAt(instructions[3]!, {
            edits: [{ start: source.length - 1, end: source.length - 1, text: ' z' }],
            changes: { edits: [3] },
          });
      }),
    };
    expect(checks(install, moody)).toEqual(['second-run']);
  });

  test('a crash', () => {
    const crashing = planted('wrong', () => {
      throw new TypeError('planted');
    });
    expect(checks(install, crashing)).toEqual(['crash']);
  });

  test('transforms that undo each other', () => {
    const run = runCorpus(files(install), optionsFor('everything', [replacer('a', 'z', 'w'), replacer('b', 'w', 'z')]));
    expect(run.violations.map((found) => [found.check, found.detail.includes('UnstableFixError')])).toEqual([
      ['crash', true],
    ]);
  });

  test('what BuildKit cannot read is counted apart', () => {
    const run = runCorpus(files('ENV x\n'), optionsFor('safe', []));
    expect([run.unreadable, run.violations]).toEqual([1, []]);
  });
});

describe('ignore files', () => {
  const { source, facts } = readFixtureCase('fixtures/write-dockerignore', 'node-named-output');
  const wrong = (after: string): string[] => {
    const files = [{ path: '.dockerignore', before: undefined, after }];
    const listed = { path: 'x/Dockerfile', source, context: ['dist/server.js', 'package.json', 'src/server.ts'] };
    return wronglyIgnored(listed, facts, { ...fix(source, { transforms: [] }), files }).map(({ detail }) => detail);
  };
  test.each([
    ['dist\n', 'leaves out dist'],
    ['**/dist\n', 'leaves out dist'],
    ['*.json\n', 'leaves out package.json'],
    ['docs\n', 'a second run adds to it'],
  ])('%j: %s', (after, problem) => {
    expect(wrong(after).join()).toContain(problem);
  });
  test('what the transform writes has nothing wrong', () => {
    const [file] = fix(source, { transforms: [writeDockerignore], facts }).files;
    expect(wrong(file!.after)).toEqual([]);
  });
});

describe('facts of a listing', () => {
  const facts = corpusFacts({ path: 'p', source: '', context: ['a.txt', 'src/b.py', 'src/c/d.tar.gz', 'x[1].zip'] });
  const matched = (pattern: string): string[] | undefined => {
    const found = facts.source(pattern);
    return 'entries' in found ? found.entries.map(({ path, kind }) => `${path} ${kind}`) : undefined;
  };
  test.each([
    ['a.txt', ['a.txt file']],
    ['./a.txt', ['a.txt file']],
    ['/src/', ['src directory']],
    ['.', ['. directory']],
    ['src/*', ['src/c directory', 'src/b.py file']],
    ['*/?/*', ['src/c/d.tar.gz archive']],
    ['x[[]1].zip', ['x[1].zip archive']],
    ['[a-b].txt', ['a.txt file']],
    ['none', []],
  ])('%s', (pattern, expected) => {
    expect(matched(pattern)?.sort()).toEqual([...expected].sort());
  });
  test('without a listing, or beyond a cut one, nothing is known', () => {
    expect(corpusFacts({ path: 'p', source: '', context: undefined }).source('a')).toHaveProperty('unavailable');
    const cut = Array.from({ length: 2000 }, (_, index) => `f${index}`);
    expect(corpusFacts({ path: 'p', source: '', context: cut }).source('a')).toHaveProperty('unavailable');
    expect(corpusFacts({ path: 'p', source: '', context: cut }).source('f1')).toHaveProperty('entries');
  });
});

describe.skipIf(!shared)(`the corpus${sharedMissing}`, () => {
  test('is whole', () => {
    const cases = corpusCases();
    expect(cases.length).toBe(2313);
    expect(cases.filter((each) => each.context).length).toBe(2313);
  });
});
