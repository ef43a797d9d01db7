import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeWithParts, temporaryFolder } from '../support/parts.ts';
import { clientOf, FakeClock, failure } from '../support/registry-client.ts';
import { complain, TestServer } from '../support/registry-fake.ts';
import { attestationOf, imageOf, indexOf, layerOf, push, sha256 } from '../support/registry-images.ts';
import { type RunningRegistry, skopeoDigest, startRegistry } from '../support/registry-parts.ts';

const accepts = {
  all: 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
  schema2: 'application/vnd.docker.distribution.manifest.v2+json',
};
const amd64 = imageOf({ config: { User: 'web' } });
const arm64 = imageOf({ architecture: 'arm64', variant: 'v8' });
const index = indexOf([amd64, arm64]);
const dockerAmd64 = imageOf({ format: 'docker' });
const dockerList = indexOf([dockerAmd64, imageOf({ format: 'docker', architecture: 'arm64' })], { format: 'docker' });

let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.remove());

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
      expect(await skopeoDigest(ref(name))).toBe(expected);
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
    expect(await skopeoDigest(ref('acme/untyped:1'))).toBe(untyped.digest);
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
    expect((await failure(client.resolveDigest(ref('none/such:1')))).kind).toBe('not-found');
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
      expect(found).toMatchObject({ digest: await skopeoDigest(ref('library/ubuntu:22.04')), via: 'get' });
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
