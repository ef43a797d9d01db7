import type { ConfigField } from '../transform/index.ts';
import { brokenParts } from './broken.ts';
import { escaped, pathMatcher } from './globs.ts';
import { type Image, type ImageConfig, type ImageNode, namesOf, userOf } from './image.ts';
import { brokenLinks, coveredInLayers, leftInLayers } from './layers.ts';
import { meaningOf, noiseAt, type Pair } from './noise.ts';
import {
  automaticPackages,
  filesOfPackages,
  isPackageDatabase,
  listsOf,
  packagesOf,
  scriptsOfPackages,
} from './packages.ts';
import { holdsAll } from './proof.ts';
import { hasSameUsers, isUserDatabase } from './users.ts';

/** Something in which two images differ. */
export interface Difference {
  /** What it is about: `User`, `Env PATH`, `Labels name`, `/app/run.sh`, or `package curl`. */
  readonly subject: string;
  /** What differs, as a clause that follows the subject: `is gone`, `has mode 0600, and had 0644`. */
  readonly what: string;
  /** In what respect, so that the same difference of another pair can be told. */
  readonly aspect: string;
}

/** What two images may differ in, without its being said. */
export interface Allowed {
  readonly config: ReadonlySet<ConfigField>;
  /** Globs of absolute paths. */
  readonly paths: readonly string[];
  /** Globs of paths whose owner and mode may differ. */
  readonly owners?: readonly string[];
  /** The user may be written otherwise alone: it is the same by its numbers. */
  readonly sameUser?: boolean;
  /** Packages that were installed for others may be gone. */
  readonly fewerPackages: boolean;
  /** The Dockerfile: a path that it names is what a step makes for the application. */
  readonly text?: string;
  /** SHA-256 of files of the build context that were changed, before (absent: new) and after; images may hold copies. */
  readonly replaced?: readonly { readonly before: string | undefined; readonly after: string }[];
}

export const nothingAllowed: Allowed = { config: new Set(), paths: [], fewerPackages: false };

/**
 * Packages that programs need without naming them as a dependency, so that their loss is told even where packages may
 * be fewer: TLS, time zones, names of protocols and MIME types (Debian's Recommends of curl, git, python3, November 2026).
 */
const vitalPackages: ReadonlySet<string> = new Set(['ca-certificates', 'tzdata', 'netbase', 'media-types', 'locales']);

/** Where packages put things; what stands elsewhere is the application's. */
const systemPaths = pathMatcher([
  '/{bin,sbin,lib,lib32,lib64,libx32,etc,var,run,boot}/**',
  '/usr/{bin,sbin,lib,lib32,lib64,libexec,libx32,share,include,games,src}/**',
]);

/** What a step may make there for the application: programs, languages, the time zone. */
const madeByName = pathMatcher([
  '/{bin,sbin}/*',
  '/usr/{bin,sbin}/*',
  '/usr/lib/locale/**',
  '/etc/{localtime,timezone}',
]);

/**
 * What tools make anew of all that is installed: the loader's cache, alternatives, users, indexes of libraries; and what
 * packages keep of their state.
 */
const derivedPaths = pathMatcher([
  '/etc/{ld.so.cache,gshadow,subuid,subgid,mailcap,mime.types,shells}',
  '/etc/{alternatives,rc?.d,systemd,ssl/certs}/**',
  '/usr/share/{applications,glib-2.0,icons,info,mime}/**',
  '/usr/lib/**/{gconv-modules.cache,loaders.cache,giomodule.cache}',
  '/var/{cache,lib}/**',
]);

