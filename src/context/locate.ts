import { posix } from 'node:path';
import { ancestors } from './build-files.ts';
import { type BuildReading, substitute, unify, withWildcards } from './build-reading.ts';
import { hasWildcard, matchGlob } from './glob.ts';
import { cleanPath } from './ignore-pattern.ts';

/** What is asked of a repository, so that a listing can stand in for a disk. */
export interface Listing {
  /** The names in a directory, relative to the root of the repository; undefined where it is no directory. */
  names(directory: string): readonly string[] | undefined;
}

/** A build that names a Dockerfile, with the paths that it turned out to mean. */
export interface NamedBuild {
  /** The file that says so, relative to the root, and its 1-based line. */
  readonly file: string;
  readonly line: number;
  readonly how: BuildReading['how'];
  /** Tells builds of one file apart: the service of compose, the target of bake. */
  readonly build: string;
  readonly engine: BuildReading['engine'];
  /** The context relative to the root; `remote` for one that is fetched, undefined where the text does not tell. */
  readonly context: string | undefined;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string | undefined>>;
  readonly contexts: Readonly<Record<string, string>>;
  /** The names that the image is given, as written. */
  readonly names: readonly string[];
}

/** Where a Dockerfile's context is, and how that is known. */
export type Location =
  | {
      readonly kind: 'located';
      /** Relative to the root of the repository; the root is the empty string. */
      readonly context: string;
      /**
       * `override`: said by the user. `named`: said by the builds. `sources`: the one directory that has what the
       * Dockerfile copies. `root`: the Dockerfile is at the root, and nothing above it may be the context. `beside`: the
       * Dockerfile's own directory has all that it copies, and is what most people build in.
       */
      readonly by: 'override' | 'named' | 'sources' | 'root' | 'beside';
      readonly builds: readonly NamedBuild[];
      /** Sources that are not there: they are made before the build, or the context is another. */
      readonly absent: readonly string[];
    }
  | { readonly kind: 'ambiguous'; readonly contexts: readonly string[]; readonly builds: readonly NamedBuild[] }
  | { readonly kind: 'above-root'; readonly builds: readonly NamedBuild[] }
  | { readonly kind: 'remote'; readonly builds: readonly NamedBuild[] }
  | {
      readonly kind: 'unknown';
      readonly reason: 'no-directory-has-the-sources' | 'no-such-context';
      readonly builds: readonly NamedBuild[];
    };

/** What is known of the Dockerfile whose context is wanted. */
export interface Question {
  /** The Dockerfile, relative to the root of the repository. */
  readonly dockerfile: string;
  /** The sources of COPY, ADD and bind mounts that come from the context; those with a variable are passed over. */
  readonly sources: readonly string[];
  /** The context that the user named, relative to the root. */
  readonly override?: string;
}

/**
 * Finds the build context of a Dockerfile: what the user said; else what the builds of the repository say, where they
 * agree; else the directory of the Dockerfile or one above it that has what is copied. Never a directory above the root.
 */
export function locate(question: Question, readings: readonly BuildReading[], listing: Listing): Location {
  const { dockerfile, override } = question;
  const builds = buildsOf(dockerfile, readings, listing);
  if (override !== undefined) {
    const context = cleanPath(override) === '.' ? '' : cleanPath(override);
    if (context.startsWith('..') || context.startsWith('/')) return { kind: 'above-root', builds };
    if (listing.names(context) === undefined) return { kind: 'unknown', reason: 'no-such-context', builds };
    return { kind: 'located', context, by: 'override', builds, absent: absentIn(context, question, listing) };
  }
  const named = unique(builds.map(({ context }) => context).filter((context) => context !== undefined));
  const inside = named.filter((context) => context !== 'remote' && !context.startsWith('..'));
  if (inside.length === 0 && named.some((context) => context.startsWith('..'))) return { kind: 'above-root', builds };
  if (inside.length === 0 && named.includes('remote')) return { kind: 'remote', builds };
  if (inside.length > 0) {
    // Where a build runs is partly guessed: a guess without the sources is none.
    const fitting = inside.length === 1 ? inside : bestOf(inside, question, listing);
    if (fitting.length > 1) return { kind: 'ambiguous', contexts: fitting, builds };
    const context = fitting[0]!;
    return { kind: 'located', context, by: 'named', builds, absent: absentIn(context, question, listing) };
  }
  return fromSources(question, builds, listing);
}

function buildsOf(dockerfile: string, readings: readonly BuildReading[], listing: Listing): NamedBuild[] {
  const builds = new Map<string, NamedBuild>();
  const bases = basesOf(readings, listing);
  for (const reading of readings) {
    if ((bases.get(idOf(reading)) ?? reading.base) !== reading.base) continue;
    if (reading.dockerfile === undefined) continue;
    const values = unify(reading.dockerfile, dockerfile);
    if (values === undefined) continue;
    const { file, line, how, build, engine, target, args, contexts, names } = reading;
    let context = reading.context === undefined ? undefined : substitute(reading.context, values);
    const local = context !== undefined && context !== 'remote' && !context.startsWith('..');
    if (local && listing.names(context!) === undefined) context = undefined;
    // A name made of nothing but variables fits every Dockerfile, and so says nothing of this one.
    if (context === undefined && /^(\0[^\0]*\0[/.]*)+$/.test(reading.dockerfile)) continue;
    const key = JSON.stringify([file, line, context, target]);
    builds.set(key, { file, line, how, build, engine, context, target, args, contexts, names });
  }
  return [...builds.values()];
}

