import { type ShellCommand, type ShellList, type ShellTree, type ShellWord, visitCommands } from '../shell/index.ts';
import { absolute } from './image-paths.ts';

/** The directory that a shell is in; undefined where it cannot be told. */
export interface Place {
  directory: string | undefined;
}

/**
 * Calls back for every simple command of a shell text, outermost first, those in substitutions too, while `place` is
 * where it runs; afterwards it is where the text ends. `value` is what a word holds, undefined where that is not known.
 */
export function visitPlaces(
  list: ShellList,
  place: Place,
  value: (word: ShellWord) => string | undefined,
  visit: (command: ShellCommand) => void,
): void {
  new Walk(place, value, visit, list).list(list);
}

/** Commands that rarely fail, and whose failure would leave nothing to start. */
const MILD = /^(?::|cd|echo|printf|export|set|true|umask|mkdir)$/;

class Walk {
  readonly #place: Place;
  readonly #value: (word: ShellWord) => string | undefined;
  readonly #visit: (command: ShellCommand) => void;
  readonly #isMoving: boolean;
  /** The functions that leave the directory. */
  readonly #movers = new Set<string>();

  constructor(
    place: Place,
    value: (word: ShellWord) => string | undefined,
    visit: (command: ShellCommand) => void,
    list: ShellList,
  ) {
    this.#place = place;
    this.#value = value;
    this.#visit = visit;
    this.#isMoving = moves(list);
  }

  list({ statements }: ShellList): void {
    for (const { tree, background } of statements) {
      if (background) this.#apart(() => this.#tree(tree));
      else this.#tree(tree);
    }
  }

  /** What a shell of its own does leaves the directory of this one. */
  #apart(walk: () => void): void {
    const { directory } = this.#place;
    walk();
    this.#place.directory = directory;
  }

  #tree(tree: ShellTree): void {
    switch (tree.kind) {
      case 'command':
        this.#command(tree);
        return;
      case 'pipeline':
        for (const each of tree.commands) {
          if (tree.commands.length === 1) this.#tree(each);
          else this.#apart(() => this.#tree(each));
        }
        return;
      case 'and-or':
        this.#chain(tree.commands, tree.operators);
        return;
      case 'compound':
        this.#substitutions(tree.words);
        if (tree.type === 'group') for (const each of tree.lists) this.list(each);
        else if (tree.type === 'subshell') {
          this.#apart(() => {
            for (const each of tree.lists) this.list(each);
          });
        } else this.#branches(tree.lists, /^(?:for|arithmetic-for|while|until|select)$/.test(tree.type));
        return;
      case 'function':
        if (moves(tree.body)) this.#movers.add(tree.name);
        // It runs where it is called.
        this.#apart(() => {
          if (this.#isMoving) this.#place.directory = undefined;
          this.#tree(tree.body);
        });
    }
  }

  #chain(commands: readonly ShellTree[], operators: readonly ('&&' | '||')[]): void {
    const place = this.#place;
    const start = place.directory;
    /** Where the shell is if the chain goes on by `&&`. */
    let reached = start;
    let isSure = true;
    const mayFail = (tree: ShellTree) => tree.kind !== 'command' || !MILD.test(tree.words[0]?.literal ?? ':');
    for (const [at, tree] of commands.entries()) {
      if (operators[at - 1] === '||') {
        place.directory = reached === start ? start : undefined;
        this.#tree(tree);
        if (ends(tree)) {
          place.directory = reached;
          isSure = true;
        } else if (place.directory !== reached) {
          reached = undefined;
          place.directory = undefined;
        }
      } else {
        const before = place.directory;
        this.#tree(tree);
        reached = place.directory;
        // Behind `&&` it may have stayed where it was.
        if (reached !== before && commands.slice(0, at).some(mayFail)) isSure = false;
      }
    }
    if (!isSure && place.directory !== start) place.directory = undefined;
  }

  /** Conditions, loops and their bodies, of which each may run or not. */
  #branches(lists: readonly ShellList[], isLoop: boolean): void {
    const place = this.#place;
    const start = isLoop && lists.some(moves) ? undefined : place.directory;
    let hasMoved = false;
    for (const each of lists) {
      place.directory = hasMoved ? undefined : start;
      this.list(each);
      const last = each.statements.at(-1)?.tree;
      if (place.directory !== start && !(last && ends(last))) hasMoved = true;
    }
    place.directory = hasMoved ? undefined : start;
  }

  #command(command: ShellCommand): void {
    this.#visit(command);
    this.#substitutions(command.words);
    for (const { value } of command.assignments) if (value) this.#substitutions([value]);
    for (const { target } of command.redirects) if (target) this.#substitutions([target]);
    const [name, ...words] = command.words;
    const program = name?.literal ?? '';
    if (program === 'popd' || this.#movers.has(program)) this.#place.directory = undefined;
    if (program !== 'cd' && program !== 'pushd') return;
    const [to, ...more] = words.filter(({ text }) => !/^-./.test(text));
    const path = to && this.#value(to);
    const isKnown = path !== undefined && path !== '' && path !== '-' && more.length === 0;
    this.#place.directory = isKnown ? absolute(path, this.#place.directory) : undefined;
  }

  #substitutions(words: readonly ShellWord[]): void {
    for (const word of words) {
      for (const inner of word.substitutions) this.#apart(() => this.list(inner));
    }
  }
}

/** Whether a shell that runs it may end in another directory. */
function moves(part: ShellList | ShellTree): boolean {
  let found = false;
  const list = 'statements' in part ? part : { start: part.start, end: part.end, statements: [statement(part)] };
  visitCommands(
    list,
    ({ words }) => {
      if (/^(?:cd|pushd|popd)$/.test(words[0]?.literal ?? '')) found = true;
    },
    { nested: false },
  );
  return found;
}

const statement = (tree: ShellTree) => ({ start: tree.start, end: tree.end, tree, background: false });

/** Whether nothing of the text comes after it. */
function ends(tree: ShellTree): boolean {
  if (tree.kind === 'compound' && tree.type === 'group') {
    const last = tree.lists.at(-1)?.statements.at(-1)?.tree;
    return last !== undefined && ends(last);
  }
  if (tree.kind !== 'command') return false;
  const name = tree.words[0]?.literal ?? '';
  return /^(?:exit|return)$/.test(name) || (name === 'exec' && tree.words.length > 1);
}
