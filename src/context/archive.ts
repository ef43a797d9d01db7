import { closeSync, constants as fs, fstatSync, openSync, readSync } from 'node:fs';
import { gunzipSync, constants as zlib } from 'node:zlib';

/**
 * What a regular file is to ADD, judged by its content:
 *
 * - `plain`: ADD copies it as COPY does;
 * - `archive`: ADD unpacks it (a tar header whose checksum holds, perhaps under gzip);
 * - `truncated`: begins as an archive and breaks off, so that ADD fails;
 * - `compressed`: bzip2, xz or zstd, of something that was not looked into, so it may be an archive;
 * - `lfs-pointer`: stands for a file that Git LFS holds, whose content is not here;
 * - `unreadable`: cannot be opened or read, or is no regular file.
 */
export type FileKind = 'plain' | 'archive' | 'truncated' | 'compressed' | 'lfs-pointer' | 'unreadable';

const BLOCK = 512;
/** The most bytes of a compressed file that are read to see its first decompressed block. */
const COMPRESSED_CAP = 1 << 18;
/** The most bytes that one inflation may give. */
const INFLATED_CAP = 1 << 25;
/** The most headers that are followed to see whether an archive breaks off. */
const HEADER_CAP = 256;
/** Pointers of Git LFS are smaller than this (git-lfs, docs/spec.md), and begin with their version. */
const LFS_SIZE = 1024;
const LFS_START = /^version https:\/\/(git-lfs\.github\.com|hawser\.github\.com)\/spec\//;

/**
 * Says what ADD would make of a regular file: BuildKit strips one layer of compression, found by its magic number, and
 * unpacks whatever then begins with a valid tar header (solver/llbsolver/file/unpack.go, moby/go-archive). Suffixes do
 * not count. Reads a few blocks, and of a gzip file at most 256 KiB.
 */
export function inspectFile(path: string): FileKind {
  let file: number;
  try {
    file = openSync(path, fs.O_RDONLY | fs.O_NONBLOCK | fs.O_NOFOLLOW);
  } catch {
    return 'unreadable';
  }
  try {
    const stat = fstatSync(file);
    return stat.isFile() ? inspect(file, stat.size) : 'unreadable';
  } catch {
    return 'unreadable';
  } finally {
    closeSync(file);
  }
}

function inspect(file: number, size: number): FileKind {
  const head = read(file, 0, Math.min(size, LFS_SIZE));
  if (size < LFS_SIZE && LFS_START.test(head.toString('latin1'))) return 'lfs-pointer';
  switch (compressionOf(head)) {
    case 'gzip':
      return inspectGzip(file, size);
    case 'other':
      return 'compressed';
    case 'none':
      if (head.length < BLOCK || !isTarHeader(head)) return 'plain';
      return breaksOff(file, size) ? 'truncated' : 'archive';
  }
}

/** Finds the compression by magic number, as moby/go-archive does. */
function compressionOf(head: Buffer): 'none' | 'gzip' | 'other' {
  const start = head.toString('latin1', 0, 6);
  if (start.startsWith('\x1f\x8b\x08')) return 'gzip';
  const zstd = start.startsWith('\x28\xb5\x2f\xfd') || /^[\x50-\x5f]\x2a\x4d\x18/.test(start);
  return start.startsWith('BZh') || start === '\xfd7zXZ\0' || zstd ? 'other' : 'none';
}

function inspectGzip(file: number, size: number): FileKind {
  for (let length = Math.min(size, 4096); ; length = Math.min(length * 4, size, COMPRESSED_CAP)) {
    const input = read(file, 0, length);
    let output: Buffer;
    try {
      output = gunzipSync(input, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: INFLATED_CAP });
    } catch {
      // Too much for one look, or damaged at a place that a builder may or may not reach.
      return 'compressed';
    }
    if (output.length >= BLOCK) {
      if (!isTarHeader(output)) return 'plain';
      return length === size && !isWholeGzip(input) ? 'truncated' : 'archive';
    }
    if (length === size) return isWholeGzip(input) ? 'plain' : 'truncated';
    if (length === COMPRESSED_CAP) return 'compressed';
  }
}

/** Whether compressed data does not break off, as far as the cap lets us see. */
function isWholeGzip(input: Buffer): boolean {
  try {
    gunzipSync(input, { maxOutputLength: INFLATED_CAP });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
  }
}

/**
 * Whether a block is a tar header by the one test that Go's archive/tar makes: the octal number at 148 is the sum of
 * all bytes, taken as unsigned or as signed, with that field counted as blanks. A magic number is not needed.
 */
function isTarHeader(block: Buffer): boolean {
  const field = block
    .toString('latin1', 148, 156)
    .replace(/^[ \0]+|[ \0]+$/g, '')
    .split('\0', 1)[0]!;
  if (!/^[0-7]+$/.test(field)) return false;
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= 148 && at < 156 ? 32 : block[at]!;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const sum = Number.parseInt(field, 8);
  return sum === unsigned || sum === signed;
}

/** Follows the headers of a tar file by their sizes, and says whether one of its members lies past the end. */
function breaksOff(file: number, size: number): boolean {
  let at = 0;
  for (let count = 0; count < HEADER_CAP && at < size; count++) {
    const block = read(file, at, BLOCK);
    if (block.length < BLOCK) return true;
    if (!isTarHeader(block)) return false;
    const bytes = memberSize(block);
    if (bytes === undefined) return false;
    if (at + BLOCK + bytes > size) return true;
    at += BLOCK + Math.ceil(bytes / BLOCK) * BLOCK;
  }
  return false;
}

/** The bytes of content after a header; undefined where the field cannot be read. Links and the like have none. */
function memberSize(block: Buffer): number | undefined {
  if ('123456'.includes(String.fromCharCode(block[156]!))) return 0;
  if (block[124]! & 0x80) {
    const value = block.readUIntBE(130, 6);
    return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
  }
  const field = block
    .toString('latin1', 124, 136)
    .replace(/[ \0]+$/, '')
    .trimStart();
  return /^[0-7]*$/.test(field) ? Number.parseInt(field || '0', 8) : undefined;
}

function read(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(file, buffer, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}
