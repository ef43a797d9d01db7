import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineIndex, majorityEol, spanContains, spansTouch } from '../../src/text/index.ts';

describe('LineIndex', () => {
  test('only LF ends a line; offsets are clamped to the text', () => {
    const index = new LineIndex('a\r\nb\rc\n');
    expect(index.lineCount).toBe(3);
    expect(index.positionAt(0)).toEqual({ line: 1, column: 1 });
    expect(index.positionAt(2)).toEqual({ line: 1, column: 3 });
    expect(index.positionAt(5)).toEqual({ line: 2, column: 3 });
    expect(index.positionAt(7)).toEqual({ line: 3, column: 1 });
    expect(index.positionAt(99)).toEqual({ line: 3, column: 1 });
    expect([1, 2, 3, 4].map((line) => index.lineStart(line))).toEqual([0, 3, 7, 7]);
  });

  test('a position leads back to its offset', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é', '😀') }), fc.nat(), (text, pick) => {
        const offset = pick % (text.length + 1);
        const index = new LineIndex(text);
        const { line, column } = index.positionAt(offset);
        expect(index.lineStart(line) + column - 1).toBe(offset);
        expect(text.slice(0, offset).split('\n').length).toBe(line);
      }),
    );
  });
});

test('the line ending of most lines, LF where there is none or they are as many', () => {
  expect(['', 'a', 'a\n', 'a\r\n', 'a\r\nb\n', 'a\r\nb\r\nc\n', '\n\r'].map(majorityEol)).toEqual([
    '\n',
    '\n',
    '\n',
    '\r\n',
    '\n',
    '\r\n',
    '\n',
  ]);
});

test('spans touch where they share a place, also at their ends', () => {
  expect(spansTouch({ start: 0, end: 2 }, { start: 2, end: 3 })).toBe(true);
  expect(spansTouch({ start: 0, end: 2 }, { start: 3, end: 3 })).toBe(false);
  expect(spanContains({ start: 0, end: 2 }, { start: 2, end: 2 })).toBe(true);
  expect(spanContains({ start: 0, end: 2 }, { start: 1, end: 3 })).toBe(false);
});
