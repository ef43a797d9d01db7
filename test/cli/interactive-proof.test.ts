import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Transform } from '../../src/transform/index.ts';
import { dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';
import { type Awaited, Person } from '../support/person.ts';
import { replacer } from '../support/planted.ts';
import { SmallBuilder } from '../support/proof-builder.ts';

let folder: ReturnType<typeof temporaryFolder>;
let cwd: string;
let builder: SmallBuilder;
const savedFolder = process.env.TMPDIR;
beforeEach(() => {
  folder = temporaryFolder();
  cwd = join(folder.path, 'work');
  mkdirSync(cwd);
  // Other suites make proofs at the same time.
  process.env.TMPDIR = folder.path;
  builder = new SmallBuilder();
});
afterEach(() => {
  if (savedFolder === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = savedFolder;
  // Nothing is left of any session.
  expect(readdirSync(folder.path)).toEqual(['work']);
  folder.remove();
});

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), text);
};
const read = (path = 'Dockerfile'): string => readFileSync(join(cwd, path), 'utf8');

/** In milliseconds; a session that waits longer waits for ever. */
const patience = 50_000;

async function session(
  keys: readonly (string | Awaited)[],
  transforms: readonly Transform[],
  args: readonly string[] = [],
  environment: Record<string, string> = {},
) {
  const person = new Person(keys);
  const given = { cwd, person, transforms, environment, openProver: builder.openProver };
  const waiting = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`nobody presses a key:\n${person.screen}`)), patience).unref();
  });
  const { code, stderr } = await Promise.race([dockmend(['-i', '--verify', ...args], given), waiting]);
  return { code, stderr, screen: person.screen, unused: person.unused };
}

/** Presses a key once something was printed. */
const once = (when: RegExp, press: string, also?: () => unknown): Awaited => ({
  when,
  press,
  ...(also && { also }),
});

const begun = /builds as it is/;
const source = 'FROM a\nENV a=one\nRUN write two 2\nRUN write three 3\nENV b=four\n';
const good = replacer('use-good', 'one', 'uno', { title: 'Good' });
const wrong = replacer('use-wrong', 'two 2', 'two twenty', { title: 'Wrong' });
const broken = replacer('use-broken', 'write three', 'fail three', { title: 'Broken' });
const last = replacer('use-last', 'four', 'vier', { title: 'Last' });
const fixed = (...changes: readonly (readonly [string, string])[]): string =>
  changes.reduce((text, [from, to]) => text.replace(from, to), source);
const toGood = ['one', 'uno'] as const;
const toWrong = ['two 2', 'two twenty'] as const;
const toBroken = ['write three', 'fail three'] as const;
const toLast = ['four', 'vier'] as const;

const ctrlC = '\u0003';

