import type { Candidate, CandidateKind } from './candidates.ts';

/** A line of an ignore file, and the candidates that it leaves out. */
export interface Pattern {
  readonly text: string;
  readonly candidates: readonly Candidate[];
}

const order: readonly CandidateKind[] = [
  'version-control',
  'output',
  'cache',
  'result',
  'residue',
  'secret',
  'ignore-file',
  'docker',
];

/** What appears in any directory, sooner or later. */
const anywhere: ReadonlySet<string> = new Set([
  '__pycache__',
  '.ipynb_checkpoints',
  '.DS_Store',
  'Thumbs.db',
  'desktop.ini',
]);

/**
 * Patterns for candidates, in forms that every builder reads alike: `name`, `folder/name`, a double star before a name
 * or before an extension. One of the latter stands for all paths of that name, so names of which some other path is
 * needed are in `exactly`.
 */
export function patternsFor(candidates: readonly Candidate[], exactly: ReadonlySet<string>): Pattern[] {
  const byName = new Map<string, Candidate[]>();
  for (const each of candidates) {
    const same = byName.get(each.name);
    if (same) same.push(each);
    else byName.set(each.name, [each]);
  }
  const patterns = [...byName].flatMap(([name, all]): Pattern[] => {
    const isWide = all.length > 1 || anywhere.has(name) || name.startsWith('*');
    if (isWide && !exactly.has(name)) return [{ text: `**/${name}`, candidates: all }];
    return all.map((each) => ({ text: each.path, candidates: [each] }));
  });
  const ranked = patterns.map((pattern) => ({
    pattern,
    rank: order.indexOf(pattern.candidates[0]!.kind),
    bare: pattern.text.replace(/^\*\*\//, ''),
  }));
  return ranked.sort((a, b) => a.rank - b.rank || (a.bare < b.bare ? -1 : 1)).map(({ pattern }) => pattern);
}

/** Whether a pattern of ours leaves out a path, or a directory that it is in. */
export function leavesOut(pattern: string, path: string): boolean {
  if (!pattern.startsWith('**/')) return path === pattern || path.startsWith(`${pattern}/`);
  const name = pattern.slice(3);
  if (!path.includes(name.startsWith('*') ? name.slice(1) : name)) return false;
  return path.split('/').some((part) => (name.startsWith('*') ? part.endsWith(name.slice(1)) : part === name));
}

/** The comment above what is added to a file of somebody else's. */
const heading = '# Not needed to build the image';

/** The text of a new ignore file. */
export function newText(patterns: readonly Pattern[]): string {
  return patterns.map(({ text }) => `${text}\n`).join('');
}

/** A text with patterns at its end, under one comment, in its own line endings. */
export function extendedText(text: string, patterns: readonly Pattern[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = patterns.map((pattern) => pattern.text + eol).join('');
  const lastComment = text.split(/\r?\n/).findLast((line) => line.startsWith('#'));
  const whole = text === '' || text.endsWith('\n') ? text : text + eol;
  if (lastComment === heading) return whole + lines;
  const gap = whole.trim() === '' || /\n\r?\n$/.test(whole) ? '' : eol;
  return whole + gap + heading + eol + lines;
}
