import type { IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { durationText, Gate, HostState, retryAfter, systemClock } from '../../src/registry/host-state.ts';
import { proxyFromEnvironment } from '../../src/registry/proxy.ts';
import { clientOf, FakeClock, failure, lookupOf } from '../support/registry-client.ts';
import { answerJson, complain, FakeRegistry, TestServer } from '../support/registry-fake.ts';
import { imageOf, indexOf } from '../support/registry-images.ts';

const index = indexOf([imageOf()]);
const ociIndex = 'application/vnd.oci.image.index.v1+json';
const now = Date.parse('2026-11-21T00:00:00Z');

describe('88: Retry-After', () => {
  test.each([
    ['1', 1000],
    [' 120 ', 120_000],
    ['0', 0],
    ['1.5', 1500],
    ['Sat, 21 Nov 2026 00:00:10 GMT', 10_000],
    ['Sat, 21 Nov 2020 00:00:10 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
    ['-5', undefined],
    ['880.092µs', undefined],
  ])('88: %s is %s ms', (value, expected) => expect(retryAfter(value, now)).toBe(expected));

  test('times are said as people say them', () => {
    expect([500, 60_000, 600_000, 21_600_000].map(durationText)).toEqual(['1 s', '60 s', '10 min', '6 h']);
  });
});

describe('limits of a registry', () => {
  let fake: FakeRegistry;
  let clock: FakeClock;
  let registry: ReturnType<typeof clientOf>;
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const ref = (name = 'a') => `${fake.host}/${name}:1`;

  beforeEach(async () => {
    fake = await FakeRegistry.start();
    for (const name of names) fake.add(name, ['1'], index);
    clock = new FakeClock();
    registry = clientOf({ clock, limits: { backoff: 500 } });
  });
  afterEach(async () => {
    await registry.close();
    await fake.stop();
  });

  test('88: 429 with seconds, then the answer; the whole host waits', async () => {
    let refusals = 1;
    fake.hook = (_, response) => {
      if (refusals-- <= 0) return false;
      complain(response, 429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '7' });
      return true;
    };
    expect((await registry.resolveDigest(ref())).digest).toBe(index.digest);
    expect(clock.slept).toEqual([7000]);
  });

  test('88: absent, `0` and a past date mean our own waits, each twice as long', async () => {
    for (const header of [undefined, '0', 'Sat, 21 Nov 2020 00:00:10 GMT']) {
      let refusals = 2;
      fake.hook = (_, response) => {
        if (refusals-- <= 0) return false;
        complain(response, 429, 'TOOMANYREQUESTS', 'slow down', header === undefined ? {} : { 'retry-after': header });
        return true;
      };
      const own = new FakeClock();
      const client = clientOf({ clock: own, limits: { backoff: 500 } });
      await client.resolveDigest(ref());
      expect(own.slept).toEqual([500, 1000]);
      await client.close();
    }
  });

  test('88, 89: hours, or no end of refusals: the registry is quoted, and not asked again', async () => {
    for (const [header, requests] of [
      ['3600', 1],
      ['1', 3],
    ] as const) {
      fake.hook = (_, response) => {
        // The body of an answer to HEAD does not arrive; a token server's does.
        response.writeHead(429, { 'retry-after': header }).end();
        return true;
      };
      const client = clientOf({ clock: new FakeClock() });
      const error = await failure(client.resolveDigest(ref()));
      expect(error).toMatchObject({ kind: 'rate-limited', status: 429, host: fake.host, reference: ref() });
      expect(error.message).toContain(header === '3600' ? '60 min' : '1 s');
      for (const name of ['b', 'c', 'd']) {
        expect(await failure(client.resolveDigest(ref(name)))).toMatchObject({
          kind: 'rate-limited',
          reference: ref(name),
        });
      }
      expect(client.requests.count()).toBe(requests);
      await client.close();
    }
  });

  test('89: error codes in any case, and bodies that are no JSON', async () => {
    const bodies: [string, string][] = [
      [JSON.stringify({ errors: [{ code: 'toomanyrequests', message: 'pull rate limit' }] }), 'pull rate limit'],
      [JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS' }] }), 'TOOMANYREQUESTS'],
      [JSON.stringify({ errors: null, message: 'stop' }), 'stop'],
      [JSON.stringify('stop it'), 'stop it'],
      ['retry-after: 880.092µs, allowed: 44000/minute', '880.092µs'],
      ['<html><body>Too many</body></html>', 'too many requests'],
    ];
    for (const [body, words] of bodies) {
      fake.hook = ({ method }, response) => {
        response.writeHead(method === 'HEAD' ? 405 : 429).end(method === 'HEAD' ? undefined : body);
        return true;
      };
      const client = clientOf({ clock: new FakeClock() });
      const error = await failure(client.resolveDigest(ref()));
      expect(error.kind).toBe('rate-limited');
      expect(error.message).toContain(words);
      expect(error.message).not.toContain('<');
      await client.close();
    }
  });

  test('91: nothing left of the limit: manifests are not fetched, and it is said how long; HEADs are free', async () => {
    fake.hook = ({ method, url }, response) => {
      if (method === 'HEAD' && url.pathname.startsWith('/v2/b/')) {
        response.writeHead(405).end();
        return true;
      }
      if (method !== 'HEAD') return false;
      response.writeHead(200, {
        'content-type': ociIndex,
        'docker-content-digest': index.digest,
        'ratelimit-limit': '100;w=21600',
        'ratelimit-remaining': url.pathname.startsWith('/v2/a/') ? '0;w=21600' : '5;w=21600',
      });
      response.end();
      return true;
    };
    await registry.resolveDigest(ref('a'));
    // The answer to this HEAD has no such header and changes nothing.
    const error = await failure(registry.resolveDigest(ref('b')));
    expect(error.kind).toBe('rate-limited');
    expect(error.message).toContain('6 h');
    expect(registry.requests.count({ method: 'GET' })).toBe(0);
    await registry.resolveDigest(ref('c'));
    expect((await failure(registry.resolveDigest(ref('b')))).kind).toBe('rate-limited');
    clock.pass(21_600_000);
    const later = clientOf({ clock });
    expect((await later.resolveDigest(ref('b'))).via).toBe('get');
    await later.close();
  });

  test('92: one reference in forty files is one request', async () => {
    const spellings = [ref(), `${fake.host}/a:1`];
    await Promise.all(Array.from({ length: 40 }, (_, at) => registry.resolveDigest(spellings[at % 2]!)));
    expect(registry.requests.count()).toBe(1);
    fake.hook = (_, response) => {
      complain(response, 404, 'MANIFEST_UNKNOWN', 'no');
      return true;
    };
    const failures = Array.from({ length: 40 }, () => failure(registry.resolveDigest(ref('b'))));
    for (const error of await Promise.all(failures)) expect(error.reference).toBe(ref('b'));
    expect(registry.requests.count()).toBe(3);
  });

  test('93: four at a time for a host, and a slow host does not stop another', async () => {
    let busy = 0;
    let most = 0;
    const held: (() => void)[] = [];
    fake.hook = ({ url }, response) => {
      if (url.pathname.startsWith('/v2/a/')) return false;
      busy++;
      most = Math.max(most, busy);
      held.push(() => {
        busy--;
        fake.answer({ method: 'HEAD', url, headers: {}, body: '' }, response);
      });
      return true;
    };
    const quick = await FakeRegistry.start();
    for (const name of names) quick.add(name, ['1'], index);
    await registry.resolveDigest(ref('a'));
    const slow = Promise.all(names.slice(1).map((name) => registry.resolveDigest(ref(name))));
    await Promise.all(names.map((name) => registry.resolveDigest(`${quick.host}/${name}:1`)));
    expect(held.length).toBe(4);
    let done = false;
    void slow.finally(() => {
      done = true;
    });
    while (!done) {
      held.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await slow).every(({ digest }) => digest === index.digest)).toBe(true);
    expect(most).toBe(4);
    await quick.stop();
  });

  test.each([408, 500, 502, 503, 504])('%i is tried again, three times in all', async (status) => {
    fake.hook = (_, response) => {
      complain(response, status, 'UNAVAILABLE', 'in maintenance');
      return true;
    };
    const error = await failure(registry.resolveDigest(ref()));
    expect(error).toMatchObject({ kind: 'network', status, host: fake.host });
    expect(registry.requests.count()).toBe(3);
  });

  test('98: a connection that breaks is tried again', async () => {
    let breaks = 2;
    fake.hook = (_, response) => {
      if (breaks-- <= 0) return false;
      response.destroy();
      return true;
    };
    expect((await registry.resolveDigest(ref())).digest).toBe(index.digest);
    expect(registry.requests.count()).toBe(3);
  });

  test('98: DNS, refused connections, resets and time-outs name the host and the reference, and cost one try a host', async () => {
    const { port } = fake.server;
    const client = clientOf({
      clock,
      lookup: lookupOf({ 'gone.localhost': '127.0.0.1' }),
      limits: { idleTimeout: 200, totalTimeout: 400 },
    });
    const unknown = await failure(client.resolveDigest('nowhere.example/x:1'));
    expect(unknown).toMatchObject({ kind: 'network', host: 'nowhere.example', reference: 'nowhere.example/x:1' });
    expect(unknown.message).toContain('cannot be resolved');

    const closed = await TestServer.start(() => undefined);
    await closed.stop();
    expect(await failure(client.resolveDigest(`${closed.host}/x`))).toMatchObject({
      kind: 'network',
      host: closed.host,
    });

    fake.hook = () => true;
    const late = await failure(client.resolveDigest(`127.0.0.1:${port}/a:1`));
    expect(late).toMatchObject({ kind: 'network', host: fake.host });
    expect(late.message).toContain('in time');
    const before = client.requests.count();
    for (const name of ['b', 'c', 'd']) {
      const error = await failure(client.resolveDigest(`127.0.0.1:${port}/${name}:1`));
      expect(error).toMatchObject({ kind: 'network', reference: `127.0.0.1:${port}/${name}:1` });
    }
    expect(client.requests.count()).toBe(before);
    await client.close();
  });

  test('connections are kept, after a HEAD too', async () => {
    let connections = 0;
    fake.server.server.on('connection', () => connections++);
    for (const name of names) await registry.resolveDigest(ref(name));
    await registry.describeImage(ref());
    expect(registry.requests.count()).toBeGreaterThan(8);
    expect(connections).toBeLessThanOrEqual(2);
  });

  test.each([0, 10])('a server that sends a body with the answer to HEAD, %i ms later', async (delay) => {
    const head = [
      'HTTP/1.1 200 OK',
      'connection: keep-alive',
      `content-type: ${ociIndex}`,
      `docker-content-digest: ${index.digest}`,
      `content-length: ${index.bytes.length}`,
    ];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        const text = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
        if (delay === 0) socket.write(Buffer.concat([text, index.bytes]));
        else {
          socket.write(text);
          setTimeout(() => socket.write(index.bytes), delay);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    for (const name of names) {
      expect((await registry.resolveDigest(`127.0.0.1:${port}/${name}:1`)).digest).toBe(index.digest);
    }
    const many = names.map((name) => registry.resolveDigest(`127.0.0.1:${port}/${name}:2`));
    for (const { digest } of await Promise.all(many)) expect(digest).toBe(index.digest);
    await registry.close();
    await new Promise((resolve) => server.close(resolve));
  });

  test('a host that answered before is given up after three failures, not one', () => {
    const state = new HostState('x', 4, systemClock);
    state.answered(undefined);
    const error = { kind: 'network' } as never;
    state.failed(error);
    state.failed(error);
    state.check(false);
    state.failed(error);
    expect(() => state.check(false)).toThrow();
  });

  test('a gate lets in as many as it should, in order', async () => {
    const gate = new Gate(2);
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      [0, 1, 2, 3, 4].map(async (at) => {
        const leave = await gate.enter();
        expect(++inside).toBeLessThanOrEqual(2);
        order.push(at);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
        leave();
        leave();
      }),
    );
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('94: proxies from the environment', () => {
  const through = (env: Record<string, string>, url: string) => proxyFromEnvironment(env)(new URL(url))?.href;

  test('94: lower case wins, each scheme has its own, a bare host is http', () => {
    const env = { HTTPS_PROXY: 'http://upper:1', https_proxy: 'lower:2', HTTP_PROXY: 'http://plain:3' };
    expect(through(env, 'https://a.example/')).toBe('http://lower:2/');
    expect(through(env, 'http://a.example/')).toBe('http://plain:3/');
    expect(through({ HTTP_PROXY: 'http://plain:3' }, 'https://a.example/')).toBeUndefined();
    expect(through({ HTTPS_PROXY: '', https_proxy: '' }, 'https://a.example/')).toBeUndefined();
    expect(through({ HTTP_PROXY: 'http://evil:3', REQUEST_METHOD: 'GET' }, 'http://a.example/')).toBeUndefined();
  });

  test.each([
    ['a.example', 'https://a.example/', false],
    ['a.example', 'https://b.a.example/', false],
    ['a.example', 'https://ba.example/', true],
    ['.a.example', 'https://a.example/', true],
    ['.a.example', 'https://b.a.example/', false],
    ['*.a.example', 'https://b.a.example/', false],
    ['A.EXAMPLE', 'https://a.example/', false],
    ['a.example:443', 'https://a.example/', false],
    ['a.example:444', 'https://a.example/', true],
    ['a.example:5000', 'https://a.example:5000/', false],
    ['x, a.example', 'https://a.example/', false],
    ['x a.example', 'https://a.example/', false],
    ['10.0.0.0/8', 'https://10.1.2.3:5000/', false],
    ['10.0.0.0/8', 'https://11.1.2.3/', true],
    ['10.0.0.0/99', 'https://10.1.2.3/', true],
    ['10.1.2.3', 'https://10.1.2.3/', false],
    ['10.1.2.3:5000', 'https://10.1.2.3:5000/', false],
    ['fd00::/8', 'https://[fd12::1]:5000/', false],
    ['fd12::1', 'https://[fd12::1]/', false],
    ['[fd12::1]:5000', 'https://[fd12::1]:5000/', false],
    ['2.3', 'https://10.1.2.3/', true],
    ['*', 'https://a.example/', false],
    ['', 'https://localhost:5000/', false],
    ['', 'https://127.0.0.1/', false],
    ['', 'https://a.example/', true],
  ])('94: NO_PROXY=%s, %s: %s', (value, url, expected) => {
    expect(through({ NO_PROXY: value, HTTPS_PROXY: 'http://p:1' }, url) !== undefined).toBe(expected);
  });

  test('94: what is no proxy is an error without its value', () => {
    for (const value of ['socks5://user:secretword@p:1', 'http://user:secretword@[', 'ftp://p']) {
      expect(() => proxyFromEnvironment({ HTTPS_PROXY: value })).toThrow(/HTTPS_PROXY/);
      expect(() => proxyFromEnvironment({ HTTPS_PROXY: value })).not.toThrow(/secretword/);
    }
  });
});

describe('95: through a proxy', () => {
  let fake: FakeRegistry;
  let proxy: TestServer;
  let tunnels: { url: string; authorization: string | undefined }[];

  beforeEach(async () => {
    fake = await FakeRegistry.start();
    fake.add('acme/app', ['1'], index);
    tunnels = [];
    proxy = await TestServer.start(({ url, headers }, response) => {
      if (headers['proxy-authorization'] === undefined) response.writeHead(407).end();
      else fake.answer({ method: 'HEAD', url, headers, body: '' }, response);
    });
    proxy.server.on('connect', (request: IncomingMessage, socket: Socket) => {
      tunnels.push({ url: request.url ?? '', authorization: request.headers['proxy-authorization'] });
      if (request.url?.startsWith('refused.')) socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      else {
        const onward = connect(fake.server.port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          onward.pipe(socket).pipe(onward);
        });
        onward.on('error', () => socket.destroy());
      }
      socket.on('error', () => undefined);
    });
  });
  afterEach(async () => {
    await fake.stop();
    await proxy.stop();
  });
  const env = (userinfo = 'user:proxy-secret@') => ({
    HTTP_PROXY: `http://${userinfo}${proxy.host}`,
    HTTPS_PROXY: `http://${userinfo}${proxy.host}`,
  });

  test('95: a registry without TLS is asked through the proxy without CONNECT', async () => {
    const client = clientOf({ env: env(), insecure: ['plain.example:5000'] });
    expect((await client.resolveDigest('plain.example:5000/acme/app:1')).digest).toBe(index.digest);
    expect(tunnels).toEqual([]);
    expect(proxy.seen[0]?.url.href).toBe('http://plain.example:5000/v2/acme/app/manifests/1');
    expect(proxy.seen[0]?.headers['proxy-authorization']).toMatch(/^Basic /);
    await client.close();
  });

  test('95: a registry with TLS is asked by CONNECT, and what is no TLS behind it is an error', async () => {
    const client = clientOf({ env: env() });
    const error = await failure(client.resolveDigest('tls.example/acme/app:1'));
    expect(['tls', 'network']).toContain(error.kind);
    expect(tunnels[0]?.url).toBe('tls.example:443');
    expect(tunnels[0]?.authorization).toMatch(/^Basic /);
    expect(error.message).not.toContain('proxy-secret');
    await client.close();
  });

  test('94, 98: a proxy that refuses or is gone is said, without its password', async () => {
    const client = clientOf({ env: env() });
    const refused = await failure(client.resolveDigest('refused.example/acme/app:1'));
    expect(refused).toMatchObject({ kind: 'network', host: 'refused.example' });
    expect(refused.message).toContain('the proxy refused (403)');
    await client.close();

    const nobody = clientOf({ env: env(''), insecure: ['plain.example'] });
    const unauthorized = await failure(nobody.resolveDigest('plain.example/acme/app:1'));
    expect(unauthorized.message).toContain('407');
    await nobody.close();

    const url = env();
    await proxy.stop();
    const gone = clientOf({ env: url });
    const error = await failure(gone.resolveDigest('tls.example/acme/app:1'));
    expect(error).toMatchObject({ kind: 'network', host: 'tls.example' });
    expect(error.message).toContain('proxy');
    expect(error.message).not.toContain('proxy-secret');
    await gone.close();
  });

  test('94: loopback registries and NO_PROXY go direct', async () => {
    const client = clientOf({
      env: { ...env(), no_proxy: 'plain.example' },
      insecure: [`plain.example:${fake.server.port}`],
      lookup: lookupOf({ 'plain.example': '127.0.0.1' }),
    });
    expect((await client.resolveDigest(`${fake.host}/acme/app:1`)).digest).toBe(index.digest);
    expect((await client.resolveDigest(`plain.example:${fake.server.port}/acme/app:1`)).digest).toBe(index.digest);
    expect(proxy.seen).toEqual([]);
    await client.close();
  });

  test('86: a metadata address is not asked through a proxy either', async () => {
    const client = clientOf({ env: env(), insecure: ['169.254.169.254'] });
    expect((await failure(client.resolveDigest('169.254.169.254/x'))).kind).toBe('untrusted');
    expect(proxy.seen).toEqual([]);
    await client.close();
  });
});

describe('100: mirrors', () => {
  let origin: FakeRegistry;
  let mirror: FakeRegistry;
  const fresh = indexOf([imageOf({ config: { User: 'fresh' } })]);
  const stale = indexOf([imageOf({ config: { User: 'stale' } })]);

  beforeEach(async () => {
    origin = await FakeRegistry.start();
    mirror = await FakeRegistry.start();
    origin.add('acme/app', ['1'], fresh);
    mirror.add('acme/app', ['1'], stale);
    mirror.add('acme/app', [], fresh);
  });
  afterEach(async () => {
    await origin.stop();
    await mirror.stop();
  });

  test('100, 101: a tag is resolved at the origin, content by digest comes from the mirror', async () => {
    const client = clientOf({ mirrors: { [origin.host]: [mirror.server.url] } });
    const described = await client.describeImage(`${origin.host}/acme/app:1`);
    expect(described).toMatchObject({ digest: fresh.digest, config: { User: 'fresh' } });
    expect(origin.seen.map(({ method }) => method)).toEqual(['HEAD']);
    expect(mirror.seen.map(({ url }) => url.pathname.split('/').at(-2))).toEqual(['manifests', 'manifests', 'blobs']);
    expect(mirror.seen.every(({ url }) => url.searchParams.get('ns') === origin.host)).toBe(true);
    await client.close();
  });

  test('101: a mirror that lacks, lies or fails costs a warning at most', async () => {
    const hooks: FakeRegistry['hook'][] = [
      (_, response) => {
        complain(response, 404, 'MANIFEST_UNKNOWN', 'no');
        return true;
      },
      (_, response) => {
        response.writeHead(200, { 'content-type': ociIndex }).end(stale.bytes);
        return true;
      },
      (_, response) => {
        response.writeHead(500).end();
        return true;
      },
    ];
    for (const [at, hook] of hooks.entries()) {
      mirror.hook = hook;
      const client = clientOf({ mirrors: { [origin.host]: [mirror.server.url] } });
      expect((await client.describeImage(`${origin.host}/acme/app:1`)).config.User).toBe('fresh');
      expect(client.warnings.length > 0).toBe(at > 0);
      await client.close();
    }
  });

  test('102: a mirror may have a path of its own', async () => {
    mirror.hook = (seen, response) => {
      const path = seen.url.pathname;
      if (!path.startsWith('/v2/proxy-project/')) return false;
      const url = new URL(path.replace('/proxy-project', ''), seen.url);
      mirror.answer({ ...seen, url }, response);
      return true;
    };
    const client = clientOf({ mirrors: { [origin.host]: [`${mirror.server.url}/v2/proxy-project/`] } });
    await client.describeImage(`${origin.host}/acme/app:1`);
    expect(origin.seen).toHaveLength(1);
    expect(mirror.seen[0]?.url.pathname).toContain('/v2/proxy-project/acme/app/manifests/');
    await client.close();
  });

  test('101: an upstream map looks a proxy’s name up at the source', async () => {
    const client = clientOf({ upstreams: { 'proxy.corp/hub': origin.host, 'proxy.corp': 'wrong.example' } });
    expect((await client.resolveDigest('proxy.corp/hub/acme/app:1')).digest).toBe(fresh.digest);
    expect([...client.resolved.keys()]).toEqual(['proxy.corp/hub/acme/app:1']);
    await client.close();
  });

  test('a mirror that is no URL, or holds a password, is refused without showing it', async () => {
    for (const url of ['mirror', 'https://user:mirror-secret@mirror.example']) {
      const client = clientOf({ mirrors: { [origin.host]: [url] } });
      expect((await failure(client.describeImage(`${origin.host}/acme/app:1`))).message).not.toContain('mirror-secret');
      await client.close();
    }
  });
});

describe('tags', () => {
  let fake: FakeRegistry;
  const ref = () => `${fake.host}/acme/app`;
  beforeEach(async () => {
    fake = await FakeRegistry.start();
    fake.add('acme/app', ['1', '2', '3'], index);
  });
  afterEach(() => fake.stop());

  /** Serves pages; the link of each is what the test makes of the query of the next. */
  function pages(list: string[][], link: (query: string) => string): void {
    fake.hook = ({ url }, response) => {
      const at = Number(url.searchParams.get('page') ?? 0);
      const next = at + 1 < list.length ? { link: `<${link(`page=${at + 1}&n=2`)}>; rel="next"` } : {};
      answerJson(response, 200, { name: 'acme/app', tags: list[at] }, next);
      return true;
    };
  }

  test.each([
    ['relative', (query: string) => `/v2/acme/app/tags/list?${query}`],
    ['only a query', (query: string) => `?${query}`],
    ['absolute', (query: string) => `${fake.server.url}/v2/acme/app/tags/list?${query}`],
    ['another prefix', (query: string) => `/acme/app/tags/list?${query}`],
    ['another host', (query: string) => `http://nexus.internal:8081/v2/acme/app/tags/list?${query}`],
    ['an opaque token, and no n', (query: string) => `/v2/_token?${query.replace('&n=2', '')}&next_page=gAAA%3D%3D`],
  ])('104: the link is %s', async (_, link) => {
    pages([['a', 'b'], ['b', 'c'], ['d']], link);
    const client = clientOf();
    expect(await client.listTags(ref())).toEqual({ tags: ['a', 'b', 'c', 'd'], complete: true });
    expect(fake.seen.every(({ url }) => url.pathname === '/v2/acme/app/tags/list')).toBe(true);
    expect(fake.seen.every(({ url }) => url.searchParams.has('n'))).toBe(true);
    await client.close();
  });

  test('105: a registry that refuses `n` is asked without', async () => {
    fake.hook = ({ url }, response) => {
      if (!url.searchParams.has('n')) return false;
      complain(response, 405, 'UNSUPPORTED', 'n must be at most 100');
      return true;
    };
    const client = clientOf();
    expect((await client.listTags(ref())).tags).toEqual(['1', '2', '3']);
    await client.close();
  });

  test('107: a list without end is cut, by pages, by tags and by time', async () => {
    let count = 0;
    fake.hook = (_, response) => {
      const tags = Array.from({ length: 100 }, () => `tag-${count++}`);
      answerJson(response, 200, { tags }, { link: `<?last=${count}&n=100>; rel="next"` });
      return true;
    };
    const clock = new FakeClock();
    for (const [limits, expected] of [
      [{ pages: 5 }, 500],
      [{ tags: 250 }, 250],
    ] as const) {
      const client = clientOf({ tagLimits: limits });
      const list = await client.listTags(ref());
      expect(list.complete).toBe(false);
      expect(list.tags).toHaveLength(expected);
      await client.close();
    }
    fake.hook = (_, response) => {
      clock.pass(10_000);
      answerJson(response, 200, { tags: [`t${count++}`] }, { link: `<?last=${count}>; rel="next"` });
      return true;
    };
    const slow = clientOf({ clock, tagLimits: { time: 25_000 } });
    expect((await slow.listTags(ref())).tags).toHaveLength(3);
    await slow.close();
  });

  test('107: a link that leads in a circle', async () => {
    fake.hook = (_, response) => {
      answerJson(response, 200, { tags: ['a'] }, { link: '<?last=a&n=1000>; rel="next"' });
      return true;
    };
    const client = clientOf();
    expect(await client.listTags(ref())).toEqual({ tags: ['a'], complete: false });
    expect(client.requests.count()).toBe(2);
    await client.close();
  });

  test('99: `tags: null`, and tags that are none', async () => {
    for (const [tags, expected] of [
      [null, []],
      [undefined, []],
      ['x', []],
      [['ok', 'not/ok', 7, '', '-x'], ['ok']],
    ] as const) {
      fake.hook = (_, response) => {
        answerJson(response, 200, { name: 'acme/app', tags });
        return true;
      };
      const client = clientOf();
      expect((await client.listTags(ref())).tags).toEqual(expected);
      await client.close();
    }
  });

  test('a repository that is not there', async () => {
    const client = clientOf();
    const error = await failure(client.listTags(`${fake.host}/none/such`));
    expect(error).toMatchObject({ kind: 'not-found', reason: 'there is no such repository, or it is hidden' });
    await client.close();
  });
});
