import type { Dockerfile } from '../dockerfile/index.ts';
import { indentAt, insertAfter, type TextEdit } from '../edit/index.ts';
import type { ShellList, ShellTree } from '../shell/index.ts';
import { visitCommands, visitTrees } from '../shell/index.ts';
import type { ShellBody } from './shell-body.ts';

/** Where a tree stands in a body: its statement and, in a chain of `&&` and `||`, its index there. */
interface Place {
  readonly list: ShellList;
  readonly statement: number;
  readonly index: number;
  readonly nested: boolean;
}

/** Whether `-e` is in force at an offset of a body; `mixed` where it is switched off somewhere. */
export function errexitAt(body: ShellBody, offset: number): boolean | 'mixed' {
  let inForce = body.shell.errexit;
  let mixed = false;
  visitCommands(
    body.script,
    (command) => {
      if (command.words[0]?.literal !== 'set' || command.start >= offset) return;
      command.words.forEach((word, at) => {
        const text = word.literal ?? '';
        const long = text === 'errexit' ? command.words[at - 1]?.literal : undefined;
        if (/^-[a-z]*e/.test(text) || long === '-o') inForce = true;
        if (/^\+[a-z]*e/.test(text) || long === '+o') mixed = true;
      });
    },
    { nested: false },
  );
  return mixed ? 'mixed' : inForce;
}

/** Syntax that the shell in force may read in another way than it was parsed, beyond single words. */
export function hasOtherReading(body: ShellBody, start = 0, end = Number.POSITIVE_INFINITY): boolean {
  if (body.shell.dialect !== 'dash' && body.shell.dialect !== 'sh') return false;
  const inWords = ['{a,b}', "$'", '${…}', '$"'];
  return body.script.bashisms.some((bashism) =>
    bashism.start < end && start < bashism.end
      ? start > 0 || end < Number.POSITIVE_INFINITY || !inWords.includes(bashism.what)
      : false,
  );
}

/**
 * Adds a command at the end of a body, in the style of the body, so that the step fails exactly when it did before (or
 * when the added command fails). Undefined where that cannot be shown.
 */
export function appendCommand(file: Dockerfile, body: ShellBody, command: string): TextEdit | undefined {
  const { statements } = body.script;
  const last = statements.length - 1;
  if (last < 0) return undefined;
  const { tree } = statements[last]!;
  const index = tree.kind === 'and-or' ? tree.commands.length - 1 : 0;
  return addAt(file, body, { list: body.script, statement: last, index, nested: false }, command);
}

/** Adds a command directly after another one, as `appendCommand` does at the end. */
export function addCommandAfter(
  file: Dockerfile,
  body: ShellBody,
  after: ShellTree,
  command: string,
): TextEdit | undefined {
  const place = findPlace(body.script, after, false);
  return place && addAt(file, body, place, command);
}

function findPlace(list: ShellList, wanted: ShellTree, nested: boolean): Place | undefined {
  for (const [statement, { tree }] of list.statements.entries()) {
    const members = tree.kind === 'and-or' ? tree.commands : [tree];
    for (const [index, member] of members.entries()) {
      if (member === wanted) return { list, statement, index, nested };
      if (member.kind !== 'compound') continue;
      for (const inner of member.lists) {
        const found = findPlace(inner, wanted, true);
        if (found) return found;
      }
    }
  }
  return undefined;
}

function addAt(file: Dockerfile, body: ShellBody, place: Place, command: string): TextEdit | undefined {
  if (hasOtherReading(body)) return undefined;
  const joiner = joinerAt(body, place);
  return joiner && written(file, body, place, joiner, command);
}

/** `&&` keeps the status of what stands before it; `;` keeps `-e` in force there. */
function joinerAt(body: ShellBody, { list, statement, index, nested }: Place): '&&' | ';' | undefined {
  const { tree, background } = list.statements[statement]!;
  const member = tree.kind === 'and-or' ? tree.commands[index]! : tree;
  const errexit = errexitAt(body, member.end);
  if (background || errexit === 'mixed') return undefined;
  const isLast = !nested && statement === list.statements.length - 1;
  if (member.kind === 'function' || member.kind === 'coproc') return undefined;
  // Nothing runs after these, but for where they stand in for what failed.
  const leaves = member.kind === 'command' && /^(?:exit|exec|return)$/.test(member.words[0]?.literal ?? '');
  if (leaves && !(tree.kind === 'and-or' && tree.operators[index - 1] === '||')) return undefined;
  if (tree.kind === 'and-or' && index < tree.commands.length - 1) {
    return tree.operators[index] === '&&' && tree.operators[index - 1] !== '||' ? '&&' : undefined;
  }
  if (!errexit) return '&&';
  if (nested) return undefined;
  // On the left of `&&` the shell ignores -e, also inside what a function or a compound runs.
  if (tree.kind === 'and-or') return isLast && isSimple(member, body) ? '&&' : undefined;
  return keepsStatus(tree) ? ';' : undefined;
}

