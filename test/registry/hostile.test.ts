import { mkdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addressKind, isAllowedAddress, isLoopbackName } from '../../src/registry/address.ts';
import { Redactor } from '../../src/registry/redact.ts';
import { checkedRealm } from '../../src/registry/tokens.ts';
import { clientOf, failure, lookupOf } from '../support/registry-client.ts';
import { answerJson, complain, FakeRegistry, TestServer } from '../support/registry-fake.ts';
import { imageOf, indexOf, layerOf } from '../support/registry-images.ts';
import { describeWithParts, makeCertificates, scratch, type TestCertificates } from '../support/registry-parts.ts';

const index = indexOf([imageOf()]);
const secret = 'top-secret-password';
const basic = Buffer.from(`user:${secret}`).toString('base64');
const ociIndex = 'application/vnd.oci.image.index.v1+json';

let folder: ReturnType<typeof scratch>;
let homes = 0;
beforeAll(() => {
  folder = scratch();
});
afterAll(() => folder.remove());

function homeWith(...hosts: string[]): string {
  const path = join(folder.path, `home-${++homes}`);
  mkdirSync(join(path, '.docker'), { recursive: true });
  const auths = Object.fromEntries(hosts.map((host) => [host, { auth: basic }]));
  writeFileSync(join(path, '.docker', 'config.json'), JSON.stringify({ auths }));
  return path;
}

