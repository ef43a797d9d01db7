import { describe, expect, test } from 'vitest';
import { applyEdits, offsetBefore } from '../../src/edit/index.ts';

describe('offsetBefore', () => {
  const source = 'one two three';
  const edits = [
    { start: 8, end: 13, text: '3' },
    { start: 0, end: 0, text: 'zero ' },
    { start: 4, end: 7, text: '' },
  ];

  test('text that stayed is found where it was', () => {
    const after = applyEdits(source, edits);
    expect(after).toBe('zero one  3');
    expect(offsetBefore(after.indexOf('one'), edits)).toBe(0);
    expect(offsetBefore(after.indexOf('one') + 2, edits)).toBe(2);
    expect(offsetBefore(after.length, edits)).toBe(source.length);
  });

  test('inserted text leads to the place of its edit', () => {
    expect(offsetBefore(2, edits)).toBe(0);
    expect(offsetBefore('zero one  '.length, edits)).toBe(8);
  });
});
