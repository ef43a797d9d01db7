import { posix } from 'node:path';
import { readFileWithin } from '../read-file.ts';
import { type ContextTree, entriesBelow, entryAt } from '../walk.ts';
import { type DotnetProject, readDotnetProject } from './dotnet.ts';
import { type GoFile, type GoModule, readGoFile, readGoMod } from './go.ts';
import { type GradleBuild, type MavenProject, readGradle, readPom } from './jvm.ts';
import { type NodeLocks, type NodePackage, nodeLocks, readPackageJson } from './node.ts';
import {
  type ComposerPackage,
  type Gemfile,
  type MixProject,
  readComposerJson,
  readGemfile,
  readMixExs,
} from './others.ts';
import { type PythonProject, type PythonRequirements, readPyproject, readRequirements } from './python.ts';
import { type RustCrate, readCargoToml } from './rust.ts';
import type { Read } from './value.ts';

export type {
  ComposerPackage,
  DotnetProject,
  Gemfile,
  GoFile,
  GoModule,
  GradleBuild,
  MavenProject,
  MixProject,
  NodeLocks,
  NodePackage,
  PythonProject,
  PythonRequirements,
  Read,
  RustCrate,
};

/** What each kind of manifest is read into. */
export interface ManifestFacts {
  readonly 'package.json': NodePackage;
  readonly 'pyproject.toml': PythonProject;
  readonly requirements: PythonRequirements;
  readonly 'go.mod': GoModule;
  readonly 'Cargo.toml': RustCrate;
  readonly 'pom.xml': MavenProject;
  /** build.gradle and settings.gradle, Groovy and Kotlin. */
  readonly gradle: GradleBuild;
  readonly dotnet: DotnetProject;
  readonly Gemfile: Gemfile;
  readonly 'composer.json': ComposerPackage;
  readonly 'mix.exs': MixProject;
}

/** The kinds of manifest that are read. */
export type ManifestKind = keyof ManifestFacts;

/** A manifest of a context, read or not. */
export type Manifest = {
  [K in ManifestKind]: { readonly kind: K; readonly path: string; readonly facts: Read<ManifestFacts[K]> };
}[ManifestKind];

/** The largest manifest that is read. */
const SIZE_CAP = 1 << 20;
/** The most Go files whose heads are read, and the bytes of each. */
const GO_FILES = 20_000;

const KINDS: readonly (readonly [RegExp, ManifestKind])[] = [
  [/^package\.json$/, 'package.json'],
  [/^pyproject\.toml$/, 'pyproject.toml'],
  [/^([\w.-]*[-_.])?requirements([-_.][\w.-]*)?\.txt$/, 'requirements'],
  [/^go\.mod$/, 'go.mod'],
  [/^Cargo\.toml$/, 'Cargo.toml'],
  [/^pom\.xml$/, 'pom.xml'],
  [/^(build|settings)\.gradle(\.kts)?$/, 'gradle'],
  [/\.(cs|fs|vb)proj$/, 'dotnet'],
  [/^Gemfile$/, 'Gemfile'],
  [/^composer\.json$/, 'composer.json'],
  [/^mix\.exs$/, 'mix.exs'],
];

const READERS: { readonly [K in ManifestKind]: (source: string) => Read<ManifestFacts[K]> } = {
  'package.json': readPackageJson,
  'pyproject.toml': readPyproject,
  requirements: (source) => ({ ok: true, value: readRequirements(source) }),
  'go.mod': readGoMod,
  'Cargo.toml': readCargoToml,
  'pom.xml': readPom,
  gradle: (source) => ({ ok: true, value: readGradle(source) }),
  dotnet: readDotnetProject,
  Gemfile: (source) => ({ ok: true, value: readGemfile(source) }),
  'composer.json': readComposerJson,
  'mix.exs': (source) => ({ ok: true, value: readMixExs(source) }),
};

/** Directories whose manifests are not the application's own. */
const NOT_OWN =
  /(^|\/)(node_modules|vendor|bower_components|\.git|\.venv|venv|target|dist|__pycache__|deps|_build)(\/|$)/;

/** Which kind of manifest a file is, by its name. */
export function manifestKind(path: string): ManifestKind | undefined {
  const name = posix.basename(path);
  return KINDS.find(([pattern]) => pattern.test(name))?.[1];
}

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
  const kind = manifestKind(path);
  if (kind === undefined) return undefined;
  const file = readFileWithin(`${directory}/${path}`, SIZE_CAP);
  const facts: Read<ManifestFacts[ManifestKind]> =
    'text' in file ? READERS[kind](file.text) : { ok: false, reason: file.unread };
  return { kind, path, facts } as Manifest;
}

/** The lock files beside a package.json. */
export function locksBeside(tree: ContextTree, path: string): NodeLocks {
  const directory = entryAt(tree, posix.dirname(path));
  return nodeLocks((directory?.children ?? []).map((entry) => posix.basename(entry.path)));
}

/** What the Go files of a module are. */
export interface GoSources {
  /** The directories that hold a `package main`, relative to the context. */
  readonly mains: readonly string[];
  /** Whether a file imports "C", and whether one imports net or os/user, which use cgo where it is on. */
  readonly importsC: boolean;
  readonly importsNetOrUser: boolean;
  /** The patterns of `//go:embed`, relative to the context. */
  readonly embeds: readonly string[];
  /** Whether all of its files were looked at. */
  readonly complete: boolean;
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
