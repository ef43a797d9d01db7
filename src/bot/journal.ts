import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Outcome } from './options.ts';

/** The end of a run that came to its end; the next one starts anew. */
const finished = '{"finished":true}';

/**
 * A file that remembers which repositories a run has done, a line each, so that a run that was ended goes on where it
 * was. What failed is done again.
 */
export class Journal {
  readonly #path: string | undefined;
  readonly #done = new Map<string, readonly Outcome[]>();

  /** `undefined`: nothing is remembered. */
  constructor(path: string | undefined) {
    this.#path = path;
    const lines = path === undefined ? [] : readLines(path);
    if (lines.includes(finished)) {
      writeFileSync(path!, '');
      return;
    }
    // A crash may have cut the last line short.
    if (lines.at(-1)) appendFileSync(path!, '\n');
    for (const line of lines) {
      const outcomes = parsed(line);
      const [first] = outcomes ?? [];
      if (outcomes && first) this.#done.set(first.repository, outcomes);
    }
  }

  /** What was done about a repository before this run was ended; undefined where it has to be done. */
  outcomesOf(repository: string): readonly Outcome[] | undefined {
    const outcomes = this.#done.get(repository);
    return outcomes?.some((each) => each.status === 'failed') ? undefined : outcomes;
  }

  record(outcomes: readonly Outcome[]): void {
    if (this.#path !== undefined && outcomes.length > 0) appendFileSync(this.#path, `${JSON.stringify(outcomes)}\n`);
  }

  finish(): void {
    if (this.#path !== undefined) appendFileSync(this.#path, `${finished}\n`);
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A line that a crash cut short is none. */
function parsed(line: string): Outcome[] | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? (value as Outcome[]) : undefined;
  } catch {
    return undefined;
  }
}
