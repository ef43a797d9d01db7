/** The kinds of forges that are spoken to. Forgejo speaks as Gitea does. */
export const forgeKinds = ['github', 'gitlab', 'gitea'] as const;
export type ForgeKind = (typeof forgeKinds)[number];

/** What a forge says of a repository. */
export interface RepositoryInfo {
  /** Its full path as the forge spells it now, such as `owner/name` or `group/subgroup/name`. */
  readonly name: string;
  readonly defaultBranch: string;
  /** Why no pull request can be opened here, in a few words; undefined where one can. */
  readonly closed: string | undefined;
  /** Whether the token may push; undefined where the forge does not say. */
  readonly mayPush: boolean | undefined;
}

/** A pull request, or a merge request. */
export interface Pull {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly title: string;
  readonly body: string;
  /** The branch that it asks to be merged into. */
  readonly base: string;
}

export interface NewPull {
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
}

export interface PullChange {
  readonly title?: string;
  readonly body?: string;
  readonly base?: string;
  readonly close?: true;
}

/** What git is given to speak to a forge as. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** One forge with one token. Every method may throw ForgeError. */
export interface Forge {
  readonly kind: ForgeKind;
  /** Where its pages and its repositories are, without a final `/`: a repository is cloned from `<webUrl>/<name>.git`. */
  readonly webUrl: string;
  /** The longest title and body that it takes, in characters. */
  readonly limits: { readonly title: number; readonly body: number };
  repository(name: string): Promise<RepositoryInfo>;
  /** The full paths of the repositories of an organization, a group or a user that are neither archived nor forks. */
  repositoriesOf(owner: string): Promise<readonly string[]>;
  /** All pull requests from a branch of the repository itself, in whatever state, newest first. */
  pulls(repository: string, branch: string): Promise<readonly Pull[]>;
  /** The texts of the comments of a pull request. */
  comments(repository: string, number: number): Promise<readonly string[]>;
  credentials(repository: string): Promise<Credentials | undefined>;
  /** Throws ForgeError `exists` where the branch has an open one. Labels that cannot be set are `notices`. */
  createPull(repository: string, pull: NewPull): Promise<{ readonly pull: Pull; readonly notices: readonly string[] }>;
  updatePull(repository: string, number: number, change: PullChange): Promise<void>;
  comment(repository: string, number: number, body: string): Promise<void>;
}
