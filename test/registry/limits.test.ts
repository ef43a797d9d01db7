import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { durationText, Gate, HostState, retryAfter, systemClock } from '../../src/registry/host-state.ts';
import { clientOf, FakeClock, failure, lookupOf } from '../support/registry-client.ts';
import { complain, FakeRegistry, TestServer } from '../support/registry-fake.ts';
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
