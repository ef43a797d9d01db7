import { Dockerfile, type Instruction, type Stage } from '../../../src/dockerfile/index.ts';
import {
  parseShell,
  type ShellCommand,
  type ShellList,
  type ShellTree,
  type ShellWord,
} from '../../../src/shell/index.ts';

/**
 * What an install finds of the package index, best first: updated in its own RUN, there from an earlier layer, not
 * known (a base image may bring it), or absent, where the install fails.
 */
export type IndexState = 'fresh' | 'stale' | 'unknown' | 'absent';
const order: readonly IndexState[] = ['fresh', 'stale', 'unknown', 'absent'];
const worse = (a: IndexState, b: IndexState): IndexState => (order.indexOf(a) > order.indexOf(b) ? a : b);

type Manager = 'apt' | 'apk';
type States = Record<Manager, IndexState>;

/** An install, download or upgrade, and what it found. */
export interface IndexUse {
  readonly stage: number;
  readonly line: number;
  readonly manager: Manager;
  /** The verb and what is installed, options left out. */
  readonly what: string;
  readonly found: IndexState;
}

/** Runs the package managers of a Dockerfile in the abstract: each install with the index that it would find. */
export function indexUses(source: string): IndexUse[] {
  const file = new Dockerfile(source);
  const uses: IndexUse[] = [];
  const ends = new Map<Stage, States>();
  for (const stage of file.stages) {
    const states: States = { ...(stage.parent && ends.get(stage.parent)) } as States;
    // Official images come without an index; others may have one, and most builds rely on theirs having none.
    states.apt ??= 'unknown';
    states.apk ??= 'unknown';
    for (const instruction of stage.instructions) {
      if (instruction.keyword !== 'RUN') continue;
      const machine = new Machine(instruction, stage.index, states, uses);
      machine.run(file);
      Object.assign(states, machine.after());
    }
    ends.set(stage, states);
  }
  return uses;
}

class Machine {
  readonly #instruction: Instruction;
  readonly #stage: number;
  readonly #before: States;
  readonly #uses: IndexUse[];
  #states: States;

  constructor(instruction: Instruction, stage: number, states: States, uses: IndexUse[]) {
    this.#instruction = instruction;
    this.#stage = stage;
    this.#before = { ...states };
    this.#states = { ...states };
    this.#uses = uses;
    for (const manager of ['apt', 'apk'] as const) {
      if (this.#states[manager] === 'fresh') this.#states[manager] = 'stale';
      if (this.#isMounted(manager)) this.#states[manager] = 'unknown';
    }
  }

  /** The state that the next instruction finds; what a mount held is not in the image. */
  after(): States {
    const result = { ...this.#states };
    for (const manager of ['apt', 'apk'] as const) {
      if (this.#isMounted(manager)) result[manager] = this.#before[manager];
      if (result[manager] === 'fresh') result[manager] = 'stale';
    }
    return result;
  }

  #isMounted(manager: Manager): boolean {
    const path = manager === 'apt' ? '/var/lib/apt' : '/var/cache/apk|/etc/apk';
    const target = new RegExp(`(?:target|dst|destination)=(?:${path})(?:/lists)?/?(?:,|$)`);
    return this.#instruction.flags.some((flag) => flag.name === 'mount' && target.test(flag.value ?? ''));
  }

  run(file: Dockerfile): void {
    const { json, heredocs } = this.#instruction;
    const args = file.args(this.#instruction);
    if (json) this.#argv(json);
    else if (heredocs.length === 0) this.#list(parseShell(args));
    // `RUN <<EOF` runs the body; with a command before it, the body is input.
    else if (args.startsWith('<<')) {
      for (const { content } of heredocs) this.#list(parseShell(file.source.slice(content.start, content.end)));
    }
  }

  #list(list: ShellList): void {
    for (const statement of list.statements) this.#tree(statement.tree);
  }

  #tree(tree: ShellTree): void {
    switch (tree.kind) {
      case 'command':
        this.#command(tree);
        break;
      case 'pipeline':
        for (const command of tree.commands) this.#tree(command);
        break;
      case 'and-or':
        tree.commands.forEach((command, index) => {
          // What stands after `||` may or may not run.
          if (tree.operators[index - 1] === '||') this.#perhaps(() => this.#tree(command));
          else this.#tree(command);
        });
        break;
      case 'compound': {
        const always = tree.type === 'subshell' || tree.type === 'group';
        for (const list of tree.lists) {
          if (always) this.#list(list);
          else this.#perhaps(() => this.#list(list));
        }
        break;
      }
      case 'function':
        // Taken to be called where it is defined, once.
        this.#tree(tree.body);
        break;
      case 'coproc':
        break;
    }
  }

  #perhaps(run: () => void): void {
    const without = { ...this.#states };
    run();
    for (const manager of ['apt', 'apk'] as const) {
      this.#states[manager] = worse(without[manager], this.#states[manager]);
    }
  }

  #command(command: ShellCommand): void {
    for (const word of command.words) for (const inner of word.substitutions) this.#list(inner);
    this.#argv(command.words.map(spelled));
  }

  #argv(argv: readonly string[]): void {
    const words = withoutWrappers(argv);
    const name = words[0]?.replace(/^.*\//, '') ?? '';
    if (name === 'sh' || name === 'bash' || name === 'dash' || name === 'ash') {
      const at = words.findIndex((word) => /^-[a-z]*c$/.test(word));
      if (at !== -1 && words[at + 1] !== undefined) this.#list(parseShell(words[at + 1]!));
    } else if (name === 'rm') this.#remove(words.slice(1));
    else if (name === 'find' && words.includes('-delete')) this.#remove(words.slice(1));
    else if (/^(?:apt|apt-get|aptitude)$/.test(name)) this.#apt(words.slice(1));
    else if (name === 'apk') this.#apk(words.slice(1));
  }

  #apt(words: readonly string[]): void {
    const [verb = '', ...rest] = withoutOptions(words, ['-o', '-t', '-c', '-a', '--option', '--target-release']);
    if (verb === 'update') this.#states.apt = 'fresh';
    else if (verb === 'distclean') this.#states.apt = 'absent';
    else if (/^(?:install|reinstall|build-dep|(?:full-|dist-|safe-)?upgrade|source|download|satisfy)$/.test(verb)) {
      // Package files need no index for themselves.
      if (rest.length > 0 && rest.every((each) => /^(?:\.{0,2}\/|.*\.deb$)/.test(each))) return;
      this.#use('apt', [verb.replace(/^full-/, 'dist-'), ...rest]);
    }
  }

