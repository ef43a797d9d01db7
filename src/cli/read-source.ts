import { closeSync, constants as fs, fstatSync, openSync, readSync } from 'node:fs';
import { limits } from '../dockerfile/index.ts';

/** An input that cannot be used: not there, no regular file, too large, binary, or no UTF-8. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InputError';
  }
}

const tooLarge = 'larger than 1 MiB, which no Dockerfile is';

/** Reads a Dockerfile as text, a BOM included; never more of it than the limit. Throws InputError. */
export function readSource(path: string): string {
  let file: number;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    file = openSync(path, fs.O_RDONLY | fs.O_NONBLOCK);
  } catch (error) {
    throw unreadable(error);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new InputError('this is not a regular file');
    if (stat.size > limits.fileBytes) throw new InputError(tooLarge);
    return decode(readBytes(file, stat.size));
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(error);
  } finally {
    closeSync(file);
  }
}

function readBytes(file: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size);
  let length = 0;
  for (let read = -1; length < size && read !== 0; length += read)
    read = readSync(file, bytes, length, size - length, null);
  return bytes.subarray(0, length);
}

/** Reads standard input to its end, or to the limit. Throws InputError. */
export async function readStream(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > limits.fileBytes) throw new InputError(tooLarge);
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks));
}

function decode(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new InputError('this is a binary file: it holds NUL bytes');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InputError(`this is no UTF-8: byte ${firstBadByte(bytes) + 1} is not part of a character`);
  }
}

/** The 0-based offset of the first byte that belongs to no character. */
function firstBadByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    // As a stream, a character cut at the end is no fault.
    if (decodes(bytes, middle, true)) low = middle;
    else high = middle - 1;
  }
  while (!decodes(bytes, low, false)) low--;
  return low;
}

function decodes(bytes: Uint8Array, length: number, stream: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream });
    return true;
  } catch {
    return false;
  }
}

function unreadable(error: unknown): InputError {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'this leads to no file',
    EACCES: 'this file may not be read',
    EPERM: 'this file may not be read',
    EISDIR: 'this is a folder',
    ELOOP: 'this is a link that leads to itself',
    ENXIO: 'this is not a regular file',
  };
  return new InputError(reasons[code] ?? `this file cannot be read (${code})`);
}
