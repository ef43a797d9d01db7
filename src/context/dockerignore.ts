import { cleanPath, IgnorePattern, PatternError, type PatternFault } from './ignore-pattern.ts';

/** Why an ignore file cannot be used: a build with it fails too, but for `unsupported pattern`. */
export interface IgnoreError {
  readonly error: PatternFault | 'line too long';
  /** The pattern at fault, where one is. */
  readonly pattern?: string;
}

/** The most bytes a line may have before Go's line scanner gives up. */
const LINE_LIMIT = 64 * 1024;
/** The white space of Go's `strings.TrimSpace`, which differs from JavaScript's `trim`. */
const EDGE_SPACE =
  /^[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

const trimSpace = (text: string) => text.replace(EDGE_SPACE, '');

/** A line of an ignore file that holds a pattern. */
export interface IgnoreLine {
  /** 1-based. */
  readonly line: number;
  /** The pattern as BuildKit's reader cleans it, with its `!`. */
  readonly pattern: string;
}

/**
 * Reads the patterns of a .dockerignore file by the rules of moby/patternmatcher's `ignorefile.ReadAll`: a byte order
 * mark goes, `#` is a comment in the first column only, white space goes at both ends and after `!`, paths are
 * cleaned and lose one leading slash.
 */
export function readIgnoreFile(text: string): readonly IgnoreLine[] | IgnoreError {
  const lines = text.split('\n');
  const patterns: IgnoreLine[] = [];
  for (const [index, raw] of lines.entries()) {
    if (raw.length * 3 >= LINE_LIMIT && Buffer.byteLength(raw) >= LINE_LIMIT) return { error: 'line too long' };
    const line = index === 0 && raw.startsWith('\ufeff') ? raw.slice(1) : raw;
    if (line.startsWith('#')) continue;
    const trimmed = trimSpace(line);
    if (trimmed === '') continue;
    const exception = trimmed.startsWith('!');
    let pattern = exception ? trimSpace(trimmed.slice(1)) : trimmed;
    if (pattern !== '') {
      pattern = cleanPath(pattern);
      if (pattern.length > 1 && pattern.startsWith('/')) pattern = pattern.slice(1);
    }
    patterns.push({ line: index + 1, pattern: exception ? `!${pattern}` : pattern });
  }
  return patterns;
}

/** What the walk knows of a directory: for each pattern, whether it matched there or above; undefined where none did. */
export type ParentResults = Uint8Array | undefined;

/** The answer for one path: whether it is left out of the context, and what its children need to know. */
export interface IgnoreResult {
  readonly ignored: boolean;
  readonly results: ParentResults;
}

/**
 * A compiled ignore list. `step` gives the answer of current BuildKit (fsutil's walk, which hands each
 * directory's results to its children); `matchesPath` the answer of older engines, of buildah and of BuildKit's own
 * check, which look at a path and its parents alone. Where they differ, builders disagree.
 */
export class IgnoreMatcher {
  readonly lines: readonly IgnoreLine[];
  readonly #patterns: readonly IgnorePattern[];
  readonly #hasExceptions: boolean;
  readonly #stems: readonly string[] | undefined;

  private constructor(lines: readonly IgnoreLine[]) {
    this.lines = lines;
    // Reading may have laid bare more white space, and the matcher trims again.
    const patterns = lines.map(({ pattern }) => trimSpace(pattern)).filter((pattern) => pattern !== '');
    this.#patterns = patterns.map((pattern) => new IgnorePattern(pattern));
    const exceptions = this.#patterns.filter(({ exception }) => exception);
    this.#hasExceptions = exceptions.length > 0;
    const stems = exceptions.map(({ stem }) => stem);
    this.#stems = stems.some((stem) => /[*[\]?^\\]/.test(stem)) ? undefined : stems.map((stem) => `${stem}/`);
  }

  /** Compiles the text of an ignore file; an error where every build with it fails. */
  static compile(text: string): IgnoreMatcher | IgnoreError {
    const lines = readIgnoreFile(text);
    if ('error' in lines) return lines;
    return asValue(() => new IgnoreMatcher(lines));
  }

  /** Compiles patterns that come from a flag (`--exclude`, `--parents`) and not from a file, so that none is cleaned. */
  static fromPatterns(patterns: readonly string[]): IgnoreMatcher | IgnoreError {
    return asValue(() => new IgnoreMatcher(patterns.map((pattern) => ({ line: 0, pattern }))));
  }

  /** Whether a pattern begins with `!`. */
  get hasExceptions(): boolean {
    return this.#hasExceptions;
  }

  /** The first pattern at which a build fails as soon as it is tried on a path; matching may throw only if there is one. */
  get fault(): IgnoreError | undefined {
    const fault = this.#patterns.find((pattern) => pattern.fault !== undefined)?.fault;
    return fault && { error: fault.fault, pattern: fault.pattern };
  }

  /** The answer for one path, given the results of its directory (undefined at the root of the context). */
  step(path: string, parent: ParentResults): IgnoreResult {
    const patterns = this.#patterns;
    let ignored = false;
    let results: Uint8Array | undefined;
    for (let i = 0; i < patterns.length; i++) {
      const pattern = patterns[i]!;
      const inherited = parent !== undefined && parent[i] === 1;
      if (!inherited && (pattern.exception !== ignored || !pattern.matches(path))) continue;
      results ??= new Uint8Array(patterns.length);
      results[i] = 1;
      ignored = !pattern.exception;
    }
    return { ignored, results };
  }

  /** Patterns such as `**.js`, which older engines and buildah match on a whole name only. */
  get disputed(): readonly string[] {
    return this.#patterns.filter(({ text }) => /^\*\*[^/*?[\]\\][^*?[\]\\]*$/.test(text)).map(({ text }) => text);
  }

  /** Whether an ignored directory is not entered at all: no exception could match below it. */
  mayPrune(directory: string): boolean {
    if (!this.#hasExceptions) return true;
    if (this.#stems === undefined) return false;
    const prefix = `${directory}/`;
    return !this.#stems.some((stem) => stem.startsWith(prefix));
  }

  /** Whether a path is ignored by the rule of `MatchesOrParentMatches`, which needs no walk. */
  matchesPath(path: string): boolean {
    let ignored = false;
    for (const pattern of this.#patterns) {
      if (pattern.exception === ignored && matchesOrParent(pattern, path)) ignored = !pattern.exception;
    }
    return ignored;
  }
}

function matchesOrParent(pattern: IgnorePattern, path: string): boolean {
  if (pattern.matches(path)) return true;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    if (pattern.matches(path.slice(0, at))) return true;
  }
  return false;
}

/** Runs what may throw a PatternError, and gives that as a value. */
export function asValue<T>(run: () => T): T | IgnoreError {
  try {
    return run();
  } catch (error) {
    if (error instanceof PatternError) return { error: error.fault, pattern: error.pattern };
    throw error;
  }
}

/** Answers for paths in any order, as BuildKit's walk from the root of the context would; remembers directories. */
export class Sieve {
  readonly #matcher: IgnoreMatcher;
  readonly #directories = new Map<string, IgnoreResult & { readonly pruned: boolean }>();

  constructor(matcher: IgnoreMatcher) {
    this.#matcher = matcher;
  }

  /** Whether a file or a directory is left out of the context. A directory that holds a kept path is sent all the same. */
  ignores(path: string): boolean {
    const parent = this.#parentOf(path);
    return parent?.pruned === true || this.#matcher.step(path, parent?.results).ignored;
  }

  /** Whether a directory is left out with everything below it, unseen. */
  prunes(directory: string): boolean {
    return this.#directory(directory).pruned;
  }

  #parentOf(path: string) {
    const slash = path.lastIndexOf('/');
    return slash === -1 ? undefined : this.#directory(path.slice(0, slash));
  }

  #directory(path: string): IgnoreResult & { readonly pruned: boolean } {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const parent = this.#parentOf(path);
    let entry = parent;
    if (entry?.pruned !== true) {
      const { ignored, results } = this.#matcher.step(path, parent?.results);
      entry = { ignored, results, pruned: ignored && this.#matcher.mayPrune(path) };
    }
    this.#directories.set(path, entry!);
    return entry!;
  }
}
