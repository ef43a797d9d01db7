import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { relativePath } from '../../src/layer/index.ts';
import { parseOsRelease } from '../../src/registry/image-files.ts';
import { readLayer } from '../../src/registry/layer.ts';
import { clientOf, failure } from '../support/registry-client.ts';
import { FakeRegistry } from '../support/registry-fake.ts';
import { attestationOf, type Blob, imageOf, indexOf, layerOf, sha256, tarOf } from '../support/registry-images.ts';

let fake: FakeRegistry;
let registry: ReturnType<typeof clientOf>;
beforeEach(async () => {
  fake = await FakeRegistry.start();
  registry = clientOf();
});
afterEach(async () => {
  await registry.close();
  await fake.stop();
});

const symlink = (linkname: string) => ({ type: 'symlink' as const, linkname });
const hardlink = (linkname: string) => ({ type: 'link' as const, linkname });

/** The files of an image of these layers, the lowest first. */
async function filesOf(...layers: Blob[]) {
  const image = imageOf({ layers, note: String(Math.random()) });
  fake.add('acme/files', ['1'], image);
  return registry.imageFiles(`${fake.host}/acme/files@${image.digest}`);
}

describe('configurations', () => {
  const config = {
    User: '1000:1000',
    Env: ['PATH=/usr/bin', 'A=b=c'],
    WorkingDir: '/app',
    Entrypoint: ['/entry'],
    Cmd: ['serve'],
    Shell: ['/bin/bash', '-c'],
    ExposedPorts: { '8080/tcp': {} },
    Volumes: { '/data': {} },
    OnBuild: ['COPY . /app'],
    Healthcheck: { Test: ['CMD', 'true'], Interval: 30_000_000_000, Retries: 3 },
    Labels: { 'org.example': 'x' },
    StopSignal: 'SIGQUIT',
  };

  test('all fields, of the platform that is asked for', async () => {
    const arm = imageOf({ architecture: 'arm64', config: { User: 'arm' } });
    const amd = imageOf({ config, created: '2026-01-02T03:04:05Z' });
    const index = indexOf([attestationOf('x'), arm, amd]);
    fake.add('acme/app', ['1'], index);
    const found = await registry.describeImage(`${fake.host}/acme/app:1`);
    expect(found).toEqual({
      digest: index.digest,
      manifestDigest: amd.digest,
      platform: { os: 'linux', architecture: 'amd64' },
      created: '2026-01-02T03:04:05.000Z',
      layers: [],
      config: { ...config, ExposedPorts: ['8080/tcp'], Volumes: ['/data'] },
    });
    expect((await registry.describeImage(`${fake.host}/acme/app:1`, 'linux/arm64')).config.User).toBe('arm');
    const error = await failure(registry.describeImage(`${fake.host}/acme/app:1`, 'linux/s390x'));
    expect(error).toMatchObject({ kind: 'unsupported', reason: 'it has no image for linux/s390x' });
    expect(error.advice).toBe('it has images for linux/arm64, linux/amd64');
  });

  test('an image without configuration, a single manifest, and Docker types', async () => {
    fake.add('acme/app', ['1'], imageOf({ format: 'docker' }));
    expect((await registry.describeImage(`${fake.host}/acme/app:1`)).config).toEqual({
      User: '',
      Env: [],
      WorkingDir: '',
      ExposedPorts: [],
      Volumes: [],
      OnBuild: [],
      Labels: {},
    });
  });

  test('fields of the wrong type are left out', async () => {
    const odd = {
      User: 7,
      Env: 'x',
      Cmd: ['a', 7],
      ExposedPorts: ['8080'],
      Healthcheck: [],
      Volumes: null,
      OnBuild: null,
    };
    fake.add('acme/app', ['1'], imageOf({ config: odd }));
    const found = await registry.describeImage(`${fake.host}/acme/app:1`);
    expect(found.config).toMatchObject({ User: '', Env: [], Cmd: ['a'], ExposedPorts: [], Volumes: [] });
    expect(found.config.Healthcheck).toBeUndefined();
  });

  test('58: nested indexes, and one that is nested without end', async () => {
    const inner = indexOf([imageOf({ config: { User: 'inner' } })]);
    fake.add('acme/app', ['1'], indexOf([inner]));
    expect((await registry.describeImage(`${fake.host}/acme/app:1`)).config.User).toBe('inner');
    let deep = inner;
    for (let at = 0; at < 10; at++) deep = indexOf([deep]);
    fake.add('acme/app', ['2'], deep);
    expect((await failure(registry.describeImage(`${fake.host}/acme/app:2`))).kind).toBe('untrusted');
    const wide = indexOf(Array.from({ length: 60 }, (_, at) => indexOf([attestationOf(String(at))])));
    fake.add('acme/app', ['3'], wide);
    expect((await failure(registry.describeImage(`${fake.host}/acme/app:3`))).kind).toBe('untrusted');
    expect(registry.requests.count()).toBeLessThan(50);
  });

  test('what is no container image', async () => {
    const chart = { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: sha256('{}'), size: 2 };
    const body = Buffer.from(JSON.stringify({ schemaVersion: 2, config: chart, layers: [] }));
    fake.add('acme/chart', ['1'], {
      bytes: body,
      digest: sha256(body),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      blobs: [],
      children: [],
    });
    expect((await failure(registry.describeImage(`${fake.host}/acme/chart:1`))).kind).toBe('unsupported');
  });
});

