import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { type BuildContext, ContextView, type Location, openContext, Repository } from '../src/context/index.ts';
import { Dockerfile } from '../src/dockerfile/index.ts';
import type { Job } from '../src/engine/index.ts';
import type { ContextEntry, Unavailable } from '../src/transform/index.ts';

/** What a source pattern matches, or why that is not known. */
export type SourceFact = { readonly entries: readonly ContextEntry[] } | Unavailable;

/** Answers from the build contexts of Dockerfiles on disk; each repository's build files are read once. */
export class ContextPort {
  /** The absolute build context that the user named for a Dockerfile. */
  readonly #named: (dockerfile: string) => string | undefined;
  readonly #repositories = new Map<string, Repository>();
  readonly #contexts = new Map<string, BuildContext | Unavailable>();

  constructor(named: (dockerfile: string) => string | undefined) {
    this.#named = named;
  }

  sources({ path, source }: Job, patterns: readonly string[]): Map<string, SourceFact> {
    const context = this.#contextOf(resolve(path), source);
    return new Map(patterns.map((pattern) => [pattern, take(context, pattern)]));
  }

  #contextOf(dockerfile: string, source: string): BuildContext | Unavailable {
    let context = this.#contexts.get(dockerfile);
    if (!context) {
      context = this.#open(dockerfile, source);
      this.#contexts.set(dockerfile, context);
    }
    return context;
  }

  #open(dockerfile: string, source: string): BuildContext | Unavailable {
    const named = this.#named(dockerfile);
    if (named !== undefined) return openContext(named, { dockerfile });
    const root = repositoryRoot(dirname(dockerfile));
    let repository = this.#repositories.get(root);
    if (!repository) {
      repository = new Repository(root);
      this.#repositories.set(root, repository);
    }
    const name = relative(root, dockerfile).split(sep).join('/');
    const location = repository.locate({ dockerfile: name, sources: contextSources(source) });
    if (location.kind !== 'located') return { unavailable: whyNot(location) };
    return openContext(join(root, location.context), { dockerfile, root });
  }
}

function whyNot(location: Exclude<Location, { kind: 'located' }>): string {
  switch (location.kind) {
    case 'ambiguous':
      return `the build context may be ${location.contexts.map((each) => `\`${each || '.'}\``).join(' or ')}: name it with --context`;
    case 'above-root':
      return 'the build context lies above the repository';
    case 'remote':
      return 'the build context is fetched from elsewhere';
    default:
      return 'no directory has all that the file copies: name the build context with --context';
  }
}

/** The nearest directory above that holds `.git`; without one, the directory itself. */
function repositoryRoot(directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return directory;
  }
}

/** Sources of COPY and ADD that come from the context and have no variable in them. */
function contextSources(source: string): string[] {
  const file = new Dockerfile(source);
  return file.instructions.flatMap((each) => {
    if (each.keyword !== 'COPY' && each.keyword !== 'ADD') return [];
    if (each.flags.some((flag) => flag.name === 'from')) return [];
    const words = each.json ?? file.words(each).map((word) => word.text);
    return words.slice(0, -1).filter((word) => !/[$<]|^\w+:\/\/|^[\w-]+@[\w.-]+:/.test(word));
  });
}

function take(context: BuildContext | Unavailable, pattern: string): SourceFact {
  if ('unavailable' in context) return context;
  const result = context.source(pattern);
  if (!('kind' in result)) return { unavailable: 'the build context or its ignore file cannot be read' };
  if (result.kind === 'empty' || result.kind === 'missing') return { entries: [] };
  if (result.kind !== 'taken') return { unavailable: 'the source cannot be judged' };
  const { view } = context;
  if (!(view instanceof ContextView)) return { unavailable: 'the build context cannot be read' };
  return {
    entries: result.matches.map((match) => {
      const kind = context.judge(match);
      // What is cut short or packed in a way that is not looked into may be an archive.
      const known = kind === 'plain' ? 'file' : kind === 'truncated' || kind === 'compressed' ? 'archive' : kind;
      return { path: match.named, kind: known };
    }),
  };
}
