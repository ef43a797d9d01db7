import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Proof } from '../../src/verify/index.ts';
import { temporaryFolder } from '../support/parts.ts';
import { SmallBuilder } from '../support/proof-builder.ts';
import { plannerOf, type SmallFix } from '../support/proof-plans.ts';

const source = 'FROM a\nRUN write app/data x\nRUN write app/more x\n';

describe('what a fix may change hides nothing that another does', () => {
  const folder = temporaryFolder();
  const context = join(folder.path, 'context');
  const original = { path: join(context, 'Dockerfile'), source, context };
  mkdirSync(context);
  writeFileSync(original.path, source);
  afterAll(() => folder.remove());

  const prove = async (fixes: Readonly<Record<string, SmallFix>>): Promise<Proof & { readonly made: number }> => {
    const builder = new SmallBuilder();
    const prover = await builder.openProver({});
    try {
      return { ...(await prover.prove(original, plannerOf(source, fixes))), made: builder.built.length };
    } finally {
      await prover.close();
    }
  };

  const wrong: SmallFix = { lines: ['RUN remove app/data'] };
  test.each<[string, SmallFix]>([
    ['all paths', { lines: ['RUN write b x'], changes: { paths: ['/**'] } }],
    ['all paths, otherwise written', { lines: ['RUN write b x'], changes: { paths: ['**'] } }],
    ['all of a kind of folder', { lines: ['RUN write b/app/x x'], changes: { paths: ['**/app/**', '/b'] } }],
    ['all owners', { lines: ['RUN write b x'], changes: { owners: ['/**'], paths: ['/b'] } }],
  ])('%s', async (_name, wide) => {
    const safety = wide.changes?.paths?.[0] === '**/app/**' ? 'unsafe' : 'safe';
    const { kept, refused } = await prove({ wide: { ...wide, safety }, wrong });
    expect([...kept]).toEqual(['wide']);
    expect(refused.get('wrong')?.lines).toEqual(['`/app/data` is gone']);
  });

  test('one that is there only with such a one is judged by itself', async () => {
    const { kept, refused } = await prove({
      wide: { lines: ['RUN write b x'], changes: { paths: ['**'] } },
      wrong: { ...wrong, rests: 'wide' },
      right: { lines: ['# fine'], rests: 'wide' },
    });
    expect([...kept]).toEqual(['wide', 'right']);
    expect(refused.get('wrong')?.lines).toEqual(['`/app/data` is gone']);
  });

  test('owners alone are owners alone', async () => {
    const { kept } = await prove({ wide: { lines: ['RUN remove app/data'], changes: { owners: ['/**'] } } });
    expect([...kept]).toEqual([]);
  });

  test('what may be needed when the image runs is not shown by a build', async () => {
    const changes = { paths: ['/app/data'], needsRun: true as const };
    const { refused } = await prove({ pruned: { ...wrong, changes, safety: 'unsafe' } });
    expect(refused.get('pruned')?.why).toMatch(/^only a run can show/);
  });

  test('what no build takes in is not shown by one', async () => {
    const elsewhere = { lines: ['# fine'], unbuilt: 'elsewhere' };
    const { kept, refused, unbuilt } = await prove({ right: elsewhere, risky: { ...elsewhere, safety: 'unsafe' } });
    expect([...kept]).toEqual(['right']);
    expect([...unbuilt]).toEqual([['right', 'elsewhere']]);
    expect(refused.get('risky')).toEqual({ kind: 'unproven', why: 'elsewhere', lines: [] });
  });

  test('three faults of twenty, of which two are wrong only together, in few builds', async () => {
    const fixes: Record<string, SmallFix> = {};
    for (let index = 0; index < 20; index++) fixes[`f${index}`] = { lines: [`# ${index}`] };
    fixes.f4 = { lines: ['RUN write app/data y'] };
    fixes.f11 = { lines: ['RUN write app/data x', 'RUN write app/more y'] };
    fixes.f17 = { lines: ['RUN write app/more x', 'RUN remove app/data'] };
    const { kept, refused, made } = await prove(fixes);
    expect(kept.size + refused.size).toBe(20);
    expect(kept.size).toBeGreaterThanOrEqual(17);
    expect(made).toBeLessThan(22);
  });
});
