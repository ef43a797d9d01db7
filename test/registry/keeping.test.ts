import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Cache, cacheFolder } from '../../src/registry/cache.ts';
import {
  type Lock,
  lockText,
  parseLock,
  RegistryError,
  readLock,
  updateLock,
  writeLock,
} from '../../src/registry/index.ts';
import { temporaryFolder } from '../support/parts.ts';
import { clientOf, FakeClock, failure } from '../support/registry-client.ts';
import { FakeRegistry } from '../support/registry-fake.ts';
import { attestationOf, imageOf, indexOf, layerOf } from '../support/registry-images.ts';

const image = imageOf({ config: { User: 'web' } });
const index = indexOf([image]);
const moved = indexOf([imageOf({ config: { User: 'new' } })]);
const ociIndex = 'application/vnd.oci.image.index.v1+json';

let folder: ReturnType<typeof temporaryFolder>;
let cache: string;
let count = 0;
let fake: FakeRegistry;

beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.remove());
beforeEach(async () => {
  cache = join(folder.path, `cache-${++count}`);
  fake = await FakeRegistry.start();
  fake.add('acme/app', ['1', 'latest'], index);
});
afterEach(() => fake.stop());
const ref = (rest = ':1') => `${fake.host}/acme/app${rest}`;

/** All files under a folder. */
function files(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the cache', () => {
  test('90: a second run within the lifetime costs no request, a later one costs one', async () => {
    const clock = new FakeClock();
    const options = { cache, clock, tagLifetime: 60_000 };
    const first = clientOf(options);
    const resolved = await first.resolveDigest(ref());
    await first.describeImage(ref());
    await first.close();
    clock.pass(59_000);
    const second = clientOf(options);
    expect(await second.resolveDigest(ref())).toEqual({ ...resolved, via: 'cache' });
    expect((await second.describeImage(ref())).config.User).toBe('web');
    expect(second.requests.count()).toBe(0);
    await second.close();
    clock.pass(2000);
    fake.add('acme/app', ['1'], moved);
    const third = clientOf(options);
    expect((await third.resolveDigest(ref())).digest).toBe(moved.digest);
    expect(third.requests.count()).toBe(1);
    await third.close();
  });

  test('digest-addressed entries do not expire', async () => {
    const clock = new FakeClock();
    const first = clientOf({ cache, clock });
    await first.describeImage(ref(`@${index.digest}`));
    await first.close();
    clock.pass(1e12);
    const later = clientOf({ cache, clock });
    expect((await later.describeImage(ref(`@${index.digest}`))).config.User).toBe('web');
    expect(later.requests.count()).toBe(0);
    await later.close();
  });

  test('`fresh` passes over the cache, and renews it', async () => {
    const first = clientOf({ cache });
    await first.resolveDigest(ref());
    fake.add('acme/app', ['1'], moved);
    expect((await first.resolveDigest(ref(), { fresh: true })).digest).toBe(moved.digest);
    await first.close();
    const second = clientOf({ cache });
    expect(await second.resolveDigest(ref())).toMatchObject({ digest: moved.digest, via: 'cache' });
    await second.close();
  });

  test('a time in the future is not believed', async () => {
    const clock = new FakeClock();
    clock.pass(1e9);
    const ahead = clientOf({ cache, clock });
    await ahead.resolveDigest(ref());
    await ahead.close();
    const now = clientOf({ cache, clock: new FakeClock() });
    expect((await now.resolveDigest(ref())).via).toBe('head');
    await now.close();
  });

  test('corrupt files count as absent, whatever is wrong with them', async () => {
    const first = clientOf({ cache });
    await first.describeImage(ref());
    await first.close();
    const originals = files(cache).map((path) => [path, readFileSync(path)] as const);
    expect(originals.length).toBe(4);
    // How many of the four things are asked for again; some damages leave files as they were.
    const damages: [(bytes: Buffer) => Buffer, number][] = [
      [() => Buffer.alloc(0), 4],
      [(bytes) => bytes.subarray(0, bytes.length / 2), 4],
      [(bytes) => Buffer.from(bytes.toString().replace(index.digest.slice(-8), '00000000')), 2],
      [() => Buffer.from('\0\0\0'), 4],
      [() => Buffer.from('{}'), 4],
      [() => originals[0]![1], 3],
    ];
    for (const [damage, asked] of damages) {
      for (const [path, bytes] of originals) writeFileSync(path, damage(bytes));
      const client = clientOf({ cache });
      const found = await client.describeImage(ref());
      expect(found).toMatchObject({ digest: index.digest, config: { User: 'web' } });
      expect(client.requests.count()).toBe(asked);
      await client.close();
    }
  });

  test('runs at the same time do not harm each other, and leave no temporary files', async () => {
    const clients = Array.from({ length: 8 }, () => clientOf({ cache }));
    await Promise.all(clients.map((client) => client.describeImage(ref())));
    await Promise.all(clients.map((client) => client.close()));
    expect(files(cache)).toHaveLength(4);
    const after = clientOf({ cache });
    await after.describeImage(ref());
    expect(after.requests.count()).toBe(0);
    await after.close();
  });

  test('what it keeps is for its user alone', async () => {
    const client = clientOf({ cache });
    await client.resolveDigest(ref());
    await client.close();
    for (const path of files(cache)) expect(statSync(path).mode & 0o077).toBe(0);
  });

  test('a folder that cannot be written to costs a warning, said once', async () => {
    mkdirSync(cache);
    writeFileSync(join(cache, 'registry-1'), 'a file in the way');
    chmodSync(cache, 0o700);
    const client = clientOf({ cache });
    expect((await client.describeImage(ref())).config.User).toBe('web');
    expect(client.warnings).toHaveLength(1);
    expect(client.warnings[0]).toContain(cache);
    await client.close();
  });

  test('a key is never answered with the value of another', async () => {
    const kept = new Cache(cache, () => undefined);
    await kept.set('a', 1, 5);
    expect(await kept.get('a')).toEqual({ value: 1, at: 5 });
    expect(await kept.get('b')).toBeUndefined();
    await new Cache(undefined, () => undefined).set('a', 1, 5);
  });

  test('where it is', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, '/home/u', 'linux')).toBe('/x/dockmend');
    expect(cacheFolder({}, '/home/u', 'linux')).toBe('/home/u/.cache/dockmend');
    expect(cacheFolder({}, '/home/u', 'darwin')).toBe('/home/u/Library/Caches/dockmend');
    expect(cacheFolder({ LOCALAPPDATA: '/l' }, '/home/u', 'win32')).toBe(join('/l', 'dockmend', 'cache'));
  });
});

