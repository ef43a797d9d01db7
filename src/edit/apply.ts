import type { Span } from '../text/index.ts';

/** Replaces [start, end) of the original text; offsets are UTF-16 code units. */
export interface TextEdit extends Span {
  readonly text: string;
}

/** A file beside the Dockerfile; `before` is undefined where it does not exist yet. Paths are relative to the context. */
export interface FileEdit {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** Two edits of one text, or two groups of them, that cannot be applied together: they overlap, or insert at one place. */
export function conflicts(a: Span, b: Span): boolean {
  if (a.start === a.end || b.start === b.end) return a.start <= b.end && b.start <= a.end;
  return a.start < b.end && b.start < a.end;
}

/** Applies edits that do not conflict, in any order. Throws RangeError where two of them do, or one lies outside. */
export function applyEdits(source: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let at = 0;
  sorted.forEach((edit, index) => {
    const previous = sorted[index - 1];
    if (edit.start < at || edit.end < edit.start || edit.end > source.length) throw new RangeError('edits overlap');
    if (previous && previous.start === edit.start) throw new RangeError('two edits at one place');
    result += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  });
  return result + source.slice(at);
}

/** Where a place of the text after edits was before them; inside an inserted text, the place of the edit. */
export function offsetBefore(offset: number, edits: readonly TextEdit[]): number {
  let shift = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const start = edit.start + shift;
    if (offset < start) break;
    if (offset < start + edit.text.length) return edit.start;
    shift += edit.text.length - (edit.end - edit.start);
  }
  return offset - shift;
}

/** The one edit that makes a text of another: from their first difference to their last. */
export function editBetween(before: string, after: string): TextEdit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let kept = 0;
  while (kept < shorter - start && before.at(-1 - kept) === after.at(-1 - kept)) kept++;
  return { start, end: before.length - kept, text: after.slice(start, after.length - kept) };
}