describe('a fix that is accepted', () => {
  test('is proven while the person goes on, and is not built again', async () => {
    write('Dockerfile', source);
    const keys = [once(begun, 'y'), once(/proven: Good/, 'y')];
    const { screen, code, stderr, unused } = await session(keys, [good, last]);
    expect(screen).toContain('building it as it is, to prove fixes against: a small builder\n');
    expect(screen).toContain('✔ proven: Good: builds, and the image is the same\n');
    expect(screen).toContain('proven by build: 3 builds in');
    expect([code, unused, stderr]).toEqual([0, [], '2 fixes written in 1 file\n']);
    expect(read()).toBe(fixed(toGood, toLast));
    expect(builder.built).toEqual([source, fixed(toGood), fixed(toGood, toLast)]);
  });

  test('what does not hold is taken back at once, and shown again with the reason', async () => {
    write('Dockerfile', source);
    const keys = ['y', once(/not applied: Wrong[\s\S]*Apply this fix without/, 'y'), 'a', 'n', once(/Last/, 'y')];
    const { screen, code, stderr, unused } = await session(keys, [wrong, last], ['--report', 'report.json']);
    expect(screen).toContain('✘ not applied: Wrong\n');
    expect(screen).toMatch(
      /✘ build: with it, the image differs in what it should not change\n +`\/two` has another content/,
    );
    expect(screen).toContain('Apply this fix without proof? [k,n,d,f,s,e,u,?,q] y');
    expect(screen.match(/no build shows that it is right: k keeps it without proof, n leaves it/g)).toHaveLength(2);
    expect([code, unused]).toEqual([0, []]);
    expect(stderr).toBe('1 fix written in 1 file; 1 not applied, as it does not hold\n');
    expect(read()).toBe(fixed(toLast));
    const [file] = JSON.parse(read('report.json')).files;
    expect(file.fixes).toMatchObject([{ title: 'Last', evidence: ['text', 'build'] }]);
    expect(file.rejected).toMatchObject([{ transform: 'use-wrong', why: expect.stringContaining('differs') }]);
    expect(file.available).toEqual([]);
    expect(file.proof).toMatchObject({ builder: 'a small builder', builds: builder.built.length });
  });

  test('the log of a build that fails is shown', async () => {
    write('Dockerfile', source);
    const { screen } = await session([once(begun, 'y'), once(/fix without proof/, 'n')], [broken]);
    expect(screen).toMatch(/✘ build: with it, the build fails\n +RUN fail three 3\n +three 3\n/);
    expect(read()).toBe(source);
  });

  test('k keeps it without proof, and the report says so', async () => {
    write('Dockerfile', source);
    const keys = [once(begun, 'y'), once(/fix without proof/, 'k'), 'y'];
    const { stderr, unused } = await session(keys, [wrong, last], ['--report', 'report.json', '--report', 'report.md']);
    expect([stderr, unused]).toEqual(['2 fixes written in 1 file; 1 of them without proof\n', []]);
    expect(read()).toBe(fixed(toWrong, toLast));
    const [file] = JSON.parse(read('report.json')).files;
    expect(file.fixes).toMatchObject([
      { title: 'Wrong', evidence: ['text'], unproven: 'with it, the image differs in what it should not change' },
      { title: 'Last', evidence: ['text', 'build'] },
    ]);
    expect(file.fixes[1].unproven).toBeUndefined();
    expect(read('report.md')).toContain('kept without proof: with it, the image differs');
    // What comes after is judged by what it changes itself.
    expect(builder.built.at(-1)).toBe(fixed(toWrong, toLast));
  });

  test('where what is kept does not build, nothing more is proven, and that is asked about', async () => {
    write('Dockerfile', source);
    const keys = [once(begun, 'y'), once(/fix without proof/, 'k'), 'y', once(/nothing more is proven/, 'k')];
    const { screen, stderr, unused } = await session(keys, [broken, last]);
    expect(screen).toContain('✘ nothing more is proven: the Dockerfile does not build as it stands\n');
    expect([stderr, unused]).toEqual(['2 fixes written in 1 file; 2 of them without proof\n', []]);
    expect(read()).toBe(fixed(toBroken, toLast));
  });

  test('what rests on one that does not hold goes with it, and comes back with it', async () => {
    write('Dockerfile', source);
    const rests = replacer('use-rest', 'two twenty', 'two dozen', { title: 'Rest' });
    builder.hold();
    const keys = [
      'y',
      once(/Rest/, 'y', () => setTimeout(() => builder.release(), 50)),
      once(/fix without proof/, 'n'),
    ];
    const { screen, unused } = await session(keys, [wrong, rests]);
    expect(screen).toContain('✘ goes with it, as it rests on it: Rest');
    expect(unused).toEqual([]);
    expect(read()).toBe(source);
  });

  test.each([
    ['f', ['f', once(/fix without proof/, 'n'), once(/fix without proof/, 'n')]],
    [
      'a',
      [
        'a',
        'a',
        'a',
        once(/Last/, 'a', () => void setTimeout(() => builder.release(), 50)),
        once(/fix without proof/, 'n'),
        'n',
      ],
    ],
  ])('%s takes many, and those at fault are found among them', async (key, keys) => {
    write('Dockerfile', source);
    if (key === 'a') builder.hold();
    const { unused, code } = await session(keys, [good, wrong, broken, last]);
    expect([unused, code]).toEqual([[], 0]);
    expect(read()).toBe(fixed(toGood, toLast));
    expect(builder.built.length).toBeLessThanOrEqual(8);
  });

  test.each(['s', 'q'])('%s leaves: what does not hold is told, and not asked about', async (key) => {
    write('Dockerfile', source);
    builder.hold();
    const release = () => void setTimeout(() => builder.release(), 50);
    const { screen, unused, stderr } = await session(['y', 'y', once(/Last/, key, release)], [good, wrong, last]);
    expect(screen).toContain('✘ not applied: Wrong\n    with it, the image differs in what it should not change\n');
    expect(screen).not.toContain('without proof? [');
    expect(unused).toEqual([]);
    expect(read()).toBe(key === 's' ? fixed(toGood, toLast) : fixed(toGood));
    expect(stderr).toContain('1 not applied, as it does not hold');
  });

  test('undone and done again, it is not built again', async () => {
    write('Dockerfile', source);
    const keys = [once(begun, 'y'), once(/proven: Good/, 'u'), 'n', 'u', 'y', 'n'];
    const { unused } = await session(keys, [good, last]);
    expect(unused).toEqual([]);
    expect(read()).toBe(fixed(toGood));
    expect(builder.built).toEqual([source, fixed(toGood)]);
  });

  test('undone while it is built, its build is ended, and it is built when it is taken again', async () => {
    write('Dockerfile', source);
    builder.hold();
    const release = () => builder.release();
    const keys = [
      once(/Good/, '?', release),
      once(begun, 'y', () => builder.hold()),
      ...[
        once(/Last/, 'u', () => builder.begun(2)),
        once(/undone[\s\S]*Good/, 'n'),
        once(/Last/, 'u'),
        once(/undone[\s\S]*Good/, 'y', release),
      ],
      once(/proven: Good/, 'n'),
    ];
    const { unused, code, stderr } = await session(keys, [good, last]);
    expect([unused, code, stderr]).toEqual([[], 0, '1 fix written in 1 file; 1 left as it was\n']);
    expect(read()).toBe(fixed(toGood));
    expect(builder.ended).toEqual([fixed(toGood)]);
    expect(builder.built).toEqual([source, fixed(toGood), fixed(toGood)]);
  });

  test('a build goes on while more is taken', async () => {
    write('Dockerfile', source);
    const keys = [
      once(begun, 'y', () => builder.hold()),
      once(/Last/, 'y'),
      once(/Building what was accepted/, 'k', () => builder.release()),
    ];
    const { unused } = await session(keys, [good, last]);
    expect(unused).toEqual([]);
    expect(builder.ended).toEqual([]);
  });

  test('undo takes back a decision on one that does not hold', async () => {
    write('Dockerfile', source);
    const keys = [
      once(begun, 'y'),
      once(/fix without proof/, 'k'),
      once(/Last/, 'u'),
      once(/fix without proof/, 'n'),
      'n',
    ];
    const { unused } = await session(keys, [wrong, last]);
    expect(unused).toEqual([]);
    expect(read()).toBe(source);
  });
});