describe('82: addresses', () => {
  test.each([
    ['169.254.169.254', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['fd00:ec2::254', 'forbidden'],
    ['100.100.100.200', 'forbidden'],
    ['::ffff:169.254.169.254', 'forbidden'],
    ['::ffff:a9fe:a9fe', 'forbidden'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['2002:a9fe:a9fe::1', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['127.0.0.1', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['::1', 'loopback'],
    ['::', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['172.32.0.1', 'public'],
    ['8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
    ['::ffff:8.8.8.8', 'public'],
  ])('%s is %s', (address, kind) => expect(addressKind(address)).toBe(kind));

  test('a policy allows what is as near as it says, or loopback alone', () => {
    expect(isAllowedAddress('10.0.0.1', { nearest: 'public' })).toBe(false);
    expect(isAllowedAddress('10.0.0.1', { nearest: 'private' })).toBe(true);
    expect(isAllowedAddress('127.0.0.1', { nearest: 'private' })).toBe(false);
    expect(isAllowedAddress('127.0.0.1', { nearest: 'loopback' })).toBe(true);
    expect(isAllowedAddress('8.8.8.8', { nearest: 'loopback', loopbackOnly: true })).toBe(false);
    expect(isAllowedAddress('169.254.169.254', { nearest: 'loopback' })).toBe(false);
  });

  test('names that can only be this machine', () => {
    for (const name of ['localhost', 'LOCALHOST', 'foo.svc.localhost', 'localhost.', '127.0.0.1', '[::1]']) {
      expect(isLoopbackName(name), name).toBe(true);
    }
    for (const name of ['127.0.0.1.evil.com', 'localhost.evil.com', 'notlocalhost', '10.0.0.1', '0.0.0.0']) {
      expect(isLoopbackName(name), name).toBe(false);
    }
  });
});

describe('81: realms', () => {
  const https = new URL('https://registry.example/v2');
  const http = new URL('http://127.0.0.1:5000/v2');
  test.each([
    ['http://auth.example/token', https],
    ['https://user:pw@auth.example/token', https],
    ['https://user@auth.example/token', https],
    ['file:///etc/passwd', https],
    ['ftp://auth.example', http],
    ['not a url', https],
    ['', https],
    [undefined, https],
  ])('81: %s is refused', (realm, registry) => {
    expect(() => checkedRealm(realm, registry)).toThrow('no credentials were sent');
  });
  test('81: https, and http for a registry on http', () => {
    expect(checkedRealm('https://auth.example/token?x=1#y', https).href).toBe('https://auth.example/token?x=1');
    expect(checkedRealm('http://127.0.0.1:1/token', http).href).toBe('http://127.0.0.1:1/token');
  });
});

describe('hosts', () => {
  test('86: a Dockerfile that names a metadata address gets no connection at all', async () => {
    const client = clientOf({ insecure: ['169.254.169.254', '169.254.169.254:80', '[fd00:ec2::254]'] });
    for (const text of [
      '169.254.169.254/x',
      '169.254.169.254:80/latest/meta-data',
      '[fd00:ec2::254]/x',
      '2852039166:80/x',
    ]) {
      expect((await failure(client.resolveDigest(text))).kind).toBe('untrusted');
    }
    expect(client.requests.count()).toBe(0);
    await client.close();
  });

  test('82: a name that turns into such an address is refused when it is connected to', async () => {
    const lookup = lookupOf({ 'metadata.example': '169.254.169.254', 'mapped.example': '::ffff:169.254.169.254' });
    const client = clientOf({ lookup });
    for (const host of ['metadata.example', 'mapped.example']) {
      expect(await failure(client.resolveDigest(`${host}/x`))).toMatchObject({ kind: 'untrusted', host });
    }
    await client.close();
  });

  test('82: a name under localhost must be this machine, as it is asked without TLS', async () => {
    const fake = await FakeRegistry.start();
    fake.add('x', ['latest'], index);
    const { port } = fake.server;
    const client = clientOf({ lookup: lookupOf({ 'a.localhost': '127.0.0.1', 'b.localhost': '93.184.216.34' }) });
    expect((await client.resolveDigest(`a.localhost:${port}/x`)).digest).toBe(index.digest);
    expect((await failure(client.resolveDigest(`b.localhost:${port}/x`))).kind).toBe('untrusted');
    await client.close();
    await fake.stop();
  });

  test('86: allow and deny lists', async () => {
    const client = clientOf({
      allowed: ['docker.io/library', '*.corp.example', 'ghcr.io'],
      denied: ['bad.corp.example', 'ghcr.io/evil/*'],
      offline: true,
    });
    const kind = async (text: string) => (await failure(client.resolveDigest(text))).kind;
    for (const text of ['node', 'docker.io/library/node', 'a.corp.example/x', 'ghcr.io/good/x']) {
      expect(await kind(text), text).toBe('offline');
    }
    for (const text of [
      'org/app',
      'corp.example/x',
      'bad.corp.example/x',
      'ghcr.io/evil/x',
      'localhost:5000/x',
      'quay.io/x',
    ]) {
      expect(await kind(text), text).toBe('not-allowed');
    }
    await client.close();
  });
});

describe('answers', () => {
  let fake: FakeRegistry;
  let other: TestServer;
  let hook: (response: ServerResponse) => void;

  beforeEach(async () => {
    fake = await FakeRegistry.start();
    fake.add('acme/app', ['1'], index);
    other = await TestServer.start((_, response) => hook(response));
    hook = (response) => response.writeHead(500).end();
  });
  afterEach(async () => {
    await fake.stop();
    await other.stop();
  });
  const ref = () => `${fake.host}/acme/app:1`;

  /** Asks for Basic credentials, and redirects who brings them. */
  function redirectWith(location: string): void {
    fake.hook = ({ headers }, response) => {
      if (headers.authorization) response.writeHead(307, { location }).end();
      else complain(response, 401, 'UNAUTHORIZED', 'who?', { 'www-authenticate': 'Basic realm="x"' });
      return true;
    };
  }

  test('83: a redirect to another host drops Authorization, HEAD stays HEAD, and its digest is not taken on trust', async () => {
    redirectWith(`${other.url}/elsewhere`);
    hook = (response) => {
      response.writeHead(200, { 'content-type': ociIndex, 'docker-content-digest': index.digest });
      response.end(response.req.method === 'HEAD' ? undefined : index.bytes);
    };
    const client = clientOf({ home: homeWith(fake.host) });
    expect(await client.resolveDigest(ref())).toMatchObject({ digest: index.digest, via: 'get' });
    expect(other.seen.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
    expect(other.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await client.close();
  });

  test('83: what a redirect leads to gets nothing by asking for it', async () => {
    redirectWith(`${other.url}/elsewhere`);
    hook = (response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${other.url}/token"` });
      response.end();
    };
    const client = clientOf({ home: homeWith(fake.host, other.host) });
    expect((await failure(client.resolveDigest(ref()))).kind).toBe('denied');
    expect(other.seen.every(({ headers, url }) => !headers.authorization && url.pathname === '/elsewhere')).toBe(true);
    await client.close();
  });

  test('83: redirects end: round and round, to metadata, to a URL with credentials, to no URL, to another scheme', async () => {
    for (const location of [
      '/v2/acme/app/manifests/1',
      'http://169.254.169.254/latest',
      `http://a:b@${other.host}/`,
      'http://[',
      'file:///etc/passwd',
    ]) {
      fake.hook = (_, response) => {
        response.writeHead(302, { location }).end();
        return true;
      };
      const client = clientOf();
      expect((await failure(client.resolveDigest(ref()))).kind, location).toBe('untrusted');
      expect(client.requests.count()).toBeLessThanOrEqual(6);
      await client.close();
    }
    expect(other.seen).toHaveLength(0);
  });

  test('81: a token server that redirects is refused', async () => {
    fake.hook = ({ headers, url }, response) => {
      if (url.pathname === '/token') response.writeHead(302, { location: `${other.url}/` }).end();
      else if (!headers.authorization) {
        complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': `Bearer realm="${fake.server.url}/token"` });
      }
      return true;
    };
    const client = clientOf({ home: homeWith(fake.host) });
    expect((await failure(client.resolveDigest(ref()))).kind).toBe('untrusted');
    expect(other.seen).toHaveLength(0);
    await client.close();
  });

  test('81: a realm on a metadata address gets no connection', async () => {
    for (const realm of [
      'http://169.254.169.254/token',
      'http://metadata.example/token',
      'http://[::ffff:a9fe:a9fe]/',
    ]) {
      fake.hook = (_, response) => {
        complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': `Bearer realm="${realm}"` });
        return true;
      };
      const lookup = lookupOf({ 'metadata.example': '169.254.169.254' });
      const client = clientOf({ home: homeWith(fake.host), lookup });
      expect((await failure(client.resolveDigest(ref()))).kind, realm).toBe('untrusted');
      await client.close();
    }
  });

  test('84: `service` and `scope` are encoded, and cannot add parameters', async () => {
    const service = 'a&account=evil#x y';
    const scope = 'repository:acme/app:pull&scope=repository:other:push';
    fake.hook = ({ headers, url }, response) => {
      if (url.pathname === '/token') answerJson(response, 200, { token: 'abcdefgh' });
      else if (headers.authorization) return false;
      else {
        const challenge = `Bearer realm="${fake.server.url}/token?fixed=1",service="${service}",scope="${scope}"`;
        complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': challenge });
      }
      return true;
    };
    const client = clientOf();
    await client.resolveDigest(ref());
    const asked = fake.seen.find(({ url }) => url.pathname === '/token')?.url.searchParams;
    expect([...(asked ?? [])]).toEqual([
      ['fixed', '1'],
      ['service', service],
      ['scope', scope],
    ]);
    await client.close();
  });

  test('85: a Link header to another origin is not followed there', async () => {
    fake.hook = ({ url }, response) => {
      if (!url.pathname.endsWith('/tags/list')) return false;
      const next = url.searchParams.get('last')
        ? {}
        : { link: `<${other.url}/v2/acme/app/tags/list?last=b>; rel="next"` };
      answerJson(response, 200, { tags: url.searchParams.get('last') ? ['c'] : ['a', 'b'] }, next);
      return true;
    };
    const client = clientOf();
    expect((await client.listTags(ref())).tags).toEqual(['a', 'b', 'c']);
    expect(other.seen).toHaveLength(0);
    await client.close();
  });

  test('87: a body without end, fast or slow, ends the reading and not the run', async () => {
    const quick = { idleTimeout: 400, totalTimeout: 800 };
    const bodies: Record<string, (response: ServerResponse) => void> = {
      huge: (response) => {
        const piece = Buffer.alloc(256 * 1024, 'x');
        const more = () => {
          while (!response.destroyed && response.write(piece)) if (response.destroyed) return;
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      slow: (response) => {
        const timer = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(timer));
      },
      silent: (response) => response.flushHeaders(),
    };
    for (const [name, body] of Object.entries(bodies)) {
      fake.hook = ({ method }, response) => {
        response.writeHead(method === 'HEAD' ? 405 : 200, { 'content-type': ociIndex });
        if (method === 'HEAD') response.end();
        else body(response);
        return true;
      };
      const client = clientOf({ limits: quick });
      expect(['untrusted', 'network'], name).toContain((await failure(client.resolveDigest(ref()))).kind);
      await client.close();
    }
    fake.hook = () => true;
    const client = clientOf({ limits: quick });
    expect((await failure(client.resolveDigest(ref()))).kind).toBe('network');
    await client.close();
  });

  test('87: a token of endless length', async () => {
    fake.hook = ({ headers, url }, response) => {
      if (url.pathname === '/token') answerJson(response, 200, { token: 'x'.repeat(1024 * 1024) });
      else if (!headers.authorization) {
        complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': `Bearer realm="${fake.server.url}/token"` });
      }
      return true;
    };
    const client = clientOf();
    expect((await failure(client.resolveDigest(ref()))).kind).toBe('untrusted');
    await client.close();
  });

  test('87: layers that lie about their size, their digest or their packing', async () => {
    const layer = await layerOf([['etc/passwd', 'root:x:0:0::/:/bin/sh\n']]);
    const bomb = await layerOf([['big', Buffer.alloc(30 * 1024 * 1024)]]);
    const lies = [
      { ...layer, digest: `sha256:${'1'.repeat(64)}` },
      { ...layer, bytes: layer.bytes.subarray(0, 40) },
      { ...layer, bytes: Buffer.concat([layer.bytes, layer.bytes]) },
      bomb,
    ];
    for (const [at, lie] of lies.entries()) {
      const image = imageOf({ layers: [lie], note: String(at) });
      fake.add('acme/lie', [`${at}`], image);
      if (at === 2) {
        // Announced with one size, sent with another.
        const announced = imageOf({ layers: [layer], note: 'short' });
        fake.add('acme/lie', ['2'], { ...announced, blobs: [announced.blobs[0]!, lie] });
      }
      const client = clientOf({ layerBytes: 1024 * 1024 });
      expect((await failure(client.imageFiles(`${fake.host}/acme/lie:${at}`))).kind, String(at)).toBe('untrusted');
      await client.close();
    }
  });

  test('79: what a registry says is shown without secrets, control characters and length', async () => {
    fake.hook = ({ headers }, response) => {
      if (!headers.authorization) {
        complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': 'Basic realm="x"' });
      } else {
        const words = `\u001b[31mno\u202e ${secret} ${basic} http://u:${secret}@h/ Bearer ${'a'.repeat(40)} ${'long '.repeat(500)}`;
        complain(response, 400, 'NOPE', words);
      }
      return true;
    };
    const client = clientOf({ home: homeWith(fake.host) });
    const { message } = await failure(client.resolveDigest(ref()));
    expect(message).toContain('it answers 400');
    expect(message).not.toContain(secret);
    expect(message).not.toContain(basic);
    expect(message).not.toContain('aaaaaaaa');
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(message.length).toBeLessThan(500);
    await client.close();
  });

  test('79: a redactor knows secrets in their encoded forms too', () => {
    const redactor = new Redactor();
    redactor.add('p@ss word');
    redactor.add('');
    redactor.add(undefined);
    expect(redactor.clean('x p@ss word y p%40ss%20word z cEBzcyB3b3Jk')).toBe('x [redacted] y [redacted] z [redacted]');
    expect(redactor.clean('GET https://user:pw@proxy:3128/ failed')).toBe('GET https://[redacted]@proxy:3128/ failed');
  });
});

describeWithParts('registries on TLS', ['openssl'], () => {
  let certificates: TestCertificates;
  let fake: FakeRegistry;
  let other: TestServer;
  let folders: string[];
  const lookup = lookupOf({
    'registry.test': '127.0.0.1',
    'other.test': '127.0.0.1',
    'intern.test': '10.0.0.1',
  });

  beforeAll(async () => {
    certificates = makeCertificates(folder.path);
    fake = await FakeRegistry.start({ cert: certificates.cert, key: certificates.key });
    fake.add('acme/app', ['1'], index);
    other = await TestServer.start((_, response) => answerJson(response, 200, { token: 'abcdefgh' }));
    const certs = join(folder.path, 'certs.d');
    folders = [certs];
    for (const name of ['registry.test', 'other.test', 'localhost']) {
      const path = join(certs, `${name}:${fake.server.port}`);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'ca.crt'), certificates.ca);
    }
  });
  afterAll(async () => {
    await fake.stop();
    await other.stop();
  });
  const host = () => `registry.test:${fake.server.port}`;

  test('96: a certificate authority of `certs.d`, for names and for this machine', async () => {
    const client = clientOf({ lookup, certificateFolders: folders });
    expect((await client.resolveDigest(`${host()}/acme/app:1`)).digest).toBe(index.digest);
    await client.close();
    const here = clientOf({ certificateFolders: folders });
    expect((await here.resolveDigest(`localhost:${fake.server.port}/acme/app:1`)).digest).toBe(index.digest);
    await here.close();
  });

  test('97: a certificate that is not trusted never falls back to http', async () => {
    const client = clientOf({ lookup });
    const error = await failure(client.resolveDigest(`${host()}/acme/app:1`));
    expect(error).toMatchObject({ kind: 'tls', host: host() });
    expect(error.advice).toContain('certs.d');
    expect(client.requests.count()).toBe(1);
    await client.close();
  });

  test('97: a host without TLS that was not named insecure is not asked without it', async () => {
    const client = clientOf({ lookup });
    const plain = `registry.test:${other.port}`;
    const error = await failure(client.resolveDigest(`${plain}/acme/app:1`));
    expect(error).toMatchObject({ kind: 'tls', host: plain });
    expect(error.advice).toContain('insecure');
    expect(other.seen).toHaveLength(0);
    await client.close();
    const named = clientOf({ lookup, insecure: [plain] });
    await failure(named.resolveDigest(`${plain}/acme/app:1`));
    expect(other.seen.length).toBeGreaterThan(0);
    await named.close();
  });

  test('97: http to this machine that speaks TLS says so', async () => {
    const client = clientOf();
    const error = await failure(client.resolveDigest(`${fake.host}/acme/app:1`));
    expect(['tls', 'network', 'unsupported']).toContain(error.kind);
    await client.close();
  });

  test('81: a realm without TLS for a registry with it gets nothing', async () => {
    other.seen.length = 0;
    fake.hook = (_, response) => {
      complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': `Bearer realm="${other.url}/token"` });
      return true;
    };
    const client = clientOf({ lookup, certificateFolders: folders, home: homeWith(host()) });
    expect((await failure(client.resolveDigest(`${host()}/acme/app:1`))).kind).toBe('untrusted');
    expect(other.seen).toHaveLength(0);
    fake.hook = () => false;
    await client.close();
  });

  test('81: a realm that is nearer than the registry is refused, and so is a redirect to one', async () => {
    // The registry seems to be public here, and its token server and its store on this machine.
    const seems = lookupOf({ 'registry.test': ['127.0.0.1', '203.0.113.1'], 'other.test': '127.0.0.1' });
    for (const location of [`https://other.test:${fake.server.port}/x`, `https://127.0.0.1:${fake.server.port}/x`]) {
      for (const kind of ['realm', 'redirect']) {
        fake.seen.length = 0;
        fake.hook = (_, response) => {
          if (kind === 'redirect') response.writeHead(307, { location }).end();
          else complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': `Bearer realm="${location}"` });
          return true;
        };
        const client = clientOf({ lookup: seems, certificateFolders: folders, home: homeWith(host()) });
        expect((await failure(client.resolveDigest(`${host()}/acme/app:1`))).kind, `${kind} ${location}`).toBe(
          'untrusted',
        );
        expect(fake.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
        expect(fake.seen.every(({ url }) => url.pathname !== '/x')).toBe(true);
        await client.close();
      }
    }
    fake.hook = () => false;
  });

  test('83: no redirect from https to http', async () => {
    other.seen.length = 0;
    fake.hook = (_, response) => {
      response.writeHead(307, { location: `${other.url}/x` }).end();
      return true;
    };
    const client = clientOf({ lookup, certificateFolders: folders });
    expect((await failure(client.resolveDigest(`${host()}/acme/app:1`))).kind).toBe('untrusted');
    expect(other.seen).toHaveLength(0);
    fake.hook = () => false;
    await client.close();
  });
});
