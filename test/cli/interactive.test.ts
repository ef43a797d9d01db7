import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineTransform, type Transform } from '../../src/transform/index.ts';
import { dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';
import { Person } from '../support/person.ts';
import { fixAt, planted, replacer } from '../support/planted.ts';

let folder: ReturnType<typeof temporaryFolder>;
let cwd: string;
beforeEach(() => {
  folder = temporaryFolder();
  cwd = folder.path;
});
afterEach(() => folder.remove());

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), text);
};
const read = (path: string): string => readFileSync(join(cwd, path), 'utf8');

interface Session {
  readonly code: number;
  readonly stderr: string;
  readonly screen: string;
  readonly unused: readonly unknown[];
}

async function session(keys: readonly string[], transforms: readonly Transform[], editor?: string): Promise<Session> {
  const person = new Person(keys);
  const environment: Record<string, string> = editor === undefined ? {} : { EDITOR: editor };
  const { code, stderr } = await dockmend(['-i'], { cwd, person, transforms, environment });
  return { code, stderr, screen: person.screen, unused: person.unused };
}

const unsafe = { safety: 'unsafe' } as const;
const one = replacer('use-two', 'one', 'two');
const left = replacer('use-right', 'left', 'right', unsafe);
const text = 'FROM a\nRUN one\nRUN one\nRUN left\n';

/** Asks for the name that it writes, and whether a flag goes with it. */
const asking = defineTransform({
  ...planted('set-name', function* () {}, {}, 'manual'),
  options: {
    name: { type: 'string', default: 'app', summary: 'The name' },
    mode: { type: 'choice', choices: ['fast', 'slow'], default: 'fast', summary: 'The mode' },
  },
  *find({ file, options }) {
    for (const instruction of file.instructions) {
      const at = file.source.indexOf('NAME', instruction.span.start);
      if (instruction.keyword !== 'RUN' || at === -1 || at > instruction.span.end) continue;
      const asks = [
        { option: 'name', message: 'Which name', default: String(options.name) },
        { option: 'mode', message: 'Which mode', default: String(options.mode) },
      ];
      const edits = [{ start: at, end: at + 4, text: `${options.name} ${options.mode}` }];
      yield fixAt(instruction, { safety: 'manual', edits, asks });
    }
  },
});

