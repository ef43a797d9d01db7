import { type FileKind, inspectFile } from './archive.ts';
import { type IgnoreError, IgnoreMatcher, type ParentResults } from './dockerignore.ts';
import { hasWildcard, isGlob, matchGlob } from './glob.ts';
import { cleanPath } from './ignore-pattern.ts';
import type { ContextView } from './view.ts';
import type { ContextEntry } from './walk.ts';

/** How an instruction reads its sources. */
export interface SourceOptions {
  /** The patterns of `--exclude`, each as written. */
  readonly exclude?: readonly string[];
  /** `COPY --parents`. */
  readonly parents?: boolean;
  /** The source of a bind mount: nothing in it is a wildcard. */
  readonly literal?: boolean;
}

/** One path that a source stands for: a wildcard may have several. */
export interface SourceMatch {
  /** Where the source led, with links followed. */
  readonly entry: ContextEntry;
  /** The path before links were followed; its last name is the name of the copied file. */
  readonly named: string;
}

/** What an instruction takes from the context for one of its sources. */
export type SourceResult =
  | {
      readonly kind: 'taken';
      readonly matches: readonly SourceMatch[];
      /** The links that were followed: the build needs them and what they lead to. */
      readonly links: readonly string[];
      /** Every entry that is copied, directories included; the links inside a copied directory are copied as links. */
      readonly entries: () => Iterable<ContextEntry>;
    }
  /** A wildcard that matches nothing: the build goes on without it. */
  | { readonly kind: 'empty' }
  /** The build fails: this path is not in what the builder receives. */
  | { readonly kind: 'missing'; readonly path: string }
  /** The build fails: the pattern of the source or of a flag is malformed. */
  | { readonly kind: 'malformed' }
  /** Nothing of the context: a URL, a Git repository, or a heredoc. */
  | { readonly kind: 'not-local' }
  | { readonly kind: 'unknown'; readonly reason: UnknownSource };

/** Why it cannot be said what a source takes. */
export type UnknownSource =
  /** The walk of the context ended at a limit. */
  | 'walk-stopped'
  /** A path that the source may take could not be read. */
  | 'unreadable'
  /** `--parents` of the context itself, which no builder documents. */
  | 'parents-of-context'
  /** A flag holds a pattern that we do not read. */
  | 'unsupported-pattern';

const REMOTE = /^(https?:\/\/|git:\/\/|ssh:\/\/|[\w-]+@[\w.-]+:|<<)/;

/**
 * Says what one source of COPY or ADD, or of a bind mount, takes from a context, by BuildKit's rules: the source is
 * cleaned and rooted at the context; wildcards are those of Go's `filepath.Match`; a link is followed inside the context;
 * of a directory the contents are taken; `--exclude` is relative to each source directory and leaves files that are
 * named directly alone; `--parents` takes what matches the text after the pivot. The source is given with its variables
 * expanded and its quotes gone.
 */
export function takeSource(view: ContextView, source: string, options: SourceOptions = {}): SourceResult {
  if (REMOTE.test(source) && options.literal !== true) return { kind: 'not-local' };
  if (view.tree.stoppedBy !== undefined) return { kind: 'unknown', reason: 'walk-stopped' };
  const exclude = matcherOf(options.exclude);
  if (exclude !== undefined && 'error' in exclude) return flagFault(exclude);

  const pivot = options.parents === true ? splitPivot(source) : { source, include: undefined };
  if (pivot.include === '') return { kind: 'unknown', reason: 'parents-of-context' };
  const include = matcherOf(pivot.include === undefined ? undefined : [pivot.include]);
  if (include !== undefined && 'error' in include) return flagFault(include);

  const path = cleanPath(`/${pivot.source}`).slice(1);
  const found = options.literal === true || !hasWildcard(path) ? findExact(view, path) : findMatches(view, path);
  if (found.kind !== 'taken') return unlessUnreadable(view, path, found);

  const links = [...new Set(found.links)];
  const entries = function* () {
    for (const { entry } of found.matches) yield* takenBelow(view, entry, include, exclude);
  };
  if (include !== undefined) {
    const first = entries().next();
    const exact = !hasWildcard(pivot.source) && !hasWildcard(pivot.include ?? '');
    if (first.done)
      return unlessUnreadable(view, path, exact ? missing(`${path}/${pivot.include}`) : { kind: 'empty' });
  }
  const roots = found.matches.map(({ entry }) => entry.path);
  if (roots.some((root) => touchesUnreadable(view, root))) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'taken', matches: found.matches, links, entries };
}

/** What ADD makes of one match: a directory is copied with what is in it, and only a file may be unpacked. */
export function judgeForAdd(view: ContextView, match: SourceMatch): 'directory' | FileKind {
  switch (match.entry.type) {
    case 'directory':
      return 'directory';
    case 'file':
      return inspectFile(`${view.tree.directory}/${match.entry.path}`);
    default:
      return 'unreadable';
  }
}

/**
 * What a source takes of one view of a context and not of another: what an ignore file costs. A directory that is lost
 * stands for all that is in it. The other view holds nothing that the first does not.
 */
export function lostEntries(
  source: string,
  options: SourceOptions,
  before: ContextView,
  after: ContextView,
): readonly ContextEntry[] | Extract<SourceResult, { kind: 'missing' | 'malformed' | 'unknown' }> {
  const old = takeSource(before, source, options);
  if (old.kind === 'unknown') return old;
  if (old.kind !== 'taken') return [];
  const now = takeSource(after, source, options);
  if (now.kind === 'missing' || now.kind === 'malformed' || now.kind === 'unknown') return now;
  const lost: ContextEntry[] = [];
  let inside: string | undefined;
  for (const entry of old.entries()) {
    if (now.kind === 'taken' && after.has(entry)) continue;
    if (inside !== undefined && entry.path.startsWith(inside)) continue;
    lost.push(entry);
    inside = entry.children === undefined ? undefined : entry.path === '' ? '' : `${entry.path}/`;
  }
  return lost;
}

