import { createHash } from 'node:crypto';
import { type FileReport, opaqueSentence, proofFindings } from '../report/index.ts';
import { type SkipReason, skipReasons, type Transform } from '../transform/index.ts';
import { type NewDigest, newDigests, pinnedReferences } from './digests.ts';
import type { Group } from './groups.ts';
import { block, cell, code, inert } from './markdown.ts';
import type { UpdaterEdit, UpdaterState } from './updater.ts';

/** What a pull request is told about. */
export interface BodyFacts {
  readonly group: Group;
  readonly files: readonly FileReport[];
  readonly updater: UpdaterState;
  /** The lines that would set an updater up, where none is. */
  readonly offer: UpdaterEdit | undefined;
  /** What could not be had, such as a registry without an answer. */
  readonly notices: readonly string[];
  readonly toolVersion: string;
}

/** What stands hidden at the end of a body, so that a later run knows what it wrote itself. */
export interface Mark {
  readonly group: string;
  /** How many fixes it holds. */
  readonly fixes: number;
  /** Hashes of the title and the body as they were written: where one is another, a person wrote it. */
  readonly title: string;
  readonly body: string;
  /** The bot closed it. */
  readonly closed?: true;
}

const markPattern = /\n*<!-- dockmend (\{[^\n]*\}) -->\s*$/;

/** The hash that a mark holds of a text, which spaces and ends of lines do not change. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text.replace(/\s+/g, ' ').trim()).digest('hex').slice(0, 12);
}

/** A body with its mark. */
export function marked(title: string, body: string, mark: Pick<Mark, 'group' | 'fixes' | 'closed'>): string {
  const { group, fixes, closed } = mark;
  const whole: Mark = { group, fixes, title: hashOf(title), body: hashOf(body), ...(closed && { closed }) };
  return `${body.trimEnd()}\n\n<!-- dockmend ${JSON.stringify(whole)} -->\n`;
}

/** Takes a body apart; the mark is undefined where a person took it away. */
export function readMarked(text: string): { readonly body: string; readonly mark: Mark | undefined } {
  const plain = text.replaceAll('\r\n', '\n');
  const match = markPattern.exec(plain);
  if (!match) return { body: plain, mark: undefined };
  try {
    return { body: plain.slice(0, match.index), mark: JSON.parse(match[1]!) as Mark };
  } catch {
    return { body: plain, mark: undefined };
  }
}

/** So many places are shown at once, without a click. */
const fewPlaces = 8;

/** How much is listed, from the most to the least; the first form that fits is taken. */
const listLimits = [200, 60, 20, 8, 3, 0];

/** The body of a pull request, in at most some characters; what does not fit is left out, which it says. */
export function bodyOf(facts: BodyFacts, limit: number): string {
  for (const items of listLimits) {
    const text = render(facts, items);
    if (text.length <= limit) return text;
  }
  const note = '\n\n*The rest is left out: it is longer than this forge takes.*';
  return render(facts, 0).slice(0, limit - note.length - 80) + note;
}