describe('offline', () => {
  test('answers from the cache, however old, and lists what is missing', async () => {
    const clock = new FakeClock();
    const online = clientOf({ cache, clock });
    await online.describeImage(ref());
    await online.close();
    clock.pass(1e10);
    const offline = clientOf({ cache, clock, offline: true });
    expect((await offline.resolveDigest(ref())).digest).toBe(index.digest);
    expect((await offline.describeImage(ref())).config.User).toBe('web');
    for (const text of ['node:22', 'node', ref(':2'), ref(`@${index.digest}`)]) {
      expect(await failure(offline.resolveDigest(text)), text).toMatchObject({ kind: 'offline', reference: text });
    }
    expect((await failure(offline.listTags(ref()))).kind).toBe('offline');
    expect((await failure(offline.imageFiles('node:22'))).kind).toBe('offline');
    expect(offline.missing).toEqual(
      [
        ref(':2'),
        ref(`@${index.digest}`),
        'docker.io/library/node:22',
        'docker.io/library/node:latest',
        `the tags of ${ref('')}`,
      ].sort(),
    );
    expect(offline.requests.count()).toBe(0);
    await offline.close();
  });

  test('the lock beats the cache, and needs neither it nor the network', async () => {
    const lock: Lock = new Map([
      [ref(), { digest: moved.digest, mediaType: ociIndex, resolvedAt: '2026-01-01T00:00:00.000Z' }],
    ]);
    const offline = clientOf({ lock, offline: true });
    expect(await offline.resolveDigest(ref())).toEqual({
      digest: moved.digest,
      mediaType: ociIndex,
      kind: 'index',
      at: '2026-01-01T00:00:00.000Z',
      via: 'lock',
    });
    await offline.close();
    const online = clientOf({ lock, cache });
    expect((await online.resolveDigest(ref())).via).toBe('lock');
    expect((await online.resolveDigest(ref(), { fresh: true })).digest).toBe(index.digest);
    await online.close();
  });
});

