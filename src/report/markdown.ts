import type { AppliedFix, Report } from '../engine/index.ts';
import { type Fix, skipReasons } from '../transform/index.ts';
import { hunkLines } from './diff.ts';
import type { PageOptions } from './html.ts';
import { known } from './known.ts';
import type { FileChange, FileReport, Page, RunEnd } from './model.ts';
import { visible } from './paint.ts';
import { opaqueSentence, pieces } from './prose.ts';
import { isUnanswered, plural } from './terminal.ts';
import { bytes, Totals } from './totals.ts';

/** The report as Markdown in GitHub's flavour; what comes from files cannot become markup. */
export function markdownPage(options: PageOptions): Page {
  const totals = new Totals();
  return {
    file(report) {
      totals.add(report);
      return section(report, options);
    },
    around: (end) => ({ before: overview(totals, end, options), after: '' }),
  };
}

/** Prose with everything escaped that Markdown or HTML would take for markup. */
function text(value: string): string {
  const entities: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };
  return visible(value).replace(/[\\`*_[\]|<>~&]/g, (char) => entities[char] ?? `\\${char}`);
}

/** A code span whose fence is longer than any run of backticks in it; in a table, pipes have to be escaped all the same. */
export function code(value: string): string {
  const shown = visible(value).replaceAll('\t', ' ').replaceAll('|', '\\|');
  const fence = '`'.repeat(longestRun(shown) + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') || shown === '' ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

function longestRun(value: string): number {
  return Math.max(0, ...[...value.matchAll(/`+/g)].map((match) => match[0].length));
}

/** A sentence of ours, with what stands in backticks as code. */
function prose(value: string): string {
  return pieces(value)
    .map((piece) => (piece.code ? code(piece.text) : text(piece.text)))
    .join('');
}

function overview(totals: Totals, end: RunEnd, { written }: PageOptions): string {
  const { tally, problems, omitted, notices } = end;
  const { repositories, references, pinned, layers, contexts, contextBytes } = totals;
  const across = repositories.size > 1 ? ` in ${plural(repositories.size, 'repository', 'repositories')}` : '';
  const files = plural(tally.files, 'Dockerfile');
  const lines = [
    '# dockmend report',
    '',
    `${plural(tally.fixes, 'fix', 'fixes')} in ${tally.changed} of ${files}${across}, ${written ? 'written' : 'not written'}.`,
    '',
    '| | Before | After |',
    '|---|---:|---:|',
    `| Pinned references (of ${references}) | ${pinned.before} | ${pinned.after} |`,
    `| Layers | ${layers.before} | ${layers.after} |`,
    ...(contexts > 0
      ? [
          `| Build context (${plural(contexts, 'context')}) | ${bytes(contextBytes.before)} | ${bytes(contextBytes.after)} |`,
        ]
      : []),
    '',
  ];
  const transforms = [...totals.byTransform].map(([id, each]) => ({
    id,
    ...each,
    applied: each.safe + each.unsafe + each.manual,
  }));
  transforms.sort((a, b) => b.applied - a.applied || b.available - a.available || b.refused - a.refused);
  if (transforms.length > 0) {
    lines.push('| Transform | Fixes | Files | Not applied | Refused |', '|---|---:|---:|---:|---:|');
    for (const each of transforms) {
      lines.push(`| ${code(each.id)} | ${each.applied} | ${each.files} | ${each.available} | ${each.refused} |`);
    }
    lines.push('');
  }
  if (totals.byReason.size > 0) {
    lines.push('| Refused because | Places |', '|---|---:|');
    const reasons = [...totals.byReason].sort(([, a], [, b]) => b.count - a.count);
    for (const [reason, { count }] of reasons) lines.push(`| ${prose(skipReasons[reason])} | ${count} |`);
    lines.push('');
  }
  const notes = [
    ...problems.map((each) => `Error: ${each.path === undefined ? '' : `${code(each.path)}: `}${prose(each.message)}`),
    ...notices.map(prose),
    ...(omitted.length > 0 ? [`Left out: ${plural(omitted.length, 'file')}`] : []),
  ];
  if (notes.length > 0) lines.push(...notes.map((note) => `- ${note}`), '');
  return `${lines.join('\n')}\n`;
}

function section(report: FileReport, { written }: PageOptions): string {
  if ('problem' in report) return `## ${code(report.path)}\n\nError: ${prose(report.problem.message)}\n\n`;
  const { result, changes, path } = report;
  const remaining = result.remaining.filter((each) => !isUnanswered(each)).sort(byPlace);
  const parts = [
    list(
      written ? 'Fixed' : 'Fixes',
      [...result.applied].sort((a, b) => a.pass - b.pass || byPlace(a, b)).map(fixLine),
    ),
    ...changes.map(diffBlock),
    list(
      'Not applied',
      remaining.flatMap((each) => ('fix' in each.finding ? [availableLine(each, each.finding.fix)] : [])),
    ),
    list('Left as it is', [
      ...result.rejected.map((each) =>
        line(each, 'fix' in each.finding ? each.finding.fix.title : '', `Rejected: ${each.why}`),
      ),
      ...remaining.flatMap((each) => ('fix' in each.finding ? [] : [otherLine(each)])),
      ...result.opaque.map((each) => `- line ${each.line}: ${prose(opaqueSentence(each))}`),
    ]),
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `## ${code(path)}\n\n${parts.join('\n')}\n`;
}

function byPlace(a: Report, b: Report): number {
  return a.origin.line - b.origin.line || a.origin.column - b.origin.column;
}

function list(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `**${title}**\n\n${lines.join('\n')}\n`;
}

function line(report: Report, title: string, ...more: string[]): string {
  const rest = more.map((each) => `. ${prose(each)}`).join('');
  return `- line ${report.origin.line}: **${prose(title)}** (${code(report.transform.id)})${rest}`;
}

function fixLine(each: AppliedFix): string {
  return line(
    each,
    each.fix.title,
    each.finding.message,
    `${capital(each.fix.safety)}, ${known(each.fix, each.unproven)}`,
  );
}

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}

function availableLine(each: Report, fix: Fix): string {
  const flag = fix.safety === 'manual' ? `--accept ${each.transform.id}` : '--unsafe';
  const how = fix.safety === 'safe' ? 'left out by a person' : `applied with \`${flag}\``;
  return line(each, fix.title, each.finding.message, `${capital(fix.safety)}, ${known(fix)}; ${how}`);
}

function otherLine(each: Report): string {
  const { finding } = each;
  if (!('skipped' in finding)) return line(each, finding.message, 'Reported only');
  const detail = finding.detail === undefined ? '' : ` (${finding.detail})`;
  return line(each, finding.message, `Refused: ${skipReasons[finding.skipped]}${detail}`);
}

function diffBlock({ path, before, after }: FileChange): string {
  const hunks = hunkLines(before ?? '', after, 3).map((each) => visible(each.replace(/\r$/, '')));
  if (hunks.length === 0) return '';
  const fence = '`'.repeat(Math.max(3, longestRun(hunks.join('\n')) + 1));
  return `${code(path)}${before === undefined ? ' (new)' : ''}\n\n${fence}diff\n${hunks.join('\n')}\n${fence}\n`;
}
