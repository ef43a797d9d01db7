export { type BuilderName, type BuildSettings, builderNames } from './builder.ts';
export type { ImageChange } from './change.ts';
export { BuildError, type BuildErrorKind } from './errors.ts';
export type { Profile } from './profile.ts';
export {
  needsRun,
  type Plan,
  type Planner,
  type Proof,
  type ProofSummary,
  type ProvableFix,
  type Refusal,
} from './proof.ts';
export type { Proving } from './prove.ts';
export { Prover, type ProverOptions } from './prover.ts';
export type { RunSettings } from './run-image.ts';
export type { Original } from './stage-context.ts';
export type { BuildLimits } from './trial.ts';
