import { describe, expect, test } from 'vitest';
import { checkPins, type PinRegistry, unpin, updatePins } from '../../src/cli/pins.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const [a, b, c] = [digest('a'), digest('b'), digest('c')];

/** node:22 is at b, debian:12 at a; c is one platform of node:22; d is gone. */
const registry: PinRegistry = {
  async checkPin(text) {
    const [name, pinned = ''] = text.split('@');
    const now = name === 'node:22' ? b : name === 'debian:12' ? a : undefined;
    const tag = now && { digest: now, mediaType: '', kind: 'index' as const, at: '', via: 'head' as const };
    const about = { digest: pinned, ...(tag && { tag }) };
    if (pinned === digest('d')) return { ...about, state: 'dead' };
    if (!tag) return { ...about, state: 'untagged' };
    if (pinned === c) return { ...about, state: 'single-platform', platform: 'linux/arm64' };
    return { ...about, state: now === pinned ? 'current' : 'behind' };
  },
};

const source = [
  `ARG V="22@${a}"`,
  'FROM node:$V AS one',
  `FROM debian:12@${a} AS two`,
  `FROM node:22@${c} AS three`,
  `FROM debian:12@${digest('d')} AS four`,
  `FROM node@${a} AS five`,
  'FROM alpine:3.20 AS six',
  'FROM one',
  '',
].join('\n');

describe('pins', () => {
  test('E: check without a registry says what is pinned', async () => {
    const reports = await checkPins('Dockerfile', source, undefined);
    expect(reports.map((each) => each.state)).toEqual(['pinned', 'pinned', 'pinned', 'pinned', 'pinned', 'unpinned']);
  });

  test('112, 116: check with a registry tells old, dead and single-platform pins', async () => {
    const reports = await checkPins('Dockerfile', source, registry);
    expect(reports.map((each) => [each.line, each.state, each.current])).toEqual([
      [2, 'behind', b],
      [3, 'current', undefined],
      [4, 'single-platform', b],
      [5, 'dead', a],
      [6, 'untagged', undefined],
      [7, 'unpinned', undefined],
    ]);
  });

  test('63, 115: update follows tags, in build arguments too, and leaves platform pins and bare digests', async () => {
    const { output } = await updatePins('Dockerfile', source, registry, { toIndex: false });
    expect(output.split('\n')).toEqual([
      `ARG V="22@${b}"`,
      'FROM node:$V AS one',
      `FROM debian:12@${a} AS two`,
      `FROM node:22@${c} AS three`,
      `FROM debian:12@${a} AS four`,
      `FROM node@${a} AS five`,
      'FROM alpine:3.20 AS six',
      'FROM one',
      '',
    ]);
    const toIndex = await updatePins('Dockerfile', source, registry, { toIndex: true });
    expect(toIndex.output.split('\n')[3]).toBe(`FROM node:22@${b} AS three`);
  });

  test('E: unpin takes digests from tags only', () => {
    const { output, reports } = unpin('Dockerfile', source);
    expect(output.split('\n').slice(0, 6)).toEqual([
      'ARG V="22"',
      'FROM node:$V AS one',
      'FROM debian:12 AS two',
      'FROM node:22 AS three',
      'FROM debian:12 AS four',
      `FROM node@${a} AS five`,
    ]);
    expect(reports).toHaveLength(5);
  });
});
