import { applyEdits } from '../edit/index.ts';
import type { AppliedFix, FixResult, OpaqueInstruction, RejectedFix, Report } from '../engine/index.ts';
import { showMarks } from '../secrets/index.ts';
import { type Fix, skipReasons } from '../transform/index.ts';
import type { ProofSummary } from '../verify/index.ts';
import { hunkLines, unifiedDiff } from './diff.ts';
import { fixWithoutSecrets } from './hide-secrets.ts';
import type { FileReport, Problem, Reporter, Tally } from './model.ts';
import { type Paint, paintFor, visible } from './paint.ts';
import { proofSentences } from './proof.ts';
import { opaqueSentence } from './prose.ts';

export interface TerminalOptions {
  readonly color: boolean;
  /** Whether the fixes are written, or shown only. */
  readonly written: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
}

/** Reports for people: grouped by file, each fix with its diff and its reason, then what was refused and why. */
export function terminalReporter(options: TerminalOptions): Reporter {
  const paint = paintFor(options.color);
  return {
    begin: () => '',
    file: (report) => ('problem' in report ? '' : renderFile(report, options, paint)),
    end: (tally) => (options.quiet ? '' : `${paint.bold(summary(tally, options.written))}\n`),
  };
}

type Fixed = Exclude<FileReport, { problem: Problem }>;

function renderFile(report: Fixed, options: TerminalOptions, paint: Paint): string {
  const { path, diffPath, result, changes } = report;
  const lines = [...result.applied].sort(byPassAndPlace).flatMap((each) => fixLines(each, paint));
  for (const change of changes.filter((each) => each.path !== diffPath)) {
    lines.push('', ...coloured(unifiedDiff(change).split('\n').slice(0, -1), paint));
  }
  if (!options.quiet) lines.push(...leftLines(result, options, paint));
  if (report.proof && !options.quiet) lines.push('', ...proofLines(report.proof, paint));
  return lines.length === 0 ? '' : `${[paint.bold(visible(path)), ...lines, ''].join('\n')}\n`;
}

/** What was not done: fixes that the choice leaves out, rejected ones, refusals and reports. */
function leftLines(result: FixResult, options: TerminalOptions, paint: Paint): string[] {
  const remaining = [...result.remaining].sort(byPlace);
  const available = remaining.filter((each) => 'fix' in each.finding);
  const others = remaining.filter((each) => !('fix' in each.finding) && (options.verbose || !isUnanswered(each)));
  return [
    ...available.flatMap((each) => availableLines(each, result.output, options, paint)),
    ...result.rejected.flatMap((each) => rejectedLines(each, paint)),
    ...others.flatMap((each) => otherLines(each, paint)),
    ...result.opaque.flatMap((each) => opaqueLines(each, paint)),
  ];
}

/** Whether it is a registry that gave no answer: that is said once a host when the run ends, not at every reference. */
export function isUnanswered({ finding }: Report): boolean {
  return 'skipped' in finding && finding.skipped === 'registry-unavailable';
}

function proofLines(proof: ProofSummary, paint: Paint): string[] {
  return proofSentences(proof).map((line) => `  ${paint.dim(visible(line))}`);
}

function byPassAndPlace(a: AppliedFix, b: AppliedFix): number {
  return a.pass - b.pass || byPlace(a, b);
}

function byPlace(a: Report, b: Report): number {
  return a.origin.line - b.origin.line || a.origin.column - b.origin.column;
}

function headline(mark: string, report: Report, title: string, paint: Paint): string {
  const place = `${report.origin.line}:${report.origin.column}`;
  return `  ${mark} ${paint.dim(place.padEnd(6))} ${visible(title)}  ${paint.dim(report.transform.id)}`;
}

const indent = ' '.repeat(11);

function fixLines(each: AppliedFix, paint: Paint): string[] {
  const { fix, finding, before } = each;
  return [
    '',
    headline(paint.green('✔'), each, fix.title, paint),
    `${indent}${visible(finding.message)}`,
    `${indent}${safety(fix, paint)}`,
    ...(each.unproven === undefined
      ? []
      : [`${indent}${paint.yellow(`not proven, and kept all the same: ${visible(each.unproven)}`)}`]),
    ...editLines(before, fix, paint),
  ];
}

/** What builds showed of one fix: a sentence, and lines below it. */
export interface ShownProof {
  readonly holds: boolean;
  readonly sentence: string;
  readonly lines: readonly string[];
}

/** What builds showed of a fix, in lines of at most so many characters. */
export function proofCard({ holds, sentence, lines }: ShownProof, columns: number, paint: Paint): string[] {
  const [mark, colour] = holds ? ['✔', paint.green] : ['✘', paint.red];
  return [
    ...wrapped(visible(`${mark} build: ${sentence}`), columns).map(colour),
    ...lines.flatMap((line) => wrapped(visible(line), columns - 2)).map((line) => colour(`  ${line}`)),
  ];
}

/**
 * One fix alone for a person who decides on it: its place, what, why, how safe and how that is known, what builds
 * showed of it, and its diff.
 */
export function fixCard(
  given: AppliedFix,
  {
    color,
    columns,
    proof,
  }: { readonly color: boolean; readonly columns: number; readonly proof?: ShownProof | undefined },
): string {
  const paint = paintFor(color);
  const each = fixWithoutSecrets(given);
  const { fix, finding, before, transform } = each;
  const prose = (text: string): string[] =>
    wrapped(visible(text), columns - indent.length).map((line) => indent + line);
  const hunks = hunkLines(before, applyEdits(before, fix.edits), 2);
  const files = (fix.files ?? []).flatMap((file) => ['', ...unifiedDiff(file).split('\n').slice(0, -1)]);
  const lines = [
    headline(' ', each, fix.title, paint),
    ...prose(finding.message),
    `${indent}${safety(fix, paint)}`,
    ...(fix.safety === 'safe' ? [] : prose(transform.meta.safetyNote)),
    ...(proof ? proofCard(proof, columns - indent.length, paint).map((line) => indent + line) : []),
    '',
    ...coloured([...hunks, ...files], paint).map((line) => indent + line),
  ];
  while (lines.at(-1)!.trim() === '') lines.pop();
  return showMarks(lines.map((line) => `${line}\n`).join(''));
}

