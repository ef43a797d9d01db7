import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { Wiring } from '../../src/cli/wiring.ts';
import type { Builder } from '../../src/verify/builder.ts';
import { BuildError, type BuildErrorKind } from '../../src/verify/errors.ts';
import { Prover } from '../../src/verify/index.ts';
import { dockerArchive, sha256 } from './proof-images.ts';
import { tarOf } from './registry-images.ts';

/**
 * A builder for Dockerfiles of `RUN write <path> <text>`, `RUN remove <path>`, `RUN fail <words>`, `USER` and comments:
 * each RUN does what it says to the files of the image, and any other RUN writes a file of its own words.
 */
export class SmallBuilder {
  /** The Dockerfiles that were built, in order. */
  readonly built: string[] = [];
  /** Those whose builds were ended before they were done. */
  readonly ended: string[] = [];
  /** The names of the images that are there. */
  readonly images = new Set<string>();
  /** What the builder itself dies of. */
  fault: { readonly kind: BuildErrorKind; readonly message: string } | undefined;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  /** Lets builds wait until `release`. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  /** Waits until so many builds have begun. */
  async begun(count: number): Promise<void> {
    while (this.built.length < count) await setTimeout(1);
  }

  readonly openProver: NonNullable<Wiring['openProver']> = (options) =>
    Prover.open({
      ...options,
      builder: ({ workspace }): Builder => ({
        name: 'buildah',
        label: 'a small builder',
        disk: { folder: workspace.folder, name: 'the disk of the small builder' },
        runner: undefined,
        build: async ({ dockerfile, signal }) => {
          const text = readFileSync(dockerfile, 'utf8');
          this.built.push(text);
          const { interrupted } = workspace;
          interrupted.throwIfAborted();
          await new Promise<void>((resolve, reject) => {
            const end = (): void => reject(interrupted.reason);
            interrupted.addEventListener('abort', end, { once: true });
            signal?.addEventListener('abort', () => {
              this.ended.push(text);
              reject(signal.reason);
            });
            void this.#gate.then(() => {
              interrupted.removeEventListener('abort', end);
              resolve();
            });
          });
          interrupted.throwIfAborted();
          if (this.fault) throw new BuildError(this.fault.kind, this.fault.message);
          const failed = /^RUN fail (.*)$/m.exec(text);
          if (failed) throw new BuildError('failed', 'the build fails', [failed[0], failed[1]!]);
          const name = `image-${this.built.length}`;
          this.#texts.set(name, text);
          this.images.add(name);
          return name;
        },
        save: async (name, consume) => {
          await consume(Readable.from([await archiveOf(this.#texts.get(name)!)]));
        },
        remove: async (name) => {
          this.images.delete(name);
        },
      }),
    });

  readonly #texts = new Map<string, string>();
}

async function archiveOf(text: string): Promise<Buffer> {
  const files = new Map<string, string>();
  for (const [, words = ''] of text.matchAll(/^RUN (.*)$/gm)) {
    const [verb, path = '', ...rest] = words.split(' ');
    if (verb === 'write') files.set(path, rest.join(' '));
    else if (verb === 'remove') files.delete(path);
    else files.set(`ran/${words.replaceAll('/', '-')}`, '');
  }
  const user = /^USER (.*)$/m.exec(text)?.[1];
  const layer = await tarOf([...files].map(([path, content]) => [path, content] as const));
  // Layers are known by their names.
  return dockerArchive([[`${sha256(layer)}.tar`, layer]], user === undefined ? {} : { User: user });
}
