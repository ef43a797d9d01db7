import type { Span } from '../text/index.ts';

/** A run of logical text that stands in one piece in the source: `length` code units from `logical`, at `source`. */
export interface Segment {
  readonly logical: number;
  readonly source: number;
  readonly length: number;
}

/**
 * The text of one instruction as BuildKit joins it (continuations, comment lines and blank continuation lines removed)
 * with the way back to the source. Offsets are UTF-16 code units.
 */
export class LogicalText {
  readonly text: string;
  readonly segments: readonly Segment[];

  constructor(text: string, segments: readonly Segment[]) {
    this.text = text;
    this.segments = segments;
  }

  /**
   * The source offset of a logical offset. At a line boundary the two sides differ: 'start' is the place of the next
   * character (first column of the next line), 'end' the place just after the previous one (before the escape).
   */
  toSource(offset: number, side: 'start' | 'end'): number {
    const segments = this.segments;
    if (side === 'end' && offset > 0) {
      const segment = this.#segmentAt(offset - 1);
      return segment.source + (offset - segment.logical);
    }
    if (offset >= this.text.length) {
      const last = segments[segments.length - 1]!;
      return last.source + last.length;
    }
    const segment = this.#segmentAt(offset);
    return segment.source + (offset - segment.logical);
  }

  /** The source range of the logical range [start, end). */
  span(start: number, end: number): Span {
    if (start === end) {
      const at = this.toSource(start, 'start');
      return { start: at, end: at };
    }
    return { start: this.toSource(start, 'start'), end: this.toSource(end, 'end') };
  }

  /** Whether the logical range stands in one piece of one physical line. */
  isContiguous(start: number, end: number): boolean {
    return start >= end || this.#segmentAt(start) === this.#segmentAt(end - 1);
  }

  /** The source ranges, one a physical line, that the logical range [start, end) stands for. */
  pieces(start: number, end: number): Span[] {
    const pieces: Span[] = [];
    for (const segment of this.segments) {
      const from = Math.max(start, segment.logical);
      const to = Math.min(end, segment.logical + segment.length);
      if (from < to) {
        pieces.push({ start: segment.source + (from - segment.logical), end: segment.source + (to - segment.logical) });
      }
    }
    return pieces;
  }

  /** The logical offset of a source offset, or undefined where it lies in a comment, an escape or outside. */
  fromSource(offset: number): number | undefined {
    for (const segment of this.segments) {
      if (offset >= segment.source && offset <= segment.source + segment.length) {
        return segment.logical + (offset - segment.source);
      }
    }
    return undefined;
  }

  #segmentAt(offset: number): Segment {
    const segments = this.segments;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (segments[middle]!.logical <= offset) low = middle;
      else high = middle - 1;
    }
    return segments[low]!;
  }
}