function render(facts: BodyFacts, items: number): string {
  if (facts.group.transforms.length === 0) return updaterBody(facts);
  return [
    introduction(facts),
    changes(facts.files, items),
    proofs(facts.files, items),
    digests(facts, items),
    updaterSection(facts),
    swallowed(facts, items),
    refusals(facts, items),
    leftOut(facts),
    configuration(facts),
    footer(facts.toolVersion),
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}

/** The body of the pull request that sets an updater up. */
function updaterBody({ offer, updater, toolVersion }: BodyFacts): string {
  const [name, needs] =
    offer?.path.endsWith('.json') || updater.updater === 'renovate'
      ? ['Renovate', ' Renovate must run for this repository, as an app or by itself.']
      : ['Dependabot', ''];
  return [
    `Dockerfiles here name images by digest. Digests stay what they are until something moves them with their tags: with ` +
      `this, ${name} does, by pull requests of its own.${needs}`,
    closing,
    footer(toolVersion),
  ].join('\n\n');
}

const closing =
  'Closing this pull request without merging it is remembered: it is not opened again, whatever changes. Reopen it to ' +
  'have it looked after again. Commits of yours on its branch are never overwritten: the bot then leaves it to you.';

function footer(toolVersion: string): string {
  return `---\n*Opened by dockmend ${toolVersion}, which changes the bytes that a fix is about and no others.*`;
}

function introduction({ group, files, notices }: BodyFacts): string {
  const changed = files.filter((file) => !('problem' in file) && file.changes.length > 0);
  const fixes = files.reduce((sum, file) => sum + ('problem' in file ? 0 : file.result.applied.length), 0);
  const where = changed.length === 1 ? code(changed[0]!.path) : `${changed.length} Dockerfiles`;
  const safeties = new Set(
    files.flatMap((file) => ('problem' in file ? [] : file.result.applied.map(({ fix }) => fix.safety))),
  );
  const promise =
    safeties.size === 1 && safeties.has('safe')
      ? 'Every one is safe: the built image behaves the same, but for what the fix is for.'
      : 'Not every one is safe by itself: the table says which may change how the image behaves.';
  const lines = [`${fixes === 1 ? 'One fix' : `${fixes} fixes`} in ${where}. ${promise}`];
  if (group.holdsPins && notices.length > 0) lines.push('', ...notices.map((notice) => `> ${inert(notice)}`));
  return lines.join('\n');
}

interface Row {
  readonly transform: Transform;
  readonly message: string;
  readonly safeties: Set<string>;
  readonly evidence: Set<string>;
  readonly places: string[];
}

function changes(files: readonly FileReport[], items: number): string {
  const rows = new Map<string, Row>();
  for (const file of files) {
    if ('problem' in file) continue;
    for (const { transform, finding, fix, origin } of file.result.applied) {
      const fresh = { transform, message: finding.message, safeties: new Set<string>(), evidence: new Set<string>() };
      const row = rows.get(transform.id) ?? { ...fresh, places: [] };
      rows.set(transform.id, row);
      row.safeties.add(fix.safety);
      for (const source of fix.evidence) row.evidence.add(source);
      row.places.push(`- ${code(`${file.diffPath}:${origin.line}`)} ${inert(fix.title)}`);
    }
  }
  if (rows.size === 0) return '';
  const table = [...rows.values()].map(({ transform, safeties, evidence, places }) => {
    const names = [cell(transform.id), [...safeties].join(', '), [...evidence].join(', '), String(places.length)];
    return `| ${names.join(' | ')} |`;
  });
  const sections = [...rows.values()].map(({ transform: { meta }, places }) => {
    const list = listed(places, items);
    const where = places.length <= fewPlaces ? list : details(`${places.length} places`, list);
    return [`### ${inert(meta.summary)}`, inert(meta.why), where].join('\n\n');
  });
  const notes = [...rows.values()].map(({ transform: { id, meta } }) => `- ${code(id)}: ${inert(meta.safetyNote)}`);
  return [
    '## What changed, and why',
    ...sections,
    '## Safety and evidence',
    `| Transform | Safety | Known from | Fixes |\n|---|---|---|---|\n${table.join('\n')}`,
    details('When each is safe, and what it may change', notes.join('\n')),
  ].join('\n\n');
}

/** What builds showed, without what differs from run to run. */
function proofs(files: readonly FileReport[], items: number): string {
  const found = files.flatMap((file) => {
    if ('problem' in file || !file.proof) return [];
    return [`- ${code(file.diffPath)}`, ...proofFindings(file.proof).map((line) => `  - ${inert(line)}`)];
  });
  if (found.length === 0) return '';
  const promise =
    'Each Dockerfile was built before and after these fixes, and the images compared: what is here holds, and what did not is among the refusals.';
  return ['## Proof by build', promise, listed(found, items)].join('\n\n');
}

function digests({ files }: BodyFacts, items: number): string {
  const found = newDigests(files);
  if (found.length === 0) return '';
  const rows = found.slice(0, Math.max(items, 3)).map(digestRow);
  const more = found.length - rows.length;
  const table = `| Image | Digest | Where |\n|---|---|---|\n${rows.join('\n')}`;
  return ['## Digests', table, ...(more > 0 ? [`and ${more} more`] : [])].join('\n\n');
}

function digestRow({ reference, digest, places }: NewDigest): string {
  const shown = places.slice(0, 3).map(cell).join(', ') + (places.length > 3 ? ` and ${places.length - 3} more` : '');
  return `| ${cell(reference)} | ${code(digest.slice(0, 19))} | ${shown} |`;
}

function updaterSection({ group, files, updater, offer }: BodyFacts): string {
  if (!group.holdsPins || pinnedReferences(files).length === 0) return '';
  const name = updater.updater === 'renovate' ? 'Renovate' : 'Dependabot';
  const file = updater.file === undefined ? '' : code(updater.file);
  const folders = updater.missing.slice(0, 10).map(code).join(', ');
  const sentence = {
    on: `${name} is configured for Dockerfiles (${file}) and will move these digests with their tags.`,
    partly: `${name} is configured for Dockerfiles (${file}), but not in ${folders}: nothing will move those digests.`,
    off: `${name} is here (${file}), but not for Dockerfiles: nothing will move these digests when their tags move.`,
    none: 'Neither Dependabot nor Renovate is configured here: nothing will move these digests when their tags move.',
    unreadable: `Whether an updater will move these digests is not known: ${file} could not be read.`,
  }[updater.state];
  const lines = ['## Keeping the digests current', sentence];
  if (offer) {
    const added = offer.before === undefined ? offer.after : addedLines(offer.before, offer.after);
    const language = offer.path.endsWith('.json') ? 'json' : 'yaml';
    const what = offer.before === undefined ? 'A new' : 'These lines in';
    lines.push(details(`${what} ${code(offer.path)} would change that`, block(added, language)));
  }
  return lines.join('\n\n');
}

/** The lines that one text has more than another, where all were added at one place. */
function addedLines(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < old.length && old[start] === now[start]) start++;
  return now.slice(start, start + now.length - old.length).join('\n');
}

