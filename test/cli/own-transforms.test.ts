import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigFinder } from '../../src/config/index.ts';
import { fix } from '../../src/engine/index.ts';
import { checkedTransform, type Finding, TransformError, transformFaults } from '../../src/transform/index.ts';
import { transforms } from '../../transforms/index.ts';
import { dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';
import { fixAt, planted, replacer } from '../support/planted.ts';
import { checkTransform } from '../support/testing.ts';

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

/** The text of a module whose transform replaces a word of RUN by one of its option. */
const own = (id: string, more = ''): string => `{
  id: '${id}',
  meta: { summary: 'S', why: 'W', safety: 'safe', safetyNote: 'N', preset: 'recommended', since: '1', onbuild: false, answers: {} },
  options: { word: { type: 'string', default: 'two', summary: 'The word' } },
  *find({ file, options }) {
    ${more}
    for (const each of file.instructions) {
      const at = file.source.indexOf('one', each.span.start);
      if (each.keyword !== 'RUN' || at === -1 || at > each.span.end) continue;
      const edits = [{ start: at, end: at + 3, text: options.word }];
      const fix = { title: 'T', safety: 'safe', evidence: ['text'], edits, changes: { edits: [each.index] } };
      yield { span: each.span, message: 'M', fix };
    }
  },
}`;
const touch = (name: string): string =>
  `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(name)}, '');\n`;

describe('--transform', () => {
  test.each([
    ['a default export', `export default ${own('use-own')}`],
    ['a list', `export default [${own('use-own')}]`],
    ['exports by name', `export const helper = 1;\nexport const useOwn = ${own('use-own')}`],
    ['CommonJS', `module.exports = ${own('use-own')}`],
  ])('takes %s', async (kind, text) => {
    const file = kind === 'CommonJS' ? 'own.cjs' : 'own.mjs';
    write(file, text);
    write('Dockerfile', 'FROM a\nRUN one\n');
    const { code } = await dockmend(['--transform', `./${file}`, '--write'], { cwd });
    expect([code, read('Dockerfile')]).toEqual([0, 'FROM a\nRUN two\n']);
  });

  test('takes packages, those that can only be imported too', async () => {
    write('Dockerfile', 'FROM a\nRUN one\n');
    write('node_modules/plain/package.json', '{"main": "x.cjs"}');
    write('node_modules/plain/x.cjs', `module.exports = ${own('use-plain')}`);
    write(
      'node_modules/@scope/esm/package.json',
      '{"type": "module", "exports": {".": {"types": "./t", "import": {"default": "./x.js"}}}}',
    );
    write('node_modules/@scope/esm/x.js', `export default ${own('use-esm')}`);
    for (const [name, id] of [
      ['plain', 'use-plain'],
      ['@scope/esm', 'use-esm'],
    ] as const) {
      const { stdout } = await dockmend(['--transform', name, '--only', id], { cwd });
      expect([name, stdout]).toEqual([name, expect.stringContaining('+RUN two')]);
    }
  });

  test.each([
    ['no such file', undefined, './own.mjs cannot be loaded: Cannot find module'],
    ['a fault of its syntax', 'export default {', './own.mjs cannot be loaded: '],
    ['nothing', 'export const a = 1', './own.mjs exports no transform'],
    ['no transform', 'export default { id: "x" }', './own.mjs: `x` is no transform: `id` is words'],
    ['one of ours', `export default ${own('use-exec-form')}`, 'there are two transforms `use-exec-form`'],
  ])('%s is an error before anything is done', async (_, text, message) => {
    if (text !== undefined) write('own.mjs', text);
    write('Dockerfile', 'FROM debian:12\nWORKDIR app\n');
    const { code, stderr } = await dockmend(['--transform', './own.mjs', '--write'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(read('Dockerfile')).toContain('WORKDIR app');
  });

  test('what breaks the contract, or throws, is the error of that file alone, which is left as it is', async () => {
    write(
      'own.mjs',
      `export default ${own('use-own', "if (file.source.includes('bad')) throw new Error('no idea');")}`,
    );
    write('a/Dockerfile', 'FROM debian:12\nWORKDIR bad\nRUN one\n');
    write('b/Dockerfile', 'FROM debian:12\nRUN one\n');
    const { code, stderr } = await dockmend(['--transform', './own.mjs', '--write'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('a/Dockerfile: error: transform `use-own`: no idea\n');
    expect(read('a/Dockerfile')).toBe('FROM debian:12\nWORKDIR bad\nRUN one\n');
    expect(read('b/Dockerfile')).toBe('FROM debian:12\nRUN two\n');
  });
});

describe('`from` in a configuration', () => {
  const config = 'transforms:\n  use-own:\n    from: ./own.mjs\n    word: three\n';

  test('loads it with its options, next to those of dockmend', async () => {
    write('own.mjs', `export default ${own('use-own')}`);
    write('.dockmend.yaml', config);
    write('Dockerfile', 'FROM a\nRUN one\n');
    expect((await dockmend(['--write'], { cwd })).code).toBe(0);
    expect(read('Dockerfile')).toBe('FROM a\nRUN three\n');
    write('package.json', JSON.stringify({ dockmend: { transforms: { 'use-own': { from: './own.mjs' } } } }));
    write('Dockerfile', 'FROM a\nRUN one\n');
    await dockmend(['--write', '--config', 'package.json'], { cwd });
    expect(read('Dockerfile')).toBe('FROM a\nRUN two\n');
  });

  test('of another repository loads nothing, unless it was named', async () => {
    const trace = join(cwd, 'trace');
    write('other/own.mjs', `${touch(trace)}export default ${own('use-own')}`);
    write('other/.git/HEAD', '');
    write('other/.dockmend.yaml', config);
    write('other/Dockerfile', 'FROM a\nRUN one\n');
    write('here/.git/HEAD', '');
    const { code, stderr } = await dockmend(['../other'], { cwd: join(cwd, 'here') });
    expect([code, stderr]).toEqual([2, expect.stringContaining('other/.dockmend.yaml:2:3: error: `from` names code')]);
    expect(() => read('trace')).toThrow();
    const named = await dockmend(['../other', '--config', '../other/.dockmend.yaml'], { cwd: join(cwd, 'here') });
    expect([named.code, named.stdout]).toEqual([0, expect.stringContaining('+RUN three')]);
  });

  test('loads nothing with --data-only, nor for a caller without a loader', async () => {
    const trace = join(cwd, 'trace');
    write('own.mjs', `${touch(trace)}export default ${own('use-own')}`);
    write('.dockmend.yaml', config);
    write('Dockerfile', 'FROM a\nRUN one\n');
    const { code, stderr } = await dockmend(['--data-only'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('a configuration is data here')]);
    await expect(new ConfigFinder(transforms, cwd).nearest(cwd)).rejects.toThrow('a configuration is data here');
    expect(() => read('trace')).toThrow();
  });

  test.each([
    ['transforms: { use-own: { from: ./none.mjs } }', './none.mjs cannot be loaded'],
    ['transforms: { use-other: { from: ./own.mjs } }', '`use-own`, and no `use-other`'],
    ['transforms: { use-exec-form: { from: ./own.mjs } }', '`use-exec-form` is a transform of dockmend itself'],
    ['transforms: { use-own: { from: ./own.mjs, wrod: x } }', 'unknown option of `use-own` `wrod`'],
    ['transforms: { use-own: { from: 1 } }', 'there is no transform `use-own`'],
    ['transforms: { use-exec-form: { nothing: from } }', 'unknown option of `use-exec-form` `nothing`'],
  ])('%s is told with its place', async (text, message) => {
    write('own.mjs', `export default ${own('use-own')}`);
    write('.dockmend.yaml', text);
    write('Dockerfile', 'FROM a\nRUN one\n');
    const { code, stderr } = await dockmend([], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toMatch(/^\.dockmend\.yaml:1:\d+: error/);
  });
});

describe('the contract', () => {
  test('every transform of dockmend keeps it', () => {
    for (const each of transforms) expect([each.id, transformFaults(each)]).toEqual([each.id, []]);
  });

  test.each([
    [null, 'it is no object'],
    [{ ...replacer('a-b', 'x', 'y'), id: 'AB' }, '`id` is words'],
    [{ ...replacer('a-b', 'x', 'y'), find: 1 }, '`find` is a function'],
    [{ ...replacer('a-b', 'x', 'y'), needs: 1 }, '`needs` is a function'],
    [{ ...replacer('a-b', 'x', 'y'), meta: undefined }, '`meta` is an object'],
    [{ ...replacer('a-b', 'x', 'y'), meta: {} }, '`meta.summary` is a text'],
    [
      { ...replacer('a-b', 'x', 'y'), options: { a: { type: 'number', default: 1, summary: 's' } } },
      '`options.a` is no option',
    ],
    [
      { ...replacer('a-b', 'x', 'y'), options: { a: { type: 'choice', choices: ['b'], default: 'c', summary: 's' } } },
      '`options.a`',
    ],
  ])('%j: %s', (value, fault) => {
    expect(transformFaults(value)[0]).toContain(fault);
  });

  test.each<[string, object]>([
    ['the `span` of a finding lies in the file', { span: { start: 0, end: 999 } }],
    ['a finding has a `message`', { message: '' }],
    ['one of `fix`, `skipped` and `report`', { report: true }],
    ['there is no skip reason `because`', { fix: undefined, skipped: 'because' }],
    ['a fix has a `title`', { fix: { title: '' } }],
    ['the `safety` of a fix is', { fix: { safety: 'sure' } }],
    ['says safe', { fix: { safety: 'unsafe' } }],
    ['the `evidence` of a fix is', { fix: { evidence: ['faith'] } }],
    ['the `edits` of a fix are', { fix: { edits: [{ start: 0, end: 1 }] } }],
    ['`changes` names the instructions', { fix: { changes: { edits: [7] } } }],
  ])('a finding is held to it: %s', (fault, change) => {
    const good = planted('a-b', function* (file) {
      const plain = fixAt(file.instructions[0]!, { edits: [] }) as Finding & { fix: object };
      const { fix: changed, ...rest } = change as { fix?: object };
      const fixed = { ...plain, ...rest, fix: { ...plain.fix, ...changed } } as Record<string, unknown>;
      if ('skipped' in change) delete fixed.fix;
      yield fixed as unknown as Finding;
    });
    const run = (): unknown => fix('FROM a\n', { transforms: [checkedTransform(good)] });
    expect(run).toThrow(TransformError);
    expect(run).toThrow(fault);
  });
});

describe('checkTransform, for the tests of users', () => {
  test('holds a transform to the contract and to its cases', () => {
    write('f/example/Dockerfile', 'FROM a\nRUN one\n');
    write('f/example/expected.Dockerfile', 'FROM a\nRUN two\n');
    const plain = replacer('use-two', 'one', 'two');
    const good = { ...plain, meta: { ...plain.meta, onbuild: true } };
    expect(checkTransform(good, join(cwd, 'f'))).toEqual(['there is no case that begins with `unchanged-`']);
    write('f/unchanged-other/Dockerfile', 'FROM a\nRUN other\n');
    expect(checkTransform(good, join(cwd, 'f'))).toEqual([]);
    expect(checkTransform(replacer('use-three', 'one', 'three'), join(cwd, 'f'))[0]).toMatch(
      /^example: output: line 2/,
    );
    expect(checkTransform({ ...good, id: 'x' }, join(cwd, 'f'))[0]).toContain('`id` is words');
    write('f/unchanged-other/expected.Dockerfile', 'FROM a\nRUN another\n');
    expect(checkTransform(good, join(cwd, 'f'))[0]).toBe('unchanged-other: it is expected to change');
  });
});
