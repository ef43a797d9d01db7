import { type Instruction, isBlank } from '../../src/dockerfile/index.ts';
import { removeToken, type TextEdit } from '../../src/edit/index.ts';
import type { ShellCommand, ShellWord } from '../../src/shell/index.ts';
import type { ShellBody } from '../../src/transform/index.ts';

/** A command that only removes a file or changes its mode or owner, and the word that names the file. */
export interface Removal {
  readonly command: ShellCommand;
  readonly word: ShellWord;
}

/** Takes commands about the file out of a chain of `&&`; `all` where nothing else is left. */
export function withoutCommands(
  { instruction, script, base }: ShellBody,
  removals: readonly Removal[],
): TextEdit[] | 'all' | undefined {
  const [statement, ...more] = script.statements;
  if (!statement || more.length > 0 || statement.background) return undefined;
  const { tree } = statement;
  const commands = tree.kind === 'and-or' ? tree.commands : [tree];
  if (tree.kind === 'and-or' && tree.operators.some((operator) => operator !== '&&')) return undefined;
  const edits: TextEdit[] = [];
  const whole = new Set<number>();
  for (const { command, word } of removals) {
    const at = commands.indexOf(command);
    if (at === -1) return undefined;
    const operands = command.words.slice(1).filter(({ text }) => !text.startsWith('-'));
    const files = command.words[0]?.literal === 'rm' ? operands : operands.slice(1);
    if (files.length === 1) {
      whole.add(at);
      continue;
    }
    const index = command.words.indexOf(word);
    const edit = removeToken(instruction, {
      previousEnd: base + command.words[index - 1]!.end,
      start: base + word.start,
      end: base + word.end,
      next: command.words[index + 1] && base + command.words[index + 1]!.start,
    });
    if (!edit) return undefined;
    edits.push(edit);
  }
  if (whole.size === commands.length) return 'all';
  for (const at of whole) {
    // A command with the operator before it, or, at the front, with the one after it.
    const before = lastKept(commands.length, whole, at);
    const from = before === undefined ? commands[at]!.start : commands[at - 1]!.end;
    const to = before === undefined ? commands[at + 1]!.start : commands[at]!.end;
    const edit = spanWithoutComments(instruction, base + from, base + to);
    if (!edit) return undefined;
    edits.push(edit);
  }
  return edits;
}

/** The nearest command before one that stays; undefined where none does. */
function lastKept(count: number, gone: ReadonlySet<number>, at: number): number | undefined {
  return Array.from({ length: Math.min(at, count) }, (_, index) => index).findLast((index) => !gone.has(index));
}

function spanWithoutComments(instruction: Instruction, start: number, end: number): TextEdit | undefined {
  const { logical } = instruction;
  let from = logical.toSource(start, 'end');
  const to = logical.toSource(end, 'end');
  if (instruction.comments.some((comment) => comment.start >= from && comment.start < to)) return undefined;
  if (isBlank(logical.text.charCodeAt(start - 1)) || start === instruction.argsStart)
    from = logical.toSource(start, 'start');
  return { start: from, end: to, text: '' };
}

/** A mount in front of a body, and the removal of what the body begins with, are one edit. */
export function inOnePlace(edits: readonly TextEdit[]): TextEdit[] {
  const byStart = new Map<number, TextEdit>();
  for (const edit of edits) {
    const other = byStart.get(edit.start);
    byStart.set(
      edit.start,
      other ? { start: edit.start, end: Math.max(edit.end, other.end), text: other.text + edit.text } : edit,
    );
  }
  return [...byStart.values()];
}