const idOf = ({ file, line, build }: BuildReading) => JSON.stringify([file, line, build]);

/** For each build the first of the directories that it may run in where its Dockerfile is, if there is one. */
function basesOf(readings: readonly BuildReading[], listing: Listing): Map<string, string> {
  const bases = new Map<string, string>();
  for (const reading of readings) {
    const { dockerfile, base } = reading;
    if (dockerfile === undefined || dockerfile.includes('\0') || dockerfile.startsWith('..')) continue;
    const id = idOf(reading);
    if (!bases.has(id) && isThere(listing, '', dockerfile.split('/'))) bases.set(id, base);
  }
  return bases;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

/** The sources that lie in a context, as they are looked for: cleaned, and with wildcards for variables. */
function lookable(sources: readonly string[]): string[] {
  const local = sources.filter((source) => !/^(\w+:\/\/|[\w-]+@[\w.-]+:|<<)/.test(source)).map(withWildcards);
  // Of a pattern of `--parents` what is before its `**` is looked for.
  const whole = local.map((source) => source.replaceAll('/./', '/').replace(/(^|\/)\*\*\/.*$/, ''));
  return unique(whole.map((source) => cleanPath(`/${source}`).slice(1)));
}

/** Whether a source tells one directory from another: one that every directory has does not. */
const tells = (source: string) => !/^[*./]*$/.test(source);

function absentIn(context: string, { sources }: Question, listing: Listing): string[] {
  return lookable(sources).filter((source) => tells(source) && !isThere(listing, context, source.split('/')));
}

/** Whether a path or a wildcard has anything below a directory. */
function isThere(listing: Listing, directory: string, parts: readonly string[]): boolean {
  const [part, ...rest] = parts;
  if (part === undefined) return true;
  const names = listing.names(directory);
  if (names === undefined) return false;
  const found = names.filter((name) => (hasWildcard(part) ? matchGlob(part, name) === 'match' : name === part));
  return found.some((name) => rest.length === 0 || isThere(listing, posix.join(directory, name), rest));
}

/** Of several directories, those that lack the fewest of the sources. */
function bestOf(contexts: readonly string[], question: Question, listing: Listing): string[] {
  const lacks = contexts.map((context) => absentIn(context, question, listing).length);
  const least = Math.min(...lacks);
  return contexts.filter((_, index) => lacks[index] === least);
}

function fromSources(question: Question, builds: readonly NamedBuild[], listing: Listing): Location {
  const own = posix.dirname(question.dockerfile);
  const candidates = ancestors(own);
  const located = (context: string, by: 'sources' | 'root' | 'beside'): Location => {
    return { kind: 'located', context, by, builds, absent: absentIn(context, question, listing) };
  };
  if (candidates.length === 1) return located('', 'root');
  const beside = candidates[0]!;
  const telling = lookable(question.sources).filter(tells);
  const has = (context: string, source: string) => isThere(listing, context, source.split('/'));
  // What is nowhere is made before the build, and tells nothing.
  const present = telling.filter((source) => candidates.some((context) => has(context, source)));
  if (present.length === 0) {
    // A Dockerfile that copies nothing, or everything, or only build output, is built where its application is.
    const made = telling.every((source) => OUTPUT.test(source));
    if (lookable(question.sources).length === 0 || (made && holdsApplication(beside, listing)))
      return located(beside, 'beside');
    if (telling.length > 0) return { kind: 'unknown', reason: 'no-directory-has-the-sources', builds };
    const apart = beside.split('/').some((name) => APART.test(name)) || holdsNoSource(beside, listing);
    return apart ? { kind: 'ambiguous', contexts: unique([beside, '']), builds } : located(beside, 'beside');
  }
  const full = candidates.filter((context) => present.every((source) => has(context, source)));
  if (full.includes(beside)) return located(beside, full.length === 1 ? 'sources' : 'beside');
  if (full.length === 1) return located(full[0]!, 'sources');
  if (full.length > 1) return { kind: 'ambiguous', contexts: full, builds };
  return { kind: 'unknown', reason: 'no-directory-has-the-sources', builds };
}

/** Directories that builds write into. */
const OUTPUT = /^(target|build|dist|out|output|bin|publish|release|_build|artifacts|\.next|\.output)(\/|$)/;

/** Directories for files about building, whose application lies elsewhere. */
const APART =
  /^(\.?docker|dockerfiles?|containers?|containerfiles?|images?|deploy.*|build.*|\.?ci|infra.*|ops|packaging|hack|scripts?|tools?|tests?|testdata|integration|releases?|\.devcontainer|etc|contrib|config)$/i;

const MANIFEST =
  /^(package\.json|go\.mod|pyproject\.toml|requirements.*\.txt|setup\.py|Cargo\.toml|pom\.xml|build\.gradle(\.kts)?|.*\.(cs|fs|vb)proj|.*\.sln|Gemfile|composer\.json|mix\.exs|CMakeLists\.txt|Pipfile|.*\.cabal|Package\.swift)$/;

function holdsApplication(directory: string, listing: Listing): boolean {
  return (listing.names(directory) ?? []).some((name) => MANIFEST.test(name));
}

/** Whether a directory has nothing but Dockerfiles, ignore files, documents and scripts. */
function holdsNoSource(directory: string, listing: Listing): boolean {
  const beside = /dockerfile|containerfile|ignore$|\.(md|txt|sh|ya?ml)$|^(licen[sc]e|makefile)/i;
  return (listing.names(directory) ?? []).every((name) => beside.test(name));
}
