import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Environment } from './proxy.ts';

/** The sha256 digest of some bytes, as registries write it. */
export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The user's cache folder for this tool: XDG_CACHE_HOME where it is set, else where the system keeps caches. */
export function cacheFolder(env: Environment, home: string, platform: NodeJS.Platform = process.platform): string {
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'dockmend');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'dockmend');
  if (platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'dockmend', 'cache');
  return join(home, '.cache', 'dockmend');
}

/** A value of the cache and when it was put there, in milliseconds since the epoch. */
export interface Cached {
  readonly value: unknown;
  readonly at: number;
}

// Part of the path, so that an older or newer version finds nothing rather than something it misreads.
const format = 'registry-1';

/**
 * Keeps answers of registries in files, one a key. A file is written whole and then renamed, carries the hash of its
 * content, and counts as absent when the hash is wrong, so that runs at the same time and torn files do no harm.
 * Without a folder nothing is kept; a folder that cannot be written to is said once and does no harm either.
 */
export class Cache {
  readonly #folder: string | undefined;
  readonly #warn: (message: string) => void;
  #warned = false;

  constructor(folder: string | undefined, warn: (message: string) => void) {
    this.#folder = folder === undefined ? undefined : join(folder, format);
    this.#warn = warn;
  }

  async get(key: string): Promise<Cached | undefined> {
    const path = this.#path(key);
    if (path === undefined) return undefined;
    try {
      const text = await readFile(path, 'utf8');
      const newline = text.indexOf('\n');
      const payload = text.slice(newline + 1);
      if (text.slice(0, newline) !== digestOf(payload)) return undefined;
      const entry = JSON.parse(payload) as { key: string; at: number; value: unknown };
      return entry.key === key && typeof entry.at === 'number' ? { value: entry.value, at: entry.at } : undefined;
    } catch {
      return undefined;
    }
  }

  async set(key: string, value: unknown, at: number): Promise<void> {
    const path = this.#path(key);
    if (path === undefined || this.#warned) return;
    const payload = `${JSON.stringify({ key, at, value })}\n`;
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      // What private images contain is nobody else's business on a shared machine.
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(temporary, `${digestOf(payload)}\n${payload}`, { mode: 0o600, flag: 'wx' });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      if (this.#warned) return;
      this.#warned = true;
      const { code } = error as NodeJS.ErrnoException;
      this.#warn(
        `The cache in \`${this.#folder}\` cannot be written (${code ?? 'unknown'}); registries are asked anew`,
      );
    }
  }

  #path(key: string): string | undefined {
    if (this.#folder === undefined) return undefined;
    const name = createHash('sha256').update(key).digest('hex');
    return join(this.#folder, name.slice(0, 2), `${name.slice(2)}.json`);
  }
}
