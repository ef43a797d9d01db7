import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DockerfileParser } from 'dockerfile-ast';
import { bundle } from '../../../bin/build.ts';
import type { ContextFacts, Facts, Transform, Unavailable } from '../../../src/transform/index.ts';
import { corpusCases, corpusFacts } from '../corpus/cases.ts';
import { type LaidOut, layOutContext } from '../corpus/contexts.ts';
import { optionsFor } from '../corpus/run.ts';
import { shared } from '../shared.ts';
import { median, rounded, timed } from './measure.ts';

interface Job {
  readonly source: string;
  readonly facts: Facts;
  readonly context: LaidOut | undefined;
}

interface Measured {
  readonly engine: Pick<typeof import('../../../src/engine/index.ts'), 'fix' | 'tableFacts'>;
  readonly room: Pick<typeof import('../../../src/context/index.ts'), 'openContext' | 'contextFacts' | 'loadParsers'>;
  readonly transforms: readonly Transform[];
}
type Context = ReturnType<Measured['room']['openContext']>;

/**
 * Fixes every file of the corpus in one process with every fix of every transform taken. Times are in milliseconds,
 * memory in MiB; the first round has everything cold, as a user's run does. What the corpus stands for (the files of
 * each build context, the answers of registries) is made before the clock starts; walking and reading the contexts is
 * the tool's work, and every round does it anew.
 */
export async function benchFixes(): Promise<object> {
  if (!shared) return { skipped: 'no corpus here, set DOCKMEND_SHARED' };
  const tool = await measured();
  const { transforms, engine } = tool;
  await tool.room.loadParsers();
  const jobs: Job[] = corpusCases().map((each) => {
    const facts = { ...corpusFacts(each), image: engine.tableFacts.image };
    return { source: each.source, facts, context: layOutContext(each) };
  });
  const options = optionsFor('everything', transforms);
  const fixIn = (job: Job, facts: Facts): void => {
    try {
      engine.fix(job.source, { ...options, facts });
    } catch (error) {
      if ((error as Error).name !== 'DockerfileSyntaxError') throw error;
    }
  };
  const round = (chosen: readonly Job[]): number[] => {
    const contexts = new Contexts(tool.room);
    return chosen.map((job) => timed(() => fixIn(job, { ...job.facts, context: contexts.opener(job) })));
  };
  const before = process.memoryUsage().rss;
  const start = process.cpuUsage();
  const each = round(jobs).sort((a, b) => a - b);
  const cpuFirst = cpuSince(start);
  const peak = process.resourceUsage().maxRSS * 1024;
  const middle = process.cpuUsage();
  const warm = sum(round(jobs));
  const cpuWarm = cpuSince(middle);
  const withoutContexts = timed(() => {
    for (const job of jobs) fixIn(job, { ...job.facts, context: engine.tableFacts.context });
  });
  const floor = timed(() => {
    for (const { source } of jobs) DockerfileParser.parse(source).getInstructions();
  });
  const perSecond = (time: number): number => Math.round((jobs.length / time) * 1000);
  return {
    counted: 'walking and reading the build contexts, planning, applying, checking',
    notCounted: 'making the contexts and what registries answer; finding out where a file is built',
    files: jobs.length,
    transforms: transforms.length,
    filesPerSecond: perSecond(sum(each)),
    filesPerSecondWarm: perSecond(warm),
    filesPerSecondWarmWithoutContexts: perSecond(withoutContexts),
    // On a machine with other work the clock says less than this, which has the threads that collect garbage too.
    cpuPerFile: rounded(cpuFirst / jobs.length),
    cpuPerFileWarm: rounded(cpuWarm / jobs.length),
    p50: rounded(each[Math.floor(each.length * 0.5)]!),
    p95: rounded(each[Math.floor(each.length * 0.95)]!),
    slowest: rounded(each.at(-1)!),
    rssAfterLoading: Math.round(before / 2 ** 20),
    rssPeak: Math.round(peak / 2 ** 20),
    dockerfileAstFilesPerSecond: perSecond(floor),
    byLength: byLength(engine.fix, transforms),
    byNumber: byNumber(jobs, (chosen) => sum(round(chosen))),
  };
}

const cpuSince = (start: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};
const sum = (times: readonly number[]): number => times.reduce((total, time) => total + time, 0);

/** What is measured: the rooms as the package has them, bundled, because a loader of sources makes them slower. */
async function measured(): Promise<Measured> {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  // Within the project, so that its packages are found.
  const folder = join(root, 'node_modules/.cache/dockmend-bench');
  const rooms = ['src/engine/index', 'src/context/index', 'transforms/index'];
  await bundle(
    root,
    rooms.map((room) => `${room}.ts`),
    folder,
  );
  const [engine, room, list] = await Promise.all(
    rooms.map((each): Promise<unknown> => import(pathToFileURL(join(folder, `${each}.js`)).href)),
  );
  const { transforms } = list as { transforms: readonly Transform[] };
  return { engine: engine as Measured['engine'], room: room as Measured['room'], transforms };
}

/** The contexts of a round, each walked once for all of its Dockerfiles. */
class Contexts {
  readonly #room: Measured['room'];
  readonly #open = new Map<string, Context>();

  constructor(room: Measured['room']) {
    this.#room = room;
  }

  /** Opens the context of a job when it is asked for first. */
  opener({ context }: Job): Facts['context'] {
    let known: ContextFacts | Unavailable | undefined;
    return () => {
      known ??= context ? this.#read(context) : { unavailable: 'no listing' };
      return known;
    };
  }

  #read({ directory, place, limits }: LaidOut): ContextFacts | Unavailable {
    let context = this.#open.get(directory);
    if (!context) {
      context = this.#room.openContext(directory, { root: place.root, limits });
      this.#open.set(directory, context);
    }
    return this.#room.contextFacts(context.of(place.dockerfile), place);
  }
}

/** One file of n, 2n and 4n lines, all different, with what transforms look for in them. */
function byLength(fix: Measured['engine']['fix'], transforms: readonly Transform[]): Record<string, number> {
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
function byNumber(jobs: readonly Job[], time: (chosen: readonly Job[]) => number): Record<string, number> {
  const numbers = [500, 1000, 2000];
  return Object.fromEntries(
    numbers.map((number) => {
      // Every so many, so that each number has the same mixture of files.
      const step = jobs.length / number;
      const chosen = Array.from({ length: number }, (_, index) => jobs[Math.floor(index * step)]!);
      return [number, Math.round(time(chosen))];
    }),
  );
}