const base: (readonly [string, string | ReturnType<typeof symlink>])[] = [
  ['bin', symlink('usr/bin')],
  ['sbin', symlink('usr/sbin')],
  ['etc/', ''],
  ['etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nbroken\nnobody:x:65534:65534::/:/sbin/nologin\n'],
  ['etc/group', 'root:x:0:\nadm:x:4:syslog,ubuntu\n'],
  ['etc/os-release', symlink('../usr/lib/os-release')],
  ['usr/lib/os-release', 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian \\"bookworm\\""\n'],
  ['usr/bin/dash', 'x'],
  ['usr/bin/sh', symlink('dash')],
  ['usr/bin/bash', 'x'],
  ['usr/bin/apt-get', 'x'],
  ['usr/bin/dpkg', 'x'],
];

describe('files', () => {
  test('one layer: links, users, groups, programs', async () => {
    const found = await filesOf(await layerOf(base));
    expect(found).toMatchObject({
      complete: true,
      osRelease: { ID: 'debian', VERSION_ID: '12', PRETTY_NAME: 'Debian "bookworm"' },
      users: [
        { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/bash' },
        { name: 'nobody', uid: 65534, gid: 65534, home: '/', shell: '/sbin/nologin' },
      ],
      groups: [
        { name: 'root', gid: 0, members: [] },
        { name: 'adm', gid: 4, members: ['syslog', 'ubuntu'] },
      ],
    });
    expect(found.programs.sh).toEqual([
      { path: '/usr/bin/sh', target: '/usr/bin/dash' },
      { path: '/bin/sh', target: '/usr/bin/dash' },
    ]);
    expect(found.programs['apt-get']).toHaveLength(2);
    expect(found.programs.apk).toEqual([]);
    expect(found.programs.useradd).toEqual([]);
  });

  test.each(['gzip', 'zstd', 'none'] as const)('%s', async (compression) => {
    const large = Buffer.alloc(400_000, 'x');
    const found = await filesOf(await layerOf([...base, ['large', large]], compression));
    expect(found.osRelease?.ID).toBe('debian');
  });

  const zstd = spawnSync('zstd', ['--version']).status === 0;
  test.skipIf(!zstd)('zstd, as its own tool compresses', async () => {
    const tar = await tarOf(base);
    const bytes = spawnSync('zstd', ['-19', '-c'], { input: tar }).stdout;
    const layer = { bytes, digest: sha256(bytes), mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' };
    expect((await filesOf(layer)).osRelease?.ID).toBe('debian');
  });

  test('an image without anything', async () => {
    const found = await filesOf(await layerOf([['app', 'x']]));
    expect(found).toMatchObject({ complete: true, osRelease: null, users: null, groups: null });
    expect(Object.values(found.programs).every((paths) => paths?.length === 0)).toBe(true);
    expect(await filesOf()).toMatchObject({ complete: true, osRelease: null });
  });

  test('a later layer wins, and whiteouts take away', async () => {
    const found = await filesOf(
      await layerOf(base),
      await layerOf([
        ['etc/passwd', 'app:x:1000:1000::/app:/bin/sh\n'],
        ['usr/bin/.wh.bash', ''],
        ['bin/.wh.apt-get', ''],
        ['etc/.wh.group', ''],
      ]),
    );
    expect(found.users?.map(({ name }) => name)).toEqual(['app']);
    expect(found.groups).toBeNull();
    expect(found.programs.bash).toEqual([]);
    expect(found.programs['apt-get']).toEqual([]);
    expect(found.programs.dpkg).toHaveLength(2);
  });

  test('opaque folders, whole folders that are gone, and a whiteout of its own layer', async () => {
    const lower = await layerOf(base);
    const opaque = await filesOf(
      lower,
      await layerOf([
        ['usr/bin/bash', 'new'],
        ['usr/bin/.wh..wh..opq', ''],
      ]),
    );
    expect(opaque.programs.bash).toHaveLength(2);
    expect(opaque.programs.sh).toEqual([]);
    const gone = await filesOf(lower, await layerOf([['.wh.usr', '']]));
    expect(gone.programs.sh).toEqual([]);
    expect(gone.osRelease).toBeNull();
    expect(gone.users).toHaveLength(2);
    const root = await filesOf(
      lower,
      await layerOf([
        ['.wh..wh..opq', ''],
        ['etc/passwd', 'a:x:1:1::/:/\n'],
      ]),
    );
    expect(root.users).toHaveLength(1);
    expect(root.programs.sh).toEqual([]);
    const again = await filesOf(
      lower,
      await layerOf([
        ['usr/bin/sh', 'own'],
        ['usr/bin/.wh.sh', ''],
      ]),
    );
    expect(again.programs.sh?.[0]?.target).toBe('/usr/bin/sh');
  });

  test('a folder that becomes a link, a link that becomes a folder, a program that becomes a folder', async () => {
    const merged = await filesOf(
      await layerOf([
        ['bin/', ''],
        ['bin/sh', 'x'],
      ]),
      await layerOf([
        ['bin', symlink('usr/bin')],
        ['usr/bin/zsh', 'x'],
      ]),
    );
    expect(merged.programs.sh).toEqual([]);
    expect(merged.programs.zsh).toHaveLength(2);
    const split = await filesOf(
      await layerOf(base),
      await layerOf([
        ['bin/', ''],
        ['bin/ash', 'x'],
      ]),
    );
    expect(split.programs.sh).toEqual([{ path: '/usr/bin/sh', target: '/usr/bin/dash' }]);
    expect(split.programs.ash).toEqual([{ path: '/bin/ash', target: '/bin/ash' }]);
    const folder = await filesOf(await layerOf([['usr/bin/bash/', '']]));
    expect(folder.programs.bash).toEqual([]);
  });

  test('an upper layer writes through the links of a lower one', async () => {
    const found = await filesOf(await layerOf(base), await layerOf([['bin/zsh', 'x']]));
    expect(found.programs.zsh).toEqual([
      { path: '/usr/bin/zsh', target: '/usr/bin/zsh' },
      { path: '/bin/zsh', target: '/usr/bin/zsh' },
    ]);
  });

  test('links: hard, dangling, in a circle, out of the root, and to places that are not looked at', async () => {
    const found = await filesOf(
      await layerOf([
        ['bin/busybox', 'x'],
        ['bin/sh', hardlink('bin/busybox')],
        ['bin/ash', symlink('/bin/busybox')],
        ['bin/bash', symlink('/bin/nowhere/../dash')],
        ['bin/zsh', symlink('zsh')],
        ['bin/ksh', symlink('/opt/alternatives/ksh')],
        ['usr/bin/apk', symlink('../../../../bin/busybox')],
        ['etc/passwd', 'root:x:0:0::/root:/bin/sh\n'],
        ['etc/group', hardlink('etc/passwd')],
      ]),
    );
    expect(found.programs.sh).toEqual([{ path: '/bin/sh', target: '/bin/busybox' }]);
    expect(found.programs.ash).toEqual([{ path: '/bin/ash', target: '/bin/busybox' }]);
    expect(found.programs.bash).toEqual([]);
    expect(found.programs.zsh).toEqual([]);
    expect(found.programs.ksh).toBeUndefined();
    expect(found.programs.apk).toEqual([{ path: '/usr/bin/apk', target: '/bin/busybox' }]);
    expect(found.groups?.map(({ name }) => name)).toEqual(['root']);
  });

  test('names with `./`, `/` and `..`; the last entry of a name wins', async () => {
    const found = await filesOf(
      await layerOf([
        ['./etc/passwd', 'first:x:1:1::/:/\n'],
        ['/etc//passwd', 'second:x:2:2::/:/\n'],
        ['../etc/passwd', 'evil:x:0:0::/:/\n'],
        ['etc/../../etc/group', 'evil:x:0:\n'],
      ]),
    );
    expect(found.users?.map(({ name }) => name)).toEqual(['second']);
    expect(found.groups).toBeNull();
    expect(relativePath('a/../b')).toBeUndefined();
    expect(relativePath('./')).toBe('');
  });

  test('a layer that is too large is not fetched, and what it may change is not known', async () => {
    const small = await layerOf(base);
    const random = Buffer.alloc(200_000, Buffer.from(Array.from({ length: 997 }, (_, at) => (at * 7919) % 251)));
    const large = await layerOf([['app', random]], 'none');
    const top = await layerOf([['etc/passwd', 'app:x:1:1::/:/\n']]);
    const image = imageOf({ layers: [small, large, top] });
    fake.add('acme/large', ['1'], image);
    const client = clientOf({ layerBytes: 50_000 });
    const found = await client.imageFiles(`${fake.host}/acme/large:1`);
    expect(found.complete).toBe(false);
    expect(found.users?.map(({ name }) => name)).toEqual(['app']);
    expect(found.groups).toBeUndefined();
    expect(found.osRelease).toBeUndefined();
    expect(found.programs.sh).toBeUndefined();
    expect(found.programs.apk).toBeUndefined();
    expect(client.requests.count({ kind: 'layer' })).toBe(2);
    await client.close();
  });

  test('layers of a kind that a registry need not have are not fetched', async () => {
    const foreign = {
      ...(await layerOf(base)),
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    };
    const found = await filesOf(foreign);
    expect(found).toMatchObject({ complete: false });
    expect(found.users).toBeUndefined();
    expect(registry.requests.count({ kind: 'layer' })).toBe(0);
  });

  test('a layer that breaks off is fetched again', async () => {
    const layer = await layerOf([
      ...base,
      ['pad', Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * 31) % 253))],
    ]);
    let breaks = 1;
    fake.hook = ({ url }, response) => {
      if (!url.pathname.endsWith(layer.digest) || breaks-- <= 0) return false;
      response.writeHead(200, { 'content-length': layer.bytes.length });
      response.write(layer.bytes.subarray(0, 500), () => response.destroy());
      return true;
    };
    expect((await filesOf(layer)).osRelease?.ID).toBe('debian');
    expect(registry.requests.count({ kind: 'layer' })).toBe(2);
  });

  test('what is no archive is refused', async () => {
    for (const bytes of [Buffer.from('hello'), Buffer.alloc(5000, 'x'), Buffer.from([0x1f, 0x8b, 1, 2, 3])]) {
      const layer = { bytes, digest: sha256(bytes), mediaType: 'application/vnd.oci.image.layer.v1.tar' };
      expect((await failure(filesOf(layer))).kind).toBe('untrusted');
    }
    const window = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const descriptor = { mediaType: '', digest: sha256(window), size: window.length };
    const body = (async function* () {
      yield window;
    })();
    await expect(readLayer(body, descriptor, { unpacked: 1e6 })).rejects.toThrow('too much memory');
  });

  test('os-release(5)', () => {
    const text = `# comment\nID=alpine\nNAME="Alpine Linux"\n NAME2='it is'\nEMPTY=\nBAD LINE\nX="a\\$b"\r\n__proto__=x\n`;
    expect(parseOsRelease(text)).toMatchObject({
      ID: 'alpine',
      NAME: 'Alpine Linux',
      NAME2: 'it is',
      EMPTY: '',
      X: 'a$b',
    });
  });
});
