import { readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import type { PortsRequest } from '../src/cli/index.ts';
import { repositoryRoot } from '../src/config/index.ts';
import type { BuildContext, ContextView, Location, Repository, SourceMatch } from '../src/context/index.ts';
import { Dockerfile, DockerfileSyntaxError } from '../src/dockerfile/index.ts';
import type { Job } from '../src/engine/index.ts';
import type { ContextEntry, ContextFacts, Unavailable, Usage } from '../src/transform/index.ts';

type Sources = { readonly entries: readonly ContextEntry[] } | Unavailable;
type Room = typeof import('../src/context/index.ts');

/** Finds the build contexts of Dockerfiles and says what their sources match. */
export class ContextPort {
  readonly #request: PortsRequest;
  readonly #repositories = new Map<string, Repository>();
  readonly #contexts = new Map<string, BuildContext>();
  readonly #folders = new Map<string, string>();

  constructor(request: PortsRequest) {
    this.#request = request;
  }

  /** The absolute build context: the one that the user named, else the one found, else the Dockerfile's own folder. */
  folder(dockerfile: string): string {
    return this.#request.contextOf(dockerfile) ?? this.#folders.get(dockerfile) ?? dirname(dockerfile);
  }

  async sources({ path: dockerfile, source }: Job, patterns: readonly string[]): Promise<ReadonlyMap<string, Sources>> {
    const room = await import('../src/context/index.ts');
    const folder = this.#locate(room, dockerfile, source);
    return new Map(
      patterns.map((pattern) => [pattern, typeof folder === 'string' ? this.#matches(room, folder, pattern) : folder]),
    );
  }

  async context({ path: dockerfile, source }: Job): Promise<ContextFacts | Unavailable> {
    const room = await import('../src/context/index.ts');
    const folder = this.#locate(room, dockerfile, source);
    if (typeof folder !== 'string') return folder;
    const repository = this.#repository(room, dockerfile);
    const { root } = repository;
    const context = room.openContext(folder, { dockerfile, root });
    const located = relative(root, folder).split(sep).join('/');
    const own = relative(root, dockerfile).split(sep).join('/');
    const siblings = repository.dockerfiles.filter((path) => {
      if (path === own) return false;
      const location = repository.locate({ dockerfile: path, sources: localSources(textOf(resolve(root, path))) });
      return location.kind === 'located' && location.context === located;
    });
    return room.contextFacts(context, { root, dockerfile, siblings });
  }

  async usage({ path: dockerfile, source }: Job): Promise<Usage | Unavailable> {
    const room = await import('../src/context/index.ts');
    const repository = this.#repository(room, dockerfile);
    return room.usageOf(repository, this.#question(repository, dockerfile, source));
  }

  #locate(room: Room, dockerfile: string, text: string): string | Unavailable {
    const named = this.#request.contextOf(dockerfile) ?? this.#folders.get(dockerfile);
    if (named !== undefined) return named;
    const repository = this.#repository(room, dockerfile);
    const location = repository.locate(this.#question(repository, dockerfile, text));
    if (location.kind !== 'located') return { unavailable: whyNowhere(location) };
    const folder = resolve(repository.root, location.context);
    this.#folders.set(dockerfile, folder);
    return folder;
  }

  #repository(room: Room, dockerfile: string): Repository {
    const root = repositoryRoot(dirname(dockerfile)) ?? dirname(dockerfile);
    let repository = this.#repositories.get(root);
    if (!repository) {
      repository = new room.Repository(root);
      this.#repositories.set(root, repository);
    }
    return repository;
  }

  #question(repository: Repository, dockerfile: string, text: string): { dockerfile: string; sources: string[] } {
    return { dockerfile: relative(repository.root, dockerfile).split(sep).join('/'), sources: localSources(text) };
  }

  #matches(room: Room, folder: string, pattern: string): Sources {
    let context = this.#contexts.get(folder);
    if (!context) {
      context = room.openContext(folder);
      this.#contexts.set(folder, context);
    }
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

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** What COPY and ADD take from the context, as written; nothing of a text that is no Dockerfile. */
function localSources(text: string): string[] {
  const file = readOrUndefined(text);
  if (file === undefined) return [];
  return file.instructions.flatMap((each) => {
    const takes = each.keyword === 'COPY' || each.keyword === 'ADD';
    if (!takes || each.flags.some((flag) => flag.name === 'from')) return [];
    return (each.json ?? file.words(each).map((word) => word.text)).slice(0, -1);
  });
}

function readOrUndefined(text: string): Dockerfile | undefined {
  try {
    return new Dockerfile(text);
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
