import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Prover } from '../../src/verify/index.ts';
import { dockmend } from '../support/cli.ts';
import { isolateStorage, layOutRoot } from '../support/engines.ts';
import { describeWithParts, temporaryFolder } from '../support/parts.ts';
import { proofFolders } from '../support/proof-command.ts';

describeWithParts('--verify with a builder that needs no engine', ['buildah', 'busybox'], () => {
  const folder = temporaryFolder();
  const work = join(folder.path, 'work');
  const flags = ['--verify', '--builder', 'buildah', '--build-network', 'host', '--preset', 'all'];
  const saved = { ...process.env };

  beforeAll(() => {
    mkdirSync(work);
    // Other suites make proofs at the same time.
    process.env.TMPDIR = folder.path;
    layOutRoot(join(work, 'rootfs'));
    isolateStorage(join(folder.path, 'storage'));
  });
  afterAll(() => {
    process.env = saved;
    folder.remove();
  });

  test('keeps what a build proves, and says what it saw', async () => {
    const before = proofFolders();
    const text = 'FROM scratch\nCOPY rootfs/ /\nWORKDIR app\nENV A b c\nRUN echo "$A" > out\nCMD cat out\n';
    writeFileSync(join(work, 'Dockerfile'), text);
    const { code, stdout, stderr } = await dockmend([...flags, '--write', '--format', 'terminal'], { cwd: work });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/✔ 3:1 +Write `WORKDIR` as `\/app`[\s\S]*safe by text, build/);
    expect(stdout).toMatch(
      /✘ 6:1 .*exec form[^\n]*\n +not applied: only a run can show that it is right: `--verify=run` makes one/,
    );
    expect(stdout).toMatch(/proven by build: 2 builds in [\d.]+ s, the first took [\d.]+ s \(buildah/);
    expect(code).toBe(0);
    expect(readFileSync(join(work, 'Dockerfile'), 'utf8')).toBe(
      text.replace('app', '/app').replace('A b c', 'A="b c"'),
    );
    expect(proofFolders()).toEqual(before);
  });

  test('a Dockerfile that does not build proves nothing, and the run goes on', async () => {
    writeFileSync(join(work, 'Dockerfile'), 'FROM scratch\nCOPY rootfs/ /\nWORKDIR app\nRUN false\n');
    const { code, stdout, stderr } = await dockmend([...flags, '--format', 'json'], { cwd: work });
    expect(stderr).toContain('nothing is proven: the Dockerfile does not build as it is');
    expect(JSON.parse(stdout).files[0].problem).toMatchObject({ kind: 'build', lines: expect.arrayContaining([]) });
    expect(code).toBe(3);
  });

  test('runs need a builder that can', async () => {
    const { code, stderr } = await dockmend([...flags.slice(1), '--verify=run'], { cwd: work });
    expect(stderr).toMatch(/buildah version \S+ .* builds, and runs nothing; `--builder` chooses another/);
    expect(code).toBe(3);
  });
});

test.each([
  [['--builder', 'docker'], '--builder is about builds: --verify or --observe makes them'],
  [['--verify=maybe'], '--verify takes build, run, not "maybe"'],
  [['--verify', '--build-timeout', 'soon'], '--build-timeout takes a number above 0, not "soon"'],
  [
    ['--verify=run', '--probe', 'health'],
    '--probe takes an address of the container, as http://:8080/health, not "health"',
  ],
  [
    ['--verify=run', '--probe', 'http://example.org/'],
    '--probe takes an address of the container, as http://:8080/health',
  ],
  [['--verify', '--builder', 'kaniko'], '--builder takes buildx, docker, podman, buildah, not "kaniko"'],
])('%s is refused', async (args, message) => {
  const { code, stderr } = await dockmend(args, { cwd: '.' });
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test('a probe that is no address of the container is told before anything is built', async () => {
  const open = Prover.open({ run: { probe: 'http://:99999/' } });
  await expect(open).rejects.toThrow(
    '--probe takes an address of the container, as http://:8080/health: http://:99999/',
  );
});
