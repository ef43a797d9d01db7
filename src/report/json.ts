import { applyEdits } from '../edit/index.ts';
import type { Report } from '../engine/index.ts';
import { type Fix, skipReasons } from '../transform/index.ts';
import type { ProofSummary } from '../verify/index.ts';
import { unifiedDiff } from './diff.ts';
import type { FileReport, Problem, Reporter, Tally } from './model.ts';
import { opaqueSentence } from './prose.ts';

/** The version of the JSON report's shape; it grows when a reader of the old shape could be misled. */
export const reportVersion = 1;

/** Reports for programs; the shape is `schema/report.schema.json`. One file a line, so that a run does not hold them all. */
export function jsonReporter(options: { readonly toolVersion: string; readonly written: boolean }): Reporter {
  let first = true;
  return {
    begin() {
      const { toolVersion, written } = options;
      const head = { schemaVersion: reportVersion, tool: { name: 'dockmend', version: toolVersion }, written };
      return `${JSON.stringify(head).slice(0, -1)},"files":[`;
    },
    file(report) {
      const text = `${first ? '' : ','}\n${JSON.stringify(fileObject(report))}`;
      first = false;
      return text;
    },
    end: (tally, problems) =>
      `\n],"problems":${JSON.stringify(problems.map(problemObject))},"summary":${JSON.stringify(summaryObject(tally))}}\n`,
  };
}

function fileObject(report: FileReport): object {
  if ('problem' in report) return { path: report.path, problem: problemObject(report.problem) };
  const { path, diffPath, result, changes } = report;
  const available = result.remaining.flatMap((each) =>
    'fix' in each.finding
      ? [{ ...place(each), ...fixObject(each.finding.fix), diff: fixDiff(diffPath, result.output, each.finding.fix) }]
      : [],
  );
  return {
    path,
    fixes: result.applied.map((each) => ({
      ...place(each),
      ...fixObject(each.fix),
      ...(each.unproven !== undefined && { unproven: each.unproven }),
      diff: fixDiff(diffPath, each.before, each.fix),
    })),
    available,
    refused: result.remaining.flatMap((each) => {
      if (!('skipped' in each.finding)) return [];
      const { skipped, detail } = each.finding;
      return [{ ...place(each), reason: skipped, sentence: skipReasons[skipped], ...(detail && { detail }) }];
    }),
    reported: result.remaining.flatMap((each) =>
      'fix' in each.finding || 'skipped' in each.finding ? [] : [place(each)],
    ),
    rejected: result.rejected.map((each) => ({
      ...place(each),
      why: each.why,
      ...(each.lines && each.lines.length > 0 && { lines: each.lines }),
    })),
    opaque: result.opaque.map((each) => ({
      line: each.line,
      column: each.column,
      keyword: each.keyword,
      sentence: opaqueSentence(each),
      ...(each.swallowed && { swallowed: each.swallowed }),
    })),
    suppressed: result.suppressed,
    changes: changes.map((change) => ({
      path: change.path,
      new: change.before === undefined,
      diff: unifiedDiff(change),
    })),
    ...(report.proof && { proof: proofObject(report.proof) }),
  };
}

function proofObject({ time, originalTime, ...rest }: ProofSummary): object {
  return { ...rest, seconds: Math.round(time / 100) / 10, originalSeconds: Math.round(originalTime / 100) / 10 };
}

function place({ transform, finding, origin }: Report): object {
  return { transform: transform.id, line: origin.line, column: origin.column, message: finding.message };
}

function fixObject({ title, safety, evidence, asks }: Fix): object {
  return { title, safety, evidence, ...(asks && asks.length > 0 && { asks }) };
}

function fixDiff(path: string, before: string, { edits }: Fix): string {
  return unifiedDiff({ path, before, after: applyEdits(before, edits) });
}

function problemObject({ kind, message, path, position, lines }: Problem): object {
  return { kind, message, ...(path !== undefined && { path }), ...position, ...(lines && { lines }) };
}

function summaryObject({ manual, ...numbers }: Tally): object {
  return { ...numbers, manual: Object.fromEntries(manual) };
}
