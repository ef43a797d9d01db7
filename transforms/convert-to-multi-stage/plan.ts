import type { Instruction } from '../../src/dockerfile/index.ts';
import type { Runtime } from '../../src/facts/index.ts';
import type { Evidence, SkipReason } from '../../src/transform/index.ts';
import type { Subject } from './subject.ts';

/** Why a recipe does not convert, and what it saw. */
export interface Refusal {
  readonly refused: SkipReason;
  readonly detail?: string;
  /** Where to point at; the start of the stage if absent. */
  readonly at?: Instruction;
}

/** What the final stage takes from the build stage, by absolute paths; the same path there if `to` is absent. */
export interface Artifact {
  readonly from: string;
  readonly to?: string;
  /** The program writes there, so it gets the user of the final stage. */
  readonly owned?: boolean;
}

/** A user that the final stage makes, or the one that it has. */
export interface RunUser {
  /** What USER is given; undefined where the runtime image sets its user itself. */
  readonly number: string | undefined;
  readonly comment?: string;
  /** The RUN that makes it. */
  readonly madeBy?: string;
  readonly ids: string;
}

/** The final stage that a recipe wants. */
export interface Plan {
  readonly runtime: Runtime;
  /** The reference as it is written, where it has a variable of the file; the runtime's own if absent. */
  readonly written?: string;
  readonly artifacts: readonly Artifact[];
  /** Packages of Debian that the final stage installs. */
  readonly packages?: readonly string[];
  /** They come with what they recommend, as they did before. */
  readonly recommends?: boolean;
  /** RUN instructions of the final stage, by their lines. */
  readonly runs?: readonly (readonly string[])[];
  /** ENV of the final stage beyond what is carried over. */
  readonly environment?: readonly (readonly [name: string, value: string])[];
  /** The start of the final stage, where it is another than the one that is written. */
  readonly start?: { readonly entrypoint?: readonly string[]; readonly cmd?: readonly string[] };
  /** Lines that come last in the build stage. */
  readonly buildTail?: readonly string[];
  /** Lines that stand in the build stage above an instruction. */
  readonly buildInserts?: readonly { readonly before: Instruction; readonly lines: readonly string[] }[];
  /** Nothing depends on the working directory. */
  readonly anyDirectory?: boolean;
  readonly user: RunUser;
  /** The final stage's working directory belongs to its user. */
  readonly ownsDirectory?: boolean;
  readonly evidence: readonly Evidence[];
  /** What a person should look at. */
  readonly note?: string;
}

/** What converts one ecosystem. */
export interface Recipe {
  readonly id: string;
  /** A stage of its ecosystem, which it then plans or refuses; undefined for all others. */
  plan(subject: Subject): Plan | Refusal | undefined;
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}

/** A refusal with its reason and a detail. */
export function refuse(refused: SkipReason, detail?: string, at?: Instruction): Refusal {
  return { refused, ...(detail !== undefined && { detail }), ...(at && { at }) };
}
