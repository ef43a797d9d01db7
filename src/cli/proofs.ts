import {
  type FixOptions,
  type FixResult,
  fixKey,
  type Job,
  type JobResult,
  planOf,
  planWith,
  withProof,
} from '../engine/index.ts';
import { type Fix, isAvailable, type Unavailable } from '../transform/index.ts';
import type { BuildError, Original, Plan, ProofSummary, Prover, Proving } from '../verify/index.ts';
import type { ProofArguments } from './proof-arguments.ts';
import type { Wiring } from './wiring.ts';

type Planned = Extract<JobResult, { result: FixResult }>;

/** A result, with what builds showed of it. */
export type ProvenResult = JobResult & { readonly proof?: ProofSummary };

/** Faults that the next file would meet as well. */
export const lasting: ReadonlySet<BuildError['kind']> = new Set(['builder', 'disk', 'interrupted']);

/** Proves the fixes of one Dockerfile after the other, by one builder. */
export class Proofs {
  readonly #prover: Prover;
  readonly #needsRun: (fix: Fix) => boolean;
  #fault: unknown;

  private constructor(prover: Prover, needsRun: (fix: Fix) => boolean) {
    this.#prover = prover;
    this.#needsRun = needsRun;
  }

  /** Throws BuildError where no builder works. */
  static async open(given: ProofArguments, openProver?: Wiring['openProver']): Promise<Proofs> {
    const { Prover, needsRun } = await import('../verify/index.ts');
    const { builder, settings, limits, run, by } = given;
    const runs = by === 'build' ? { watch: run } : { run };
    const options = { settings, limits, ...runs, ...(builder && { builder }) };
    const prover = await (openProver ?? Prover.open)(options);
    return new Proofs(prover, (fix) => by === 'build' && needsRun(fix));
  }

  /** What builds, and where. */
  get label(): string {
    return this.#prover.label;
  }

  /** Whether a signal has told this process to end. */
  get isInterrupted(): boolean {
    return this.#prover.isInterrupted;
  }

  /** The proofs of one Dockerfile as a person takes its fixes. */
  begin(original: Original): Proving {
    return this.#prover.begin(original);
  }

  /** Why no proof of these can show that a fix is right; undefined where one can. */
  cannotShow(fix: Fix): string | undefined {
    return this.#needsRun(fix) ? 'only a run can show that it is right: `--verify=run` makes one' : undefined;
  }

  /** The same Dockerfile with the fixes alone that hold, and the others as rejected; an error where nothing is proven. */
  async prove(job: Job, planned: Planned, options: FixOptions, context: string): Promise<ProvenResult> {
    const { path, source } = job;
    if (planned.result.applied.length === 0) return planned;
    if (this.#fault !== undefined) return { path, error: this.#fault };
    const results = new Map<Plan, FixResult>();
    const beside = planned.facts.context();
    const planner = (allowed?: ReadonlySet<string>): Plan => {
      const { facts } = planned;
      // What a person has chosen, or written, may be more than a plan of its own gives.
      const isWhole = !allowed || planned.result.applied.every((each) => allowed.has(fixKey(each)));
      const result = isWhole ? planned.result : planWith({ source, facts, options }, allowed);
      const plan = planOf(result, isAvailable(beside) ? beside : undefined);
      results.set(plan, result);
      return plan;
    };
    try {
      const proof = await this.#prover.prove({ path, source, context }, planner);
      const result = withProof(results.get(proof.plan)!, planned.result, proof.refused, proof.unbuilt);
      return { ...planned, result, proof: proof.summary };
    } catch (error) {
      if (lasting.has((error as BuildError).kind)) this.#fault = error;
      return { path, error };
    }
  }

  /** What the image of an unchanged Dockerfile writes; that it cannot be known is a value. */
  async observe({ path, source }: Job, context: string): Promise<{ readonly paths: readonly string[] } | Unavailable> {
    try {
      return await this.#prover.observe({ path, source, context });
    } catch (error) {
      if ((error as BuildError).name !== 'BuildError') throw error;
      if (lasting.has((error as BuildError).kind)) this.#fault = error;
      return { unavailable: (error as BuildError).message.replace(/^nothing is proven: /, '') };
    }
  }

  close(): Promise<void> {
    return this.#prover.close();
  }
}
