import { type PackageEffect, type PackageManager, packageManagers } from '../facts/index.ts';
import {
  parseShell,
  type ShellCommand,
  type ShellScript,
  type ShellWord,
  visitCommands,
  visitTrees,
} from '../shell/index.ts';

/** One option of a call; a cluster of short options (`-yq`) is one entry a letter, all with the same word. */
export interface CallOption {
  readonly word: ShellWord;
  /** `-y`, `--no-cache`: without its value. */
  readonly name: string;
  /** The value where it is written out, joined or as the next word; undefined without one or where it is not literal. */
  readonly value: string | undefined;
  /** The next word, where that is the value. */
  readonly valueWord: ShellWord | undefined;
}

/** A command without the words that only say as whom or with what environment it runs. */
export interface BareCommand {
  readonly command: ShellCommand;
  /** Wrappers before the program: `sudo`, `env X=1`, … with their options. */
  readonly prefix: readonly ShellWord[];
  readonly viaSudo: boolean;
  /** The program's word and its literal base name. */
  readonly program: ShellWord;
  readonly name: string;
  readonly words: readonly ShellWord[];
}

/** A call of a package manager. Offsets are those of the script that it stands in. */
export interface PackageCall extends BareCommand {
  readonly manager: PackageManager;
  /** In two words where the verb has a second one; undefined for a call without a verb. */
  readonly verb: string | undefined;
  /** The last word of the verb. */
  readonly verbWord: ShellWord | undefined;
  readonly effect: PackageEffect;
  readonly options: readonly CallOption[];
  readonly operands: readonly ShellWord[];
  /** Words that are not literal stand where an option or the verb may: what the call does is not quite known. */
  readonly uncertain: boolean;
}

/** Options of wrappers that take the next word as their value. */
const wrappers: Readonly<Record<string, { readonly valued: string; readonly operands: number }>> = {
  sudo: { valued: '-u -g -h -p -C -r -t -T -U -D -R --user --group --chdir', operands: 0 },
  env: { valued: '-u -C --unset --chdir', operands: 0 },
  command: { valued: '', operands: 0 },
  exec: { valued: '-a', operands: 0 },
  eatmydata: { valued: '', operands: 0 },
  nice: { valued: '-n --adjustment', operands: 0 },
  ionice: { valued: '-c -n --class --classdata', operands: 0 },
  timeout: { valued: '-k -s --kill-after --signal', operands: 1 },
};

/** Where programs of a distribution live; elsewhere a program may be anybody's script of the same name. */
const systemFolders = /^\/(?:usr\/)?(?:local\/)?s?bin\/(?=[^/]+$)/;

/** Takes the wrappers off a command. Undefined where there is no program, or its name is not literal. */
export function bareCommand(command: ShellCommand): BareCommand | undefined {
  let bare = bareCommands.get(command);
  if (bare === undefined && !bareCommands.has(command)) {
    bare = readBare(command);
    bareCommands.set(command, bare);
  }
  return bare;
}

/** Most transforms ask for every command. */
const bareCommands = new WeakMap<ShellCommand, BareCommand | undefined>();

function readBare(command: ShellCommand): BareCommand | undefined {
  let at = 0;
  let viaSudo = false;
  const { words } = command;
  for (;;) {
    const program = words[at];
    if (program?.literal === undefined) return undefined;
    const name = program.literal.replace(systemFolders, '');
    const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
    const next = wrapper && afterWrapper(words, at + 1, wrapper);
    if (!wrapper || next === undefined || next >= words.length) {
      return { command, prefix: words.slice(0, at), viaSudo, program, name, words: words.slice(at + 1) };
    }
    if (name === 'sudo') viaSudo = true;
    at = next;
  }
}

