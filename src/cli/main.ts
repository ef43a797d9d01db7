import { resolve } from 'node:path';
import {
  hidesInDiff,
  hidingSecrets,
  openReporter,
  type Paint,
  type Problem,
  paintFor,
  plural,
  type ReportOptions,
  renderProblem,
  sessionSummary,
  summary,
} from '../report/index.ts';
import { type FixArguments, readArguments } from './arguments.ts';
import type { Omission } from './discover.ts';
import type { Fixer } from './fixers.ts';
import { ShownPaths } from './paths.ts';
import { problemOf } from './problems.ts';
import type { ReportFile } from './report-file.ts';
import { type Listener, Run, type RunResult } from './run.ts';
import { Progress, Writer, wantsColor } from './streams.ts';
import { UsageError } from './usage.ts';
import type { Wiring } from './wiring.ts';

/** Exit codes: nothing left to do, a fix is left (with `--check`), the input or its configuration is at fault, a builder failed, or Ctrl-C. */
export const exitCodes = { done: 0, left: 1, input: 2, builder: 3, interrupted: 130 } as const;

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
    if (read.command === 'fix') {
      return await fixCommand(read.fix, await withOwn(read.fix.transforms, wiring), stdout, stderr, paint);
    }
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

/** The wiring with the transforms of the user's own after ours. */
async function withOwn(specifiers: readonly string[], wiring: Wiring): Promise<Wiring> {
  if (specifiers.length === 0) return wiring;
  const { joined, loadTransforms } = await import('./own-transforms.ts');
  let { transforms } = wiring;
  for (const each of specifiers) transforms = joined(transforms, await loadTransforms(each, wiring.cwd, wiring));
  return { ...wiring, transforms };
}

async function fixCommand(
  given: FixArguments,
  wiring: Wiring,
  stdout: Writer,
  stderr: Writer,
  paint: Paint,
): Promise<number> {
  const fixer = given.interactive ? await interactive(given, wiring, stdout) : undefined;
  const format = given.format ?? (stdout.isTerminal ? 'terminal' : 'diff');
  // The fixed text of standard input has standard output to itself.
  const isFilter = given.stdin && given.write;
  const { write: written, verbose, quiet } = given;
  const color = wantsColor(wiring.environment, stdout.isTerminal);
  const { transforms } = wiring;
  const options = { toolVersion: wiring.version(), written, verbose, quiet, color, transforms };
  const reporter = hidingSecrets(await openReporter(format, options));
  // A session has shown what there is to see.
  const isSilent = isFilter || given.interactive;
  const out = isSilent ? async () => {} : (text: string) => stdout.write(text);
  const progress = new Progress(stderr, !given.quiet && !given.stdin && !given.interactive);
  const problems: Problem[] = [];
  let begun = false;
  let withHidden = 0;
  let builderFailed = false;
  const begin = (): string => {
    if (begun) return '';
    begun = true;
    return reporter.begin();
  };
  const reports: ReportFile[] = [];
  const listener: Listener = {
    async file(report) {
      await progress.clear();
      for (const each of reports) each.add(report);
      if ('problem' in report) {
        await stderr.write(renderProblem(report.problem, paint));
        if (report.problem.kind === 'build') builderFailed = true;
      }
      if (format === 'diff' && !isFilter && hidesInDiff(report)) withHidden++;
      await out(begin() + reporter.file(report));
    },
    problem: (problem) => problems.push(problem),
    progress: (done, total) => progress.show(done, total),
    get isGone() {
      return stdout.isClosed;
    },
  };
  let result: RunResult;
  try {
    await openReports(reports, given, wiring, options);
    result = await new Run(wiring, given, listener, fixer).go();
    const { tally, omitted, notices } = result;
    for (const each of reports) each.finish({ tally, omitted, notices, problems });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Interrupted') throw error;
    await stderr.write('\nLeft, and nothing was written\n');
    return exitCodes.interrupted;
  } finally {
    for (const each of reports) each.close();
    await progress.clear();
  }
  for (const problem of problems) await stderr.write(renderProblem(problem, paint));
  if (isFilter && result.stdin !== undefined) await stdout.write(result.stdin);
  await out(begin() + reporter.end(result.tally, problems));
  if (withHidden > 0) {
    const files = plural(withHidden, 'file');
    const text = `the diff of ${files} hides secrets, so it cannot be applied as it is: --write changes the files themselves`;
    await stderr.write(`${paint.yellow('note')}: ${text}\n`);
  }
  if (!given.quiet) await stderr.write(asides(result, format === 'diff' || isFilter, given, paint));
  if (builderFailed) return exitCodes.builder;
  if (result.tally.problems > 0) return exitCodes.input;
  return given.check && result.tally.changed > 0 ? exitCodes.left : exitCodes.done;
}

/** Opened before anything is done, so that a file that cannot be written is said at once. */
async function openReports(
  reports: ReportFile[],
  given: FixArguments,
  { cwd }: Wiring,
  options: ReportOptions,
): Promise<void> {
  if (given.reports.length === 0) return;
  const { ReportFile } = await import('./report-file.ts');
  for (const path of given.reports) reports.push(await ReportFile.open(resolve(cwd, path), options));
}

async function interactive(given: FixArguments, wiring: Wiring, stdout: Writer): Promise<Fixer> {
  const { terminal, environment, cwd } = wiring;
  if (!terminal) throw new UsageError('--interactive needs a terminal to ask on');
  const { interactiveFixer } = await import('./interactive.ts');
  const color = wantsColor(environment, stdout.isTerminal);
  return interactiveFixer({ terminal, environment, color, shown: new ShownPaths(cwd, given.paths).of });
}

/** What is said beside the report: what was left out, what could not be had, and the summary where the report has none. */
function asides(
  result: RunResult,
  withSummary: boolean,
  { write, interactive, verbose }: FixArguments,
  paint: Paint,
): string {
  const lines = result.notices.map((notice) => `${paint.yellow('note')}: ${notice}`);
  if (result.omitted.length > 0) {
    const reasons = new Map<Omission, number>();
    for (const { why } of result.omitted) reasons.set(why, (reasons.get(why) ?? 0) + 1);
    const counts = [...reasons].map(([why, number]) => `${number} ${why}`).join(', ');
    const files = plural(result.omitted.length, 'file');
    lines.push(`${paint.dim('note')}: left out ${files} (${counts}); a file that is named is never left out`);
    if (verbose) lines.push(...result.omitted.map(({ path, why }) => `  ${path}: ${why}`));
  }
  if (interactive) lines.push(sessionSummary(result.tally));
  else if (withSummary) {
    const { rejected } = result.tally;
    if (rejected > 0) {
      const what = plural(rejected, 'fix was', 'fixes were');
      lines.push(`${paint.dim('note')}: ${what} rejected: \`--format terminal\` says why`);
    }
    lines.push(summary(result.tally, write));
  }
  return lines.map((line) => `${line}\n`).join('');
}