describe('b', () => {
  test('builds with a fix before it is decided on, and what was shown is not built or told again', async () => {
    write('Dockerfile', source);
    builder.hold();
    const { screen, unused } = await session(
      ['b', once(/Building with this fix/, '?', () => builder.release()), once(/✔ build: /, 'y')],
      [good],
    );
    expect(screen).toContain('b  build with this fix, and show what it changes, before you decide');
    expect(screen).toContain('✔ build: builds, and the image is the same\n');
    expect(screen).not.toContain('proven: Good');
    expect(unused).toEqual([]);
    expect(builder.built).toEqual([source, fixed(toGood)]);
  });

  test('shows why a fix does not hold, and only k takes it then', async () => {
    write('Dockerfile', source);
    const keys = ['b', once(/✘ build: /, 'y'), 'n', once(/Broken/, 'b'), once(/✘ build: /, 'k')];
    const { screen, unused } = await session(keys, [wrong, broken]);
    expect(screen).toMatch(/✘ build: with it, the image differs[^\n]*\n +`\/two` has another content/);
    expect(unused).toEqual([]);
    expect(read()).toBe(fixed(toBroken));
  });

  test('its build is ended where the fix is left', async () => {
    write('Dockerfile', source);
    const keys = [
      once(begun, 'b', () => builder.hold()),
      once(/Building with/, 'n', () => builder.begun(2)),
      once(/Last/, 'y', () => builder.release()),
    ];
    const { unused } = await session(keys, [good, last]);
    expect(unused).toEqual([]);
    expect(read()).toBe(fixed(toLast));
    expect(builder.ended).toEqual([fixed(toGood)]);
    expect(builder.built).toEqual([source, fixed(toGood), fixed(toLast)]);
  });

  test('nobody has to wait for it', async () => {
    write('Dockerfile', source);
    builder.hold();
    const keys = ['b', once(/Building with/, 'y'), once(/Last/, 'n', () => builder.release())];
    const { unused } = await session(keys, [good, last]);
    expect(unused).toEqual([]);
    expect(read()).toBe(fixed(toGood));
    expect(builder.built).toEqual([source, fixed(toGood)]);
  });

  test('a fix that only a run can show is said to be one, and needs k', async () => {
    write('Dockerfile', source);
    const starts = replacer('use-start', 'one', 'uno', {
      title: 'Start',
      safety: 'unsafe',
      changes: { edits: [1], config: ['Cmd'] },
    });
    const { screen, unused, stderr } = await session(['f', 'y', 'k'], [starts]);
    expect(screen).toContain('✘ build: only a run can show that it is right: `--verify=run` makes');
    expect(unused).toEqual([]);
    expect(stderr).toBe('1 fix written in 1 file; 1 of them without proof\n');
  });
});

