import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PortsRequest } from '../src/cli/index.ts';
import type { ImageFacts } from '../src/facts/index.ts';
import type { ImageFiles, Registry, RegistryError, RegistryErrorKind } from '../src/registry/index.ts';
import type { Download, ImageDigest, SkipReason, Unavailable } from '../src/transform/index.ts';

/** Images whose configuration is fetched in one run. */
const imageBudget = 40;
const megabyte = 1024 * 1024;
/** Bytes of layers, compressed, that are fetched to see what an image has, and for how long; images above it are left. */
const layerBudget = { image: 128 * megabyte, run: 512 * megabyte, milliseconds: 60_000 };

type Answers<T> = Promise<ReadonlyMap<string, T | Unavailable>>;

interface Silence {
  readonly why: string;
  readonly unpinned: Set<string>;
  readonly unknown: Set<string>;
}

/** Asks registries; a question without an answer is a value, and is said once a host when the run ends. */
export class RegistryPort {
  readonly #request: PortsRequest;
  /** References without an answer, by the host (or the kind of fault) that did not give it. */
  readonly #silent = new Map<string, Silence>();
  readonly #described = new Set<string>();
  /** Images that were looked into in part or not at all. */
  readonly #cut = new Set<string>();
  #layersUntil: number | undefined;
  #registry: Promise<Registry> | undefined;
  #opened: Registry | undefined;

  constructor(request: PortsRequest) {
    this.#request = request;
  }

  digests(references: readonly string[]): Answers<ImageDigest> {
    const ask = async (registry: Registry, reference: string): Promise<ImageDigest> => {
      const { digest, kind } = await registry.resolveDigest(reference);
      return { digest, kind };
    };
    return this.#ask(references, ask, 'pin');
  }

  versions(references: readonly string[]): Answers<{ readonly tag: string | undefined }> {
    const ask = async (registry: Registry, reference: string) => ({ tag: (await registry.versionOf(reference)).tag });
    return this.#ask(references, ask, 'look up');
  }

  /** Files of the web, by their hashes. */
  downloads(urls: readonly string[]): Answers<Download> {
    return this.#ask(urls, (registry, url) => registry.download(url), 'look up');
  }

  /**
   * Configurations of images and, for those in `whole`, what their files say. Bounded, as registries count configurations
   * as pulls and as layers are large.
   */
  async images(references: readonly string[], whole: ReadonlySet<string>): Answers<ImageFacts> {
    const over = await this.#overBudget(references);
    const ask = async (registry: Registry, reference: string): Promise<ImageFacts | Unavailable> => {
      if (over.has(reference)) return { unavailable: 'more images than are looked up in one run' };
      const { factsOfConfig, factsOfFiles } = await import('../src/registry/index.ts');
      const facts = factsOfConfig(await registry.describeImage(reference));
      if (!whole.has(reference) || facts.system === 'windows') return facts;
      const files = await this.#files(registry, reference);
      return files ? { ...facts, ...factsOfFiles(files) } : facts;
    };
    return this.#ask(references, ask, 'look up');
  }

