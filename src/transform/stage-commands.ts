import { posix } from 'node:path';
import { type Dockerfile, type Instruction, type Stage, TextMemo } from '../dockerfile/index.ts';
import {
  parseShell,
  type ShellCommand,
  type ShellList,
  type ShellScript,
  type ShellTree,
  type ShellWord,
} from '../shell/index.ts';
import type { Facts } from './ports.ts';
import { type ShellBody, shellBody } from './shell-body.ts';
import { UnderFacts } from './under-facts.ts';
import { workingDirectory } from './working-directory.ts';

/** One simple command of a RUN, with what surrounds it. */
export interface StageCommand {
  readonly instruction: Instruction;
  /** Undefined in exec form. */
  readonly body: ShellBody | undefined;
  readonly command: ShellCommand;
  /** The base name of the program. */
  readonly name: string;
  /** The words after the program as they are known: literals, and those whose variables ENV sets. */
  readonly words: readonly (string | undefined)[];
  /** The absolute directory that it runs in; undefined where it is not known. */
  readonly directory: string | undefined;
  /** What the shell text sets for it and before it; undefined for a value that is not known. */
  readonly environment: ReadonlyMap<string, string | undefined>;
  /** It may not run: inside a condition, a loop or behind `||`. */
  readonly conditional: boolean;
}

/** The commands of a stage's RUN instructions, and the instructions that could not be read. */
export interface StageCommands {
  readonly commands: readonly StageCommand[];
  readonly unread: readonly Instruction[];
}

/** Reads every RUN of a stage into its simple commands, in order, those in substitutions left out. */
export function stageCommands(file: Dockerfile, stage: Stage, facts: Facts): StageCommands {
  return known.of(facts, stage, () => readStage(file, stage, facts));
}

