import { readFileSync, writeFileSync } from 'node:fs';
import type { Engine } from '../engine/engine.ts';
import type { StandIns } from '../engine/stand-ins.ts';
import { type App, withCopy } from './cases.ts';
import { kinds } from './kinds.ts';
import { type Plan, planApp } from './plan.ts';

/**
 * `right`: converted and running, refused for the reason, or left alone, as was expected. `refused wrongly` and
 * `converted wrongly` are against the expectation; `broken`: what the fix made does not build, start or answer the same.
 */
export type Verdict =
  | 'right'
  | 'refused wrongly'
  | 'refused for another reason'
  | 'converted wrongly'
  | 'broken'
  | 'faulty';

export interface Judgement {
  readonly app: App;
  readonly verdict: Verdict;
  readonly plan: Plan;
  readonly detail: string;
  readonly seconds: number;
  /** Bytes of the image before and after. */
  readonly sizes?: readonly [number, number];
}

/** Judges one application; without an engine by its plan alone. */
export async function judge(app: App, engine?: { engine: Engine; standIns: StandIns }): Promise<Judgement> {
  const started = performance.now();
  return await withCopy(app, async (folder, dockerfile) => {
    const plan = await planApp(app, dockerfile);
    let sizes: readonly [number, number] | undefined;
    const end = (verdict: Verdict, detail = ''): Judgement => {
      const seconds = (performance.now() - started) / 1000;
      return { app, verdict, plan, detail, seconds, ...(sizes && { sizes }) };
    };
    if (plan.outcome === 'converted' && engine) {
      const flaw = await compare(app, folder, dockerfile, plan, engine);
      if ('verdict' in flaw) return end(flaw.verdict, flaw.detail);
      sizes = flaw.sizes;
    }
    if (plan.outcome === app.expected) {
      const wanted = app.reason === undefined || plan.reasons.includes(app.reason);
      const base = [...plan.output.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)/gim)].at(-1)?.[1];
      if (app.runtime !== undefined && base !== app.runtime) return end('converted wrongly', `to ${base}`);
      return wanted ? end('right') : end('refused for another reason', plan.details.join(', '));
    }
    if (plan.outcome === 'converted') return end('converted wrongly');
    return end('refused wrongly', plan.outcome === 'refused' ? plan.details.join(', ') : 'nothing is found');
  });
}

async function compare(
  app: App,
  folder: string,
  dockerfile: string,
  plan: Plan,
  { engine, standIns }: { engine: Engine; standIns: StandIns },
): Promise<{ verdict: 'broken' | 'faulty'; detail: string } | { sizes: readonly [number, number] }> {
  const tag = `dockmend.test/${app.name}`;
  const flags = ['-f', dockerfile, ...(app.buildFlags ?? [])];
  const source = readFileSync(dockerfile, 'utf8');
  let before: string;
  try {
    await standIns.forDockerfile(source);
    await engine.build(folder, `${tag}:before`, flags);
    before = await observe(app, `${tag}:before`, engine, []);
  } catch (error) {
    return { verdict: 'faulty', detail: `as it is: ${(error as Error).message}` };
  }
  try {
    writeFileSync(dockerfile, plan.output);
    await standIns.forDockerfile(plan.output);
    await engine.build(folder, `${tag}:after`, flags);
    const after = await observe(app, `${tag}:after`, engine, kinds[app.kind]!.flags, kinds[app.kind]!.nonRoot);
    if (after !== before) return { verdict: 'broken', detail: `it answers\n${after}\nnot\n${before}` };
    return { sizes: [await engine.size(`${tag}:before`), await engine.size(`${tag}:after`)] };
  } catch (error) {
    return { verdict: 'broken', detail: (error as Error).message };
  }
}

/** What an image says when it is run: the answers to the probes, or the output of the job. Throws where it does not work. */
export async function observe(
  app: App,
  image: string,
  engine: Engine,
  more: readonly string[],
  nonRoot = false,
): Promise<string> {
  const flags = [...more, ...(app.flags ?? [])];
  const args = app.args ?? [];
  if (app.probes === undefined) {
    const { code, stdout, stderr } = await engine.job(image, { flags, args });
    if (nonRoot && /^(?:0|root)?(?::.*)?$/.test(await engine.user(image))) throw new Error('it runs as root');
    if (code !== 0 || !stdout.includes(app.output ?? '')) throw new Error(`ends with ${code}: ${stdout}${stderr}`);
    return stdout;
  }
  const container = await engine.start(image, { flags, args });
  try {
    let said = '';
    for (const [index, probe] of app.probes.entries()) {
      let answer = await container.request(probe.port, probe.path, probe);
      for (let waited = 0; index === 0 && answer === undefined && waited < 150; waited++) {
        if ((await container.pid()) === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
        answer = await container.request(probe.port, probe.path, probe);
      }
      if (!answer?.includes(probe.expect)) {
        throw new Error(`${probe.path} answers ${answer}; logs:\n${(await container.logs()).slice(-2000)}`);
      }
      said += `${probe.path}: ${answer}\n`;
    }
    if (nonRoot) {
      const status = readFileSync(`/proc/${await container.pid()}/status`, 'utf8');
      const [, uid] = /^Uid:\s+(\d+)/m.exec(status)!;
      if (uid === '0') throw new Error('it runs as root');
    }
    return said;
  } finally {
    await container.remove();
  }
}
