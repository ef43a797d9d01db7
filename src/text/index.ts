/** A half-open range of UTF-16 code units in a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A place in a text: 1-based line and 1-based column, the column in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Eol = '\n' | '\r\n';

/**
 * Converts between offsets and positions of one text. Only LF ends a line, as in BuildKit: a lone CR is an ordinary
 * character, and the CR of a CRLF belongs to the line that it ends.
 */
export class LineIndex {
  readonly #starts: number[] = [0];
  readonly #length: number;

  constructor(text: string) {
    this.#length = text.length;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** The number of lines; a text that ends in LF has an empty last line. */
  get lineCount(): number {
    return this.#starts.length;
  }

  /** The 1-based line that holds an offset (clamped to the text). */
  lineAt(offset: number): number {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  positionAt(offset: number): Position {
    const line = this.lineAt(offset);
    return { line, column: Math.min(offset, this.#length) - this.#starts[line - 1]! + 1 };
  }

  /** The offset of a 1-based line's first character; the length of the text for lines past the end. */
  lineStart(line: number): number {
    return this.#starts[line - 1] ?? this.#length;
  }
}

/** The line ending that most lines of a text have; LF for a text without any. */
export function majorityEol(text: string): Eol {
  let lf = 0;
  let crlf = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (at > 0 && text.charCodeAt(at - 1) === 13) crlf++;
    else lf++;
  }
  return crlf > lf ? '\r\n' : '\n';
}

export function spansTouch(a: Span, b: Span): boolean {
  return a.start <= b.end && b.start <= a.end;
}

export function spanContains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
