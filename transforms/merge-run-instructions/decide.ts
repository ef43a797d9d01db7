import type { System } from '../../src/facts/index.ts';
import type { ShellCommand, ShellScript, ShellTree } from '../../src/shell/index.ts';
import type { PlainShell } from '../../src/transform/index.ts';
import { containerLeak, type Place, type Refusal } from './container.ts';
import {
  type ErrexitContext,
  evaluates,
  isInsensitive,
  noticesErrexit,
  readsUnknownText,
  turnsErrexitOn,
} from './errexit.ts';
import { hashedCommand, leadingOptions, namesHistory, processState } from './state.ts';

/** How two scripts become one: the first as it is or as `( … )`, the second as it is or as `{ …; }`. */
export interface Plan {
  readonly subshell: boolean;
  readonly group: boolean;
}

/** Where the two scripts run. */
export interface Setting extends Place {
  readonly shell: PlainShell;
  readonly system: System | undefined;
}

/**
 * Whether `a && b` in one shell does what the two do one after the other in shells of their own, and how it has to be
 * written. The table is measured in dash, bash (POSIX mode as well) and busybox ash.
 */
export function decide(a: ShellScript, b: ShellScript, setting: Setting): Plan | Refusal {
  const unreadable = unreadableText(a, b, setting);
  if (unreadable) return unreadable;
  const leak = containerLeak(a, setting);
  if (leak) return leak;
  const group = needsGroup(b);
  if (endsOpen(a) || (group && endsOpen(b))) return { skipped: 'text-ends-open' };
  const history = namesHistory(a) ?? namesHistory(b);
  if (history) return { skipped: 'shell-state-used', detail: `\`$${history}\`` };
  const subshell = needsSubshell(a, b, setting);
  return typeof subshell === 'boolean' ? { subshell, group } : subshell;
}

function unreadableText(a: ShellScript, b: ShellScript, { shell }: Setting): Refusal | undefined {
  if (!a.tiled || !b.tiled) return { skipped: 'shell-opaque' };
  if (a.statements.length === 0 || b.statements.length === 0) return { skipped: 'text-ends-open' };
  if (shell.dialect === 'bash') return undefined;
  // An unexpanded `{a,b}` is still a word; other bash syntax may split this text at other places.
  const odd = [...a.bashisms, ...b.bashisms].find((each) => each.what !== '{a,b}');
  return odd && { skipped: 'shell-opaque', detail: `\`${odd.what}\` in a shell that may not be bash` };
}

/** A comment or a lone backslash at the end takes what is joined to it in. */
function endsOpen(script: ShellScript): boolean {
  const backslashes = /\\*$/.exec(script.text)![0].length;
  return script.comments.length > 0 || backslashes % 2 === 1;
}

function needsGroup(b: ShellScript): boolean {
  const [only, ...others] = b.statements;
  if (others.length > 0 || !only || only.background) return true;
  return only.tree.kind === 'function' || (only.tree.kind === 'and-or' && only.tree.operators.includes('||'));
}

