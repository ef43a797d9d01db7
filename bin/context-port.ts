import { readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import type { PortsRequest } from '../src/cli/index.ts';
import { repositoryRoot } from '../src/config/index.ts';
import type { BuildContext, ContextView, Location, Repository, SourceMatch } from '../src/context/index.ts';
import { DockerfileSyntaxError, type Scan, scan } from '../src/dockerfile/index.ts';
import type { Job } from '../src/engine/index.ts';
import {
  type ContextEntry,
  type ContextFacts,
  contextSources,
  type SiblingDockerfile,
  type Unavailable,
  type Usage,
} from '../src/transform/index.ts';

type Sources = { readonly entries: readonly ContextEntry[] } | Unavailable;
type Room = typeof import('../src/context/index.ts');

/** A Dockerfile of a repository, and where it is built. */
interface Placed extends SiblingDockerfile {
  readonly location: Location;
}

/** How far is looked around a Dockerfile that lies in no repository: a home or a temporary folder may hold anything. */
const ENTRIES_OUTSIDE = 100_000;
const DIRECTORIES_OUTSIDE = 500;
/** How many entries of walked contexts are held at most, but for the last one: one takes about 250 bytes. */
const HELD_ENTRIES = 1_000_000;

/** Finds the build contexts of Dockerfiles and says what their sources match. */
export class ContextPort {
  readonly #request: PortsRequest;
  readonly #repositories = new Map<string, Repository>();
  readonly #placed = new Map<Repository, readonly Placed[]>();
  /** One a folder, so that it is walked once; the one asked last stands last. */
  readonly #contexts = new Map<string, BuildContext>();
  readonly #folders = new Map<string, string>();
  /** The contexts that the user or a configuration named. */
  readonly #named = new Set<string>();

  constructor(request: PortsRequest) {
    this.#request = request;
  }

  /** The absolute build context: the one that the user named, else the one found, else the Dockerfile's own folder. */
  folder(dockerfile: string): string {
    return this.#request.contextOf(dockerfile) ?? this.#folders.get(dockerfile) ?? dirname(dockerfile);
  }

  async sources({ path: dockerfile, source }: Job, patterns: readonly string[]): Promise<ReadonlyMap<string, Sources>> {
    const room = await import('../src/context/index.ts');
    const folder = await this.#locate(room, dockerfile, source);
    return new Map(
      patterns.map((pattern) => [
        pattern,
        typeof folder === 'string' ? this.#matches(room, dockerfile, folder, pattern) : folder,
      ]),
    );
  }

  async context({ path: dockerfile, source }: Job): Promise<ContextFacts | Unavailable> {
    const room = await import('../src/context/index.ts');
    const folder = await this.#locate(room, dockerfile, source);
    if (typeof folder !== 'string') return folder;
    const repository = await this.#repository(room, dockerfile);
    const { root } = repository;
    const own = pathIn(root, dockerfile);
    const directory = pathIn(root, folder);
    const { builds } = repository.locate({ dockerfile: own, sources: localSources(source) });
    const engines = new Set(builds.map(({ engine }) => engine));
    const [docker, podman] = (['docker', 'podman'] as const).map((each) => repository.ignoreFile(own, directory, each));
    const engine = engines.has('podman') && engines.size === 1 ? 'podman' : 'docker';
    const differ = docker!.path !== podman!.path && engines.size !== 1;
    const obeyed = engine === 'podman' ? podman! : docker!;
    const siblings = obeyed.ownOfDockerfile ? [] : this.#siblings(repository, own, directory, obeyed.path, engine);
    const other = obeyed.exists ? undefined : namedAlike(repository, obeyed.path);
    const ignoreError = differ
      ? 'Docker and Podman obey different ignore files here'
      : other && `\`${other}\` differs from its name in nothing but case`;
    const context = this.#context(room, folder, root).of(dockerfile, engine);
    await context.load();
    return room.contextFacts(context, { root, dockerfile, siblings, ...(ignoreError && { ignoreError }) });
  }

  async usage({ path: dockerfile, source }: Job): Promise<Usage | Unavailable> {
    const room = await import('../src/context/index.ts');
    const repository = await this.#repository(room, dockerfile);
    return room.usageOf(repository, this.#question(repository, dockerfile, source));
  }

  #context(room: Room, folder: string, root: string): BuildContext {
    const known = this.#contexts.get(folder);
    const limits = this.#isOutside(folder) ? { entries: ENTRIES_OUTSIDE } : {};
    const context = known ?? room.openContext(folder, { root, limits });
    this.#contexts.delete(folder);
    let held = known || this.#contexts.size === 0 ? 0 : (context.tree?.count ?? 0);
    if (held > 0) for (const each of this.#contexts.values()) held += each.tree?.count ?? 0;
    for (const [path, each] of this.#contexts) {
      if (held <= HELD_ENTRIES) break;
      held -= each.tree?.count ?? 0;
      this.#contexts.delete(path);
    }
    this.#contexts.set(folder, context);
    return context;
  }

  /**
   * The other Dockerfiles that obey an ignore file: those that are built in its context, and those of which it is not
   * known where they are built and that might be.
   */
  #siblings(
    repository: Repository,
    own: string,
    context: string,
    ignoreFile: string,
    engine: 'docker' | 'podman',
  ): SiblingDockerfile[] {
    let placed = this.#placed.get(repository);
    if (!placed) {
      placed = dockerfilesOf(repository).map((path) => {
        const text = textOf(resolve(repository.root, path));
        const sources = localSources(text ?? '');
        return { path, text, location: repository.locate({ dockerfile: path, sources }) };
      });
      this.#placed.set(repository, placed);
    }
    return placed.filter(({ path, location }) => {
      if (path === own) return false;
      const named = this.#request.contextOf(resolve(repository.root, path));
      const built =
        named === undefined ? mayBeBuilt(path, location, context) : pathIn(repository.root, named) === context;
      return built && repository.ignoreFile(path, context, engine).path === ignoreFile;
    });
  }

  async #locate(room: Room, dockerfile: string, text: string): Promise<string | Unavailable> {
    const named = this.#request.contextOf(dockerfile);
    if (named !== undefined) this.#named.add(named);
    const known = named ?? this.#folders.get(dockerfile);
    if (known !== undefined) return known;
    const repository = await this.#repository(room, dockerfile);
    const location = repository.locate(this.#question(repository, dockerfile, text));
    if (location.kind !== 'located') return { unavailable: whyNowhere(location) };
    const folder = resolve(repository.root, location.context);
    this.#folders.set(dockerfile, folder);
    return folder;
  }

  async #repository(room: Room, dockerfile: string): Promise<Repository> {
    const root = this.#rootOf(dockerfile);
    let repository = this.#repositories.get(root);
    if (!repository) {
      repository = new room.Repository(root, this.#isOutside(root) ? DIRECTORIES_OUTSIDE : undefined);
      this.#repositories.set(root, repository);
    }
    await repository.load();
    return repository;
  }

  #rootOf(dockerfile: string): string {
    return repositoryRoot(dirname(dockerfile)) ?? this.#rootOutside(dockerfile);
  }

  /** Whether a folder lies in no repository, and nobody named it. */
  #isOutside(folder: string): boolean {
    return repositoryRoot(folder) === undefined && !this.#named.has(folder);
  }

  /** Outside of any repository: the context that was named where the Dockerfile lies in it, else its own folder. */
  #rootOutside(dockerfile: string): string {
    const named = this.#request.contextOf(dockerfile);
    return named !== undefined && !pathIn(named, dockerfile).startsWith('../') ? named : dirname(dockerfile);
  }

  #question(repository: Repository, dockerfile: string, text: string): { dockerfile: string; sources: string[] } {
    return { dockerfile: pathIn(repository.root, dockerfile), sources: localSources(text) };
  }

  #matches(room: Room, dockerfile: string, folder: string, pattern: string): Sources {
    const context = this.#context(room, folder, this.#rootOf(dockerfile));
    // What a .dockerignore leaves out fails the build of ADD and COPY alike, so the whole tree answers.
    const view = context.viewWith('');
    if (!(view instanceof room.ContextView)) return { unavailable: `${folder} is no folder that can be read` };
    const result = room.takeSource(view, pattern);
    switch (result.kind) {
      case 'taken':
        return { entries: result.matches.map((match) => ({ path: match.named, kind: kindOf(room, view, match) })) };
      case 'empty':
      case 'missing':
        return { entries: [] };
      case 'malformed':
        return { unavailable: 'the pattern is malformed' };
      case 'not-local':
        return { unavailable: 'it is not in the build context' };
      case 'unknown':
        return { unavailable: `the build context cannot be read whole (${result.reason})` };
    }
  }
}

