import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compiled } from '../support/compiled.ts';
import { DockerEngine, disks, isolateStorage, layOutRoot, withDisk } from '../support/engines.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';
import { proofFolders, startCommand } from '../support/proof-command.ts';

const parts = ['dockerd', 'busybox', 'buildah', disks] as const;

const buildah = spawnSync('sh', ['-c', 'command -v buildah'], { encoding: 'utf8' }).stdout.trim();

/** A step that writes so many megabytes; `head` does not say why it cannot. */
const writes = (size: number, tool: 'dd' | 'head' = 'dd'): string =>
  tool === 'head'
    ? `yes | head -c ${size}000000 >/large`
    : `yes | dd of=/large bs=1000 count=${size}000 iflag=fullblock`;

describeInFullSuite('disks that are really full', parts, () => {
  const folder = temporaryFolder();
  const work = join(folder.path, 'work');
  const saved = { ...process.env };
  const text = (...lines: string[]): string => ['FROM scratch', ...lines, ''].join('\n');

  beforeAll(() => {
    // Other suites make proofs at the same time.
    process.env.TMPDIR = folder.path;
    layOutRoot(join(work, 'rootfs'));
    symlinkSync('busybox', join(work, 'rootfs/bin/dd'));
  });
  afterAll(() => {
    process.env = saved;
    folder.remove();
  });

  describe('the disk of an engine, which only the engine sees', () => {
    const engine = new DockerEngine(join(folder.path, 'engine'), '96m');
    const full = `the disk of the Docker engine (${engine.root}) is full`;
    beforeAll(() => engine.start());
    afterAll(() => engine.stop());

    const prove = async (dockerfile: string, ...more: string[]) => {
      const flags = ['--verify', '--builder', 'docker', '--build-network', 'none', '--format', 'json', ...more];
      const { ended, text: now } = startCommand(work, dockerfile, flags);
      const { code, stdout, stderr } = await ended;
      expect(proofFolders()).toEqual([]);
      expect(engine.docker('images', '-q').stdout).toBe('');
      expect(engine.docker('ps', '-aq').stdout).toBe('');
      expect(readdirSync(work).sort()).toEqual(['Dockerfile', 'rootfs']);
      engine.docker('builder', 'prune', '-af');
      const [error = ''] = stderr.split('\n');
      return { code, error, stdout, isSame: now() === dockerfile };
    };
    const failing = { code: 3, isSame: true };

    test('fills while the original is built', async () => {
      expect(await prove(text('ADD rootfs/ /', `RUN ${writes(120)}`))).toMatchObject({
        ...failing,
        error: `Dockerfile: error: nothing is proven: ${full}`,
      });
      expect(await prove(text('ADD rootfs/ /', `RUN ${writes(120, 'head')}`))).toMatchObject({
        ...failing,
        error: `Dockerfile: error: nothing is proven: the Dockerfile does not build as it is, or ${full}`,
      });
    });

    test('fills while the image of the original is read', async () => {
      expect(await prove(text('ADD rootfs/ /', `RUN ${writes(60)}`))).toMatchObject({
        ...failing,
        error: `Dockerfile: error: nothing is proven: ${full}`,
      });
    });

    /** A stage of which the image takes nothing, so that there is space to read the image. */
    const staged = (step: string): string =>
      text('ADD rootfs/ /', `RUN ${step} && echo >/out`, 'FROM scratch', 'COPY --from=0 /out /out', 'WORKDIR app');

    test.each([
      ['and the step says so', writes(55), full],
      [
        'and the step hides it',
        `${writes(55)} 2>/dev/null`,
        `nothing is proven: the original builds no more; perhaps ${full}`,
      ],
      ['and the step is vague', writes(55, 'head'), `nothing is proven: the original builds no more; perhaps ${full}`],
    ])('fills while a result is built, %s: no fix is refused for it', async (_, step, message) => {
      expect(await prove(staged(step))).toMatchObject({ ...failing, error: `Dockerfile: error: ${message}` });
    });

    test('fills while the image of a result is read', async () => {
      expect(await prove(text('ADD rootfs/ /', 'WORKDIR app', `RUN ${writes(35)}`))).toMatchObject({
        ...failing,
        error: `Dockerfile: error: ${full}`,
      });
    });

    test('fills while a container of a result runs: no fix is refused for it', async () => {
      const stage = staged(writes(25)).replace(
        'FROM scratch\nCOPY --from',
        'FROM scratch\nCOPY rootfs/ /\nCOPY --from',
      );
      // Of 100 MB: the original takes 4 + 25 + 57, and its result 29 more, as no step of it is in the cache.
      const dockerfile = `${stage}CMD ["sh", "-c", "${writes(57)} && echo well"]\n`;
      // What the container prints is kept on the same disk, so that it cannot say why it failed.
      const now = 'it worked before, and now the unchanged image ends with 1 here';
      expect(await prove(dockerfile, '--verify=run')).toMatchObject({
        ...failing,
        error: `Dockerfile: error: nothing is proven: ${now}; perhaps ${full}`,
      });
    });

    test('a fix that breaks the build is refused, after the original was built once more', async () => {
      const install = 'RUN apt-get update && apt-get install -y tool';
      const lines = ['ADD rootfs/ /', 'WORKDIR app', install, 'RUN test -e /var/lib/apt/lists/index'];
      const { code, stdout } = await prove(text(...lines));
      expect(code).toBe(0);
      const [file] = JSON.parse(stdout).files;
      expect(file.rejected).toMatchObject([{ transform: 'remove-package-lists', why: 'with it, the build fails' }]);
      const kept = file.fixes.map(({ transform }: { transform: string }) => transform);
      expect(kept).toEqual(['replace-add-with-copy', 'add-no-install-recommends', 'use-absolute-workdir']);
    });
  });

  interface Filling {
    readonly size: string;
    readonly dockerfile: string;
    readonly filling?: string;
  }
  test.each<[string, Filling]>([
    ['while the original is built', { size: '64m', dockerfile: text('ADD rootfs/ /', `RUN ${writes(100)}`) }],
    ['while an image is saved', { size: '64m', dockerfile: text('ADD rootfs/ /'), filling: 'push' }],
    ['before anything is done', { size: '32k', dockerfile: text('ADD rootfs/ /'), filling: 'info' }],
  ])('TMPDIR fills %s', (_, { size, dockerfile, filling = 'never' }) => {
    const disk = join(folder.path, 'disk');
    const bin = join(folder.path, 'bin');
    for (const each of [disk, bin]) mkdirSync(each, { recursive: true });
    isolateStorage(join(folder.path, 'storage'));
    writeFileSync(join(work, 'Dockerfile'), dockerfile);
    // Another program fills it, just before buildah is told to do something.
    const fill = `case " $* " in *' ${filling} '*) cat /dev/zero >"$TMPDIR/x" 2>/dev/null ;; esac`;
    writeFileSync(join(bin, 'buildah'), `#!/bin/sh\n${fill}\nexec ${buildah} "$@"\n`, { mode: 0o755 });
    const command = [compiled('test/support/command.ts'), '--offline'];
    const flags = ['--write', '--verify', '--builder', 'buildah', '--build-network', 'host'];
    const script = '"$@"; code=$?; rm -f "$TMPDIR/x"; ls -A "$TMPDIR"; exit $code';
    const inside = ['sh', '-c', script, 'sh', process.execPath, ...command, ...flags];
    const [program, ...words] = withDisk(disk, size, inside);
    const own = { TMPDIR: disk, PATH: `${bin}:${process.env.PATH}`, TSX_DISABLE_CACHE: '1', NO_COLOR: '1' };
    const said = spawnSync(program!, words, { cwd: work, encoding: 'utf8', env: { ...process.env, ...own } });
    expect(said.stderr).toContain(`nothing is proven: the disk of ${disk} (TMPDIR chooses another) is full\n`);
    expect(said.stdout).toBe('');
    expect(said.status).toBe(3);
    expect(readFileSync(join(work, 'Dockerfile'), 'utf8')).toBe(dockerfile);
  });
});
