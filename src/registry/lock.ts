import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalText, isDigest, normalize, parseReference } from '../image/index.ts';
import { RegistryError } from './errors.ts';
import { kindOfMediaType } from './manifest.ts';

/** What a lock knows of one tag. */
export interface LockedImage {
  readonly digest: string;
  readonly mediaType: string;
  /** When the tag was first seen to mean this digest, ISO 8601. */
  readonly resolvedAt: string;
}

/** What tags mean, by canonical reference (`docker.io/library/node:22`). */
export type Lock = ReadonlyMap<string, LockedImage>;

/** The usual name of a lock file. */
export const lockFileName = 'dockmend.lock';

const version = 1;

function broken(path: string, what: string): RegistryError {
  const advice = 'repair it, or delete it and write it anew';
  return new RegistryError({ kind: 'lock', reason: `\`${path}\` ${what}`, advice });
}

/** Reads a lock from its text; throws a RegistryError of kind `lock` that names the path and the entry. */
export function parseLock(text: string, path: string): Lock {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw broken(path, 'is not valid JSON');
  }
  const { version: found, images } = (parsed ?? {}) as { version?: unknown; images?: unknown };
  if (found !== version) throw broken(path, `is not a lock file of version ${version}`);
  if (typeof images !== 'object' || images === null) throw broken(path, 'has no `images`');
  const lock = new Map<string, LockedImage>();
  for (const [name, value] of Object.entries(images)) {
    const { digest, mediaType, resolvedAt } = (value ?? {}) as Record<string, unknown>;
    const reference = parseReference(name);
    const canonical = reference.ok && canonicalText(normalize(reference.reference)) === name;
    if (
      !canonical ||
      typeof digest !== 'string' ||
      !isDigest(digest) ||
      typeof mediaType !== 'string' ||
      kindOfMediaType(mediaType) === undefined ||
      typeof resolvedAt !== 'string'
    ) {
      throw broken(path, `has a malformed entry \`${name.slice(0, 300).replace(/\p{Cc}/gu, '?')}\``);
    }
    lock.set(name, { digest, mediaType, resolvedAt });
  }
  return lock;
}

/** The text of a lock file: JSON with sorted keys, so that the same knowledge is the same text. */
export function lockText(lock: Lock): string {
  const sorted = [...lock].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const images = Object.fromEntries(
    sorted.map(([name, { digest, mediaType, resolvedAt }]) => [name, { digest, mediaType, resolvedAt }]),
  );
  return `${JSON.stringify({ version, images }, null, 2)}\n`;
}

/** Reads a lock file; undefined where there is none. */
export async function readLock(path: string): Promise<Lock | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw broken(path, `cannot be read (${code ?? 'unknown'})`);
  }
  return parseLock(text, path);
}

/** Writes a lock file whole or not at all; returns whether its text is another than before. */
export async function writeLock(path: string, lock: Lock): Promise<boolean> {
  const text = lockText(lock);
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before === text) return false;
  const temporary = join(dirname(path), `.${lockFileName}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw broken(path, `cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  return true;
}

/** A lock with what a run resolved; the time of an entry stays where its digest does. */
export function updateLock(lock: Lock, resolved: Lock): Lock {
  const next = new Map(lock);
  for (const [name, image] of resolved) if (lock.get(name)?.digest !== image.digest) next.set(name, image);
  return next;
}
