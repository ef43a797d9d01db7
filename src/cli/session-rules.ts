import type { AppliedFix, Job } from '../engine/index.ts';
import type { Transform } from '../transform/index.ts';

/** What was decided for more than one fix. */
export interface Rules {
  readonly all: ReadonlySet<string>;
  readonly none: ReadonlySet<string>;
  /** Files, by path, all of whose fixes are applied. */
  readonly whole: ReadonlySet<string>;
  /** Transforms whose values were answered, as file and id. */
  readonly answered: ReadonlySet<string>;
  /** The safe rest is applied, and nothing more is asked. */
  readonly settled: boolean;
  /** Everything else is left as it is. */
  readonly left: boolean;
}

export const noRules: Rules = {
  all: new Set(),
  none: new Set(),
  whole: new Set(),
  answered: new Set(),
  settled: false,
  left: false,
};

/**
 * What rules say of a fix; undefined where a person is asked. One whose proof has failed is never taken by a rule.
 * `isKnown`: its values were answered in some file.
 */
export function ruleFor(
  rules: Rules,
  job: Job,
  { transform, fix }: AppliedFix,
  { isDoubted, isKnown }: { readonly isDoubted: boolean; readonly isKnown: boolean },
): 'take' | 'refuse' | undefined {
  const { all, none, whole, settled } = rules;
  if (none.has(transform.id)) return 'refuse';
  if (isDoubted) return settled ? 'refuse' : undefined;
  const canTake = !fix.asks?.length || isKnown || hasAnswered(rules, job, transform);
  if (all.has(transform.id) && canTake) return 'take';
  if (settled) return fix.safety === 'safe' ? 'take' : 'refuse';
  return whole.has(job.path) && fix.safety !== 'manual' && canTake ? 'take' : undefined;
}

/** Whether a person has to be asked for the values of a fix. */
export function lacksValues(rules: Rules, job: Job, { transform, fix }: AppliedFix): boolean {
  return (fix.asks ?? []).length > 0 && !hasAnswered(rules, job, transform);
}

/** The rules once the values of a transform were answered for a file. */
export function withAnswer(rules: Rules, job: Job, transform: Transform): Rules {
  return { ...rules, answered: new Set([...rules.answered, answerOf(job, transform)]) };
}

function hasAnswered({ answered }: Rules, job: Job, transform: Transform): boolean {
  return answered.has(answerOf(job, transform));
}

function answerOf({ path }: Job, { id }: Transform): string {
  return `${path}\0${id}`;
}
