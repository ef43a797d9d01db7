import { expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';
import { builtStages } from '../../src/transform/index.ts';

test('the stages that a build goes through', () => {
  const file = new Dockerfile(
    'FROM a AS one\nRUN x\nFROM a AS two\nRUN x\nFROM one AS three\nRUN --mount=from=two,target=/x x\nFROM a AS four\nRUN x\nFROM a\nCOPY --from=three x x\n',
  );
  const names = (target?: string) => [...builtStages(file, target)].map(({ index }) => index).sort();
  expect(names()).toEqual([0, 1, 2, 4]);
  expect(names('FOUR')).toEqual([3]);
  expect(names('2')).toEqual([0, 1, 2]);
});
