import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compareImages, differenceLines, nothingAllowed } from '../../src/verify/compare.ts';
import { heldBy, isZip } from '../../src/verify/zip.ts';
import { dockerArchive, read } from '../support/proof-images.ts';
import { tarOf } from '../support/registry-images.ts';

/** A ZIP archive of files by name, all of one time (MS-DOS format), as APPNOTE.TXT of PKWARE lays it out. */
function zipOf(files: Readonly<Record<string, string>>, time: number, { mode = 0o644, comment = '' } = {}): Buffer {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(time, 6);
    common.writeUInt32LE(crc32(text), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(text.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((0o100000 | mode) * 0x10000, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x03'), common, rest, Buffer.from(name));
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(comment.length, 16);
  return Buffer.concat([...parts, entries, Buffer.from('PK\x05\x06'), end, Buffer.from(comment)]);
}

describe('archives that are made anew', () => {
  const files = { 'META-INF/MANIFEST.MF': 'Main-Class: App', 'App.class': 'code' };
  const compared = async (one: Buffer, other: Buffer): Promise<string[]> => {
    const [before, after] = await Promise.all(
      [one, other].map(async (bytes) =>
        read(await dockerArchive([['1/layer.tar', await tarOf([['app/app.jar', bytes as never]])]])),
      ),
    );
    return differenceLines(compareImages(before!, after!, nothingAllowed));
  };

  test('differ in times, which mean nothing', async () => {
    const [one, other] = [zipOf(files, 1), zipOf(files, 2, { comment: 'PK' })];
    expect(one.equals(other)).toBe(false);
    expect(await compared(one, other)).toEqual([]);
  });

  test.each<[string, Buffer]>([
    ['content', zipOf({ ...files, 'App.class': 'Code' }, 1)],
    ['a name', zipOf({ 'META-INF/MANIFEST.MF': 'Main-Class: App', 'Apq.class': 'code' }, 1)],
    ['a file more', zipOf({ ...files, more: '' }, 1)],
    ['a mode', zipOf(files, 1, { mode: 0o755 })],
    ['the order, in which classes are found', zipOf(Object.fromEntries(Object.entries(files).reverse()), 1)],
  ])('and %s, which means something', async (_name, other) => {
    expect(await compared(zipOf(files, 1), other)).toEqual([
      expect.stringContaining('/app/app.jar` has another content'),
    ]);
  });

  test('are compared byte by byte where they cannot be read', () => {
    const whole = zipOf(files, 1);
    expect(isZip(whole)).toBe(true);
    for (let length = 0; length < whole.length; length++) expect(heldBy(whole.subarray(0, length))).toBeUndefined();
    const large = Buffer.from(whole);
    large.writeUInt32LE(0xffffffff, large.length - 6);
    expect(heldBy(large)).toBeUndefined();
  });
});
