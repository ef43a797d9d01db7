import type { PortsRequest } from '../src/cli/index.ts';
import type { ImageFacts } from '../src/facts/index.ts';
import {
  createRegistry,
  lockFileName,
  type Registry,
  RegistryError,
  type RegistryOptions,
  readLock,
} from '../src/registry/index.ts';
import type { ImageDigest, Unavailable } from '../src/transform/index.ts';

/** Images whose configuration is fetched in one run: a registry may count each as a pull. */
const imageBudget = 40;

/** Errors that say something of the image and not of the way to it. */
const final = new Set(['not-found', 'denied', 'unsupported', 'invalid-reference', 'not-allowed', 'untrusted']);

/** Opens the registries of a run; a lock file in the working folder is heeded. Throws RegistryError for a broken one. */
export async function openRegistryPort({ offline, registries }: PortsRequest): Promise<RegistryPort> {
  const lock = await readLock(lockFileName);
  return new RegistryPort({ ...registries, offline, ...(lock && { lock }) });
}

/** Answers from registries; what could not be had is a value, and is noted once a host. */
export class RegistryPort {
  readonly registry: Registry;
  readonly #notices = new Map<string, string>();
  #images = 0;

  constructor(options: RegistryOptions) {
    this.registry = createRegistry(options);
  }

  /** What the user should know, a line each; a host that did not answer is named once. */
  get notices(): readonly string[] {
    const { missing } = this.registry;
    const shown = missing.slice(0, 5).map((each) => `\`${each}\``);
    const rest = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
    const offline = missing.length > 0 ? [`offline, and neither lock nor cache knows ${shown.join(', ')}${rest}`] : [];
    return [...this.registry.warnings, ...this.#notices.values(), ...offline];
  }

  async digests(references: readonly string[]): Promise<Map<string, ImageDigest | Unavailable>> {
    return this.#all(references, async (reference) => {
      const { digest, kind } = await this.registry.resolveDigest(reference);
      return { digest, kind };
    });
  }

  async versions(references: readonly string[]): Promise<Map<string, { tag: string | undefined } | Unavailable>> {
    return this.#all(references, async (reference) => ({ tag: (await this.registry.versionOf(reference)).tag }));
  }

  /** Configurations of images, without the files of their layers. */
  async images(references: readonly string[]): Promise<Map<string, ImageFacts | Unavailable>> {
    return this.#all(references, async (reference): Promise<ImageFacts | Unavailable> => {
      if (this.#images++ >= imageBudget) return { unavailable: 'more images than are looked up in one run' };
      const { config, platform } = await this.registry.describeImage(reference);
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

  close(): Promise<void> {
    return this.registry.close();
  }

  async #all<T>(
    references: readonly string[],
    ask: (reference: string) => Promise<T | Unavailable>,
  ): Promise<Map<string, T | Unavailable>> {
    const answers = await Promise.all(
      references.map(async (reference): Promise<[string, T | Unavailable]> => {
        try {
          return [reference, await ask(reference)];
        } catch (error) {
          if (!(error instanceof RegistryError)) throw error;
          return [reference, this.#note(error)];
        }
      }),
    );
    return new Map(answers);
  }

  #note(error: RegistryError): Unavailable {
    if (final.has(error.kind)) return { unavailable: error.reason, final: true };
    const about = error.host ?? error.kind;
    if (error.kind !== 'offline' && !this.#notices.has(about)) {
      this.#notices.set(
        about,
        `${error.host ? `\`${error.host}\`: ` : ''}${error.reason}${error.advice ? `; ${error.advice}` : ''}`,
      );
    }
    return { unavailable: error.reason };
  }
}
