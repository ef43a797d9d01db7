import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  constants as fs,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from './read-source.ts';

/**
 * Replaces a file at once, or makes a new one: a temporary file in the same folder is renamed over it, so that a crash
 * leaves the old text or the new one. The mode and, where possible, the owner stay; a symbolic link stays and what it
 * leads to is replaced. Throws InputError where the file is no longer `before`, or cannot be written.
 */
export function replaceFile(path: string, before: string | undefined, after: string): void {
  try {
    if (before === undefined) create(path, after);
    else replace(realpathSync(path), before, after);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new InputError('this file came to be while dockmend ran, and is left as it is');
    if (code === undefined) throw error;
    throw new InputError(`this file cannot be written (${code})`);
  }
}

function replace(path: string, before: string, after: string): void {
  // A rename would also replace a file that its owner made read-only.
  accessSync(path, fs.W_OK);
  const { mode, uid, gid } = statSync(path);
  const temporary = writeBeside(path, after, mode & 0o7777);
  try {
    const own = statSync(temporary);
    if (own.uid !== uid || own.gid !== gid) keepOwner(temporary, uid, gid, mode & 0o7777);
    if (readFileSync(path, 'utf8') !== before) {
      throw new InputError('this file changed while dockmend ran, and is left as it is');
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}

/** A name that is taken is not replaced: a link is refused where a rename would win. */
function create(path: string, after: string): void {
  const temporary = writeBeside(path, after, 0o666 & ~process.umask());
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(path)) {
      unlinkSync(temporary);
      throw error;
    }
    // Not every file system has hard links.
    renameSync(temporary, path);
    return;
  }
  unlinkSync(temporary);
}

function writeBeside(path: string, text: string, mode: number): string {
  const temporary = join(dirname(path), `.${basename(path)}.dockmend-${randomBytes(6).toString('hex')}`);
  const file = openSync(temporary, 'wx', 0o600);
  let done = false;
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fchmodSync(file, mode);
    fsyncSync(file);
    done = true;
  } finally {
    closeSync(file);
    if (!done) unlinkSync(temporary);
  }
  return temporary;
}

function keepOwner(path: string, uid: number, gid: number, mode: number): void {
  try {
    chownSync(path, uid, gid);
    // A change of owner clears the set-user bits.
    const file = openSync(path, 'r');
    fchmodSync(file, mode);
    closeSync(file);
  } catch {
    // Only root may give files away; the file then belongs to who runs this.
  }
}
