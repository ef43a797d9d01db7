import { parseArgs } from 'node:util';
import { type App, readApps } from '../test/support/apps/cases.ts';
import { type Judgement, judge } from '../test/support/apps/judge.ts';
import { type Proven, proveApp, type Treatment } from '../test/support/apps/proof.ts';
import { compileAll } from '../test/support/compiled.ts';
import { Engine } from '../test/support/engine/engine.ts';
import { StandIns } from '../test/support/engine/stand-ins.ts';
import { keptFolder } from '../test/support/temporary.ts';

/**
 * `npm run apps`: fixes the applications of `test/apps`, builds and runs them, and prints a table; exits 1 on a broken one.
 * With `--proof`, by the command with every transform and `--unsafe`, without and with `--verify=run`.
 */

const usage = `npm run apps -- [options]

  --kind <kind>   the applications of this kind alone
  --only <text>   those whose name holds this text alone
  --after <name>  those that come after this one, to go on with a run that was ended
  --plan          plan alone: no engine, nothing is built
  --show          the fixed Dockerfiles and all messages
  --proof         every transform, without and with \`--verify=run\`
`;

const { values } = parseArgs({
  options: {
    kind: { type: 'string' },
    only: { type: 'string' },
    after: { type: 'string' },
    plan: { type: 'boolean' },
    show: { type: 'boolean' },
    proof: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const isWanted = (app: App) => app.name.includes(values.only ?? '') && (values.kind ?? app.kind) === app.kind;
  const apps = readApps((app) => isWanted(app) && app.name > (values.after ?? ''));
  if (values.proof) return await prove(apps);
  const engine = values.plan ? undefined : await Engine.start('apps');
  try {
    const parts = engine && { engine, standIns: new StandIns(engine) };
    const judged: Judgement[] = [];
    for (const app of apps) {
      const judgement = await judge(app, parts);
      judged.push(judgement);
      showLine(judgement);
    }
    return summary(judged);
  } finally {
    await engine?.stop();
  }
}

async function prove(apps: readonly App[]): Promise<number> {
  await compileAll(keptFolder('apps-'));
  const engine = await Engine.start('apps');
  const proven: Proven[] = [];
  try {
    const standIns = new StandIns(engine);
    for (const app of apps) {
      const each = await proveApp(app, { engine, standIns });
      proven.push(each);
      showProven(each);
    }
  } finally {
    await engine.stop();
  }
  const judged = proven.flatMap((each) => ('faulty' in each ? [] : [each]));
  const row = (name: string, of: (each: Treatment) => boolean) =>
    `  ${name.padEnd(40)} ${[judged.filter(({ plain }) => of(plain)), judged.filter(({ proof }) => of(proof))]
      .map(({ length }) => String(length).padStart(8))
      .join(' ')}`;
  const needless = judged.filter(({ plain, proof }) => plain.verdict === 'same' && proof.refused.length > 0);
  const fixes = (of: (each: (typeof judged)[number]) => Treatment) =>
    judged.reduce((sum, each) => sum + of(each).applied.length, 0);
  console.log(`
${proven.length} applications, ${proven.length - judged.length} of them faulty as they are
  ${''.padEnd(40)}  without  with proof
${row('the same as before', ({ verdict }) => verdict === 'same')}
${row('nothing to fix', ({ verdict }) => verdict === 'untouched')}
${row('broken', ({ verdict }) => verdict === 'broken')}
  fixes applied                            ${String(fixes(({ plain }) => plain)).padStart(8)} ${String(fixes(({ proof }) => proof)).padStart(8)}
  a proof refused what was right           ${needless.length} (${needless.map(({ app }) => app.name).join(', ')})`);
  return judged.some(({ proof }) => proof.verdict === 'broken') || judged.length < proven.length ? 1 : 0;
}

function showProven(proven: Proven): void {
  const { name } = proven.app;
  if ('faulty' in proven) {
    console.log(`${name.padEnd(44)} faulty\n${proven.faulty.replace(/^/gm, '    ')}`);
    return;
  }
  const { plain, proof } = proven;
  const word = ({ verdict, applied, seconds }: Treatment) =>
    `${verdict.padEnd(9)} ${String(applied.length).padStart(2)} fixes ${seconds.toFixed(1).padStart(5)} s`;
  const megabytes = [proven.size, proof.size ?? proven.size].map((bytes) => (bytes / 1e6).toFixed(1)).join(' -> ');
  console.log(
    `${name.padEnd(44)} ${word(plain)} | proof: ${word(proof)}, ${proof.builds ?? 0} builds  ${megabytes} MB`,
  );
  for (const each of [plain, proof]) if (each.detail !== '') console.log(each.detail.replace(/^/gm, '    '));
  for (const { transform, why, lines = [] } of proof.refused) {
    console.log([`    refused ${transform}: ${why}`, ...lines].join('\n      '));
  }
  if (values.show) console.log(`    ${plain.applied.join(', ')}`);
}

function showLine({ app, verdict, plan, detail, seconds, sizes }: Judgement): void {
  const megabytes = sizes?.map((bytes) => `${(bytes / 1e6).toFixed(1)}`).join(' -> ');
  const what = plan.outcome === 'refused' ? `refused: ${plan.reasons.join(', ')}` : plan.outcome;
  const mark = verdict === 'right' ? '' : `  <- ${verdict} (expected ${app.expected} ${app.reason ?? ''})`;
  console.log(
    `${app.name.padEnd(44)} ${what.padEnd(44)} ${seconds.toFixed(1).padStart(5)} s${megabytes ? `  ${megabytes} MB` : ''}${mark}`,
  );
  if (verdict !== 'right' && detail !== '') console.log(detail.replace(/^/gm, '    '));
  if (!values.show) return;
  console.log(plan.messages.join('\n').replace(/^/gm, '    | '));
  if (plan.outcome === 'converted') console.log(plan.output.replace(/^/gm, '    > '));
}

function summary(judged: readonly Judgement[]): number {
  const count = (test: (each: Judgement) => boolean) => judged.filter(test).length;
  const of = (verdict: string, outcome?: string) =>
    count((each) => each.verdict === verdict && (outcome ?? each.plan.outcome) === each.plan.outcome);
  const wrongly = of('refused wrongly') + of('refused for another reason');
  console.log(`
${judged.length} applications of ${new Set(judged.map(({ app }) => app.framework)).size} frameworks${values.plan ? ' (planned alone)' : ''}
  converted and running  ${of('right', 'converted')}
  refused rightly        ${of('right', 'refused')}
  left alone rightly     ${of('right', 'unchanged')}
  refused wrongly        ${of('refused wrongly')}
  for another reason     ${of('refused for another reason')}
  converted wrongly      ${of('converted wrongly')}
  broken                 ${of('broken')}
  faulty as they are     ${of('faulty')}`);
  const bad = wrongly + of('converted wrongly') + of('broken') + of('faulty');
  return bad > 0 ? 1 : 0;
}

process.exitCode = await main();
