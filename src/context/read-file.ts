import { closeSync, constants as fs, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** Why a file gives no text. */
export type Unread = 'missing' | 'too-large' | 'unreadable';

/** Reads a regular file as UTF-8, up to a size in bytes; links are not followed, so that nothing outside is read. */
export function readFileWithin(path: string, cap: number): { readonly text: string } | { readonly unread: Unread } {
  let file: number;
  try {
    file = openSync(path, fs.O_RDONLY | fs.O_NONBLOCK | fs.O_NOFOLLOW);
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    return { unread: missing ? 'missing' : 'unreadable' };
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return { unread: 'unreadable' };
    return stat.size > cap ? { unread: 'too-large' } : { text: readFileSync(file, 'utf8') };
  } catch {
    return { unread: 'unreadable' };
  } finally {
    closeSync(file);
  }
}

/** The first bytes of a regular file, links not followed; undefined where it cannot be read. */
export function readHead(path: string, bytes: number): Uint8Array | undefined {
  let file: number;
  try {
    file = openSync(path, fs.O_RDONLY | fs.O_NONBLOCK | fs.O_NOFOLLOW);
  } catch {
    return undefined;
  }
  try {
    if (!fstatSync(file).isFile()) return undefined;
    const buffer = new Uint8Array(bytes);
    return buffer.subarray(0, readSync(file, buffer, 0, bytes, 0));
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}
