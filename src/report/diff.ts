import { structuredPatch } from 'diff/lib/patch/create.js';
import { hasMarks } from '../secrets/index.ts';
import type { FileChange, Reporter } from './model.ts';

/**
 * The unified diff of one changed file in git's format, as `git apply` and `patch -p1` take it; empty without changes. Where
 * secrets have marks, hunks have less context, so that the diff still applies; it does not where a marked line is changed,
 * or stands right behind one that is.
 */
export function unifiedDiff({ path, before, after }: FileChange, context = 3): string {
  if (before === after) return '';
  const isNew = before === undefined;
  const [from, to] = [`a/${path}`, `b/${path}`];
  const header = [
    `diff --git ${quoted(from)} ${quoted(to)}`,
    ...(isNew ? ['new file mode 100644'] : []),
    ...(isNew && after === '' ? [] : [`--- ${isNew ? '/dev/null' : marked(from)}`, `+++ ${marked(to)}`]),
  ];
  const hunks = hunksOf(before ?? '', after, context).flatMap(withoutMarkedContext);
  return [...header, ...hunks.flatMap(linesOf)].map((line) => `${line}\n`).join('');
}

/** The hunks of a change, a line each, with `@@` lines and the marks of a missing final newline. */
export function hunkLines(before: string, after: string, context: number): string[] {
  return hunksOf(before, after, context).flatMap(linesOf);
}

interface Hunk {
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly string[];
}

function hunksOf(before: string, after: string, context: number): readonly Hunk[] {
  return structuredPatch('', '', before, after, '', '', { context }).hunks;
}

function linesOf({ oldStart, newStart, lines }: Hunk): string[] {
  const [old, now] = [countOf(lines, '-'), countOf(lines, '+')];
  return [`@@ -${range(oldStart, old)} +${range(newStart, now)} @@`, ...lines];
}

/** The lines of one side: those of both, and those that it alone has. */
function countOf(lines: readonly string[], side: '-' | '+'): number {
  return lines.filter((line) => line.startsWith(' ') || line.startsWith(side)).length;
}

/**
 * A hunk without the lines of context that have marks, in as many hunks as these leave. It stays as it is where one of
 * them stands right behind a changed line: without any line behind it, git takes a hunk for one at the end of the file
 * (`match_end` in apply.c).
 */
function withoutMarkedContext(hunk: Hunk): Hunk[] {
  const { lines } = hunk;
  const isMarked = (line: string) => line.startsWith(' ') && hasMarks(line);
  const isChange = (line = '') => /^[-+]/.test(line);
  if (!lines.some(isMarked)) return [hunk];
  if (lines.some((line, index) => isMarked(line) && isChange(lines[index - 1]))) return [hunk];
  const parts: Hunk[] = [];
  let { oldStart, newStart } = hunk;
  let part: string[] = [];
  const end = (): void => {
    if (part.some(isChange)) parts.push({ oldStart, newStart, lines: part });
    oldStart += countOf(part, '-');
    newStart += countOf(part, '+');
    part = [];
  };
  for (const [index, line] of lines.entries()) {
    // The line that says of a marked one that it has no end.
    if (line.startsWith('\\') && isMarked(lines[index - 1]!)) continue;
    if (!isMarked(line)) part.push(line);
    else {
      end();
      oldStart++;
      newStart++;
    }
  }
  end();
  return parts;
}

function range(start: number, lines: number): string {
  // An empty range is named by the line before it.
  if (lines === 0) return `${start - 1},0`;
  return lines === 1 ? `${start}` : `${start},${lines}`;
}

/** A path in a diff as git writes it (quote.c, `core.quotePath` off): quoted in C's way where it has to be. */
function quoted(path: string): string {
  if (!/["\\\u0000-\u001f\u007f]/.test(path)) return path;
  const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
  const text = path.replace(
    /["\\\u0000-\u001f\u007f]/g,
    (char) => escapes[char] ?? `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `"${text}"`;
}

/** A path with a blank is ended by a tab, so that nothing after it is taken for a part of it. */
function marked(path: string): string {
  const name = quoted(path);
  return name.includes(' ') && name === path ? `${name}\t` : name;
}

/** Reports changes as one unified diff and nothing else. */
export function diffReporter(): Reporter {
  return {
    begin: () => '',
    file: (report) => ('problem' in report ? '' : report.changes.map((change) => unifiedDiff(change)).join('')),
    end: () => '',
  };
}
