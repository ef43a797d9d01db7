import {
  type AppliedFix,
  type FixOptions,
  type FixResult,
  fix,
  fixKey,
  type Job,
  type JobResult,
  type RejectedFix,
} from '../engine/index.ts';
import type { BuildError, Plan, Proof, ProofSummary, Prover } from '../verify/index.ts';
import type { ProofArguments } from './arguments.ts';

type Planned = Extract<JobResult, { result: FixResult }>;

/** A result, with what builds showed of it. */
export type ProvenResult = JobResult & { readonly proof?: ProofSummary };

/** Faults that the next file would meet as well. */
const lasting: ReadonlySet<BuildError['kind']> = new Set(['builder', 'disk', 'interrupted']);

/** Proves the fixes of one Dockerfile after the other, by one builder. */
export class Proofs {
  readonly #prover: Prover;
  #fault: unknown;

  private constructor(prover: Prover) {
    this.#prover = prover;
  }

  /** Throws BuildError where no builder works. */
  static async open(given: ProofArguments): Promise<Proofs> {
    const { Prover } = await import('../verify/index.ts');
    const { builder, settings, limits, run, by } = given;
    return new Proofs(
      await Prover.open({ settings, limits, run: by === 'run' ? run : undefined, ...(builder && { builder }) }),
    );
  }

  /** The same Dockerfile with the fixes alone that hold, and the others as rejected; an error where nothing is proven. */
  async prove(job: Job, planned: Planned, options: FixOptions, context: string): Promise<ProvenResult> {
    const { path, source } = job;
    if (planned.result.applied.length === 0) return planned;
    if (this.#fault !== undefined) return { path, error: this.#fault };
    const results = new Map<Plan, FixResult>();
    const planner = (allowed?: ReadonlySet<string>): Plan => {
      const result = allowed ? planAgain(job, planned, options, allowed) : planned.result;
      const plan = planOf(result);
      results.set(plan, result);
      return plan;
    };
    try {
      const proof = await this.#prover.prove({ path, source, context }, planner);
      const result = proven(results.get(proof.plan)!, planned.result, proof);
      return { ...planned, result, proof: proof.summary };
    } catch (error) {
      if (lasting.has((error as BuildError).kind)) this.#fault = error;
      return { path, error };
    }
  }

  close(): Promise<void> {
    return this.#prover.close();
  }
}

/** The fixes of a result as a proof takes them. */
export function planOf({ output, files, applied }: FixResult): Plan {
  return { text: output, files, fixes: applied.map((each) => ({ key: fixKey(each), fix: each.fix })) };
}

function planAgain({ source }: Job, { facts }: Planned, options: FixOptions, allowed: ReadonlySet<string>): FixResult {
  const allows = (each: AppliedFix): boolean => allowed.has(fixKey(each));
  const choice = options.choice ?? { safety: 'safe' };
  return fix(source, { ...options, facts, choice: { ...choice, allows } });
}

/** A plan with what the proof says of it: evidence for what was kept, and a reason for what was refused. */
function proven(kept: FixResult, all: FixResult, proof: Proof): FixResult {
  const applied = kept.applied.map((each): AppliedFix => {
    const fix = { ...each.fix, evidence: [...new Set([...each.fix.evidence, 'build' as const])] };
    return { ...each, fix, finding: { ...each.finding, fix } as AppliedFix['finding'] };
  });
  const refused = new Map<string, RejectedFix>();
  for (const each of all.applied) {
    const refusal = proof.refused.get(fixKey(each));
    if (refusal) refused.set(fixKey(each), { ...each, why: refusal.why, lines: refusal.lines });
  }
  const isRefused = (each: object): boolean => 'fix' in each && refused.has(fixKey(each as AppliedFix));
  return {
    ...kept,
    applied,
    remaining: kept.remaining.filter((each) => !isRefused(each)),
    rejected: [...kept.rejected, ...refused.values()],
  };
}