/** In what two images differ that they may not, in the order of configuration, packages and paths. */
export function compareImages(before: Image, after: Image, allowed: Allowed): Difference[] {
  return [
    ...[...compareConfigs(before.config, after.config)].filter(
      ({ field, part }) => !allowed.config.has(field) && !(part !== undefined && allowed.config.has(part)),
    ),
    ...(allowed.sameUser && allowed.config.has('User') ? compareUsers(before, after) : []),
    ...comparePackages(before, after, allowed),
    ...compareFiles(before, after, allowed),
    // Elsewhere what is gone is told itself.
    ...(holdsAll(allowed.paths) || allowed.fewerPackages ? brokenParts(before, after, !holdsAll(allowed.paths)) : []),
  ].map(({ subject, what, aspect }) => ({ subject, what, aspect }));
}

/** With the field, and the part of it that alone may be allowed to differ. */
interface ConfigDifference extends Difference {
  readonly field: ConfigField;
  readonly part?: ConfigField;
}

function* compareConfigs(before: ImageConfig, after: ImageConfig): Generator<ConfigDifference> {
  for (const field of Object.keys(before) as (keyof ImageConfig)[]) {
    if (field === 'Env' || field === 'Labels') yield* compareRecords(field, before[field], after[field]);
    else {
      const [was, is] = [JSON.stringify(before[field]), JSON.stringify(after[field])];
      if (was !== is) yield { field, subject: field, what: `is ${is}, and was ${was}`, aspect: is };
    }
  }
}

/** The first users of two images, by their numbers. */
function* compareUsers(before: Image, after: Image): Generator<Difference> {
  if (before.config.User === after.config.User) return;
  const [was, is] = [before, after].map((image) => {
    const { uid, gid } = userOf(image);
    return `${uid ?? 'unknown'}:${gid ?? 'unknown'}`;
  }) as [string, string];
  if (was === is && !is.includes('unknown')) return;
  yield { subject: 'User', what: `stands for ${is}, and \`${before.config.User}\` did for ${was}`, aspect: is };
}

/** Values may be secrets, so that only names are told. */
function* compareRecords(
  field: 'Env' | 'Labels',
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Generator<ConfigDifference> {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name], after[name]];
    if (was === is) continue;
    const what = is === undefined ? 'is gone' : was === undefined ? 'is new' : 'has another value';
    yield { field, part: `${field}.${name}`, subject: `${field} ${name}`, what, aspect: what };
  }
}

function* comparePackages(before: Image, after: Image, { fewerPackages, paths }: Allowed): Generator<Difference> {
  if (holdsAll(paths)) return;
  const [was, is] = [packagesOf(before), packagesOf(after)];
  // What a person asked for by name stays.
  const auto = fewerPackages ? automaticPackages(before) : new Set<string>();
  for (const [name, version] of was) {
    const now = is.get(name);
    const subject = `package ${name}`;
    if (now === undefined) {
      if (!fewerPackages || vitalPackages.has(name) || !auto.has(name))
        yield { subject, what: 'is gone', aspect: 'gone' };
    } else if (now !== version) {
      yield { subject, what: `has version ${now}, and had ${version}`, aspect: `version ${now}` };
    }
  }
  for (const name of is.keys()) if (!was.has(name)) yield { subject: `package ${name}`, what: 'is new', aspect: 'new' };
}

