import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPorts } from '../../bin/ports.ts';
import { type CommandResult, dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';
import { answerJson, FakeRegistry, TestServer } from '../support/registry-fake.ts';
import { type Blob, imageOf, indexOf, layerOf, sha256 } from '../support/registry-images.ts';

let folder: ReturnType<typeof temporaryFolder>;
let fakes: FakeRegistry[];
let tokens: TestServer;
beforeEach(async () => {
  folder = temporaryFolder();
  tokens = await TestServer.start(({ url }, response) =>
    answerJson(response, 200, { token: `token-for-${url.searchParams.get('scope')}`, expires_in: 300 }),
  );
  fakes = await Promise.all([FakeRegistry.start(), FakeRegistry.start()]);
  for (const fake of fakes) {
    fake.hook = ({ url, headers }, response) => {
      const scope = `repository:${/^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(url.pathname)?.[1]}:pull`;
      if (headers.authorization === `Bearer token-for-${scope}`) return false;
      const challenge = `Bearer realm="${tokens.url}/token",service="fake",scope="${scope}"`;
      answerJson(response, 401, { errors: [{ code: 'UNAUTHORIZED' }] }, { 'www-authenticate': challenge });
      return true;
    };
  }
});
afterEach(async () => {
  await Promise.all([...fakes, tokens].map((each) => each.stop()));
  folder.remove();
});

function write(path: string, text: string): void {
  mkdirSync(join(folder.path, path, '..'), { recursive: true });
  writeFileSync(join(folder.path, path), text);
}

function run(...argv: string[]): Promise<CommandResult> {
  return dockmend(argv, {
    cwd: folder.path,
    environment: { HOME: folder.path, XDG_CACHE_HOME: join(folder.path, '.cache') },
    openPorts,
  });
}

/** What the servers were asked since the last time, by kind. */
function asked(): Record<string, number> {
  const found: Record<string, number> = {};
  const count = (kind: string) => {
    found[kind] = (found[kind] ?? 0) + 1;
  };
  for (const { method, url, headers } of fakes.flatMap((fake) => fake.seen.splice(0))) {
    const kind = /\/(manifests|blobs|tags)\//.exec(url.pathname)?.[1];
    count(headers.authorization === undefined ? 'anonymous' : `${method} ${kind}`);
  }
  for (const _ of tokens.seen.splice(0)) count('token');
  return found;
}

const application = indexOf([imageOf({})]);

describe('requests of a run', () => {
  test('90, 92: N references in M files cost N HEADs, one anonymous request a host and one token a scope', async () => {
    const references = fakes.flatMap((fake, host) =>
      ['a', 'b', 'c'].flatMap((letter) => {
        const name = `acme${host}/${letter}`;
        fake.add(name, ['1', '2'], application);
        return ['1', '2'].map((tag) => `${fake.host}/${name}:${tag}`);
      }),
    );
    // More files than are held at one time.
    for (let at = 0; at < 150; at++) {
      const two = [references[at % 12]!, references[(at + 5) % 12]!];
      write(`${at}/Dockerfile`, `FROM ${two[0]} AS a\nFROM scratch\nCOPY --from=${two[1]} /x /x\n`);
    }
    const only = ['--only', 'pin-image-digest', '--format', 'diff'];
    const first = await run(...only);
    expect(asked()).toEqual({ anonymous: 2, 'HEAD manifests': 12, token: 6 });
    expect(first.stdout.match(/^\+.*@sha256:/gm)).toHaveLength(300);
    expect((await run(...only)).stdout).toBe(first.stdout);
    expect(asked()).toEqual({});
  });

  test('90: what a base is costs GETs of its own, only where a transform needs it, and none the second time', async () => {
    const layer = await layerOf([['bin/dash', 'x']]);
    const [fake] = fakes as [FakeRegistry];
    fake.add('acme/base', ['1'], indexOf([imageOf({ layers: [layer] })]));
    write('Dockerfile', `FROM ${fake.host}/acme/base:1\nRUN make\nWORKDIR app\n`);
    await run('--only', 'pin-image-digest,use-matching-as-case');
    expect(asked()).toEqual({ anonymous: 1, 'HEAD manifests': 1, token: 1 });
    await run();
    // Its index, its manifest and its configuration, but no layer: nothing here depends on one.
    expect(asked()).toEqual({ anonymous: 1, 'GET manifests': 2, 'GET blobs': 1, token: 1 });
    await run();
    expect(asked()).toEqual({});
  });

  test('90: the version behind `latest` costs one list of tags and a bounded number of HEADs', async () => {
    const [fake] = fakes as [FakeRegistry];
    fake.add('acme/app', ['latest', '2', '2.1', '2.1.0'], application);
    fake.add('acme/app', ['1', '1.9', '1.9.0'], indexOf([imageOf({ note: 'old' })]));
    for (const at of [1, 2, 3]) write(`${at}/Dockerfile`, `FROM ${fake.host}/acme/app\n`);
    const { stdout } = await run('--format', 'diff', '--only', 'pin-image-digest,replace-latest-tag');
    expect(stdout.match(/\+FROM .*acme\/app:2\.1\.0@sha256:/g)).toHaveLength(3);
    const { 'HEAD manifests': heads, ...others } = asked();
    expect(others).toEqual({ anonymous: 1, 'GET tags': 1, token: 1 });
    expect(heads).toBeLessThanOrEqual(5);
    await run('--only', 'pin-image-digest,replace-latest-tag');
    expect(asked()).toEqual({});
  });
});

describe('the default run', () => {
  test('38: a second run changes nothing, though the tag has moved and nothing is cached', async () => {
    const [fake] = fakes as [FakeRegistry];
    fake.add('acme/app', ['1'], application);
    write('Dockerfile', `FROM ${fake.host}/acme/app:1\nCOPY --from=${fake.host}/acme/app:1 /x /x\n`);
    expect((await run('--write', '--only', 'pin-image-digest')).code).toBe(0);
    const written = readFileSync(join(folder.path, 'Dockerfile'), 'utf8');
    expect(written.match(new RegExp(`:1@${application.digest}`, 'g'))).toHaveLength(2);
    fake.add('acme/app', ['1'], indexOf([imageOf({ note: 'moved' })]));
    rmSync(join(folder.path, '.cache'), { recursive: true });
    expect((await run('--check', '--only', 'pin-image-digest')).code).toBe(0);
    expect((await run('--format', 'diff', '--only', 'pin-image-digest')).stdout).toBe('');
  });

  test('43: a reference without an answer is told, and does not hold up the others', async () => {
    const [fake, gone] = fakes as [FakeRegistry, FakeRegistry];
    fake.add('acme/app', ['1'], application);
    write('Dockerfile', `FROM ${fake.host}/acme/app:1\nFROM ${fake.host}/acme/none:1\nFROM ${gone.host}/acme/x:1\n`);
    await gone.stop();
    const { code, stdout, stderr } = await run('--write', '--only', 'pin-image-digest', '--format', 'json');
    expect(readFileSync(join(folder.path, 'Dockerfile'), 'utf8')).toContain(`acme/app:1@${application.digest}\n`);
    expect(stdout).toContain('image-not-found');
    expect(stderr).toContain(`${gone.host}: it cannot be reached (ECONNREFUSED), so this is not pinned`);
    expect(code).toBe(0);
  });

  test('44: an ignored image is neither pinned nor asked for', async () => {
    const [fake] = fakes as [FakeRegistry];
    write('Dockerfile', `FROM ${fake.host}/mine/app:1\n`);
    write('.dockmend.yaml', `transforms: { pin-image-digest: { ignore: ['*/mine/*'] } }\n`);
    const { stdout, stderr } = await run('--only', 'pin-image-digest');
    expect(`${stdout}${stderr}`).not.toContain('mine/app');
    expect(asked()).toEqual({});
  });

  test('21: a named context of a compose file stops the pin', async () => {
    const [fake] = fakes as [FakeRegistry];
    fake.add('acme/base', ['1'], application);
    const image = `${fake.host}/acme/base:1`;
    write('Dockerfile', `FROM ${image}\n`);
    write(
      'compose.yaml',
      `services:\n  app:\n    build:\n      context: .\n      additional_contexts:\n        - ${image}=../base\n`,
    );
    mkdirSync(join(folder.path, '.git'));
    const { stdout } = await run('--only', 'pin-image-digest', '--format', 'json');
    expect(stdout).toContain('named-context');
    expect((await run('--only', 'pin-image-digest', '--format', 'diff')).stdout).toBe('');
  });
});

describe('what a base is', () => {
  const bash: Parameters<typeof layerOf>[0] = [
    ['etc/os-release', 'ID=rhel\nVERSION_ID="9.6"\n'],
    ['etc/passwd', 'root:x:0:0::/root:/bin/bash\napp:x:1000:0::/app:/sbin/nologin\n'],
    ['usr/bin/bash', 'x'],
    ['bin/sh', { type: 'symlink', linkname: '/usr/bin/bash' }],
  ];
  const pipe = 'RUN curl -fsSL https://example.com/app.tar.gz | tar xz -C /opt\n';

  async function base(...layers: Blob[]): Promise<string> {
    const [fake] = fakes as [FakeRegistry];
    fake.add('acme/base', ['1'], indexOf([imageOf({ layers, config: { User: 'app', WorkingDir: '/srv' } })]));
    return `${fake.host}/acme/base:1`;
  }

  test('its configuration and its files decide, and are kept', async () => {
    write(
      'Dockerfile',
      `FROM ${await base(await layerOf(bash), await layerOf([['etc/app', 'x']]))}\n${pipe}WORKDIR app\n`,
    );
    const only = ['--only', 'set-pipefail,use-absolute-workdir,remove-sudo', '--unsafe', '--format', 'diff'];
    const { stdout, stderr } = await run(...only);
    expect(stdout).toContain('+RUN set -o pipefail && curl');
    expect(stdout).toContain('+WORKDIR /srv/app');
    expect(stderr).not.toContain('note');
    expect(asked()).toMatchObject({ 'GET manifests': 2, 'GET blobs': 3 });
    expect((await run(...only, '--offline')).stdout).toBe(stdout);
    expect(asked()).toEqual({});
  });

  test('layers above the budget are not fetched, which is said; the configuration is used', async () => {
    const image = imageOf({ layers: [await layerOf(bash)], config: { WorkingDir: '/srv' } });
    const bytes = Buffer.from(image.bytes.toString().replace(/("size":)\d+(\}\])/, `$1${200 * 1024 * 1024}$2`));
    const [fake] = fakes as [FakeRegistry];
    fake.add('acme/huge', ['1'], { ...image, bytes, digest: sha256(bytes) });
    write('Dockerfile', `FROM ${fake.host}/acme/huge:1\n${pipe}WORKDIR app\n`);
    const { stdout, stderr } = await run('--only', 'set-pipefail,use-absolute-workdir', '--unsafe', '--format', 'diff');
    expect(stdout).toContain('+WORKDIR /srv/app');
    expect(stdout).not.toContain('pipefail');
    expect(stderr).toContain(`128 MiB each, 512 MiB in all) are reached: ${fake.host}/acme/huge:1`);
    expect(asked()).toEqual({ anonymous: 1, 'GET manifests': 1, 'GET blobs': 1, 'HEAD manifests': 1, token: 1 });
  });

  test('no more than forty images are looked up in one run, which is said', async () => {
    const [fake] = fakes as [FakeRegistry];
    for (let at = 0; at < 42; at++) {
      fake.add(`acme/base${at}`, ['1'], imageOf({ config: { WorkingDir: '/srv' }, note: String(at) }));
      write(`${at}/Dockerfile`, `FROM ${fake.host}/acme/base${at}:1\nWORKDIR app\n`);
    }
    const { stdout, stderr } = await run('--format', 'diff', '--only', 'pin-image-digest,use-absolute-workdir');
    expect(stdout.match(/\+WORKDIR \/srv\/app/g)).toHaveLength(40);
    expect(stdout.match(/\+FROM /g)).toHaveLength(42);
    expect(stderr).toContain('the limits of a run (40 images');
    expect(asked()).toMatchObject({ 'GET blobs': 40, 'HEAD manifests': 42 });
    // What is kept costs nothing, and nothing is asked.
    const offline = await run('--format', 'diff', '--only', 'use-absolute-workdir', '--offline');
    expect(offline.stdout.match(/\+WORKDIR \/srv\/app/g)).toHaveLength(40);
    expect(offline.stderr).not.toContain('the limits of a run');
    expect(asked()).toEqual({});
    // Nor does it count in the next run.
    const second = await run('--format', 'diff', '--only', 'use-absolute-workdir');
    expect(second.stdout.match(/\+WORKDIR \/srv\/app/g)).toHaveLength(42);
    expect(second.stderr).not.toContain('the limits of a run');
    expect(asked()).toMatchObject({ 'GET blobs': 2 });
  });

  test('what is kept is known, however many others there are', async () => {
    const [fake] = fakes as [FakeRegistry];
    const bases = Array.from({ length: 45 }, (_, at) => `acme/many${at}`);
    for (const [at, name] of bases.entries()) {
      fake.add(name, ['1'], imageOf({ config: { WorkingDir: '/srv' }, note: String(at) }));
      write(`${String(at).padStart(2, '0')}/Dockerfile`, `FROM ${fake.host}/${name}:1\nWORKDIR app\n`);
    }
    const known = await run('--format', 'diff', '--only', 'use-absolute-workdir', '30', '44');
    expect(known.stdout.match(/\+WORKDIR/g)).toHaveLength(2);
    asked();
    const { stdout, stderr } = await run('--format', 'diff', '--only', 'use-absolute-workdir');
    expect(stdout.match(/\+WORKDIR \/srv\/app/g)).toHaveLength(42);
    expect(stderr.match(/acme\/many\d+/g)).toHaveLength(3);
    expect(stderr).not.toMatch(/many(?:30|44):/);
    expect(asked()).toMatchObject({ 'GET blobs': 40 });
  });

  test('layers that cannot be had or are not what they say cost their facts alone', async () => {
    const layer = await layerOf(bash);
    const reference = await base({ ...layer, bytes: Buffer.from('not a layer at all, but as long as one might be') });
    write('Dockerfile', `FROM ${reference}\n${pipe}WORKDIR app\n`);
    const { code, stdout, stderr } = await run(
      '--unsafe',
      '--only',
      'set-pipefail,use-absolute-workdir',
      '--format',
      'diff',
    );
    expect(stdout).toContain('+WORKDIR /srv/app');
    expect(stderr).toContain('what these images have in them was not read');
    expect(code).toBe(0);
  });
});
