import { mkdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Redactor } from '../../src/registry/redact.ts';
import { temporaryFolder } from '../support/parts.ts';
import { clientOf, failure, lookupOf } from '../support/registry-client.ts';
import { answerJson, complain, FakeRegistry, TestServer } from '../support/registry-fake.ts';
import { imageOf, indexOf, layerOf } from '../support/registry-images.ts';

const index = indexOf([imageOf()]);
const secret = 'top-secret-password';
const basic = Buffer.from(`user:${secret}`).toString('base64');
const ociIndex = 'application/vnd.oci.image.index.v1+json';

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

  test('83: nor is a token asked for that it names', async () => {
    const scopes: (string | null)[] = [];
    fake.hook = ({ headers, url }, response) => {
      const challenge = `Bearer realm="${fake.server.url}/token",scope="repository:acme/app:pull"`;
      if (url.pathname === '/token') {
        scopes.push(url.searchParams.get('scope'));
        answerJson(response, 200, { token: 'abcdefgh' });
      } else if (headers.authorization) response.writeHead(307, { location: `${other.url}/elsewhere` }).end();
      else complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': challenge });
      return true;
    };
    hook = (response) => {
      const challenge = `Bearer realm="${fake.server.url}/token",scope="repository:private/app:pull,push"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    };
    const client = clientOf({ home: homeWith(fake.host) });
    expect((await failure(client.resolveDigest(ref()))).kind).toBe('denied');
    expect(new Set(scopes)).toEqual(new Set(['repository:acme/app:pull']));
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
