/** Whether every test runs, as `npm run test:all` and CI do; `npm test`, which a person waits for, leaves some out. */
export const runsAll = process.env.DOCKMEND_TEST_ALL === '1';

/** What of a list runs, and the words for titles that say what does not. */
export interface Sample<T> {
  readonly items: readonly T[];
  /** Empty where nothing is left out. */
  readonly note: string;
}

/**
 * What `npm test` takes of a list that is long for what it costs: the middle one of every so many. `npm run test:all` takes
 * all of it.
 */
export function sampled<T>(list: readonly T[], every: number): Sample<T> {
  const step = runsAll ? 1 : Math.max(1, Math.min(every, list.length));
  const items = list.filter((_, index) => index % step === step >> 1);
  return { items, note: noteOf(`${list.length - items.length} of ${list.length}`) };
}

/** A number of the full suite, or that of `npm test`: how often something random is tried, and how often it must succeed. */
export function allOr(all: number, quick: number): number {
  return runsAll ? all : quick;
}

/** What a title says of what `npm test` leaves out. */
export function noteOf(what: string): string {
  return runsAll ? '' : ` (skipped: ${what}; npm run test:all runs them)`;
}
