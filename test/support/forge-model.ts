import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { git, gitWith } from './git-http.ts';

/** A pull request as all kinds of forges have it. */
export interface ModelPull {
  readonly number: number;
  readonly head: string;
  /** The repository that its branch is in; another one for a fork. */
  readonly headRepository: string;
  base: string;
  title: string;
  body: string;
  state: 'open' | 'closed' | 'merged';
  readonly labels: string[];
  readonly comments: string[];
}

/** A repository of a fake forge: a bare git repository, and its pull requests. */
export class ModelRepository {
  readonly id: number;
  readonly name: string;
  readonly folder: string;
  readonly pulls: ModelPull[] = [];
  readonly labels = [
    { id: 1, name: 'docker' },
    { id: 2, name: 'security' },
  ];
  archived = false;
  isFork = false;
  mayPush = true;
  readonly defaultBranch = 'main';

  constructor(id: number, name: string, folder: string) {
    this.id = id;
    this.name = name;
    this.folder = folder;
  }

  /** The commit of a branch; undefined where there is none. */
  tip(branch: string): string | undefined {
    return git(this.folder, 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`).trim() || undefined;
  }

  /** The names of all branches. */
  get branches(): string[] {
    return git(this.folder, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n').filter(Boolean);
  }

  file(branch: string, path: string): string {
    return git(this.folder, 'show', `${branch}:${path}`);
  }

  /** Commits files on top of a branch, as a person would; `undefined` takes one away. Modes are 100644 unless given. */
  commit(
    branch: string,
    files: Readonly<Record<string, string | { text: string; mode: string } | undefined>>,
    message = 'Change by hand',
    environment: Record<string, string> = {},
  ): string {
    const parent = this.tip(branch);
    const index = join(this.folder, `index-${Math.random().toString(36).slice(2)}`);
    const run = (input: string | undefined, ...args: string[]): string =>
      gitWith(
        this.folder,
        { ...(input !== undefined && { input }), environment: { GIT_INDEX_FILE: index, ...environment } },
        ...args,
      );
    if (parent) run(undefined, 'read-tree', parent);
    for (const [path, content] of Object.entries(files)) {
      if (content === undefined) {
        run(undefined, 'rm', '--cached', '--quiet', '--', path);
        continue;
      }
      const { text, mode } = typeof content === 'string' ? { text: content, mode: '100644' } : content;
      const blob = run(text, 'hash-object', '-w', '--stdin').trim();
      run(undefined, 'update-index', '--add', '--cacheinfo', `${mode},${blob},${path}`);
    }
    const tree = run(undefined, 'write-tree').trim();
    const commit = run(message, 'commit-tree', tree, ...(parent ? ['-p', parent] : [])).trim();
    run(undefined, 'update-ref', `refs/heads/${branch}`, commit);
    return commit;
  }

  /** Merges an open pull request as a person would; a squash makes one new commit on the base. */
  merge(number: number, how: 'merge' | 'squash', { keepBranch = false } = {}): void {
    const pull = this.pulls.find((each) => each.number === number)!;
    const [base, head] = [this.tip(pull.base)!, this.tip(pull.head)!];
    const environment = { GIT_INDEX_FILE: join(this.folder, 'index-merge') };
    gitWith(
      this.folder,
      { environment },
      'read-tree',
      '-i',
      '-m',
      '--aggressive',
      git(this.folder, 'merge-base', base, head).trim(),
      base,
      head,
    );
    const tree = gitWith(this.folder, { environment }, 'write-tree').trim();
    const parents = how === 'merge' ? ['-p', base, '-p', head] : ['-p', base];
    const commit = gitWith(this.folder, { input: pull.title }, 'commit-tree', tree, ...parents).trim();
    git(this.folder, 'update-ref', `refs/heads/${pull.base}`, commit);
    pull.state = 'merged';
    if (!keepBranch) git(this.folder, 'update-ref', '-d', `refs/heads/${pull.head}`);
  }

  /** Forges close a pull request whose branch is gone. */
  closeOrphans(): void {
    const branches = new Set(this.branches);
    for (const pull of this.pulls) {
      if (pull.state === 'open' && pull.headRepository === this.name && !branches.has(pull.head)) pull.state = 'closed';
    }
  }

  /** What one branch has that another has not, in numbers of commits. */
  ahead(base: string, head: string): number {
    return Number(git(this.folder, 'rev-list', '--count', `refs/heads/${base}..refs/heads/${head}`));
  }
}

/** Makes a bare repository with one commit on main. */
export function makeRepository(root: string, id: number, name: string, files: ModelFiles): ModelRepository {
  const folder = join(root, `${name}.git`);
  mkdirSync(dirname(folder), { recursive: true });
  git(root, 'init', '--quiet', '--bare', '--initial-branch=main', folder);
  writeFileSync(join(folder, 'config'), `${bareConfig}`);
  const repository = new ModelRepository(id, name, folder);
  if (Object.keys(files).length > 0) repository.commit('main', files, 'First');
  return repository;
}

export type ModelFiles = Readonly<Record<string, string | { text: string; mode: string }>>;

const bareConfig = `[core]
	repositoryformatversion = 0
	bare = true
[http]
	receivepack = true
[uploadpack]
	allowAnySHA1InWant = true
`;
