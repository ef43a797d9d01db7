import {
  type ShellCommand,
  type ShellList,
  type ShellTree,
  type ShellWord,
  visitTrees,
} from '../../src/shell/index.ts';

/** The names of the variables that a tree expands, in its substitutions too. */
export function variablesRead(tree: ShellTree | ShellList): ReadonlySet<string> {
  const found = new Set<string>();
  const list: ShellList =
    'statements' in tree
      ? tree
      : {
          start: tree.start,
          end: tree.end,
          statements: [{ start: tree.start, end: tree.end, tree, background: false }],
        };
  visitTrees(list, (each) => {
    if (each.kind === 'command') for (const word of wordsOf(each)) addWord(word, found);
    if (each.kind === 'compound') {
      for (const word of each.words) addWord(word, found);
      for (const { target } of each.redirects) if (target) addWord(target, found);
    }
  });
  return found;
}

/** The names of the variables that some words expand, in their substitutions too. */
export function variablesOf(words: readonly ShellWord[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const word of words) {
    addWord(word, found);
    for (const inner of word.substitutions) for (const name of variablesRead(inner)) found.add(name);
  }
  return found;
}

function addWord(word: ShellWord, found: Set<string>): void {
  for (const name of word.variables) found.add(name);
}

/** All words of a command: assigned values, arguments, targets of redirections. */
export function wordsOf(command: ShellCommand): ShellWord[] {
  return [
    ...command.assignments.flatMap(({ value }) => value ?? []),
    ...command.words,
    ...command.redirects.flatMap(({ target }) => target ?? []),
  ];
}

/** Whether a text that no one parsed may expand a variable. */
export function mentions(text: string, names: Iterable<string>): boolean {
  return [...names].some((name) =>
    new RegExp(`\\$(?:\\{[#!]?)?${name}(?![A-Za-z0-9_])|%${name}%|\\$env:${name}\\b`).test(text),
  );
}
