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
}

export type JobResult =
  | { readonly path: string; readonly result: FixResult }
  | { readonly path: string; readonly error: unknown };

/**
 * Fixes a batch of Dockerfiles: the needs of all are gathered before each pass, so that one question is asked once.
 * An error of one file is its own result and does not stop the others.
 */
export async function fixBatch(jobs: readonly Job[], options: FixOptions, ports: Ports): Promise<JobResult[]> {
  const answers: Answers = {
    images: new Map(),
    whole: new Set(),
    digests: new Map(),
    versions: new Map(),
    downloads: new Map(),
  };
  const results = new Map<string, JobResult>();
  let open: Open[] = [];
  for (const job of jobs) {
    attempt(results, job.path, () =>
      open.push({ job, session: new FixSession(job.source, options), sources: new Map() }),
    );
  }
  while (open.length > 0) {
    await gather(open, answers, ports);
    open = open.filter((each) => {
      let again = false;
      attempt(results, each.job.path, () => {
        again = each.session.pass(factsFor(each, answers));
        if (!again) results.set(each.job.path, { path: each.job.path, result: each.session.result() });
      });
      return again;
    });
  }
  return jobs.map((job) => results.get(job.path)!);
}

interface Open {
  readonly job: Job;
  readonly session: FixSession;
  readonly sources: Map<string, { readonly entries: readonly ContextEntry[] } | Unavailable>;
  context?: ContextFacts | Unavailable;
  usage?: Usage | Unavailable;
  observed?: { readonly paths: readonly string[] } | Unavailable;
}

function attempt(results: Map<string, JobResult>, path: string, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    results.set(path, { path, error });
  }
}

/** Answers by what was asked, shared by the files of a batch. */
interface Answers {
  readonly images: Map<string, ImageFacts | Unavailable>;
  /** References that were asked for with their files. */
  readonly whole: Set<string>;
  readonly digests: Map<string, ImageDigest | Unavailable>;
  readonly versions: Map<string, { readonly tag: string | undefined } | Unavailable>;
  readonly downloads: Map<string, Download | Unavailable>;
}

async function gather(open: readonly Open[], answers: Answers, ports: Ports): Promise<void> {
  const needs = new Map<Open, Needs>(open.map((each) => [each, each.session.needs()]));
  const ask = async <T>(
    wanted: (needs: Needs) => readonly string[] | undefined,
    known: Map<string, T>,
    port: (references: readonly string[]) => Promise<ReadonlyMap<string, T>>,
  ): Promise<void> => {
    const all = new Set([...needs.values()].flatMap((each) => wanted(each) ?? []));
    const unknown = [...all].filter((reference) => !known.has(reference));
    if (unknown.length > 0) for (const [reference, fact] of await port(unknown)) known.set(reference, fact);
  };
  const askImages = async (): Promise<void> => {
    const all = [...needs.values()];
    const whole = new Set(all.flatMap((each) => each.systems ?? []));
    const unknown = new Set([
      ...all.flatMap((each) => each.images ?? []).filter((each) => !answers.images.has(each)),
      ...[...whole].filter((each) => !answers.whole.has(each)),
    ]);
    if (unknown.size === 0) return;
    for (const each of whole) answers.whole.add(each);
    for (const [reference, fact] of await ports.images([...unknown], whole)) answers.images.set(reference, fact);
  };
  await Promise.all([
    askImages(),
    ask((each) => each.digests, answers.digests, ports.digests),
    ask((each) => each.versions, answers.versions, ports.versions),
    ask((each) => each.downloads, answers.downloads, ports.downloads),
  ]);
  for (const [each, { sources = [], context, usage, observed }] of needs) {
    if (context) each.context ??= await ports.context(each.job);
    if (usage) each.usage ??= await ports.usage(each.job);
    if (observed) each.observed ??= await ports.observed(each.job);
    const missing = sources.filter((pattern) => !each.sources.has(pattern));
    if (missing.length === 0) continue;
    for (const [pattern, fact] of await ports.sources(each.job, missing)) each.sources.set(pattern, fact);
  }
}

function factsFor(each: Open, answers: Answers): Facts {
  return {
    image: (reference) => answers.images.get(reference) ?? tableFacts.image(reference),
    digest: (reference) => answers.digests.get(reference) ?? tableFacts.digest(reference),
    version: (reference) => answers.versions.get(reference) ?? tableFacts.version(reference),
    source: (pattern) => each.sources.get(pattern) ?? tableFacts.source(pattern),
    download: (url) => answers.downloads.get(url) ?? tableFacts.download(url),
    context: () => each.context ?? tableFacts.context(),
    usage: () => each.usage ?? tableFacts.usage(),
    observed: () => each.observed ?? tableFacts.observed(),
  };
}