function isSimple(tree: ShellTree, body: ShellBody): boolean {
  if (tree.kind === 'pipeline') return !tree.negated && tree.commands.every((each) => isSimple(each, body));
  if (tree.kind !== 'command') return false;
  const name = tree.words[0]?.literal;
  return name !== undefined && !/^(?:eval|\.|source)$/.test(name) && !definesFunction(body, name);
}

function definesFunction(body: ShellBody, name: string): boolean {
  let found = false;
  visitTrees(body.script, (tree) => {
    if (tree.kind === 'function' && tree.name === name) found = true;
  });
  return found;
}

/** Whether a statement under -e either ends the shell or succeeds. */
function keepsStatus(tree: ShellTree): boolean {
  if (tree.kind === 'command') return true;
  if (tree.kind === 'pipeline') return !tree.negated && tree.commands.every((each) => each.kind === 'command');
  if (tree.kind !== 'compound') return false;
  return tree.lists.every((list) => list.statements.every((each) => !each.background && keepsStatus(each.tree)));
}

/** The offset of an operator in the gap after each part of a list, and of the part that follows it. */
interface Gap {
  readonly from: number;
  readonly operator: number;
  readonly to: number;
}

function gapsOf(body: ShellBody, list: ShellList): Gap[] {
  const parts = list.statements.flatMap(({ tree }) => (tree.kind === 'and-or' ? tree.commands : [tree]));
  return parts.slice(1).map((part, at) => {
    const from = parts[at]!.end;
    const operator = body.script.text.slice(from, part.start).search(/[&|;]/);
    return { from, operator: operator === -1 ? from : from + operator, to: part.start };
  });
}

function written(
  file: Dockerfile,
  body: ShellBody,
  { list, statement, index }: Place,
  joiner: '&&' | ';',
  command: string,
): TextEdit {
  const { tree } = list.statements[statement]!;
  const after = tree.kind === 'and-or' ? tree.commands[index]! : tree;
  const { instruction, base } = body;
  const { logical } = instruction;
  const lineOf = (offset: number, side: 'start' | 'end'): number =>
    file.lines.lineAt(logical.toSource(base + offset, side));
  const indentOf = (offset: number): string => indentAt(file, logical.toSource(base + offset, 'start'));
  const insert = (text: string): TextEdit => insertAfter(instruction, base + after.end, text);
  const newLine = `${file.escape}${file.eol}`;
  const broken = gapsOf(body, list).filter((gap) => lineOf(gap.from, 'end') !== lineOf(gap.to, 'start'));
  const near = broken.findLast((gap) => gap.from <= after.end) ?? broken[0];
  if (near) {
    const isTrailing = lineOf(near.operator, 'start') === lineOf(near.from, 'end');
    if (joiner === ';') {
      const isLeading = !isTrailing && lineOf(near.operator, 'start') === lineOf(near.to, 'start');
      return isLeading
        ? insert(` ${newLine}${indentOf(near.operator)}; ${command}`)
        : insert(`; ${newLine}${indentOf(near.to)}${command}`);
    }
    if (isTrailing) return insert(` && ${newLine}${indentOf(near.to)}${command}`);
    return insert(` ${newLine}${indentOf(near.operator)}&& ${command}`);
  }
  const firstLine = file.lines.lineAt(instruction.span.start);
  const spread = lineOf(after.start, 'start') !== lineOf(after.end, 'end');
  const hasTail = body.script.comments.some((comment) => comment.start >= after.end);
  if (!spread || hasTail) return insert(joiner === ';' ? `; ${command}` : ` && ${command}`);
  // A list of packages over several lines: the command gets a line of its own, indented as they are.
  const last = logical.toSource(base + after.end, 'end');
  const indent = file.lines.lineAt(last) === firstLine ? '    ' : indentAt(file, last);
  return insert(joiner === ';' ? `; ${newLine}${indent}${command}` : ` ${newLine}${indent}&& ${command}`);
}
