import { expect, test } from 'vitest';
import { BuildError } from '../../src/verify/errors.ts';
import { type Planner, prove } from '../../src/verify/prove.ts';
import type { Bench, BuiltImage } from '../../src/verify/trial.ts';
import { imageWith } from '../support/proof-images.ts';

const image = imageWith({ 'app/f': 'x' });
const minute = 60_000;

/** A bench whose builder has kept the original's layers, but for a build of something else, which takes as long as it takes. */
function keptLayers(fullTime: number, otherTime: number) {
  const limits: number[] = [];
  const build = async (
    _original: unknown,
    { text }: { text: string },
    { fresh = false, timeout = 30 * minute } = {},
  ): Promise<BuiltImage> => {
    const time = text !== 'FROM a' ? otherTime : fresh ? fullTime : 10;
    if (text !== 'FROM a') limits.push(timeout);
    if (time > timeout) throw new BuildError('timeout', 'it did not end in time');
    return { name: text, image, time };
  };
  const bench = {
    build,
    builds: 0,
    limits: { timeout: 30 * minute, disk: 0 },
    require: async () => {},
    original: () => undefined,
    keepOriginal: async () => {},
    builder: { label: 'a builder', version: '', remove: async () => {} },
  };
  return { bench: bench as unknown as Bench, limits };
}

const fix = {
  key: 'one',
  fix: { safety: 'safe', changes: { edits: [] }, edits: [] },
  touched: { keywords: new Set<string>(), text: '' },
} as const;
const planner: Planner = (allowed) =>
  allowed?.has('one') === false
    ? { text: 'FROM a', files: [], fixes: [] }
    : { text: 'FROM b', files: [], fixes: [fix] };
const original = { path: '/nowhere/Dockerfile', source: 'FROM a', context: '/nowhere' };

test('a fix whose build takes as long as the original does without kept layers is proven', async () => {
  const { bench, limits } = keptLayers(3 * minute, 3 * minute);
  const { kept } = await prove(bench, original, planner);
  expect([...kept]).toEqual(['one']);
  expect(limits).toEqual([minute + 50, 16 * minute]);
});

test('one that takes far longer is refused', async () => {
  const { bench } = keptLayers(100, 20 * minute);
  const { kept, refused } = await prove(bench, original, planner);
  expect([...kept]).toEqual([]);
  expect(refused.get('one')?.why).toMatch(/did not end/);
});
