import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { repositoryRoot } from '../config/index.ts';
import { Dockerfile } from '../dockerfile/index.ts';
import { answersRule, type Job } from '../engine/index.ts';
import { plural } from '../report/index.ts';
import type { Transform } from '../transform/index.ts';
import { isDockerfileName } from './discover.ts';
import { type Reported, readReported } from './reported.ts';
import { UsageError } from './usage.ts';

interface Item extends Reported {
  /** Absolute; undefined where there is no such file. */
  readonly file: string | undefined;
  /** Transforms that answer the rule. */
  readonly answering: ReadonlySet<Transform>;
  /** A transform had something to say there. */
  isFound: boolean;
}

/** Reports of other tools, and what of them transforms can answer. */
export class ReportedFindings {
  readonly #items: readonly Item[];

  /** Throws UsageError for a file that cannot be read, or is no report. `named` are the paths of the run, absolute. */
  constructor(files: readonly string[], transforms: readonly Transform[], cwd: string, named: readonly string[]) {
    this.#items = files.flatMap((file) => {
      const path = resolve(cwd, file);
      const places = [cwd, ...named, dirname(path), repositoryRoot(cwd)].filter((each) => each !== undefined);
      return read(path, file).map((each) => ({
        ...each,
        file: locate(each.path, places, named),
        answering: new Set(transforms.filter((transform) => answersRule(transform, each.tool, each.rule))),
        isFound: false,
      }));
    });
  }

  /** The Dockerfiles that are reported on; tools that read Dockerfiles alone may give them any name. */
  get files(): readonly string[] {
    const files = this.#items.flatMap(({ file, tool }) => {
      if (file === undefined) return [];
      return tool === 'hadolint' || tool === 'buildkit' || isDockerfileName(basename(file)) ? file : [];
    });
    return [...new Set(files)];
  }

  /** Those of some transforms that answer anything in the reports. */
  answering(transforms: readonly Transform[]): Transform[] {
    return transforms.filter((each) => this.#items.some((item) => item.answering.has(each)));
  }

  /** A job about which only those findings count that answer what was reported, where it was reported. */
  narrow(job: Job): Job {
    const real = realPath(job.path);
    const items = this.#items.filter((each) => each.file !== undefined && realPath(each.file) === real);
    const ranges = new Map(items.map((item) => [item, instructionLines(job.source, item)]));
    return {
      ...job,
      concerns(transform, places) {
        let concerned = false;
        for (const item of items) {
          if (!item.answering.has(transform)) continue;
          const lines = ranges.get(item);
          if (lines && !places.some(({ line }) => line >= lines[0] && line <= lines[1])) continue;
          item.isFound = true;
          concerned = true;
        }
        return concerned;
      },
    };
  }

  /** What the reports have and this run could not answer, a sentence each. */
  notices(): string[] {
    const unanswered = this.#items.filter((each) => each.answering.size === 0);
    const missing = this.#items.filter((each) => each.file === undefined);
    const quiet = this.#items.filter((each) => each.answering.size > 0 && each.file !== undefined && !each.isFound);
    const places = quiet.slice(0, 5).map(({ rule, path, lines }) => `${rule} at ${path}${lines ? `:${lines[0]}` : ''}`);
    const more = quiet.length > 5 ? ` and ${quiet.length - 5} more` : '';
    return [
      ...(unanswered.length > 0
        ? [
            `${plural(unanswered.length, 'finding')} that no transform answers: ${counted(unanswered.map((each) => each.rule))}`,
          ]
        : []),
      ...(quiet.length > 0 ? [`nothing to do for what was reported: ${places.join(', ')}${more}`] : []),
      ...(missing.length > 0
        ? [
            `reported on files that are not here: ${[...new Set(missing.map((each) => each.path))].slice(0, 5).join(', ')}`,
          ]
        : []),
    ];
  }
}

function read(path: string, shown: string): Reported[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--from: ${shown} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const found = readReported(text);
  if (found) return found;
  throw new UsageError(`--from: ${shown} is no JSON of hadolint, Trivy or BuildKit's checks, and no SARIF`);
}

/** Tools spell paths from where they ran, from the folder that they scanned, or from the root of the repository. */
function locate(path: string, places: readonly string[], named: readonly string[]): string | undefined {
  // The text came by standard input: it can only be the one file that is named here.
  if (/^(?:-|\/dev\/stdin|<stdin>)$/.test(path)) return named.length === 1 ? named[0] : undefined;
  return places.map((place) => resolve(place, path)).find((each) => existsSync(each));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The lines of all instructions that a place touches. KICS puts what a stage lacks at its FROM. */
function instructionLines(source: string, { tool, lines }: Reported): readonly [number, number] | undefined {
  if (!lines) return undefined;
  let file: Dockerfile;
  try {
    file = new Dockerfile(source);
  } catch {
    return lines;
  }
  let [start, end] = lines;
  for (const { startLine, endLine, keyword, stage } of file.instructions) {
    if (startLine > lines[1] || endLine < lines[0]) continue;
    start = Math.min(start, startLine);
    const isStage = tool === 'kics' && keyword === 'FROM' && stage !== undefined;
    end = Math.max(end, isStage ? (stage.instructions.at(-1)?.endLine ?? endLine) : endLine);
  }
  return [start, end];
}

function counted(rules: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const rule of rules) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([rule, count]) => (count > 1 ? `${rule} (${count})` : rule))
    .join(', ');
}