/** True: `( a ) && b`; false: `a && b`. */
function needsSubshell(a: ShellScript, b: ShellScript, { shell, system }: Setting): boolean | Refusal {
  const { changes, options } = processState(a, shell.dialect);
  const hashed = hashedCommand(a, b, system);
  const isList = a.statements.length > 1;
  const last = a.statements.at(-1)!.tree;
  const ownErrexit = turnsErrexitOn(a);
  const mayBePosixBash = mayInheritErrexit(a, shell);
  const context: ErrexitContext = { substitutionsInherit: mayBePosixBash };
  // It ends a shell of bash's POSIX mode with an error, but not a subshell on the left of `&&`.
  if (mayBePosixBash && commandWith(a, isReturn))
    return { skipped: 'shell-opaque', detail: '`return` outside a function' };
  const lost = (detail?: string): Refusal => ({ skipped: 'errexit-would-be-lost', ...(detail ? { detail } : {}) });
  const unknown = commandWith(a, readsUnknownText);
  // bash up to 5.2 may leave a subshell with the last command of a sourced file.
  if (unknown && shell.dialect !== 'dash' && shell.dialect !== 'ash') {
    return { skipped: 'shell-opaque', detail: `\`${unknown}\` in a subshell of bash` };
  }
  // Text from elsewhere may `set -e`; a subshell on the left of `&&` would ignore it.
  if (unknown && (isList || !isTestedOnly(last))) return lost(`\`${unknown}\` may use \`set -e\``);
  const stays = changes.length === 0 && hashed === undefined;
  const leaking = leakingOptions(options, shell, b);
  if (!shell.errexit && !ownErrexit) return !stays || leaking.length > 0;
  const evaluated = commandWith(a, evaluates);
  if (evaluated) return lost(`\`${evaluated}\``);
  if (/\btrap\b/.test(a.text) && /\bERR\b/.test(a.text)) return lost('`trap … ERR`');
  if (!isInsensitive(last, context)) return lost();
  // Where nothing depends on `-e`, a subshell is exact as well.
  if (!isList) return !stays || leaking.length > 0;
  if (!stays) return lost(changes[0] ?? `the shell remembers where \`${hashed}\` was`);
  if (leaking.length > 0) {
    return {
      skipped: 'shell-options-would-leak',
      detail: leaking.map((name) => `\`set ${name.length === 1 ? '-' : '-o '}${name}\``).join(', '),
    };
  }
  return false;
}

/** The first simple command of a kind that the script's own shell or a subshell of it runs. */
function commandWith(script: ShellScript, matches: (command: ShellCommand) => boolean): string | undefined {
  let found: string | undefined;
  const walk = (tree: ShellTree): void => {
    if (tree.kind === 'command' && matches(tree)) found ??= tree.words.map((word) => word.text).join(' ');
    else if (tree.kind === 'pipeline' || tree.kind === 'and-or') for (const each of tree.commands) walk(each);
    else if (tree.kind === 'compound')
      for (const list of tree.lists) for (const each of list.statements) walk(each.tree);
    else if (tree.kind === 'function') walk(tree.body);
  };
  for (const { tree } of script.statements) walk(tree);
  return found;
}

function isReturn(command: ShellCommand): boolean {
  return command.words[0]?.literal === 'return';
}

/** Simple commands joined by operators, where only commands before the last one read text from elsewhere. */
function isTestedOnly(tree: ShellTree): boolean {
  if (tree.kind !== 'and-or') return false;
  return tree.commands.every(
    (each, index) => each.kind === 'command' && (index < tree.commands.length - 1 || !evaluates(each)),
  );
}

/** Whether `$(…)` keeps `-e`: bash does so in POSIX mode, in which it runs when its name is `sh`. */
function mayInheritErrexit(a: ShellScript, { dialect, setBy }: PlainShell): boolean {
  if (/\binherit_errexit\b|\bposix\b/.test(a.text)) return true;
  if (dialect === 'sh') return true;
  return dialect === 'bash' && setBy?.json?.[0]?.split('/').at(-1) !== 'bash';
}

/** The options of a first `set -…` that the second script would notice. */
function leakingOptions(options: ReadonlySet<string> | undefined, shell: PlainShell, b: ShellScript): string[] {
  const own = leadingOptions(b);
  const inForce = new Set([shell.errexit && 'e', shell.nounset && 'u', shell.pipefail && 'pipefail']);
  return [...(options ?? [])].filter((name) => {
    if (own.has(name) || inForce.has(name)) return false;
    // What `-x` and `-v` write goes to standard error, which the second script may send to a file.
    if (name === 'x' || name === 'v') return /2>|&>|>&/.test(b.text);
    return name !== 'e' || noticesErrexit(b);
  });
}
