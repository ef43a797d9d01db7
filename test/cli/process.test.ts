import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../bin/build.ts';
import { temporaryFolder } from '../support/parts.ts';

/** The published command, built, as a process of its own. */
const folder = temporaryFolder();
const built = join(folder.path, 'package');
const command = join(built, 'bin/dockmend.js');

beforeAll(async () => {
  mkdirSync(join(built, 'bin'), { recursive: true });
  for (const file of ['bin/dockmend.js', 'package.json']) writeFileSync(join(built, file), readFileSync(file));
  await bundle(resolve('.'), ['bin/main.ts'], join(built, 'dist'));
  spawnSync('ln', ['-s', resolve('node_modules'), join(built, 'node_modules')]);
});
afterAll(() => folder.remove());

const work = join(folder.path, 'work');
const old = 'FROM debian:12\nWORKDIR app\n';
/** Makes the folder anew, with so many folders in it, a Dockerfile in each. */
const makeWork = (folders = 0): void => {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'Dockerfile'), old);
  for (let at = 0; at < folders; at++) {
    mkdirSync(join(work, `d${at}`));
    writeFileSync(join(work, `d${at}`, 'Dockerfile'), old);
  }
};
const dockmend = (args: readonly string[], input = '', shell?: string, folders = 0) => {
  makeWork(folders);
  const options = { cwd: work, input, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } } as const;
  return shell === undefined
    ? spawnSync('node', [command, ...args], options)
    : spawnSync('sh', ['-c', shell, 'sh', command], options);
};

describe('the compiled command', () => {
  test('prints a diff, writes, and says its version', () => {
    expect(dockmend(['--offline'])).toMatchObject({ status: 0, stdout: expect.stringContaining('+WORKDIR /app') });
    expect(dockmend(['--offline', '--write', '-q'])).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(work, 'Dockerfile'), 'utf8')).toBe('FROM debian:12\nWORKDIR /app\n');
    expect(dockmend(['--version']).stdout).toBe(`${JSON.parse(readFileSync('package.json', 'utf8')).version}\n`);
  });

  test('exit codes come through', () => {
    expect(dockmend(['--offline', '--check']).status).toBe(1);
    expect(dockmend(['--nonsense'])).toMatchObject({
      status: 2,
      stderr: 'error: unknown option --nonsense; --help shows them all\n',
    });
    expect(dockmend(['nowhere']).status).toBe(2);
    expect(dockmend(['explain', 'set-pipefail']).stdout).toContain('hadolint: DL4006');
  });

  test('standard input', () => {
    expect(dockmend(['-', '--write', '--offline'], 'FROM debian:12\r\nWORKDIR app\r\n').stdout).toBe(
      'FROM debian:12\r\nWORKDIR /app\r\n',
    );
    expect(dockmend(['-'], '')).toMatchObject({ status: 2, stdout: '' });
  });

  test('a closed pipe is no error', () => {
    const { stdout, stderr } = dockmend([], '', 'node "$1" --offline -q | head -1', 400);
    expect(stdout).toMatch(/^diff --git a\/Dockerfile/);
    expect(stderr).toBe('');
  });

  test('git apply takes what it prints, from the folder that it was run in', () => {
    const { status, stderr } = dockmend(
      [],
      '',
      'git init -q . && mkdir "a b" && cp Dockerfile "a b/" && cd "a b" && node "$1" --offline -q | git apply && grep -q /app Dockerfile',
    );
    expect([status, stderr]).toEqual([0, '']);
  });

  test('a kill at any moment leaves the old file or the new one', async () => {
    for (let wait = 60; wait <= 240; wait += 45) {
      makeWork(60);
      const child = spawn('node', [command, '--offline', '--write', '-q'], { cwd: work, stdio: 'ignore' });
      const ended = new Promise((done) => child.once('exit', done));
      await new Promise((done) => setTimeout(done, wait));
      child.kill('SIGKILL');
      await ended;
      for (let at = 0; at < 60; at++) {
        const text = readFileSync(join(work, `d${at}`, 'Dockerfile'), 'utf8');
        expect([old, 'FROM debian:12\nWORKDIR /app\n']).toContain(text);
      }
    }
  });

  test('a file that may not be written is left, said, and stops no other', () => {
    makeWork();
    mkdirSync(join(work, 'locked'));
    writeFileSync(join(work, 'locked/Dockerfile'), 'FROM debian:12\nWORKDIR app\n');
    chmodSync(join(work, 'locked/Dockerfile'), 0o444);
    for (const path of [folder.path, work]) chmodSync(path, 0o777);
    chmodSync(join(work, 'Dockerfile'), 0o666);
    // Root may write everything, so root becomes somebody else.
    const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { status, stderr } = spawnSync(process.execPath, [command, '--offline', '--write'], {
      cwd: work,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: work },
      ...identity,
    });
    expect(stderr).toContain('locked/Dockerfile: error: this file cannot be written (EACCES)');
    expect(status).toBe(2);
    expect(readFileSync(join(work, 'locked/Dockerfile'), 'utf8')).toBe('FROM debian:12\nWORKDIR app\n');
    expect(readFileSync(join(work, 'Dockerfile'), 'utf8')).toContain('/app');
  });
});
