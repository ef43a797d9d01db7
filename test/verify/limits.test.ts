import { expect, test } from 'vitest';
import type { Image } from '../../src/verify/image.ts';
import { BuildError } from '../../src/verify/index.ts';
import type { Plan } from '../../src/verify/proof.ts';
import { Proving } from '../../src/verify/prove.ts';
import type { Bench, BuiltImage } from '../../src/verify/trial.ts';

const image: Image = {
  config: {} as Image['config'],
  files: new Map(),
  layers: 1,
  size: 1,
};

/** A bench whose builds take as long as they are told, in milliseconds, and end at their limit. */
function benchOf(times: { cached: number; fresh: number; fixed: number }) {
  const limits: number[] = [];
  const bench = {
    builds: 0,
    limits: { timeout: 1_800_000, disk: 1 },
    builder: { label: 'a builder', remove: async () => {} },
    original: () => undefined,
    keepOriginal: async () => {},
    require: async () => {},
    requireSpace: async () => {},
    build: async (_: unknown, { text }: Plan, { fresh = false, timeout = 1_800_000 } = {}): Promise<BuiltImage> => {
      bench.builds++;
      const time = text === 'fixed' ? times.fixed : fresh ? times.fresh : times.cached;
      if (text === 'fixed') limits.push(timeout);
      if (time > timeout) throw new BuildError('timeout', `the build did not end in ${timeout / 1000} s`);
      return { name: text, image, time };
    },
  };
  return { bench: bench as unknown as Bench, limits };
}

const fix = {
  key: 'one',
  fix: { safety: 'unsafe', changes: {}, edits: [] },
  touched: { keywords: new Set(), text: '' },
};
const original = { path: '/nowhere/Dockerfile', source: 'FROM a', context: '/nowhere' };
const planner = (allowed?: ReadonlySet<string>): Plan =>
  (allowed?.has('one') ?? true)
    ? { text: 'fixed', files: [], fixes: [fix] as unknown as Plan['fixes'] }
    : { text: 'FROM a', files: [], fixes: [] };

test('an original that the builder knew limits no build that starts anew', async () => {
  const { bench, limits } = benchOf({ cached: 500, fresh: 100_000, fixed: 400_000 });
  const { kept, refused } = await new Proving(bench, original).prove(planner);
  expect([...kept]).toEqual(['one']);
  expect(refused.size).toBe(0);
  expect(limits).toEqual([302_500, 800_000]);
});

test('a fix may make anew what the base image had compiled', async () => {
  const { bench, limits } = benchOf({ cached: 1000, fresh: 2000, fixed: 200_000 });
  const { kept } = await new Proving(bench, original).prove(planner);
  expect([...kept]).toEqual(['one']);
  expect(limits).toEqual([305_000]);
});

test('a build that never ends is given up', async () => {
  const { bench, limits } = benchOf({ cached: 5000, fresh: 8000, fixed: Number.POSITIVE_INFINITY });
  const { kept, refused } = await new Proving(bench, original).prove(planner);
  expect([...kept]).toEqual([]);
  expect(refused.get('one')?.why).toBe('with it, the build did not end in 325 s');
  expect(limits).toEqual([325_000]);
});

test('what could not be fetched is fetched again before a fix is blamed', async () => {
  const { bench } = benchOf({ cached: 5, fresh: 5, fixed: 5 });
  const build = bench.build.bind(bench);
  let failures = 1;
  Object.assign(bench, {
    builder: { label: 'a builder', disk: { folder: '/', name: 'the disk' }, remove: async () => {} },
    build: async (...[from, plan, options]: Parameters<typeof build>) => {
      if (plan.text === 'fixed' && failures-- > 0) throw new BuildError('network', 'the network is gone');
      return build(from, plan, options);
    },
  });
  const { kept } = await new Proving(bench, original).prove(planner);
  expect([...kept]).toEqual(['one']);
});
