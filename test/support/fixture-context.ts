import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { contextFacts, loadParsers, openContext } from '../../src/context/index.ts';
import type { FileEdit } from '../../src/edit/index.ts';
import type { ContextFacts, Unavailable } from '../../src/transform/index.ts';
import { keptFolder } from './temporary.ts';

await loadParsers();

/** What Git cannot keep of a case's build context, or what is shorter said than kept. Paths are relative to `context/`. */
interface ContextFile {
  /** The folder of `context/` that is the build context, where that is not the whole of it: the rest is the repository. */
  readonly directory?: string;
  /** Permission bits by path, in octal. */
  readonly modes?: Readonly<Record<string, string>>;
  /** Targets of symbolic links by path. */
  readonly links?: Readonly<Record<string, string>>;
  /** Texts of files by path; a number stands for as many bytes. */
  readonly files?: Readonly<Record<string, string | number>>;
  /** The Dockerfile; `Dockerfile` in the build context if absent. */
  readonly dockerfile?: string;
  /** Other Dockerfiles that are built in it. */
  readonly siblings?: readonly string[];
}

/** The build context of a case. */
export interface FixtureContext {
  readonly facts: ContextFacts | Unavailable;
  /** The files beside the Dockerfile as `expected.context/` has them, by path from the build context; none without it. */
  readonly expected: ReadonlyMap<string, string>;
  /** The context once files are changed. */
  with(files: readonly FileEdit[]): ContextFacts | Unavailable;
  /** Makes it on disk with changed files; gives the build context, and where the Dockerfile lies if it has a place. */
  make(files: readonly FileEdit[]): { readonly directory: string; readonly dockerfile: string | undefined };
}

/** The build context of a case, from its `context/` and `context.json`; undefined where it has neither. */
export function fixtureContext(folder: string): FixtureContext | undefined {
  const plain = join(folder, 'context');
  const description = join(folder, 'context.json');
  const has = existsSync(plain);
  const described = existsSync(description);
  if (!has && !described) return undefined;
  const given = (described ? JSON.parse(readFileSync(description, 'utf8')) : {}) as ContextFile;
  const { directory = '' } = given;
  const make = (files: readonly FileEdit[] = []): string => {
    const made = keptFolder();
    if (has) cpSync(plain, made, { recursive: true, verbatimSymlinks: true });
    fill(made, given);
    for (const { path, after } of files) {
      const absolute = join(made, directory, path);
      mkdirSync(dirname(absolute), { recursive: true });
      writeFileSync(absolute, after);
    }
    return made;
  };
  const expected = new Map(
    textsBelow(join(folder, 'expected.context')).map(([path, text]) => [posix.relative(directory, path), text]),
  );
  return {
    facts: factsOf(described ? make() : plain, given),
    expected,
    with: (files) => factsOf(make(files), given),
    make(files) {
      const made = make(files);
      return { directory: join(made, directory), dockerfile: given.dockerfile && join(made, given.dockerfile) };
    },
  };
}

function fill(made: string, given: ContextFile): void {
  const place = (path: string): string => {
    mkdirSync(dirname(join(made, path)), { recursive: true });
    return join(made, path);
  };
  for (const [path, content] of Object.entries(given.files ?? {})) {
    writeFileSync(place(path), typeof content === 'string' ? content : new Uint8Array(content));
  }
  for (const [path, target] of Object.entries(given.links ?? {})) symlinkSync(target, place(path));
  for (const [path, mode] of Object.entries(given.modes ?? {})) chmodSync(join(made, path), Number.parseInt(mode, 8));
}

function factsOf(root: string, given: ContextFile): ContextFacts | Unavailable {
  const { directory = '' } = given;
  const dockerfile = join(root, given.dockerfile ?? join(directory, 'Dockerfile'));
  const siblings = (given.siblings ?? []).map((path) => {
    const full = join(root, path);
    return { path, text: existsSync(full) ? readFileSync(full, 'utf8') : undefined };
  });
  return contextFacts(openContext(join(root, directory), { root, dockerfile }), { root, dockerfile, siblings });
}

function textsBelow(folder: string): [path: string, text: string][] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [posix.relative(folder, path), readFileSync(path, 'utf8')];
    });
}