function* compareFiles(before: Image, after: Image, allowed: Allowed): Generator<Difference> {
  const mayDiffer = pathMatcher(allowed.paths);
  const mayBeOwned = pathMatcher(allowed.owners ?? []);
  const left = packagesOf(after);
  const isFewer = allowed.fewerPackages && [...packagesOf(before).keys()].some((name) => !left.has(name));
  const excused = isFewer ? excusedByPackages(before, after, allowed.text ?? '') : () => false;
  const isSameOwner = isFewer ? ownersByName(before, after) : hasSameOwner;
  const told = new Set<string>();
  const has = (path: string): boolean => after.files.has(path.slice(1));
  const paths = [...new Set([...before.files.keys(), ...after.files.keys()])].sort();
  for (const path of paths) {
    const absolute = `/${path}`;
    const [was, is] = [nodeAt(before, path), nodeAt(after, path)];
    const given = was && is && mayBeOwned(absolute) ? { ...is, uid: was.uid, gid: was.gid, mode: was.mode } : is;
    const difference = judge(path, { was, is: given, has }, allowed, isSameOwner);
    if (!difference || mayDiffer(absolute) || excused(path)) continue;
    // What is in a folder that came or went with it is not told again.
    if ((!was || !is) && isUnder(path, told)) continue;
    if (!was || !is) told.add(path);
    yield { subject: absolute, ...difference };
  }
  for (const { other, ...link } of brokenLinks(before, after)) {
    const isMeant = [link.subject, other].some((each) => mayDiffer(each) || mayBeOwned(each) || excused(each.slice(1)));
    if (!isMeant) yield link;
  }
  for (const left of leftInLayers(before, after)) {
    if (!mayDiffer(left.subject) && noiseAt(left.subject, 'file') !== 'presence') yield left;
  }
  // Indexes of what is installed have another content in each layer where packages are fewer.
  for (const covered of coveredInLayers(before, after)) {
    if (!mayDiffer(covered.subject) && !excused(covered.subject.slice(1))) yield covered;
  }
}

/** Archives may lack an entry of the root; builders then make it so. */
const root: ImageNode = { type: 'directory', mode: 0o755, uid: 0, gid: 0 };

function nodeAt({ files }: Image, path: string): ImageNode | undefined {
  return files.get(path) ?? (path === '' ? root : undefined);
}

type SameOwner = (was: ImageNode, is: ImageNode, path: string) => boolean;

function judge(
  path: string,
  pair: Pair,
  { replaced = [] }: Allowed,
  isSameOwner: SameOwner,
): Omit<Difference, 'subject'> | undefined {
  const { was, is } = pair;
  const ignored = noiseAt(`/${path}`, (was ?? is)!.type, pair);
  if (!was || !is) {
    if (ignored === 'presence') return undefined;
    if (!was && replaced.some(({ before, after }) => before === undefined && after === is?.hash)) return undefined;
    return was ? { what: 'is gone', aspect: 'gone' } : { what: 'is new', aspect: 'new' };
  }
  if (was.type !== is.type) return { what: `is a ${is.type}, and was a ${was.type}`, aspect: 'type' };
  if (was.target !== is.target) return { what: `leads to ${is.target}, and led to ${was.target}`, aspect: 'target' };
  if (!isSameOwner(was, is, path)) {
    return { what: `belongs to ${is.uid}:${is.gid}, and did to ${was.uid}:${was.gid}`, aspect: 'owner' };
  }
  if (was.mode !== is.mode && was.type !== 'symlink') {
    return { what: `has mode ${octal(is.mode)}, and had ${octal(was.mode)}`, aspect: 'mode' };
  }
  if (was.attributes !== is.attributes) return { what: 'has other file capabilities', aspect: 'attributes' };
  if (was.hash === is.hash || ignored || isPackageDatabase(path)) return undefined;
  if (was.holds !== undefined && was.holds === is.holds) return undefined;
  if (was.text !== undefined && is.text !== undefined && meaningOf(path, was.text) === meaningOf(path, is.text)) {
    return undefined;
  }
  if (replaced.some(({ before, after }) => before === was.hash && after === is.hash)) return undefined;
  return { what: `has another content (${is.size} bytes, and had ${was.size})`, aspect: 'content' };
}

/**
 * What may change with packages that are gone: their files, the folders that they made, and in system folders what no
 * package that stays owns and the step made that installed them, or what later steps make anew of what is installed.
 */
