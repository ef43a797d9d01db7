import {
  diffReporter,
  jsonReporter,
  type Paint,
  type Problem,
  paintFor,
  plural,
  type Reporter,
  renderProblem,
  summary,
  terminalReporter,
} from '../report/index.ts';
import { type FixArguments, readArguments } from './arguments.ts';
import type { Omission } from './discover.ts';
import { problemOf } from './problems.ts';
import { Run, type RunResult } from './run.ts';
import { Progress, Writer, wantsColor } from './streams.ts';
import type { Wiring } from './wiring.ts';

/** Exit codes: nothing left to do, a fix is left (with `--check`), the input or its configuration is at fault, a builder failed. */
export const exitCodes = { done: 0, left: 1, input: 2, builder: 3 } as const;

/** Runs the command and gives its exit code; never throws, and never ends the process. */
export async function main(argv: readonly string[], wiring: Wiring): Promise<number> {
  const stdout = new Writer(wiring.stdout);
  const stderr = new Writer(wiring.stderr);
  const paint = paintFor(wantsColor(wiring.environment, stderr.isTerminal));
  try {
    if (argv[0] === 'pins') {
      const { pinsCommand } = await import('./pins-command.ts');
      const { text, notices, code } = await pinsCommand(argv.slice(1), wiring);
      await stdout.write(text);
      await stderr.write(notices.map((notice) => `${paint.yellow('note')}: ${notice}\n`).join(''));
      return code;
    }
    if (argv[0] === 'profile') {
      const { profileCommand } = await import('./profile-command.ts');
      await stdout.write(await profileCommand(argv.slice(1), wiring));
      return exitCodes.done;
    }
    const read = await readArguments(argv, wiring.version);
    if (read.command === 'fix') return await fixCommand(read.fix, wiring, stdout, stderr, paint);
    if (read.command === 'text') await stdout.write(read.text);
    else {
      const { explain, list } = await import('./describe.ts');
      const color = paintFor(wantsColor(wiring.environment, stdout.isTerminal));
      await stdout.write(
        read.command === 'list' ? list(wiring.transforms, color) : explain(wiring.transforms, read.id, color),
      );
    }
    return exitCodes.done;
  } catch (error) {
    const problem = problemOf(error);
    await stderr.write(renderProblem(problem, paint));
    return problem.kind === 'build' ? exitCodes.builder : exitCodes.input;
  }
}

async function fixCommand(
  given: FixArguments,
  wiring: Wiring,
  stdout: Writer,
  stderr: Writer,
  paint: Paint,
): Promise<number> {
  const format = given.format ?? (stdout.isTerminal ? 'terminal' : 'diff');
  // The fixed text of standard input has standard output to itself.
  const isFilter = given.stdin && given.write;
  const reporter = reporterFor(format, given, wiring, stdout);
  const out = isFilter ? async () => {} : (text: string) => stdout.write(text);
  const progress = new Progress(stderr, !given.quiet && !given.stdin);
  const problems: Problem[] = [];
  let begun = false;
  let builderFailed = false;
  const begin = (): string => {
    if (begun) return '';
    begun = true;
    return reporter.begin();
  };
  const run = new Run(wiring, given, {
    async file(report) {
      await progress.clear();
      if ('problem' in report) {
        await stderr.write(renderProblem(report.problem, paint));
        if (report.problem.kind === 'build') builderFailed = true;
      }
      await out(begin() + reporter.file(report));
    },
    problem: (problem) => problems.push(problem),
    progress: (done, total) => progress.show(done, total),
    get isGone() {
      return stdout.isClosed;
    },
  });
  let result: RunResult;
  try {
    result = await run.go();
  } finally {
    await progress.clear();
  }
  for (const problem of problems) await stderr.write(renderProblem(problem, paint));
  if (isFilter && result.stdin !== undefined) await stdout.write(result.stdin);
  await out(begin() + reporter.end(result.tally, problems));
  if (!given.quiet) await stderr.write(asides(result, format === 'diff' || isFilter, given, paint));
  if (builderFailed) return exitCodes.builder;
  if (result.tally.problems > 0) return exitCodes.input;
  return given.check && result.tally.changed > 0 ? exitCodes.left : exitCodes.done;
}

function reporterFor(format: string, given: FixArguments, wiring: Wiring, stdout: Writer): Reporter {
  const { write: written, verbose, quiet } = given;
  if (format === 'json') return jsonReporter({ toolVersion: wiring.version(), written });
  if (format === 'diff') return diffReporter();
  return terminalReporter({ color: wantsColor(wiring.environment, stdout.isTerminal), written, verbose, quiet });
}

/** What is said beside the report: what was left out, what could not be had, and the summary where the report has none. */
function asides(result: RunResult, withSummary: boolean, { write, verbose }: FixArguments, paint: Paint): string {
  const lines = result.notices.map((notice) => `${paint.yellow('note')}: ${notice}`);
  if (result.omitted.length > 0) {
    const reasons = new Map<Omission, number>();
    for (const { why } of result.omitted) reasons.set(why, (reasons.get(why) ?? 0) + 1);
    const counts = [...reasons].map(([why, number]) => `${number} ${why}`).join(', ');
    const files = plural(result.omitted.length, 'file');
    lines.push(`${paint.dim('note')}: left out ${files} (${counts}); a file that is named is never left out`);
    if (verbose) lines.push(...result.omitted.map(({ path, why }) => `  ${path}: ${why}`));
  }
  if (withSummary) lines.push(summary(result.tally, write));
  return lines.map((line) => `${line}\n`).join('');
}
