import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';

let folder: ReturnType<typeof temporaryFolder>;
let cwd: string;
beforeEach(() => {
  folder = temporaryFolder();
  cwd = folder.path;
});
afterEach(() => folder.remove());

const write = (path: string, text: string | Uint8Array): void => {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), text);
};

const fixable = 'FROM debian:12\nWORKDIR app\n';

/** Runs with --write over one bad file and a good one: the good one is done, the bad one is as it was. */
async function beside(name: string): Promise<string> {
  write('good/Dockerfile', fixable);
  const { code, stdout, stderr } = await dockmend(['--write'], { cwd });
  expect(code).toBe(2);
  expect(readFileSync(join(cwd, 'good/Dockerfile'), 'utf8')).toContain('/app');
  expect(stdout.match(/^diff.*$/gm)).toEqual(['diff --git a/good/Dockerfile b/good/Dockerfile']);
  expect(readdirSync(join(cwd, dirname(name))).filter((each) => each.includes('dockmend-'))).toEqual([]);
  return stderr.split('\n').slice(0, -2).join('\n');
}

describe('a file that cannot be fixed has a clear message, and stops no other', () => {
  test.each([
    ['a binary file', Buffer.from('FROM a\n\0\0\u0001'), 'error: this is a binary file: it holds NUL bytes'],
    ['an empty file', '', ':1:1: error: no instructions in this file'],
    ['blanks alone', ' \n\n', ':1:1: error: no instructions in this file'],
    ['comments alone', '# syntax=docker/dockerfile:1\n# hello\n', ':1:1: error: no instructions in this file'],
    [
      'an unknown instruction',
      'FROM debian:12\nWORKDIR app\nRNU make\n',
      ':3:1: error: unknown instruction `RNU`, which no builder takes; did you mean `RUN`\n  3 | RNU make\n    | ^',
    ],
    [
      'an unterminated heredoc',
      'FROM debian:12\nWORKDIR app\nRUN <<EOF\nmake\n',
      ':3:1: error: the heredoc "EOF" has no closing line\n  3 | RUN <<EOF\n    | ^',
    ],
    [
      'invalid UTF-8',
      Buffer.from([0x46, 0x52, 0xe4, 0x0a]),
      'error: this is no UTF-8: byte 3 is not part of a character',
    ],
    ['a UTF-8 character cut short', Buffer.from('FROM a # ä').subarray(0, -1), 'error: this is no UTF-8: byte 10'],
    ['UTF-16', Buffer.from('\uFEFFFROM debian:12\n', 'utf16le'), 'error: this is a binary file: it holds NUL bytes'],
    [
      'a line that Docker does not read',
      `FROM debian:12\nRUN ${'x'.repeat(70_000)}\n`,
      'a line longer than 65535 bytes',
    ],
  ])('%s', async (_name, content, expected) => {
    write('bad/Dockerfile', content);
    const message = await beside('bad/Dockerfile');
    expect(message).toContain('bad/Dockerfile');
    expect(message).toContain(expected);
    expect(readFileSync(join(cwd, 'bad/Dockerfile')).equals(Buffer.from(content))).toBe(true);
  });

  test('10 MB, which are not read', async () => {
    write('bad/Dockerfile', 'FROM debian:12\n');
    // A sparse file of a terabyte: reading it would fail.
    truncateSync(join(cwd, 'bad/Dockerfile'), 2 ** 40);
    expect(await beside('bad/Dockerfile')).toContain('larger than 1 MiB, which no Dockerfile is');
    truncateSync(join(cwd, 'bad/Dockerfile'), 10_000_000);
    expect(await beside('bad/Dockerfile')).toContain('larger than 1 MiB, which no Dockerfile is');
    expect(statSync(join(cwd, 'bad/Dockerfile')).size).toBe(10_000_000);
  });

  test('a dangling link, and one that leads to itself', async () => {
    write('bad/x', '');
    symlinkSync('nowhere', join(cwd, 'bad/Dockerfile'));
    symlinkSync('Dockerfile.loop', join(cwd, 'bad/Dockerfile.loop'));
    const message = await beside('bad/Dockerfile');
    expect(message).toContain('bad/Dockerfile: error: this leads to no file');
    expect(message).toContain('bad/Dockerfile.loop: error: this is a link that leads to itself');
  });

  test('a named pipe, on which nobody waits', async () => {
    write('bad/x', '');
    execFileSync('mkfifo', [join(cwd, 'bad/Dockerfile')]);
    expect(await beside('bad/Dockerfile')).toContain('bad/Dockerfile: error: this is not a regular file');
  });

  test('a folder named Dockerfile is a folder', async () => {
    write('bad/Dockerfile/Dockerfile', fixable);
    expect((await dockmend(['bad'], { cwd })).stdout).toContain('a/bad/Dockerfile/Dockerfile');
    expect((await dockmend(['bad/Dockerfile'], { cwd })).code).toBe(0);
  });

  test('a frontend of its own may have its own instructions: they are reported, and not touched', async () => {
    write('Dockerfile', '# syntax=acme/frontend:1\nFROM debian:12\nINCLUDE x\nWORKDIR app\n');
    const { code, stdout } = await dockmend(['--format', 'terminal'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('`INCLUDE` cannot be read with certainty');
  });
});

describe('a command line that leads nowhere is 2', () => {
  test.each([
    [['none'], 'none: error: there is no such file or folder\n'],
    [['empty'], 'empty: error: no Dockerfile in this folder or below it\n'],
    [['--skip', 'add-tests'], 'error: --skip: there is no transform `add-tests`'],
    [
      ['--accept', 'set-pipefial', '--write'],
      'error: --accept: there is no transform `set-pipefial`; did you mean `set-pipefail`\n',
    ],
    [['--frobnicate', '--write'], 'error: unknown option --frobnicate; --help shows them all\n'],
    [['--context', 'none', '--write'], 'error: --context: there is no folder none\n'],
    [['set-pipefail', '--only', 'remove-sudo'], 'ids are joined by commas, as in `--only a,set-pipefail`'],
  ])('%j', async (argv, expected) => {
    mkdirSync(join(cwd, 'empty'));
    write('there/Dockerfile', fixable);
    const { code, stdout, stderr } = await dockmend(argv, { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(expected);
    expect(readFileSync(join(cwd, 'there/Dockerfile'), 'utf8')).toBe(fixable);
  });

  test('this folder without Dockerfiles, and with none but those left out', async () => {
    expect(await dockmend([], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('no Dockerfile') });
    write('fixtures/Dockerfile', fixable);
    const { code, stderr } = await dockmend([], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('every Dockerfile here is left out (test data)')]);
  });

  test('an error nobody foresaw has its stack and a request, and stops no other file', async () => {
    write('a/Dockerfile', fixable);
    const failing = { images: () => Promise.reject(new Error('boom')) };
    const { code, stderr } = await dockmend([], { cwd, ports: () => failing });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^a\/Dockerfile: error: boom\n {2}This is a fault of dockmend: please report it/);
  });
});