function afterWrapper(
  words: readonly ShellWord[],
  from: number,
  wrapper: { readonly valued: string; readonly operands: number },
): number | undefined {
  const valued = wrapper.valued.split(' ');
  let { operands } = wrapper;
  for (let at = from; at < words.length; at++) {
    const text = words[at]!.literal ?? (/^[A-Za-z_]\w*=/.exec(words[at]!.text)?.[0] as string | undefined);
    // `command -v x` only says where x is.
    if (text === undefined || /^-[vV]$/.test(text)) return undefined;
    if (text === '--') return at + 1;
    if (text.startsWith('-')) {
      if (valued.includes(text)) at++;
    } else if (!/^[A-Za-z_]\w*=/.test(text) && operands-- <= 0) return at;
  }
  return undefined;
}

/** Reads a simple command as a call of a package manager; undefined where it is not one. */
export function packageCall(command: ShellCommand): PackageCall | undefined {
  if (!calls.has(command)) calls.set(command, readCall(command));
  return calls.get(command);
}

/** Every transform of a pass, and every pass, asks about the same commands. */
const calls = new WeakMap<ShellCommand, PackageCall | undefined>();

function readCall(command: ShellCommand): PackageCall | undefined {
  const bare = bareCommand(command);
  if (!bare) return undefined;
  const file = bare.name.slice(bare.name.lastIndexOf('/') + 1);
  const asModule = /^python(?:\d+(?:\.\d+)?)?$/.test(file) ? moduleWords(bare.words) : undefined;
  const manager = packageManagers.find((each) => each.programs.test(asModule ? 'pip' : file));
  // pip lives in virtual environments too; any other program outside the system's folders may be something else.
  if (!manager || (bare.name.includes('/') && manager.family !== 'pip')) return undefined;
  return { ...bare, manager, ...readArguments(manager, asModule ?? bare.words) };
}

/** The words after `-m pip`. */
function moduleWords(words: readonly ShellWord[]): readonly ShellWord[] | undefined {
  const at = words.findIndex((word) => word.literal === '-m');
  return at !== -1 && words[at + 1]?.literal === 'pip' ? words.slice(at + 2) : undefined;
}

function readArguments(
  manager: PackageManager,
  words: readonly ShellWord[],
): Pick<PackageCall, 'verb' | 'verbWord' | 'effect' | 'options' | 'operands' | 'uncertain'> {
  const options: CallOption[] = [];
  const plain: ShellWord[] = [];
  let uncertain = false;
  let onlyOperands = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const start = word.literal ?? word.text.replace(/^"/, '');
    if (onlyOperands || !/^-./.test(start)) {
      if (word.literal === undefined && !word.quoted && !/^[\w./~:@+-]/.test(word.text)) {
        uncertain ||= plain.length === 0 || /OPT|ARG|FLAG|PARAM|YES/i.test(word.text);
      }
      plain.push(word);
    } else if (start === '--') onlyOperands = true;
    else {
      const next = words[at + 1];
      const read = readOption(manager, word, start, next);
      options.push(...read);
      if (read.at(-1)!.valueWord) at++;
    }
  }
  const first = plain[0];
  if (!first) {
    return { verb: undefined, verbWord: undefined, effect: manager.bare, options, operands: [], uncertain };
  }
  const second = plain[1];
  const pair = `${first.literal} ${second?.literal}`;
  const double = second !== undefined && Object.hasOwn(manager.verbs, pair);
  const verb = double ? pair : first.literal;
  const known = verb !== undefined && Object.hasOwn(manager.verbs, verb);
  return {
    verb,
    verbWord: double ? second : first,
    effect: known ? manager.verbs[verb]! : manager.otherwise,
    options,
    operands: plain.slice(double ? 2 : 1),
    uncertain: uncertain || verb === undefined,
  };
}

