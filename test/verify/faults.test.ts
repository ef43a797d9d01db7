import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Proofs } from '../../src/cli/proofs.ts';
import { type FixResult, fixBatch, fixKey, noPorts, type Ports } from '../../src/engine/index.ts';
import type { Transform } from '../../src/transform/index.ts';
import { transforms } from '../../transforms/index.ts';
import { DockerEngine } from '../support/engines.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';
import { faults, faultySource, layOutFaulty, servingSource, withFault } from '../support/proof-faults.ts';

const parts = ['dockerd', 'busybox', 'nsenter'] as const;
/** Each takes a few seconds: a third of them stands for all, unless all are asked for. */
const chosen = faults.filter((_, index) => process.env.DOCKMEND_TEST_FAULTS === 'all' || index % 3 === 0);

describeInFullSuite('planted faults on a real engine', parts, () => {
  const folder = temporaryFolder();
  const context = join(folder.path, 'context');
  const jobs = {
    job: { path: join(context, 'Dockerfile'), source: faultySource },
    server: { path: join(context, 'Serving.Dockerfile'), source: servingSource },
  };
  const engine = new DockerEngine(join(folder.path, 'engine'));
  const proofs = new Map<'build' | keyof typeof jobs, Proofs>();
  const ports: Ports = {
    ...noPorts,
    sources: async (_job, all) => new Map(all.map((path) => [path, { entries: [{ path, kind: 'file' }] }])),
  };
  const options = (list: readonly Transform[]) => ({ transforms: list, choice: { safety: 'unsafe' as const } });
  const plan = async (list: readonly Transform[], kind: keyof typeof jobs = 'job') => {
    const [planned] = await fixBatch([jobs[kind]], options(list), ports);
    if (!planned || 'error' in planned) throw planned?.error ?? new Error('no plan');
    return planned;
  };
  const prove = async (list: readonly Transform[], by: 'build' | keyof typeof jobs) => {
    const kind = by === 'build' ? 'job' : by;
    const planned = await plan(list, kind);
    const found = await proofs.get(by)!.prove(jobs[kind], planned, options(list), context);
    if ('error' in found) throw found.error;
    return { planned: planned.result, ...found };
  };
  const ids = (result: FixResult): string[] => [...new Set(result.applied.map((each) => each.transform.id))].sort();

  beforeAll(async () => {
    layOutFaulty(context);
    await engine.start();
    const common = {
      observe: false,
      builder: 'docker',
      settings: { network: 'none' },
      limits: {},
    } as const;
    const plain = { readOnly: false };
    proofs.set('build', await Proofs.open({ ...common, by: 'build', run: plain }));
    proofs.set('job', await Proofs.open({ ...common, by: 'run', run: plain }));
    proofs.set('server', await Proofs.open({ ...common, by: 'run', run: { ...plain, probe: 'http://:8080/two' } }));
  });
  afterAll(async () => {
    for (const each of proofs.values()) await each.close();
    const left = [
      ['images', '-q'],
      ['ps', '-aq'],
    ].map((words) => engine.docker(...words).stdout);
    await engine.stop();
    folder.remove();
    expect(left).toEqual(['', '']);
  });

  test.each<[keyof typeof jobs, RegExp]>([
    ['job', /it ends with 0/],
    ['server', /8080\/two answers 200.*its own health check succeeds, it ends when it is told to/],
  ])(
    'without a fault, every fix of a %s holds',
    async (kind, sentence) => {
      const { planned, result, proof } = await prove(transforms, kind);
      expect(result.rejected).toEqual([]);
      expect(result.output).toBe(planned.output);
      expect(ids(result).length).toBeGreaterThan(10);
      expect(result.applied.every((each) => each.fix.evidence.includes('build'))).toBe(true);
      expect(proof).toMatchObject({ builds: 3, packagesRemoved: ['curl-extras', 'netcat-extras'] });
      expect(proof!.runs).toEqual([expect.stringMatching(sentence)]);
    },
    180_000,
  );

  test.each(chosen.map((fault) => [fault.name, fault] as const))(
    '%s',
    async (_name, fault) => {
      const list = withFault(transforms, fault);
      const right = await plan(transforms, fault.run);
      const { planned, result } = await prove(list, fault.run ?? 'build');
      const wrong = planned.applied.filter(
        (each) => each.transform.id === fault.transform && (fault.only?.test(each.fix.title) ?? true),
      );
      expect(wrong).not.toEqual([]);
      const refused = new Map(result.rejected.map((each) => [fixKey(each as never), each]));
      for (const each of wrong) expect([...refused.keys()]).toContain(fixKey(each));
      const shown = wrong.map((each) => {
        const { why, lines = [] } = refused.get(fixKey(each))!;
        return [why, ...lines].join('\n');
      });
      expect(shown.join('\n')).toMatch(fault.shows);
      // The rest is kept: every other transform's fixes, but for those that only a run can show.
      const planning = new Set(ids(planned));
      const others = ids(right.result)
        .filter((id) => planning.has(id))
        .filter((id) => id !== fault.transform && (fault.run || id !== 'use-exec-form'));
      const rests = new Set(
        result.rejected.filter((each) => /rests on/.test(each.why)).map((each) => each.transform.id),
      );
      expect(ids(result)).toEqual(expect.arrayContaining(others.filter((id) => !rests.has(id))));
    },
    180_000,
  );
});