function excusedByPackages(before: Image, after: Image, text: string): (path: string) => boolean {
  const [was, is] = [packagesOf(before), packagesOf(after)];
  const gone = (name: string): boolean => was.has(name) && !is.has(name);
  const lost = filesOfPackages(before, gone);
  const kept = filesOfPackages(after, (name) => is.has(name));
  const originOf = ({ origins }: Image, path: string): number => origins?.get(path) ?? 0;
  const steps = new Set([...listsOf(before, gone)].map((path) => originOf(before, path)));
  // The same steps in the other image: they installed some that stay.
  const beside = [...listsOf(before, (name) => is.has(name))].filter((path) => steps.has(originOf(before, path)));
  const stepsAfter = new Set(beside.map((path) => originOf(after, path)));
  const scripts = scriptsOfPackages(before, gone).join('\n');
  const isOwned = (folder: string): boolean => kept.has(folder) || lost.has(folder);
  const isDerived = (path: string): boolean => {
    const state = /^var\/(?:cache|lib)\/[^/]+/.exec(path)?.[0];
    return derivedPaths(`/${path}`) && (state === undefined || isOwned(state));
  };
  // Scripts may put the names of links together (xz-utils' does).
  const isAlternative = (path: string): boolean => {
    const at = before.files.get(path)?.target?.match(/^\/(etc\/alternatives\/.+)/)?.[1];
    const end = at === undefined ? undefined : before.files.get(at)?.target;
    return end !== undefined && lost.has(end.slice(1));
  };
  return (path) => {
    if (kept.has(path)) return false;
    if (lost.has(path)) return true;
    if (!systemPaths(`/${path}`)) return !after.files.has(path) && isStub(path, before, scripts);
    if (isUserDatabase(path)) return hasSameUsers(before, after, path, scripts);
    if (isDerived(path)) return true;
    if (new RegExp(`/${escaped(path)}(?![\\w.-])`).test(text)) return false;
    // What belongs to packages without lists is not known; what changes is none of theirs.
    if (steps.size === 0) return !before.files.has(path) || !after.files.has(path);
    const isNamed = isNamedIn(scripts, path.slice(path.lastIndexOf('/') + 1)) || isAlternative(path);
    if (madeByName(`/${path}`) && !isNamed) return false;
    return before.files.has(path) ? steps.has(originOf(before, path)) : stepsAfter.has(originOf(after, path));
  };
}

function hasSameOwner(was: ImageNode, is: ImageNode): boolean {
  return was.uid === is.uid && was.gid === is.gid;
}

/**
 * Packages make users and groups with the next number that is free, so that another number in a system folder is the same
 * owner where its name is: from 100 to 999 (Debian Policy, 9.2.2).
 */
function ownersByName(before: Image, after: Image): SameOwner {
  const names = (['passwd', 'group'] as const).map((kind) => [namesOf(before, kind), namesOf(after, kind)] as const);
  const isSame = (kind: 0 | 1, was: number, is: number): boolean => {
    if (was === is) return true;
    const [old, now] = names[kind]!;
    const isDynamic = Math.min(was, is) >= 100 && Math.max(was, is) <= 999;
    return isDynamic && old.has(was) && old.get(was) === now.get(is);
  };
  return (was, is, path) =>
    hasSameOwner(was, is) || (systemPaths(`/${path}`) && isSame(0, was.uid, is.uid) && isSame(1, was.gid, is.gid));
}

function isNamedIn(scripts: string, name: string): boolean {
  return new RegExp(`(?<![\\w.-])${escaped(name)}(?![\\w-])`).test(scripts);
}

/**
 * Whether a folder is one that packages may make below /usr/local, to show where to put things: their scripts name it, and
 * it is empty but for more of them (Debian Policy, 9.1.2).
 */
function isStub(path: string, { files }: Image, scripts: string): boolean {
  const isNamed = (each: string): boolean =>
    each.startsWith('usr/local/') && new RegExp(`/${escaped(each)}(?![\\w.-])`).test(scripts);
  const below = [...files].filter(([each]) => each === path || each.startsWith(`${path}/`));
  return below.every(([each, { type }]) => type === 'directory' && isNamed(each));
}