function readOption(manager: PackageManager, word: ShellWord, text: string, next: ShellWord | undefined): CallOption[] {
  const entry = (name: string, value: string | undefined, valueWord?: ShellWord): CallOption => ({
    word,
    name,
    value: value ?? valueWord?.literal,
    valueWord,
  });
  const equals = text.indexOf('=');
  if (text.startsWith('--') || equals === 2) {
    if (equals !== -1) return [entry(text.slice(0, equals), text.slice(equals + 1))];
    return [entry(text, undefined, manager.valued.has(text) ? next : undefined)];
  }
  const options: CallOption[] = [];
  for (let at = 1; at < text.length; at++) {
    const name = `-${text[at]}`;
    if (text[at + 1] === '=') return [...options, entry(name, text.slice(at + 2))];
    if (manager.valued.has(name)) {
      const joined = text.slice(at + 1);
      return [...options, joined === '' ? entry(name, undefined, next) : entry(name, joined)];
    }
    options.push(entry(name, undefined));
  }
  return options;
}

/** Every call of a package manager in a script, outermost first; those in substitutions with `nested`. */
export function packageCalls(script: ShellScript, nested = true): readonly PackageCall[] {
  const known = nested ? allCalls : outerCalls;
  let found = known.get(script);
  if (!found) {
    found = readCalls(script, nested);
    known.set(script, found);
  }
  return found;
}

const allCalls = new WeakMap<ShellScript, readonly PackageCall[]>();
const outerCalls = new WeakMap<ShellScript, readonly PackageCall[]>();

function readCalls(script: ShellScript, nested: boolean): PackageCall[] {
  const found: PackageCall[] = [];
  visitCommands(
    script,
    (command) => {
      const call = packageCall(command);
      if (call) found.push(call);
    },
    { nested },
  );
  return found;
}

/** Whether a call has one of some options, by name. */
export function hasOption(call: PackageCall, ...names: readonly string[]): boolean {
  return call.options.some((option) => names.includes(option.name));
}

/**
 * The script of `sh -c '…'` and its likes; `unreadable` where the shell runs something else, undefined for any other
 * command.
 */
export function innerScript(bare: BareCommand): ShellScript | 'unreadable' | undefined {
  if (!/^(?:sh|bash|dash|ash|zsh|su)$/.test(bare.name)) return undefined;
  const at = bare.words.findIndex((word) => /^-[a-z]*c$/.test(word.literal ?? ''));
  const text = at === -1 ? undefined : bare.words[at + 1]?.literal;
  if (text === undefined) return 'unreadable';
  const script = parseShell(text);
  return script.tiled ? script : 'unreadable';
}

/** Whether something stands ready on a command's standard input: a redirection, or a pipe, of its own or around it. */
export function stdinIsGiven(script: ShellScript, command: ShellCommand): boolean {
  let given = command.redirects.some((redirect) => redirect.operator.startsWith('<'));
  visitTrees(script, (tree) => {
    const isAround = tree.start <= command.start && command.end <= tree.end;
    if (!isAround) return;
    if (tree.kind === 'pipeline' && tree.commands[0]!.end < command.start) given = true;
    if (tree.kind === 'compound' && tree.redirects.some((each) => each.operator.startsWith('<'))) given = true;
  });
  return given;
}

/** Whether something may read what a command prints: a pipe, a substitution, or a file that it is redirected to. */
export function outputIsUsed(script: ShellScript, command: ShellCommand): boolean {
  let isOutside = false;
  visitCommands(
    script,
    (each) => {
      if (each === command) isOutside = true;
    },
    { nested: false },
  );
  const toFile = (redirects: ShellCommand['redirects']): boolean =>
    redirects.some(
      (each) => each.operator.startsWith('>') && !/^(?:\/dev\/null|[012-])$/.test(each.target?.literal ?? ''),
    );
  let used = !isOutside || toFile(command.redirects);
  visitTrees(script, (tree) => {
    if (tree.start > command.start || command.end > tree.end) return;
    if (tree.kind === 'pipeline' && tree.commands.at(-1)!.start > command.start) used = true;
    if (tree.kind === 'compound' && toFile(tree.redirects)) used = true;
  });
  return used;
}
