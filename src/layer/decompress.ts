import { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';

// The largest window that a decoder has to support (RFC 8878, section 3.1.1.1.2, asks for 8 MiB; zstd's own limit).
const maxZstdWindow = 128 * 1024 * 1024;

/** How many bytes `decompressor` and `zstdWindow` look at. */
export const magicBytes = 18;

/** A layer that no reader should unpack. */
export class LayerError extends Error {
  override readonly name = 'LayerError';
}

/**
 * What unpacks a layer, by its first bytes, as media types are not always true; undefined for an archive that is not
 * compressed. Throws LayerError for one that needs more memory than a decoder has to give.
 */
export function decompressor(first: Buffer): Transform | undefined {
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip();
  const magic = first.length >= 4 ? first.readUInt32LE(0) : 0;
  if (magic !== 0xfd2fb528 && (magic & 0xfffffff0) !== 0x184d2a50) return undefined;
  if (magic === 0xfd2fb528 && zstdWindow(first) > maxZstdWindow) throw new LayerError('a layer needs too much memory');
  return zstd();
}

/** The memory that a zstd frame asks for (RFC 8878, section 3.1.1.1), in bytes. */
function zstdWindow(first: Buffer): number {
  const descriptor = first[4] ?? 0;
  if ((descriptor & 0x20) === 0) {
    const window = first[5] ?? 0;
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const start = 5 + [0, 1, 2, 4][descriptor & 3]!;
  const bytes = [1, 2, 4, 8][descriptor >> 6]!;
  if (first.length < start + bytes) return 0;
  return bytes === 8 ? Number(first.readBigUInt64LE(start)) : first.readUIntLE(start, bytes);
}

function zstd(): Transform {
  const stream = new Transform({
    transform(piece: Buffer, _, done) {
      try {
        decoder.push(piece);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      try {
        decoder.push(new Uint8Array(0), true);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  const decoder = new Decompress((piece) => {
    if (piece.length > 0) stream.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  });
  return stream;
}
