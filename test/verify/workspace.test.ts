import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DiskGuard, temporaryDisk } from '../../src/verify/disk.ts';
import { Workspace } from '../../src/verify/workspace.ts';
import { compiled } from '../support/compiled.ts';
import { temporaryFolder } from '../support/parts.ts';

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1500 && !condition(); tries++) await sleep(20);
  expect(condition()).toBe(true);
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a workspace', () => {
  test('runs programs, and removes its folder', async () => {
    const workspace = new Workspace();
    const found = await workspace.run('sh', ['-c', 'cat; echo out; echo err >&2; exit 3'], { stdin: 'in ' });
    expect(found).toEqual({ code: 3, stdout: 'in out\n', stderr: 'err\n' });
    expect(existsSync(workspace.folder)).toBe(true);
    await workspace.close();
    expect(existsSync(workspace.folder)).toBe(false);
  });

  test('ends what takes too long, with all that it started', async () => {
    const workspace = new Workspace();
    const file = join(workspace.folder, 'pid');
    const script = 'sleep 600 & echo $! >"$0"; trap "" TERM; wait; sleep 600';
    const running = workspace.run('sh', ['-c', script, file], { timeout: 2000 });
    await expect(running).rejects.toMatchObject({ name: 'BuildError', kind: 'timeout' });
    expect(isAlive(Number(readFileSync(file, 'utf8')))).toBe(false);
    await workspace.close();
  });

  test('a program that is not there is a fault of the builder', async () => {
    const workspace = new Workspace();
    await expect(workspace.run('/nowhere/docker', [])).rejects.toMatchObject({ kind: 'builder' });
    await workspace.close();
  });

  test('removes what was announced, the last first, when it closes', async () => {
    const { path, remove } = temporaryFolder();
    const workspace = new Workspace();
    const log = join(path, 'log');
    for (const name of ['image', 'container']) {
      workspace.willLeave(name, { program: 'sh', args: ['-c', 'echo "$0" >>"$1"', name, log] });
    }
    await workspace.close();
    expect(readFileSync(log, 'utf8')).toBe('container\nimage\n');
    remove();
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves nothing after %s', async (signal) => {
    const { path, remove } = temporaryFolder();
    const script = `
      import { writeFileSync } from 'node:fs';
      import { Workspace } from ${JSON.stringify(compiled('src/verify/workspace.ts'))};
      const workspace = new Workspace();
      const args = ['-c', 'echo "$0" >>"$1"', "it's left", ${JSON.stringify(join(path, 'log'))}];
      workspace.willLeave('image', { program: 'sh', args, environment: { X: 'a b' } });
      workspace.run('sh', ['-c', 'echo $$ >"$0"; sleep 600', ${JSON.stringify(join(path, 'pid'))}]).catch(() => {});
      writeFileSync(${JSON.stringify(join(path, 'folder'))}, workspace.folder);
      setInterval(() => {}, 1000);
    `;
    writeFileSync(join(path, 'script.mjs'), script);
    const child = spawn(process.execPath, [join(path, 'script.mjs')], { stdio: 'inherit' });
    const ended = new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
    const text = (name: string): string =>
      existsSync(join(path, name)) ? readFileSync(join(path, name), 'utf8').trim() : '';
    await until(() => text('pid') !== '' && text('folder') !== '');
    child.kill(signal);
    expect(await ended).toBe(signal);
    await until(() => text('log') === "it's left" && !existsSync(text('folder')));
    await until(() => !isAlive(Number(text('pid'))));
    remove();
  });
});

test('a build that takes more disk than it may is ended', async () => {
  const { path, remove } = temporaryFolder();
  const guard = new DiskGuard([temporaryDisk(path), temporaryDisk('/nowhere/on/this/machine')], 8 * 1024 * 1024);
  await guard.start();
  const workspace = new Workspace();
  const script = 'while :; do head -c 1000000 /dev/urandom >>"$0"; done';
  const running = workspace.run('sh', ['-c', script, join(path, 'file')], { signal: guard.signal, timeout: 30_000 });
  await expect(running).rejects.toMatchObject({
    kind: 'too-large',
    message: 'the build takes more than 8.0 MiB of disk space',
  });
  guard.stop();
  await workspace.close();
  remove();
});
