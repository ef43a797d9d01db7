import { structuredPatch } from 'diff/lib/patch/create.js';
import { offsetBefore, type TextEdit } from '../edit/index.ts';
import type { AppliedFix, FixResult } from '../engine/index.ts';
import { LineIndex, type Position } from '../text/index.ts';

/** Lines of the source that are replaced, and the fixes that this comes from. */
export interface Suggestion {
  /** 1-based, inclusive. */
  readonly startLine: number;
  readonly endLine: number;
  /** The new lines, without the end of the last one; empty where the lines go. */
  readonly text: string;
  readonly fixes: readonly AppliedFix[];
}

/** Where things stand in the source of a result, whatever pass they were found in. */
export class SourcePlaces {
  readonly lines: LineIndex;
  readonly #source: string;
  readonly #passes: (readonly TextEdit[])[];

  constructor({ source, applied }: FixResult) {
    this.#source = source;
    this.lines = new LineIndex(source);
    const last = applied.at(-1)?.pass ?? 0;
    this.#passes = Array.from({ length: last }, (_, index) =>
      applied.filter((each) => each.pass === index + 1).flatMap((each) => each.fix.edits),
    );
  }

  /** The offset into the source of an offset into the text of a pass, or, without one, into the output. */
  offset(offset: number, pass = this.#passes.length + 1): number {
    const before = this.#passes.slice(0, pass - 1).reduceRight(offsetBefore, offset);
    return Math.min(before, this.#source.length);
  }

  position(offset: number, pass?: number): Position {
    return this.lines.positionAt(this.offset(offset, pass));
  }

  /** The text of a line of the source, without its end. */
  line(line: number): string {
    return this.#source.slice(this.lines.lineStart(line), this.lines.lineStart(line + 1)).replace(/\r?\n$/, '');
  }
}

/** All that a result changes in the Dockerfile, as lines to replace; applied together they give its output. */
export function suggestionsOf(result: FixResult, places = new SourcePlaces(result)): Suggestion[] {
  const { source, output, applied } = result;
  const { hunks } = structuredPatch('', '', source, output, '', '', { context: 0 });
  const suggestions = hunks.map((hunk) => {
    // A new line is the line that it follows, or the first one, with the new line beside it.
    const isInsertion = hunk.oldLines === 0;
    const anchor = Math.max(hunk.oldStart - (isInsertion ? 1 : 0), 1);
    const startLine = isInsertion ? anchor : hunk.oldStart;
    const endLine = isInsertion ? anchor : hunk.oldStart + hunk.oldLines - 1;
    const lines = hunk.lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
    if (isInsertion) lines.splice(hunk.oldStart > 1 ? 0 : lines.length, 0, withoutFeed(source, places, anchor));
    return { startLine, endLine, text: lines.join('\n'), fixes: [] as AppliedFix[] };
  });
  // Blocks above the first line and below it would both replace that line, and only one of them could.
  const [top, next] = suggestions;
  if (top && next && next.startLine === top.endLine) {
    const below = next.text.slice(withoutFeed(source, places, next.startLine).length);
    suggestions.splice(0, 2, { ...top, text: top.text + below });
  }
  for (const each of applied) {
    for (const index of touched(each, suggestions, places)) suggestions[index]!.fixes.push(each);
  }
  return suggestions;
}

function withoutFeed(source: string, { lines }: SourcePlaces, line: number): string {
  return source.slice(lines.lineStart(line), lines.lineStart(line + 1)).replace(/\n$/, '');
}

/** The suggestions that hold the edits of a fix; the nearest one where later fixes moved them all. */
function touched({ fix, pass }: AppliedFix, suggestions: readonly Suggestion[], places: SourcePlaces): number[] {
  const ranges = fix.edits.map((edit) => {
    const { line, column } = places.position(edit.start, pass);
    const to = Math.max(line, places.position(edit.end, pass).line);
    // What is put in front of a line stands behind the one above it in a suggestion.
    return [edit.start === edit.end && column === 1 ? line - 1 : line, to] as const;
  });
  const held = suggestions.flatMap(({ startLine, endLine }, index) =>
    ranges.some(([from, to]) => from <= endLine && to >= startLine) ? [index] : [],
  );
  if (held.length > 0 || ranges.length === 0 || suggestions.length === 0) return held;
  const line = ranges[0]![0];
  const distance = ({ startLine, endLine }: Suggestion): number =>
    Math.min(Math.abs(startLine - line), Math.abs(endLine - line));
  const nearest = suggestions.map(distance);
  return [nearest.indexOf(Math.min(...nearest))];
}

/** A fix as edits of the source alone: its own where it was found there, else those of the lines that it took part in. */
export function sourceEdits(
  each: AppliedFix,
  suggestions: readonly Suggestion[],
  { source }: FixResult,
  { lines }: SourcePlaces,
): readonly TextEdit[] {
  if (each.pass === 1) return each.fix.edits;
  const own = suggestions.filter((suggestion) => suggestion.fixes.includes(each));
  return own.map((suggestion) => suggestionEdit(suggestion, source, lines));
}

/** A suggestion as an edit of the source; the end of the last line stays, but for lines that go. */
export function suggestionEdit({ startLine, endLine, text }: Suggestion, source: string, lines: LineIndex): TextEdit {
  const [start, next] = [lines.lineStart(startLine), lines.lineStart(endLine + 1)];
  const isFed = next > start && source[next - 1] === '\n';
  return { start, end: isFed && text !== '' ? next - 1 : next, text };
}
