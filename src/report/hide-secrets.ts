import type { AppliedFix, FixResult, RejectedFix, Report } from '../engine/index.ts';
import { hasMarks, type SecretHider, secretHider, showMarks } from '../secrets/index.ts';
import type { Finding, Fix } from '../transform/index.ts';
import { unifiedDiff } from './diff.ts';
import type { FileReport, Page, Problem, Reporter } from './model.ts';

/** A reporter that shows no secret of any file: neither in a diff nor in a sentence. */
export function hidingSecrets(reporter: Reporter): Reporter {
  return {
    begin: () => reporter.begin(),
    file(report) {
      const hidden = withoutSecrets(report);
      return hidden === report ? reporter.file(report) : showMarks(reporter.file(hidden));
    },
    end: (tally, problems) => showMarks(reporter.end(tally, problems.map(problemWithoutSecrets))),
  };
}

/** A page that shows no secret of any file. */
export function hidingPage(page: Page): Page {
  return {
    file: (report) => showMarks(page.file(withoutSecrets(report))),
    around: (end) => page.around({ ...end, problems: end.problems.map(problemWithoutSecrets) }),
  };
}

/** A fix with marks in the place of secrets of its file, for `showMarks`. */
export function fixWithoutSecrets(applied: AppliedFix): AppliedFix {
  const files = (applied.fix.files ?? []).flatMap(({ before = '', after }) => [before, after]);
  const hider = secretHider([
    { text: applied.before, parsed: true },
    ...files.map((text) => ({ text, parsed: false })),
  ]);
  return hider.hasSecrets ? appliedWith(applied, (text) => hider.hide(text)) : applied;
}

/** Whether a report's diffs show a secret as hidden, so that they cannot be applied as they are. */
export function hidesInDiff(report: FileReport): boolean {
  const hidden = withoutSecrets(report);
  return !('problem' in hidden) && hidden.changes.some((change) => hasMarks(unifiedDiff(change)));
}

/** A problem whose message and line show no secret. */
export function problemWithoutSecrets(problem: Problem): Problem {
  const { lineText } = problem;
  if (lineText === undefined) return problem;
  const hider = secretHider([{ text: lineText, parsed: false }]);
  if (!hider.hasSecrets) return problem;
  const hide = (text: string): string => showMarks(hider.hide(text));
  return { ...problem, message: hide(problem.message), lineText: hide(lineText) };
}

function hiderFor({ result, changes }: Exclude<FileReport, { problem: Problem }>): SecretHider {
  const dockerfiles = [result.source, result.output].map((text) => ({ text, parsed: true }));
  const others = changes
    .flatMap(({ before = '', after }) => [before, after])
    .filter((text) => text !== result.source && text !== result.output)
    .map((text) => ({ text, parsed: false }));
  return secretHider([...dockerfiles, ...others]);
}

/** The same report with marks in the place of secrets, for `showMarks`; the very same where it has none. Offsets stay as they are. */
export function withoutSecrets(report: FileReport): FileReport {
  if ('problem' in report) {
    const problem = problemWithoutSecrets(report.problem);
    return problem === report.problem ? report : { ...report, problem };
  }
  const hider = hiderFor(report);
  if (!hider.hasSecrets) return report;
  const hide = (text: string): string => hider.hide(text);
  return {
    ...report,
    result: resultWith(report.result, hide),
    changes: report.changes.map((change) => ({
      ...change,
      before: change.before === undefined ? undefined : hide(change.before),
      after: hide(change.after),
    })),
  };
}

type Hide = (text: string) => string;

function resultWith(result: FixResult, hide: Hide): FixResult {
  return {
    ...result,
    source: hide(result.source),
    output: hide(result.output),
    applied: result.applied.map((each) => appliedWith(each, hide)),
    remaining: result.remaining.map((each) => reportWith(each, hide)),
    rejected: result.rejected.map(
      (each): RejectedFix => ({
        ...reportWith(each, hide),
        why: hide(each.why),
        ...(each.lines && { lines: each.lines.map(hide) }),
      }),
    ),
    files: result.files.map((each) => ({
      ...each,
      before: each.before === undefined ? undefined : hide(each.before),
      after: hide(each.after),
    })),
  };
}

function appliedWith(each: AppliedFix, hide: Hide): AppliedFix {
  const finding = findingWith(each.finding, hide);
  return { ...each, finding, fix: 'fix' in finding ? finding.fix : each.fix, before: hide(each.before) };
}

function reportWith(each: Report, hide: Hide): Report {
  return { ...each, finding: findingWith(each.finding, hide) };
}

function findingWith(finding: Finding, hide: Hide): Finding {
  const message = hide(finding.message);
  if ('fix' in finding) return { ...finding, message, fix: fixWith(finding.fix, hide) };
  if ('skipped' in finding && finding.detail !== undefined)
    return { ...finding, message, detail: hide(finding.detail) };
  return { ...finding, message };
}

function fixWith(fix: Fix, hide: Hide): Fix {
  return {
    ...fix,
    title: hide(fix.title),
    edits: fix.edits.map((edit) => ({ ...edit, text: hide(edit.text) })),
    ...(fix.files && {
      files: fix.files.map((each) => ({
        ...each,
        before: each.before === undefined ? undefined : hide(each.before),
        after: hide(each.after),
      })),
    }),
  };
}
