import type { Environment } from '../registry/index.ts';
import type { Transform } from '../transform/index.ts';
import type { Author } from './git.ts';
import type { Group } from './groups.ts';
import type { Updater } from './updater.ts';
import type { CommitCut, Fixer } from './work-tree.ts';

/**
 * What became of a group: `kept`, a registry was silent; `paused`, a person's commits are on the branch; `declined`, a
 * person closed it; `waiting`, enough are open; `skipped`, the repository takes none.
 */
export const statuses = [
  'opened',
  'updated',
  'unchanged',
  'closed',
  'kept',
  'paused',
  'declined',
  'waiting',
  'nothing',
  'skipped',
  'failed',
] as const;
export type Status = (typeof statuses)[number];

/** What a run did about one group of one repository; `group` is `-` where it is about the repository itself. */
export interface Outcome {
  readonly repository: string;
  readonly group: string;
  readonly status: Status;
  readonly number?: number;
  readonly url?: string;
  readonly detail?: string;
  /** The kind of the fault of a failure. */
  readonly kind?: string;
  readonly notices: readonly string[];
}

/** What a run tells while it goes on. */
export interface BotListener {
  step(repository: string, step: string, group?: string): void;
  /** A write that a dry run leaves out. */
  would(repository: string, words: string): void;
}

/** What holds for all repositories of a run. */
export interface BotOptions {
  readonly transforms: readonly Transform[];
  readonly groups: readonly Group[];
  /** The updater that is set up where none is; undefined: none, but it is offered. */
  readonly updater: Updater | undefined;
  /** The branch to work on; undefined: the default one. */
  readonly base: string | undefined;
  /** What the names of branches begin with. */
  readonly prefix: string;
  /** What titles and subjects begin with, such as `build:`. */
  readonly subjectPrefix: string;
  readonly cut: CommitCut;
  readonly labels: readonly string[];
  /** The most pull requests that one run opens in one repository. */
  readonly limit: number;
  /** Open anew what a person closed. */
  readonly again: boolean;
  readonly dryRun: boolean;
  readonly author: Author;
  readonly toolVersion: string;
  readonly environment: Environment;
  readonly clean: (text: string) => string;
  readonly openFixer: (folder: string) => Promise<Fixer>;
  readonly listener: BotListener;
}