describe('leaving', () => {
  test('the last wait says what for, and k writes without proof', async () => {
    write('Dockerfile', source);
    builder.hold();
    const keys = ['y', once(/Building what was accepted … \d+ s; Ctrl-C writes nothing, k writes without/, 'k')];
    const { stderr, unused } = await session(keys, [good]);
    expect([stderr, unused]).toEqual(['1 fix written in 1 file; 1 of them without proof\n', []]);
    expect(read()).toBe(fixed(toGood));
  });

  test.each([
    ['at a fix', [once(/Wrong/, ctrlC)]],
    ['at the last wait', ['n', 'y', once(/Building what was accepted/, ctrlC)]],
    ['while a fix is built that was asked for', [once(/Wrong/, 'b'), once(/Building with/, ctrlC)]],
  ])('Ctrl-C %s writes nothing, and leaves nothing behind', async (_, keys) => {
    write('Dockerfile', source);
    builder.hold();
    const { code, stderr, unused } = await session(['y', ...keys], [good, wrong, last]);
    expect([code, unused]).toEqual([130, []]);
    expect(stderr).toContain('nothing was written');
    expect(read()).toBe(source);
  });

  test('the end of the input leaves with what is proven', async () => {
    write('Dockerfile', source);
    const { code } = await session([once(begun, 'y')], [good, wrong]);
    expect(code).toBe(0);
    expect(read()).toBe(fixed(toGood));
  });
});

describe('where the original does not build', () => {
  const failing = source.replace('write three', 'fail three');
  const question = /does not build as it is[\s\S]*\[k,n,q\]/;

  test.each([
    ['k', ['y'], 0, failing.replace('one', 'uno').replace('four', 'vier')],
    ['n', [], 3, failing],
    ['q', [], 3, failing],
  ])('it is said once and early, and %s is an answer', async (key, more, status, text) => {
    write('Dockerfile', failing);
    builder.hold();
    const { screen, code, stderr, unused } = await session(
      ['y', once(/Last/, '?', () => builder.release()), once(question, key), ...more],
      [good, last],
    );
    expect(screen.match(/nothing is proven: the Dockerfile does not build as it is/g)).toHaveLength(1);
    expect(screen).toContain('    RUN fail three 3\n');
    expect([code, unused]).toEqual([status, []]);
    if (key === 'k') expect(stderr).toBe('2 fixes written in 1 file; 2 of them without proof\n');
    else expect(stderr).toContain('Dockerfile: error: nothing is proven');
    expect(read()).toBe(text);
    expect(builder.built).toEqual([failing]);
  });

  test('another file is proven all the same', async () => {
    write('a/Dockerfile', failing);
    write('b/Dockerfile', source);
    const { code, unused } = await session(
      [once(question, 'n'), once(/b\/Dockerfile: the Docker/, 'y'), 'n'],
      [good, last],
    );
    expect([code, unused]).toEqual([3, []]);
    expect([read('a/Dockerfile'), read('b/Dockerfile')]).toEqual([failing, fixed(toGood)]);
  });
});

