import { parseArgs } from 'node:util';
import { type CorpusCase, corpusCases } from '../test/support/corpus/cases.ts';
import { patchOf } from '../test/support/corpus/patches.ts';
import { type ChangedFile, type CorpusRun, type Mode, optionsFor, runCorpus } from '../test/support/corpus/run.ts';
import { shared } from '../test/support/shared.ts';
import { transforms } from '../transforms/index.ts';

/** `npm run corpus`: every transform over every file of the corpus, with checks of its own; exits 1 on a violation. */

const usage = `npm run corpus -- [options]

  --mode safe|everything   the safe fixes of the recommended preset, or every fix of every transform (default: both)
  --only <id>              this transform alone (may be given several times)
  --file <text>            the files whose path holds this text alone
  --show <n>               diffs of n changed files, spread over all of them; with --file, of all
  --top <n>                the n files with the most fixes
  --json                   the counts as one JSON line a mode
`;

const { values } = parseArgs({
  options: {
    mode: { type: 'string' },
    only: { type: 'string', multiple: true },
    file: { type: 'string' },
    show: { type: 'string' },
    top: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

function main(): number {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (!shared) {
    console.log('skipped: no corpus here, set DOCKMEND_SHARED to the folder that holds it');
    return 0;
  }
  const unknown = (values.only ?? []).filter((id) => !transforms.some((each) => each.id === id));
  if (unknown.length > 0) {
    console.error(`no transform of this name: ${unknown.join(', ')}`);
    return 2;
  }
  const chosen = values.only ? transforms.filter((each) => values.only!.includes(each.id)) : transforms;
  const cases = corpusCases().filter((each) => each.path.includes(values.file ?? ''));
  const modes = values.mode ? [values.mode as Mode] : (['safe', 'everything'] as const);
  return Math.max(...modes.map((mode) => show(mode, cases, chosen)));
}

function show(mode: Mode, cases: readonly CorpusCase[], chosen: typeof transforms): number {
  const started = performance.now();
  const run = runCorpus(cases, optionsFor(mode, chosen));
  const seconds = (performance.now() - started) / 1000;
  if (values.json) console.log(JSON.stringify({ mode, ...counts(run) }));
  else print(mode, run, seconds);
  for (const file of selected(run.changed)) showDiff(file);
  if (values.top) showTop(run.changed, Number(values.top));
  for (const { path, check, detail } of run.violations) console.log(`VIOLATION ${check} ${path}: ${detail}`);
  return run.violations.length > 0 ? 1 : 0;
}

function counts(run: CorpusRun): object {
  const fixes = run.changed.reduce((sum, file) => sum + file.applied.length, 0);
  return {
    files: run.files,
    unreadable: run.unreadable,
    changed: run.changed.length,
    fixes,
    rejected: run.rejected.length,
    violations: run.violations.length,
    transforms: Object.fromEntries(run.tallies),
  };
}

const spelled = (found: Record<string, number>): string =>
  Object.entries(found)
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

function print(mode: Mode, run: CorpusRun, seconds: number): void {
  const fixes = run.changed.reduce((sum, file) => sum + file.applied.length, 0);
  console.log(`\n${mode}: ${run.files} files, ${run.unreadable} of them no Dockerfiles to BuildKit either`);
  console.log(
    `${run.changed.length} files changed by ${fixes} fixes, ${run.rejected.length} fixes rejected, ` +
      `${run.violations.length} violations, ${seconds.toFixed(1)} s with all checks\n`,
  );
  for (const [id, tally] of run.tallies) {
    console.log(`${id}: ${tally.files} files, ${tally.lines} lines; fixes: ${spelled(tally.fixes) || 'none'}`);
    if (Object.keys(tally.skips).length > 0) console.log(`    refused: ${spelled(tally.skips)}`);
    if (tally.reports > 0) console.log(`    reports: ${tally.reports}`);
    if (tally.rejected > 0) console.log(`    rejected: ${tally.rejected}`);
  }
  for (const { path, transform, why } of run.rejected) console.log(`rejected ${transform} ${path}: ${why}`);
}

function selected(changed: readonly ChangedFile[]): readonly ChangedFile[] {
  if (values.show === undefined) return [];
  const wanted = values.file ? changed.length : Number(values.show);
  const step = Math.max(1, changed.length / Math.max(1, wanted));
  return Array.from({ length: Math.min(wanted, changed.length) }, (_, index) => changed[Math.floor(index * step)]!);
}

function showDiff(file: ChangedFile): void {
  const by = groupCounts(file.applied.map(({ transform, fix }) => `${transform.id} (${fix.safety}): ${fix.title}`));
  console.log(`\n=== ${file.path}`);
  for (const [what, count] of by) console.log(`    ${what}${count > 1 ? ` x ${count}` : ''}`);
  console.log(patchOf(file.path, file.before, file.after).trimEnd());
}

function showTop(changed: readonly ChangedFile[], count: number): void {
  console.log(`\nthe ${count} files with the most fixes`);
  const sorted = [...changed].sort((a, b) => b.applied.length - a.applied.length);
  for (const { path, applied } of sorted.slice(0, count)) {
    const by = spelled(Object.fromEntries(groupCounts(applied.map((each) => each.transform.id))));
    console.log(`${String(applied.length).padStart(5)}  ${path}  ${by}`);
  }
}

function groupCounts(names: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  return found;
}

process.exitCode = main();
