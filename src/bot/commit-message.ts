import type { FileReport } from '../report/index.ts';
import type { Transform } from '../transform/index.ts';
import { inertPlain } from './markdown.ts';

/** How many places a message lists. */
const placeLimit = 30;

/** The message of the commit of one transform: what it does, why, how safe that is, and where. */
export function transformMessage(transform: Transform, files: readonly FileReport[], prefix: string): string {
  const places: string[] = [];
  const safeties = new Set<string>();
  const evidence = new Set<string>();
  for (const file of files) {
    if ('problem' in file) continue;
    for (const { transform: each, fix, origin } of file.result.applied) {
      if (each.id !== transform.id) continue;
      places.push(`- ${file.diffPath}:${origin.line}: ${fix.title}`);
      safeties.add(fix.safety);
      for (const source of fix.evidence) evidence.add(source);
    }
  }
  const { meta, id } = transform;
  const isSafe = safeties.size === 1 && safeties.has('safe');
  const note = isSafe ? '' : ` ${meta.safetyNote}`;
  return [
    subject(prefix, meta.summary),
    wrapped(meta.why),
    wrapped(`Safety: ${[...safeties].join(', ')}. Known from: ${[...evidence].join(', ')}.${note}`),
    listed(places),
    `Transform: ${id}`,
  ].join('\n\n');
}

/** The message of one commit for all transforms of a group. */
export function groupMessage(title: string, files: readonly FileReport[], prefix: string): string {
  const places = files.flatMap((file) =>
    'problem' in file
      ? []
      : file.result.applied.map(({ fix, origin }) => `- ${file.diffPath}:${origin.line}: ${fix.title}`),
  );
  return [subject(prefix, title), listed(places)].join('\n\n');
}

/** A message of a subject and a few sentences. */
export function plainMessage(title: string, text: string, prefix: string): string {
  return [subject(prefix, title), wrapped(text)].join('\n\n');
}

/** The first line: the prefix that the repository's convention wants, and a title. */
export function subject(prefix: string, title: string): string {
  const plain = inertPlain(title).replaceAll('`', '');
  // "chore: harden ...", as the conventions with a prefix have it.
  return prefix === '' ? plain : `${prefix} ${plain[0]?.toLowerCase()}${plain.slice(1)}`;
}

function listed(places: readonly string[]): string {
  const shown = places.slice(0, placeLimit).map(inertPlain);
  const more = places.length - shown.length;
  return [...shown, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n');
}

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of inertPlain(text).trim().split(/ +/)) {
    if (line !== '' && line.length + 1 + word.length > 72) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
