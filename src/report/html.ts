import { createHash } from 'node:crypto';
import { applyEdits } from '../edit/index.ts';
import type { AppliedFix, Report } from '../engine/index.ts';
import { type Fix, type Safety, skipReasons } from '../transform/index.ts';
import { script, style } from './html-parts.ts';
import { known } from './known.ts';
import type { FileChange, FileReport, Page, Problem, RunEnd } from './model.ts';
import { visible } from './paint.ts';
import { opaqueSentence, pieces } from './prose.ts';
import { type Row, type Side, sideBySide } from './side-by-side.ts';
import { isUnanswered, plural } from './terminal.ts';
import { bytes, type Change, Totals } from './totals.ts';

export interface PageOptions {
  readonly toolVersion: string;
  /** Whether the fixes were written, or are shown only. */
  readonly written: boolean;
}

/**
 * A page for people that needs nothing beside it: no network, no script to be read. Everything that comes from a file is
 * escaped, and the page's own policy lets no other script or style run.
 */
export function htmlPage(options: PageOptions): Page {
  const totals = new Totals();
  let number = 0;
  let repository: string | undefined;
  return {
    file(report) {
      totals.add(report);
      const heading = report.repository !== undefined && report.repository !== repository;
      repository = report.repository;
      return (heading ? `<h2>${text(repository!)}</h2>\n` : '') + section(report, ++number, options);
    },
    around: (end) => ({
      before: `${head(options)}${overview(totals, end, options)}<main id="files">\n`,
      after: `</main>\n<script>${script}</script>\n</body>\n</html>\n`,
    }),
  };
}

