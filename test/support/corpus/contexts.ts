import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import {
  type ContextEntry,
  type ContextTree,
  contextFacts,
  loadParsers,
  openContext,
} from '../../../src/context/index.ts';
import type { ContextFacts, SiblingDockerfile, Unavailable } from '../../../src/transform/index.ts';
import { corpusArchive } from '../shared.ts';
import { keptFolder } from '../temporary.ts';
import { type CorpusCase, corpusCases, longestListing } from './cases.ts';

await loadParsers();

type Context = ReturnType<typeof openContext>;
const contexts = new Map<string, Context>();
let siblings: Map<string, (SiblingDockerfile & { readonly full: string })[]> | undefined;
let folder: string | undefined;

/** What lies about on a machine where an application was installed, built and started, beside the file on the left. */
const about: readonly (readonly [beside: RegExp, paths: readonly string[]])[] = [
  [/^package\.json$/, ['node_modules/a/index.js', 'dist/index.js', 'build/index.js', '.next/BUILD_ID', '.env']],
  [
    /^(?:requirements\.txt|pyproject\.toml|setup\.py)$/,
    ['__pycache__/a.pyc', '.venv/pyvenv.cfg', 'dist/a.whl', '.env'],
  ],
  [/^Cargo\.toml$/, ['target/debug/a']],
  [/^pom\.xml$/, ['target/a.jar']],
  [/^build\.gradle(?:\.kts)?$/, ['build/libs/a.jar', '.gradle/a']],
  [/\.csproj$/, ['bin/a.dll', 'obj/a.json']],
  [/^composer\.json$/, ['vendor/autoload.php', '.env']],
  [/^Gemfile$/, ['log/development.log', 'config/master.key']],
  [/^mix\.exs$/, ['_build/a', 'deps/a/mix.exs']],
  [/^go\.mod$/, ['coverage.out', '.idea/a.xml', '.DS_Store']],
];
const gitignore = `node_modules/\ndist/\nbuild/\n.env\n__pycache__/\n.venv/\ntarget/\n.gradle/\nbin/\nobj/\nvendor/\n*.log\n*.key
_build/\ndeps/\n`;

/**
 * The build context of a corpus file as on the machine of somebody who works on it: its tree is that of the listing, with
 * Git data at the root of a repository and with what tools make; the texts are those that the corpus has, and files are a
 * byte long.
 */
export function corpusContext(each: CorpusCase): ContextFacts | Unavailable {
  const own = each.folder;
  if (!each.context || own === undefined) return { unavailable: 'no listing' };
  const place = placeOf(each, own);
  let context = contexts.get(own);
  if (!context) {
    const directory = join(corpusFolder(), own);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, '.gitignore'), gitignore);
    context = openContext(directory, { root: place.root, tree: treeOf(directory, each.context, each.isRoot === true) });
    contexts.set(own, context);
  }
  return contextFacts(context.of(place.dockerfile), place);
}

/** A build context that lies on disk whole, to be walked as a user's is. */
export interface LaidOut {
  readonly directory: string;
  readonly place: Parameters<typeof contextFacts>[1];
  /** A listing that was cut ends the walk as a limit does. */
  readonly limits: { readonly entries?: number };
}

/** Writes the files of a corpus file's listing where they are not there yet; undefined where there is no listing. */
export function layOutContext(each: CorpusCase): LaidOut | undefined {
  const own = each.folder;
  if (!each.context || own === undefined) return undefined;
  const directory = join(corpusFolder(), own);
  if (!laidOut.has(own)) {
    laidOut.add(own);
    for (const path of pathsOf(each.context, each.isRoot === true)) {
      const file = join(directory, path);
      // The disk of a context inside may have a folder where a listing that was cut has a file.
      if (existsSync(file)) continue;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, path === '.gitignore' ? gitignore : '\n');
    }
  }
  const limits = each.context.length >= longestListing ? { entries: longestListing } : {};
  return { directory, place: placeOf(each, own), limits };
}

const laidOut = new Set<string>();

function placeOf(each: CorpusCase, own: string): LaidOut['place'] {
  siblings ??= byFolder();
  return {
    root: join(corpusFolder(), own.split('/')[0]!),
    dockerfile: join(corpusFolder(), each.path),
    siblings: (siblings.get(own) ?? []).filter(({ full }) => full !== each.path),
  };
}

function byFolder(): NonNullable<typeof siblings> {
  const found: NonNullable<typeof siblings> = new Map();
  for (const { path: full, source: text, folder: own = '' } of corpusCases()) {
    const sibling = { full, path: full.slice(full.indexOf('/') + 1), text };
    found.set(own, [...(found.get(own) ?? []), sibling]);
  }
  return found;
}

/** The texts of the corpus on disk, until the process ends. */
function corpusFolder(): string {
  if (folder !== undefined) return folder;
  const made = keptFolder();
  for (const [path, content] of corpusArchive()) {
    if (path.endsWith('/') || path.endsWith('context.txt')) continue;
    mkdirSync(dirname(join(made, path)), { recursive: true });
    writeFileSync(join(made, path), content);
  }
  folder = made;
  return made;
}

/** A listing with what tools make beside it. */
function pathsOf(listing: readonly string[], isRoot: boolean): string[] {
  const made = listing.flatMap((path) => {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const found = about.find(([beside]) => beside.test(path.slice(folder.length)));
    return found ? found[1].map((each) => folder + each) : [];
  });
  const git = isRoot ? ['.git/HEAD', '.git/config'] : [];
  return [...listing, ...made, '.gitignore', ...git];
}

interface Node {
  readonly children: Map<string, Node>;
}

/** A tree as a walk would give it, from the paths of its files; a listing that was cut ends it as a limit does. */
function treeOf(directory: string, listing: readonly string[], isRoot: boolean): ContextTree {
  const top: Node = { children: new Map() };
  for (const path of pathsOf(listing, isRoot)) {
    let at = top;
    for (const name of path.split('/')) {
      let next = at.children.get(name);
      if (!next) {
        next = { children: new Map() };
        at.children.set(name, next);
      }
      at = next;
    }
  }
  let count = 0;
  let files = 0;
  const entry = (path: string, { children }: Node): ContextEntry => {
    const id = count++;
    const isFile = children.size === 0 && path !== '';
    if (isFile) files++;
    const names = [...children.keys()].sort();
    const below = isFile ? undefined : names.map((name) => entry(posix.join(path, name), children.get(name)!));
    const type = isFile ? 'file' : 'directory';
    return { id, path, type, size: isFile ? 1 : 0, mode: isFile ? 0o644 : 0o755, target: undefined, children: below };
  };
  const root = entry('', top);
  const stoppedBy = listing.length >= longestListing ? ('entries' as const) : undefined;
  return { directory, root, count, files, bytes: files, stoppedBy, unreadable: [] };
}
