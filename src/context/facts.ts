import { posix } from 'node:path';
import type {
  ContextFacts,
  ContextFile,
  SentContext,
  SiblingDockerfile,
  Taken,
  Unavailable,
} from '../transform/index.ts';
import { type BuildContext, type ContextError, saidOf } from './open.ts';
import { readHead } from './read-file.ts';
import { type SourceResult, takeSource } from './sources.ts';
import { ContextView } from './view.ts';
import { type ContextEntry, entriesBelow, entryAt } from './walk.ts';

/** Where a context lies, as the transforms see it: paths relative to the root of the repository, which is absolute. */
export interface ContextPlace {
  readonly root: string;
  /** The Dockerfile, absolute. */
  readonly dockerfile: string;
  /** Other Dockerfiles that are built in the same context and obey the same ignore file. */
  readonly siblings: readonly SiblingDockerfile[];
  /** Why the ignore file cannot be told, where it cannot. */
  readonly ignoreError?: string;
}

/** A build context in the form that transforms ask; unavailable where it is no folder that can be read. */
export function contextFacts(context: BuildContext, place: ContextPlace): ContextFacts | Unavailable {
  if (context.tree === undefined) return { unavailable: 'the build context is no folder that can be read' };
  return factsOf(context, place, () => ignoreOf(context, place));
}

type Ignore = ContextFacts['ignore'];

function factsOf(context: BuildContext, place: ContextPlace, ignoreInForce: () => Ignore): ContextFacts {
  const tree = context.tree!;
  const everything = context.viewWith('') as ContextView;
  let known: Ignore | undefined;
  let manifests: ContextFacts['manifests'] | undefined;
  const ignore = () => {
    known ??= ignoreInForce();
    return known;
  };
  return {
    directory: posix.relative(place.root, context.directory),
    dockerfile: posix.relative(context.directory, place.dockerfile),
    siblings: place.siblings,
    complete: tree.stoppedBy === undefined && tree.unreadable.length === 0,
    get ignore() {
      return ignore();
    },
    get sent() {
      const { error, text } = ignore();
      return error === undefined
        ? sentOf(context.viewWith(text))
        : { unavailable: `the ignore file cannot be used: ${error}` };
    },
    sentWith: (text) => sentOf(context.viewWith(text)),
    lost(source, options, text) {
      const lost = context.lost(source, options, text, ignore().text);
      return 'error' in lost ? { kind: 'unknown', reason: saidOf(lost) } : lost;
    },
    *leftOut(text) {
      const [before, after] = [context.viewWith(ignore().text), context.viewWith(text)];
      if (before instanceof ContextView && after instanceof ContextView) yield* difference(before, after);
    },
    withIgnore: (text) => factsOf(context, place, () => changedIgnore(context, ignore(), text)),
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
      manifests ??= context.manifestPaths.flatMap((path) => context.manifest(path) ?? []);
      return manifests;
    },
    locks: (path) => context.locks(path)!,
    goSources: (directory) => context.goSources(directory)!,
    get gitIgnored() {
      return context.gitIgnored.map(({ path }) => path);
    },
    gitIgnores: (path, isDirectory) => context.gitIgnores(path, isDirectory),
    holdsGitData: entryAt(tree, '.git') !== undefined,
  };
}

const HEAD_CAP = 1 << 16;

function ignoreOf(context: BuildContext, { root, ignoreError }: ContextPlace): Ignore {
  const ignore = context.ignore;
  const { path, exists, ownOfDockerfile, text, error } = ignore;
  return {
    path: posix.relative(context.directory, posix.join(root, path)),
    exists,
    ownOfDockerfile,
    text,
    error: ignoreError ?? (error && saidOf(error)),
    get disputed() {
      return ignore.disputed;
    },
  };
}

function changedIgnore(context: BuildContext, { path, ownOfDockerfile }: Ignore, text: string): Ignore {
  const view = context.viewWith(text);
  const error = view instanceof ContextView ? undefined : saidOf(view);
  return {
    path,
    exists: true,
    ownOfDockerfile,
    text,
    error,
    get disputed() {
      return error === undefined ? context.disputed(text) : [];
    },
  };
}

function* difference(before: ContextView, after: ContextView): Generator<ContextEntry> {
  const stack: ContextEntry[] = [before.tree.root];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (!before.has(next)) continue;
    if (!after.has(next)) yield next;
    else for (const child of next.children ?? []) stack.push(child);
  }
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
