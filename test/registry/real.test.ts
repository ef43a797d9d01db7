import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clientOf, FakeClock, failure, lookupOf } from '../support/registry-client.ts';
import { complain, TestServer } from '../support/registry-fake.ts';
import { attestationOf, imageOf, indexOf, layerOf, push, sha256 } from '../support/registry-images.ts';
import {
  describeWithParts,
  makeCertificates,
  type RunningRegistry,
  scratch,
  skopeoDigest,
  startRegistry,
  type TestCertificates,
} from '../support/registry-parts.ts';
import { pushToken, startTokenServer, type TokenServer } from '../support/registry-tokens.ts';

const accepts = {
  all: 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
  schema2: 'application/vnd.docker.distribution.manifest.v2+json',
};
const amd64 = imageOf({ config: { User: 'web' } });
const arm64 = imageOf({ architecture: 'arm64', variant: 'v8' });
const index = indexOf([amd64, arm64]);
const dockerAmd64 = imageOf({ format: 'docker' });
const dockerList = indexOf([dockerAmd64, imageOf({ format: 'docker', architecture: 'arm64' })], { format: 'docker' });

let folder: ReturnType<typeof scratch>;
beforeAll(() => {
  folder = scratch();
});
afterAll(() => folder.remove());

function homeWith(configuration: unknown): string {
  const path = join(folder.path, `home-${Math.random()}`);
  mkdirSync(join(path, '.docker'), { recursive: true });
  writeFileSync(join(path, '.docker', 'config.json'), JSON.stringify(configuration));
  return path;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function remove(registry: RunningRegistry, repository: string, digest: string): Promise<void> {
  const answer = await fetch(`${registry.url}/v2/${repository}/manifests/${digest}`, { method: 'DELETE' });
  expect(answer.status).toBe(202);
}

describeWithParts('docker-registry without TLS', ['docker-registry', 'skopeo'], () => {
  let registry: RunningRegistry;
  let client: ReturnType<typeof clientOf>;
  const ref = (rest: string) => `${registry.host}/${rest}`;

  beforeAll(async () => {
    registry = await startRegistry(folder.path);
    for (const tag of ['latest', '22.04', 'jammy', 'jammy-20240808'])
      await push(registry.url, 'library/ubuntu', tag, index);
    await push(registry.url, 'library/ubuntu', '20.04', indexOf([arm64]));
    for (const tag of ['1', '1.2']) await push(registry.url, 'acme/app', tag, dockerList);
    await push(registry.url, 'acme/single', 'latest', amd64);
  });
  afterAll(() => registry.stop());
  beforeEach(() => {
    client = clientOf();
    return () => client.close();
  });

  test('97: this machine is asked without TLS, and skopeo finds the same digests', async () => {
    for (const [name, expected] of [
      ['library/ubuntu:22.04', index.digest],
      ['acme/app:1.2', dockerList.digest],
      ['acme/single:latest', amd64.digest],
    ] as const) {
      const found = await client.resolveDigest(ref(name));
      expect(found.digest).toBe(expected);
      expect(found.via).toBe('head');
      expect(skopeoDigest(ref(name))).toBe(expected);
    }
    expect((await client.resolveDigest(ref('acme/single'))).kind).toBe('manifest');
    expect((await client.resolveDigest(`localhost:${registry.port}/acme/single`)).digest).toBe(amd64.digest);
  });

  test('50: what is accepted decides the digest: all four types give the list, less gives something else', async () => {
    const head = async (accept: string) => {
      const url = `${registry.url}/v2/acme/app/manifests/1`;
      return (await fetch(url, { method: 'HEAD', headers: { accept } })).headers.get('docker-content-digest');
    };
    expect(await head(accepts.all)).toBe(dockerList.digest);
    expect(await head(accepts.schema2)).toBe(dockerAmd64.digest);
    expect(await head('*/*')).not.toBe(dockerList.digest);
    expect((await client.resolveDigest(ref('acme/app:1'))).digest).toBe(dockerList.digest);
    const oci = await fetch(`${registry.url}/v2/library/ubuntu/manifests/latest`, {
      headers: { accept: accepts.schema2 },
    });
    expect(oci.status).toBe(404);
  });

  test('56: a body without mediaType', async () => {
    const untyped = indexOf([imageOf({ untyped: true, note: 'untyped' })], { untyped: true });
    await push(registry.url, 'acme/untyped', '1', untyped);
    expect((await client.resolveDigest(ref('acme/untyped:1'))).digest).toBe(untyped.digest);
    expect((await client.describeImage(ref('acme/untyped:1'))).digest).toBe(untyped.digest);
    expect(skopeoDigest(ref('acme/untyped:1'))).toBe(untyped.digest);
  });

  test('57: attestations beside images', async () => {
    const attested = indexOf([attestationOf('first'), amd64]);
    await push(registry.url, 'acme/attested', '1', attested);
    expect(await client.describeImage(ref('acme/attested:1'))).toMatchObject({
      digest: attested.digest,
      manifestDigest: amd64.digest,
      config: { User: 'web' },
    });
  });

  test('58: a nested index', async () => {
    const nested = indexOf([index]);
    await push(registry.url, 'acme/nested', '1', nested);
    expect((await client.resolveDigest(ref('acme/nested:1'))).digest).toBe(nested.digest);
    expect((await client.describeImage(ref('acme/nested:1'))).manifestDigest).toBe(amd64.digest);
  });

  test('59: the index is alive, a child was deleted', async () => {
    const child = imageOf({ architecture: 's390x', note: 'doomed' });
    const parent = indexOf([child, imageOf({ note: 'alive' })]);
    await push(registry.url, 'acme/broken', '1', parent);
    expect(await client.missingChildren(ref('acme/broken:1'))).toEqual([]);
    await remove(registry, 'acme/broken', child.digest);
    const later = clientOf();
    expect(await later.missingChildren(ref('acme/broken:1'))).toEqual([child.digest]);
    expect((await later.checkPin(ref(`acme/broken:1@${parent.digest}`))).state).toBe('current');
    await later.close();
  });

  test('63: a pin to a child of the index', async () => {
    const pin = await client.checkPin(ref(`library/ubuntu:22.04@${arm64.digest}`));
    expect(pin).toMatchObject({ state: 'single-platform', platform: 'linux/arm64/v8' });
  });

  test('64: If-None-Match would be answered with 304, which tells less than HEAD and costs the same', async () => {
    const url = `${registry.url}/v2/library/ubuntu/manifests/latest`;
    const headers = { accept: accepts.all, 'if-none-match': `"${index.digest}"` };
    expect((await fetch(url, { method: 'HEAD', headers })).status).toBe(304);
    await client.resolveDigest(ref('library/ubuntu:latest'));
    expect(client.requests.count()).toBe(1);
  });

  test('not there: tag, repository, digest, upper case', async () => {
    expect(await failure(client.resolveDigest(ref('library/ubuntu:99')))).toMatchObject({ kind: 'not-found' });
    expect((await failure(client.resolveDigest(ref('none/such:1')))).reason).toContain('repository');
    expect((await failure(client.resolveDigest(ref(`library/ubuntu@${sha256('x')}`)))).kind).toBe('not-found');
    expect((await failure(client.resolveDigest(ref('Library/ubuntu')))).kind).toBe('invalid-reference');
  });

  test('99, 106: tags in any order; null where all are gone', async () => {
    expect([...(await client.listTags(ref('library/ubuntu'))).tags].sort()).toEqual([
      '20.04',
      '22.04',
      'jammy',
      'jammy-20240808',
      'latest',
    ]);
    const only = imageOf({ note: 'only' });
    await push(registry.url, 'acme/empty', '1', only);
    await remove(registry, 'acme/empty', only.digest);
    expect(await client.listTags(ref('acme/empty'))).toEqual({ tags: [], complete: true });
  });

  test('108: latest is 22.04, not jammy', async () => {
    expect(await client.versionOf(ref('library/ubuntu'))).toMatchObject({ tag: '22.04', digest: index.digest });
    // The tag, two candidates, and one list.
    expect(client.requests.count({ method: 'HEAD' })).toBe(3);
    expect(client.requests.count({ method: 'GET' })).toBe(1);
  });

  test('109: no version has its digest', async () => {
    await push(registry.url, 'acme/none', 'latest', index);
    await push(registry.url, 'acme/none', '1.0', dockerList);
    const found = await client.versionOf(ref('acme/none'));
    expect(found.tag).toBeUndefined();
    expect(found.digest).toBe(index.digest);
  });

  test('112: a pin that was deleted is dead, and what the tag means now is told', async () => {
    const old = indexOf([imageOf({ note: 'old' })]);
    await push(registry.url, 'acme/dead', '1', old);
    await push(registry.url, 'acme/dead', '1', index);
    expect((await client.checkPin(ref(`acme/dead:1@${old.digest}`))).state).toBe('behind');
    await remove(registry, 'acme/dead', old.digest);
    const later = clientOf();
    expect(await later.checkPin(ref(`acme/dead:1@${old.digest}`))).toMatchObject({
      state: 'dead',
      tag: { digest: index.digest },
    });
    await later.close();
  });

  test('114: the index moved, the image of the platform did not', async () => {
    const next = indexOf([amd64, imageOf({ architecture: 'arm64', note: 'next' })]);
    await push(registry.url, 'acme/moved', '1', index);
    await push(registry.url, 'acme/moved', '1', next);
    expect(await client.sameImage(ref('acme/moved:1'), index.digest)).toBe(true);
    expect(await client.sameImage(ref('acme/moved:1'), index.digest, 'linux/arm64')).toBe(false);
  });

  test('116: a tag and a digest that belong to different tags', async () => {
    expect(await client.checkPin(ref(`library/ubuntu:20.04@${index.digest}`))).toMatchObject({
      state: 'behind',
      tag: { digest: indexOf([arm64]).digest },
    });
  });

  test('90: N references cost N HEADs, and nothing the second time', async () => {
    const names = Array.from({ length: 30 }, (_, at) => `many/repo-${at % 6}:v${at}`);
    await Promise.all(names.map((name) => push(registry.url, ...(name.split(':') as [string, string]), amd64)));
    const cache = join(folder.path, 'cache');
    const first = clientOf({ cache });
    await Promise.all([...names, ...names].map((name) => first.resolveDigest(ref(name))));
    expect(first.requests.count({ method: 'HEAD' })).toBe(30);
    expect(first.requests.count()).toBe(30);
    await first.close();
    const second = clientOf({ cache });
    await Promise.all(names.map((name) => second.resolveDigest(ref(name))));
    expect(second.requests.count()).toBe(0);
    await second.close();
  });

  test('files of an image from its layers', async () => {
    const layers = [
      await layerOf([
        ['etc/passwd', 'root:x:0:0::/root:/bin/sh\n'],
        ['bin/sh', 'x'],
      ]),
      await layerOf(
        [
          ['usr/lib/os-release', 'ID=debian\n'],
          ['etc/.wh.passwd', ''],
        ],
        'zstd',
      ),
    ];
    await push(registry.url, 'acme/files', '1', imageOf({ layers }));
    const found = await client.imageFiles(ref('acme/files:1'));
    expect(found).toMatchObject({ complete: true, users: null, osRelease: { ID: 'debian' } });
    expect(found.programs.sh).toEqual([{ path: '/bin/sh', target: '/bin/sh' }]);
  });

  describe('behind a proxy of faults', () => {
    let proxy: TestServer;
    let before: (method: string, path: string, response: import('node:http').ServerResponse) => boolean;
    let headers: (method: string, all: Record<string, string>) => void;

    beforeAll(async () => {
      proxy = await TestServer.start(async ({ method, url, headers: sent }, response) => {
        if (before(method, url.pathname, response)) return;
        const { accept = '*/*' } = sent;
        const answer = await fetch(registry.url + url.pathname + url.search, { method, headers: { accept } });
        const all = Object.fromEntries(answer.headers);
        headers(method, all);
        response.writeHead(answer.status, all).end(Buffer.from(await answer.arrayBuffer()));
      });
    });
    beforeEach(() => {
      before = () => false;
      headers = () => undefined;
    });
    afterAll(() => proxy.stop());

    test('51: HEAD without Docker-Content-Digest', async () => {
      headers = (method, all) => {
        if (method === 'HEAD') delete all['docker-content-digest'];
      };
      const found = await client.resolveDigest(`${proxy.host}/library/ubuntu:22.04`);
      expect(found).toMatchObject({ digest: skopeoDigest(ref('library/ubuntu:22.04')), via: 'get' });
    });

    test('54: a wrong digest from HEAD is not seen there, and is on the way to the image', async () => {
      headers = (_, all) => {
        if (all['docker-content-digest']) all['docker-content-digest'] = sha256('wrong');
      };
      expect((await failure(client.describeImage(`${proxy.host}/library/ubuntu:22.04`))).kind).toMatch(
        /untrusted|not-found/,
      );
    });

    test('88: 429 with Retry-After, then the answer', async () => {
      let refusals = 1;
      before = (_, __, response) => {
        if (refusals-- <= 0) return false;
        complain(response, 429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '1' });
        return true;
      };
      const clock = new FakeClock();
      const patient = clientOf({ clock });
      expect((await patient.resolveDigest(`${proxy.host}/library/ubuntu:22.04`)).digest).toBe(index.digest);
      expect(clock.slept).toEqual([1000]);
      await patient.close();
    });

    test('55: a body that is not what its type says', async () => {
      headers = (method, all) => {
        if (method === 'HEAD') delete all['docker-content-digest'];
        else all['content-type'] = 'application/vnd.docker.distribution.manifest.list.v2+json';
      };
      expect((await failure(client.resolveDigest(`${proxy.host}/library/ubuntu:22.04`))).kind).toBe('untrusted');
    });
  });
});