describe('the lock file', () => {
  const entry = { digest: index.digest, mediaType: ociIndex, resolvedAt: '2026-01-01T00:00:00.000Z' };

  test('is the same text for the same knowledge, sorted, and read back', () => {
    const a: Lock = new Map([
      ['docker.io/library/node:22', entry],
      ['docker.io/library/alpine:3', entry],
    ]);
    const b: Lock = new Map([...a].reverse());
    expect(lockText(a)).toBe(lockText(b));
    expect(lockText(a).indexOf('alpine')).toBeLessThan(lockText(a).indexOf('node'));
    expect(lockText(a).endsWith('}\n')).toBe(true);
    expect(new Map([...parseLock(lockText(a), 'x')].sort())).toEqual(new Map([...a].sort()));
    expect(Object.keys(JSON.parse(lockText(a)))).toEqual(['version', 'images']);
  });

  test.each([
    ['{', 'is not valid JSON'],
    ['null', 'version 1'],
    ['{"version": 2, "images": {}}', 'version 1'],
    ['{"version": 1}', 'has no `images`'],
    [JSON.stringify({ version: 1, images: { node: entry } }), '`node`'],
    [
      JSON.stringify({ version: 1, images: { 'docker.io/library/x:1': { ...entry, digest: 'sha256:0' } } }),
      'malformed',
    ],
    [
      JSON.stringify({ version: 1, images: { 'docker.io/library/x:1': { ...entry, mediaType: 'text/html' } } }),
      'malformed',
    ],
    [JSON.stringify({ version: 1, images: { 'docker.io/library/x:1': null } }), 'malformed'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseLock(text, 'dockmend.lock')).toThrow(reason);
    expect(() => parseLock(text, 'dockmend.lock')).toThrow(RegistryError);
  });

  test('is written whole, and only when its text changes', async () => {
    const path = join(folder.path, 'dockmend.lock');
    expect(await readLock(path)).toBeUndefined();
    const client = clientOf();
    await client.resolveDigest(ref());
    const lock = updateLock(new Map(), client.resolved);
    expect(await writeLock(path, lock)).toBe(true);
    expect(await writeLock(path, lock)).toBe(false);
    expect(await readLock(path)).toEqual(lock);
    expect(lock.get(ref())?.digest).toBe(index.digest);
    await client.close();
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await failure(writeLock(join(folder.path, 'none', 'dockmend.lock'), lock))).kind).toBe('lock');
  });

  test('keeps the time of an entry while its digest stays', () => {
    const lock: Lock = new Map([['docker.io/library/x:1', entry]]);
    const later = { ...entry, resolvedAt: '2026-02-02T00:00:00.000Z' };
    expect(updateLock(lock, new Map([['docker.io/library/x:1', later]]))).toEqual(lock);
    const other = { ...later, digest: moved.digest };
    expect(updateLock(lock, new Map([['docker.io/library/x:1', other]])).get('docker.io/library/x:1')).toEqual(other);
  });
});

