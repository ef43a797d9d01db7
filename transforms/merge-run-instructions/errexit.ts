import {
  type ShellCommand,
  type ShellList,
  type ShellTree,
  type ShellWord,
  visitCommands,
} from '../../src/shell/index.ts';
import { setOptions } from './state.ts';
import { innerScript, stepsOf } from './steps.ts';

/**
 * The shell ignores `-e` (and the ERR trap) while it runs what stands on the left of `&&`, all the way down. POSIX,
 * Shell Command Language, `set -e`.
 */
export interface ErrexitContext {
  /** `$(…)` takes `-e` over only in bash's POSIX mode, and then loses it on the left of `&&`. */
  readonly substitutionsInherit: boolean;
}

/** Whether a script itself may turn `-e` on, or trap ERR, anywhere that its commands run in. */
export function turnsErrexitOn(script: ShellList): boolean {
  return stepsOf(script).some(({ command, name, args }) => {
    if (name === 'set') {
      const plain = setOptions(command);
      if (plain) return plain.has('e');
      return args.some((word) => word.literal === undefined || /^-[a-zA-Z]*e|^errexit$/.test(word.literal));
    }
    if (name === 'trap') return args.slice(1).some((word) => word.literal === undefined || word.literal === 'ERR');
    if (name === 'shopt')
      return args.some((word) => word.literal === undefined || /^(?:errexit|-.*o.*)$/.test(word.literal));
    return false;
  });
}

/** Whether a command runs other text in the same shell. */
export function evaluates(command: ShellCommand): boolean {
  const name = command.words.find((word) => !/^(?:command|builtin)$/.test(word.text));
  return /^(?:eval|\.|source)$/.test(name?.literal ?? '');
}

/** Whether a command reads text that this file does not show, which may turn `-e` on. */
export function readsUnknownText(command: ShellCommand): boolean {
  const words = command.words.map((word) => word.literal);
  const name = words.find((word) => word !== 'command' && word !== 'builtin');
  if (name === '.' || name === 'source') return true;
  if (name !== 'eval') return false;
  const inner = stepsOf({
    start: 0,
    end: 0,
    statements: [{ start: 0, end: 0, background: false, tree: command }],
  }).find((step) => step.name === 'eval');
  return (
    !inner || innerScript(inner) === undefined || command.words.slice(1).some((word) => word.literal === undefined)
  );
}

/** Whether a tree does the same with `-e` ignored as with `-e` in force, but for its own exit status reaching `&&`. */
export function isInsensitive(tree: ShellTree, context: ErrexitContext): boolean {
  switch (tree.kind) {
    case 'command': {
      if (evaluates(tree)) return false;
      const name = tree.words.find((word) => !/^(?:command|builtin)$/.test(word.text));
      if (name && name.literal === undefined && !name.text.includes('/')) return false;
      const values = tree.assignments.flatMap((each) => each.value ?? []);
      const targets = tree.redirects.flatMap((each) => each.target ?? []);
      return wordsInsensitive([...tree.words, ...values, ...targets], context);
    }
    case 'pipeline':
      return tree.commands.every((each) => isInsensitive(each, context));
    case 'and-or': {
      // All but the last are on the left of an operator already.
      const last = tree.commands.at(-1);
      return last === undefined || isInsensitive(last, context);
    }
    case 'compound':
      if (/^(?:for|arithmetic-for|while|until|select)$/.test(tree.type)) return false;
      return (
        wordsInsensitive([...tree.words, ...tree.redirects.flatMap((each) => each.target ?? [])], context) &&
        tree.lists.every((list) => isOneInsensitive(list, context))
      );
    default:
      return false;
  }
}

function isOneInsensitive(list: ShellList, context: ErrexitContext): boolean {
  return (
    list.statements.length <= 1 &&
    list.statements.every((each) => !each.background && isInsensitive(each.tree, context))
  );
}

function wordsInsensitive(words: readonly ShellWord[], context: ErrexitContext): boolean {
  return words.every((word) =>
    word.substitutions.every((list) => {
      // `$(set -e; …)` loses on the left of `&&` what it turned on itself, in every mode of bash.
      const inherits = context.substitutionsInherit || turnsErrexitOn(list);
      return !inherits || isOneInsensitive(list, context);
    }),
  );
}

/** Whether a `-e` that it did not have would change what a script does. */
export function noticesErrexit(script: ShellList): boolean {
  const [only, ...others] = script.statements;
  if (!only || others.length > 0 || only.background) return true;
  // dash and busybox hand `-e` down to every `$(…)`, on the left of an operator as well.
  const context = { substitutionsInherit: true };
  let inner = false;
  visitCommands(script, (command) => {
    inner ||= ![...command.words, ...command.assignments.flatMap((each) => each.value ?? [])].every((word) =>
      wordsInsensitive([word], context),
    );
  });
  return inner || !isInsensitive(only.tree, context);
}