/** Escapes a text for a place in HTML or a quoted attribute, with its control characters made visible. */
function text(value: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return visible(value).replace(/[&<>"']/g, (char) => entities[char]!);
}

/** A sentence of ours, with what stands in backticks as code. */
function prose(value: string): string {
  return pieces(value)
    .map((piece) => (piece.code ? `<code>${text(piece.text)}</code>` : text(piece.text)))
    .join('');
}

function head({ toolVersion }: PageOptions): string {
  const hash = (content: string): string => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  const policy = `default-src 'none'; base-uri 'none'; form-action 'none'; style-src ${hash(style)}; script-src ${hash(script)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="dockmend ${text(toolVersion)}">
<title>dockmend report</title>
<style>${style}</style>
</head>
<body>
`;
}

function overview(totals: Totals, { tally, problems, omitted, notices }: RunEnd, { written }: PageOptions): string {
  const { repositories, references, pinned, layers, contexts, contextBytes } = totals;
  const across = repositories.size > 1 ? ` in ${plural(repositories.size, 'repository', 'repositories')}` : '';
  const done = `${plural(tally.fixes, 'fix', 'fixes')} in ${tally.changed} of ${plural(tally.files, 'Dockerfile')}${across}`;
  const cards = [
    card('Dockerfiles changed', `${tally.changed}`, `of ${tally.files}`),
    card('Fixes', `${tally.fixes}`, written ? 'written' : 'not written'),
    change('Pinned references', pinned, String, `of ${references}`),
    change('Layers', layers, String),
    ...(contexts > 0 ? [change('Build context', contextBytes, bytes, `in ${plural(contexts, 'context')}`)] : []),
    card('Refused', `${tally.refused}`, 'with a reason'),
  ];
  return `<header>
<h1>dockmend report</h1>
<p>${text(done)}${written ? ', written' : ', not written'}${tally.rejected > 0 ? `; ${tally.rejected} rejected` : ''}${tally.suppressed > 0 ? `; ${tally.suppressed} silenced by comments` : ''}.</p>
<dl class="cards">
${cards.join('\n')}
</dl>
${transformTable(totals)}${reasonTable(totals)}${asides(problems, omitted, notices)}</header>
<div class="tools">
<label>Filter <input id="filter" type="search" placeholder="path, transform or safety" autocomplete="off"></label>
<button type="button" id="open">Open all</button>
<button type="button" id="close">Close all</button>
<output id="shown"></output>
<span class="keys"><kbd>j</kbd> <kbd>k</kbd> next and previous file, <kbd>Enter</kbd> opens, <kbd>/</kbd> filters</span>
</div>
`;
}

function card(name: string, value: string, note: string): string {
  return `<div><dt>${text(name)}</dt><dd><b>${text(value)}</b> ${text(note)}</dd></div>`;
}

function change(name: string, { before, after }: Change, show: (value: number) => string, note = ''): string {
  return `<div><dt>${text(name)}</dt><dd><b>${text(show(before))} → ${text(show(after))}</b> ${text(note)}</dd></div>`;
}

function table(caption: string, columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return '';
  const cell = (value: string | number): string =>
    typeof value === 'number' ? `<td class="number">${value === 0 ? '' : value}</td>` : `<td>${value}</td>`;
  return `<section><h2>${text(caption)}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="${text(caption)}"><table>
<thead><tr>${columns.map((each) => `<th scope="col">${text(each)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}
</tbody></table></div></section>
`;
}

function transformTable({ byTransform }: Totals): string {
  const rows = [...byTransform]
    .map(([id, each]) => ({ id, ...each, applied: each.safe + each.unsafe + each.manual }))
    .sort((a, b) => b.applied - a.applied || b.available - a.available || b.refused - a.refused)
    .map((each) => [
      `<code>${text(each.id)}</code>`,
      each.applied,
      each.safe,
      each.unsafe,
      each.manual,
      each.files,
      each.available,
      each.refused,
    ]);
  const columns = ['Transform', 'Fixes', 'Safe', 'Unsafe', 'Manual', 'Files', 'Not applied', 'Refused'];
  return table('By transform', columns, rows);
}

function reasonTable({ byReason }: Totals): string {
  const rows = [...byReason]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([reason, { count, transforms }]) => [
      prose(skipReasons[reason]),
      count,
      [...transforms].map((id) => `<code>${text(id)}</code>`).join(' '),
    ]);
  return table('Refused, by reason', ['Reason', 'Places', 'Transforms'], rows);
}

function asides(problems: readonly Problem[], omitted: RunEnd['omitted'], notices: readonly string[]): string {
  const list = (title: string, items: readonly string[]): string =>
    items.length === 0
      ? ''
      : `<details class="aside"><summary>${text(`${title} (${items.length})`)}</summary><ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul></details>\n`;
  return (
    list(
      'Errors',
      problems.map(
        (each) => `${each.path === undefined ? '' : `<code>${text(each.path)}</code>: `}${prose(each.message)}`,
      ),
    ) +
    list('Could not be had', notices.map(prose)) +
    list(
      'Left out',
      omitted.map(({ path, why }) => `<code>${text(path)}</code>: ${text(why)}`),
    )
  );
}

function section(report: FileReport, number: number, options: PageOptions): string {
  if ('problem' in report) {
    const { message, position } = report.problem;
    const place = position ? `line ${position.line}: ` : '';
    return details(report.path, number, badge('error', 'error'), `<p>${text(place)}${prose(message)}</p>`, 'error');
  }
  const { result, changes } = report;
  const applied = [...result.applied].sort((a, b) => a.pass - b.pass || byPlace(a, b));
  const remaining = result.remaining.filter((each) => !isUnanswered(each)).sort(byPlace);
  const available = remaining.flatMap((each) => ('fix' in each.finding ? [each] : []));
  const others = remaining.filter((each) => !('fix' in each.finding));
  const left = others.length + result.rejected.length + result.opaque.length;
  const parts = [
    list(options.written ? 'Fixed' : 'Fixes', applied.map(fixItem)),
    ...changes.map(diffTable),
    list(
      'Not applied',
      available.map((each) => availableItem(each, result.output)),
    ),
    list('Left as it is', [
      ...result.rejected.map((each) => item(each, prose(titleOf(each)), `Rejected: ${prose(each.why)}`)),
      ...others.map(otherItem),
      ...result.opaque.map((each) => `<li>${place(each.line)} ${prose(opaqueSentence(each))}</li>`),
    ]),
  ];
  const badges = [
    ...(applied.length > 0 ? [badge('fixed', plural(applied.length, 'fix', 'fixes'))] : []),
    ...(available.length > 0 ? [badge('open', `${available.length} not applied`)] : []),
    ...(left > 0 ? [badge('left', `${left} left`)] : []),
  ].join('');
  const body = parts.filter((part) => part !== '').join('\n');
  const words = [...applied, ...remaining].map((each) => each.transform.id);
  const safeties = [...applied.map((each) => each.fix.safety), ...available.map(safetyOf)];
  const search = [...new Set([...words, ...safeties])].join(' ');
  return body === ''
    ? `<p class="file quiet" data-search="${text(report.path)}">${text(report.path)}: nothing to do</p>\n`
    : details(report.path, number, badges, body, search, changes.length > 0 && number <= 20);
}

function details(path: string, number: number, badges: string, body: string, search: string, isOpen = false): string {
  return `<details class="file" id="file-${number}"${isOpen ? ' open' : ''} data-search="${text(`${path} ${search}`)}">
<summary><span class="path">${text(path)}</span>${badges}</summary>
${body}
</details>
`;
}

function badge(kind: string, words: string): string {
  return ` <span class="badge ${kind}">${text(words)}</span>`;
}

function byPlace(a: Report, b: Report): number {
  return a.origin.line - b.origin.line || a.origin.column - b.origin.column;
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `<h3>${text(title)}</h3>\n<ul class="findings">\n${items.join('\n')}\n</ul>`;
}

function place(line: number): string {
  return `<span class="place">line ${line}</span>`;
}

function item(report: Report, title: string, ...lines: string[]): string {
  const below = lines.map((line) => `<br>${line}`).join('');
  return `<li>${place(report.origin.line)} <b>${title}</b> <code class="id">${text(report.transform.id)}</code>${below}</li>`;
}

function titleOf({ finding }: Report): string {
  return 'fix' in finding ? finding.fix.title : finding.message;
}

function safetyOf({ finding }: Report): Safety {
  return 'fix' in finding ? finding.fix.safety : 'manual';
}

function safetyLine(fix: Fix, unproven?: string): string {
  return `<span class="badge ${fix.safety}">${fix.safety}</span> ${prose(known(fix, unproven))}`;
}

function fixItem(each: AppliedFix): string {
  return item(each, prose(each.fix.title), prose(each.finding.message), safetyLine(each.fix, each.unproven));
}

function availableItem(each: Report, output: string): string {
  if (!('fix' in each.finding)) return '';
  const { fix, message } = each.finding;
  const flag = fix.safety === 'manual' ? `--accept ${each.transform.id}` : '--unsafe';
  const how = fix.safety === 'safe' ? 'left out by a person' : `applied with <code>${text(flag)}</code>`;
  const lines = [prose(message), `${safetyLine(fix)}, ${how}`];
  if (fix.safety !== 'safe') lines.push(prose(each.transform.meta.safetyNote));
  const diff = diffTable({ path: '', before: output, after: applyEdits(output, fix.edits) });
  const files = (fix.files ?? []).map(diffTable);
  return `${item(each, prose(fix.title), ...lines).slice(0, -'</li>'.length)}<details class="proposed"><summary>What it would change</summary>${[diff, ...files].join('\n')}</details></li>`;
}

function otherItem(each: Report): string {
  const { finding } = each;
  if (!('skipped' in finding)) return item(each, prose(finding.message), 'Reported only');
  const detail = finding.detail === undefined ? '' : ` (${finding.detail})`;
  return item(each, prose(finding.message), `Refused: ${prose(skipReasons[finding.skipped] + detail)}`);
}

function diffTable({ path, before, after }: FileChange): string {
  const hunks = sideBySide(before ?? '', after);
  if (hunks.length === 0) return '';
  const gap = '<tbody class="gap"><tr><td colspan="4">⋯</td></tr></tbody>';
  const body = hunks.map((rows) => `<tbody>\n${rows.map(rowLine).join('\n')}\n</tbody>`).join(`\n${gap}\n`);
  const name = path === '' ? '' : `<caption>${text(path)}${before === undefined ? ' (new)' : ''}</caption>`;
  return `<div class="scroll" tabindex="0" role="region" aria-label="${text(`changes ${path}`.trim())}"><table class="diff">${name}
<colgroup><col class="line"><col><col class="line"><col></colgroup>
<thead class="hidden"><tr><th>Line</th><th>Before</th><th>Line</th><th>After</th></tr></thead>
${body}
</table></div>`;
}

function rowLine({ kind, left, right }: Row): string {
  return `<tr class="${kind}">${cells(left, kind === 'same' ? '' : 'del')}${cells(right, kind === 'same' ? '' : 'ins')}</tr>`;
}

function cells(side: Side | undefined, mark: '' | 'del' | 'ins'): string {
  if (!side) return '<td class="none"></td><td class="none"></td>';
  const [start, middle, end] = side.parts;
  const changed = mark === '' || middle === '' ? text(middle) : `<${mark}>${text(middle)}</${mark}>`;
  return `<td class="line">${side.number}</td><td${mark === '' ? '' : ` class="${mark}"`}>${text(start)}${changed}${text(end)}</td>`;
}
