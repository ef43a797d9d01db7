export { applyChecked, type Checked } from './check.ts';
export {
  type AppliedFix,
  type Choice,
  type FixOptions,
  type FixResult,
  FixSession,
  fix,
  fixKey,
  type OpaqueInstruction,
  type RejectedFix,
  type Report,
  tableFacts,
} from './fix.ts';
export { fixBatch, type Job, type JobResult, noPorts, type Ports } from './gather.ts';
export { type FixPlan, planOf, planWith, type Replannable, withProof } from './replan.ts';
export { Suppressions } from './suppressions.ts';
export { UnstableFixError } from './unstable-fix-error.ts';
