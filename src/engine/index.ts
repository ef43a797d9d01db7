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
export { fixBatch, Gatherer, type Job, type JobResult, noPorts, optionsFor, type Ports } from './gather.ts';
export { type FixPlan, planOf, planWith, type Replannable, withBuilds, withProof } from './replan.ts';
export { type Disputed, type Doubt, StepSession } from './steps.ts';
export { answersRule, Suppressions } from './suppressions.ts';
export { UnstableFixError } from './unstable-fix-error.ts';
