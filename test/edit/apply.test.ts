import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyEdits, conflicts, type TextEdit } from '../../src/edit/index.ts';

const span = fc
  .tuple(fc.nat(20), fc.nat(4))
  .map(([start, length]) => ({ start, end: Math.min(20, start + length), text: '' }));
const edit: fc.Arbitrary<TextEdit> = fc.tuple(span, fc.string({ maxLength: 3 })).map(([at, text]) => ({ ...at, text }));
const source = 'abcdefghijklmnopqrst';

/** Edits no two of which conflict. */
const compatible = fc
  .array(edit, { maxLength: 8 })
  .map((edits) => edits.filter((each, index) => edits.slice(0, index).every((other) => !conflicts(each, other))));

describe('applyEdits', () => {
  test('takes edits that do not conflict, in any order, with one result', () => {
    fc.assert(
      fc.property(
        compatible.filter((edits) => edits.every((a, i) => edits.every((b, j) => i === j || !conflicts(a, b)))),
        fc.infiniteStream(fc.nat()),
        (edits, random) => {
          const shuffled = edits
            .map((each) => ({ each, rank: random.next().value as number }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ each }) => each);
          expect(applyEdits(source, shuffled)).toBe(applyEdits(source, edits));
        },
      ),
    );
  });

  test('equals one edit after the other from the end', () => {
    fc.assert(
      fc.property(
        compatible.filter((edits) => edits.every((a, i) => edits.every((b, j) => i === j || !conflicts(a, b)))),
        (edits) => {
          const oneByOne = [...edits]
            .sort((a, b) => b.start - a.start || b.end - a.end)
            .reduce((text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end), source);
          expect(applyEdits(source, edits)).toBe(oneByOne);
        },
      ),
    );
  });

  test('throws where edits overlap, share a start or lie outside', () => {
    const at = (start: number, end: number): TextEdit => ({ start, end, text: 'x' });
    for (const edits of [[at(0, 3), at(2, 5)], [at(1, 1), at(1, 1)], [at(1, 1), at(1, 4)], [at(3, 2)], [at(0, 21)]]) {
      expect(() => applyEdits(source, edits)).toThrow(RangeError);
      expect(() => applyEdits(source, [...edits].reverse())).toThrow(RangeError);
    }
  });

  test('without edits it is the same text', () => {
    expect(applyEdits(source, [])).toBe(source);
  });
});

describe('conflicts', () => {
  test('is symmetric, and an edit conflicts with itself', () => {
    fc.assert(
      fc.property(span, span, (a, b) => {
        expect(conflicts(a, b)).toBe(conflicts(b, a));
        expect(conflicts(a, a)).toBe(true);
      }),
    );
  });

  test.each([
    ['neighbours do not', 0, 2, 2, 4, false],
    ['overlaps do', 0, 3, 2, 4, true],
    ['an insertion at the edge does', 0, 2, 2, 2, true],
    ['two insertions at one place do', 2, 2, 2, 2, true],
    ['insertions apart do not', 2, 2, 3, 3, false],
  ])('%s', (_, a, b, c, d, expected) => {
    expect(conflicts({ start: a, end: b }, { start: c, end: d })).toBe(expected);
  });
});
