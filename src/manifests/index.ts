import { posix } from 'node:path';
import { type DotnetProject, readDotnetProject } from './dotnet.ts';
import { type GoFile, type GoModule, readGoFile, readGoMod } from './go.ts';
import { type GradleBuild, type MavenProject, readGradle, readPom } from './jvm.ts';
import { Library } from './library.ts';
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
import { toml } from './toml.ts';
import type { Read } from './value.ts';
import { xml } from './xml.ts';

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
export { Library, nodeLocks, readGoFile };

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

/** The kinds whose formats are not read by us. */
const LIBRARIES: { readonly [K in ManifestKind]?: Library<unknown> } = {
  'pyproject.toml': toml,
  'Cargo.toml': toml,
  'pom.xml': xml,
  dotnet: xml,
};

/** Loads what reading manifests takes; to be awaited before `readManifestText`. */
export async function loadManifestLibraries(paths: Iterable<string>): Promise<void> {
  const libraries = new Set<Library<unknown>>();
  for (const path of paths) {
    const kind = manifestKind(path);
    const library = kind && LIBRARIES[kind];
    if (library) libraries.add(library);
  }
  await Promise.all([...libraries].map((each) => each.load()));
}

/** Which kind of manifest a file is, by its name. */
export function manifestKind(path: string): ManifestKind | undefined {
  const name = posix.basename(path);
  return KINDS.find(([pattern]) => pattern.test(name))?.[1];
}

/** Reads a manifest of a kind that its name tells; undefined for a path that is none by its name. */
export function readManifestText(path: string, text: string): Manifest | undefined {
  const kind = manifestKind(path);
  return kind && ({ kind, path, facts: READERS[kind](text) } as Manifest);
}

/** A manifest whose text could not be had, and why; undefined for a path that is none by its name. */
export function unreadManifest(path: string, reason: 'missing' | 'too-large' | 'unreadable'): Manifest | undefined {
  const kind = manifestKind(path);
  return kind && ({ kind, path, facts: { ok: false, reason } } as Manifest);
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
