export { diffReporter, unifiedDiff } from './diff.ts';
export { renderProblem } from './frame.ts';
export { jsonReporter, reportVersion } from './json.ts';
export {
  count,
  emptyTally,
  type FileChange,
  type FileReport,
  type Problem,
  type Reporter,
  type Tally,
} from './model.ts';
export { type Paint, paintFor, visible } from './paint.ts';
export { type ProfileFormat, profileFormats, renderProfile } from './profile.ts';
export { proofSentences } from './proof.ts';
export { reportSchema } from './report-schema.ts';
export { plural, renderProblems, summary, type TerminalOptions, terminalReporter } from './terminal.ts';
