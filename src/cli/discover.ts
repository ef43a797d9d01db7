import { type Dirent, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { repositoryRoot } from '../config/index.ts';

/** Why a Dockerfile that lies in a named folder is left out; naming the file itself includes it. */
export type Omission = 'vendored' | 'test data' | 'template' | 'ignored by the configuration';

export interface Found {
  /** Absolute. */
  readonly path: string;
  /** The user named this very file. */
  readonly named: boolean;
}

export interface Discovery {
  readonly files: readonly Found[];
  readonly omitted: readonly { readonly path: string; readonly why: Omission }[];
  /** Named paths that are not there, folders without Dockerfiles and folders that cannot be read, with what is wrong. */
  readonly faults: readonly { readonly path: string; readonly message: string }[];
}

const vendored = /^(?:vendor|vendored|third[_-]party|bower_components|Godeps|site-packages|\.venv|venv)$/;
const testData = /^(?:test[_-]?data|_*fixtures_*|test[_-]?fixtures)$/i;
/** Never looked into: they hold nobody's own Dockerfiles, and many files. */
const closed = new Set(['.git', '.hg', '.svn', 'node_modules']);
const templateName = /\.(?:j2|jinja2?|tmpl|tpl|gotmpl|template|erb|in|mustache|hbs|ejs|m4)$/i;
const dockerfileName = /^(?:[Dd]ockerfile|Dockerfile\..+|.+\.[Dd]ockerfile|Containerfile.*)$/;
const otherName = /\.(?:dockerignore|containerignore|md|orig|rej|bak|swp|tmp)$|~$/;

/** Finds the Dockerfiles that absolute paths name: files as they are, folders with all below them. */
export async function discover(paths: readonly string[]): Promise<Discovery> {
  const search = new Search();
  for (const path of paths) await search.add(path);
  return search;
}

class Search implements Discovery {
  readonly files: Found[] = [];
  readonly omitted: { path: string; why: Omission }[] = [];
  readonly faults: { path: string; message: string }[] = [];
  readonly #seen = new Set<string>();

  async add(path: string): Promise<void> {
    let isFolder: boolean;
    try {
      isFolder = statSync(path).isDirectory();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A dangling link is there, and reading it says more.
      if (code !== 'ENOENT' || this.#isLink(path)) this.#take({ path, named: true });
      else this.faults.push({ path, message: 'there is no such file or folder' });
      return;
    }
    if (!isFolder) {
      this.#take({ path, named: true });
      return;
    }
    const before = this.files.length + this.omitted.length + this.faults.length + this.#seen.size;
    await this.#walk(path, await GitIgnore.above(path), undefined);
    const after = this.files.length + this.omitted.length + this.faults.length + this.#seen.size;
    if (before === after) this.faults.push({ path, message: 'no Dockerfile in this folder or below it' });
  }

  #isLink(path: string): boolean {
    try {
      return readdirSync(dirname(path), { withFileTypes: true }).some(
        (entry) => entry.isSymbolicLink() && join(dirname(path), entry.name) === path,
      );
    } catch {
      return false;
    }
  }

  #take(found: Found): void {
    let real = found.path;
    try {
      real = realpathSync(found.path);
    } catch {
      // Reading it will say what is wrong.
    }
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    this.files.push(found);
  }

  async #walk(folder: string, above: GitIgnore, why: Omission | undefined): Promise<void> {
    let entries: Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      this.faults.push({
        path: folder,
        message: `this folder cannot be read (${(error as NodeJS.ErrnoException).code})`,
      });
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const ignore = entries.some((entry) => entry.name === '.gitignore') ? await above.within(folder) : above;
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (closed.has(entry.name) || ignore.ignores(path, true)) continue;
        const reason = vendored.test(entry.name) ? 'vendored' : testData.test(entry.name) ? 'test data' : undefined;
        await this.#walk(path, ignore, why ?? reason);
      } else if (isDockerfileName(entry.name) && !ignore.ignores(path, false)) {
        const reason = why ?? (templateName.test(entry.name) ? 'template' : undefined);
        if (reason) this.omitted.push({ path, why: reason });
        else if (!entry.isSymbolicLink() || !isFolder(path)) this.#take({ path, named: false });
      }
    }
  }
}

