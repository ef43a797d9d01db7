import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiled } from '../support/compiled.ts';
import { disks, withDisk } from '../support/engines.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';

const old = 'FROM debian:12\nWORKDIR app\nCOPY . .\n';
const fixed = old.replace('app', '/app');

/** Fills the disk but for some bytes, runs the command on it, and says how it ended and what lies there then. */
const script = `
cd "$0" && cp -r "$1/." . && shift
head -c 10m /dev/zero >filler 2>/dev/null
truncate -s "-$1" filler && shift
"$@"
code=$?
ls -A
cat Dockerfile
exit $code
`;

describeInFullSuite('the disk of the Dockerfile is full', [disks], () => {
  const folder = temporaryFolder();
  const work = join(folder.path, 'work');
  const disk = join(folder.path, 'disk');
  const command = [compiled('test/support/command.ts'), '--offline', '--write'];

  beforeAll(() => {
    mkdirSync(join(work, '.git'), { recursive: true });
    mkdirSync(disk);
    for (const [path, text] of Object.entries({ Dockerfile: old, '.git/HEAD': 'ref: refs/heads/main\n' })) {
      writeFileSync(join(work, path), text);
    }
  });
  afterAll(() => folder.remove());

  const run = (free: string, ...args: string[]) => {
    const inside = ['sh', '-c', script, disk, work, free, process.execPath, ...command, '-q', ...args];
    const [program, ...words] = withDisk(disk, '256k', inside);
    return spawnSync(program!, words, { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  };

  test('there is space: the Dockerfile and the ignore file are written', () => {
    const { status, stdout, stderr } = run('64k');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`.dockerignore\n.git\nDockerfile\nfiller\n${fixed}`);
  });

  test.each([
    ['nothing fits', '0', 'this file'],
    // A page each: the Dockerfile would fit.
    ['the first of two files fits', '4k', '.dockerignore'],
  ])('%s: the old file is there, whole, and nothing else', (_, free, name) => {
    const { status, stdout, stderr } = run(free);
    expect(stderr).toBe(`Dockerfile: error: ${name} cannot be written, as its disk is full (ENOSPC)\n`);
    expect(stdout).toBe(`.git\nDockerfile\nfiller\n${old}`);
    expect(status).toBe(2);
  });

  test('a report that does not fit is said, and no fault of the program', () => {
    const { status, stdout, stderr } = run('12k', '--report', 'report.html');
    expect(stderr).toBe('error: --report: report.html cannot be written, as its disk is full (ENOSPC)\n');
    expect(stdout).toContain(`.dockerignore\n.git\nDockerfile\nfiller\n${fixed}`);
    expect(status).toBe(2);
  });
});
