import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { renderProfile } from '../../src/report/index.ts';
import { type Profile, Prover } from '../../src/verify/index.ts';
import { readRunEnvironment, variableFlags } from '../../src/verify/run-environment.ts';
import { transforms as all } from '../../transforms/index.ts';
import { dockmend } from '../support/cli.ts';
import { DockerEngine, isolateStorage, layOutRoot } from '../support/engines.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';
import { userSetter } from '../support/planted.ts';

const saved = { ...process.env };
/** A copy in the place of `process.env` would not be seen by what reads the environment itself. */
function restore(): void {
  for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
  Object.assign(process.env, saved);
}
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.remove());
afterEach(() => {
  for (const name of ['FROM_HERE', 'KEY', 'ONLY_HERE']) delete process.env[name];
});

const fileOf = (text: string): string => {
  const path = join(folder.path, 'variables.env');
  writeFileSync(path, text);
  return path;
};

describe('variables of containers', () => {
  test('a file is read as docker reads it, and what is named itself comes after it', () => {
    process.env.FROM_HERE = 'of the environment';
    const text = '\uFEFFA=1\r\n# B=2\n\n  C="quoted" # no comment\nD=\nE=a=b \nFROM_HERE\nNOT_HERE\n.a-b=x\nC=again\n';
    const { variables } = readRunEnvironment({ env: ['E=new', 'F=a\nb'], envFiles: [fileOf(text)] });
    expect(Object.fromEntries(variables)).toEqual({
      A: '1',
      C: 'again',
      D: '',
      E: 'new',
      FROM_HERE: 'of the environment',
      '.a-b': 'x',
      F: 'a\nb',
    });
    const one = readRunEnvironment({ envFiles: [fileOf('  C="quoted" # no comment\nE=a=b \n')] });
    expect([...one.variables.values()]).toEqual(['"quoted" # no comment', 'a=b ']);
  });

  test.each([
    [{ env: ['NOT_HERE'] }, '--run-env NOT_HERE: the environment has no such variable'],
    [{ env: ['postgres://a:pw@b?c=d'] }, '--run-env takes NAME=value, or NAME'],
    [{ envFiles: ['/nowhere/x.env'] }, '--run-env-file: /nowhere/x.env cannot be read'],
  ])('%j is refused', (given, why) => {
    expect(() => readRunEnvironment(given)).toThrow(why);
  });

  test('a line that is no variable is told by its number, as it may be a secret', () => {
    const read = () => readRunEnvironment({ envFiles: [fileOf('A=1\nhunter 22=x\n')] });
    expect(read).toThrow(/^--run-env-file: line 2 of \S+ is not NAME=value or NAME$/);
  });

  test('no value is among the words of a client, and nobody else can read the file', () => {
    const variables = new Map([
      ['PATH', '/app/bin'],
      ['KEY', 'one\ntwo'],
      ['Q', ' "a" #b'],
    ]);
    const { flags, environment } = variableFlags(variables, folder.path);
    const file = flags.at(-1)!;
    expect(flags).toEqual(['--env', 'KEY', '--env-file', file]);
    expect(environment).toEqual({ KEY: 'one\ntwo' });
    expect(readFileSync(file, 'utf8')).toBe('PATH=/app/bin\nQ= "a" #b\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(variableFlags(new Map(), folder.path)).toEqual({ flags: [], environment: {} });
  });

  test('values are hidden in whatever form they are printed, and in paths where their names say that they are secret', () => {
    const env = ['URL=postgres://app:p%40ss%2Fword@db/x', 'API_TOKEN=s3cr&t"x', 'DATA=/data/app', 'LEVEL=3'];
    const { redact, redactPath } = readRunEnvironment({ env });
    for (const form of ['postgres://app:p%40ss%2Fword@db/x', 'p%40ss%2Fword', 'p@ss/word', 's3cr&t"x', 's3cr&t\\"x']) {
      expect(redact(`a ${form} b`)).toBe('a *** b');
    }
    for (const form of ['s3cr&amp;t&quot;x', 's3cr%26t%22x', Buffer.from('s3cr&t"x').toString('base64')]) {
      expect(redact(`a ${form} b`)).toBe('a *** b');
    }
    expect(redact('level 3 of /data/app')).toBe('level 3 of ***');
    expect(redactPath('/data/app/s3cr&t"x.db')).toBe('/data/app/***.db');
  });
});

describe('the settings that fit tell names', () => {
  const profile: Profile = {
    rights: { hardened: true, readOnly: true, tmpfs: [] },
    mounts: [],
    uid: 5,
    gid: 5,
    ports: ['8080/tcp'],
    volumes: [],
    variables: ['DATABASE_URL'],
    written: [],
    proof: 'it keeps running',
    relaxed: [],
  };
  const render = (format: Parameters<typeof renderProfile>[1], network?: string) =>
    renderProfile({ ...profile, ...(network !== undefined && { network }) }, format, 'app');

  test('as each form has them', async () => {
    const docker = await render('docker');
    expect(docker).toContain('# these variables were set: DATABASE_URL\n');
    expect(docker).toContain('  -e DATABASE_URL \\\n  -p 8080:8080 \\\n');
    expect(await render('compose')).toContain('environment:\n      - DATABASE_URL\n    ports:\n');
    const pod = await render('kubernetes');
    expect(pod).toContain('# these variables were set: DATABASE_URL, here from the Secret app\n');
    expect(pod).toMatch(
      /env:\n +- name: DATABASE_URL\n +valueFrom:\n +secretKeyRef:\n +name: app\n +key: DATABASE_URL\n/,
    );
    expect(JSON.parse(await render('json'))).toMatchObject({ variables: ['DATABASE_URL'] });
  });

  test('and the network', async () => {
    const host = await render('docker', 'host');
    expect(host).toContain('--network host \\\n');
    expect(host).not.toContain('-p ');
    expect(await render('docker', 'back')).toContain('--network back \\\n  -p 8080:8080 \\\n');
    expect(await render('compose', 'host')).toMatch(/network_mode: host\n(?![\s\S]*ports:)/);
    expect(await render('compose', 'back')).toMatch(
      /networks:\n +- back\n +ports:\n +- 8080:8080\nnetworks:\n +back:\n +external: true\n/,
    );
    expect(await render('kubernetes', 'back')).toContain('# it was on the network back\n');
  });
});

/** Ends without its variables; else it tells them to whoever listens. */
const server = `#!/bin/sh
[ "$DATABASE_URL" ] || { echo "KeyError: DATABASE_URL" >&2; exit 1; }
if [ "$NEEDS" ]; then wget -q -O - "$NEEDS" >/tmp/answer || { echo "no database at $NEEDS" >&2; exit 1; }; fi
echo "connecting to $DATABASE_URL, $(grep -c . /etc/key-$API_TOKEN 2>/dev/null)"
echo "key $KEY" >&2
mkdir -p /tmp/www
echo "page of $DATABASE_URL and $API_TOKEN" >/tmp/www/index.html
touch "/tmp/session-$API_TOKEN" || exit 3
echo "error: $DATABASE_URL as $(id -u)" >/tmp/www/$(id -u)
[ "$(id -u)" = 0 ] || echo "error: cannot use $DATABASE_URL as $(id -u)"
exec httpd -f -p $PORT -h /tmp/www
`;
const source = `FROM scratch
COPY rootfs/ /
WORKDIR app
COPY server.sh .
CMD /app/server.sh
`;

const url = 'postgres://app:hunter22-p4ss@127.0.0.1:5432/app';
const secrets = [url, 'hunter22-p4ss', 't0ken-0f-the-app', 'first-line-of-key', 'second-line-of-key'];

const engines = [
  { builder: 'docker', parts: ['dockerd', 'busybox', 'nsenter'], client: '/usr/bin/docker' },
  { builder: 'podman', parts: ['podman', 'runc', 'busybox', 'nsenter'], client: '/usr/bin/podman' },
] as const;

describe.each(engines)('$builder', ({ builder, parts, client }) => {
  describeInFullSuite('applications that need variables', parts, () => {
    let engine: DockerEngine | undefined;
    let context: string;
    let words: string;
    const port = 20_000 + (process.pid % 10_000);
    const probe = `http://:${port}/`;

    beforeAll(async () => {
      const own = join(folder.path, builder);
      context = join(own, 'context');
      words = join(own, 'words');
      mkdirSync(join(own, 'bin'), { recursive: true });
      mkdirSync(join(own, 'tmp'));
      layOutRoot(join(context, 'rootfs'));
      writeFileSync(join(context, 'server.sh'), server);
      chmodSync(join(context, 'server.sh'), 0o755);
      writeFileSync(join(context, 'Dockerfile'), source);
      process.env.TMPDIR = join(own, 'tmp');
      if (builder === 'docker') {
        engine = new DockerEngine(join(own, 'engine'));
        await engine.start();
      } else isolateStorage(join(own, 'storage'));
      // A client that notes what every process of the machine could read of it.
      const path = join(own, 'bin', builder);
      writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$*" >>'${words}'\nexec ${client} "$@"\n`);
      chmodSync(path, 0o755);
      process.env.PATH = `${join(own, 'bin')}:${saved.PATH}`;
    });
    afterAll(async () => {
      await engine?.stop();
      restore();
    });

    const given = () => {
      process.env.KEY = 'first-line-of-key\nsecond-line-of-key';
      const file = join(context, '..', 'app.env');
      writeFileSync(file, `# of the application\nDATABASE_URL=${url}\nPORT=${port}\n`);
      return ['--run-env-file', file, '--run-env', 'API_TOKEN=t0ken-0f-the-app', '--run-env', 'KEY'];
    };
    const flags = ['--builder', builder, '--build-network', builder === 'docker' ? 'none' : 'host'];
    const noSecretIn = (...texts: readonly string[]) => {
      const everything = [...texts, readFileSync(words, 'utf8')].join('\n');
      expect(everything).toContain('run -d --name');
      for (const secret of secrets) expect(everything).not.toContain(secret);
      expect(readdirSync(process.env.TMPDIR!).filter((name) => name.startsWith('dockmend-'))).toEqual([]);
    };

    test('are proven with them, and with none nothing is', async () => {
      const transforms = all.filter(({ id }) => id === 'use-exec-form' || id === 'use-absolute-workdir');
      const run = (more: readonly string[]) =>
        dockmend(['--verify=run', ...flags, '--probe', probe, '--format', 'json', ...more], {
          cwd: context,
          transforms,
        });
      const without = await run([]);
      expect(JSON.parse(without.stdout).files[0].proof.notRun).toBe('the unchanged image ends with 1 here');
      const { code, stdout, stderr } = await run([...given(), '--report', 'report.html']);
      expect([code, stderr]).toEqual([0, '']);
      const [file] = JSON.parse(stdout).files;
      expect(file.fixes.map((each: { transform: string }) => each.transform)).toEqual([
        'use-absolute-workdir',
        'use-exec-form',
      ]);
      expect(file.proof.runs[0]).toBe(
        `started without capabilities and new privileges, with \`DATABASE_URL\`, \`PORT\`, \`API_TOKEN\`, \`KEY\` set: it keeps running, ${probe} answers 200 with the same content`,
      );
      noSecretIn(stdout, stderr, readFileSync(join(context, 'report.html'), 'utf8'));
    });

    test('no counterexample and no error shows a value', async () => {
      const cli = await dockmend(['--verify=run', ...flags, ...given(), '--format', 'json'], {
        cwd: context,
        transforms: [userSetter('use-web', '5')],
      });
      const [file] = JSON.parse(cli.stdout).files;
      expect(file.rejected[0].why).toBe('with it, the container behaves differently');
      expect(file.rejected[0].lines.join('\n')).toMatch(/it prints now: error: cannot use \*\*\* as 5/);
      const failing = await dockmend(
        ['profile', ...flags, ...given(), '--run-env', 'NEEDS=http://127.0.0.1:9/hunter22-p4ss'],
        { cwd: context },
      );
      expect(failing.code).toBe(3);
      expect(failing.stderr).toMatch(
        /nothing is proven: the unchanged image ends with 1 here[\s\S]*no database at \*\*\*/,
      );
      noSecretIn(cli.stdout, cli.stderr, failing.stdout, failing.stderr);
    });

    test('are watched, and settings are found, with what they need beside them', async () => {
      const asked: string[] = [];
      const database = createServer((request, response) => {
        asked.push(request.url!);
        response.end('x');
      });
      await new Promise<void>((resolve) => database.listen(0, '127.0.0.1', resolve));
      const needs = `http://127.0.0.1:${(database.address() as AddressInfo).port}/db`;
      try {
        const more = [...given(), '--run-env', `NEEDS=${needs}`];
        const alone = await dockmend(['profile', ...flags, ...more, '--probe', probe], { cwd: context });
        expect(alone.stderr).toMatch(/^error: nothing is proven: the unchanged image ends with 1 here/);
        const words = ['profile', ...flags, ...more, '--probe', probe, '--run-network', 'host', '--format', 'compose'];
        const { code, stdout, stderr } = await dockmend(words, { cwd: context });
        expect([code, stderr]).toEqual([0, '']);
        expect(stdout).toContain(`# proven by a run with these settings: ${probe} answers 200\n`);
        expect(stdout).toMatch(
          /environment:\n(?: +- (?:DATABASE_URL|PORT|API_TOKEN|KEY|NEEDS)\n){5} +network_mode: host\n/,
        );
        expect(asked.length).toBeGreaterThan(1);
        const prover = await Prover.open({
          builder,
          settings: { network: flags[3]! },
          watch: { probe, network: 'host', env: [`DATABASE_URL=${url}`, `PORT=${port}`, 'API_TOKEN=t0ken-0f-the-app'] },
        });
        const seen = await prover.observe({ path: join(context, 'Dockerfile'), source, context });
        await prover.close();
        expect(seen).toEqual({ paths: ['/tmp/www/'] });
        noSecretIn(alone.stdout, alone.stderr, stdout, stderr);
      } finally {
        database.close();
      }
    });
  });
});