  #apk(words: readonly string[]): void {
    const takesValue = [
      '-p',
      '-X',
      '-t',
      '--root',
      '--repository',
      '--virtual',
      '--repositories-file',
      '--keys-dir',
      '--arch',
    ];
    const [verb = '', ...rest] = withoutOptions(words, takesValue);
    const refreshes = words.some((word) => /^(?:--no-cache|--update-cache|--update|-[A-Za-z]*U[A-Za-z]*)$/.test(word));
    if (verb === 'update') this.#states.apk = 'fresh';
    else if (verb === 'add' || verb === 'upgrade' || verb === 'fetch') {
      if (refreshes) {
        this.#uses.push({ ...this.#place('apk', [verb, ...rest]), found: 'fresh' });
        if (!words.includes('--no-cache')) this.#states.apk = 'fresh';
      } else this.#use('apk', [verb, ...rest]);
    }
  }

  #remove(paths: readonly string[]): void {
    for (const path of paths) {
      const clean = path.replace(/["']/g, '').replace(/\/+(?:\*|\.)?$/, '');
      if (/^\/var(?:\/lib(?:\/apt(?:\/lists)?)?)?$/.test(clean)) this.#states.apt = 'absent';
      if (/^\/var\/lib\/(?:\{.*\bapt\b.*\}|\*)/.test(clean)) this.#states.apt = 'absent';
      if (/^\/var(?:\/cache(?:\/apk)?)?$/.test(clean)) this.#states.apk = 'absent';
    }
  }

  #place(manager: Manager, what: readonly string[]): Omit<IndexUse, 'found'> {
    const names = what.map((word) => word.replace(/["']/g, ''));
    return { stage: this.#stage, line: this.#instruction.startLine, manager, what: names.join(' ') };
  }

  #use(manager: Manager, what: readonly string[]): void {
    this.#uses.push({ ...this.#place(manager, what), found: this.#states[manager] });
  }
}

const spelled = (word: ShellWord): string => word.literal ?? word.text;

const wrappers = new Set([
  'sudo',
  'env',
  'exec',
  'command',
  'nice',
  'time',
  'eatmydata',
  'xvfb-run',
  'retry',
  'timeout',
]);

/** The command that a wrapper starts: options, assignments and a number before it go with the wrapper. */
function withoutWrappers(words: readonly string[]): readonly string[] {
  let at = 0;
  while (wrappers.has(words[at]?.replace(/^.*\//, '') ?? '')) {
    at++;
    while (/^(?:-|\w+=|\d+[smh]?$)/.test(words[at] ?? '')) at++;
  }
  return words.slice(at);
}

function withoutOptions(words: readonly string[], takeValue: readonly string[]): string[] {
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (takeValue.includes(word)) at++;
    else if (!word.startsWith('-')) rest.push(word);
  }
  return rest;
}

/**
 * Installs that find a worse index after a rewrite than before, as sentences. Uses are matched in order, stage by
 * stage; one that has no counterpart is new, and must not find the index absent.
 */
export function worsenedInstalls(before: string, after: string): string[] {
  const old = indexUses(before);
  const taken = new Set<IndexUse>();
  return indexUses(after).flatMap((use) => {
    const match = old.find((each) => !taken.has(each) && each.manager === use.manager && each.what === use.what);
    if (match) taken.add(match);
    const had = match?.found ?? 'unknown';
    if (order.indexOf(use.found) <= order.indexOf(had)) return [];
    return [`line ${use.line}: ${use.manager} ${use.what}: index ${use.found}, was ${match ? had : 'not there'}`];
  });
}