/** The words of a command with patterns, such as `*.sh`, as they stand. */
export function wordsWithPatterns({ words, command }: StageCommand): (string | undefined)[] {
  const texts = command.words.slice(-words.length).map(({ text }) => text);
  return words.map((word, at) => word ?? (/^[\w./*?@+:,-]+$/.test(texts[at]!) ? texts[at] : undefined));
}

const known = new UnderFacts<Stage, StageCommands>();
const execScripts = new TextMemo<ShellScript>();

function readStage(file: Dockerfile, stage: Stage, facts: Facts): StageCommands {
  const commands: StageCommand[] = [];
  const unread: Instruction[] = [];
  for (const instruction of stage.instructions) {
    if (instruction.keyword !== 'RUN') continue;
    const directory = directoryAt(file, instruction, facts);
    const { json } = instruction;
    if (json) {
      const script = execScripts.of(instruction, () => parseShell(json.map(quoted).join(' ')));
      new Reader(file, instruction, undefined, commands).list(script, { directory, environment: new Map() }, false);
      continue;
    }
    const body = shellBody(file, instruction, facts);
    if (typeof body !== 'object') unread.push(instruction);
    else new Reader(file, instruction, body, commands).list(body.script, { directory, environment: new Map() }, false);
  }
  return { commands, unread };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The absolute working directory before an instruction, with the variables in it that ENV sets; undefined where it is
 * not known.
 */
export function directoryAt(file: Dockerfile, at: Instruction, facts: Facts): string | undefined {
  const { stage } = at;
  if (!stage) return undefined;
  let current: string | undefined = stage.parent
    ? directoryBehind(file, stage.parent.instructions.at(-1)!, facts)
    : baseDirectory(file, stage, facts);
  for (const each of stage.instructions) {
    if (each === at) return current;
    if (each.opaque) current = undefined;
    if (each.keyword === 'WORKDIR') current = resolved(file, each, current);
  }
  return current;
}

/** The absolute working directory behind an instruction, as `directoryAt` has it before one. */
export function directoryBehind(file: Dockerfile, at: Instruction, facts: Facts): string | undefined {
  const before = directoryAt(file, at, facts);
  return at.keyword === 'WORKDIR' ? resolved(file, at, before) : before;
}

function resolved(file: Dockerfile, instruction: Instruction, before: string | undefined): string | undefined {
  const written = file
    .args(instruction)
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2');
  const path = expandedByEnv(file, instruction, written);
  if (path === undefined || !/^[\w./~@+:,-]+$/.test(path) || /^[A-Za-z]:/.test(path)) return undefined;
  if (path.startsWith('/')) return posix.resolve(path);
  return before === undefined ? undefined : posix.resolve(before, path);
}

function baseDirectory(file: Dockerfile, stage: Stage, facts: Facts): string | undefined {
  const { path } = workingDirectory(file, stage.instructions[1] ?? stage.from, facts) ?? {};
  return path === undefined || path.includes('$') ? undefined : path;
}

/** A text with its variables put in, where ENV of the stage sets each of them; undefined otherwise. */
export function expandedByEnv(file: Dockerfile, at: Instruction, text: string): string | undefined {
  if (!text.includes('$')) return text;
  let known = true;
  const result = text.replace(/\$(?:(\w+)|\{(\w+)\})/g, (_, bare: string | undefined, braced: string | undefined) => {
    const value = environmentValue(file, at, (bare ?? braced)!);
    if (value === undefined) known = false;
    return value ?? '';
  });
  return known && !result.includes('$') ? result : undefined;
}

/** The value that ENV gives a name before an instruction; undefined where ENV does not, or an ARG may. */
export function environmentValue(file: Dockerfile, at: Instruction, name: string): string | undefined {
  const { stage } = at;
  if (!stage) return undefined;
  const setBy = stage.instructions.findLast(
    (each) =>
      each.index < at.index &&
      ((each.keyword === 'ENV' && file.pairs(each).some(([other]) => other === name)) ||
        (each.keyword === 'ARG' && file.words(each).some((word) => word.text.split('=')[0] === name))),
  );
  if (setBy?.keyword !== 'ENV') return undefined;
  // A value that itself comes from a build argument is another one in each build.
  const raw = file.pairs(setBy).find(([other]) => other === name)![1];
  for (const [, bare, braced] of raw.matchAll(/\$(?:(\w+)|\{(\w+))/g)) {
    if (environmentValue(file, setBy, (bare ?? braced)!) === undefined) return undefined;
  }
  const value = file.lookup(at)(name);
  return value.known ? value.value : undefined;
}

interface State {
  readonly directory: string | undefined;
  readonly environment: ReadonlyMap<string, string | undefined>;
}

class Reader {
  readonly #file: Dockerfile;
  readonly #instruction: Instruction;
  readonly #body: ShellBody | undefined;
  readonly #found: StageCommand[];

  constructor(file: Dockerfile, instruction: Instruction, body: ShellBody | undefined, found: StageCommand[]) {
    this.#file = file;
    this.#instruction = instruction;
    this.#body = body;
    this.#found = found;
  }

  list(list: ShellList, state: State, conditional: boolean): State {
    let current = state;
    for (const { tree } of list.statements) current = this.#tree(tree, current, conditional);
    return current;
  }

  #tree(tree: ShellTree, state: State, conditional: boolean): State {
    switch (tree.kind) {
      case 'command':
        return this.#command(tree, state, conditional);
      case 'and-or': {
        let current = state;
        for (const [at, each] of tree.commands.entries()) {
          const behindOr = tree.operators.slice(0, at).includes('||');
          current = this.#tree(each, current, conditional || behindOr);
        }
        return current;
      }
      case 'pipeline':
        for (const each of tree.commands) this.#tree(each, state, conditional);
        return state;
      case 'compound': {
        const always = tree.type === 'subshell' || tree.type === 'group';
        let current = state;
        for (const each of tree.lists) current = this.list(each, current, conditional || !always);
        if (tree.type === 'group') return current;
        // What a condition or a loop leaves behind is not known; a subshell leaves nothing.
        return tree.type === 'subshell' || current.directory === state.directory ? state : unknownDirectory(state);
      }
      case 'function':
        this.#tree(tree.body, unknownDirectory(state), true);
        return state;
      default:
        return state;
    }
  }

  #command(command: ShellCommand, state: State, conditional: boolean): State {
    const assigned = command.assignments.map(({ name, value }) => [name, value && this.#value(value, state)] as const);
    const program = command.words[0] && this.#value(command.words[0], state);
    if (command.words.length === 0) {
      return { ...state, environment: new Map([...state.environment, ...assigned]) };
    }
    const words = command.words.slice(1).map((word) => this.#value(word, state));
    if (program === 'cd' || program === 'pushd') {
      const [to] = words;
      const directory =
        to === undefined || conditional || (state.directory === undefined && !to.startsWith('/'))
          ? undefined
          : posix.resolve(state.directory ?? '/', to);
      return { ...state, directory };
    }
    if (program === 'popd') return unknownDirectory(state);
    if (program === 'export') {
      const pairs = command.words.slice(1).flatMap((word, at) => {
        const equals = /^(\w+)=/.exec(word.text);
        return equals ? [[equals[1]!, words[at]?.slice(equals[0].length)] as const] : [];
      });
      return { ...state, environment: new Map([...state.environment, ...pairs]) };
    }
    if (program === undefined) return state;
    const [name, rest, environment] = unwrapped(program, words, new Map([...state.environment, ...assigned]));
    this.#found.push({
      instruction: this.#instruction,
      body: this.#body,
      command,
      name: posix.basename(name),
      words: rest,
      directory: state.directory,
      environment,
      conditional,
    });
    return state;
  }

  #value(word: ShellWord, state: State): string | undefined {
    if (word.literal !== undefined) return word.literal;
    if (word.substitutions.length > 0 || word.assigns.length > 0 || /[*?[\]~{]\w*,|[*?]/.test(word.text))
      return undefined;
    const bare = word.text.replace(/^"([^"\\]*)"$/, '$1').replace(/(=)"([^"\\]*)"$/, '$1$2');
    if (/["'`\\]/.test(bare)) return undefined;
    const own = bare.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, a: string | undefined, b: string | undefined) =>
      state.environment.has((a ?? b)!) ? (state.environment.get((a ?? b)!) ?? whole) : whole,
    );
    return expandedByEnv(this.#file, this.#instruction, own);
  }
}

function unknownDirectory(state: State): State {
  return { ...state, directory: undefined };
}

/** Takes `env X=1`, `exec`, `time` and the like off a command. */
function unwrapped(
  program: string,
  words: readonly (string | undefined)[],
  environment: ReadonlyMap<string, string | undefined>,
): [string, readonly (string | undefined)[], ReadonlyMap<string, string | undefined>] {
  const [first, ...rest] = words;
  if (/^(?:exec|time|nice|sudo|command)$/.test(program) && first !== undefined && !first.startsWith('-')) {
    return unwrapped(first, rest, environment);
  }
  if (program !== 'env' || first === undefined || first.startsWith('-')) return [program, words, environment];
  const set = /^(\w+)=(.*)$/s.exec(first);
  if (set) return unwrapped('env', rest, new Map([...environment, [set[1]!, set[2]]]));
  return unwrapped(first, rest, environment);
}
