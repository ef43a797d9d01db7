import { createHash } from 'node:crypto';

/** Whether bytes begin as a ZIP archive with an entry does: JAR, WAR and wheels as well (PKWARE, APPNOTE.TXT 4.3.7). */
export function isZip(first: Buffer): boolean {
  return first.length >= 4 && first.readUInt32LE(0) === 0x04034b50;
}

/** A record at the end, without a comment, and the longest comment (APPNOTE.TXT 4.3.16). */
const [endSize, longestComment] = [22, 0xffff];
const [endMark, entryMark] = [0x06054b50, 0x02014b50];
/** What is in a record of 64 bits. */
const elsewhere = 0xffffffff;

/**
 * Stands for what a ZIP archive holds: the names, sizes, checksums and modes of its entries in their order, without the
 * times, in which two builds of it differ (APPNOTE.TXT 4.3.12). Undefined for what cannot be read so.
 */
export function heldBy(archive: Buffer): string | undefined {
  const end = endOf(archive);
  if (end === undefined) return undefined;
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  if (count === 0xffff || at === elsewhere) return undefined;
  const hash = createHash('sha256');
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || archive.readUInt32LE(at) !== entryMark) return undefined;
    const size = archive.readUInt32LE(at + 24);
    if (size === elsewhere) return undefined;
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const entry = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 16), size, archive.readUInt32LE(at + 38)];
    hash.update(JSON.stringify([archive.toString('hex', at + 46, at + 46 + name), ...entry]));
    at += 46 + name + extra + comment;
  }
  return hash.digest('hex');
}

function endOf(archive: Buffer): number | undefined {
  const last = Math.max(0, archive.length - endSize - longestComment);
  for (let at = archive.length - endSize; at >= last; at--) if (archive.readUInt32LE(at) === endMark) return at;
  return undefined;
}
