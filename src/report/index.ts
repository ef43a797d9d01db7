export { diffReporter, unifiedDiff } from './diff.ts';
export { renderProblem } from './frame.ts';
export { hidesInDiff, hidingPage, hidingSecrets } from './hide-secrets.ts';
export { htmlPage, type PageOptions } from './html.ts';
export { jsonReporter, reportVersion } from './json.ts';
export { markdownPage } from './markdown.ts';
export {
  count,
  emptyTally,
  type FileChange,
  type FileReport,
  type Page,
  type Problem,
  type Reporter,
  type RunEnd,
  type Tally,
} from './model.ts';
export { type Paint, paintFor, visible } from './paint.ts';
export { proofSentences } from './proof.ts';
export { reportSchema } from './report-schema.ts';
export {
  fixCard,
  plural,
  renderProblems,
  sessionSummary,
  summary,
  type TerminalOptions,
  terminalReporter,
  wrapped,
} from './terminal.ts';
