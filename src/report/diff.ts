import { structuredPatch } from 'diff/lib/patch/create.js';
import type { FileChange, Reporter } from './model.ts';

/** The unified diff of one changed file in git's format, as `git apply` and `patch -p1` take it; empty without changes. */
export function unifiedDiff({ path, before, after }: FileChange, context = 3): string {
  if (before === after) return '';
  const isNew = before === undefined;
  const [from, to] = [`a/${path}`, `b/${path}`];
  const header = [
    `diff --git ${quoted(from)} ${quoted(to)}`,
    ...(isNew ? ['new file mode 100644'] : []),
    ...(isNew && after === '' ? [] : [`--- ${isNew ? '/dev/null' : marked(from)}`, `+++ ${marked(to)}`]),
  ];
  return [...header, ...hunkLines(before ?? '', after, context)].map((line) => `${line}\n`).join('');
}

/** The hunks of a change, a line each, with `@@` lines and the marks of a missing final newline. */
export function hunkLines(before: string, after: string, context: number): string[] {
  const lines: string[] = [];
  const { hunks } = structuredPatch('', '', before, after, '', '', { context });
  for (const hunk of hunks) {
    lines.push(`@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`, ...hunk.lines);
  }
  return lines;
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
