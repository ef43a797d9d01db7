import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Config, ConfigError, ConfigFinder, didYouMean, resolveSettings } from '../../src/config/index.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { transforms } from '../../transforms/index.ts';
import { temporaryFolder } from '../support/parts.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const read = (text: string, path = '/p/.dockmend.yaml'): Config | undefined => parseConfig(path, text, transforms);

function fault(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `${error.position?.line}:${error.position?.column} ${error.message} | ${error.lineText}`;
  }
  return 'no error';
}

const full = `
preset: all
unsafe: true
accept: [remove-sudo]
ignore:
  - legacy/
context: ..
transforms:
  set-pipefail: false
  replace-maintainer-with-label: true
  pin-image-digest:
    style: digest-only
    ignore: [ghcr.io/acme/*]
`;

describe('parseConfig', () => {
  const validate = new Ajv2020().compile(JSON.parse(readFileSync('schema/dockmend.schema.json', 'utf8')));

  test('reads every key, and the schema takes the same', () => {
    expect(read(full)).toEqual({
      file: '/p/.dockmend.yaml',
      folder: '/p',
      preset: 'all',
      unsafe: true,
      accept: ['remove-sudo'],
      ignore: ['legacy/'],
      context: '..',
      transforms: {
        'set-pipefail': false,
        'replace-maintainer-with-label': true,
        'pin-image-digest': { style: 'digest-only', ignore: ['ghcr.io/acme/*'] },
      },
    });
    expect(validate(parse(full))).toBe(true);
  });

  test('the schema takes transforms of a user, which have `from`', () => {
    expect(validate({ transforms: { 'use-own': { from: './own.js', word: 'x' } }, accept: ['use-own'] })).toBe(true);
    expect(validate({ transforms: { 'use-own': { word: 'x' } } })).toBe(false);
    expect(validate({ transforms: { 'use-own': true } })).toBe(false);
  });

  test.each(['', '# nothing\n', '---\n', '{}', '\uFEFFunsafe: false\n', 'unsafe: false\r\n'])('%j is fine', (text) => {
    expect(read(text)?.folder).toBe('/p');
  });

  test.each([
    ['preste: all', '1:1 unknown key `preste`; did you mean `preset` | preste: all'],
    ['a: 1', '1:1 unknown key `a`; known are preset, unsafe, accept, ignore, context, transforms | a: 1'],
    ['x: &a 1\n', '1:1 unknown key `x`; known are preset, unsafe, accept, ignore, context, transforms | x: &a 1'],
    [
      '__proto__: 1',
      '1:1 unknown key `__proto__`; known are preset, unsafe, accept, ignore, context, transforms | __proto__: 1',
    ],
    ['preset: everything', '1:9 `preset` takes recommended, style, all | preset: everything'],
    ['preset: styl', '1:9 `preset` takes recommended, style, all; did you mean `style` | preset: styl'],
    ['preset:', '1:8 `preset` takes recommended, style, all | preset:'],
    ['unsafe: yes', '1:9 `unsafe` takes true or false | unsafe: yes'],
    ['accept: remove-sudo', '1:9 `accept` takes a list of strings | accept: remove-sudo'],
    [
      'accept:\n  - remove-sudos',
      '2:5 there is no transform `remove-sudos`; did you mean `remove-sudo` |   - remove-sudos',
    ],
    ['ignore: [1]', '1:10 `ignore` takes a list of strings | ignore: [1]'],
    ['context: [a]', '1:10 `context` takes a string | context: [a]'],
    ['transforms: [set-pipefail]', '1:13 `transforms` takes keys and values | transforms: [set-pipefail]'],
    [
      'transforms:\n  set-pipefial: false',
      '2:3 there is no transform `set-pipefial`; did you mean `set-pipefail` |   set-pipefial: false',
    ],
    ['transforms:\n  set-pipefail: off', '2:17 `set-pipefail` takes true, false or its options |   set-pipefail: off'],
    [
      'transforms:\n  pin-image-digest:\n    stile: x',
      '3:5 unknown option of `pin-image-digest` `stile`; did you mean `style` |     stile: x',
    ],
    ['transforms:\n  pin-image-digest:\n    style: tag', '3:12 `style` takes tag+digest, digest-only |     style: tag'],
    [
      'transforms:\n  pin-image-digest: {ignore: a}',
      '2:30 `ignore` takes a list of strings |   pin-image-digest: {ignore: a}',
    ],
    ['- a', '1:1 the configuration takes keys and values | - a'],
    ['[a]: b', '1:1 the configuration takes plain keys | [a]: b'],
  ])('%j', (text, expected) => {
    expect(fault(text)).toBe(expected);
  });

  test.each([
    'a: [1',
    'transforms: *a',
    'unsafe: true\nunsafe: true',
    'a: b: c',
    '\t- x',
    '"',
    '['.repeat(200_000),
    '%YAML 9\n--- !!x',
  ])('broken YAML %#', (text) => {
    expect(() => read(text)).toThrow(ConfigError);
  });

  test('package.json: the key dockmend, with positions, tabs and all', () => {
    const path = '/p/package.json';
    expect(read('{\n\t"name": "dockmend",\n\t"dockmend": {"unsafe": true}\n}', path)).toMatchObject({ unsafe: true });
    expect(read('{"name": "x"}', path)).toBe(undefined);
    expect(read('not json: {', path)).toBe(undefined);
    expect(() => read('{"dockmend": {"preset": 1}}', path)).toThrow('`preset` takes');
  });
});

