import { structuredPatch } from 'diff/lib/patch/create.js';

/** One side of a row: a line with its 1-based number, cut where it begins and ends to differ from the other side. */
export interface Side {
  readonly number: number;
  /** Equal, different, equal; all of it is `[1]` where there is nothing to compare it with. */
  readonly parts: readonly [string, string, string];
}

/** A row of a side-by-side diff; a side is absent where the other has one line more. */
export interface Row {
  readonly kind: 'same' | 'changed' | 'removed' | 'added';
  readonly left?: Side;
  readonly right?: Side;
}

/** The hunks of a change as rows, with some lines of context around them. Line endings are no part of the lines. */
export function sideBySide(before: string, after: string, context = 3): Row[][] {
  const { hunks } = structuredPatch('', '', before, after, '', '', { context });
  return hunks.map((hunk) => {
    const rows: Row[] = [];
    let left = hunk.oldStart;
    let right = hunk.newStart;
    let removed: string[] = [];
    let added: string[] = [];
    const flush = (): void => {
      for (let at = 0; at < Math.max(removed.length, added.length); at++) {
        const [old, fresh] = [removed[at], added[at]];
        if (old !== undefined && fresh !== undefined) {
          const [a, b] = compared(old, fresh);
          rows.push({ kind: 'changed', left: { number: left++, parts: a }, right: { number: right++, parts: b } });
        } else if (old !== undefined) rows.push({ kind: 'removed', left: { number: left++, parts: ['', old, ''] } });
        else rows.push({ kind: 'added', right: { number: right++, parts: ['', fresh!, ''] } });
      }
      removed = [];
      added = [];
    };
    for (const line of hunk.lines) {
      const text = line.slice(1).replace(/\r$/, '');
      if (line.startsWith('-')) removed.push(text);
      else if (line.startsWith('+')) added.push(text);
      else if (line.startsWith(' ')) {
        flush();
        const parts = [text, '', ''] as const;
        rows.push({ kind: 'same', left: { number: left++, parts }, right: { number: right++, parts } });
      }
    }
    flush();
    return rows;
  });
}

type Parts = readonly [string, string, string];

/** Cuts two lines where they differ, at the ends of words, so that words stay whole. */
function compared(a: string, b: string): [Parts, Parts] {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  while (start > 0 && (splitsWord(a, start) || splitsWord(b, start))) start--;
  let kept = 0;
  while (kept < shorter - start && a.at(-1 - kept) === b.at(-1 - kept)) kept++;
  while (kept > 0 && (splitsWord(a, a.length - kept) || splitsWord(b, b.length - kept))) kept--;
  const cut = (text: string): Parts => [
    text.slice(0, start),
    text.slice(start, text.length - kept),
    text.slice(text.length - kept),
  ];
  return [cut(a), cut(b)];
}

function splitsWord(text: string, at: number): boolean {
  return at > 0 && at < text.length && /\S\S/.test(text.slice(at - 1, at + 1));
}