  /** The references whose configuration is not fetched any more; what is kept costs nothing, and does not count. */
  async #overBudget(references: readonly string[]): Promise<ReadonlySet<string>> {
    if (this.#request.offline) return new Set();
    const registry = await this.#open();
    // The second pass asks about what the first one pinned, which costs no request.
    const names = new Map(references.map((each) => [each, each.replace(/(:[\w.-]+)@.*/, '$1')]));
    const fresh = references.filter((each) => !this.#described.has(names.get(each)!));
    const kept = new Map(
      await Promise.all(fresh.map(async (each) => [each, await registry.isDescribed(each)] as const)),
    );
    const over = new Set<string>();
    for (const reference of fresh) {
      const name = names.get(reference)!;
      if (kept.get(reference) || this.#described.has(name)) continue;
      if (this.#described.size < imageBudget) this.#described.add(name);
      else {
        over.add(reference);
        this.#cut.add(name);
      }
    }
    return over;
  }

  /** The files of an image; undefined, and said when the run ends, where they cannot be had within the budget. */
  async #files(registry: Registry, reference: string): Promise<ImageFiles | undefined> {
    this.#layersUntil ??= Date.now() + layerBudget.milliseconds;
    const timer = new AbortController();
    const late = sleep(Math.max(0, this.#layersUntil - Date.now()), undefined, { ref: false, signal: timer.signal });
    try {
      const files = await Promise.race([registry.imageFiles(reference, { whole: true }), late.catch(() => undefined)]);
      if (files?.complete) return files;
    } catch (error) {
      if (!isRegistryError(error)) throw error;
    } finally {
      timer.abort();
    }
    this.#cut.add(reference.replace(/@.*/, ''));
    return undefined;
  }

  notices(): string[] {
    const silent = [...this.#silent].map(([host, { why, unpinned, unknown }]) => {
      if (unpinned.size > 0) return `${host}: ${why}, so this is not pinned: ${some(unpinned)}`;
      return `${host}: ${why}, so nothing is known of ${some(unknown)}`;
    });
    const { image, run } = layerBudget;
    const limits = `${imageBudget} images, ${image / megabyte} MiB each, ${run / megabyte} MiB in all`;
    const cut = `what these images have in them was not read, as a layer could not be had or the limits of a run (${limits}) are reached: `;
    return [...silent, ...(this.#cut.size > 0 ? [cut + some(this.#cut)] : []), ...(this.#opened?.warnings ?? [])];
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }

  async #ask<T>(
    references: readonly string[],
    question: (registry: Registry, reference: string) => Promise<T | Unavailable>,
    purpose: 'pin' | 'look up',
  ): Promise<ReadonlyMap<string, T | Unavailable>> {
    const registry = await this.#open();
    const answers = references.map(async (reference): Promise<[string, T | Unavailable]> => {
      try {
        return [reference, await question(registry, reference)];
      } catch (error) {
        return [reference, this.#unavailable(error, reference, purpose)];
      }
    });
    return new Map(await Promise.all(answers));
  }

  #unavailable(error: unknown, reference: string, purpose: 'pin' | 'look up'): Unavailable {
    if (!isRegistryError(error)) throw error;
    const reason = reasons[error.kind];
    const final = reason !== undefined || error.kind === 'not-found' || error.kind === 'denied';
    if (!final && error.kind !== 'invalid-reference') {
      const host = error.kind === 'offline' ? 'offline' : (error.host ?? 'registry');
      const why = error.kind === 'offline' ? 'neither the lock nor the cache knows it' : error.reason;
      const known = this.#silent.get(host) ?? { why, unpinned: new Set(), unknown: new Set() };
      known[purpose === 'pin' ? 'unpinned' : 'unknown'].add(reference);
      this.#silent.set(host, known);
    }
    return {
      unavailable: error.reason + (error.advice === undefined ? '' : `; ${error.advice}`),
      final,
      ...(reason && { reason }),
    };
  }

  #open(): Promise<Registry> {
    this.#registry ??= this.#create();
    return this.#registry;
  }

  async #create(): Promise<Registry> {
    const { createRegistry, lockFileName, readLock } = await import('../src/registry/index.ts');
    const { offline, registries, root, userAgent } = this.#request;
    const lock = await readLock(join(root, lockFileName));
    this.#opened = createRegistry({
      ...registries,
      offline,
      userAgent,
      layerBytes: layerBudget.image,
      allLayerBytes: layerBudget.run,
      limits: { layerTimeout: layerBudget.milliseconds },
      env: this.#request.environment,
      ...(lock && { lock }),
    });
    return this.#opened;
  }
}

/** Faults that are neither a missing image nor a passing one. */
const reasons: Partial<Record<RegistryErrorKind, SkipReason>> = {
  'not-allowed': 'registry-not-allowed',
  unsupported: 'registry-unusable',
  untrusted: 'registry-unusable',
};

function some(references: ReadonlySet<string>): string {
  const names = [...references];
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
}

/** By its name, so that the room is not loaded to ask for its class. */
function isRegistryError(error: unknown): error is RegistryError {
  return error instanceof Error && error.name === 'RegistryError';
}
