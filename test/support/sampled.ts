/** Whether every test runs, as `npm run test:all` and CI do; `npm test`, which a person waits for, leaves some out. */
export const runsAll = process.env.DOCKMEND_TEST_ALL === '1';

/** What of a list runs, and the words for titles that say what does not. */
export interface Sample<T> {
  readonly items: readonly T[];
  /** Empty where nothing is left out. */
  readonly note: string;
}

/**
 * What `npm test` takes of a list that is long for its cost: every so-manyth item, from the first on. `npm run test:all`
 * takes all of it.
 */
export function sampled<T>(list: readonly T[], every: number): Sample<T> {
  if (runsAll) return { items: list, note: '' };
  const items = list.filter((_, index) => index % every === 0);
  return { items, note: noteOf(`${list.length - items.length} of ${list.length}`) };
}

/** How often something random is tried: a part of that by `npm test`. */
export function times(all: number, quick: number): number {
  return runsAll ? all : Math.min(all, quick);
}

/** What a title says of tests that `npm test` leaves out. */
export function noteOf(what: string): string {
  return runsAll ? '' : ` (skipped: ${what}; npm run test:all runs them)`;
}
