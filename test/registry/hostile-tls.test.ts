import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithParts, temporaryFolder } from '../support/parts.ts';
import { clientOf, failure, lookupOf } from '../support/registry-client.ts';
import { answerJson, complain, FakeRegistry, TestServer } from '../support/registry-fake.ts';
import { imageOf, indexOf } from '../support/registry-images.ts';
import { makeCertificates, type TestCertificates } from '../support/registry-parts.ts';

const index = indexOf([imageOf()]);
const secret = 'top-secret-password';
const basic = Buffer.from(`user:${secret}`).toString('base64');

let folder: ReturnType<typeof temporaryFolder>;
let homes = 0;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.remove());

function homeWith(...hosts: string[]): string {
  const path = join(folder.path, `home-${++homes}`);
  mkdirSync(join(path, '.docker'), { recursive: true });
  const auths = Object.fromEntries(hosts.map((host) => [host, { auth: basic }]));
  writeFileSync(join(path, '.docker', 'config.json'), JSON.stringify({ auths }));
  return path;
}

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
