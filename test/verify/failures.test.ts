import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DockerEngine, layOutRoot } from '../support/engines.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';
import { proofFolders, startCommand } from '../support/proof-command.ts';

const parts = ['dockerd', 'busybox'] as const;

const head = 'FROM scratch\nCOPY rootfs/ /\nWORKDIR app\n';
const flags = ['--verify', '--builder', 'docker', '--build-network', 'none'];

describeInFullSuite('what can go wrong with a builder', parts, () => {
  const folder = temporaryFolder();
  const work = join(folder.path, 'work');
  const engine = new DockerEngine(join(folder.path, 'engine'));
  const run = (text: string, ...more: string[]) => startCommand(work, text, [...flags, ...more]);
  const temporary = process.env.TMPDIR;

  beforeAll(async () => {
    mkdirSync(work, { recursive: true });
    // Other suites make proofs at the same time.
    process.env.TMPDIR = folder.path;
    layOutRoot(join(work, 'rootfs'));
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
    folder.remove();
  });

  const nothingIsLeft = async () => {
    const own = () => proofFolders();
    for (let tries = 0; tries < 300 && own().length > 0; tries++) await sleep(100);
    expect(own()).toEqual([]);
    expect(engine.docker('images', '-q').stdout).toBe('');
    expect(engine.docker('ps', '-aq').stdout).toBe('');
    expect(readdirSync(work).sort()).toEqual(['Dockerfile', 'rootfs']);
  };
  const begun = async () => {
    for (let tries = 0; tries < 500 && engine.steps() === 0; tries++) await sleep(50);
    // Steps before the one that lasts are over by then.
    await sleep(2500);
  };

  test('all is well: the fixes are written', async () => {
    const { ended, text } = run(`${head}RUN echo fine > /fine\n`);
    expect(await ended).toMatchObject({ code: 0 });
    expect(text()).toContain('WORKDIR /app');
    await nothingIsLeft();
  });

  test('the Dockerfile does not build', async () => {
    const text = `${head}RUN echo so it goes && false\n`;
    const { ended, text: now } = run(text);
    const { code, stderr } = await ended;
    expect(stderr).toContain('Dockerfile: error: nothing is proven: the Dockerfile does not build as it is\n');
    expect(stderr).toContain('  so it goes\n');
    expect(code).toBe(3);
    expect(now()).toBe(text);
    await nothingIsLeft();
  });

  test('the build hangs', async () => {
    const text = `${head}RUN sleep 600\n`;
    const { ended, text: now } = run(text, '--build-timeout', '3');
    const { code, stderr } = await ended;
    expect(stderr).toContain('nothing is proven: the build did not end in 3 s');
    expect(code).toBe(3);
    expect(now()).toBe(text);
    await nothingIsLeft();
  });

  test('the build takes too much of the disk', async () => {
    const text = `${head}RUN yes | head -c 400000000 > /large; sleep 5\n`;
    const { ended, text: now } = run(text, '--build-disk', '0.1');
    const { code, stderr } = await ended;
    expect(stderr).toContain('nothing is proven: the build takes more than 102 MiB of disk space');
    expect(code).toBe(3);
    expect(now()).toBe(text);
    await nothingIsLeft();
  });

  test('the network goes', async () => {
    const text = `${head}RUN wget -q http://packages.example/x\n`;
    const { ended, text: now } = run(text);
    const { code, stderr } = await ended;
    expect(stderr).toContain('nothing is proven: the build needs something that could not be fetched');
    expect(code).toBe(3);
    expect(now()).toBe(text);
    await nothingIsLeft();
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('the user ends it with %s', async (signal) => {
    const text = `${head}RUN sleep 600\n`;
    const { child, ended, text: now } = run(text);
    await begun();
    expect(engine.steps()).toBe(1);
    child.kill(signal);
    expect((await ended).signal).toBe(signal);
    expect(now()).toBe(text);
    await nothingIsLeft();
    // The step itself goes when its client is gone.
    for (let tries = 0; tries < 300 && engine.steps() > 0; tries++) await sleep(100);
    expect(engine.steps()).toBe(0);
  });

  test('a feature that the builder does not know', async () => {
    const { ended } = run(`${head}RUN <<END\necho x\nEND\n`);
    const { code, stderr } = await ended;
    expect(stderr).toMatch(/docker, engine [\d.]+\S* \(\/\S+\) does not know heredocs; `--builder` chooses another/);
    expect(code).toBe(3);
    await nothingIsLeft();
  });

  test('there is no builder', async () => {
    const { ended } = startCommand(work, head, ['--verify'], { PATH: folder.path });
    const { code, stderr } = await ended;
    expect(stderr).toContain('error: no builder works here: there is no docker on PATH');
    expect(code).toBe(3);
  });

  test('the builder dies', async () => {
    const text = `${head}RUN sleep 600\n`;
    const { ended, text: now } = run(text);
    await begun();
    await engine.stop('SIGKILL');
    const { code, stderr } = await ended;
    expect(stderr).toContain('nothing is proven: the builder does not answer');
    expect(code).toBe(3);
    expect(now()).toBe(text);
    expect(proofFolders()).toEqual([]);
    expect(existsSync(join(work, 'Dockerfile'))).toBe(true);
  });
});
