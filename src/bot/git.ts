import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../registry/index.ts';
import type { Credentials } from './forge.ts';
import { ForgeError, type ForgeErrorKind } from './forge-error.ts';

/** Who the commits are by. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

export interface GitOptions {
  /** The work tree; it need not be there yet. */
  readonly folder: string;
  readonly url: string;
  /** Asked before each command that speaks to the forge, as the token of an app ends. */
  readonly credentials: () => Promise<Credentials | undefined>;
  readonly author: Author;
  readonly environment: Environment;
  readonly clean: (text: string) => string;
}

/** How long one git command may take, in milliseconds. */
const timeout = 15 * 60_000;
/** No attribute of a repository changes the bytes of its files: no end of line, filter, encoding or keyword. */
const attributes = '* -text -eol -crlf -filter -ident -working-tree-encoding !merge\n';

/**
 * A shallow clone of one branch, by the `git` program. The token is in the environment of git alone: in no argument, no
 * configuration file, no URL. Hooks, filters and helpers of the machine or the repository are not run.
 */
export class Git {
  readonly #options: GitOptions;

  constructor(options: GitOptions) {
    this.#options = options;
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** The branches of the remote whose names begin with some text, with their commits. */
  async remoteBranches(prefix: string): Promise<ReadonlyMap<string, string>> {
    const patterns = [`refs/heads/${prefix}`, `refs/heads/${prefix}*`, `refs/heads/${prefix}*/*`];
    const text = await this.#remote(['ls-remote', '--', this.#options.url, ...patterns]);
    const lines = text.split('\n').flatMap((line) => {
      const [sha, ref] = line.split('\t');
      return sha && ref?.startsWith('refs/heads/') ? [[ref.slice('refs/heads/'.length), sha] as const] : [];
    });
    return new Map(lines);
  }

  /** Clones one branch without its history, and gives its commit. Throws ForgeError `invalid` where it is not there. */
  async clone(branch: string): Promise<string> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true });
    await this.#local(['init', '--quiet', '--template=', '--initial-branch=dockmend-base']);
    await mkdir(join(folder, '.git', 'info'), { recursive: true });
    await writeFile(join(folder, '.git', 'info', 'attributes'), attributes);
    const base = await this.fetch(branch);
    await this.#local(['reset', '--quiet', '--hard', base]);
    return base;
  }

  /** Fetches the commit of a branch alone, and gives it. */
  async fetch(branch: string): Promise<string> {
    const ref = `refs/dockmend/${branch}`;
    const spec = `+refs/heads/${branch}:${ref}`;
    await this.#remote(['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', 'origin', spec]);
    return (await readFile(join(this.folder, '.git', 'FETCH_HEAD'), 'latin1')).split('\t', 1)[0]!;
  }

  /** Makes the work tree that of a commit, and nothing else. */
  async reset(commit: string): Promise<void> {
    await this.#local(['reset', '--quiet', '--hard', commit]);
    await this.#local(['clean', '--quiet', '--force', '-d', '-x']);
  }

  /** The symbolic links of a commit, relative to its root, with `/`. */
  async symbolicLinks(commit: string): Promise<readonly string[]> {
    const text = await this.#local(['ls-tree', '-r', '-z', '--full-tree', commit]);
    return text.split('\0').flatMap((line) => (line.startsWith('120000 ') ? [line.slice(line.indexOf('\t') + 1)] : []));
  }

  /** Puts files as they stand in the work tree into the index. */
  async add(paths: readonly string[]): Promise<void> {
    if (paths.length > 0)
      await this.#local(['add', '--force', '--pathspec-from-file=-', '--pathspec-file-nul'], paths.join('\0'));
  }

  /** What a tree changes of a commit: modes, object names and paths, in one text that is equal for equal changes alone. */
  changes(commit: string, tree: string): Promise<string> {
    return this.#local(['diff-tree', '-r', '--raw', '--no-abbrev', '--no-renames', '-z', `${commit}^{tree}`, tree]);
  }

  /** The tree that the index stands for. */
  async writeTree(): Promise<string> {
    return (await this.#local(['write-tree'])).trim();
  }

  async treeOf(commit: string): Promise<string> {
    return (await this.#local(['rev-parse', '--verify', `${commit}^{tree}`])).trim();
  }

  /** Makes a commit of a tree. */
  async commitTree(tree: string, parent: string, message: string): Promise<string> {
    return (await this.#local(['commit-tree', tree, '-p', parent, '-F', '-'], message)).trim();
  }

  /** A commit object as git keeps it. */
  readCommit(commit: string): Promise<string> {
    return this.#local(['cat-file', 'commit', commit]);
  }

  /**
   * Puts a commit on a branch of the remote, or with `undefined` takes the branch away. Throws ForgeError `moved` where
   * the branch is not at `expected` (undefined: not there).
   */
  async push(branch: string, commit: string | undefined, expected: string | undefined): Promise<void> {
    const ref = `refs/heads/${branch}`;
    const lease = `--force-with-lease=${ref}:${expected ?? ''}`;
    await this.#remote(['push', '--quiet', '--porcelain', '--no-verify', lease, 'origin', `${commit ?? ''}:${ref}`]);
  }

  #local(args: readonly string[], input = ''): Promise<string> {
    return this.#run(args, undefined, input);
  }

  async #remote(args: readonly string[]): Promise<string> {
    return this.#run(args, await this.#options.credentials(), '');
  }

  #run(args: readonly string[], credentials: Credentials | undefined, input: string): Promise<string> {
    const { folder, clean } = this.#options;
    return new Promise((resolve, reject) => {
      const child = spawn('git', [...args], {
        cwd: args[0] === 'ls-remote' ? undefined : folder,
        env: this.#environment(credentials),
        timeout,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const out: Buffer[] = [];
      let words = '';
      child.stdout.on('data', (piece: Buffer) => out.push(piece));
      child.stderr.on('data', (piece: Buffer) => {
        words = (words + piece.toString()).slice(-8192);
      });
      child.on('error', (error) => {
        const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        reject(new ForgeError('git', isMissing ? 'there is no program `git`' : clean(error.message)));
      });
      child.on('close', (code, signal) => {
        const text = Buffer.concat(out).toString();
        if (code === 0) return resolve(text);
        const told = `${words}\n${args[0] === 'push' ? text : ''}`;
        const why = signal ? `git ${args[0]} was ended by ${signal}` : `git ${args[0]}: ${clean(gist(told))}`;
        reject(new ForgeError(kindOf(told, args[0]!), why));
      });
      // A child that ends early does not read all.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });
  }

  #environment(credentials: Credentials | undefined): NodeJS.ProcessEnv {
    const { author, environment, url } = this.#options;
    const inherited = Object.entries(environment).filter(([name]) => !/^GIT_(?!SSL|HTTP|PROXY|EXEC_PATH)/.test(name));
    const settings: [string, string][] = [
      ['core.hooksPath', '/dev/null'],
      ['core.autocrlf', 'false'],
      ['core.fsmonitor', 'false'],
      ['core.quotePath', 'false'],
      ['core.longPaths', 'true'],
      ['commit.gpgSign', 'false'],
      ['credential.helper', ''],
      ['gc.auto', '0'],
      ['maintenance.auto', 'false'],
      ['remote.origin.url', url],
      ['submodule.recurse', 'false'],
      ['protocol.ext.allow', 'never'],
    ];
    if (credentials) {
      const header = `http.${new URL(url).origin}/.extraHeader`;
      const { user, password } = credentials;
      // An empty value takes away those that were set elsewhere, which the forge would see twice.
      settings.push(
        [header, ''],
        [header, `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`],
      );
    }
    return {
      ...Object.fromEntries(inherited),
      ...Object.fromEntries(
        settings.flatMap(([name, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, name],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
      GIT_CONFIG_COUNT: String(settings.length),
      GIT_TERMINAL_PROMPT: '0',
      GIT_LITERAL_PATHSPECS: '1',
      GIT_LFS_SKIP_SMUDGE: '1',
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_COMMITTER_NAME: author.name,
      GIT_COMMITTER_EMAIL: author.email,
      LC_ALL: 'C',
    };
  }
}

/** The line that says why: that of the remote, else that of git. */
function gist(told: string): string {
  const all = told.split('\n');
  const remote = all.filter((line) => /^remote:\s*\S/.test(line));
  const lines = (remote.length > 0 ? remote : all)
    .map((line) => line.replace(/^(?:remote:|fatal:|error:|hint:|To |Done|!)\s*/i, '').trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => /GH0|declined|denied|refus|not allowed|protected|violation|error/i.test(line));
  return (telling.length > 0 ? telling : lines).slice(0, 2).join('; ');
}

/** What the words of git and of the server beside it mean; git gives no codes. */
function kindOf(told: string, command: string): ForgeErrorKind {
  if (/\(stale info\)|\(fetch first\)|\(non-fast-forward\)|remote ref does not exist/.test(told)) return 'moved';
  if (
    /cannot lock ref[^\n]*exists|directory file conflict|\(failed to update ref\)|unable to resolve reference/i.test(
      told,
    )
  )
    return 'name-taken';
  if (
    /GH006|GH013|protected branch|rule violations|pre-receive hook declined|not allowed to (?:push|force push)/i.test(
      told,
    )
  ) {
    return 'protected-branch';
  }
  if (/Authentication failed|could not read Username|HTTP 401|error: 401/i.test(told)) return 'authentication';
  if (/\b403\b|permission to \S+ denied|not allowed to|insufficient scope|without `workflows?`/i.test(told))
    return 'permission';
  if (/couldn't find remote ref/i.test(told)) return 'invalid';
  if (/repository .*not found|HTTP 404|error: 404/i.test(told)) return 'not-found';
  if (/\b429\b/.test(told)) return 'rate-limited';
  if (/\b413\b|exceeds .*limit|file size limit/i.test(told)) return 'too-large';
  if (
    /could not resolve host|connection (?:refused|reset|timed out)|failed to connect|SSL|unexpected disconnect|early EOF/i.test(
      told,
    )
  ) {
    return 'network';
  }
  return command === 'push' && /\b5\d\d\b/.test(told) ? 'server' : 'git';
}

/** The URL of the remote `origin` of the checkout that a folder lies in; undefined where there is none. */
export function remoteOf(folder: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('git', ['config', '--get', 'remote.origin.url'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.on('data', (piece: Buffer) => {
      text += piece.toString();
    });
    child.on('error', () => resolve(undefined));
    child.on('close', () => resolve(text.trim() === '' ? undefined : text.trim()));
  });
}