describe('ConfigFinder', () => {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  };
  write('.dockmend.yaml', 'preset: style\n');
  write('repo/.git/HEAD', '');
  write('repo/package.json', '{"dockmend": {"preset": "all"}}');
  write('repo/app/deep/x', '');
  write('repo/web/.dockmend.yaml', 'unsafe: true\n');
  write('repo/web/package.json', '{"name": "web"}');
  write('bare/deep/x', '');
  write('bare/repo/.git', 'gitdir: elsewhere\n');
  write('broken/.dockmend.yml', 'preset: [\n');
  const nearest = (path: string, cwd = path): Promise<Config | undefined> =>
    new ConfigFinder(transforms, join(folder.path, cwd)).nearest(join(folder.path, path));

  test('the nearest counts alone', async () => {
    expect(await nearest('repo/web')).toMatchObject({ unsafe: true, folder: join(folder.path, 'repo/web') });
    expect((await nearest('repo/web'))?.preset).toBe(undefined);
    expect(await nearest('repo/app/deep')).toMatchObject({ preset: 'all' });
  });

  test('nothing above the root of the repository is looked at, a worktree included', async () => {
    writeFileSync(join(folder.path, 'repo/package.json'), '{}');
    expect(await nearest('repo/app/deep')).toBe(undefined);
    expect(await nearest('bare/repo')).toBe(undefined);
    writeFileSync(join(folder.path, 'repo/package.json'), '{"dockmend": {"preset": "all"}}');
  });

  test('outside of a repository nothing above the working folder is looked at', async () => {
    expect(await nearest('bare/deep', '.')).toMatchObject({ preset: 'style' });
    expect(await nearest('bare/deep', 'bare')).toBe(undefined);
    expect(await nearest('bare/deep')).toBe(undefined);
  });

  test('a context outside of the repository is refused, unless the user named the file', async () => {
    write('repo/out/.dockmend.yaml', 'context: ../..\n');
    write('repo/etc/.dockmend.yaml', 'context: /etc\n');
    write('repo/in/.dockmend.yaml', 'context: ..\n');
    await expect(nearest('repo/out')).rejects.toThrow('`context` leads out of the repository');
    await expect(nearest('repo/etc')).rejects.toThrow('`context` leads out of the repository');
    expect(await nearest('repo/in')).toMatchObject({ context: '..' });
    const named = new ConfigFinder(transforms, folder.path).named(join(folder.path, 'repo/etc/.dockmend.yaml'));
    expect(await named).toMatchObject({ context: '/etc' });
  });

  test('a broken one and one that is not there say so', async () => {
    await expect(nearest('broken')).rejects.toThrow(ConfigError);
    const finder = new ConfigFinder(transforms, folder.path);
    await expect(finder.named(join(folder.path, 'none.yaml'))).rejects.toThrow('there is no such configuration');
    await expect(finder.named(folder.path)).rejects.toThrow('not a regular file');
    await expect(finder.named(join(folder.path, 'repo/web/package.json'))).rejects.toThrow('no key `dockmend`');
  });
});

