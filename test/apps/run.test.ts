import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';
import { readApps } from '../support/apps/cases.ts';
import { judge } from '../support/apps/judge.ts';
import { proveApp } from '../support/apps/proof.ts';
import { Engine } from '../support/engine/engine.ts';
import { StandIns } from '../support/engine/stand-ins.ts';
import { describeInFullSuite } from '../support/parts.ts';

const apps = readApps();

describe('every application gets the verdict that was written down', () => {
  test.each(apps.map((app) => [app.name, app] as const))('%s', async (_, app) => {
    const { verdict, plan, detail } = await judge(app);
    if (app.needless !== undefined) {
      expect({ verdict, outcome: plan.outcome }).toEqual({ verdict: 'refused wrongly', outcome: 'refused' });
      return;
    }
    expect({ verdict, outcome: plan.outcome, detail }).toEqual({ verdict: 'right', outcome: app.expected, detail: '' });
  });

  test('fewer than one in ten is refused needlessly', () => {
    for (const kind of new Set(apps.map((app) => app.kind))) {
      const wanted = apps.filter((app) => app.kind === kind && app.expected === 'converted');
      expect(wanted.filter((app) => app.needless !== undefined).length).toBeLessThan(wanted.length / 10);
    }
  });
});

describe('every application is whole', () => {
  test.each(apps.map((app) => [app.name, app] as const))('%s has what its Dockerfile copies', (_, app) => {
    const file = new Dockerfile(readFileSync(join(app.folder, app.dockerfile ?? 'Dockerfile'), 'utf8'));
    const copies = file.instructions.filter(
      ({ keyword, flags, heredocs }) =>
        /^(?:COPY|ADD)$/.test(keyword) && heredocs.length === 0 && !flags.some(({ name }) => name === 'from'),
    );
    const sources = copies.flatMap((copy) => file.words(copy).slice(0, -1));
    const plain = sources.map(({ text }) => text).filter((source) => !/[*?[$"]|:\/\//.test(source));
    expect(plain.filter((source) => !existsSync(join(app.folder, source)))).toEqual([]);
  });

  test('git keeps all of it', () => {
    const [{ folder }] = apps as [(typeof apps)[0]];
    const usual = ['dist/app.js', 'node_modules/a/index.js', 'a-1.0.0.tgz', '.env', 'worker.js', 'target/a', 'build/a'];
    const { stdout } = spawnSync('git', ['check-ignore', '--no-index', ...usual], { cwd: folder, encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});

const chosen = apps.filter((app) => app.ci === true);
const parts = ['dockerd', 'mmdebstrap', 'nsenter', 'curl', 'make', 'gcc'];

describeInFullSuite('applications that are built and run before and after', parts, () => {
  let engine: Engine;
  let standIns: StandIns;
  beforeAll(async () => {
    engine = await Engine.start('apps-test');
    standIns = new StandIns(engine);
  }, 120_000);
  afterAll(() => engine.stop());

  test.each(chosen.map((app) => [app.name, app] as const))(
    '%s',
    async (_, app) => {
      const { verdict, detail } = await judge(app, { engine, standIns });
      expect({ verdict, detail }).toEqual({ verdict: 'right', detail: '' });
    },
    300_000,
  );

  // A front end that another server takes over, a compiled program, and one that writes where it is told at run time.
  const proven = ['multi-stage/node-serve', 'multi-stage/go-arguments', 'non-root/node-uploads'];
  test.each(proven)(
    '%s holds with every transform, and its proof refuses nothing',
    async (name) => {
      const app = apps.find((each) => each.name === name)!;
      const result = await proveApp(app, { engine, standIns });
      if ('faulty' in result) throw new Error(result.faulty);
      const { plain, proof } = result;
      expect({ verdict: plain.verdict, detail: plain.detail }).toEqual({ verdict: 'same', detail: '' });
      expect({ verdict: proof.verdict, refused: proof.refused }).toEqual({ verdict: 'same', refused: [] });
      expect(proof.applied).toEqual(plain.applied);
    },
    300_000,
  );
});