/** A text in lines of at most so many characters, broken at blanks. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

function safety(fix: Fix, paint: Paint): string {
  const colour = fix.safety === 'safe' ? paint.green : paint.yellow;
  return `${colour(fix.safety)} ${paint.dim(`by ${fix.evidence.join(', ')}`)}`;
}

function editLines(before: string, fix: Fix, paint: Paint): string[] {
  const lines = hunkLines(before, applyEdits(before, fix.edits), 0).filter((line) => !line.startsWith('@@'));
  return coloured(lines, paint).map((line) => indent + line);
}

function coloured(lines: readonly string[], paint: Paint): string[] {
  return lines.map((line) => {
    const text = visible(line.replace(/\r$/, ''));
    if (line.startsWith('+')) return paint.green(text);
    if (line.startsWith('-')) return paint.red(text);
    return paint.dim(text);
  });
}

function availableLines(each: Report, output: string, options: TerminalOptions, paint: Paint): string[] {
  if (!('fix' in each.finding)) return [];
  const { fix } = each.finding;
  const flag = fix.safety === 'manual' ? `--accept ${each.transform.id}` : '--unsafe';
  const lines = [
    '',
    headline(paint.yellow('?'), each, fix.title, paint),
    `${indent}${visible(each.finding.message)}`,
    `${indent}${safety(fix, paint)}: applied with ${paint.bold(flag)}`,
  ];
  for (const { option, message, default: value } of fix.asks ?? []) {
    lines.push(`${indent}${visible(message)} (option \`${option}\`: ${visible(value)})`);
  }
  if (!options.verbose) return lines;
  return [...lines, `${indent}${visible(each.transform.meta.safetyNote)}`, ...editLines(output, fix, paint)];
}

function rejectedLines(each: RejectedFix, paint: Paint): string[] {
  const title = 'fix' in each.finding ? each.finding.fix.title : each.finding.message;
  const lines = (each.lines ?? []).map((line) => paint.dim(`${indent}  ${visible(line)}`));
  return ['', headline(paint.red('✘'), each, title, paint), `${indent}not applied: ${visible(each.why)}`, ...lines];
}

function otherLines(each: Report, paint: Paint): string[] {
  const { finding } = each;
  const head = headline(paint.cyan('-'), each, finding.message, paint);
  if (!('skipped' in finding)) return ['', head, `${indent}reported only`];
  const detail = finding.detail === undefined ? '' : ` (${finding.detail})`;
  return ['', head, `${indent}left as it is: ${visible(skipReasons[finding.skipped] + detail)}`];
}

function opaqueLines(opaque: OpaqueInstruction, paint: Paint): string[] {
  const place = paint.dim(`${opaque.line}:${opaque.column}`.padEnd(6));
  return [
    '',
    `  ${opaque.swallowed ? paint.yellow('!') : paint.cyan('-')} ${place} ${visible(opaqueSentence(opaque))}`,
    `${indent}left as it is, and nothing is moved across it`,
  ];
}

/** What a run did, in one line. */
export function summary(tally: Tally, written: boolean): string {
  const checked = plural(tally.files, 'file');
  const parts: string[] = [];
  // Of a file with an error nobody knows whether there is something to fix.
  if (tally.fixes === 0) parts.push(`${tally.problems > 0 ? 'Nothing is changed' : 'Nothing to fix'} in ${checked}`);
  else {
    const where = `${plural(tally.fixes, 'fix', 'fixes')} in ${tally.changed} of ${checked}`;
    parts.push(written ? `${where} written` : `${where}, not written: --write does`);
  }
  if (tally.unsafe > 0) parts.push(`${tally.unsafe} more with --unsafe`);
  for (const [id, number] of tally.manual) parts.push(`${number} more with --accept ${id}`);
  if (tally.refused > 0) parts.push(`${tally.refused} refused`);
  if (tally.reported > 0) parts.push(`${tally.reported} reported`);
  if (tally.rejected > 0) parts.push(`${tally.rejected} rejected`);
  if (tally.suppressed > 0) parts.push(`${tally.suppressed} suppressed`);
  if (tally.problems > 0) parts.push(plural(tally.problems, 'error'));
  return parts.join('; ');
}

/** What an interactive session did, in one line. */
export function sessionSummary(tally: Tally): string {
  const { fixes, changed, unproven, unsafe, manual, refused, rejected, problems } = tally;
  const left = [...manual.values()].reduce((sum, each) => sum + each, unsafe);
  const parts = [
    fixes === 0 ? 'Nothing written' : `${plural(fixes, 'fix', 'fixes')} written in ${plural(changed, 'file')}`,
  ];
  if (unproven > 0) parts.push(`${unproven} of them without proof`);
  if (rejected > 0) parts.push(`${rejected} not applied, as ${rejected === 1 ? 'it does' : 'they do'} not hold`);
  if (left > 0) parts.push(`${left} left as ${left === 1 ? 'it was' : 'they were'}`);
  if (refused > 0) parts.push(`${refused} refused by dockmend, which a run without -i explains`);
  if (problems > 0) parts.push(plural(problems, 'error'));
  return parts.join('; ');
}

/** A number with its noun. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
