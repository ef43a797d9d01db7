import { parseArgs } from 'node:util';
import { readApps } from '../test/support/apps/cases.ts';
import { type Judgement, judge } from '../test/support/apps/judge.ts';
import { Engine } from '../test/support/engine/engine.ts';
import { StandIns } from '../test/support/engine/stand-ins.ts';

/** `npm run apps`: fixes the applications of `test/apps`, builds and runs them, and prints a table; exits 1 on a broken one. */

const usage = `npm run apps -- [options]

  --kind <kind>   the applications of this kind alone
  --only <text>   those whose name holds this text alone
  --plan          plan alone: no engine, nothing is built
  --show          the fixed Dockerfiles and all messages
`;

const { values } = parseArgs({
  options: {
    kind: { type: 'string' },
    only: { type: 'string' },
    plan: { type: 'boolean' },
    show: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const apps = readApps((app) => app.name.includes(values.only ?? '') && (values.kind ?? app.kind) === app.kind);
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
