import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transforms as all } from '../../transforms/index.ts';
import { dockmend } from '../support/cli.ts';
import { DockerEngine, isolateStorage, layOutRoot } from '../support/engines.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';
import { type Awaited, Person } from '../support/person.ts';
import { replacer, userSetter } from '../support/planted.ts';

const engines = [
  { builder: 'docker', parts: ['dockerd', 'busybox', 'nsenter'], network: 'none' },
  { builder: 'podman', parts: ['podman', 'runc', 'busybox', 'nsenter'], network: 'host' },
] as const;

const source = `FROM scratch
COPY rootfs/ /
ENV GREETING=hello
WORKDIR srv
CMD mkdir -p /var/www && echo "$GREETING" >/var/www/index.html && exec httpd -f -p 8080 -h /var/www
`;
const greet = replacer('use-greeting', 'mkdir -p /var', 'mkdir -p -m 755 /var', {
  title: 'Greet',
  safety: 'unsafe',
  changes: { edits: [4], config: ['Cmd'] },
});
const secret = 'hunter22-t0ken';

/** In milliseconds; a session that waits longer waits for ever. */
const patience = 50_000;

/** A copy in the place of `process.env` would not be seen by what reads the environment itself. */
function restore(saved: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
  Object.assign(process.env, saved);
}

/** Presses a key once something was printed. */
const once = (when: RegExp, press: string): Awaited => ({ when, press });

describe.each(engines)('runs of $builder', ({ builder, parts, network }) => {
  describeInFullSuite('prove as one goes', parts, () => {
    const folder = temporaryFolder();
    const work = join(folder.path, 'work');
    const temporary = join(folder.path, 'tmp');
    const saved = { ...process.env };
    let engine: DockerEngine | undefined;

    beforeAll(async () => {
      for (const each of [work, temporary]) mkdirSync(each);
      layOutRoot(join(work, 'rootfs'));
      process.env.TMPDIR = temporary;
      if (builder === 'podman') isolateStorage(join(folder.path, 'storage'));
      else {
        engine = new DockerEngine(join(folder.path, 'engine'));
        await engine.start();
      }
    });
    afterAll(async () => {
      await engine?.stop();
      restore(saved);
      folder.remove();
    });

    const written = (): string => readFileSync(join(work, 'Dockerfile'), 'utf8');
    const chosen = all.filter(({ id }) => id === 'use-absolute-workdir');
    const session = async (
      keys: readonly (string | Awaited)[],
      transforms: Parameters<typeof dockmend>[1]['transforms'],
      text = source,
    ) => {
      writeFileSync(join(work, 'Dockerfile'), text);
      const person = new Person(keys);
      const flags = ['--builder', builder, '--build-network', network, '--probe', 'http://:8080/'];
      const report = ['--run-env', `TOKEN=${secret}`, '--report', 'report.json'];
      const given = { cwd: work, person, transforms: transforms! };
      const waiting = new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error(`nobody presses a key:\n${person.screen}`)), patience).unref();
      });
      const run = dockmend(['-i', '--verify=run', ...flags, ...report], given);
      const { code, stderr } = await Promise.race([run, waiting]);
      expect(code, stderr).toBe(0);
      const [file] = JSON.parse(readFileSync(join(work, 'report.json'), 'utf8')).files;
      expect(person.screen + stderr + JSON.stringify(file)).not.toContain(secret);
      expect(readdirSync(temporary)).toEqual([]);
      const containers = spawnSync(builder === 'docker' ? '/usr/bin/docker' : builder, ['ps', '-aq']);
      expect(String(containers.stdout)).toBe('');
      return { code, stderr, screen: person.screen, unused: person.unused, file };
    };

    test('a fix that builds and fails when it is run comes back with what was seen, and the rest is kept', async () => {
      const keys = [
        once(/builds as it is/, 'y'),
        once(/Run as 5/, 'y'),
        once(/not applied: Run as 5[\s\S]*Apply this fix without proof/, 'n'),
        once(/Greet/, 'y'),
      ];
      const transforms = [...chosen, userSetter('use-web', '5'), greet];
      const { code, stderr, screen, unused, file } = await session(keys, transforms);
      expect(screen).toMatch(
        /✘ build: with it, the container behaves differently\n +the container ends with 1, and the original keeps\n? +running\n[\s\S]*denied/,
      );
      expect(screen).toContain('✔ proven: Greet: builds, configuration: Cmd');
      expect([code, unused]).toEqual([0, []]);
      expect(stderr).toBe('2 fixes written in 1 file; 1 not applied, as it does not hold\n');
      expect(written()).toBe(source.replace('srv', '/srv').replace('mkdir -p', 'mkdir -p -m 755'));
      expect(file.fixes).toMatchObject([
        { transform: 'use-absolute-workdir', evidence: ['text', 'build'] },
        { transform: 'use-greeting', evidence: ['text', 'build'] },
      ]);
      expect(file.rejected).toMatchObject([
        { transform: 'use-web', why: 'with it, the container behaves differently', lines: expect.anything() },
      ]);
      expect(file.proof.runs).toEqual([
        'started without capabilities and new privileges, with `TOKEN` set: it keeps running, http://:8080/ answers 200 with the same content',
      ]);
    });

    test('b runs with a fix before it is decided on', async () => {
      const keys = [
        once(/Run as 5/, 'b'),
        once(/✘ build: with it, the container behaves differently/, 'n'),
        once(/Greet/, 'b'),
        once(/✔ build: builds[\s\S]*answers 200/, 'y'),
      ];
      const { screen, unused, code } = await session(keys, [userSetter('use-web', '5'), greet]);
      expect([code, unused]).toEqual([0, []]);
      expect(screen).not.toContain('proven: ');
      expect(written()).toBe(source.replace('mkdir -p', 'mkdir -p -m 755'));
    });

    test('where the unchanged image does not work, what needs a run is said to be unproven, and why', async () => {
      const failing = source.replace('CMD ', 'CMD echo "no database for $TOKEN" >&2; exit 3; ');
      const keys = [once(/builds as it is/, 'y'), once(/Run as 5/, 'y'), once(/Run as 5[\s\S]*without proof/, 'k')];
      const { screen, unused, file, stderr } = await session(keys, [...chosen, userSetter('use-web', '5')], failing);
      expect(screen).toMatch(/✘ build: only a run can show that it is right: the unchanged image\s+ends with 3 here/);
      expect(screen).toContain('no database for ***');
      expect(unused).toEqual([]);
      expect(stderr).toContain('2 fixes written in 1 file; 1 of them without proof');
      expect(file.fixes[1].unproven).toBe('only a run can show that it is right: the unchanged image ends with 3 here');
    });
  });
});
