import { dirname, relative, resolve, sep } from 'node:path';
import type { PortsRequest } from '../src/cli/index.ts';
import { repositoryRoot } from '../src/config/index.ts';
import type { BuildContext, ContextView, Location, Repository, SourceMatch } from '../src/context/index.ts';
import { Dockerfile } from '../src/dockerfile/index.ts';
import type { Job } from '../src/engine/index.ts';
import type { ContextEntry, Unavailable } from '../src/transform/index.ts';

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

  #locate(room: Room, dockerfile: string, text: string): string | Unavailable {
    const named = this.#request.contextOf(dockerfile) ?? this.#folders.get(dockerfile);
    if (named !== undefined) return named;
    const root = repositoryRoot(dirname(dockerfile)) ?? dirname(dockerfile);
    let repository = this.#repositories.get(root);
    if (!repository) {
      repository = new room.Repository(root);
      this.#repositories.set(root, repository);
    }
    const question = { dockerfile: relative(root, dockerfile).split(sep).join('/'), sources: localSources(text) };
    const location = repository.locate(question);
    if (location.kind !== 'located') return { unavailable: whyNowhere(location) };
    const folder = resolve(root, location.context);
    this.#folders.set(dockerfile, folder);
    return folder;
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

/** What COPY and ADD take from the context, as written. */
function localSources(text: string): string[] {
  const file = new Dockerfile(text);
  return file.instructions.flatMap((each) => {
    const takes = each.keyword === 'COPY' || each.keyword === 'ADD';
    if (!takes || each.flags.some((flag) => flag.name === 'from')) return [];
    return (each.json ?? file.words(each).map((word) => word.text)).slice(0, -1);
  });
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
