import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { searchLargest, type Verdict } from '../../src/verify/search.ts';

const members = (count: number): string[] => Array.from({ length: count }, (_, index) => `f${index}`);

/** A trial in which members fail on their own, and rest on others. */
function trialOf(bad: ReadonlySet<string>, rests: ReadonlyMap<string, string> = new Map(), suspect = false) {
  const counter = { trials: 0 };
  const trial = async (set: ReadonlySet<string>): Promise<Verdict<string>> => {
    counter.trials++;
    const stands = (each: string): boolean => {
      const below = rests.get(each);
      return set.has(each) && (below === undefined || stands(below));
    };
    const applied = new Set([...set].filter(stands));
    const faults = [...applied].filter((each) => bad.has(each));
    if (faults.length === 0) return { holds: true, applied };
    return { holds: false, applied, why: faults[0]!, ...(suspect && { suspects: new Set(faults) }) };
  };
  return { counter, trial };
}

describe('the largest set that holds', () => {
  test('all of them, in one trial', async () => {
    const { counter, trial } = trialOf(new Set());
    const { kept, refused } = await searchLargest(members(8), trial);
    expect(kept).toEqual(members(8));
    expect(refused.size).toBe(0);
    expect(counter.trials).toBe(1);
  });

  test('is found for any members at fault, with few trials', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 24 }),
        fc.func(fc.boolean()),
        fc.boolean(),
        async (count, isBad, suspect) => {
          const all = members(count);
          const bad = new Set(all.filter((each) => isBad(each)));
          const { counter, trial } = trialOf(bad, new Map(), suspect);
          const { kept, refused } = await searchLargest(all, trial);
          expect(kept).toEqual(all.filter((each) => !bad.has(each)));
          expect(new Set(refused.keys())).toEqual(bad);
          expect([...refused.values()].every((why) => why !== undefined && bad.has(why))).toBe(true);
          expect(counter.trials).toBeLessThanOrEqual(bad.size * (Math.ceil(Math.log2(count)) + 1) + 1);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    [8, 0, 1],
    [8, 1, 5],
    [8, 2, 9],
    [16, 1, 6],
    [16, 2, 11],
    [16, 4, 19],
  ])('of %i with %i at fault costs at most %i trials', async (count, faults, most) => {
    const bad = new Set(
      members(count)
        .filter((_, index) => index % Math.floor(count / Math.max(faults, 1)) === 3 && faults > 0)
        .slice(0, faults),
    );
    const { counter, trial } = trialOf(bad);
    await searchLargest(members(count), trial);
    expect(counter.trials).toBeLessThanOrEqual(most);
  });

  test('two trials where the suspect is at fault', async () => {
    const { counter, trial } = trialOf(new Set(['f5']), new Map(), true);
    expect((await searchLargest(members(16), trial)).kept).toHaveLength(15);
    expect(counter.trials).toBe(2);
  });

  test('what rests on a refused one is refused without a reason of its own', async () => {
    const { trial } = trialOf(new Set(['f1']), new Map([['f3', 'f1']]));
    const { kept, refused } = await searchLargest(members(5), trial);
    expect(kept).toEqual(['f0', 'f2', 'f4']);
    expect([...refused]).toEqual([
      ['f1', 'f1'],
      ['f3', undefined],
    ]);
  });

  test('a suspect that holds without what rests on it is kept', async () => {
    const rests = new Map([['f3', 'f1']]);
    const { trial } = trialOf(new Set(['f3']), rests);
    const misled = async (set: ReadonlySet<string>): Promise<Verdict<string>> => {
      const verdict = await trial(set);
      return verdict.holds ? verdict : { ...verdict, suspects: new Set(['f1']) };
    };
    const { kept, refused } = await searchLargest(members(5), misled);
    expect(kept).toEqual(['f0', 'f1', 'f2', 'f4']);
    expect([...refused.keys()]).toEqual(['f3']);
  });

  test('on a base that holds, and within a number of trials', async () => {
    const { counter, trial } = trialOf(new Set(['f9']));
    const limited = await searchLargest(members(16), trial, { base: ['f0', 'f1'], maximum: 2 });
    expect(limited.exhausted).toBe(true);
    expect(counter.trials).toBe(2);
    expect(limited.kept).toContain('f0');
    expect(limited.kept).not.toContain('f9');
  });
});
