import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/parts.ts';
import { clientOf, FakeClock, failure } from '../support/registry-client.ts';
import { answerJson, complain, FakeRegistry } from '../support/registry-fake.ts';
import { imageOf, indexOf } from '../support/registry-images.ts';

const index = indexOf([imageOf()]);
const ociIndex = 'application/vnd.oci.image.index.v1+json';

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

  test('103: the credentials of the origin never go to the mirror', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder.path, '.docker'));
    const auth = Buffer.from('user:origin-password').toString('base64');
    writeFileSync(join(folder.path, '.docker', 'config.json'), JSON.stringify({ auths: { [origin.host]: { auth } } }));
    for (const server of [origin, mirror]) {
      server.hook = ({ headers }, response) => {
        if (headers.authorization || server === mirror) return false;
        complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': 'Basic realm="x"' });
        return true;
      };
    }
    const client = clientOf({ home: folder.path, mirrors: { [origin.host]: [mirror.server.url] } });
    await client.describeImage(`${origin.host}/acme/app:1`);
    expect(origin.seen.at(-1)?.headers.authorization).toBe(`Basic ${auth}`);
    expect(mirror.seen.length).toBe(3);
    expect(mirror.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    mirror.hook = (_, response) => {
      complain(response, 401, 'UNAUTHORIZED', '', { 'www-authenticate': 'Basic realm="x"' });
      return true;
    };
    const asked = clientOf({ home: folder.path, mirrors: { [origin.host]: [mirror.server.url] } });
    await asked.describeImage(`${origin.host}/acme/app:1`);
    expect(mirror.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await client.close();
    await asked.close();
    folder.remove();
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
