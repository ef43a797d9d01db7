import { asValue, type IgnoreError, type IgnoreMatcher, type ParentResults, Sieve } from './dockerignore.ts';
import { type ContextEntry, type ContextTree, childOf } from './walk.ts';

/**
 * A build context as a builder receives it: what is left of the tree when an ignore file is in force. A directory is in
 * it when it is kept or holds something kept.
 */
export class ContextView {
  readonly tree: ContextTree;
  /** The number and the bytes of the files that are sent. */
  readonly files: number;
  readonly bytes: number;
  /** The unreadable paths of the tree that the builder would try to read. */
  readonly unreadable: readonly string[];
  readonly #kept: Uint8Array;

  private constructor(tree: ContextTree, matcher: IgnoreMatcher | undefined) {
    this.tree = tree;
    this.#kept = new Uint8Array(tree.count);
    const kept = this.#kept;
    let files = 0;
    let bytes = 0;

    const enter = (directory: ContextEntry, results: ParentResults): boolean => {
      let any = false;
      for (const entry of directory.children!) {
        const answer = matcher?.step(entry.path, results);
        let keep = answer?.ignored !== true;
        if (entry.children !== undefined && (keep || matcher?.mayPrune(entry.path) === false)) {
          keep = enter(entry, answer?.results) || keep;
        }
        if (!keep) continue;
        any = true;
        kept[entry.id] = 1;
        if (entry.type === 'file') {
          files++;
          bytes += entry.size;
        }
      }
      return any;
    };
    enter(tree.root, undefined);
    kept[tree.root.id] = 1;
    const sieve = matcher && new Sieve(matcher);
    this.unreadable = tree.unreadable.filter((path) => sieve?.ignores(path) !== true);
    this.files = files;
    this.bytes = bytes;
  }

  /** Applies an ignore list; an error where BuildKit fails while it walks this tree. */
  static of(tree: ContextTree, matcher?: IgnoreMatcher): ContextView | IgnoreError {
    return asValue(() => new ContextView(tree, matcher));
  }

  /** Whether an entry of the tree is sent to the builder. */
  has(entry: ContextEntry): boolean {
    return this.#kept[entry.id] === 1;
  }

  /** Every entry that is sent, at and below one, a directory before what is in it. */
  *entries(from: ContextEntry = this.tree.root): Generator<ContextEntry> {
    if (!this.has(from)) return;
    const stack: ContextEntry[] = [from];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      yield next;
      const children = next.children ?? [];
      for (let i = children.length - 1; i >= 0; i--) if (this.has(children[i]!)) stack.push(children[i]!);
    }
  }

  /** The child of a directory by its name, if it is sent. */
  child(directory: ContextEntry, name: string): ContextEntry | undefined {
    const entry = childOf(directory, name);
    return entry !== undefined && this.has(entry) ? entry : undefined;
  }

  /**
   * Follows a path from the root of the context, links included, as a builder does: absolute targets start at the
   * context, and `..` does not leave it. Gives the entry, the links that were followed, and what is missing.
   */
  resolve(path: string): Resolved {
    const links: ContextEntry[] = [];
    const rest = path.split('/').reverse();
    // A name that is not there is stepped into all the same, for `..` may leave it again; it is kept as its path.
    const at: (ContextEntry | string)[] = [this.tree.root];
    while (rest.length > 0) {
      const name = rest.pop()!;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (at.length > 1) at.pop();
        continue;
      }
      const last = at.at(-1)!;
      const entry = typeof last === 'string' ? undefined : this.child(last, name);
      if (entry === undefined) {
        const parent = typeof last === 'string' ? last : last.path;
        at.push(parent === '' ? name : `${parent}/${name}`);
      } else if (entry.type !== 'link') {
        at.push(entry);
      } else {
        links.push(entry);
        if (links.length > LINK_LIMIT) return { links, missing: entry.path };
        if (entry.target!.startsWith('/')) at.length = 1;
        rest.push(...entry.target!.split('/').reverse());
      }
    }
    const missing = at.find((step) => typeof step === 'string');
    if (missing !== undefined) return { links, missing };
    return { entry: at.at(-1) as ContextEntry, links };
  }
}

/** Where a path leads: an entry, or the first path on the way that the builder does not have. */
export type Resolved = { readonly links: readonly ContextEntry[] } & (
  | { readonly entry: ContextEntry; readonly missing?: undefined }
  | { readonly missing: string; readonly entry?: undefined }
);

/** As many links as containerd/continuity follows before it gives up. */
const LINK_LIMIT = 255;
