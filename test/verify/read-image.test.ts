import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compareImages, differenceLines, nothingAllowed } from '../../src/verify/compare.ts';
import { dockerArchive, read, sha256 } from '../support/proof-images.ts';
import { sha256 as digestOf, tarOf, zstdFrame } from '../support/registry-images.ts';

describe('an image is read from its archive', () => {
  test('modes, owners, links, content and configuration', async () => {
    const layer = await tarOf([
      ['app/', { type: 'directory', mode: 0o1755, uid: 5, gid: 6 }],
      ['app/run', 'content'],
      ['app/link', { type: 'symlink', linkname: '../x' }],
      ['app/same', { type: 'link', linkname: 'app/run' }],
      ['app/pipe', { type: 'fifo', mode: 0o600 }],
    ]);
    const image = await read(await dockerArchive([['1/layer.tar', layer]], { User: 'web', Env: ['A=b=c', 'D='] }));
    expect(image.files.get('app')).toEqual({ type: 'directory', mode: 0o1755, uid: 5, gid: 6 });
    expect(image.files.get('app/run')).toMatchObject({ type: 'file', mode: 0o755, size: 7, hash: sha256('content') });
    expect(image.files.get('app/link')).toMatchObject({ type: 'symlink', target: '../x' });
    expect(image.files.get('app/same')).toEqual(image.files.get('app/run'));
    expect(image.files.get('app/pipe')?.type).toBe('fifo');
    expect(image.config).toMatchObject({ User: 'web', Env: { A: 'b=c', D: '' }, Cmd: [], Healthcheck: null });
    expect(image).toMatchObject({ layers: 1, size: layer.length });
  });

  test('layers one upon the other: whiteouts, opaque folders, replaced folders, links of lower layers', async () => {
    const lower = await tarOf([
      ['usr/lib/', { type: 'directory' }],
      ['lib', { type: 'symlink', linkname: 'usr/lib' }],
      ['gone/deep/file', 'x'],
      ['gone-not', 'x'],
      ['emptied/old', 'x'],
      ['folder/', { type: 'directory' }],
      ['folder/inside', 'x'],
      ['kept', 'x'],
    ]);
    const upper = await tarOf([
      ['.wh.gone', ''],
      // The whiteout of a folder may stand behind what the layer itself puts there.
      ['emptied/new', 'y'],
      ['emptied/.wh..wh..opq', ''],
      ['folder', 'now a file'],
      ['lib/libc.so', 'through the link'],
    ]);
    const image = await read(
      await dockerArchive([
        ['1/layer.tar', lower],
        ['2/layer.tar', upper],
      ]),
    );
    expect([...image.files.keys()].sort()).toEqual(
      ['emptied/new', 'folder', 'gone-not', 'kept', 'lib', 'usr/lib', 'usr/lib/libc.so'].sort(),
    );
  });

  test('compressed layers, links between layers of an archive, and layers read before', async () => {
    const one = await tarOf([['one', '1']]);
    const two = await tarOf([['two', '2']]);
    const config = JSON.stringify({ config: {} });
    const layers = ['a/layer.tar', 'b/layer.tar', 'c/layer.tar'];
    const archive = await tarOf([
      ['a/layer.tar', gzipSync(one)],
      ['b/layer.tar', zstdFrame(two)],
      ['c/layer.tar', { type: 'symlink', linkname: '../a/layer.tar' }],
      ['a/VERSION', '1.0'],
      ['a/json', '{}'],
      ['cfg.json', config],
      ['manifest.json', JSON.stringify([{ Config: 'cfg.json', Layers: layers }])],
    ]);
    const cache = new Map();
    const first = await read(archive, cache);
    expect([...first.files.keys()]).toEqual(['one', 'two']);
    expect(first.layers).toBe(3);
    expect(await read(archive, cache)).toEqual(first);
    expect(cache.size).toBe(2);
  });

  test('an OCI layout, with an index of the image and its attestation', async () => {
    const layer = gzipSync(await tarOf([['x', 'x']]));
    const config = Buffer.from(JSON.stringify({ config: { Cmd: ['x'] } }));
    const blob = (bytes: Buffer) => `blobs/${digestOf(bytes).replace(':', '/')}`;
    const manifest = Buffer.from(
      JSON.stringify({ config: { digest: digestOf(config) }, layers: [{ digest: digestOf(layer) }] }),
    );
    const index = Buffer.from(
      JSON.stringify({
        manifests: [
          { digest: `sha256:${'0'.repeat(64)}`, platform: { os: 'unknown' } },
          { digest: digestOf(manifest), platform: { os: 'linux' } },
        ],
      }),
    );
    const image = await read(
      await tarOf([
        ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
        [blob(layer), layer],
        [blob(config), config],
        [blob(manifest), manifest],
        [blob(index), index],
        ['index.json', JSON.stringify({ manifests: [{ digest: digestOf(index) }] })],
      ]),
    );
    expect(image.config.Cmd).toEqual(['x']);
    expect([...image.files.keys()]).toEqual(['x']);
  });

  test('numbers that the header has no room for, numbers of devices, the root, and names that are no UTF-8', async () => {
    const owner = (uid: string) => ({ pax: { uid, gid: '4000000' } }) as object;
    const name = (byte: number) => ({ pax: { path: Buffer.from([0x61, byte]) } }) as object;
    const layer = async (uid: string, minor: number, mode: number) =>
      tarOf([
        ['./', { type: 'directory', mode }],
        ['big', { type: 'directory', ...owner(uid) }],
        ['null', { type: 'character-device', devmajor: 1, devminor: minor }],
        ['x', { type: 'directory', ...name(0xff) }],
        ['y', { type: 'directory', ...name(0xfe) }],
      ]);
    const image = async (...args: Parameters<typeof layer>) =>
      read(await dockerArchive([['1/layer.tar', await layer(...args)]], { Env: ['A'] }));
    const before = await image('3000000', 3, 0o755);
    expect(before.files.get('big')).toMatchObject({ uid: 3000000, gid: 4000000 });
    expect([...before.files.keys()].filter((each) => each.startsWith('a'))).toHaveLength(2);
    expect(before.config.Env).toEqual({ A: '' });
    const after = await image('5000000', 5, 0o700);
    expect(differenceLines(compareImages(before, after, nothingAllowed))).toEqual([
      '`/` has mode 0700, and had 0755',
      '`/big` belongs to 5000000:4000000, and did to 3000000:4000000',
      '`/null` has other file capabilities',
    ]);
  });

  test('the platform is part of the configuration', async () => {
    const platform = async (architecture: string) => {
      const config = JSON.stringify({ os: 'linux', architecture, config: {} });
      const manifest = JSON.stringify([{ Config: 'c.json', Layers: [] }]);
      return read(
        await tarOf([
          ['c.json', config],
          ['manifest.json', manifest],
        ]),
      );
    };
    expect(differenceLines(compareImages(await platform('amd64'), await platform('arm64'), nothingAllowed))).toEqual([
      '`Platform` is "linux/arm64", and was "linux/amd64"',
    ]);
  });

  test.each([
    ['no archive at all', Buffer.from('this is no archive, and long enough to be looked at'.repeat(20))],
    ['an archive that breaks off', Buffer.from([])],
  ])('%s is refused', async (_name, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ name: 'BuildError', kind: 'unreadable' });
  });

  test('a layer that is missing is refused', async () => {
    const archive = await tarOf([['manifest.json', JSON.stringify([{ Config: 'c.json', Layers: ['lost'] }])]]);
    await expect(read(archive)).rejects.toThrow(/lacks the layer lost/);
  });
});

