import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract, type Header } from 'tar-stream';
import { decompressor, magicBytes, relativePath, whiteoutOf } from '../layer/index.ts';
import { isElf, largestElf, neededBy } from './elf.ts';
import type { ImageNode } from './image.ts';
import { isText } from './noise.ts';
import { PaxReader, type PaxRecords, textOf } from './pax-records.ts';
import { heldBy, isZip } from './zip.ts';

/** One change that a layer makes, in the order of its archive. Paths are as written, relative to the root. */
export type LayerChange =
  | { readonly path: string; readonly node: ImageNode }
  /** The path of the file that this one is another name of. */
  | { readonly path: string; readonly hardlink: string }
  | { readonly removed: string }
  | { readonly emptied: string };

/** All that a layer does, and its bytes after decompression. */
export interface Layer {
  readonly changes: readonly LayerChange[];
  readonly size: number;
}

const textLimit = 64 * 1024 * 1024;

/** Reads a layer, compressed or not, from its bytes; nothing of it is written anywhere. */
export async function readLayer(first: Buffer, rest: AsyncIterable<Buffer>): Promise<Layer> {
  let size = 0;
  const changes: LayerChange[] = [];
  async function* all(): AsyncGenerator<Buffer> {
    yield first;
    yield* rest;
  }
  async function* counted(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      size += piece.length;
      yield piece;
    }
  }
  const unpack = decompressor(first.subarray(0, magicBytes));
  const source = Readable.from(all(), { objectMode: false });
  const records = new PaxReader();
  const through = (pieces: AsyncIterable<Buffer>) => records.through(pieces);
  const archive = reader(changes, records) as unknown as Writable;
  if (unpack) await pipeline(source, unpack, counted, through, archive);
  else await pipeline(source, counted, through, archive);
  return { changes, size };
}

function reader(changes: LayerChange[], records: PaxReader): Extract {
  const archive = extract();
  const names = new Map<string, number>();
  archive.on('entry', (header, stream, done) => {
    const pax = records.next();
    const [name, link] = ['path', 'linkpath'].map((key) => pax.get(key));
    if (name) header.name = textOf(name);
    if (link) header.linkname = textOf(link);
    const path = relativePath(header.name);
    const isFile = header.type === 'file' || header.type === 'contiguous-file';
    const keep = path !== undefined && isFile && isText(path) && (header.size ?? 0) <= textLimit;
    const hash = createHash('sha256');
    const pieces: Buffer[] = [];
    let begun = false;
    let isProgram = false;
    let interpreters: readonly string[] = [];
    let isArchive = false;
    stream.on('data', (data) => {
      const piece = data as Buffer;
      if (isFile) hash.update(piece);
      if (!begun && isFile && (header.size ?? 0) <= largestElf) {
        isProgram = isElf(piece);
        interpreters = interpretersOf(piece);
        isArchive = isZip(piece);
      }
      begun = true;
      if (keep || isProgram || isArchive) pieces.push(piece);
    });
    stream.on('error', done);
    stream.on('end', () => {
      if (path !== undefined && (path !== '' || header.type === 'directory')) {
        const content = {
          hash: isFile ? hash.digest('hex') : '',
          text: keep ? Buffer.concat(pieces).toString('utf8') : undefined,
          needed: isProgram ? neededBy(Buffer.concat(pieces)) : [],
          runBy: interpreters,
          holds: isArchive ? heldBy(Buffer.concat(pieces)) : undefined,
        };
        const change = changeOf(distinct(path, names), header, pax, content);
        if (change) changes.push(change);
      }
      done();
    });
  });
  return archive;
}

/** Names that are no UTF-8 are read with signs in place of their bytes, which makes several of them one. */
function distinct(path: string, names: Map<string, number>): string {
  if (!path.includes('\ufffd')) return path;
  const number = (names.get(path) ?? 0) + 1;
  names.set(path, number);
  return number === 1 ? path : `${path} (${number})`;
}

/** What was found out about the bytes of a file. */
interface Content {
  readonly hash: string;
  readonly text: string | undefined;
  readonly needed: readonly string[];
  readonly runBy: readonly string[];
  readonly holds: string | undefined;
}

function changeOf(
  path: string,
  header: Header,
  records: PaxRecords,
  { hash, text, needed, runBy, holds }: Content,
): LayerChange | undefined {
  const gone = whiteoutOf(path);
  if (gone) return gone;
  const { mode = 0, uid = 0, gid = 0, size = 0, linkname, type } = header;
  // What the header has no room for is a PAX record (POSIX, pax, extended header keyword/value pairs).
  const number = (key: string, other: number): number => Number(records.get(key)?.toString() ?? other);
  const owned = { mode: mode & 0o7777, uid: number('uid', uid), gid: number('gid', gid) };
  const attributes = attributesOf(records);
  const common = { ...owned, ...(attributes !== undefined && { attributes }) };
  switch (type) {
    case 'link': {
      const hardlink = relativePath(linkname ?? '');
      return hardlink === undefined ? undefined : { path, hardlink };
    }
    case 'symlink':
      return { path, node: { ...common, type: 'symlink', target: linkname ?? '' } };
    case 'directory':
      return { path, node: { ...common, type: 'directory' } };
    case 'file':
    case 'contiguous-file':
      return {
        path,
        node: {
          ...common,
          type: 'file',
          size,
          hash,
          ...(text !== undefined && { text }),
          ...(needed.length > 0 && { needed }),
          ...(runBy.length > 0 && { runBy }),
          ...(holds !== undefined && { holds }),
        },
      };
    case 'fifo':
      return { path, node: { ...common, type: 'fifo' } };
    default: {
      const numbers = `${type} ${header.devmajor ?? 0}:${header.devminor ?? 0}`;
      return { path, node: { ...common, type: 'device', attributes: [attributes, numbers].filter(Boolean).join(' ') } };
    }
  }
}

/** File capabilities and the like, which archives carry as PAX records (`SCHILY.xattr.`, as star and Go's tar write). */
function attributesOf(records: PaxRecords): string | undefined {
  const found = [...records].filter(([key]) => /^SCHILY\.xattr\.(?:security\.capability|user\.)/.test(key));
  if (found.length === 0) return undefined;
  return found
    .map(([key, value]) => `${key.slice('SCHILY.xattr.'.length)}=${value.toString('hex')}`)
    .sort()
    .join(' ');
}

/** What a script is run with, by the names of the programs: of `#!/usr/bin/env python3`, both (execve(2)). */
function interpretersOf(first: Buffer): string[] {
  if (first[0] !== 0x23 || first[1] !== 0x21) return [];
  const [line = ''] = first.toString('latin1', 2, 256).split('\n');
  const [program = '', ...words] = line.trim().split(/\s+/);
  const name = program.slice(program.lastIndexOf('/') + 1);
  const started = name === 'env' ? words.find((word) => !/^-|=/.test(word)) : undefined;
  return [name, started ?? ''].filter((each) => each !== '');
}
