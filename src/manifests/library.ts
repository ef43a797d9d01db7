/**
 * A parser that is not ours, loaded when a file of its format is there: it costs more to load than the rest of a run on
 * one Dockerfile.
 */
export class Library<T> {
  readonly #import: () => Promise<T>;
  #loaded: T | undefined;

  constructor(load: () => Promise<T>) {
    this.#import = load;
  }

  async load(): Promise<void> {
    this.#loaded ??= await this.#import();
  }

  /** The parser. Throws LibraryMissing where `load` was not awaited before. */
  get loaded(): T {
    if (this.#loaded === undefined) throw new LibraryMissing('a parser is asked for that was not loaded');
    return this.#loaded;
  }
}

/** A caller did not load what the files that it reads take. */
export class LibraryMissing extends Error {}
