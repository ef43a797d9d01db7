import { posix } from 'node:path';
import { type GoSources, loadManifestLibraries, type Manifest, type NodeLocks } from '../manifests/index.ts';
import type { FileKind } from './archive.ts';
import { asValue, type IgnoreError, IgnoreMatcher } from './dockerignore.ts';
import { GitRules, gitIgnored } from './gitignore.ts';
import { locksBeside, manifestPaths, readGoSources, readManifest } from './manifests.ts';
import { readFileWithin, type Unread } from './read-file.ts';
import { type IgnoreFile, Repository } from './repository.ts';
import {
  judgeForAdd,
  lostEntries,
  type SourceMatch,
  type SourceOptions,
  type SourceResult,
  takeSource,
} from './sources.ts';
import { ContextView } from './view.ts';
import { type ContextEntry, type ContextTree, entriesBelow, type WalkLimits, walkContext } from './walk.ts';

/** What belongs to a context besides its directory. */
export interface ContextOptions {
  /** The absolute path of the Dockerfile; without it no `<Dockerfile>.dockerignore` is looked for. */
  readonly dockerfile?: string;
  /** The absolute path of the repository, for its .gitignore files; the context itself if absent. */
  readonly root?: string;
  readonly engine?: 'docker' | 'podman';
  readonly limits?: Partial<WalkLimits>;
  /** A tree to use instead of a walk. */
  readonly tree?: ContextTree;
}

/** The ignore file in force, with its text where it has one. */
export interface IgnoreInForce extends IgnoreFile {
  /** Empty where there is no file. */
  readonly text: string;
  /** Why the file cannot be used; undefined where it can. */
  readonly error: IgnoreError | { readonly error: Unread } | undefined;
  /** Paths on which builders disagree about this file. */
  readonly disputed: readonly string[];
}

/** Why a question about a context has no answer. */
export type ContextError = IgnoreError | { readonly error: 'no-context' | Unread };

/** An error in words. */
export function saidOf({ error }: ContextError): string {
  return error.replaceAll('-', ' ');
}

/** Files and bytes that are sent to a builder. */
export interface Totals {
  readonly files: number;
  readonly bytes: number;
}

const IGNORE_CAP = 1 << 20;
const TEXT_CAP = 1 << 18;

/** What is known of a context's directory whichever Dockerfile is built in it: shared by all of them. */
class ContextFolder {
  readonly views = new Map<string, ContextView | IgnoreError>();
  readonly lost = new WeakMap<ContextView, WeakMap<ContextView, Map<string, ReturnType<typeof lostEntries>>>>();
  readonly judged = new Map<string, 'directory' | FileKind>();
  readonly manifests = new Map<string, Manifest | undefined>();
  readonly goSources = new Map<string, GoSources>();
  tree: ContextTree | undefined | null = null;
  gitIgnored: readonly ContextEntry[] | undefined;
  gitRules: GitRules | undefined;
  manifestPaths: readonly string[] | undefined;
}

/** The most views of one context that are held: each takes a byte an entry. */
const VIEWS = 16;

/**
 * A build context on disk. It is walked at the first question and once only; answers are kept. Nothing throws for what
 * is on the disk: a question without an answer gives a value that says why.
 */
export class BuildContext {
  /** The absolute path of the context. */
  readonly directory: string;
  readonly #options: ContextOptions;
  readonly #folder: ContextFolder;
  readonly #sources = new Map<string, SourceResult>();
  #ignore: IgnoreInForce | undefined;

  /** With another context of the same directory, what was found out there is not asked of the disk again. */
  constructor(directory: string, options: ContextOptions = {}, same?: BuildContext) {
    this.directory = directory;
    this.#options = options;
    this.#folder = same ? same.#folder : new ContextFolder();
  }

