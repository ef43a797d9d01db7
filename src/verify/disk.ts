import { statfs } from 'node:fs/promises';
import { BuildError } from './errors.ts';

/** How often the disk is looked at, in milliseconds, and how much of it stays free whatever the cap, in bytes. */
const interval = 500;
const reserve = 256 * 1024 * 1024;

/** Watches what a build takes of the disks that hold some folders, and aborts its signal past the cap. */
export class DiskGuard {
  readonly #abort = new AbortController();
  readonly #folders: readonly string[];
  readonly #cap: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(folders: readonly string[], cap: number) {
    this.#folders = folders;
    this.#cap = cap;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Throws BuildError where there is no space to begin with. */
  async start(): Promise<void> {
    const before = new Map<string, number>();
    for (const folder of this.#folders) {
      const free = await freeBytes(folder);
      if (free === undefined) continue;
      if (free < reserve) throw new BuildError('disk', `the disk of ${folder} is full`);
      before.set(folder, free);
    }
    this.#timer = setInterval(() => void this.#look(before), interval);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(before: ReadonlyMap<string, number>): Promise<void> {
    for (const [folder, free] of before) {
      const now = await freeBytes(folder);
      if (now === undefined) continue;
      const taken = free - now;
      if (taken > this.#cap) {
        const why = `the build takes more than ${megabytes(this.#cap)} of disk space`;
        this.#abort.abort(new BuildError('disk', why));
      } else if (now < reserve) this.#abort.abort(new BuildError('disk', `the disk of ${folder} is full`));
    }
  }
}

/** Bytes as people say them. */
export function megabytes(bytes: number): string {
  const mega = bytes / 1024 / 1024;
  if (mega >= 10 * 1024) return `${Math.round(mega / 1024)} GiB`;
  return mega >= 10 ? `${Math.round(mega)} MiB` : `${mega.toFixed(1)} MiB`;
}

/** Undefined for a folder of another machine, as an engine that is reached over the network has. */
async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