/** A PAX header with bytes, which tar-stream cannot write, before an empty entry. */
function entryWith(name: string, records: readonly (readonly [string, Buffer])[], type = '0'): Buffer {
  const header = (name: string, type: string, size: number): Buffer => {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    block.write('0000644\0', 100);
    block.write('0000000\0', 108);
    block.write('0000000\0', 116);
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
    block.write('00000000000\0', 136);
    block.write('        ', 148);
    block.write(type, 156);
    block.write('ustar\0' + '00', 257);
    const sum = block.reduce((all, byte) => all + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return block;
  };
  const body = Buffer.concat(
    records.map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
      let length = rest.length + 1;
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );
  const padding = Buffer.alloc((512 - (body.length % 512)) % 512);
  return Buffer.concat([header('pax', 'x', body.length), body, padding, header(name, type, 0)]);
}
const layersOf = (...layers: Buffer[]) =>
  dockerArchive(layers.map((layer, index) => [`${index}/layer.tar`, layer] as const)).then((each) => read(each));
const layer = (...entries: Buffer[]) => Buffer.concat([...entries, Buffer.alloc(1024)]);

describe('an archive is read by its bytes', () => {
  test('file capabilities beyond ASCII', async () => {
    const image = (bits: number) =>
      layersOf(
        layer(entryWith('prog', [['SCHILY.xattr.security.capability', Buffer.from([1, 0, 0, 2, bits, 0, 0, 0])]])),
      );
    // cap_setuid, and that with cap_chown and cap_dac_override.
    const [before, after] = [await image(0x80), await image(0x83)];
    expect(differenceLines(compareImages(before, after, nothingAllowed))).toEqual([
      '`/prog` has other file capabilities',
    ]);
    expect(compareImages(before, await image(0x80), nothingAllowed)).toEqual([]);
  });

  test('names and links that are no UTF-8', async () => {
    const image = (byte: number, link: number) =>
      layersOf(
        layer(
          entryWith('a', [['path', Buffer.from([0x61, byte])]]),
          entryWith('b', [['linkpath', Buffer.from([0x61, link])]], '2'),
        ),
      );
    const before = await image(0xe9, 0xe9);
    expect(compareImages(before, await image(0xe9, 0xe9), nothingAllowed)).toEqual([]);
    expect(compareImages(before, await image(0xe8, 0xe9), nothingAllowed)).toHaveLength(2);
    expect(compareImages(before, await image(0xe9, 0xe8), nothingAllowed)).toHaveLength(1);
  });
});

test('what a lower layer holds where a later one writes something else', async () => {
  type Entries = Parameters<typeof tarOf>[0];
  const of = async (...layers: Entries[]) => layersOf(...(await Promise.all(layers.map((each) => tarOf(each)))));
  const [base, secret, none]: Entries[] = [[['etc/key', 'x']], [['etc/key', 'secret']], [['etc/key', 'none']]];
  const before = await of(base!, none!);
  expect(compareImages(before, await of(base!, secret!, none!), nothingAllowed)).toHaveLength(1);
  const fresh = await of(none!);
  expect(differenceLines(compareImages(fresh, await of(secret!, none!), nothingAllowed))).toEqual([
    '`/etc/key` has another content in a layer that is below, which nothing had before',
  ]);
  expect(compareImages(before, await of(base!, none!), nothingAllowed)).toEqual([]);
});