/** A path relative to a root, with slashes. */
function pathIn(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

/** The Dockerfiles by their names, and those that builds name. */
function dockerfilesOf(repository: Repository): string[] {
  const named = repository.readings.flatMap(({ dockerfile }) => {
    const isPath = dockerfile !== undefined && !dockerfile.includes('\0') && !dockerfile.startsWith('..');
    return isPath ? [dockerfile] : [];
  });
  return [...new Set([...repository.dockerfiles, ...named])].sort();
}

function mayBeBuilt(dockerfile: string, location: Location, context: string): boolean {
  if (location.kind === 'located') return location.context === context;
  if (location.kind === 'ambiguous') return location.contexts.includes(context);
  return location.kind === 'unknown' && (context === '' || dockerfile.startsWith(`${context}/`));
}

/** A file that would be the wanted one on a disk that does not tell capitals from small letters. */
function namedAlike(repository: Repository, path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  const wanted = path.slice(slash + 1).toLowerCase();
  return repository.names(path.slice(0, Math.max(slash, 0)))?.find((name) => name.toLowerCase() === wanted);
}

/** Dockerfiles above this size are nobody's. */
const TEXT_CAP = 1 << 20;

function textOf(path: string): string | undefined {
  try {
    const text = readFileSync(path);
    return text.length > TEXT_CAP ? undefined : text.toString('utf8');
  } catch {
    return undefined;
  }
}

/** What COPY, ADD and bind mounts take from the context, as written; nothing of a text that is no Dockerfile. */
function localSources(text: string): string[] {
  return (scanned(text)?.instructions ?? []).flatMap(contextSources);
}

function scanned(text: string): Scan | undefined {
  try {
    return scan(text);
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return undefined;
    throw error;
  }
}

function kindOf(room: Room, view: ContextView, match: SourceMatch): ContextEntry['kind'] {
  const kind = room.judgeForAdd(view, match);
  if (kind === 'plain') return 'file';
  // What breaks off or cannot be looked into is no plain file to ADD.
  return kind === 'truncated' || kind === 'compressed' ? 'archive' : kind;
}

function whyNowhere(location: Exclude<Location, { kind: 'located' }>): string {
  switch (location.kind) {
    case 'ambiguous': {
      const names = location.contexts.map((each) => `\`${each === '' ? '.' : each}\``);
      return `the build context may be ${names.join(' or ')}`;
    }
    case 'above-root':
      return 'the build context lies above the repository';
    case 'remote':
      return 'the build context is fetched from elsewhere';
    case 'unknown':
      return 'no folder of the repository has what is copied';
  }
}