describe('resolveSettings', () => {
  const ids = (flags: Parameters<typeof resolveSettings>[1], config?: Partial<Config>): string[] =>
    resolveSettings(transforms, flags, config && { file: '', folder: '', ...config }).transforms.map((each) => each.id);
  const inPreset = (preset: string): string[] =>
    transforms.filter((each) => each.meta.preset === preset).map((each) => each.id);

  test('presets', () => {
    expect(ids({})).toEqual(inPreset('recommended'));
    expect(ids({ preset: 'style' })).toEqual(inPreset('style'));
    expect(ids({}, { preset: 'all' })).toEqual(transforms.map((each) => each.id));
    expect(ids({ preset: 'recommended' }, { preset: 'all' })).toEqual(inPreset('recommended'));
  });

  test('only and skip win over the configuration, which wins over the preset', () => {
    const config = { transforms: { 'set-pipefail': false, 'use-matching-as-case': {} } };
    expect(ids({}, config)).toContain('use-matching-as-case');
    expect(ids({}, config)).not.toContain('set-pipefail');
    expect(ids({ only: ['set-pipefail'] }, config)).toEqual(['set-pipefail']);
    expect(ids({ only: ['set-pipefail', 'remove-sudo'], skip: ['remove-sudo'] })).toEqual(['set-pipefail']);
  });

  test('what is accepted runs, and flags and configuration add up', () => {
    const settings = resolveSettings(
      transforms,
      { accept: ['remove-sudo'] },
      {
        file: '',
        folder: '',
        unsafe: true,
        accept: ['use-matching-as-case'],
      },
    );
    expect(settings.choice).toEqual({ safety: 'unsafe', accept: ['use-matching-as-case', 'remove-sudo'] });
    expect(settings.transforms.map((each) => each.id)).toContain('use-matching-as-case');
    expect(resolveSettings(transforms, { unsafe: false }, { file: '', folder: '', unsafe: true }).choice.safety).toBe(
      'safe',
    );
  });

  test('a configuration that wins decides where both speak, and what it turns off stays off', () => {
    const config = {
      file: '',
      folder: '',
      unsafe: false,
      preset: 'style' as const,
      transforms: { 'set-pipefail': false },
    };
    const settings = resolveSettings(
      transforms,
      { configurationWins: true, unsafe: true, preset: 'all', only: ['set-pipefail', 'remove-sudo'] },
      config,
    );
    expect(settings.choice.safety).toBe('safe');
    expect(settings.transforms.map((each) => each.id)).toEqual(['remove-sudo']);
    expect(ids({ configurationWins: true, preset: 'all' }, config)).toEqual(inPreset('style'));
    expect(resolveSettings(transforms, { configurationWins: true, unsafe: true }).choice.safety).toBe('unsafe');
  });

  test('among narrows what all else chooses', () => {
    expect(ids({ among: ['set-pipefail', 'use-matching-as-case'] })).toEqual(['set-pipefail']);
    expect(ids({ among: [] })).toEqual([]);
  });

  test('an id that is none', () => {
    expect(() => ids({ skip: ['remove-sodu'] })).toThrow(
      '--skip: there is no transform `remove-sodu`; did you mean `remove-sudo`',
    );
    expect(() => ids({ only: ['xyz'] })).toThrow('`dockmend list` shows them');
  });
});

test('didYouMean', () => {
  expect(didYouMean('wirte', ['write', 'check'])).toBe('; did you mean `write`');
  expect(didYouMean('zzz', ['write', 'check'])).toBe('');
});
