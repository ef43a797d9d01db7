import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discover, isDockerfileName, isTemplatePiece, looksLikeTemplate } from '../../src/cli/discover.ts';
import { temporaryFolder } from '../support/parts.ts';
import { corpusFiles, shared, sharedMissing } from '../support/shared.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const write = (path: string, text = 'FROM a\n'): void => {
  mkdirSync(dirname(join(folder.path, path)), { recursive: true });
  writeFileSync(join(folder.path, path), text);
};

async function found(...paths: string[]) {
  const { files, omitted, faults } = await discover(paths.map((path) => join(folder.path, path)));
  const name = (path: string): string => relative(folder.path, path);
  return {
    files: files.map((each) => name(each.path)),
    omitted: Object.fromEntries(omitted.map((each) => [name(each.path), each.why])),
    faults: faults.map((each) => name(each.path)),
  };
}

test('18: the names of Dockerfiles', () => {
  for (const name of [
    'Dockerfile',
    'dockerfile',
    'Dockerfile.dev',
    'web.Dockerfile',
    'web.dockerfile',
    'Containerfile',
    'Containerfile.dev',
  ]) {
    expect(isDockerfileName(name), name).toBe(true);
  }
  for (const name of [
    'Dockerfile.dockerignore',
    'web.Dockerfile.dockerignore',
    '.dockerignore',
    'Dockerfiles',
    'mydockerfile',
    'Dockerfile.md',
    'Dockerfile~',
    'Dockerfile.orig',
    'Containerfile.containerignore',
    'Makefile',
  ]) {
    expect(isDockerfileName(name), name).toBe(false);
  }
});

describe('discover', () => {
  test('takes what is named as it is, and sorts what lies in folders', async () => {
    for (const path of ['b/Dockerfile', 'a/web.dockerfile', 'a/build', 'vendor/x/Dockerfile', 'a/x.txt']) write(path);
    expect(await found('.')).toEqual({
      files: ['a/web.dockerfile', 'b/Dockerfile'],
      omitted: { 'vendor/x/Dockerfile': 'vendored' },
      faults: [],
    });
    expect((await found('a/build', 'vendor/x/Dockerfile')).files).toEqual(['a/build', 'vendor/x/Dockerfile']);
    expect((await found('b', 'b/Dockerfile', 'b/../b')).files).toEqual(['b/Dockerfile']);
  });

  test('leaves out vendored code, test data and templates below a named folder', async () => {
    for (const path of [
      'third_party/Dockerfile',
      'x/testdata/a/Dockerfile',
      'test/fixtures/Dockerfile',
      'Dockerfile.j2',
      'Dockerfile.in',
      'web.Dockerfile.tmpl',
      'Dockerfile.template',
      'node_modules/a/Dockerfile',
      '.git/Dockerfile',
    ]) {
      write(path);
    }
    const { files, omitted } = await found('.');
    expect(files).toEqual([]);
    expect(omitted).toEqual({
      'third_party/Dockerfile': 'vendored',
      'x/testdata/a/Dockerfile': 'test data',
      'test/fixtures/Dockerfile': 'test data',
      'Dockerfile.j2': 'template',
      'Dockerfile.in': 'template',
      'Dockerfile.template': 'template',
    });
    expect((await found('test/fixtures', 'third_party')).files).toEqual([
      'test/fixtures/Dockerfile',
      'third_party/Dockerfile',
    ]);
  });

  test('honours .gitignore, nested ones, negation and .git/info/exclude', async () => {
    write('.git/info/exclude', '/private/\n');
    write('.gitignore', '*.dockerfile\n/build/\n!keep.dockerfile\nDockerfile.local\n');
    write('sub/.gitignore', '!a.dockerfile\nDockerfile\n');
    for (const path of [
      'a.dockerfile',
      'keep.dockerfile',
      'build/Dockerfile',
      'private/Dockerfile',
      'sub/a.dockerfile',
      'sub/Dockerfile',
      'sub/build/Dockerfile.x',
      'Dockerfile.local',
    ]) {
      write(path);
    }
    expect((await found('.')).files).toEqual(['keep.dockerfile', 'sub/a.dockerfile', 'sub/build/Dockerfile.x']);
    // The files above a named folder count too, and a folder that is itself ignored was meant.
    expect((await found('sub')).files).toEqual(['sub/a.dockerfile', 'sub/build/Dockerfile.x']);
    expect((await found('build')).files).toEqual(['build/Dockerfile']);
    expect((await found('a.dockerfile')).files).toEqual(['a.dockerfile']);
  });

  test('follows links to files once, and none to folders', async () => {
    write('a/Dockerfile');
    mkdirSync(join(folder.path, 'b'));
    symlinkSync('../a/Dockerfile', join(folder.path, 'b/Dockerfile'));
    symlinkSync('..', join(folder.path, 'b/up'));
    symlinkSync('../a', join(folder.path, 'b/Dockerfile.folder'));
    expect((await found('.')).files).toEqual(['a/Dockerfile']);
  });

  test('what is not there, and folders without any', async () => {
    write('a/x');
    expect((await found('none', 'a')).faults).toEqual(['none', 'a']);
  });
});

describe('looksLikeTemplate', () => {
  test.each([
    'FROM {{ base }}\n',
    '{% if x %}\nFROM a\n{% endif %}\n',
    'FROM <%= base %>\n',
    'FROM debian:@VERSION@\n',
    'FROM a\nRUN apt-get install {{ packages }}\n',
    'FROM a\n{{ range .Packages }}RUN x\n{{ end }}\n',
  ])('%j', (text) => expect(looksLikeTemplate(text)).toBe(true));

  test.each([
    'FROM a\nRUN docker inspect --format "{{.Id}}" x\n',
    "FROM a\nRUN docker inspect --format '{{.Id}}' x\n",
    'FROM a\nRUN sed -i "s/@NAME@/x/" f\n',
    'FROM a\n# {{ no }}\n',
    'FROM a@sha256:x\nRUN echo ${x} %{http_code}\n',
    'FROM a\nHEALTHCHECK CMD ["x", "{{.}}"]\n',
  ])('%j is none', (text) => expect(looksLikeTemplate(text)).toBe(false));

  test.skipIf(!shared)(`no plain Dockerfile of the corpus is taken for a template${sharedMissing}`, () => {
    const marked = corpusFiles().filter((each) => each.kind === 'dockerfile' && looksLikeTemplate(each.source));
    expect(marked.map((each) => each.path)).toEqual([]);
  });
});

test.each([
  ['eng/dockerfile-templates/Dockerfile.env', 'ENV A=b\n', true],
  ['templates/go/Dockerfile.install', '# nothing but a comment\n', true],
  ['templates/go/Dockerfile', 'ARG A\nfrom $A\n', false],
  ['contemplate/Dockerfile', 'RUN x\n', false],
  ['Dockerfile.template-piece', 'RUN x\n', false],
])('%s with %j: a piece of templates is %s', (path, source, is) => expect(isTemplatePiece(path, source)).toBe(is));
