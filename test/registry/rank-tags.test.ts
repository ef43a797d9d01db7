import { describe, expect, test } from 'vitest';
import { rankVersionTags } from '../../src/registry/index.ts';
import { vectorJson } from '../support/registry-vectors.ts';

const ranked = (tags: string, current = 'latest', limit = 30) => rankVersionTags(tags.split(' '), current, limit);

describe('the version behind a tag', () => {
  test('108: the newest version first, its most precise spelling before the others', () => {
    expect(ranked('22 22.1 22.1.0 21 latest jammy 22.0.9')).toEqual(['22.1.0', '22.1', '22.0.9', '22', '21']);
    expect(ranked('22.04 24.04 jammy jammy-20240808 latest')).toEqual(['24.04', '22.04']);
    expect(ranked('14.04.5 14.04 24.04 22.04')[0]).toBe('24.04');
  });

  test('110: numbers, not letters and not floats', () => {
    expect(ranked('1.9 1.10 1.2')).toEqual(['1.10', '1.9', '1.2']);
    expect(ranked('1.99999999999999999998 1.99999999999999999999')[0]).toBe('1.99999999999999999999');
    expect(ranked('1.02 1.2 1.3')).toEqual(['1.3', '1.2', '1.02']);
  });

  test('110: `v`, pre-releases, names and architectures', () => {
    expect(ranked('v1.2.3 v1.2 1.2.4-rc1 1.2.4-beta 1.2.4rc1 2.0.0-alpha.1 bookworm 12 edge master nightly')).toEqual([
      '12',
      'v1.2.3',
      'v1.2',
    ]);
    expect(ranked('1.2.3 v1.2.3')).toEqual(['1.2.3', 'v1.2.3']);
    expect(ranked('1.2.3-amd64 1.2.3-arm64 1.2.3')).toEqual(['1.2.3']);
    expect(ranked('jdk-11.0.1 img_20230915.3 sha-1234567 1x 1.x ..1 1..2 1.')).toEqual([]);
  });

  test('110: builds come after versions, dates after builds', () => {
    expect(ranked('8.5 8.7 8.7-923.1669829893 8.7-1049')).toEqual(['8.7', '8.5', '8.7-1049', '8.7-923.1669829893']);
    expect(ranked('20240101 1.2 20231231 3.20240101')).toEqual(['3.20240101', '1.2', '20240101', '20231231']);
    expect(ranked('17.0.2_8 17.0.1_12 17')).toEqual(['17', '17.0.2_8', '17.0.1_12']);
  });

  test('the flavour stays', () => {
    const tags = '1.27 1.27-alpine 1.27.0-alpine 1.27.0-alpine3.20 1.27.0-alpine-slim alpine 1.26-alpine';
    expect(ranked(tags, 'latest-alpine')).toEqual(['1.27.0-alpine', '1.27-alpine', '1.26-alpine']);
    expect(ranked(tags, 'alpine')).toEqual(['1.27.0-alpine', '1.27-alpine', '1.26-alpine']);
    expect(ranked(tags, 'slim')).toEqual([]);
  });

  test('111: a tag that names a version stays as it is', () => {
    for (const tag of ['22', '22.1', '22-alpine', 'v3', '20240101'])
      expect(ranked('22.1.0 22.1.0-alpine', tag)).toEqual([]);
  });

  test('107: no more than the limit, with some room for each kind', () => {
    const versions = Array.from({ length: 500 }, (_, at) => `1.${at}`);
    const dates = Array.from({ length: 500 }, (_, at) => `${20_240_000 + at}`);
    const found = rankVersionTags([...versions, ...dates, '1.2-77'], 'latest', 30);
    expect(found).toHaveLength(30);
    expect(found[0]).toBe('1.499');
    expect(found).toContain('1.2-77');
    expect(found.at(-1)).toBe('20240495');
    expect(rankVersionTags(versions, 'latest', 30)).toHaveLength(30);
    expect(rankVersionTags(versions, 'latest', 0)).toEqual([]);
  });

  test('106: the order of the list does not matter', () => {
    const tags = '1.2.3 1.2 1 2.0 2 20240101 1.2-4 v2 latest'.split(' ');
    const expected = rankVersionTags(tags, 'latest', 30);
    expect(rankVersionTags([...tags].reverse(), 'latest', 30)).toEqual(expected);
    expect(rankVersionTags([...tags, ...tags].sort(), 'latest', 30)).toEqual(expected);
  });
});

const list = (name: string) => vectorJson<{ tags: string[] }>(`registry-tags/${name}.json`)?.tags;

describe('110: tag lists of real registries', () => {
  test.skipIf(list('ubuntu') === undefined).each([
    ['ubuntu', 'latest', '17.10'],
    ['python', 'latest', '3.6.3'],
    ['python', 'slim', '3.6.3-slim'],
    ['python', 'alpine', '3.6.3-alpine'],
    ['ruby', 'latest', '2.4.2'],
    ['php', 'fpm-alpine', '7.3.12-fpm-alpine'],
    ['kube_state_metrics', 'latest', 'v1.6.0'],
    ['ubi-minimal', 'latest', '8.7'],
    ['golang', 'bookworm', '1.27.0-bookworm'],
    ['nixos-nix', 'latest', '2.10.0'],
  ])('110: %s:%s', (name, current, expected) => {
    expect(rankVersionTags(list(name) ?? [], current, 30)[0]).toBe(expected);
  });
});