/** Whether a path is a folder, or a link to one. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether a file's name says that it is a Dockerfile. */
export function isDockerfileName(name: string): boolean {
  return dockerfileName.test(name) && !otherName.test(name);
}

/**
 * Whether a text is the source of a Dockerfile and not one: it holds the marks of a template engine outside of quotes,
 * where no Dockerfile has them (in quotes they are the formats of docker, jq and others).
 */
export function looksLikeTemplate(source: string): boolean {
  if (!/\{\{|\{%|<%|@[A-Z]/.test(source)) return false;
  return source.split('\n').some((line) => {
    if (/^\s*#/.test(line)) return false;
    if (/^\s*(?:\{\{|\}\}|\{%|<%)/.test(line) || /^\s*FROM\s.*(?:\{\{|\{%|<%|@[A-Z][A-Z0-9_]*@)/i.test(line))
      return true;
    return /\{\{.*\}\}|\{%.*%\}|<%.*%>/.test(line.replace(/"(?:\\.|[^"\\])*"|'[^']*'/g, ''));
  });
}

/** Whether a file is a piece that Dockerfiles are put together from: it has no FROM, and lies below a folder of templates. */
export function isTemplatePiece(path: string, source: string): boolean {
  return /(?:^|[-_.])templates?$/im.test(dirname(path).replaceAll(sep, '\n')) && !/^\s*FROM\s/im.test(source);
}

/** The .gitignore files in force in a folder, innermost last. */
class GitIgnore {
  readonly #levels: readonly { readonly folder: string; readonly matcher: Matcher }[];

  private constructor(levels: readonly { readonly folder: string; readonly matcher: Matcher }[]) {
    this.#levels = levels;
  }

  /** Those of the folders above one, down from the root of its repository; none where it is itself ignored. */
  static async above(folder: string): Promise<GitIgnore> {
    let found = new GitIgnore([]);
    const root = repositoryRoot(folder);
    if (root === undefined) return found;
    const exclude = join(root, '.git', 'info', 'exclude');
    if (existsSync(exclude)) found = await found.#with(root, exclude);
    const parts = relative(root, folder).split(sep).slice(0, -1);
    let at = root;
    for (const part of relative(root, folder) === '' ? [] : ['', ...parts]) {
      at = join(at, part);
      found = await found.within(at);
    }
    return folder !== root && found.ignores(folder, true) ? new GitIgnore([]) : found;
  }

  /** With the .gitignore of a folder, if it has one. */
  within(folder: string): Promise<GitIgnore> {
    return this.#with(folder, join(folder, '.gitignore'));
  }

  async #with(folder: string, file: string): Promise<GitIgnore> {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return this;
    }
    return new GitIgnore([...this.#levels, { folder, matcher: await pathMatcher(text) }]);
  }

  ignores(path: string, isFolderPath: boolean): boolean {
    for (const { folder, matcher } of [...this.#levels].reverse()) {
      const name = relative(folder, path).split(sep).join('/');
      const { ignored, unignored } = matcher.test(isFolderPath ? `${name}/` : name);
      if (ignored || unignored) return ignored;
    }
    return false;
  }
}

interface Matcher {
  /** Takes a path relative to the folder of the patterns, with a final `/` for a folder. */
  test(path: string): { readonly ignored: boolean; readonly unignored: boolean };
}

/** Matches paths by the patterns of a .gitignore, given as its text. */
export async function pathMatcher(patterns: string): Promise<Matcher> {
  const { default: ignore } = await import('ignore');
  return ignore().add(patterns);
}
