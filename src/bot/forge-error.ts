/** What kind of fault a forge, or git on its behalf, has told of. */
export type ForgeErrorKind =
  | 'authentication'
  | 'permission'
  | 'single-sign-on'
  | 'pulls-not-allowed'
  | 'protected-branch'
  | 'name-taken'
  | 'not-found'
  | 'archived'
  | 'exists'
  | 'moved'
  | 'rate-limited'
  | 'too-large'
  | 'invalid'
  | 'network'
  | 'server'
  | 'git';

/** What each kind means to a person and what helps, a sentence each. */
const advice: Readonly<Record<ForgeErrorKind, string>> = {
  authentication: 'the token is wrong, expired or revoked',
  permission: 'the token may not do this; it needs to write contents and pull requests of the repository',
  'single-sign-on': 'the organization wants this token to be authorized for its single sign-on',
  'pulls-not-allowed':
    'a setting of the repository or its organization keeps workflows from opening pull requests; allow it under Settings, Actions, or use the token of an app',
  'protected-branch': 'a rule of the repository refuses pushes to this branch; `--branch-prefix` chooses another name',
  'name-taken': 'another branch is in the way of this name; `--branch-prefix` chooses another one',
  'not-found': 'there is no such repository, or the token does not show it',
  archived: 'the repository is archived',
  exists: 'the pull request is there already',
  moved: 'the branch changed while this ran; the next run looks again',
  'rate-limited': 'the forge asks to wait longer than this run would; the next run goes on',
  'too-large': 'the forge refuses this for its size',
  invalid: 'the forge refuses this as invalid',
  network: 'the forge cannot be reached',
  server: 'the forge itself failed',
  git: 'git failed',
};

/** A forge refused or failed. The message never holds a token. */
export class ForgeError extends Error {
  readonly kind: ForgeErrorKind;
  /** The words of the forge, in one line, without secrets; undefined where it had none. */
  readonly words: string | undefined;

  constructor(kind: ForgeErrorKind, words?: string) {
    super(words === undefined || words === '' ? advice[kind] : `${advice[kind]} (${words})`);
    this.name = 'ForgeError';
    this.kind = kind;
    this.words = words;
  }
}