function isUnder(path: string, folders: ReadonlySet<string>): boolean {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (folders.has(path.slice(0, slash))) return true;
  }
  return false;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/**
 * Whether differences may come from chance, as a time or a random name in a file does, or from a builder that has kept
 * what an installation gave long ago: then packages have other versions.
 */
export function mayBeChance(differences: readonly Difference[]): boolean {
  if (differences.some(({ subject, aspect }) => aspect.startsWith('version') && subject.startsWith('package ')))
    return true;
  const isCertain = ({ subject, aspect }: Difference): boolean =>
    !subject.startsWith('/') || !['content', 'gone', 'new', 'layer'].includes(aspect);
  return differences.length > 0 && !differences.some(isCertain);
}

/** The differences that another pair of images does not have as well, but for random names. */
export function without(
  differences: readonly Difference[],
  others: readonly Difference[],
  isSteady: (path: string) => boolean = () => false,
): Difference[] {
  const known = new Set(others.map(({ subject, aspect }) => `${subject}\0${aspect}`));
  const hiding = new Set(others.flatMap((each) => (each.aspect === 'layer' ? placeOf(each.subject) : [])));
  const left = differences.filter(
    ({ subject, aspect }) =>
      !known.has(`${subject}\0${aspect}`) && !(aspect === 'layer' && hiding.has(placeOf(subject))),
  );
  return randomNames(others).reduce((rest, isOne) => {
    // What both of the others have is no random name.
    const named = differences.filter(({ subject }) => isOne(subject) && !isSteady(subject));
    const count = (wanted: string): number => named.filter(({ aspect }) => aspect === wanted).length;
    // As many as went have come; a file that is lost has no other in its place.
    return count('gone') === count('new') ? rest.filter((each) => !named.includes(each)) : rest;
  }, left);
}

/** Stands for a folder and the length of a name in it, which a random one keeps. */
function placeOf(path: string): string {
  return `${path.slice(0, path.lastIndexOf('/'))}\0${path.length}`;
}

/** Tells the paths that stand under another name in each image, as `/tmp/tmp.Xb12` for `/tmp/tmp.Qz9a`. */
function randomNames(differences: readonly Difference[]): ((path: string) => boolean)[] {
  const found = new Map<string, (path: string) => boolean>();
  const coming = differences.filter(({ subject, aspect }) => aspect === 'new' && subject.startsWith('/'));
  for (const { subject, aspect } of differences) {
    if (aspect !== 'gone' || !subject.startsWith('/')) continue;
    const slash = subject.lastIndexOf('/') + 1;
    const [folder, name] = [subject.slice(0, slash), subject.slice(slash)];
    for (const other of coming) {
      const length = other.subject.length === subject.length && other.subject.startsWith(folder) && subject.length;
      if (!length || other.subject.includes('/', slash)) continue;
      const [before, after] = commonEnds(name, other.subject.slice(slash));
      const key = JSON.stringify([folder, before, after, length]);
      found.set(
        key,
        (path) =>
          path.length === length &&
          path.startsWith(folder + before) &&
          path.endsWith(after) &&
          !path.includes('/', slash),
      );
    }
  }
  return [...found.values()];
}

/** What two names begin and end with, as far as the next sign: the letters beside it may be alike by chance. */
function commonEnds(one: string, other: string): [string, string] {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  let end = 0;
  while (end < one.length - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  const before = one.slice(0, start);
  const after = one.slice(one.length - end);
  const word = /^[A-Za-z]{3,}/.exec(before)?.[0] ?? '';
  return [/^.*[._-]/.exec(before)?.[0] ?? word, /[._-].*$/.exec(after)?.[0] ?? ''];
}

const shownDifferences = 6;

/** A short list for people, a line each. */
export function differenceLines(differences: readonly Difference[]): string[] {
  const lines = differences.slice(0, shownDifferences).map(({ subject, what }) => `\`${subject}\` ${what}`);
  const more = differences.length - shownDifferences;
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}
