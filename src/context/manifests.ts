import { posix } from 'node:path';
import {
  type GoSources,
  type Manifest,
  manifestKind,
  type NodeLocks,
  nodeLocks,
  readGoFile,
  readManifestText,
  unreadManifest,
} from '../manifests/index.ts';
import { readFileWithin } from './read-file.ts';
import { type ContextTree, entriesBelow, entryAt } from './walk.ts';

/** The largest manifest that is read. */
const SIZE_CAP = 1 << 20;
/** The most Go files whose heads are read, and the bytes of each. */
const GO_FILES = 20_000;

/** Directories whose manifests are not the application's own. */
const NOT_OWN =
  /(^|\/)(node_modules|vendor|bower_components|\.git|\.venv|venv|target|dist|__pycache__|deps|_build)(\/|$)/;

/** The paths of the manifests of a context that are its application's own, those nearest to the root first. */
export function manifestPaths(tree: ContextTree): string[] {
  const paths: string[] = [];
  for (const { type, path } of entriesBelow(tree.root)) {
    if (type === 'file' && manifestKind(path) !== undefined && !NOT_OWN.test(path)) paths.push(path);
  }
  const depth = (path: string) => path.split('/').length;
  return paths.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
}

/** Reads one manifest; undefined for a path that is none by its name. What cannot be read says so in its facts. */
export function readManifest(directory: string, path: string): Manifest | undefined {
  if (manifestKind(path) === undefined) return undefined;
  const file = readFileWithin(`${directory}/${path}`, SIZE_CAP);
  return 'text' in file ? readManifestText(path, file.text) : unreadManifest(path, file.unread);
}

/** The lock files beside a package.json. */
export function locksBeside(tree: ContextTree, path: string): NodeLocks {
  const directory = entryAt(tree, posix.dirname(path));
  return nodeLocks((directory?.children ?? []).map((entry) => posix.basename(entry.path)));
}

/** Reads the heads of the Go files below a directory, without tests and vendored ones. */
export function readGoSources(tree: ContextTree, directory: string): GoSources {
  const mains = new Set<string>();
  const embeds: string[] = [];
  let importsC = false;
  let importsNetOrUser = false;
  let complete = tree.stoppedBy === undefined;
  let count = 0;
  const from = entryAt(tree, directory);
  for (const { type, path } of from === undefined ? [] : entriesBelow(from)) {
    if (type !== 'file' || !path.endsWith('.go') || path.endsWith('_test.go') || NOT_OWN.test(path)) continue;
    const source = count++ < GO_FILES ? readFileWithin(`${tree.directory}/${path}`, SIZE_CAP) : undefined;
    if (source === undefined || !('text' in source)) {
      complete = false;
      continue;
    }
    const head = readGoFile(source.text);
    // A file for `go run` alone is no main package of the build.
    if (head === undefined || /(^|[^!\w])ignore\b/.test(head.constraint ?? '')) continue;
    const own = posix.dirname(path) === '.' ? '' : posix.dirname(path);
    if (head.package === 'main') mains.add(own);
    if (head.imports.includes('C')) importsC = true;
    if (head.imports.some((name) => name === 'net' || name.startsWith('net/') || name === 'os/user'))
      importsNetOrUser = true;
    embeds.push(
      ...head.embeds.map((pattern) => posix.join(own, pattern.replace(/^all:/, '').replace(/^["`](.*)["`]$/, '$1'))),
    );
  }
  return { mains: [...mains].sort(), importsC, importsNetOrUser, embeds, complete };
}
