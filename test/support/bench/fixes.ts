import { existsSync } from 'node:fs';
import { DockerfileParser } from 'dockerfile-ast';
import type { fix as fixText } from '../../../src/engine/index.ts';
import type { Facts, Transform } from '../../../src/transform/index.ts';
import { corpusCases, corpusFacts } from '../corpus/cases.ts';
import { optionsFor } from '../corpus/run.ts';
import { shared } from '../shared.ts';
import { median, rounded, timed } from './measure.ts';

interface Job {
  readonly source: string;
  readonly facts: Facts;
}

/**
 * Fixes every file of the corpus in one process with every fix of every transform taken. Times are in milliseconds,
 * memory in MiB; the first round has everything cold, as a user's run does.
 */
export async function benchFixes(): Promise<object> {
  if (!shared) return { skipped: 'no corpus here, set DOCKMEND_SHARED' };
  const { fix, transforms, isBuilt } = await measured();
  const jobs: Job[] = corpusCases().map((each) => ({ source: each.source, facts: corpusFacts(each) }));
  const options = optionsFor('everything', transforms);
  const run = (job: Job): void => {
    try {
      fix(job.source, { ...options, facts: job.facts });
    } catch (error) {
      if ((error as Error).name !== 'DockerfileSyntaxError') throw error;
    }
  };
  const before = process.memoryUsage().rss;
  const each = jobs.map((job) => timed(() => run(job))).sort((a, b) => a - b);
  const first = each.reduce((sum, time) => sum + time, 0);
  const peak = process.resourceUsage().maxRSS * 1024;
  const warm = timed(() => jobs.forEach(run));
  const floor = timed(() => {
    for (const { source } of jobs) DockerfileParser.parse(source).getInstructions();
  });
  const perSecond = (time: number): number => Math.round((jobs.length / time) * 1000);
  return {
    isBuilt,
    files: jobs.length,
    transforms: transforms.length,
    filesPerSecond: perSecond(first),
    filesPerSecondWarm: perSecond(warm),
    p50: rounded(each[Math.floor(each.length * 0.5)]!),
    p95: rounded(each[Math.floor(each.length * 0.95)]!),
    slowest: rounded(each.at(-1)!),
    rssAfterLoading: Math.round(before / 2 ** 20),
    rssPeak: Math.round(peak / 2 ** 20),
    dockerfileAstFilesPerSecond: perSecond(floor),
    byLength: byLength(fix, transforms),
    byNumber: byNumber(jobs, run),
  };
}

/** What is measured: the built package, as users run it, or else the sources, which a loader makes slower. */
async function measured(): Promise<{ fix: typeof fixText; transforms: readonly Transform[]; isBuilt: boolean }> {
  const isBuilt = existsSync('dist/src/engine/index.js');
  const root = new URL(isBuilt ? '../../../dist/' : '../../../', import.meta.url);
  const end = isBuilt ? 'js' : 'ts';
  const { fix } = (await import(new URL(`src/engine/index.${end}`, root).href)) as { fix: typeof fixText };
  const { transforms } = (await import(new URL(`transforms/index.${end}`, root).href)) as {
    transforms: readonly Transform[];
  };
  return { fix, transforms, isBuilt };
}

/** One file of n, 2n and 4n lines, all different, with what transforms look for in them. */
function byLength(fix: typeof fixText, transforms: readonly Transform[]): Record<string, number> {
  const options = optionsFor('everything', transforms);
  const text = (lines: number): string => {
    const blocks = Array.from(
      { length: lines / 5 },
      (_, index) =>
        `RUN apt-get update && \\\n    apt-get install -y package-${index} \\\n    library-${index}\nCOPY file-${index} /srv/file-${index}\nENV NAME_${index}=value\n`,
    );
    return `FROM debian:12\n${blocks.join('')}`;
  };
  const measure = (lines: number): number => {
    const source = text(lines);
    return median(Array.from({ length: 3 }, () => timed(() => fix(source, options))));
  };
  measure(250);
  return Object.fromEntries([250, 500, 1000, 2000].map((lines) => [lines, rounded(measure(lines))]));
}

/** n, 2n and 4n files, after a round that warms everything. */
function byNumber(jobs: readonly Job[], run: (job: Job) => void): Record<string, number> {
  const numbers = [500, 1000, 2000];
  return Object.fromEntries(
    numbers.map((number) => {
      // Every so many, so that each number has the same mixture of files.
      const step = jobs.length / number;
      const chosen = Array.from({ length: number }, (_, index) => jobs[Math.floor(index * step)]!);
      return [number, Math.round(timed(() => chosen.forEach(run)))];
    }),
  );
}
