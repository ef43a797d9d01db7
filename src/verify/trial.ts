import { join } from 'node:path';
import type { Builder } from './builder.ts';
import { fullDisk, isNoSpace, requireSpace, temporaryDisk } from './disk.ts';
import { BuildError } from './errors.ts';
import { featuresOf, saysUnknown } from './features.ts';
import type { Image } from './image.ts';
import { type LayerCache, readImage } from './read-image.ts';
import { type Candidate, type Original, type Staged, stageContext } from './stage-context.ts';
import type { Workspace } from './workspace.ts';

/** Limits of one build. */
export interface BuildLimits {
  /** In milliseconds. */
  readonly timeout: number;
  /** The disk space that one build may take, in bytes. */
  readonly disk: number;
}

/** An image that was built: its name in the engine, and what it holds. */
export interface BuiltImage {
  readonly name: string;
  readonly image: Image;
  /** How long the build took, in milliseconds. */
  readonly time: number;
}

export interface BuildOptions {
  /** Without the builder's cache. */
  readonly fresh?: boolean;
  /** With empty cache mounts. */
  readonly cold?: boolean;
  /** In milliseconds. */
  readonly timeout?: number;
  /** Ends the build, with the error that it was aborted for. */
  readonly signal?: AbortSignal | undefined;
}

/** How many originals are kept, and how many layers before they are let go. */
const keptOriginals = 4;
const keptLayers = 256;

/** Builds candidates and reads what comes out; counts what it does. */
export class Bench {
  readonly builder: Builder;
  readonly #workspace: Workspace;
  readonly #limits: BuildLimits;
  readonly #layers: LayerCache = new Map();
  readonly #probed = new Map<string, boolean>();
  /** By what their builds depend on, the oldest first. */
  readonly #originals = new Map<string, BuiltImage>();
  #count = 0;

  constructor(workspace: Workspace, builder: Builder, limits: BuildLimits) {
    this.#workspace = workspace;
    this.builder = builder;
    this.#limits = limits;
  }

  /** The builds that were made, probes aside. */
  get builds(): number {
    return this.#count;
  }

  get limits(): BuildLimits {
    return this.#limits;
  }

  /** An original that was built, and has not changed. */
  original(key: string): BuiltImage | undefined {
    return this.#originals.get(key);
  }

  /** Keeps an original, and lets go of the oldest where they become many. */
  async keepOriginal(key: string, built: BuiltImage): Promise<void> {
    this.#originals.set(key, built);
    const [oldest] = this.#originals;
    if (!oldest || this.#originals.size <= keptOriginals) return;
    this.#originals.delete(oldest[0]);
    await this.builder.remove(oldest[1].name);
    // Layers are shared with images of the same base, which are asked for one after the other.
    if (this.#layers.size > keptLayers) this.#layers.clear();
  }

  /** Builds and reads. Throws BuildError. */
  async build(
    original: Original,
    candidate: Candidate,
    { fresh = false, cold = false, timeout = this.#limits.timeout, signal }: BuildOptions = {},
  ): Promise<BuiltImage> {
    const folder = join(this.#workspace.folder, `build-${++this.#count}`);
    const staged = await stage(original, candidate, folder);
    const begun = performance.now();
    const name = await this.builder.build({ ...staged, fresh, cold, timeout, disk: this.#limits.disk, signal });
    const time = performance.now() - begun;
    let image: Image | undefined;
    await this.builder.save(name, async (archive) => {
      image = await readImage(archive, this.#layers);
    });
    if (!image) throw new BuildError('unreadable', 'the builder gave no image');
    return { name, image, time };
  }

  /** Throws BuildError where a disk that builds fill is full: what was seen there says nothing about a fix. */
  requireSpace(): Promise<void> {
    return requireSpace([temporaryDisk(this.#workspace.folder), this.builder.disk]);
  }

  /** Throws BuildError, `unsupported`, where the builder does not know something that a Dockerfile needs. */
  async require(source: string): Promise<void> {
    for (const { name, probe } of featuresOf(source)) {
      let known = this.#probed.get(probe);
      if (known === undefined) {
        known = await this.#probe(probe);
        this.#probed.set(probe, known);
      }
      if (known) continue;
      const why = `${this.builder.label} does not know ${name}; \`--builder\` chooses another`;
      throw new BuildError('unsupported', why);
    }
  }

  async #probe(source: string): Promise<boolean> {
    const folder = join(this.#workspace.folder, `probe-${this.#probed.size}`);
    const original = { path: join(folder, 'context', 'Dockerfile'), source, context: join(folder, 'context') };
    const { mkdir, writeFile } = await import('node:fs/promises');
    try {
      await mkdir(original.context, { recursive: true });
      await writeFile(original.path, source);
      const staged = await stage(original, { text: source, files: [] }, join(folder, 'staged'));
      await this.builder.remove(await this.builder.build({ ...staged, ...this.#limits }));
      return true;
    } catch (error) {
      if (isNoSpace(error)) throw fullDisk(temporaryDisk());
      if (!(error instanceof BuildError) || error.kind !== 'failed') throw error;
      return !saysUnknown(error.log);
    }
  }
}

/** Throws BuildError where the disk of the workspace is full. */
async function stage(original: Original, candidate: Candidate, folder: string): Promise<Staged> {
  try {
    return await stageContext(original, candidate, folder);
  } catch (error) {
    throw isNoSpace(error) ? fullDisk(temporaryDisk()) : error;
  }
}
