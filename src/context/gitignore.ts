import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { readFileWithin } from './read-file.ts';
import { type ContextEntry, type ContextTree, childOf, entryAt } from './walk.ts';

/** Rules of one .gitignore file, and the path of an entry as they see it. */
interface Rules {
  readonly rules: Ignore;
  readonly seen: (path: string) => string;
}

const SIZE_CAP = 1 << 20;

/**
 * The entries of a context that git ignores, each directory standing for what is in it, by the .gitignore files from
 * the root of the repository downwards and `.git/info/exclude`. A file that is tracked although a rule names it is
 * listed too, for the index is not read. The `.git` directory is not listed.
 *
 * @param root the absolute path of the repository, at or above the context
 */
export function gitIgnored(tree: ContextTree, root: string): ContextEntry[] {
  const ignored: ContextEntry[] = [];
  const enter = (directory: ContextEntry, outer: readonly Rules[]): void => {
    const all = rulesIn(tree, directory, outer);
    for (const entry of directory.children ?? []) {
      if (posix.basename(entry.path) === '.git') continue;
      if (isIgnored(entry.path, entry.type === 'directory', all)) ignored.push(entry);
      else if (entry.children !== undefined) enter(entry, all);
    }
  };
  enter(tree.root, rulesAbove(tree, root));
  return ignored;
}

/** Answers for single paths what git ignores, also for those that do not exist; each file of rules is read once. */
export class GitRules {
  readonly #tree: ContextTree;
  readonly #root: string;
  readonly #known = new Map<string, readonly Rules[] | 'ignored'>();

  constructor(tree: ContextTree, root: string) {
    this.#tree = tree;
    this.#root = root;
  }

  /** Whether git ignores a path, or a directory that it is in. */
  ignores(path: string, isDirectory: boolean): boolean {
    const rules = this.#rules(posix.dirname(path));
    return rules === 'ignored' || isIgnored(path, isDirectory, rules);
  }

  /** The rules that hold for what is in a directory. */
  #rules(directory: string): readonly Rules[] | 'ignored' {
    const known = this.#known.get(directory);
    if (known !== undefined) return known;
    const isRoot = directory === '.' || directory === '';
    const outer = isRoot ? rulesAbove(this.#tree, this.#root) : this.#rules(posix.dirname(directory));
    const entry = isRoot ? this.#tree.root : entryAt(this.#tree, directory);
    let rules = outer;
    if (outer !== 'ignored' && !isRoot && isIgnored(directory, true, outer)) rules = 'ignored';
    else if (outer !== 'ignored' && entry?.children !== undefined) rules = rulesIn(this.#tree, entry, outer);
    this.#known.set(directory, rules);
    return rules;
  }
}

/** The rules from the root of the repository down to the context, without those of the context itself. */
function rulesAbove(tree: ContextTree, root: string): Rules[] {
  const inside = posix.relative(root, tree.directory);
  const above = inside === '' || inside.startsWith('..') ? [] : inside.split('/');
  const start: Rules[] = [];
  addRules(start, `${root}/.git/info/exclude`, above);
  above.forEach((_, depth) => {
    addRules(
      start,
      `${root}/${above
        .slice(0, depth)
        .map((name) => `${name}/`)
        .join('')}.gitignore`,
      above.slice(depth),
    );
  });
  return start;
}

function rulesIn(tree: ContextTree, directory: ContextEntry, outer: readonly Rules[]): readonly Rules[] {
  if (childOf(directory, '.gitignore')?.type !== 'file') return outer;
  const all = [...outer];
  addRules(all, `${tree.directory}/${directory.path}/.gitignore`, [], directory.path);
  return all;
}

/** The last rule that speaks of a path decides; a file nearer to the path is asked later. */
function isIgnored(path: string, isDirectory: boolean, all: readonly Rules[]): boolean {
  let answer = false;
  for (const { rules, seen } of all) {
    const { ignored, unignored } = rules.test(seen(path) + (isDirectory ? '/' : ''));
    if (ignored) answer = true;
    else if (unignored) answer = false;
  }
  return answer;
}

/** Adds a file of rules, if it is there: `above` lies between it and the context, `below` between the context and it. */
function addRules(all: Rules[], file: string, above: readonly string[], below = ''): void {
  // Most are not there, and an error that is thrown takes longer than a look.
  if (!existsSync(file)) return;
  const read = readFileWithin(file, SIZE_CAP);
  if (!('text' in read)) return;
  const prefix = above.map((name) => `${name}/`).join('');
  const skip = below === '' ? 0 : below.length + 1;
  all.push({ rules: ignore({ ignorecase: false }).add(read.text), seen: (path) => prefix + path.slice(skip) });
}