describe('an interactive session', () => {
  test('shows what, why, how safe it is and how that is known, and the diff of one fix alone', async () => {
    write('Dockerfile', 'FROM a\nRUN one\nRUN left\n');
    const { screen, code, stderr } = await session(['y', 'n'], [one, left]);
    expect(screen).toBe(
      [
        '',
        'Dockerfile',
        '',
        '    2:1    Planted  use-two',
        '           planted',
        '           safe by text',
        '',
        '           @@ -1,3 +1,3 @@',
        '            FROM a',
        '           -RUN one',
        '           +RUN two',
        '            RUN left',
        '',
        'Apply this fix? (1 more in this file) [y,n,a,d,f,s,e,u,?,q] y',
        '',
        '    3:1    Planted  use-right',
        '           planted',
        '           unsafe by text',
        '           None.',
        '',
        '           @@ -1,3 +1,3 @@',
        '            FROM a',
        '            RUN two',
        '           -RUN left',
        '           +RUN right',
        '',
        'Apply this fix? [y,n,a,d,f,s,e,u,?,q] n',
        '',
      ].join('\n'),
    );
    expect(read('Dockerfile')).toBe('FROM a\nRUN two\nRUN left\n');
    expect(code).toBe(0);
    expect(stderr).toBe('1 fix written in 1 file; 1 left as it was\n');
  });

  test('refusing one plans the rest again', async () => {
    write('Dockerfile', 'FROM a\nRUN one\n');
    const next = replacer('use-three', 'two', 'three');
    expect((await session(['n'], [one, next])).unused).toEqual([]);
    expect(read('Dockerfile')).toBe('FROM a\nRUN one\n');
    expect((await session(['y', 'y'], [one, next])).unused).toEqual([]);
    expect(read('Dockerfile')).toBe('FROM a\nRUN three\n');
  });

  test.each([
    ['a takes all of one transform, in every file', ['a', 'n', 'n'], 'RUN two\nRUN two\nRUN left', 'RUN two\nRUN left'],
    ['d takes none of it', ['d', 'y', 'y'], 'RUN one\nRUN one\nRUN right', 'RUN one\nRUN right'],
    ['f takes all in the file', ['f', 'n', 'n'], 'RUN two\nRUN two\nRUN right', 'RUN one\nRUN left'],
    ['s takes the safe rest', ['n', 's'], 'RUN one\nRUN two\nRUN left', 'RUN two\nRUN left'],
    ['q leaves the rest, and writes', ['y', 'q'], 'RUN two\nRUN one\nRUN left', 'RUN one\nRUN left'],
    ['the end of the input is q', ['y', '\u0004'], 'RUN two\nRUN one\nRUN left', 'RUN one\nRUN left'],
    ['keys may be typed ahead', ['nnyq'], 'RUN one\nRUN one\nRUN right', 'RUN one\nRUN left'],
    ['capital letters are letters', ['Y', 'Q'], 'RUN two\nRUN one\nRUN left', 'RUN one\nRUN left'],
  ])('%s', async (_, pressed, first, second) => {
    write('a/Dockerfile', text);
    write('b/Dockerfile', 'FROM a\nRUN one\nRUN left\n');
    const { code, unused } = await session(pressed, [one, left]);
    expect([read('a/Dockerfile'), read('b/Dockerfile')]).toEqual([`FROM a\n${first}\n`, `FROM a\n${second}\n`]);
    expect({ code, unused }).toEqual({ code: 0, unused: [] });
  });

  test('f asks about what only a person can decide', async () => {
    write('Dockerfile', 'FROM a\nRUN one\nRUN boss\n');
    const manual = replacer('use-worker', 'boss', 'worker', { safety: 'manual' });
    const { screen } = await session(['f', 'n'], [one, manual]);
    expect(screen).toContain('manual by text');
    expect(read('Dockerfile')).toBe('FROM a\nRUN two\nRUN boss\n');
  });

  test('Ctrl-C writes nothing at all, files before it included', async () => {
    write('a/Dockerfile', text);
    write('b/Dockerfile', text);
    const { code, stderr } = await session(['f', 'y', '\u0003'], [one, left]);
    expect([read('a/Dockerfile'), read('b/Dockerfile')]).toEqual([text, text]);
    expect(code).toBe(130);
    expect(stderr).toContain('nothing was written');
  });

  test('u takes decisions back, across files, and says so where there is none', async () => {
    write('a/Dockerfile', 'FROM a\nRUN one\n');
    write('b/Dockerfile', 'FROM a\nRUN one\n');
    const { screen, unused } = await session(['u', 'y', 'u', 'n', 'y'], [one]);
    expect(screen).toContain('nothing was decided yet');
    expect(screen).toContain('undone\n\na/Dockerfile (file 1 of 2)');
    expect(unused).toEqual([]);
    expect([read('a/Dockerfile'), read('b/Dockerfile')]).toEqual(['FROM a\nRUN one\n', 'FROM a\nRUN two\n']);
  });

  test('u takes back what a rule did in later files', async () => {
    write('a/Dockerfile', 'FROM a\nRUN one\n');
    write('b/Dockerfile', 'FROM a\nRUN one\nRUN left\n');
    await session(['a', 'u', 'n', 'n', 'y'], [one, left]);
    expect([read('a/Dockerfile'), read('b/Dockerfile')]).toEqual(['FROM a\nRUN one\n', 'FROM a\nRUN one\nRUN right\n']);
  });

  test('? and unknown keys explain', async () => {
    write('Dockerfile', 'FROM a\nRUN one\n');
    const { screen, unused } = await session(['?', 'x', ',', 'n'], [one]);
    expect(screen.match(/ {2}A test needs it\./g)).toHaveLength(3);
    expect(screen).toContain('a  apply all fixes of use-two, in every file');
    expect(unused).toEqual([]);
  });

  test('a file that cannot be read is told, and the others are asked about', async () => {
    write('a/Dockerfile', 'RUN <<EOF\n');
    write('b/Dockerfile', 'FROM a\nRUN one\n');
    const { code, stderr } = await session(['y'], [one]);
    expect(code).toBe(2);
    expect(stderr).toContain('a/Dockerfile');
    expect(read('b/Dockerfile')).toBe('FROM a\nRUN two\n');
  });

  test('a transform that fails costs its file alone', async () => {
    const failing: Transform = {
      ...one,
      id: 'use-fail',
      needs: (file) => {
        if (file.source.includes('never')) throw new Error('no idea');
        return {};
      },
      find({ file }) {
        if (file.source.includes('two')) throw new Error('no idea');
        return [];
      },
    };
    write('a/Dockerfile', 'FROM a\nRUN never\n');
    write('b/Dockerfile', 'FROM a\nRUN one\nRUN left\n');
    write('c/Dockerfile', 'FROM a\nRUN left\n');
    const { code, stderr, unused } = await session(['y', 'y'], [one, left, failing]);
    expect([code, unused]).toEqual([2, []]);
    expect(stderr.match(/no idea/g)!.length).toBeGreaterThan(1);
    expect([read('b/Dockerfile'), read('c/Dockerfile')]).toEqual([
      'FROM a\nRUN one\nRUN left\n',
      'FROM a\nRUN right\n',
    ]);
  });

  test('the text of a file cannot steer the terminal', async () => {
    write('Dockerfile', 'FROM a\nRUN one \u001b[2J\u009b\n');
    const { screen } = await session(['n'], [one]);
    expect(screen).toContain('-RUN one ␛[2J\\u009b');
  });

  test('what is written beside a Dockerfile is shown and written', async () => {
    const ignore = planted('write-ignore', function* (file) {
      const files = [{ path: '.dockerignore', before: undefined, after: '.git\n' }];
      yield fixAt(file.instructions[0]!, { edits: [], files });
    });
    write('Dockerfile', 'FROM a\nCOPY . .\n');
    const { screen } = await session(['y'], [ignore]);
    expect(screen).toContain('+++ b/.dockerignore');
    expect(read('.dockerignore')).toBe('.git\n');
    await session(['n'], [ignore]);
    write('other/Dockerfile', 'FROM a\nCOPY . .\n');
    await session(['n', 'n'], [ignore]);
    expect(existsSync(join(cwd, 'other/.dockerignore'))).toBe(false);
  });
});