describe('versions', () => {
  const version = imageOf({ note: 'v' });

  test('108, 111: the most precise version with the same digest, of the same flavour', async () => {
    fake.add('acme/v', ['latest', '22.1.0', '22.1', '22', 'jammy'], indexOf([version]));
    fake.add('acme/v', ['23.0.0-rc1', '22.0.9', '21', 'alpine', '22.1.0-alpine'], indexOf([image]));
    const client = clientOf();
    const found = await client.versionOf(`${fake.host}/acme/v`);
    expect(found).toMatchObject({ tag: '22.1.0', by: 'digest', complete: true, kind: 'index' });
    expect((await client.versionOf(`${fake.host}/acme/v:alpine`)).tag).toBe('22.1.0-alpine');
    expect((await client.versionOf(`${fake.host}/acme/v:22`)).tag).toBeUndefined();
    expect(client.requests.count({ method: 'GET' })).toBe(1);
    // What was only looked at is nothing for a lock.
    expect(client.resolved.size).toBe(0);
    await client.close();
  });

  test('109: no tag has the digest: nothing is guessed', async () => {
    fake.add('acme/v', ['latest'], indexOf([version]));
    fake.add('acme/v', ['1', '2', '3'], indexOf([image]));
    const client = clientOf();
    const found = await client.versionOf(`${fake.host}/acme/v`);
    expect(found).toMatchObject({ digest: indexOf([version]).digest, tried: 3 });
    expect(found.tag).toBeUndefined();
    await client.close();
  });

  test('109: indexes that differ in attestations alone hold the same images', async () => {
    const tagged = indexOf([version, attestationOf('one')]);
    fake.add('acme/v', ['latest'], indexOf([version, attestationOf('two')]));
    fake.add('acme/v', ['1.0'], tagged);
    const client = clientOf();
    expect(await client.versionOf(`${fake.host}/acme/v`)).toMatchObject({
      tag: '1.0',
      digest: tagged.digest,
      by: 'content',
    });
    await client.close();
  });

  test('107: the search is bounded', async () => {
    fake.add('acme/v', ['latest'], indexOf([version]));
    const tags = Array.from({ length: 400 }, (_, at) => `1.0.${at}`);
    fake.add('acme/v', tags, indexOf([image]));
    const client = clientOf({ versionTries: 10 });
    expect((await client.versionOf(`${fake.host}/acme/v`)).tag).toBeUndefined();
    expect(client.requests.count({ method: 'HEAD' })).toBe(11);
    expect(client.requests.count({ method: 'GET', kind: 'manifest' })).toBeLessThanOrEqual(4);
    await client.close();
  });

  test('115: a pin by digest alone has no tag to look for', async () => {
    const client = clientOf();
    expect((await failure(client.versionOf(ref(`@${index.digest}`)))).kind).toBe('invalid-reference');
    expect(client.requests.count()).toBe(0);
    await client.close();
  });

  test('117: when an image was published', async () => {
    const at = async (created: string) => {
      const thing = imageOf({ created });
      fake.add('acme/time', [created.slice(0, 4)], thing);
      const client = clientOf();
      const found = await client.publishedAt(`${fake.host}/acme/time:${created.slice(0, 4)}`);
      await client.close();
      return found;
    };
    expect(await at('2026-05-06T07:08:09Z')).toBe('2026-05-06T07:08:09.000Z');
    expect(await at('1970-01-01T00:00:00Z')).toBeUndefined();
  });

  test('layers are read once for all images that share them', async () => {
    const base = await layerOf([['etc/os-release', 'ID=debian\n']]);
    fake.add('acme/one', ['1'], imageOf({ layers: [base, await layerOf([['a', 'a']])] }));
    fake.add('acme/two', ['1'], imageOf({ layers: [base, await layerOf([['b', 'b']])] }));
    const client = clientOf({ cache });
    await client.imageFiles(`${fake.host}/acme/one:1`);
    expect((await client.imageFiles(`${fake.host}/acme/two:1`)).osRelease).toEqual({ ID: 'debian' });
    expect(client.requests.count({ kind: 'layer' })).toBe(3);
    await client.close();
    const offline = clientOf({ cache, offline: true });
    expect((await offline.imageFiles(`${fake.host}/acme/one:1`)).complete).toBe(true);
    await offline.close();
  });
});
