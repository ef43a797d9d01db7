import { posix } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { readFileWithin } from './read-file.ts';
import { type ContextEntry, type ContextTree, childOf } from './walk.ts';

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

  const enter = (directory: ContextEntry, outer: readonly Rules[]): void => {
    const all = [...outer];
    if (childOf(directory, '.gitignore')?.type === 'file') {
      addRules(all, `${tree.directory}/${directory.path}/.gitignore`, [], directory.path);
    }
    for (const entry of directory.children ?? []) {
      if (posix.basename(entry.path) === '.git') continue;
      if (isIgnored(entry, all)) ignored.push(entry);
      else if (entry.children !== undefined) enter(entry, all);
    }
  };
  enter(tree.root, start);
  return ignored;
}

/** The last rule that speaks of a path decides; a file nearer to the path is asked later. */
function isIgnored(entry: ContextEntry, all: readonly Rules[]): boolean {
  let answer = false;
  for (const { rules, seen } of all) {
    const { ignored, unignored } = rules.test(seen(entry.path) + (entry.type === 'directory' ? '/' : ''));
    if (ignored) answer = true;
    else if (unignored) answer = false;
  }
  return answer;
}

/** Adds a file of rules, if it is there: `above` lies between it and the context, `below` between the context and it. */
function addRules(all: Rules[], file: string, above: readonly string[], below = ''): void {
  const read = readFileWithin(file, SIZE_CAP);
  if (!('text' in read)) return;
  const prefix = above.map((name) => `${name}/`).join('');
  const skip = below === '' ? 0 : below.length + 1;
  all.push({ rules: ignore({ ignorecase: false }).add(read.text), seen: (path) => prefix + path.slice(skip) });
}