describe('values', () => {
  const enter = '\r';

  test('defaults are taken by two times Enter', async () => {
    write('Dockerfile', 'FROM a\nRUN NAME\n');
    const { screen, unused } = await session(['y', enter, enter], [asking]);
    expect(screen).toContain('Which name');
    expect(unused).toEqual([]);
    expect(read('Dockerfile')).toBe('FROM a\nRUN app fast\n');
  });

  test('an answer plans again, and the fix is shown with it before it is applied', async () => {
    write('Dockerfile', 'FROM a\nRUN NAME\n');
    const { screen } = await session(['y', `\u007f\u007f\u007fweb${enter}`, `\u001b[B${enter}`, 'y'], [asking]);
    expect(screen).toContain('+RUN web slow');
    expect(read('Dockerfile')).toBe('FROM a\nRUN web slow\n');
  });

  test('a asks once, and other files get the answers', async () => {
    write('a/Dockerfile', 'FROM a\nRUN NAME\nRUN NAME\n');
    write('b/Dockerfile', 'FROM a\nRUN NAME\n');
    const { unused } = await session(['a', `2${enter}`, enter], [asking]);
    expect(unused).toEqual([]);
    expect([read('a/Dockerfile'), read('b/Dockerfile')]).toEqual([
      'FROM a\nRUN app2 fast\nRUN app2 fast\n',
      'FROM a\nRUN app2 fast\n',
    ]);
  });

  test('Escape goes back to the fix, Ctrl-C leaves', async () => {
    write('Dockerfile', 'FROM a\nRUN NAME\n');
    expect(await session(['y', '\u001b', 'n'], [asking])).toMatchObject({ code: 0, unused: [] });
    expect(await session(['y', enter, '\u0003'], [asking])).toMatchObject({ code: 130, unused: [] });
    expect(read('Dockerfile')).toBe('FROM a\nRUN NAME\n');
  });

  test('u forgets an answer', async () => {
    write('Dockerfile', 'FROM a\nRUN NAME\n');
    const { unused } = await session(['y', `2${enter}`, enter, 'u', 'y', enter, enter, 'y'], [asking]);
    expect(unused).toEqual([]);
    expect(read('Dockerfile')).toBe('FROM a\nRUN app2 fast\n');
  });
});

describe('the editor', () => {
  const editor = (script: string): string => {
    write('editor.sh', script);
    return `sh ${join(cwd, 'editor.sh')}`;
  };

  test('gets the file with the fix applied, and its text is taken', async () => {
    write('Dockerfile', 'FROM a\nRUN one\n');
    await session(
      ['e'],
      [one],
      editor('cat "$1" > "$(dirname "$0")/seen"; printf "FROM a\\n# ours\\nRUN 2\\n" > "$1"'),
    );
    expect(read('seen')).toBe('FROM a\nRUN two\n');
    expect(read('Dockerfile')).toBe('FROM a\n# ours\nRUN 2\n');
  });

  test('left as it is, the text is the fix', async () => {
    write('Dockerfile', 'FROM a\nRUN one\n');
    await session(['e'], [one], 'true');
    expect(read('Dockerfile')).toBe('FROM a\nRUN two\n');
  });

  test('a text that no builder takes, and an editor that fails, are asked about again', async () => {
    write('Dockerfile', 'FROM a\nRUN one\n');
    const { screen } = await session(['e', 'n'], [one], editor('echo "RUN <<EOF" > "$1"'));
    expect(screen).toContain('not applied, as no builder takes this text: line 1');
    expect(await session(['e', 'n'], [one], 'false')).toMatchObject({
      screen: expect.stringContaining('not applied: the editor ended with 1'),
      unused: [],
    });
    expect(read('Dockerfile')).toBe('FROM a\nRUN one\n');
  });
});

describe('where nobody can be asked', () => {
  test('it is a usage error', async () => {
    write('Dockerfile', text);
    expect(await dockmend(['-i'], { cwd })).toMatchObject({
      code: 2,
      stderr: 'error: --interactive needs a terminal to ask on\n',
    });
    for (const other of [['--check'], ['--format', 'json'], ['-q'], ['-']]) {
      const { code, stderr } = await dockmend(['-i', ...other], { cwd, person: new Person([]) });
      expect([code, stderr]).toEqual([2, expect.stringContaining('--interactive')]);
    }
  });
});