  /** The same directory as another Dockerfile's context: the walk and what follows from it are shared. */
  of(dockerfile: string, engine?: 'docker' | 'podman'): BuildContext {
    return new BuildContext(this.directory, { ...this.#options, dockerfile, ...(engine && { engine }) }, this);
  }

  /** The context as it lies on disk; undefined where it is no directory that can be read. */
  get tree(): ContextTree | undefined {
    const folder = this.#folder;
    if (folder.tree === null) folder.tree = this.#options.tree ?? walkContext(this.directory, this.#options.limits);
    return folder.tree;
  }

  /** The ignore file that the builder obeys, or would if it were there; its path is relative to the repository. */
  get ignore(): IgnoreInForce {
    this.#ignore ??= this.#readIgnore();
    return this.#ignore;
  }

  /** What the builder receives with the ignore file in force. */
  get view(): ContextView | ContextError {
    const { error, text } = this.ignore;
    return error ?? this.viewWith(text);
  }

  /** What the builder would receive with another ignore file; with an empty text, everything. */
  viewWith(ignoreText: string): ContextView | ContextError {
    const { tree } = this;
    if (tree === undefined) return { error: 'no-context' };
    const { views } = this.#folder;
    let view = views.get(ignoreText);
    if (view === undefined) {
      const matcher = IgnoreMatcher.compile(ignoreText);
      view = 'error' in matcher ? matcher : ContextView.of(tree, matcher);
      const [oldest] = views.keys();
      if (views.size >= VIEWS) views.delete(oldest!);
      views.set(ignoreText, view);
    }
    return view;
  }

  /** Files and bytes that are sent, with the ignore file in force or with another text. */
  totals(ignoreText?: string): Totals | ContextError {
    const view = ignoreText === undefined ? this.view : this.viewWith(ignoreText);
    return view instanceof ContextView ? { files: view.files, bytes: view.bytes } : view;
  }

  /** What a source of COPY, ADD or a bind mount takes, with the ignore file in force. */
  source(source: string, options: SourceOptions = {}): SourceResult | ContextError {
    const key = JSON.stringify([source, options]);
    let result = this.#sources.get(key);
    if (result === undefined) {
      const { view } = this;
      if (!(view instanceof ContextView)) return view;
      result = takeSource(view, source, options);
      this.#sources.set(key, result);
    }
    return result;
  }

  /** What ADD makes of one match of a source, by its content. */
  judge(match: SourceMatch): 'directory' | FileKind {
    const { path } = match.entry;
    let kind = this.#folder.judged.get(path);
    if (kind === undefined) {
      const { view } = this;
      kind = view instanceof ContextView ? judgeForAdd(view, match) : 'unreadable';
      this.#folder.judged.set(path, kind);
    }
    return kind;
  }

  /** What a source takes with one ignore text and would not take with another; without the first, with that in force. */
  lost(
    source: string,
    options: SourceOptions,
    ignoreText: string,
    before = this.ignore.text,
  ): ReturnType<typeof lostEntries> | ContextError {
    const view = this.viewWith(before);
    const other = this.viewWith(ignoreText);
    if (!(view instanceof ContextView)) return view;
    if (!(other instanceof ContextView)) return other;
    const known = kept(this.#folder.lost, view, () => new WeakMap());
    const answers = kept(known, other, () => new Map());
    const key = JSON.stringify([source, options]);
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = lostEntries(source, options, view, other);
      answers.set(key, answer);
    }
    return answer;
  }

  /** The text of a file of the context, links followed inside it; at most 256 KiB. */
  text(path: string): { readonly text: string } | { readonly unread: Unread | 'no-context' } {
    const everything = this.viewWith('');
    if (!(everything instanceof ContextView)) return { unread: 'no-context' };
    const { entry } = everything.resolve(path);
    return entry === undefined ? { unread: 'missing' } : readFileWithin(`${this.directory}/${entry.path}`, TEXT_CAP);
  }

  /** Loads what reading the manifests takes; to be awaited before one of them is asked for. */
  async load(): Promise<void> {
    await loadManifestLibraries(this.manifestPaths);
  }

  /** The paths of the application's manifests, those nearest to the root of the context first. */
  get manifestPaths(): readonly string[] {
    this.#folder.manifestPaths ??= this.tree === undefined ? [] : manifestPaths(this.tree);
    return this.#folder.manifestPaths;
  }

  /** One manifest, read; undefined for a path that is none by its name. */
  manifest(path: string): Manifest | undefined {
    if (!this.#folder.manifests.has(path)) this.#folder.manifests.set(path, readManifest(this.directory, path));
    return this.#folder.manifests.get(path);
  }

  /** The lock files beside a package.json. */
  locks(path: string): NodeLocks | undefined {
    return this.tree && locksBeside(this.tree, path);
  }

  /** What the Go files below a directory are. */
  goSources(directory: string): GoSources | undefined {
    if (this.tree === undefined) return undefined;
    let sources = this.#folder.goSources.get(directory);
    if (sources === undefined) {
      sources = readGoSources(this.tree, directory);
      this.#folder.goSources.set(directory, sources);
    }
    return sources;
  }

  /** Whether a rule of git ignores a path, which need not exist. */
  gitIgnores(path: string, isDirectory: boolean): boolean {
    if (this.tree === undefined) return false;
    this.#folder.gitRules ??= new GitRules(this.tree, this.#options.root ?? this.directory);
    return this.#folder.gitRules.ignores(path, isDirectory);
  }

  /** The entries that git ignores, each directory standing for what is in it. */
  get gitIgnored(): readonly ContextEntry[] {
    if (this.tree === undefined) return [];
    this.#folder.gitIgnored ??= gitIgnored(this.tree, this.#options.root ?? this.directory);
    return this.#folder.gitIgnored;
  }

  /**
   * Paths that one builder would send with an ignore text and another would not, at most a hundred: BuildKit hands the
   * results of a directory to its children, older engines and buildah look at each path alone.
   */
  disputed(ignoreText: string): readonly string[] {
    const view = this.viewWith(ignoreText);
    const matcher = IgnoreMatcher.compile(ignoreText);
    if (!(view instanceof ContextView) || 'error' in matcher) return [];
    const shortPatterns = matcher.disputed.map((pattern) => pattern.slice(2));
    if (!matcher.hasExceptions && shortPatterns.length === 0) return [];
    const paths: string[] = [];
    for (const entry of entriesBelow(view.tree.root)) {
      if (paths.length === DISPUTED_CAP) break;
      if (entry.children !== undefined) continue;
      const short = shortPatterns.some((suffix) => entry.path.endsWith(suffix));
      if (short || view.has(entry) === matcher.matchesPath(entry.path)) paths.push(entry.path);
    }
    return paths;
  }

  #readIgnore(): IgnoreInForce {
    const root = this.#options.root ?? this.directory;
    const dockerfile = this.#options.dockerfile ?? `${this.directory}/Dockerfile`;
    const relative = (path: string) => posix.relative(root, path);
    const file = new Repository(root).ignoreFile(relative(dockerfile), relative(this.directory), this.#options.engine);
    const none = { ...file, text: '', error: undefined, disputed: [] };
    if (!file.exists) return none;
    const read = readFileWithin(posix.join(root, file.path), IGNORE_CAP);
    if (!('text' in read)) return { ...none, error: { error: read.unread } };
    const matcher = asValue(() => IgnoreMatcher.compile(read.text));
    const error = 'error' in matcher ? matcher : matcher.fault;
    let disputed: readonly string[] | undefined;
    const dispute = () => (error === undefined ? this.disputed(read.text) : []);
    return {
      ...file,
      text: read.text,
      error,
      // It looks at every path, and few ask.
      get disputed() {
        disputed ??= dispute();
        return disputed;
      },
    };
  }
}

const DISPUTED_CAP = 100;

function kept<K extends object, V>(all: WeakMap<K, V>, key: K, make: () => V): V {
  let value = all.get(key);
  if (value === undefined) {
    value = make();
    all.set(key, value);
  }
  return value;
}

/** Opens a build context; nothing is read before the first question. */
export function openContext(directory: string, options: ContextOptions = {}): BuildContext {
  return new BuildContext(directory, options);
}
