import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { scaffold } from './support/docs/scaffold.ts';
import { temporaryFolder } from './support/parts.ts';
import { noteOf, runsAll } from './support/sampled.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const index = readFileSync('transforms/index.ts', 'utf8');

describe('npm run new', () => {
  test.skipIf(!runsAll)(`a transform made by it holds what the harness and the contract ask${noteOf('it')}`, () => {
    const root = folder.path;
    for (const part of [
      'src',
      'transforms',
      'test',
      'fixtures',
      'bin',
      'package.json',
      'tsconfig.json',
      'biome.json',
    ]) {
      cpSync(part, join(root, part), { recursive: true });
    }
    mkdirSync(join(root, 'docs'));
    symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
    const run = (...args: string[]): { status: number | null; text: string } => {
      const { status, stdout, stderr } = spawnSync('node', args, { cwd: root, encoding: 'utf8' });
      return { status, text: stdout + stderr };
    };
    const made = run('--import', 'tsx', 'bin/new.ts', 'replace-signal-numbers');
    expect(made).toEqual({ status: 0, text: expect.stringContaining('written: transforms/replace-signal-numbers.ts') });
    expect(existsSync(join(root, 'fixtures/replace-signal-numbers/example/Dockerfile'))).toBe(true);
    const again = run('--import', 'tsx', 'bin/new.ts', 'replace-signal-numbers');
    expect(again).toEqual({ status: 2, text: expect.stringContaining('in transforms/index.ts already') });
    const vitest = 'node_modules/vitest/vitest.mjs';
    const tests = ['test/transforms/fixtures.test.ts', 'test/contract.test.ts', '-t', 'replace-signal-numbers'];
    const checked = run(vitest, 'run', '--config', 'test/vitest.config.ts', '--no-isolate', '--maxWorkers=1', ...tests);
    expect(checked, checked.text).toMatchObject({ status: 0 });
    const paths = ['transforms/index.ts', 'transforms/replace-signal-numbers.ts'];
    const style = run('node_modules/@biomejs/biome/bin/biome', 'check', ...paths);
    expect(style, style.text).toMatchObject({ status: 0 });
  });

  test.each([
    ['ReplaceThis', 'not in kebab-case'],
    ['replace', 'not in kebab-case'],
    ['improve-things', 'begins with one of pin, use'],
    ['pin-image-digest', 'already'],
    ['../evil-path', 'not in kebab-case'],
  ])('refuses %s', (id, why) => {
    expect(scaffold(id, index, '1.0.0')).toContain(why);
  });

  test.each(['add-a', 'use-zzz', 'merge-things'])('keeps the imports of the list in order: %s', (id) => {
    const list = (scaffold(id, index, '1.0.0') as Map<string, string>).get('transforms/index.ts')!;
    const imported = [...list.matchAll(/from '\.\/(.*)\.ts'/g)].map((match) => match[1]!);
    expect(imported).toContain(id);
    expect(imported).toEqual([...imported].sort());
  });
});
