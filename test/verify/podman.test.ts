import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Prover } from '../../src/verify/index.ts';
import { dockmend } from '../support/cli.ts';
import { isolateStorage, layOutRoot } from '../support/engines.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';
import { proofFolders } from '../support/proof-command.ts';

const parts = ['podman', 'runc', 'busybox', 'nsenter'] as const;

const server = `#!/bin/sh
pages=/var/$(echo www)
mkdir -p $pages
echo page >$pages/index.html
exec httpd -f -p 8080 -h $pages
`;
const source = `FROM scratch
COPY rootfs/ /
WORKDIR app
COPY server.sh .
EXPOSE 8080
CMD /app/server.sh
`;

/** The command lines of processes that hold the text. */
function commandsWith(text: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.includes(text) ? [line] : [];
    } catch {
      return [];
    }
  });
}

describeInFullSuite('containers of podman', parts, () => {
  const folder = temporaryFolder();
  const context = join(folder.path, 'context');
  const saved = { ...process.env };
  const flags = ['--builder', 'podman', '--build-network', 'host', '--probe', 'http://:8080/'];

  beforeAll(() => {
    // Other suites make proofs at the same time.
    process.env.TMPDIR = folder.path;
    isolateStorage(join(folder.path, 'storage'));
    mkdirSync(context);
    layOutRoot(join(context, 'rootfs'));
    writeFileSync(join(context, 'server.sh'), server);
    chmodSync(join(context, 'server.sh'), 0o755);
    writeFileSync(join(context, 'Dockerfile'), source);
  });
  afterAll(() => {
    process.env = saved;
    folder.remove();
  });

  const nothingIsLeft = () => {
    expect(proofFolders()).toEqual([]);
    // Where the temporary folder's path is too long for podman.
    expect(readdirSync('/tmp').filter((each) => each.startsWith(`dockmend-run-${process.pid}-`))).toEqual([]);
    // Other suites have mounts of their own at the same time.
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(`${folder.path}/dockmend-proof-`);
    expect(spawnSync('podman', ['ps', '-aq'], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
    expect(commandsWith(`${folder.path}/dockmend-proof-`)).toEqual([]);
    expect(readdirSync(context).sort()).toEqual(['Dockerfile', 'rootfs', 'server.sh']);
  };

  test('prove by a run', async () => {
    const { code, stdout, stderr } = await dockmend(['--verify=run', ...flags, '--format', 'json'], { cwd: context });
    expect([code, stderr]).toEqual([0, '']);
    const [file] = JSON.parse(stdout).files;
    const kept = file.fixes.map((each: { transform: string }) => each.transform);
    expect(kept).toEqual(['use-absolute-workdir', 'use-exec-form']);
    expect(file.proof).toMatchObject({
      builder: expect.stringMatching(/^podman version \d/),
      runs: [
        'started without capabilities and new privileges: it keeps running, http://:8080/ answers 200 with the same content',
      ],
    });
    nothingIsLeft();
  });

  test('are watched, and tell the settings that fit', async () => {
    const prover = await Prover.open({
      builder: 'podman',
      settings: { network: 'host' },
      run: { probe: 'http://:8080/' },
    });
    const original = { path: join(context, 'Dockerfile'), source, context };
    expect(await prover.observe(original)).toEqual({ paths: ['/var/www/'] });
    await prover.close();
    const { code, stdout, stderr } = await dockmend(['profile', ...flags], { cwd: context });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('# proven by a run with these settings: http://:8080/ answers 200\n');
    expect(stdout).toContain('--read-only');
    expect(stdout).toContain('--tmpfs /var/www:mode=1777');
    nothingIsLeft();
  });

  test('that cannot be started prove nothing, and the reason is said', async () => {
    const working = process.env.CONTAINERS_CONF;
    const broken = join(folder.path, 'broken.conf');
    // What root without the capability to raise limits meets, as in most containers.
    writeFileSync(broken, '[containers]\ndefault_ulimits = ["nofile=99999999:99999999"]\n[engine]\nruntime = "runc"\n');
    process.env.CONTAINERS_CONF = broken;
    const run = await dockmend(['--verify=run', '--observe', ...flags, '--format', 'json'], { cwd: context });
    const profile = await dockmend(['profile', ...flags], { cwd: context });
    process.env.CONTAINERS_CONF = working;
    const reason = /the unchanged image does not start here \(Error: .*rlimit.*(?:not permitted|denied)/;
    const [file] = JSON.parse(run.stdout).files;
    expect(file.proof.notRun).toMatch(reason);
    expect(file.proof.runs).toEqual([]);
    expect(run.stderr).toMatch(new RegExp(`note: Dockerfile: --observe shows nothing: ${reason.source}`));
    expect(profile.stderr).toMatch(new RegExp(`^error: nothing is proven: ${reason.source}`));
    expect([run.code, profile.code]).toEqual([0, 3]);
    nothingIsLeft();
  });

  test('leave nothing, even where podman cleans up late', async () => {
    const working = process.env.CONTAINERS_CONF!;
    const late = join(folder.path, 'late');
    mkdirSync(late);
    const program = (name: string, text: string): string => {
      const path = join(late, name);
      writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return path;
    };
    // What conmon starts once the container has ended; it makes the folders of its storage where they are missing.
    const begun = join(late, 'begun');
    const cleanUp = program('podman', `: >'${begun}'\nsleep 5\nexec podman "$@"`);
    const conmon = program(
      'conmon',
      [
        'for each; do',
        `  case $last in --exit-command) each='${cleanUp}' ;; esac`,
        '  last=$each',
        '  shift',
        '  set -- "$@" "$each"',
        'done',
        'exec conmon "$@"',
      ].join('\n'),
    );
    writeFileSync(
      join(late, 'containers.conf'),
      readFileSync(working, 'utf8').replace('[engine]', `[engine]\nconmon_path = [${JSON.stringify(conmon)}]`),
    );
    process.env.CONTAINERS_CONF = join(late, 'containers.conf');
    // Processes that begin and end all the time, as on any machine that works.
    const others = spawn('/bin/sh', ['-c', 'while :; do /bin/true; done']);
    onTestFinished(() => {
      process.env.CONTAINERS_CONF = working;
      others.kill();
    });
    const { code, stderr } = await dockmend(['--verify=run', ...flags], { cwd: context });
    expect([code, stderr]).toEqual([0, '2 fixes in 1 of 1 file, not written: --write does; 2 refused\n']);
    expect(existsSync(begun)).toBe(true);
    nothingIsLeft();
  });
});
