import { posix } from 'node:path';
import type { ContextFacts, ContextFile, SentContext, Taken, Unavailable } from '../transform/index.ts';
import type { BuildContext, ContextError } from './open.ts';
import { readHead } from './read-file.ts';
import { type SourceResult, takeSource } from './sources.ts';
import { ContextView } from './view.ts';
import { type ContextEntry, entriesBelow, entryAt } from './walk.ts';

/** Where a context lies, as the transforms see it: paths relative to the root of the repository, which is absolute. */
export interface ContextPlace {
  readonly root: string;
  /** The Dockerfile, absolute. */
  readonly dockerfile: string;
  /** Other Dockerfiles that are built in the same context, relative to the root. */
  readonly siblings: readonly string[];
}

/** A build context in the form that transforms ask; unavailable where it is no folder that can be read. */
export function contextFacts(context: BuildContext, place: ContextPlace): ContextFacts | Unavailable {
  const { tree } = context;
  if (tree === undefined) return { unavailable: 'the build context is no folder that can be read' };
  const everything = context.viewWith('');
  if (!(everything instanceof ContextView)) return { unavailable: 'the build context cannot be read' };
  const toContext = (path: string) => posix.relative(context.directory, posix.join(place.root, path));
  return {
    directory: posix.relative(place.root, context.directory),
    dockerfile: posix.relative(context.directory, place.dockerfile),
    siblings: place.siblings,
    complete: tree.stoppedBy === undefined && tree.unreadable.length === 0,
    get ignore() {
      const { path, exists, ownOfDockerfile, text, error, disputed } = context.ignore;
      return { path: toContext(path), exists, ownOfDockerfile, text, error: error && saidOf(error), disputed };
    },
    get sent() {
      return sentOf(context.view);
    },
    sentWith: (text) => sentOf(context.viewWith(text)),
    disputedWith: (text) => context.disputed(text),
    file: (path) => entryAt(tree, path),
    resolve: (path) => everything.resolve(path).entry,
    children: (path) => entryAt(tree, path)?.children ?? [],
    *below(path) {
      const from = entryAt(tree, path);
      if (from?.children === undefined) return;
      for (const entry of entriesBelow(from)) if (entry !== from) yield entry;
    },
    text(path) {
      const read = context.text(path);
      return 'text' in read && !read.text.includes('\0') ? read.text : undefined;
    },
    head(path, bytes) {
      const { entry } = everything.resolve(path);
      return entry && readHead(`${context.directory}/${entry.path}`, Math.min(bytes, HEAD_CAP));
    },
    get manifests() {
      return context.manifestPaths.flatMap((path) => context.manifest(path) ?? []);
    },
    locks: (path) => context.locks(path)!,
    goSources: (directory) => context.goSources(directory)!,
    get gitIgnored() {
      return context.gitIgnored.map(({ path }) => path);
    },
    holdsGitData: entryAt(tree, '.git') !== undefined,
  };
}

const HEAD_CAP = 1 << 16;

function saidOf({ error }: ContextError): string {
  return error.replaceAll('-', ' ');
}

function sentOf(view: ContextView | ContextError): SentContext | Unavailable {
  if (!(view instanceof ContextView)) return { unavailable: `the ignore file cannot be used: ${saidOf(view)}` };
  return {
    files: view.files,
    bytes: view.bytes,
    has(path) {
      const entry = entryAt(view.tree, path);
      return entry !== undefined && view.has(entry);
    },
    take: (source, options) => takenOf(takeSource(view, source, options)),
  };
}

function takenOf(result: SourceResult): Taken {
  if (result.kind !== 'taken') return result;
  const { matches, links, entries } = result;
  const files: () => Iterable<ContextEntry & ContextFile> = entries;
  return { kind: 'taken', matches: matches.map(({ entry, named }) => ({ file: entry, named })), links, files };
}
