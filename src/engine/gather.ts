import type { ImageFacts } from '../facts/index.ts';
import type {
  ContextEntry,
  ContextFacts,
  Download,
  Facts,
  ImageDigest,
  Needs,
  Unavailable,
  Usage,
} from '../transform/index.ts';
import { type FixOptions, type FixResult, FixSession, tableFacts } from './fix.ts';

/** Answers to needs, from outside: each is asked once for what it has not been asked before. */
export interface Ports {
  /** What is known of images, by reference. */
  images(references: readonly string[]): Promise<ReadonlyMap<string, ImageFacts | Unavailable>>;
  /** The digests that references have now. */
  digests(references: readonly string[]): Promise<ReadonlyMap<string, ImageDigest | Unavailable>>;
  /** The version tags that have the same digest as references. */
  versions(
    references: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly tag: string | undefined } | Unavailable>>;
  /** What source patterns match in the build context of a job, by pattern. */
  sources(
    job: Job,
    patterns: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly entries: readonly ContextEntry[] } | Unavailable>>;
  /** What URLs give now. */
  downloads(urls: readonly string[]): Promise<ReadonlyMap<string, Download | Unavailable>>;
  /** The build context of a job. */
  context(job: Job): Promise<ContextFacts | Unavailable>;
  /** What the rest of the repository does with a job's Dockerfile. */
  usage(job: Job): Promise<Usage | Unavailable>;
  /** The paths that a container of a job's unchanged image was seen to write. */
  observed(job: Job): Promise<{ readonly paths: readonly string[] } | Unavailable>;
}

/** Ports that know nothing: those that a caller does not have. */
export const noPorts: Ports = {
  images: (all) => unanswered(all, tableFacts.image),
  digests: (all) => unanswered(all, tableFacts.digest),
  versions: (all) => unanswered(all, tableFacts.version),
  sources: (_job, all) => unanswered(all, tableFacts.source),
  downloads: (all) => unanswered(all, tableFacts.download),
  context: async () => tableFacts.context(),
  usage: async () => tableFacts.usage(),
  observed: async () => tableFacts.observed(),
};

async function unanswered<T>(questions: readonly string[], answer: (question: string) => T): Promise<Map<string, T>> {
  return new Map(questions.map((each) => [each, answer(each)]));
}

/** A Dockerfile to fix. `path` is what the ports know it by. */
export interface Job {
  readonly path: string;
  readonly source: string;
  /** Which of its findings count; all of them where it is absent. */
  readonly concerns?: FixOptions['concerns'];
}

export type JobResult =
  | { readonly path: string; readonly result: FixResult }
  | { readonly path: string; readonly error: unknown };

/**
 * Fixes a batch of Dockerfiles: the needs of all are gathered before each pass, so that one question is asked once.
 * An error of one file is its own result and does not stop the others.
 */
export async function fixBatch(jobs: readonly Job[], options: FixOptions, ports: Ports): Promise<JobResult[]> {
  const gatherer = new Gatherer(ports);
  const results = new Map<string, JobResult>();
  let open: { job: Job; session: FixSession }[] = [];
  for (const job of jobs) {
    attempt(results, job.path, () => open.push({ job, session: new FixSession(job.source, optionsFor(job, options)) }));
  }
  while (open.length > 0) {
    await gatherer.gather(open);
    open = open.filter(({ job, session }) => {
      let again = false;
      attempt(results, job.path, () => {
        again = session.pass(gatherer.facts(job));
        if (!again) results.set(job.path, { path: job.path, result: session.result() });
      });
      return again;
    });
  }
  return jobs.map((job) => results.get(job.path)!);
}

/** The options of a run as they are for one job. */
export function optionsFor({ concerns }: Job, options: FixOptions): FixOptions {
  return concerns ? { ...options, concerns } : options;
}

function attempt(results: Map<string, JobResult>, path: string, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    results.set(path, { path, error });
  }
}

/** What is known of one job alone. */
interface Own {
  readonly sources: Map<string, { readonly entries: readonly ContextEntry[] } | Unavailable>;
  context?: ContextFacts | Unavailable;
  usage?: Usage | Unavailable;
  observed?: { readonly paths: readonly string[] } | Unavailable;
}

/** Asks ports for what sessions need, each thing once, and answers from what it was told. */
export class Gatherer {
  readonly #ports: Ports;
  readonly #images = new Map<string, ImageFacts | Unavailable>();
  readonly #digests = new Map<string, ImageDigest | Unavailable>();
  readonly #versions = new Map<string, { readonly tag: string | undefined } | Unavailable>();
  readonly #downloads = new Map<string, Download | Unavailable>();
  readonly #jobs = new Map<string, Own>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Asks for all that some sessions need and that is not known yet. */
  async gather(open: readonly { readonly job: Job; readonly session: { needs(): Needs } }[]): Promise<void> {
    const ports = this.#ports;
    const needs = open.map(({ job, session }) => ({ job, needs: session.needs() }));
    const ask = async <T>(
      wanted: (needs: Needs) => readonly string[] | undefined,
      known: Map<string, T>,
      port: (references: readonly string[]) => Promise<ReadonlyMap<string, T>>,
    ): Promise<void> => {
      const all = new Set(needs.flatMap((each) => wanted(each.needs) ?? []));
      const unknown = [...all].filter((reference) => !known.has(reference));
      if (unknown.length > 0) for (const [reference, fact] of await port(unknown)) known.set(reference, fact);
    };
    await Promise.all([
      ask((each) => each.images, this.#images, ports.images),
      ask((each) => each.digests, this.#digests, ports.digests),
      ask((each) => each.versions, this.#versions, ports.versions),
      ask((each) => each.downloads, this.#downloads, ports.downloads),
    ]);
    for (const { job, needs: own } of needs) {
      const { sources = [], context, usage, observed } = own;
      const known = this.#own(job);
      if (context) known.context ??= await ports.context(job);
      if (usage) known.usage ??= await ports.usage(job);
      if (observed) known.observed ??= await ports.observed(job);
      const missing = sources.filter((pattern) => !known.sources.has(pattern));
      if (missing.length === 0) continue;
      for (const [pattern, fact] of await ports.sources(job, missing)) known.sources.set(pattern, fact);
    }
  }

  /** The facts about one job, as far as they were asked for. */
  facts(job: Job): Facts {
    const own = this.#own(job);
    return {
      image: (reference) => this.#images.get(reference) ?? tableFacts.image(reference),
      digest: (reference) => this.#digests.get(reference) ?? tableFacts.digest(reference),
      version: (reference) => this.#versions.get(reference) ?? tableFacts.version(reference),
      source: (pattern) => own.sources.get(pattern) ?? tableFacts.source(pattern),
      download: (url) => this.#downloads.get(url) ?? tableFacts.download(url),
      context: () => own.context ?? tableFacts.context(),
      usage: () => own.usage ?? tableFacts.usage(),
      observed: () => own.observed ?? tableFacts.observed(),
    };
  }

  #own(job: Job): Own {
    let own = this.#jobs.get(job.path);
    if (!own) {
      own = { sources: new Map() };
      this.#jobs.set(job.path, own);
    }
    return own;
  }
}
