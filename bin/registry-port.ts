import { join } from 'node:path';
import type { PortsRequest } from '../src/cli/index.ts';
import type { ImageFacts } from '../src/facts/index.ts';
import type { Registry, RegistryError } from '../src/registry/index.ts';
import type { Download, ImageDigest, Unavailable } from '../src/transform/index.ts';

/** Images whose configuration is fetched in one run. */
const imageBudget = 40;

type Answers<T> = Promise<ReadonlyMap<string, T | Unavailable>>;

/** Asks registries; a question without an answer is a value, and is said once a host when the run ends. */
export class RegistryPort {
  readonly #request: PortsRequest;
  /** References without an answer, by the host (or the kind of fault) that did not give it. */
  readonly #silent = new Map<string, { readonly why: string; readonly references: Set<string> }>();
  #images = 0;
  #registry: Promise<Registry> | undefined;
  #opened: Registry | undefined;

  constructor(request: PortsRequest) {
    this.#request = request;
  }

  digests(references: readonly string[]): Answers<ImageDigest> {
    return this.#ask(references, async (registry, reference) => {
      const { digest, kind } = await registry.resolveDigest(reference);
      return { digest, kind };
    });
  }

  versions(references: readonly string[]): Answers<{ readonly tag: string | undefined }> {
    return this.#ask(references, async (registry, reference) => ({ tag: (await registry.versionOf(reference)).tag }));
  }

  /** Files of the web, by their hashes. */
  downloads(urls: readonly string[]): Answers<Download> {
    return this.#ask(urls, (registry, url) => registry.download(url));
  }

  /** Configurations of images, without the files of their layers; a bounded number, as registries count them as pulls. */
  images(references: readonly string[]): Answers<ImageFacts> {
    return this.#ask(references, async (registry, reference) => {
      if (this.#images++ >= imageBudget) return { unavailable: 'more images than are looked up in one run' };
      const { config, platform } = await registry.describeImage(reference);
      return {
        source: 'registry',
        ...(platform.os === 'windows' && { system: 'windows' as const }),
        user: config.User,
        workingDir: config.WorkingDir,
        entrypoint: config.Entrypoint ?? [],
        cmd: config.Cmd ?? [],
        env: Object.fromEntries(config.Env.map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string])),
        ...(config.Shell && { shell: config.Shell }),
      };
    });
  }

  notices(): string[] {
    const silent = [...this.#silent].map(([host, { why, references }]) => {
      const names = [...references];
      const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
      return `${host}: ${why}, so this is not pinned: ${shown}`;
    });
    return [...silent, ...(this.#opened?.warnings ?? [])];
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }

  async #ask<T>(
    references: readonly string[],
    question: (registry: Registry, reference: string) => Promise<T | Unavailable>,
  ): Promise<ReadonlyMap<string, T | Unavailable>> {
    const registry = await this.#open();
    const answers = references.map(async (reference): Promise<[string, T | Unavailable]> => {
      try {
        return [reference, await question(registry, reference)];
      } catch (error) {
        return [reference, this.#unavailable(error, reference)];
      }
    });
    return new Map(await Promise.all(answers));
  }

  #unavailable(error: unknown, reference: string): Unavailable {
    if (!isRegistryError(error)) throw error;
    const final = ['not-found', 'denied', 'not-allowed', 'unsupported', 'untrusted'].includes(error.kind);
    if (!final && error.kind !== 'invalid-reference') {
      const host = error.kind === 'offline' ? 'offline' : (error.host ?? 'registry');
      const why = error.kind === 'offline' ? 'neither the lock nor the cache knows it' : error.reason;
      const known = this.#silent.get(host) ?? { why, references: new Set() };
      known.references.add(reference);
      this.#silent.set(host, known);
    }
    return { unavailable: error.reason + (error.advice === undefined ? '' : `; ${error.advice}`), final };
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
      env: this.#request.environment,
      ...(lock && { lock }),
    });
    return this.#opened;
  }
}

/** By its name, so that the room is not loaded to ask for its class. */
function isRegistryError(error: unknown): error is RegistryError {
  return error instanceof Error && error.name === 'RegistryError';
}