describeWithParts('a pull-through mirror', ['docker-registry'], () => {
  let origin: RunningRegistry;
  let mirror: RunningRegistry;
  beforeAll(async () => {
    origin = await startRegistry(folder.path);
    await push(origin.url, 'acme/app', '1', index);
    mirror = await startRegistry(folder.path, { more: `proxy: {remoteurl: "${origin.url}"}` });
  });
  afterAll(async () => {
    await mirror.stop();
    await origin.stop();
  });

  test('100, 102: tags at the origin, content through the mirror, which knows nothing of `ns`', async () => {
    const client = clientOf({ mirrors: { [origin.host]: [mirror.url] } });
    const found = await client.describeImage(`${origin.host}/acme/app:1`);
    expect(found).toMatchObject({ digest: index.digest, config: { User: 'web' } });
    expect(client.requests.sent.map(({ host, method }) => `${method} ${host}`)).toEqual([
      `HEAD ${origin.host}`,
      ...Array(3).fill(`GET ${mirror.host}`),
    ]);
    await client.close();
  });
});

describeWithParts('TLS and htpasswd', ['docker-registry', 'skopeo', 'openssl', 'htpasswd'], () => {
  const password = 's3cret:with:colons';
  let certificates: TestCertificates;
  let registry: RunningRegistry;
  let certs: string;
  const host = () => `registry.test:${registry.port}`;
  const lookup = lookupOf({ 'registry.test': '127.0.0.1' });

  beforeAll(async () => {
    certificates = makeCertificates(folder.path, 'basic');
    const users = join(folder.path, 'htpasswd');
    writeFileSync(users, execFileSync('htpasswd', ['-Bbn', 'alice', password]));
    registry = await startRegistry(folder.path, {
      http: `tls: {certificate: ${certificates.certPath}, key: ${certificates.keyPath}}`,
      more: `auth: {htpasswd: {realm: test-realm, path: ${users}}}`,
    });
    certs = join(folder.path, 'certs.d');
    for (const name of [host(), registry.host]) {
      mkdirSync(join(certs, name), { recursive: true });
      writeFileSync(join(certs, name, 'ca.crt'), certificates.ca);
    }
    // Pushed with Node's own TLS in a process that trusts the authority.
    const script = `import { push, imageOf, indexOf } from ${JSON.stringify(fileURLToPath(new URL('../support/registry-images.ts', import.meta.url)))};
      const thing = indexOf([imageOf({ config: { User: 'web' } }), imageOf({ architecture: 'arm64', variant: 'v8' })]);
      console.log(await push('https://localhost:${registry.port}', 'acme/app', '1', thing, { authorization: 'Basic ${base64(`alice:${password}`)}' }));`;
    expect(runNode(script, { NODE_EXTRA_CA_CERTS: certificates.caPath })).toBe(index.digest);
  });
  afterAll(() => registry.stop());

  function runNode(script: string, env: Record<string, string>): string {
    const path = join(folder.path, `script-${Math.random()}.mts`);
    writeFileSync(path, script);
    const tsx = fileURLToPath(import.meta.resolve('tsx'));
    const options = { encoding: 'utf8' as const, env: { PATH: process.env.PATH, HOME: folder.path, ...env } };
    return execFileSync(process.execPath, ['--import', tsx, path], options).trim();
  }

  test('96: certs.d, and the credentials of config.json; skopeo agrees', async () => {
    const configuration = {
      auths: {
        [host()]: { auth: base64(`alice:${password}`) },
        [registry.host]: { auth: base64(`alice:${password}`) },
      },
    };
    const home = homeWith(configuration);
    const client = clientOf({ lookup, certificateFolders: [certs], home });
    expect((await client.resolveDigest(`${host()}/acme/app:1`)).digest).toBe(index.digest);
    expect((await client.resolveDigest(`${registry.host}/acme/app:1`)).digest).toBe(index.digest);
    expect(client.requests.sent.map(({ authorized }) => authorized)).toEqual([false, true, false, true]);
    await client.close();
    const authfile = join(home, '.docker', 'config.json');
    expect(skopeoDigest(`${registry.host}/acme/app:1`, '--authfile', authfile)).toBe(index.digest);
  });

  test('97: an authority that is not known is an error, and nothing is sent without TLS', async () => {
    const client = clientOf({ lookup });
    expect((await failure(client.resolveDigest(`${host()}/acme/app:1`))).kind).toBe('tls');
    await client.close();
  });

  test('97: http to this machine, where the registry speaks TLS', async () => {
    const client = clientOf();
    const error = await failure(client.resolveDigest(`${registry.host}/acme/app:1`));
    expect(error.kind).toBe('tls');
    expect(error.message).toContain('speaks TLS only');
    await client.close();
  });

  test('denied without credentials, and with wrong ones', async () => {
    const nobody = clientOf({ lookup, certificateFolders: [certs] });
    expect(await failure(nobody.resolveDigest(`${host()}/acme/app:1`))).toMatchObject({ kind: 'denied', status: 401 });
    await nobody.close();
    const home = homeWith({ auths: { [host()]: { auth: base64('alice:wrong-password') } } });
    const wrong = clientOf({ lookup, certificateFolders: [certs], home });
    const error = await failure(wrong.resolveDigest(`${host()}/acme/app:1`));
    expect(error.kind).toBe('denied');
    expect(error.message).toContain('the credentials at hand do not give access');
    expect(error.message).not.toContain('wrong-password');
    await wrong.close();
  });

  test('a credential helper', async () => {
    const bin = join(folder.path, 'helpers');
    mkdirSync(bin);
    const helper = join(bin, 'docker-credential-fake');
    writeFileSync(
      helper,
      `#!/bin/sh\nread server\nprintf '{"ServerURL":"%s","Username":"alice","Secret":"${password}"}' "$server"\n`,
    );
    chmodSync(helper, 0o755);
    const home = homeWith({ credHelpers: { [host()]: 'fake' } });
    const env = { PATH: `${bin}:${process.env.PATH}` };
    const client = clientOf({ lookup, certificateFolders: [certs], home, env });
    expect((await client.resolveDigest(`${host()}/acme/app:1`)).digest).toBe(index.digest);
    await client.close();
  });

  test('96: NODE_EXTRA_CA_CERTS works by itself, directly and through a proxy', async () => {
    const { connect } = await import('node:net');
    let tunnels = 0;
    const proxy = await TestServer.start((_, response) => response.writeHead(500).end());
    proxy.server.on('connect', (_, socket) => {
      tunnels++;
      const onward = connect(registry.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      for (const each of [onward, socket]) each.on('error', () => undefined);
    });
    const room = fileURLToPath(new URL('../../src/registry/index.ts', import.meta.url));
    const home = homeWith({ auths: { [host()]: { auth: base64(`alice:${password}`) } } });
    const script = `import { createRegistry } from ${JSON.stringify(room)};
      const lookup = (name, options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
      const registry = createRegistry({ cache: false, home: ${JSON.stringify(home)}, lookup });
      console.log((await registry.resolveDigest(${JSON.stringify(`${host()}/acme/app:1`)})).digest);
      await registry.close();`;
    const path = join(folder.path, 'resolve.mts');
    writeFileSync(path, script);
    const { execFile } = await import('node:child_process');
    const tsx = fileURLToPath(import.meta.resolve('tsx'));
    const resolve = (env: Record<string, string>) =>
      new Promise<string>((done) => {
        const options = { env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: certificates.caPath, ...env } };
        execFile(process.execPath, ['--import', tsx, path], options, (error, stdout, stderr) => {
          done(error ? `failed: ${stderr}` : stdout.trim());
        });
      });
    expect(await resolve({})).toBe(index.digest);
    expect(tunnels).toBe(0);
    expect(await resolve({ HTTPS_PROXY: proxy.url })).toBe(index.digest);
    expect(tunnels).toBe(1);
    expect(await resolve({ NODE_EXTRA_CA_CERTS: '' })).toContain('is not trusted');
    await proxy.stop();
  });

  test('96: certs.d through a proxy', async () => {
    const { connect } = await import('node:net');
    const proxy = await TestServer.start((_, response) => response.writeHead(500).end());
    proxy.server.on('connect', (_, socket) => {
      const onward = connect(registry.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      for (const each of [onward, socket]) each.on('error', () => undefined);
    });
    const home = homeWith({ auths: { [host()]: { auth: base64(`alice:${password}`) } } });
    const client = clientOf({ certificateFolders: [certs], home, env: { HTTPS_PROXY: proxy.url } });
    expect((await client.resolveDigest(`${host()}/acme/app:1`)).digest).toBe(index.digest);
    await client.close();
    await proxy.stop();
  });
});

describeWithParts('a token server', ['docker-registry', 'skopeo', 'openssl'], () => {
  let tokens: TokenServer;
  let registry: RunningRegistry;
  const ref = (rest: string) => `${registry.host}/${rest}`;

  beforeAll(async () => {
    tokens = await startTokenServer(folder.path);
    registry = await startRegistry(folder.path, { more: tokens.settings });
    for (const name of ['public/app', 'private/app']) {
      const authorization = `Bearer ${await pushToken(tokens, name)}`;
      await push(registry.url, name, '1', index, { authorization });
    }
  });
  afterAll(async () => {
    await registry.stop();
    await tokens.stop();
  });
  const login = (extra: Record<string, string> = {}) =>
    homeWith({ auths: { [registry.host]: { auth: base64(`alice:${tokens.password}`), ...extra } } });

  test('66: the challenge of `/v2/` has no scope, that of a manifest has: anonymous pull of what is public', async () => {
    const root = (await fetch(`${registry.url}/v2/`)).headers.get('www-authenticate');
    expect(root).not.toContain('scope');
    const client = clientOf();
    expect((await client.resolveDigest(ref('public/app:1'))).digest).toBe(index.digest);
    expect(skopeoDigest(ref('public/app:1'))).toBe(index.digest);
    expect(client.requests.sent.map(({ method, kind, authorized }) => `${method} ${kind} ${authorized}`)).toEqual([
      'HEAD manifest false',
      'GET token false',
      'HEAD manifest true',
    ]);
    await client.close();
  });

  test('69: an anonymous token that does not open a private repository means denied', async () => {
    const client = clientOf();
    const error = await failure(client.resolveDigest(ref('private/app:1')));
    expect(error).toMatchObject({ kind: 'denied', reference: ref('private/app:1') });
    await client.close();
  });

  test('a login opens it, and skopeo agrees', async () => {
    const home = login();
    const client = clientOf({ home });
    expect((await client.resolveDigest(ref('private/app:1'))).digest).toBe(index.digest);
    await client.close();
    expect(skopeoDigest(ref('private/app:1'), '--authfile', join(home, '.docker', 'config.json'))).toBe(index.digest);
  });

  test('71, 72: an identity token, from a file and from a helper; by POST and by GET', async () => {
    const bin = join(folder.path, 'identity-helpers');
    mkdirSync(bin);
    const helper = join(bin, 'docker-credential-identity');
    const answer = JSON.stringify({ ServerURL: registry.host, Username: '<token>', Secret: tokens.refreshToken });
    writeFileSync(helper, `#!/bin/sh\ncat > /dev/null\necho '${answer}'\n`);
    chmodSync(helper, 0o755);
    const homes = [login({ identitytoken: tokens.refreshToken }), homeWith({ credsStore: 'identity' })];
    for (const post of [true, false]) {
      tokens.post = post;
      for (const home of homes) {
        const client = clientOf({ home, env: { PATH: `${bin}:${process.env.PATH}` } });
        expect((await client.resolveDigest(ref('private/app:1'))).digest).toBe(index.digest);
        expect(client.requests.count({ method: 'POST' })).toBe(1);
        await client.close();
      }
    }
    tokens.post = true;
  });

  test('70: a stale login does not hide what is public', async () => {
    const home = homeWith({ auths: { [registry.host]: { auth: base64('alice:old-password') } } });
    const client = clientOf({ home });
    expect((await client.resolveDigest(ref('public/app:1'))).digest).toBe(index.digest);
    expect(client.warnings).toHaveLength(1);
    expect((await failure(client.resolveDigest(ref('private/app:1')))).kind).toBe('denied');
    expect(client.warnings.join()).not.toContain('old-password');
    await client.close();
  });

  test('73: a helper without credentials for a server means anonymous', async () => {
    const bin = join(folder.path, 'empty-helpers');
    mkdirSync(bin);
    const helper = join(bin, 'docker-credential-empty');
    writeFileSync(helper, '#!/bin/sh\ncat > /dev/null\necho "credentials not found in native keychain"\nexit 1\n');
    chmodSync(helper, 0o755);
    const client = clientOf({ home: homeWith({ credsStore: 'empty' }), env: { PATH: `${bin}:${process.env.PATH}` } });
    expect((await client.resolveDigest(ref('public/app:1'))).digest).toBe(index.digest);
    await client.close();
  });

  test('92: one token for each scope, one anonymous request, one HEAD for each reference', async () => {
    const repositories = ['public/a', 'public/b', 'public/c'];
    for (const name of repositories) {
      const authorization = `Bearer ${await pushToken(tokens, name)}`;
      for (const tag of ['1', '2', '3', '4']) await push(registry.url, name, tag, index, { authorization });
    }
    const cache = join(folder.path, 'token-cache');
    const names = repositories.flatMap((name) => ['1', '2', '3', '4'].map((tag) => ref(`${name}:${tag}`)));
    const client = clientOf({ cache });
    await Promise.all([...names, ...names].map((name) => client.resolveDigest(name)));
    expect(client.requests.count({ method: 'HEAD', authorized: false })).toBe(1);
    expect(client.requests.count({ method: 'HEAD', authorized: true })).toBe(12);
    expect(client.requests.count({ kind: 'token' })).toBe(3);
    expect(client.requests.count()).toBe(16);
    await client.close();
    const second = clientOf({ cache });
    await Promise.all(names.map((name) => second.resolveDigest(name)));
    expect(second.requests.count()).toBe(0);
    await second.close();
  });
});
