import { expect, test } from 'vitest';
import { type FixResult, fix, planOf } from '../../src/engine/index.ts';
import type { ContextFacts } from '../../src/transform/index.ts';
import { useAbsoluteWorkdir } from '../../transforms/use-absolute-workdir.ts';

const source = 'FROM scratch AS dev\nWORKDIR app\nFROM scratch\nWORKDIR app\n';
const result = fix(source, { transforms: [useAbsoluteWorkdir] });

test('a fix in a stage that a target leaves out is not built', () => {
  const unbuilt = (target?: string) => planOf(result).fixes.map((each) => each.unbuilt(target));
  const why = 'its stage is no part of what is built: `--target` names another';
  expect(unbuilt()).toEqual([why, undefined]);
  expect(unbuilt('dev')).toEqual([undefined, why]);
});

test('an ignore file is not built for all that obey it', () => {
  const [, applied] = result.applied;
  const ignoring: FixResult = {
    ...result,
    applied: [
      { ...applied!, fix: { ...applied!.fix, files: [{ path: '.dockerignore', before: undefined, after: 'b\n' }] } },
    ],
  };
  const beside = (...paths: string[]) =>
    ({ siblings: paths.map((path) => ({ path, text: '' })) }) as unknown as ContextFacts;
  const unbuilt = (context?: ContextFacts) => planOf(ignoring, context).fixes.map((each) => each.unbuilt(undefined));
  expect(unbuilt(beside('web/Dockerfile'))).toEqual([
    '`.dockerignore` is for `web/Dockerfile` as well, which was not built with it',
  ]);
  expect([unbuilt(beside()), unbuilt()]).toEqual([[undefined], [undefined]]);
});
