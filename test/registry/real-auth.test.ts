import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiled } from '../support/compiled.ts';
import { describeWithParts, temporaryFolder } from '../support/parts.ts';
import { clientOf, failure, lookupOf } from '../support/registry-client.ts';
import { TestServer } from '../support/registry-fake.ts';
import { imageOf, indexOf, push } from '../support/registry-images.ts';
import {
  makeCertificates,
  type RunningRegistry,
  skopeoDigest,
  startRegistry,
  type TestCertificates,
} from '../support/registry-parts.ts';
import { pushToken, startTokenServer, type TokenServer } from '../support/registry-tokens.ts';

const amd64 = imageOf({ config: { User: 'web' } });
const arm64 = imageOf({ architecture: 'arm64', variant: 'v8' });
const index = indexOf([amd64, arm64]);

let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.remove());

function homeWith(configuration: unknown): string {
  const path = join(folder.path, `home-${Math.random()}`);
  mkdirSync(join(path, '.docker'), { recursive: true });
  writeFileSync(join(path, '.docker', 'config.json'), JSON.stringify(configuration));
  return path;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

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
    const script = `import { push, imageOf, indexOf } from ${JSON.stringify(compiled('test/support/registry-images.ts'))};
      const thing = indexOf([imageOf({ config: { User: 'web' } }), imageOf({ architecture: 'arm64', variant: 'v8' })]);
      console.log(await push('https://localhost:${registry.port}', 'acme/app', '1', thing, { authorization: 'Basic ${base64(`alice:${password}`)}' }));`;
    expect(runNode(script, { NODE_EXTRA_CA_CERTS: certificates.caPath })).toBe(index.digest);
  });
  afterAll(() => registry.stop());

  function runNode(script: string, env: Record<string, string>): string {
    const path = join(folder.path, `script-${Math.random()}.mjs`);
    writeFileSync(path, script);
    const options = { encoding: 'utf8' as const, env: { PATH: process.env.PATH, HOME: folder.path, ...env } };
    return execFileSync(process.execPath, [path], options).trim();
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
    expect(await skopeoDigest(`${registry.host}/acme/app:1`, '--authfile', authfile)).toBe(index.digest);
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
    const home = homeWith({ auths: { [host()]: { auth: base64(`alice:${password}`) } } });
    const script = `import { createRegistry } from ${JSON.stringify(compiled('src/registry/index.ts'))};
      const lookup = (name, options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
      const registry = createRegistry({ cache: false, home: ${JSON.stringify(home)}, lookup });
      console.log((await registry.resolveDigest(${JSON.stringify(`${host()}/acme/app:1`)})).digest);
      await registry.close();`;
    const path = join(folder.path, 'resolve.mjs');
    writeFileSync(path, script);
    const { execFile } = await import('node:child_process');
    const resolve = (env: Record<string, string>) =>
      new Promise<string>((done) => {
        const options = { env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: certificates.caPath, ...env } };
        execFile(process.execPath, [path], options, (error, stdout, stderr) => {
          done(error ? `failed: ${stderr}` : stdout.trim());
        });
      });
    expect(await resolve({})).toBe(index.digest);
    expect(tunnels).toBe(0);
    expect(await resolve({ HTTPS_PROXY: proxy.url })).toBe(index.digest);
    expect(tunnels).toBeGreaterThan(0);
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
    expect(await skopeoDigest(ref('public/app:1'))).toBe(index.digest);
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
    expect(await skopeoDigest(ref('private/app:1'), '--authfile', join(home, '.docker', 'config.json'))).toBe(
      index.digest,
    );
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
