import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract, type Header } from 'tar-stream';
import { decompressor, magicBytes, relativePath, whiteoutOf } from '../layer/index.ts';
import type { ImageNode } from './image.ts';
import { isText } from './noise.ts';

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
  const archive = reader(changes) as unknown as Writable;
  if (unpack) await pipeline(source, unpack, counted, archive);
  else await pipeline(source, counted, archive);
  return { changes, size };
}

function reader(changes: LayerChange[]): Extract {
  const archive = extract();
  archive.on('entry', (header, stream, done) => {
    const path = relativePath(header.name);
    const isFile = header.type === 'file' || header.type === 'contiguous-file';
    const keep = path !== undefined && isFile && isText(path) && (header.size ?? 0) <= textLimit;
    const hash = createHash('sha256');
    const pieces: Buffer[] = [];
    stream.on('data', (piece) => {
      if (isFile) hash.update(piece as Buffer);
      if (keep) pieces.push(piece as Buffer);
    });
    stream.on('error', done);
    stream.on('end', () => {
      if (path !== undefined && path !== '') {
        const content = {
          hash: isFile ? hash.digest('hex') : '',
          text: keep ? Buffer.concat(pieces).toString('utf8') : undefined,
        };
        const change = changeOf(path, header, content);
        if (change) changes.push(change);
      }
      done();
    });
  });
  return archive;
}

function changeOf(
  path: string,
  header: Header,
  { hash, text }: { hash: string; text: string | undefined },
): LayerChange | undefined {
  const gone = whiteoutOf(path);
  if (gone) return gone;
  const { mode = 0, uid = 0, gid = 0, size = 0, linkname, type } = header;
  const owned = { mode: mode & 0o7777, uid, gid };
  const attributes = attributesOf(header);
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
      return { path, node: { ...common, type: 'file', size, hash, ...(text !== undefined && { text }) } };
    case 'fifo':
      return { path, node: { ...common, type: 'fifo' } };
    default:
      return { path, node: { ...common, type: 'device' } };
  }
}

/** File capabilities and the like, which archives carry as PAX records (`SCHILY.xattr.`, as star and Go's tar write). */
function attributesOf({ pax }: Header): string | undefined {
  const found = Object.entries(pax ?? {}).filter(([key]) =>
    /^SCHILY\.xattr\.(?:security\.capability|user\.)/.test(key),
  );
  if (found.length === 0) return undefined;
  return found
    .map(([key, value]) => `${key.slice('SCHILY.xattr.'.length)}=${Buffer.from(value).toString('hex')}`)
    .sort()
    .join(' ');
}
