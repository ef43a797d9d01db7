import type { ShellCommand, ShellList, ShellScript, ShellTree, ShellWord } from '../../src/shell/index.ts';
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

/** Whether the script itself may turn `-e` on, or trap ERR, anywhere that its commands run in. */
export function mayTurnErrexitOn(script: ShellScript): boolean {
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

/** Whether the script reads text that this file does not show, which may turn `-e` on. */
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
      const name = tree.words.find((word) => !/^(?:command|builtin)$/.test(word.text));
      if (/^(?:eval|\.|source)$/.test(name?.literal ?? '')) return false;
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
  return (
    !context.substitutionsInherit ||
    words.every((word) => word.substitutions.every((list) => isOneInsensitive(list, context)))
  );
}
