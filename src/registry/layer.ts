import { createHash } from 'node:crypto';
import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract, type Header } from 'tar-stream';
import { decompressor, LayerError, magicBytes, relativePath, whiteoutOf } from '../layer/index.ts';
import { RegistryError } from './errors.ts';
import type { Descriptor } from './manifest.ts';
import { contentPaths, isTracked } from './tracked-paths.ts';

/** Something that a layer has at a path. */
export interface LayerEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  /** Where a link leads, as written. */
  readonly target?: string;
  /** The text of a file that is read and not too large. */
  readonly content?: string;
}

/** What of interest a layer adds and takes away (OCI image specification, `layer.md`). Paths are relative to the root. */
export interface LayerIndex {
  /** In the order of the archive; a later entry of the same path wins. */
  readonly entries: readonly LayerEntry[];
  /** Paths of lower layers that are gone. */
  readonly removed: readonly string[];
  /** Directories of lower layers whose content is gone. */
  readonly emptied: readonly string[];
}

/** How much of one layer is read, in bytes. */
export interface LayerLimits {
  /** After decompression. */
  readonly unpacked: number;
}

const maxContentBytes = 1024 * 1024;
/** Whole distributions have some thousand programs. */
const maxEntries = 50_000;

function untrusted(reason: string): RegistryError {
  return new RegistryError({ kind: 'untrusted', reason });
}

/**
 * Reads a layer from its bytes, without keeping more than what is of interest. All bytes are read, as the last entry of
 * a path wins and as the digest can be checked only then. Throws `untrusted` for bytes that are not what the descriptor
 * promises, and what the network throws.
 */
export async function readLayer(
  body: AsyncIterable<Buffer>,
  { digest, size }: Descriptor,
  limits: LayerLimits,
): Promise<LayerIndex> {
  const hash = createHash('sha256');
  let received = 0;
  let networkFailure: unknown;
  async function* checked(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
    yield first;
    for (;;) {
      const piece = await next(rest);
      if (piece === undefined) return;
      yield piece;
    }
  }
  const next = async (rest: AsyncIterator<Buffer>): Promise<Buffer | undefined> => {
    let result: IteratorResult<Buffer>;
    try {
      result = await rest.next();
    } catch (error) {
      networkFailure = error;
      throw error;
    }
    if (result.done) return undefined;
    received += result.value.length;
    if (received > size) throw untrusted(`a layer is larger than the ${size} bytes that were announced`);
    hash.update(result.value);
    return result.value;
  };

  const pieces = body[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  while (first.length < magicBytes) {
    const piece = await next(pieces);
    if (piece === undefined) break;
    first = Buffer.concat([first, piece]);
  }
  const found = { entries: [] as LayerEntry[], removed: [] as string[], emptied: [] as string[] };
  const archive = reader(found);
  const unpack = unpacker(first);
  const streams: (Readable | Transform | Writable)[] = [Readable.from(checked(first, pieces), { objectMode: false })];
  if (unpack) streams.push(unpack);
  streams.push(limit(limits.unpacked), archive as unknown as Writable);
  try {
    await pipeline(streams);
  } catch (error) {
    if (networkFailure !== undefined) throw networkFailure;
    if (error instanceof RegistryError) throw error;
    throw untrusted(`the layer \`${digest}\` cannot be unpacked`);
  }
  const real = `sha256:${hash.digest('hex')}`;
  if (real !== digest) throw untrusted(`the layer \`${digest}\` has the digest \`${real}\``);
  return found;
}

function unpacker(first: Buffer): Transform | undefined {
  try {
    return decompressor(first);
  } catch (error) {
    throw error instanceof LayerError ? untrusted(error.message) : error;
  }
}

function limit(bytes: number): Transform {
  let passed = 0;
  return new Transform({
    transform(piece: Buffer, _, done) {
      passed += piece.length;
      if (passed > bytes) done(untrusted('a layer unpacks to far more than an image needs'));
      else done(null, piece);
    },
  });
}

function reader(found: { entries: LayerEntry[]; removed: string[]; emptied: string[] }): Extract {
  const archive = extract();
  archive.on('entry', (header, stream, done) => {
    const path = relativePath(header.name);
    const wanted = path !== undefined && contentPaths.has(path) && (header.size ?? 0) <= maxContentBytes;
    const pieces: Buffer[] = [];
    if (wanted) stream.on('data', (piece) => pieces.push(piece as Buffer));
    else stream.resume();
    stream.on('error', done);
    stream.on('end', () => {
      if (found.entries.length + found.removed.length + found.emptied.length > maxEntries) {
        return done(untrusted('a layer has far more programs than an image needs'));
      }
      if (path !== undefined) note(path, header, wanted ? Buffer.concat(pieces).toString('utf8') : undefined, found);
      done();
    });
  });
  return archive;
}

function note(
  path: string,
  header: Header,
  content: string | undefined,
  found: { entries: LayerEntry[]; removed: string[]; emptied: string[] },
): void {
  const gone = whiteoutOf(path);
  if (gone && 'emptied' in gone) {
    if (isTracked(gone.emptied)) found.emptied.push(gone.emptied);
    return;
  }
  if (gone) {
    if (isTracked(gone.removed)) found.removed.push(gone.removed);
    return;
  }
  if (!isTracked(path)) return;
  const target = header.linkname ?? '';
  if (header.type === 'symlink') found.entries.push({ path, type: 'symlink', target });
  else if (header.type === 'link') found.entries.push({ path, type: 'hardlink', target });
  else if (header.type === 'directory') found.entries.push({ path, type: 'directory' });
  else if (header.type === 'file' || header.type === 'contiguous-file') {
    found.entries.push({ path, type: 'file', ...(content !== undefined && { content }) });
  } else found.entries.push({ path, type: 'other' });
}
