import { type Dockerfile, DockerfileSyntaxError } from '../../../src/dockerfile/index.ts';
import { type AppliedFix, type FixOptions, type FixResult, FixSession, fix } from '../../../src/engine/index.ts';
import { type Facts, isAvailable, type Transform } from '../../../src/transform/index.ts';
import { type CorpusCase, corpusFacts } from './cases.ts';
import { wronglyIgnored } from './ignored-sources.ts';
import { worsenedInstalls } from './index-state.ts';
import { unnamedChange } from './named-only.ts';
import { failingPatches, patchOf } from './patches.ts';
import { brokenShell } from './shell-syntax.ts';

/** What one transform did in a run. */
export interface Tally {
  files: number;
  /** Fixes by their safety. */
  readonly fixes: Record<string, number>;
  /** Refusals by reason. */
  readonly skips: Record<string, number>;
  reports: number;
  /** Physical lines that its fixes touch or add. */
  lines: number;
  rejected: number;
}

export interface Violation {
  readonly path: string;
  readonly check: 'crash' | 'named' | 'shell' | 'index' | 'second-run' | 'git-apply' | 'ignored';
  readonly detail: string;
}

/** One file that changed, with what changed it. */
export interface ChangedFile {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly applied: readonly AppliedFix[];
  readonly facts: Facts;
}

export interface CorpusRun {
  readonly files: number;
  /** Files that are no Dockerfile to BuildKit either. */
  readonly unreadable: number;
  readonly changed: readonly ChangedFile[];
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly rejected: readonly { readonly path: string; readonly transform: string; readonly why: string }[];
  readonly violations: readonly Violation[];
}

export type Mode = 'safe' | 'everything';

/** What a mode applies: the recommended preset's safe fixes, or all fixes of all transforms. */
export function optionsFor(mode: Mode, transforms: readonly Transform[]): Omit<FixOptions, 'facts'> {
  return mode === 'safe'
    ? { transforms: transforms.filter((each) => each.meta.preset === 'recommended'), choice: { safety: 'safe' } }
    : { transforms, choice: { safety: 'unsafe', accept: transforms.map((each) => each.id) } };
}

/** Puts every file through transforms and checks what comes out, independently of the engine. */
export function runCorpus(cases: readonly CorpusCase[], options: Omit<FixOptions, 'facts'>): CorpusRun {
  const tallies = new Map<string, Tally>(
    options.transforms.map(({ id }) => [id, { files: 0, fixes: {}, skips: {}, reports: 0, lines: 0, rejected: 0 }]),
  );
  const changed: ChangedFile[] = [];
  const violations: Violation[] = [];
  const rejected: { path: string; transform: string; why: string }[] = [];
  let unreadable = 0;
  for (const each of cases) {
    const facts = corpusFacts(each);
    try {
      const { result, passes } = runPasses(each.source, { ...options, facts });
      count(tallies, result, passes);
      for (const { transform, why } of result.rejected)
        rejected.push({ path: each.path, transform: transform.id, why });
      violations.push(...wronglyIgnored(each, facts, result));
      if (result.output === each.source) continue;
      const file = { path: each.path, before: each.source, after: result.output, applied: result.applied, facts };
      changed.push(file);
      violations.push(...checkFile(file, passes, { ...options, facts: whenWritten(facts, result) }));
    } catch (error) {
      if (error instanceof DockerfileSyntaxError) unreadable++;
      else violations.push({ path: each.path, check: 'crash', detail: String((error as Error).stack ?? error) });
    }
  }
  violations.push(...brokenShell(changed).map((found) => ({ ...found, check: 'shell' as const })));
  const patched = changed.map((file) => ({
    ...file,
    patch: (path: string) => patchOf(path, file.before, file.after),
  }));
  violations.push(...failingPatches(patched).map((found) => ({ ...found, check: 'git-apply' as const })));
  return { files: cases.length, unreadable, changed, tallies, rejected, violations };
}

interface Pass {
  readonly before: Dockerfile;
  readonly after: Dockerfile;
  readonly applied: readonly AppliedFix[];
}

function runPasses(source: string, options: FixOptions): { result: FixResult; passes: Pass[] } {
  const session = new FixSession(source, options);
  const passes: Pass[] = [];
  for (let number = 1; ; number++) {
    const before = session.file;
    if (!session.pass(options.facts!)) break;
    const applied = session.result().applied.filter((each) => each.pass === number);
    passes.push({ before, after: session.file, applied });
  }
  return { result: session.result(), passes };
}

/** The facts once the files beside a Dockerfile are written. */
function whenWritten(facts: Facts, { files }: FixResult): Facts {
  const context = facts.context();
  if (!isAvailable(context)) return facts;
  const written = files.find(({ path }) => path === context.ignore.path);
  const after = written && context.withIgnore(written.after);
  return after ? { ...facts, context: () => after } : facts;
}

function checkFile(file: ChangedFile, passes: readonly Pass[], options: FixOptions): Violation[] {
  const { path } = file;
  const found: Violation[] = [];
  for (const { before, after, applied } of passes) {
    const why = unnamedChange(
      before,
      after,
      applied.map((each) => each.fix),
    );
    if (why !== undefined) found.push({ path, check: 'named', detail: `${why} (${idsOf(applied)})` });
  }
  for (const detail of worsenedInstalls(file.before, file.after)) found.push({ path, check: 'index', detail });
  const again = fix(file.after, options);
  if (again.output !== file.after || again.applied.length > 0) {
    found.push({ path, check: 'second-run', detail: idsOf(again.applied) });
  }
  return found;
}

const idsOf = (applied: readonly AppliedFix[]): string => [...new Set(applied.map((each) => each.transform.id))].join();

function count(tallies: ReadonlyMap<string, Tally>, result: FixResult, passes: readonly Pass[]): void {
  const add = (counts: Record<string, number>, name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const id of new Set(result.applied.map((each) => each.transform.id))) tallies.get(id)!.files++;
  for (const { transform, finding } of result.remaining) {
    const tally = tallies.get(transform.id)!;
    if ('skipped' in finding) add(tally.skips, finding.skipped);
    else if ('report' in finding) tally.reports++;
    else add(tally.fixes, `${finding.fix.safety} left`);
  }
  for (const { transform } of result.rejected) tallies.get(transform.id)!.rejected++;
  for (const { before, applied } of passes) {
    for (const { transform, fix: each } of applied) {
      const tally = tallies.get(transform.id)!;
      add(tally.fixes, each.safety);
      const lines = new Set<number>();
      for (const { start, end, text } of each.edits) {
        // An insertion of whole lines touches none of those that stand there.
        const whole = start === end && text.endsWith('\n');
        if (!whole)
          for (let line = before.lines.lineAt(start); line <= before.lines.lineAt(end); line++) lines.add(line);
        tally.lines += text.split('\n').length - 1;
      }
      tally.lines += lines.size;
    }
  }
}
