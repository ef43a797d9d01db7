export { unifiedDiff } from './diff.ts';
export { renderProblem } from './frame.ts';
export { hidesInDiff, hidingPage, hidingSecrets, withoutSecrets } from './hide-secrets.ts';
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
export { type Format, formats, openPage, openReporter, type ReportOptions } from './open.ts';
export { type Paint, paintFor, visible } from './paint.ts';
export { type ProfileFormat, profileFormats, renderProfile } from './profile.ts';
export { changeSentence, proofFindings, proofSentences } from './proof.ts';
export { opaqueSentence } from './prose.ts';
export { reportSchema } from './report-schema.ts';
export { fixCard, plural, proofCard, type ShownProof, sessionSummary, summary, wrapped } from './terminal.ts';
