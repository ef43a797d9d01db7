import type { Dockerfile } from '../dockerfile/index.ts';
import type { FileEdit, TextEdit } from '../edit/index.ts';
import type { Span } from '../text/index.ts';
import type { Facts, Needs } from './ports.ts';
import type { SkipReason } from './skip-reasons.ts';

/** What applying a fix may change: nothing but its purpose, the image's behaviour, or what only a person can decide. */
export type Safety = 'safe' | 'unsafe' | 'manual';

/** How a fix is known to be right. */
export type Evidence = 'text' | 'context' | 'registry' | 'build';

export type Preset = 'recommended' | 'style';

/** The parts of an image's configuration that a fix may change: whole, or one variable or label of it. */
export type ConfigField =
  | 'Author'
  | `Env.${string}`
  | `Labels.${string}`
  | 'Cmd'
  | 'Entrypoint'
  | 'Env'
  | 'ExposedPorts'
  | 'Healthcheck'
  | 'Labels'
  | 'OnBuild'
  | 'Platform'
  | 'Shell'
  | 'StopSignal'
  | 'User'
  | 'Volumes'
  | 'WorkingDir';

/** What a fix names and may change; the checks after a pass, and a proof by build, hold it to that. */
export interface Changes {
  /** Indexes of the instructions whose text it changes. */
  readonly edits: readonly number[];
  /** Indexes of the instructions that it removes. */
  readonly removes?: readonly number[];
  /** Instructions that it adds: upper-case keywords, each before an index (the number of instructions: at the end). */
  readonly adds?: readonly { readonly before: number; readonly keyword: string }[];
  /** Edited instructions that get another keyword. */
  readonly becomes?: readonly { readonly index: number; readonly keyword: string }[];
  /** It changes parser directives. */
  readonly directives?: boolean;
  /** Fields of the image's configuration that may differ. */
  readonly config?: readonly ConfigField[];
  /** Globs of the image's absolute paths that may differ: `*` within a name, `**` across names; `/a/**` is also `/a`. */
  readonly paths?: readonly string[];
  /** Globs of paths whose owner and mode alone may differ. */
  readonly owners?: readonly string[];
  /** What goes may be needed when the image runs, which no build shows. */
  readonly needsRun?: true;
  /** Packages that were installed for others may be gone, with the files that are theirs or that came with them. */
  readonly packages?: 'fewer';
}

/** A value that a person is asked for. */
export interface Question {
  readonly option: string;
  readonly message: string;
  readonly default: string;
}

export interface Fix {
  /** Imperative, sentence case, no final stop, code in backticks. */
  readonly title: string;
  readonly safety: Safety;
  readonly evidence: readonly Evidence[];
  /** In the Dockerfile, together or not at all. */
  readonly edits: readonly TextEdit[];
  /** Beside it. */
  readonly files?: readonly FileEdit[];
  /** Text that it relies on; no other fix may change it in the same pass. */
  readonly guards?: readonly Span[];
  readonly changes: Changes;
  /** It remakes its stage: fixes that come after it wait for it, even where it has to wait itself. */
  readonly remakes?: boolean;
  readonly asks?: readonly Question[];
}

/** What a transform has to say about a place: a fix, a refusal with its reason, or a report alone. */
export type Finding = {
  readonly span: Span;
  /** What is wrong and why it matters. */
  readonly message: string;
} & ({ readonly fix: Fix } | { readonly skipped: SkipReason; readonly detail?: string } | { readonly report: true });

/** One option of a transform: its type, validation and docs at once. */
export type Option =
  | { readonly type: 'choice'; readonly choices: readonly string[]; readonly default: string; readonly summary: string }
  | { readonly type: 'string'; readonly default: string; readonly summary: string }
  | { readonly type: 'strings'; readonly default: readonly string[]; readonly summary: string }
  | { readonly type: 'boolean'; readonly default: boolean; readonly summary: string };

export type Options = Readonly<Record<string, Option>>;

type ValueOf<T extends Option> = T extends { type: 'choice'; choices: readonly (infer C)[] }
  ? C
  : T extends { type: 'string' }
    ? string
    : T extends { type: 'strings' }
      ? readonly string[]
      : boolean;

export type OptionValues<O extends Options> = { readonly [K in keyof O]: ValueOf<O[K]> };

/** Rules of other tools that a transform resolves, by tool. */
export interface Answers {
  readonly hadolint?: readonly string[];
  readonly buildkit?: readonly string[];
  readonly trivy?: readonly string[];
  readonly checkov?: readonly string[];
  readonly kics?: readonly string[];
  readonly tally?: readonly string[];
  readonly cis?: readonly string[];
}

export interface Meta {
  /** One line, imperative. */
  readonly summary: string;
  /** Why the result is better, in a few sentences. */
  readonly why: string;
  /** The safety of its least safe fix. */
  readonly safety: Safety;
  /** What a user should know about that safety: when it is less, and what may differ. */
  readonly safetyNote: string;
  readonly preset: Preset;
  /** The version that first had it. */
  readonly since: string;
  /** Whether it looks inside ONBUILD. */
  readonly onbuild: boolean;
  readonly answers: Answers;
}

/** What a transform is given: one immutable snapshot. */
export interface Input<O extends Options = Options> {
  readonly file: Dockerfile;
  readonly facts: Facts;
  readonly options: OptionValues<O>;
}

/** A pure function from a file and facts to findings; it does no I/O and knows no other transform. */
export interface Transform<O extends Options = Options> {
  readonly id: string;
  readonly meta: Meta;
  readonly options?: O;
  /** False where it never asks what a base image is: a run of such transforms alone does not fetch that. */
  readonly bases?: false;
  needs?(file: Dockerfile, options: OptionValues<O>): Needs;
  find(input: Input<O>): Iterable<Finding>;
}

/** Types a transform by its options. */
export function defineTransform<const O extends Options>(transform: Transform<O>): Transform<O> {
  return transform;
}

/** The values of a transform's options: those given, else the defaults. */
export function optionValues<O extends Options>(
  transform: Transform<O>,
  given: Readonly<Record<string, unknown>> = {},
): OptionValues<O> {
  if (!transform.options) return none as OptionValues<O>;
  const entries = Object.entries(transform.options).map(([name, option]) => [name, given[name] ?? option.default]);
  return Object.fromEntries(entries) as OptionValues<O>;
}

const none = Object.freeze({});
