import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle, entryPoints } from '../bin/build.ts';
import { describeInFullSuite, temporaryFolder } from './support/parts.ts';
import { runsAll } from './support/sampled.ts';

/** The packed tarball in an empty project, beside the packages that it declares and no others. */
const folder = temporaryFolder();
const user = join(folder.path, 'user');
const installed = join(user, 'node_modules/dockmend');

const run = (command: string, args: readonly string[], cwd: string) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
};
const node = (...args: readonly string[]) => run(process.execPath, args, user);
const dockmend = (...args: readonly string[]) => node('node_modules/dockmend/bin/dockmend.js', '--offline', ...args);
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(user, path)), { recursive: true });
  writeFileSync(join(user, path), text);
};

beforeAll(async () => {
  if (!runsAll) return;
  const built = join(folder.path, 'built');
  mkdirSync(built);
  for (const path of ['bin/dockmend.js', 'package.json', 'schema', 'README.md', 'LICENSE']) {
    cpSync(path, join(built, path), { recursive: true });
  }
  await bundle(resolve('.'), entryPoints, join(built, 'dist'));
  const tsc = run(
    'node',
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--outDir', join(built, 'dist')],
    '.',
  );
  if (tsc.status !== 0) throw new Error(tsc.stdout);
  const pack = run('npm', ['pack', '--ignore-scripts', '--silent'], built);
  if (pack.status !== 0) throw new Error(pack.stderr);
  mkdirSync(installed, { recursive: true });
  const tar = run('tar', ['-xzf', join(built, pack.stdout.trim()), '-C', installed, '--strip-components=1'], built);
  if (tar.status !== 0) throw new Error(tar.stderr);
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(user, 'node_modules', name)), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(user, 'node_modules', name));
  }
  write('package.json', '{"type": "module"}');
}, 240_000);
afterAll(() => folder.remove());

describeInFullSuite('the package', [], () => {
  test('is what publint asks for', async () => {
    const { messages } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  test('has what users need, and no tests', () => {
    for (const path of ['dist/src/index.js', 'dist/src/index.d.ts', 'dist/transforms/index.js', 'schema', 'LICENSE']) {
      expect([path, existsSync(join(installed, path))]).toEqual([path, true]);
    }
    for (const path of ['src', 'fixtures', 'dist/test/cli', 'node_modules']) {
      expect([path, existsSync(join(installed, path))]).toEqual([path, false]);
    }
  });

  test('its types hold for a strict user', () => {
    write(
      'types.ts',
      `import { type Finding, defineTransform, fix, parse } from 'dockmend';
import { checkTransform } from 'dockmend/testing';
import { transforms } from 'dockmend/transforms';

const own = defineTransform({
  id: 'my-own',
  meta: { summary: 's', why: 'w', safety: 'safe', safetyNote: 'n', preset: 'style', since: '1', onbuild: false, answers: {} },
  options: { mode: { type: 'choice', choices: ['a', 'b'], default: 'a', summary: 's' } },
  *find({ file, options }): Generator<Finding> {
    const mode: 'a' | 'b' = options.mode;
    if (mode === 'a') yield { span: file.instructions[0]!.span, message: 'm', report: true };
  },
});
const result: string = fix('FROM a', { transforms: [...transforms, own] }).output;
const stages: number = parse(result).stages.length;
// @ts-expect-error: it takes a text
parse(stages);
checkTransform(own, 'fixtures');
`,
    );
    const tsc = resolve('node_modules/typescript/bin/tsc');
    symlinkSync(resolve('node_modules/@types'), join(user, 'node_modules/@types'));
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
      'types.ts',
    ];
    expect(node(tsc, ...options)).toMatchObject({ status: 0, stdout: '' });
  });

  test('the command runs', () => {
    write('Dockerfile', 'FROM debian:12\nRUN apt-get update && apt-get install curl\n');
    expect(dockmend('--format', 'diff', 'Dockerfile')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\+/m),
    });
    for (const format of ['json', 'sarif', 'rdjson', 'gitlab']) {
      expect(() => JSON.parse(dockmend('--format', format, 'Dockerfile').stdout)).not.toThrow();
    }
    expect(dockmend('--report', 'r.html', '--report', 'r.md', 'Dockerfile')).toMatchObject({ status: 0 });
    expect(readFileSync(join(user, 'r.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  test('docs/library.md says what is true', () => {
    const [, code] = /```js\n([\s\S]*?)```/.exec(readFileSync('docs/library.md', 'utf8'))!;
    write('library.js', `${code}\nconsole.log(output);\n`);
    expect(node('library.js')).toMatchObject({ status: 0, stdout: 'FROM debian:12\nWORKDIR /app\n\n' });
  });
});

describeInFullSuite('docs/own-transforms.md', [], () => {
  const guide = readFileSync('docs/own-transforms.md', 'utf8');
  beforeAll(() => {
    for (const [, path, text] of guide.matchAll(/^`([^`]+)`:\n\n```\w+\n([\s\S]*?)```$/gm)) write(`own/${path}`, text!);
    write('own/project/Dockerfile', 'FROM node:22\nCMD ["node"]\n');
  });
  const own = (...args: readonly string[]) =>
    run(
      process.execPath,
      [join(installed, 'bin/dockmend.js'), '--offline', '--format', 'diff', ...args],
      join(user, 'own'),
    );

  test('its transform runs from --transform, and holds the tests of its own', () => {
    const { stdout, status } = own('--no-config', '--transform', './use-company-registry.js', '--unsafe', 'project');
    expect(stdout).toContain('+FROM registry.example.com/hub/node:22\n');
    expect(status).toBe(0);
    const tests = run(process.execPath, ['--test', 'use-company-registry.test.js'], join(user, 'own'));
    expect(tests.stdout + tests.stderr).toMatch(/pass 1\b[\s\S]*fail 0\b/);
  });

  test('and from its configuration', () => {
    expect(own('--unsafe', 'project').stdout).toContain('+FROM registry.example.org/mirror/node:22\n');
    expect(own('--data-only', 'project')).toMatchObject({ status: 2, stdout: '' });
  });
});
