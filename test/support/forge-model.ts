import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
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
    if (!this.branches.includes(branch)) return undefined;
    return readFileSync(join(this.folder, 'refs/heads', branch), 'utf8').trim();
  }

  /** The names of all branches. */
  get branches(): string[] {
    const heads = join(this.folder, 'refs/heads');
    const entries = readdirSync(heads, { recursive: true, withFileTypes: true });
    const files = entries.filter((each) => each.isFile() && !each.name.endsWith('.lock'));
    return files.map((each) => relative(heads, join(each.parentPath, each.name))).sort();
  }

  file(branch: string, path: string): string {
    return git(this.folder, 'show', `${branch}:${path}`);
  }

  /** Commits files on top of a branch, as a person would; `undefined` takes one away. Modes are 100644 unless given. */
  commit(
    branch: string,
    files: Readonly<Record<string, string | { text: string; mode: string } | undefined>>,
    message = 'Change by hand',
  ): string {
    const parent = this.tip(branch);
    const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
    const changes = Object.entries(files).map(([path, content]) => {
      if (content === undefined) return `D ${path}\n`;
      const { text, mode } = typeof content === 'string' ? { text: content, mode: '100644' } : content;
      return `M ${mode} inline ${path}\n${data(text)}`;
    });
    const person = `Jane Doe <jane@example.org> ${Math.floor(Date.now() / 1000)} +0000`;
    const head = `commit refs/heads/${branch}\nauthor ${person}\ncommitter ${person}\n${data(`${message}\n`)}`;
    const input = `${head}${parent ? `from ${parent}\n` : ''}${changes.join('')}`;
    gitWith(this.folder, { input }, 'fast-import', '--quiet');
    return this.tip(branch)!;
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
  for (const each of ['hooks', 'objects', 'refs/heads']) mkdirSync(join(folder, each), { recursive: true });
  writeFileSync(join(folder, 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(folder, 'config'), bareConfig);
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
[receive]
	autogc = false
[uploadpack]
	allowAnySHA1InWant = true
`;
