import { describe, expect, test } from 'vitest';
import { secretFile, secretName } from '../../src/secrets/index.ts';
import { files, otherNames, secretNames } from './look-alikes.ts';

describe('names', () => {
  test.each(secretNames)('%s is named as a secret', (name) => {
    expect(secretName(name)).toBe('secret');
  });

  test.each(otherNames)('%s is not', (name) => {
    expect(secretName(name)).toBeUndefined();
  });

  test.each(['KEY', 'AUTH', 'AWS_ACCESS_KEY_ID', 'BASIC_AUTH', 'MAPBOX_KEY'])('%s may be one', (name) => {
    expect(secretName(name)).toBe('possible');
  });
});

describe('files', () => {
  test.each(files)('%s', (path, text, verdict) => {
    const found = secretFile(path, text);
    expect(found ? (found.certain ? 'certain' : 'likely') : 'none').toBe(verdict);
  });

  test('a path is read from the root of the context, however it is written', () => {
    expect(secretFile('/.netrc')).toEqual(secretFile('./.netrc'));
    expect(secretFile('a/b/.NETRC')?.kind).toBe('netrc credentials');
  });
});
