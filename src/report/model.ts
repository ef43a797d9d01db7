import type { FixResult } from '../engine/index.ts';
import type { Position } from '../text/index.ts';
import type { ProofSummary } from '../verify/index.ts';

/** Why a file, a configuration or a run has no result. */
export interface Problem {
  /** `internal` is a fault of this program: it has a stack; `build`: a builder failed, or what it built. */
  readonly kind: 'usage' | 'configuration' | 'input' | 'syntax' | 'unstable' | 'transform' | 'build' | 'internal';
  readonly message: string;
  /** As it is shown; undefined where no file is at fault. */
  readonly path?: string;
  readonly position?: Position;
  /** The line at the position. */
  readonly lineText?: string;
  readonly stack?: string;
  /** What shows it, a line each. */
  readonly lines?: readonly string[];
}

/** One changed file; `before` is undefined where it does not exist yet. */
export interface FileChange {
  /** As it stands in a diff, with `/`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** What a run has to say about one Dockerfile. */
export type FileReport = {
  readonly path: string;
  /** The repository that it lies in, as it is shown; undefined outside of any. */
  readonly repository?: string | undefined;
} & (
  | {
      /** The Dockerfile's path as it stands in a diff. */
      readonly diffPath: string;
      readonly result: FixResult;
      /** The changes of the Dockerfile itself and of files beside it that no earlier report had. */
      readonly changes: readonly FileChange[];
      /** Bytes sent to the builder before and after, where the ignore file changed and a page is asked for. */
      readonly contextBytes?: { readonly before: number; readonly after: number } | undefined;
      /** What builds showed of the fixes; absent where none was asked for. */
      readonly proof?: ProofSummary;
    }
  | { readonly problem: Problem }
);

/** What a run did, in numbers. */
export interface Tally {
  files: number;
  changed: number;
  fixes: number;
  /** Those of the fixes that a person keeps although no build shows them to be right. */
  unproven: number;
  unsafe: number;
  /** Ids of the transforms whose fixes need a person's answer, with their number. */
  readonly manual: Map<string, number>;
  refused: number;
  reported: number;
  rejected: number;
  suppressed: number;
  problems: number;
}

export function emptyTally(): Tally {
  return {
    files: 0,
    changed: 0,
    fixes: 0,
    unproven: 0,
    unsafe: 0,
    manual: new Map(),
    refused: 0,
    reported: 0,
    rejected: 0,
    suppressed: 0,
    problems: 0,
  };
}

/** Adds one file to the numbers of a run. */
export function count(tally: Tally, report: FileReport): void {
  tally.files++;
  if ('problem' in report) {
    tally.problems++;
    return;
  }
  const { applied, remaining, rejected, suppressed, opaque } = report.result;
  if (report.changes.length > 0) tally.changed++;
  tally.fixes += applied.length;
  tally.unproven += applied.filter((each) => each.unproven !== undefined).length;
  tally.rejected += rejected.length;
  tally.suppressed += suppressed;
  tally.reported += opaque.filter((each) => each.swallowed !== undefined).length;
  for (const { finding, transform } of remaining) {
    if ('skipped' in finding) tally.refused++;
    else if (!('fix' in finding)) tally.reported++;
    else if (finding.fix.safety === 'manual') {
      tally.manual.set(transform.id, (tally.manual.get(transform.id) ?? 0) + 1);
    } else tally.unsafe++;
  }
}

/** Turns reports into text, a file at a time, so that a run does not hold them all. */
export interface Reporter {
  /** The text before the first file. */
  begin(): string;
  file(report: FileReport): string;
  /** The text after the last file. */
  end(tally: Tally, problems: readonly Problem[]): string;
}

/** What is known when a run has ended. */
export interface RunEnd {
  readonly tally: Tally;
  readonly problems: readonly Problem[];
  /** What was left out, and why. */
  readonly omitted: readonly { readonly path: string; readonly why: string }[];
  /** What could not be had, a sentence each. */
  readonly notices: readonly string[];
}

/** A report in a file of its own: a section a Dockerfile, and around them what only the end of the run knows. */
export interface Page {
  file(report: FileReport): string;
  around(end: RunEnd): { readonly before: string; readonly after: string };
}