/** Instructions that a line continuation makes a part of the one above, which their authors hardly meant. */
function swallowed({ files }: BodyFacts, items: number): string {
  const places = files.flatMap((file) =>
    'problem' in file
      ? []
      : file.result.opaque
          .filter((each) => each.swallowed !== undefined)
          .map((each) => `- ${code(`${file.diffPath}:${each.line}`)} ${inert(opaqueSentence(each))}`),
  );
  return places.length === 0 ? '' : ['## Probably not meant', listed(places, items)].join('\n\n');
}

function refusals({ files }: BodyFacts, items: number): string {
  const byReason = new Map<SkipReason, string[]>();
  const problems: string[] = [];
  const rejected: string[] = [];
  for (const file of files) {
    if ('problem' in file) {
      problems.push(`- ${code(file.path)}: ${inert(file.problem.message)}`);
      continue;
    }
    // What a build or a container printed is not for everybody, and differs from run to run.
    for (const { origin, transform, why } of file.result.rejected) {
      rejected.push(`- ${code(`${file.diffPath}:${origin.line}`)} ${code(transform.id)}: ${inert(why)}`);
    }
    for (const { finding, line, transform } of file.result.remaining) {
      if (!('skipped' in finding)) continue;
      const places = byReason.get(finding.skipped) ?? [];
      byReason.set(finding.skipped, places);
      places.push(`- ${code(`${file.diffPath}:${line}`)} ${code(transform.id)}: ${inert(finding.message)}`);
    }
  }
  if (byReason.size === 0 && problems.length === 0 && rejected.length === 0) return '';
  const parts = [...byReason].map(([reason, places]) =>
    details(`${inert(skipReasons[reason])} (${places.length})`, listed(places, items)),
  );
  const lists = [
    [`Fixes that did not hold when they were tried (${rejected.length})`, rejected],
    [`Files that could not be read, or built (${problems.length})`, problems],
  ] as const;
  const more = lists.flatMap(([title, list]) => (list.length > 0 ? [details(title, listed(list, items))] : []));
  return ['## Left as it is', 'What could not be shown to be right was not changed:', ...parts, ...more].join('\n\n');
}

/** Fixes that are there for who wants them. */
function leftOut({ files }: BodyFacts): string {
  const counts = new Map<string, number>();
  for (const file of files) {
    if ('problem' in file) continue;
    for (const { finding, transform } of file.result.remaining) {
      if ('fix' in finding) counts.set(transform.id, (counts.get(transform.id) ?? 0) + 1);
    }
  }
  if (counts.size === 0) return '';
  const list = [...counts].map(([id, number]) => `${code(id)} (${number})`).join(', ');
  return (
    `Left out, as they may change how the image behaves or need an answer: ${list}. ${code('dockmend -i')} asks about each, ` +
    `and ${code('unsafe: true')} in ${code('.dockmend.yaml')} applies those that need no answer.`
  );
}

function configuration({ files }: BodyFacts): string {
  const applied = files.flatMap((file) =>
    'problem' in file ? [] : file.result.applied.map((each) => each.transform.id),
  );
  const ids = [...new Set(applied)].slice(0, 2);
  const example = `transforms:\n${ids.map((id) => `  ${id}: false`).join('\n')}\nignore: [legacy/]`;
  return [
    '## Configure, or close for good',
    details(
      'One line, one file, or all of it',
      [
        `A comment above an instruction leaves it alone: ${code(`# dockmend ignore=${ids[0]} reason=...`)}. ` +
          `In ${code('.dockmend.yaml')} transforms are turned off, and files are left out:`,
        block(example, 'yaml'),
      ].join('\n\n'),
    ),
    closing,
  ].join('\n\n');
}

function listed(lines: readonly string[], items: number): string {
  const shown = lines.slice(0, items);
  const more = lines.length - shown.length;
  return [
    ...shown,
    ...(more > 0 ? [`- ${shown.length > 0 ? 'and ' : ''}${more} ${shown.length > 0 ? 'more' : 'places'}`] : []),
  ].join('\n');
}

function details(summary: string, content: string): string {
  // Markdown inside of HTML needs an empty line, and a summary takes no Markdown on GitHub but HTML.
  return `<details><summary>${summaryHtml(summary)}</summary>\n\n${content}\n\n</details>`;
}

function summaryHtml(markdown: string): string {
  return markdown
    .replace(/\\([\\`*_[\]<>|~])/g, (_match, char: string) => (char === '<' ? '&lt;' : char === '>' ? '&gt;' : char))
    .replace(
      /(`+) ?([^`]|[^`].*?[^`]) ?\1(?!`)/g,
      (_match, _fence, inner: string) => `<code>${escapeHtml(inner)}</code>`,
    );
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