type Found = Extract<SourceResult, { kind: 'empty' | 'missing' | 'malformed' }> | FoundMatches;
interface FoundMatches {
  readonly kind: 'taken';
  readonly matches: readonly SourceMatch[];
  readonly links: readonly string[];
}

function missing(path: string): { kind: 'missing'; path: string } {
  return { kind: 'missing', path: path.replace(/^\//, '') };
}

function findExact(view: ContextView, path: string): Found {
  const { entry, links, missing: lost } = view.resolve(path);
  if (entry === undefined) return missing(lost);
  return { kind: 'taken', matches: [{ entry, named: path }], links: links.map((link) => link.path) };
}

function findMatches(view: ContextView, path: string): Found {
  if (!isGlob(path)) return { kind: 'malformed' };
  const parts = path.split('/');
  const first = parts.findIndex(hasWildcard);
  const base = view.resolve(parts.slice(0, first).join('/'));
  if (base.entry === undefined) return missing(base.missing);
  const links = base.links.map((link) => link.path);
  const matches: SourceMatch[] = [];
  for (const match of matchBelow(view, base.entry, parts.slice(first))) {
    const { entry, links: followed, missing: lost } = view.resolve(match.path);
    if (entry === undefined) return missing(lost);
    links.push(...followed.map((link) => link.path));
    matches.push({ entry, named: match.path });
  }
  return matches.length === 0 ? { kind: 'empty' } : { kind: 'taken', matches, links };
}

/** The entries below a directory that a pattern matches; a matched directory is not looked into, a link not followed. */
function* matchBelow(view: ContextView, base: ContextEntry, parts: readonly string[]): Generator<ContextEntry> {
  // In Go a class may match a slash, so that names and parts of the pattern need not pair up.
  if (parts.some((part) => part.includes('['))) {
    yield* matchWhole(view, base, parts.join('/'), base.path === '' ? 0 : base.path.length + 1);
    return;
  }
  const [part, ...rest] = parts;
  for (const entry of base.children ?? []) {
    if (!view.has(entry) || matchGlob(part!, entry.path.slice(entry.path.lastIndexOf('/') + 1)) !== 'match') continue;
    if (rest.length === 0) yield entry;
    else yield* matchBelow(view, entry, rest);
  }
}

function* matchWhole(view: ContextView, base: ContextEntry, pattern: string, skip: number): Generator<ContextEntry> {
  for (const entry of base.children ?? []) {
    if (!view.has(entry)) continue;
    if (matchGlob(pattern, entry.path.slice(skip)) === 'match') yield entry;
    else yield* matchWhole(view, entry, pattern, skip);
  }
}

/** What is copied of one match, by the two lists of fsutil's copier, which sees paths relative to the match. */
function* takenBelow(
  view: ContextView,
  entry: ContextEntry,
  include: IgnoreMatcher | undefined,
  exclude: IgnoreMatcher | undefined,
): Generator<ContextEntry> {
  if (include === undefined && exclude === undefined) {
    yield* view.entries(entry);
    return;
  }
  if (include === undefined || entry.children === undefined) yield entry;
  const skip = entry.path === '' ? 0 : entry.path.length + 1;
  const enter = function* (
    directory: ContextEntry,
    included: ParentResults,
    excluded: ParentResults,
  ): Generator<ContextEntry> {
    for (const child of directory.children ?? []) {
      if (!view.has(child)) continue;
      const path = child.path.slice(skip);
      // A matcher calls what it matches ignored; here the first list names what is wanted.
      const inside = include?.step(path, included);
      const outside = exclude?.step(path, excluded);
      if (inside?.ignored !== false && outside?.ignored !== true) yield child;
      if (outside?.ignored !== true || exclude?.hasExceptions === true)
        yield* enter(child, inside?.results, outside?.results);
    }
  };
  yield* enter(entry, undefined, undefined);
}

/** Splits the source of `--parents` at its pivot: what is left of `/./` is entered, and what is right of it is kept. */
function splitPivot(source: string): { source: string; include: string } {
  const at = source.indexOf('/./');
  const right = at === -1 ? source : source.slice(at + 3);
  return { source: at === -1 ? '/' : source.slice(0, at), include: cleanPath(`/${right}`).slice(1) };
}

function matcherOf(patterns: readonly string[] | undefined): IgnoreMatcher | IgnoreError | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined;
  const matcher = IgnoreMatcher.fromPatterns(patterns);
  return 'error' in matcher ? matcher : (matcher.fault ?? matcher);
}

function flagFault({ error }: IgnoreError): SourceResult {
  return error === 'unsupported pattern' ? { kind: 'unknown', reason: 'unsupported-pattern' } : { kind: 'malformed' };
}

/** Whether a path lies at, above or below one that could not be read. */
function touchesUnreadable(view: ContextView, path: string): boolean {
  const inside = (inner: string, outer: string) => outer === '' || inner === outer || inner.startsWith(`${outer}/`);
  return view.unreadable.some((lost) => inside(lost, path) || inside(path, lost));
}

/** An answer that rests on something not being there, which an unreadable directory cannot show. */
function unlessUnreadable(view: ContextView, path: string, result: SourceResult): SourceResult {
  const parts = path.split('/');
  const first = parts.findIndex(hasWildcard);
  const base = first === -1 ? path : parts.slice(0, first).join('/');
  return touchesUnreadable(view, base) ? { kind: 'unknown', reason: 'unreadable' } : result;
}
