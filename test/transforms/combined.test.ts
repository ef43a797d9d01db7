import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fix } from '../../src/engine/index.ts';
import { transforms } from '../../transforms/index.ts';
import { readFixtureCase } from '../support/testing.ts';

const folder = join('fixtures', '_combined');

describe('every transform at once', () => {
  test.each(readdirSync(folder).sort())('%s', (name) => {
    const { source, expected, facts, options: given } = readFixtureCase(folder, name);
    // In this folder options.json has the options of several transforms, by their ids.
    const options = {
      transforms,
      facts,
      choice: { safety: 'unsafe' as const },
      options: given as Record<string, Record<string, unknown>>,
    };
    const { output, rejected } = fix(source, options);
    expect(rejected).toEqual([]);
    expect(output).toBe(expected);
    expect(fix(output, options).output).toBe(output);
  });
});
