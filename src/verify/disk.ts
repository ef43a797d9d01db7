import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { BuildError } from './errors.ts';

/** How often the disk is looked at, in milliseconds. */
const interval = 100;
/** How much of a disk stays free whatever the cap: so many bytes, or so much of a small disk. */
const reserve = { bytes: 256 * 1024 * 1024, share: 1 / 20 };

/** A folder that builds fill, and its disk as a message names it. */
export interface Disk {
  readonly folder: string;
  /** `the disk of the Docker engine (/var/lib/docker)`. */
  readonly name: string;
}

/** The disk of the temporary folder, which is where a workspace is. */
export function temporaryDisk(folder = tmpdir()): Disk {
  return { folder, name: `the disk of ${tmpdir()} (TMPDIR chooses another)` };
}

/** A disk that is full. */
export function fullDisk({ name }: Pick<Disk, 'name'>, log: readonly string[] = []): BuildError {
  return new BuildError('disk', `${name} is full`, log);
}

/** Whether the system says of an error that there is no space left. */
export function isNoSpace(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Throws BuildError where one of some disks is as good as full. */
export async function requireSpace(disks: readonly Disk[]): Promise<void> {
  for (const disk of disks) if ((await space(disk.folder))?.isFull) throw fullDisk(disk);
}

/** Whether the space of a disk can be asked for: not where it is another machine's. */
export async function canBeSeen({ folder }: Disk): Promise<boolean> {
  return (await space(folder)) !== undefined;
}

/** Watches what a build takes of some disks, and aborts its signal past the cap. */
export class DiskGuard {
  readonly #abort = new AbortController();
  readonly #disks: readonly Disk[];
  readonly #cap: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(disks: readonly Disk[], cap: number) {
    this.#disks = disks;
    this.#cap = cap;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Throws BuildError where there is no space to begin with. */
  async start(): Promise<void> {
    await requireSpace(this.#disks);
    const before = new Map<Disk, number>();
    for (const disk of this.#disks) {
      const found = await space(disk.folder);
      if (found) before.set(disk, found.free);
    }
    this.#timer = setInterval(() => void this.#look(before), interval);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(before: ReadonlyMap<Disk, number>): Promise<void> {
    for (const [disk, free] of before) {
      const now = await space(disk.folder);
      if (now === undefined) continue;
      if (now.isFull) this.#abort.abort(fullDisk(disk));
      else if (free - now.free > this.#cap) {
        const why = `the build takes more than ${megabytes(this.#cap)} of disk space`;
        this.#abort.abort(new BuildError('too-large', why));
      }
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
async function space(folder: string): Promise<{ readonly free: number; readonly isFull: boolean } | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    const free = bavail * bsize;
    return { free, isFull: free < Math.min(reserve.bytes, blocks * bsize * reserve.share) };
  } catch {
    return undefined;
  }
}
