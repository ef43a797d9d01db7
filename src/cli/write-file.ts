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
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from './read-source.ts';

/** A text that a file is to have. */
export interface FileChange {
  readonly path: string;
  /** Undefined where there is no such file yet. */
  readonly before: string | undefined;
  readonly after: string;
  /** The file in an error; `this file` where it is absent. */
  readonly name?: string;
}

/** A text that is on the disk beside the place that it is for. */
interface Prepared {
  readonly temporary: string;
  /** Puts it there; nothing of it is beside any more. */
  place(): void;
}

/**
 * Replaces files, or makes new ones, each at once: a temporary file in the same folder is renamed over it, so that a
 * crash leaves the old text or the new one. All texts are on the disk before the first is put in its place, so that none
 * is written where one finds no space. The mode and, where possible, the owner stay; a symbolic link stays and what it
 * leads to is replaced. Throws InputError where a file is no longer `before`, or cannot be written.
 */
export function replaceFiles(changes: readonly FileChange[]): void {
  const ready: Prepared[] = [];
  let name = '';
  try {
    for (const each of changes) {
      name = each.name ?? 'this file';
      ready.push(prepare(each));
    }
    for (const each of changes) {
      name = each.name ?? 'this file';
      ready[0]!.place();
      ready.shift();
    }
  } catch (error) {
    for (const { temporary } of ready) rmSync(temporary, { force: true });
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'EEXIST') throw new InputError(`${name} came to be while dockmend ran, and is left as it is`);
    const why = code === 'ENOSPC' || code === 'EDQUOT' ? ', as its disk is full' : '';
    throw new InputError(`${name} cannot be written${why} (${code})`);
  }
}

function prepare({ path: given, before, after, name = 'this file' }: FileChange): Prepared {
  if (before === undefined) {
    const temporary = writeBeside(given, after, 0o666 & ~process.umask());
    return { temporary, place: () => create(given, temporary) };
  }
  const path = realpathSync(given);
  // A rename would also replace a file that its owner made read-only.
  accessSync(path, fs.W_OK);
  const { mode, uid, gid } = statSync(path);
  const temporary = writeBeside(path, after, mode & 0o7777);
  const own = statSync(temporary);
  if (own.uid !== uid || own.gid !== gid) keepOwner(temporary, uid, gid, mode & 0o7777);
  const place = () => {
    if (readFileSync(path, 'utf8') !== before) {
      throw new InputError(`${name} changed while dockmend ran, and is left as it is`);
    }
    renameSync(temporary, path);
  };
  return { temporary, place };
}

/** A name that is taken is not replaced: a link is refused where a rename would win. */
function create(path: string, temporary: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(path)) throw error;
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
