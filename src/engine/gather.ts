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
  /** What is known of images, by reference; `whole` are those of them whose files matter too. */
  images(
    references: readonly string[],
    whole: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, ImageFacts | Unavailable>>;
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
  /** With the facts that it rests on, to plan the same text again. */
  | { readonly path: string; readonly result: FixResult; readonly facts: Facts }
  | { readonly path: string; readonly error: unknown };

/**
 * Fixes a batch of Dockerfiles. Each goes on as soon as what it needs is known, while others still wait for the outside,
 * and one question is asked once. An error of one file is its own result and does not stop the others.
 */
export async function fixBatch(jobs: readonly Job[], options: FixOptions, ports: Ports): Promise<JobResult[]> {
  const gatherer = new Gatherer(ports);
  const planning = new Turns();
  return Promise.all(jobs.map((job) => fixOne(job, optionsFor(job, options), gatherer, planning)));
}

/** The options of a run as they are for one job. */
export function optionsFor({ concerns }: Job, options: FixOptions): FixOptions {
  return concerns ? { ...options, concerns } : options;
}

async function fixOne(job: Job, options: FixOptions, gatherer: Gatherer, planning: Turns): Promise<JobResult> {
  const { path, source } = job;
  try {
    const session = await planning.run(() => new FixSession(source, options));
    let needs = session.needs();
    for (;;) {
      const facts = await gatherer.facts(job, needs);
      const next = await planning.run(() => (session.pass(facts) ? session.needs() : undefined));
      if (!next) return { path, result: session.result(), facts };
      needs = next;
    }
  } catch (error) {
    return { path, error };
  }
}

/** Milliseconds of planning after which the outside is heard. */
const stretch = 1;

/** Runs work one after the other in short stretches, so that answers from outside get in and further questions out. */
class Turns {
  readonly #waiting: (() => void)[] = [];

  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (this.#waiting.length === 1) setImmediate(() => this.#stretch());
    });
  }

  #stretch(): void {
    const until = performance.now() + stretch;
    let done = 0;
    while (done < this.#waiting.length && performance.now() < until) this.#waiting[done++]!();
    this.#waiting.splice(0, done);
    if (this.#waiting.length > 0) setImmediate(() => this.#stretch());
  }
}

/** What is known to one file alone, kept from pass to pass. */
interface Own {
  readonly sources: Map<string, { readonly entries: readonly ContextEntry[] } | Unavailable>;
  context?: ContextFacts | Unavailable;
  usage?: Usage | Unavailable;
  observed?: { readonly paths: readonly string[] } | Unavailable;
}

/** Takes the questions of all files of a run to the ports, each once. */
export class Gatherer {
  readonly #ports: Ports;
  readonly #images: Counter<ImageFacts | Unavailable>;
  /** Images with their files. */
  readonly #systems: Counter<ImageFacts | Unavailable>;
  readonly #digests: Counter<ImageDigest | Unavailable>;
  readonly #versions: Counter<{ readonly tag: string | undefined } | Unavailable>;
  readonly #downloads: Counter<Download | Unavailable>;
  readonly #own = new Map<string, Own>();

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#images = new Counter((references) => ports.images(references, new Set()));
    this.#systems = new Counter((references) => ports.images(references, new Set(references)));
    this.#digests = new Counter((references) => ports.digests(references));
    this.#versions = new Counter((references) => ports.versions(references));
    this.#downloads = new Counter((urls) => ports.downloads(urls));
  }

  /** The facts for a pass over one job. */
  async facts(job: Job, needs: Needs): Promise<Facts> {
    const own: Own = this.#own.get(job.path) ?? { sources: new Map() };
    this.#own.set(job.path, own);
    const systems = new Set(needs.systems);
    const [images, whole, digests, versions, downloads] = await Promise.all([
      this.#images.answers((needs.images ?? []).filter((each) => !systems.has(each))),
      this.#systems.answers([...systems]),
      this.#digests.answers(needs.digests ?? []),
      this.#versions.answers(needs.versions ?? []),
      this.#downloads.answers(needs.downloads ?? []),
      this.#askOwn(job, needs, own),
    ]);
    return {
      image: (reference) => whole.get(reference) ?? images.get(reference) ?? tableFacts.image(reference),
      digest: (reference) => digests.get(reference) ?? tableFacts.digest(reference),
      version: (reference) => versions.get(reference) ?? tableFacts.version(reference),
      source: (pattern) => own.sources.get(pattern) ?? tableFacts.source(pattern),
      download: (url) => downloads.get(url) ?? tableFacts.download(url),
      context: () => own.context ?? tableFacts.context(),
      usage: () => own.usage ?? tableFacts.usage(),
      observed: () => own.observed ?? tableFacts.observed(),
    };
  }

  async #askOwn(job: Job, { sources = [], context, usage, observed }: Needs, own: Own): Promise<void> {
    const ports = this.#ports;
    if (context) own.context ??= await ports.context(job);
    if (usage) own.usage ??= await ports.usage(job);
    if (observed) own.observed ??= await ports.observed(job);
    const missing = sources.filter((pattern) => !own.sources.has(pattern));
    if (missing.length === 0) return;
    for (const [pattern, fact] of await ports.sources(job, missing)) own.sources.set(pattern, fact);
  }
}

/**
 * Answers to one kind of question. Each reference is asked for by itself, so that nothing waits for the slowest of many;
 * the ports hold the number of requests at a time.
 */
class Counter<T> {
  readonly #ask: (references: readonly string[]) => Promise<ReadonlyMap<string, T>>;
  readonly #asked = new Map<string, Promise<ReadonlyMap<string, T>>>();

  constructor(ask: (references: readonly string[]) => Promise<ReadonlyMap<string, T>>) {
    this.#ask = ask;
  }

  /** The answers that there are. */
  async answers(references: readonly string[]): Promise<ReadonlyMap<string, T>> {
    const found = new Map<string, T>();
    await Promise.all(
      references.map(async (reference) => {
        let asked = this.#asked.get(reference);
        if (!asked) {
          asked = this.#ask([reference]);
          this.#asked.set(reference, asked);
        }
        const fact = (await asked).get(reference);
        if (fact !== undefined) found.set(reference, fact);
      }),
    );
    return found;
  }
}
