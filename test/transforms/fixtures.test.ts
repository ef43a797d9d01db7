import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { transforms } from '../../transforms/index.ts';
import { exemptions } from '../support/exemptions.ts';
import { noteOf, runsAll } from '../support/sampled.ts';
import { checkFixtureCase, readFixtureCase } from '../support/testing.ts';

/** How many prefixes of a case are tried by `npm test`. */
const few = 5;
const left = noteOf(`all but ${few} prefixes of each`);

describe.each(transforms.map((transform) => [transform.id, transform] as const))(`%s${left}`, (id, transform) => {
  const folder = join('fixtures', id);
  const cases = existsSync(folder) ? readdirSync(folder).sort() : [];

  test('has an example and a case that must not change', () => {
    expect(cases).toContain('example');
    expect(cases.filter((name) => name.startsWith('unchanged-'))).not.toEqual([]);
  });

  test.each(cases)('%s', (name) => {
    const fixture = readFixtureCase(folder, name);
    if (name.startsWith('unchanged-')) expect(fixture.expected).toBe(fixture.source);
    expect(checkFixtureCase(transform, fixture, exemptions[id], runsAll ? undefined : few).join('\n\n')).toBe('');
  });
});
