import { describe, expect, test } from 'vitest';
import { filesOf } from '../../src/registry/image-files.ts';
import { factsOfConfig, factsOfFiles } from '../../src/registry/index.ts';
import { readLayer } from '../../src/registry/layer.ts';
import { type Blob, layerOf } from '../support/registry-images.ts';

const symlink = (linkname: string) => ({ type: 'symlink' as const, linkname });
const hardlink = (linkname: string) => ({ type: 'link' as const, linkname });

async function read(blob: Blob) {
  async function* pieces() {
    yield blob.bytes;
  }
  return readLayer(
    pieces(),
    { mediaType: blob.mediaType, digest: blob.digest, size: blob.bytes.length },
    { unpacked: 1e6 },
  );
}

async function factsOf(...layers: Parameters<typeof layerOf>[0][]) {
  return factsOfFiles(filesOf(await Promise.all(layers.map(async (files) => read(await layerOf(files))))));
}

const debian = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n';
const passwd = 'root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n';

describe('what the files of an image say', () => {
  test('Debian, with a merged /usr and a user of its own on top', async () => {
    const facts = await factsOf(
      [
        ['bin', symlink('usr/bin')],
        ['sbin', symlink('usr/sbin')],
        ['etc/os-release', symlink('../usr/lib/os-release')],
        ['usr/lib/os-release', debian],
        ['etc/passwd', passwd],
        ['etc/group', 'root:x:0:\nwww-data:x:33:\n'],
        ['usr/bin/dash', 'x'],
        ['usr/bin/sh', symlink('dash')],
        ['usr/bin/apt-get', 'x'],
        ['usr/bin/awk', symlink('/etc/alternatives/awk')],
        ['usr/sbin/useradd', 'x'],
      ],
      [
        ['etc/passwd', `${passwd}app:x:1000:1000::/home/app:/bin/sh\n`],
        ['usr/local/bin/curl', 'x'],
      ],
    );
    expect(facts).toMatchObject({
      system: 'debian',
      sh: 'dash',
      release: { id: 'debian', version: '13', codename: 'trixie' },
      groups: [
        { name: 'root', gid: 0 },
        { name: 'www-data', gid: 33 },
      ],
    });
    expect(facts.users?.at(-1)).toEqual({ name: 'app', uid: 1000, gid: 1000, home: '/home/app', shell: '/bin/sh' });
    expect(facts.programs).toEqual([
      '/bin/apt-get',
      '/bin/awk',
      '/bin/dash',
      '/bin/sh',
      '/sbin/useradd',
      '/usr/bin/apt-get',
      '/usr/bin/awk',
      '/usr/bin/dash',
      '/usr/bin/sh',
      '/usr/local/bin/curl',
      '/usr/sbin/useradd',
    ]);
  });

  test.each([
    ['alpine', 'ID=alpine\nVERSION_ID=3.22.1', 'bin/busybox', 'alpine', 'ash'],
    ['wolfi', 'ID=chainguard\nVERSION_ID=20230214', 'usr/bin/busybox', 'wolfi', 'ash'],
    ['ubi', 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.6"', 'usr/bin/bash', 'rhel', 'bash'],
    ['a clone', 'ID="eurolinux"\nID_LIKE="rhel fedora centos"\nVERSION_ID="9.4"', 'usr/bin/bash', 'rhel', 'bash'],
    ['a derivative', 'ID=linuxmint\nID_LIKE="ubuntu debian"', 'usr/bin/dash', 'ubuntu', 'dash'],
    ['suse', 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"', 'usr/bin/bash', 'suse', 'bash'],
    ['debian with another shell', 'ID=debian', 'usr/bin/mksh', 'debian', 'other'],
    ['an unknown system', 'ID=void', 'usr/bin/dash', undefined, 'dash'],
  ])('%s', async (_, release, shell, system, sh) => {
    const facts = await factsOf([
      ['etc/os-release', `${release}\n`],
      [shell, 'x'],
      ['bin/sh', symlink(`/${shell}`)],
    ]);
    expect([facts.system, facts.sh]).toEqual([system, sh]);
  });

  test('BusyBox has one file under many names, and no release', async () => {
    const facts = await factsOf([
      ['bin/[', 'x'],
      ['bin/busybox', hardlink('bin/[')],
      ['bin/sh', hardlink('bin/[')],
    ]);
    expect(facts).toMatchObject({ system: 'busybox', sh: 'ash', users: [], groups: [] });
    expect(facts.release).toBeUndefined();
  });

  test('without shell and package manager it is distroless, whatever the release says', async () => {
    const facts = await factsOf([
      ['etc/os-release', debian],
      [
        'etc/passwd',
        'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
      ],
    ]);
    expect(facts).toMatchObject({ system: 'distroless', sh: 'none', programs: [], release: { version: '13' } });
    expect(
      (
        await factsOf([
          ['etc/os-release', debian],
          ['usr/bin/apt-get', 'x'],
        ])
      ).system,
    ).toBe('debian');
  });

  test('a shell whose kind does not show is not known', async () => {
    expect((await factsOf([['bin/sh', 'x']])).sh).toBeUndefined();
    expect((await factsOf([['bin/sh', symlink('/nix/store/abc-bash/bin/bash')]])).sh).toBeUndefined();
  });

  test('what a layer that was not read may change is left out', async () => {
    const base = await read(
      await layerOf([
        ['etc/os-release', debian],
        ['bin/dash', 'x'],
        ['bin/sh', symlink('dash')],
      ]),
    );
    const top = await read(await layerOf([['etc/passwd', passwd]]));
    expect(factsOfFiles(filesOf([base, undefined]))).toEqual({});
    expect(Object.keys(factsOfFiles(filesOf([base, undefined, top])))).toEqual(['users']);
  });
});

test('what a configuration says', () => {
  const image = {
    digest: '',
    manifestDigest: '',
    platform: { os: 'linux', architecture: 'amd64' },
    layers: [],
    config: {
      User: 'app',
      Env: ['A=b=c', 'EMPTY='],
      WorkingDir: '/app',
      ExposedPorts: ['80/tcp'],
      Volumes: ['/data'],
      OnBuild: ['RUN x'],
      Labels: {},
    },
  };
  const facts = factsOfConfig({
    ...image,
    config: { ...image.config, Healthcheck: { Test: ['CMD', 'true'] }, StopSignal: 'SIGQUIT' },
  });
  expect(facts).toEqual({
    source: 'registry',
    user: 'app',
    workingDir: '/app',
    entrypoint: [],
    cmd: [],
    env: { A: 'b=c', EMPTY: '' },
    exposedPorts: ['80/tcp'],
    volumes: ['/data'],
    onBuild: ['RUN x'],
    healthcheck: true,
    stopSignal: 'SIGQUIT',
  });
  expect(factsOfConfig({ ...image, config: { ...image.config, Healthcheck: { Test: ['NONE'] } } }).healthcheck).toBe(
    false,
  );
  expect(factsOfConfig({ ...image, platform: { os: 'windows', architecture: 'amd64' } }).system).toBe('windows');
});
