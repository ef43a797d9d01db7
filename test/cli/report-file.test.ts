import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reportSchema } from '../../src/report/index.ts';
import type { ContextFacts } from '../../src/transform/index.ts';
import { dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';
import { Person } from '../support/person.ts';
import { fixAt, planted } from '../support/planted.ts';

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
const fixable = 'FROM debian:12\nWORKDIR app\n';

test('--report writes pages beside what is printed, over a folder of many repositories', async () => {
  for (const name of ['one', 'two']) {
    write(`all/${name}/.git/HEAD`, '');
    write(`all/${name}/api/Dockerfile`, fixable);
  }
  const { code, stdout } = await dockmend(['--write', '--report', 'r.html', '--report', 'r.md,r.json,r.diff', 'all'], {
    cwd,
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^diff --git/);
  expect(read('all/two/api/Dockerfile')).toContain('/app');
  expect(read('r.diff')).toBe(stdout);
  expect(read('r.html')).toContain('2 fixes in 2 of 2 Dockerfiles in 2 repositories, written.');
  expect(read('r.html')).toContain('<h2>all/two</h2>');
  expect(read('r.md')).toContain('## `all/two/api/Dockerfile`');
  const json = JSON.parse(read('r.json'));
  expect(new Ajv2020().compile(reportSchema())(json)).toBe(true);
  expect(json.summary).toMatchObject({ files: 2, changed: 2 });
  // Nothing else is left.
  expect(readdirSync(cwd).sort()).toEqual(['all', 'r.diff', 'r.html', 'r.json', 'r.md']);
});

test('a report that is there is replaced', async () => {
  write('Dockerfile', fixable);
  write('r.md', 'old');
  await dockmend(['--report', 'r.md'], { cwd });
  expect(read('r.md')).toMatch(/^# dockmend report\n\n1 fix in 1 of 1 Dockerfile, not written\.\n/);
});

test('what cannot be written is said before anything is done', async () => {
  write('Dockerfile', fixable);
  for (const [file, message] of [
    ['r.pdf', 'takes a file that ends in'],
    ['nowhere/r.html', 'takes no file (ENOENT)'],
    ['Dockerfile/r.html', 'takes no file (ENOTDIR)'],
  ] as const) {
    const { code, stderr } = await dockmend(['--write', '--report', file], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(read('Dockerfile')).toBe(fixable);
  }
});

test('a session can have one: what a person left out is said to be theirs', async () => {
  write('Dockerfile', 'FROM debian:12\nWORKDIR app\nRUN apt-get update\nRUN apt-get install -y curl\n');
  const transforms = ['combine-update-and-install', 'use-absolute-workdir'].join(',');
  await dockmend(['-i', '--only', transforms, '--report', 'r.html'], { cwd, person: new Person(['n', 'y']) });
  expect(read('r.html')).toMatch(/combine-update-and-install[\s\S]*left out by a person/);
  await dockmend(['-i', '--only', transforms, '--report', 's.html'], { cwd, person: new Person(['\u0003']) });
  expect(readdirSync(cwd).sort()).toEqual(['Dockerfile', 'r.html']);
});

test('the bytes of a context are those before and after its ignore file', async () => {
  const ignore = planted('write-ignore', function* (file) {
    const files = [{ path: '.dockerignore', before: undefined, after: '.git\n' }];
    yield fixAt(file.instructions[0]!, { edits: [], files });
  });
  const sent = (bytes: number): ContextFacts['sent'] => ({
    files: 1,
    bytes,
    has: () => true,
    take: () => ({ kind: 'empty' }),
  });
  const context = async (): Promise<ContextFacts> =>
    ({
      sent: sent(5_000_000),
      sentWith: (text: string) => sent(text === '.git\n' ? 42 : 0),
    }) as unknown as ContextFacts;
  write('Dockerfile', 'FROM a\n');
  await dockmend(['--report', 'r.md'], { cwd, transforms: [ignore], ports: () => ({ context }) });
  expect(read('r.md')).toContain('| Build context (1 context) | 5.0 MB | 42 B |');
});

test('files that cannot be read are in the report', async () => {
  write('a/Dockerfile', 'RUN <<EOF\n');
  write('b/Dockerfile', fixable);
  const { code } = await dockmend(['--report', 'r.html', '.'], { cwd });
  expect(code).toBe(2);
  expect(read('r.html')).toMatch(/a\/Dockerfile<\/span> <span class="badge error">error/);
});
