import { expect, test } from 'vitest';
import { fix } from '../../src/engine/index.ts';
import { addNonRootUser } from '../../transforms/add-non-root-user/index.ts';
import { readFixtureCase } from '../support/testing.ts';

test('ports below 1024 are named where the configuration of nginx listens on them', () => {
  const { source, facts } = readFixtureCase('fixtures/add-non-root-user', 'nginx-listens');
  const { remaining } = fix(source, { transforms: [addNonRootUser], facts, choice: { safety: 'safe' } });
  const named = remaining.map(({ finding }) => /port ([\d, ]+) is open to every user/.exec(finding.message)?.[1]);
  expect(named).toEqual(['80', undefined, undefined, undefined, undefined]);
});
