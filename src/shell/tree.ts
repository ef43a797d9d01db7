/** The syntax tree of one shell text. Offsets are UTF-16 code units into that text. */
export interface ShellNode {
  readonly start: number;
  readonly end: number;
}

export interface ShellWord extends ShellNode {
  /** As written. */
  readonly text: string;
  /** The value where no expansion, glob, brace or tilde takes part; undefined otherwise. */
  readonly literal: string | undefined;
  /** Some part is quoted or escaped. */
  readonly quoted: boolean;
  /** Names of the variables that it expands. */
  readonly variables: readonly string[];
  /** Names that it may assign: `${x:=1}`, `$((x=1))`. */
  readonly assigns: readonly string[];
  /** The scripts of its command and process substitutions. */
  readonly substitutions: readonly ShellList[];
}

export interface ShellAssignment extends ShellNode {
  readonly name: string;
  readonly value: ShellWord | undefined;
}

export interface ShellRedirect extends ShellNode {
  /** `>`, `>>`, `<`, `<<`, `<<<`, `>&`, … */
  readonly operator: string;
  readonly target: ShellWord | undefined;
  /** `{name}>`: it sets a variable. */
  readonly setsVariable: boolean;
}

/** A simple command; `words[0]` is its name, if it has one. */
export interface ShellCommand extends ShellNode {
  readonly kind: 'command';
  readonly assignments: readonly ShellAssignment[];
  readonly words: readonly ShellWord[];
  readonly redirects: readonly ShellRedirect[];
}

export interface ShellPipeline extends ShellNode {
  readonly kind: 'pipeline';
  readonly negated: boolean;
  readonly timed: boolean;
  readonly commands: readonly ShellTree[];
}

/** A chain of `&&` and `||`; `operators[i]` stands between commands i and i + 1. */
export interface ShellAndOr extends ShellNode {
  readonly kind: 'and-or';
  readonly commands: readonly ShellTree[];
  readonly operators: readonly ('&&' | '||')[];
}

export interface ShellCompound extends ShellNode {
  readonly kind: 'compound';
  readonly type:
    | 'subshell'
    | 'group'
    | 'if'
    | 'for'
    | 'arithmetic-for'
    | 'while'
    | 'until'
    | 'case'
    | 'select'
    | 'test'
    | 'arithmetic';
  /** Conditions and bodies in source order. */
  readonly lists: readonly ShellList[];
  /** The words outside its lists (of `for`, `case`, `[[ ]]`). */
  readonly words: readonly ShellWord[];
  /** The variable of `for` and `select`, and those that `((…))` assigns. */
  readonly assigns: readonly string[];
  readonly redirects: readonly ShellRedirect[];
}

export interface ShellFunction extends ShellNode {
  readonly kind: 'function';
  readonly name: string;
  readonly body: ShellTree;
}

export interface ShellCoproc extends ShellNode {
  readonly kind: 'coproc';
}

export type ShellTree = ShellCommand | ShellPipeline | ShellAndOr | ShellCompound | ShellFunction | ShellCoproc;

export interface ShellStatement extends ShellNode {
  readonly tree: ShellTree;
  /** It ends in `&`. */
  readonly background: boolean;
}

/** Statements separated by `;`, `&` or newlines. */
export interface ShellList extends ShellNode {
  readonly statements: readonly ShellStatement[];
}

/** Syntax that only bash (and some of it busybox ash) reads as meant; dash reads it otherwise or fails. */
export interface Bashism extends ShellNode {
  readonly what: string;
}

export interface ShellScript extends ShellList {
  readonly text: string;
  /**
   * Every character is accounted for: the parser reported no error, and between the nodes stand only the blanks,
   * operators, keywords and comments that belong there. A script that is not tiled must not be edited.
   */
  readonly tiled: boolean;
  readonly bashisms: readonly Bashism[];
  /** Comments outside words, `#` to the end of the line. */
  readonly comments: readonly ShellNode[];
}

/** Calls back for every simple command, outermost first; with `nested`, also those in substitutions. */
export function visitCommands(
  list: ShellList,
  visit: (command: ShellCommand) => void,
  options: { readonly nested: boolean } = { nested: true },
): void {
  for (const tree of treesOf(list, options.nested)) if (tree.kind === 'command') visit(tree);
}

/** Calls back for every tree of a list, parents first; with `nested`, also those in substitutions. */
export function visitTrees(
  list: ShellList,
  visit: (tree: ShellTree) => void,
  options: { readonly nested: boolean } = { nested: true },
): void {
  for (const tree of treesOf(list, options.nested)) visit(tree);
}

/** Most transforms go through the same lists. */
const outer = new WeakMap<ShellList, readonly ShellTree[]>();
const all = new WeakMap<ShellList, readonly ShellTree[]>();

function treesOf(list: ShellList, nested: boolean): readonly ShellTree[] {
  const known = nested ? all : outer;
  let trees = known.get(list);
  if (!trees) {
    const found: ShellTree[] = [];
    collect(list, nested, found);
    trees = found;
    known.set(list, trees);
  }
  return trees;
}

function collect(list: ShellList, nested: boolean, found: ShellTree[]): void {
  const words = (each: readonly ShellWord[]): void => {
    if (nested) for (const word of each) for (const inner of word.substitutions) collect(inner, nested, found);
  };
  const redirects = (each: readonly ShellRedirect[]): void => {
    for (const redirect of each) if (redirect.target) words([redirect.target]);
  };
  const walk = (tree: ShellTree): void => {
    found.push(tree);
    switch (tree.kind) {
      case 'command':
        for (const assignment of tree.assignments) if (assignment.value) words([assignment.value]);
        words(tree.words);
        redirects(tree.redirects);
        return;
      case 'pipeline':
      case 'and-or':
        for (const command of tree.commands) walk(command);
        return;
      case 'compound':
        words(tree.words);
        for (const inner of tree.lists) collect(inner, nested, found);
        redirects(tree.redirects);
        return;
      case 'function':
        walk(tree.body);
    }
  };
  for (const statement of list.statements) walk(statement.tree);
}

/** The name of a simple command where it is a plain word, a path kept as written; undefined otherwise. */
export function commandName(command: ShellCommand): string | undefined {
  return command.words[0]?.literal;
}
