/** What a trial of a set says. `applied` are those of the set that took part: some rest on others. */
export type Verdict<Why> =
  | { readonly holds: true; readonly applied: ReadonlySet<string> }
  | {
      readonly holds: false;
      readonly applied: ReadonlySet<string>;
      readonly why: Why;
      /** Members that are likely at fault. */
      readonly suspects?: ReadonlySet<string>;
    };

export interface SearchResult<Why> {
  /** The members that hold together, in order; the last trial that held was of them. */
  readonly kept: readonly string[];
  /** `undefined`: it rests on one that was refused, or was not tried as the trials were used up. */
  readonly refused: ReadonlyMap<string, Why | undefined>;
  /** Whether it ended before everything was tried. */
  readonly exhausted: boolean;
}

/**
 * Finds a largest set that holds, with few trials: all at once first, and for each member at fault a bisection over the
 * order that was given (that of application, so that what a member rests on comes before it). With k at fault of n it
 * takes about k * (log2 n + 1) + 1 trials, and two where the suspect is the one at fault. The empty set, and `base`,
 * hold without a trial.
 */
export async function searchLargest<Why>(
  members: readonly string[],
  trial: (set: ReadonlySet<string>) => Promise<Verdict<Why>>,
  { base = [], maximum = Number.POSITIVE_INFINITY }: { base?: readonly string[]; maximum?: number } = {},
): Promise<SearchResult<Why>> {
  const first = await bisect(members, trial, base, maximum);
  // A suspect may have been refused for what rests on it: alone, it may hold.
  const orphans = members.filter((each) => first.refused.has(each) && first.refused.get(each) === undefined);
  if (orphans.length === 0 || !first.suspected) return first;
  const culprits = [...first.refused].filter(([, why]) => why !== undefined);
  let kept = first.kept;
  const refused = new Map(first.refused);
  for (const [culprit, why] of culprits) {
    const set = new Set([...kept, culprit]);
    if (!(await trial(set)).holds) continue;
    kept = [...base, ...members].filter((each) => set.has(each));
    refused.delete(culprit);
    for (const each of orphans) refused.set(each, why);
  }
  return { kept, refused, exhausted: first.exhausted };
}

async function bisect<Why>(
  members: readonly string[],
  trial: (set: ReadonlySet<string>) => Promise<Verdict<Why>>,
  base: readonly string[],
  maximum: number,
): Promise<SearchResult<Why> & { readonly suspected: boolean }> {
  const good = [...base];
  let rest = members.filter((each) => !base.includes(each));
  let trials = 0;
  let suspected = false;
  let exhausted = false;
  let applied: ReadonlySet<string> | undefined;
  const refused = new Map<string, Why | undefined>();
  const attempt = async (extra: readonly string[]): Promise<Verdict<Why>> => {
    trials++;
    const verdict = await trial(new Set([...good, ...extra]));
    if (verdict.holds) applied = verdict.applied;
    return verdict;
  };
  search: while (rest.length > 0) {
    let verdict = await attempt(rest);
    if (verdict.holds) {
      good.push(...rest);
      break;
    }
    // The first `low` of the rest hold with what is good; the first `high` do not, and `verdict` says why.
    let low = 0;
    let high = rest.length;
    let next: number | undefined;
    const suspects = verdict.suspects;
    const innocent = suspects ? rest.filter((each) => !suspects.has(each)) : [];
    if (suspects && innocent.length > 0 && innocent.length < rest.length) {
      rest = [...innocent, ...rest.filter((each) => suspects.has(each))];
      next = innocent.length;
      suspected = true;
    }
    while (high - low > 1) {
      if (trials >= maximum) {
        good.push(...rest.slice(0, low));
        exhausted = true;
        break search;
      }
      const middle = next ?? (low + high) >> 1;
      next = undefined;
      const found = await attempt(rest.slice(0, middle));
      if (found.holds) low = middle;
      else {
        high = middle;
        verdict = found;
      }
    }
    refused.set(rest[high - 1]!, verdict.holds ? undefined : verdict.why);
    good.push(...rest.slice(0, high - 1));
    rest = rest.slice(high);
  }
  const took = new Set([...base, ...good.filter((each) => !applied || applied.has(each))]);
  for (const each of members) if (!took.has(each) && !refused.has(each)) refused.set(each, undefined);
  return {
    kept: [...base, ...members.filter((each) => took.has(each) && !base.includes(each))],
    refused,
    suspected,
    exhausted,
  };
}