describe('a builder that dies', () => {
  const dies = () => {
    builder.fault = { kind: 'builder', message: 'the builder does not answer' };
  };

  test.each([
    ['k', 0, fixed(toGood, toLast)],
    ['q', 3, source],
  ])('is asked about once, and %s is an answer', async (key, status, text) => {
    write('Dockerfile', source);
    const keys = [once(begun, 'y'), once(/proven: Good/, 'y', dies), once(/does not answer[\s\S]*\[k,q\]/, key)];
    const { code, unused, stderr } = await session(keys, [good, last]);
    expect([code, unused]).toEqual([status, []]);
    if (key === 'k') expect(stderr).toBe('2 fixes written in 1 file; 1 of them without proof\n');
    expect(read()).toBe(text);
  });
});

describe('the editor', () => {
  const editor = (script: string): Record<string, string> => {
    write('editor.sh', script);
    return { EDITOR: `sh ${join(cwd, 'editor.sh')}` };
  };

  test('a text that a person wrote is proven like a fix', async () => {
    write('Dockerfile', source);
    const environment = editor('sed -i s/uno/eins/ "$1"');
    const { screen, unused } = await session(
      [once(begun, 'e'), once(/proven: Good/, 'n')],
      [good, last],
      [],
      environment,
    );
    expect(screen).toContain('✔ proven: Good');
    expect(unused).toEqual([]);
    expect(read()).toBe(fixed(['one', 'eins']));
  });

  test('one that does not hold is shown again, as it was written, and may be written again', async () => {
    write('Dockerfile', source);
    const environment = editor('if grep -q XX "$1"; then sed -i s/XX/2/ "$1"; else sed -i "s/two 2/two XX/" "$1"; fi');
    const keys = [once(begun, 'e'), once(/fix without proof/, 'e'), once(/proven: Good/, 'n')];
    const { screen, unused } = await session(keys, [good, last], [], environment);
    expect(screen).toContain('+RUN write two XX');
    expect(unused).toEqual([]);
    expect(read()).toBe(fixed(toGood));
  });

  test('builds go on while a person writes', async () => {
    write('Dockerfile', source);
    const environment = editor(`sleep 0.3; ls ${cwd} > ${cwd}/seen`);
    const { screen } = await session(['y', once(/Last/, 'e')], [good, last], [], environment);
    expect(screen).toContain('✔ proven: ');
    expect(read()).toBe(fixed(toGood, toLast));
  });
});

describe('several files', () => {
  test('have one builder, one after the other, and what does not hold in one is told in the next', async () => {
    write('a/Dockerfile', source);
    write('b/Dockerfile', source);
    builder.hold();
    const keys = [
      'y',
      'y',
      once(/b\/Dockerfile[\s\S]*Good/, '?', () => builder.release()),
      once(/a\/Dockerfile: not applied: Wrong[\s\S]*without proof/, 'n'),
      once(/b\/Dockerfile[\s\S]*Good/, 'y'),
      'n',
    ];
    const { screen, unused, code } = await session(keys, [good, wrong]);
    expect([unused, code]).toEqual([[], 0]);
    expect(screen).toMatch(/✘ a\/Dockerfile: not applied: Wrong\n\na\/Dockerfile \(file 1 of 2\)/);
    expect([read('a/Dockerfile'), read('b/Dockerfile')]).toEqual([fixed(toGood), fixed(toGood)]);
    expect(screen).toContain('b/Dockerfile: proven by build: 2 builds');
  });

  test('a file that cannot be read is told, and the others are proven', async () => {
    write('a/Dockerfile', 'RUN <<EOF\n');
    write('b/Dockerfile', source);
    const { code, unused } = await session([once(begun, 'y')], [good]);
    expect([code, unused]).toEqual([2, []]);
    expect(read('b/Dockerfile')).toBe(fixed(toGood));
  });
});
