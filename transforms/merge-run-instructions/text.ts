import type { Dockerfile, Instruction } from '../../src/dockerfile/index.ts';
import { indentAt, type TextEdit } from '../../src/edit/index.ts';
import type { ShellBody } from '../../src/transform/index.ts';
import { commentsBeforeBody, type Pair } from './candidates.ts';
import type { Refusal } from './container.ts';
import type { Plan } from './decide.ts';

/** The kernel takes no longer argument (MAX_ARG_STRLEN, with the closing NUL): the shell text is one. */
const longestBody = 131_071;

/** The edits that write two RUN instructions as one, in the file's own style, or why that cannot be done. */
export function mergeEdits(file: Dockerfile, { first, second }: Pair, plan: Plan): readonly TextEdit[] | Refusal {
  const a = endOf(first);
  const b = endOf(second);
  if (!a || !b) return { skipped: 'text-spread' };
  const open = plan.subshell ? '( ' : '';
  const close = plan.subshell ? ' )' : '';
  const join = file.escape + file.eol;
  const style = styleOf(file, first, second);
  const bodyStart = second.instruction.logical.toSource(second.base, 'start');
  const isOwnLine = file.lines.lineAt(bodyStart) > second.instruction.startLine;
  const indent = isOwnLine ? indentAt(file, bodyStart) || style.indent : style.indent;
  const between = [
    ...file.comments.filter(
      (comment) => comment.start > first.instruction.extent.end && comment.start < second.instruction.span.start,
    ),
    ...commentsBeforeBody(second),
  ].map((comment) => indent + comment.text + file.eol);
  const brace = plan.group ? '{ ' : '';
  const lead = style.leading ? ` ${join}` : ` && ${join}`;
  const text = `${close}${lead}${between.join('')}${indent}${style.leading ? '&& ' : ''}${brace}`;
  const edits: TextEdit[] = [{ start: a.start, end: bodyStart, text }];
  if (plan.subshell) {
    const start = first.instruction.logical.toSource(first.base, 'start');
    edits.unshift({ start, end: start, text: open });
  }
  // A closing `&` or `;` ends the last command already.
  if (plan.group) {
    const tail = second.script.text.slice(second.script.statements.at(-1)!.end);
    const ended = /;/.test(tail) || second.script.statements.at(-1)!.background;
    const at = second.instruction.span.end;
    edits.push({ start: at, end: at, text: ended ? ' }' : '; }' });
  }
  const length = Buffer.byteLength(first.script.text) + Buffer.byteLength(second.script.text) + 12 + indent.length;
  return length > longestBody ? { skipped: 'text-too-long', detail: `${length} bytes` } : edits;
}

/** Where the last command of a body ends in the source, its closing `;` cut off; undefined where a comment is in between. */
function endOf(body: ShellBody): { readonly start: number } | undefined {
  const { instruction, script, base } = body;
  const start = instruction.logical.toSource(base + script.statements.at(-1)!.end, 'end');
  const comments = instruction.comments.some(
    (comment) => comment.start >= start && comment.start < instruction.span.end,
  );
  return comments ? undefined : { start };
}

interface Style {
  /** `&&` begins the line instead of ending the one before. */
  readonly leading: boolean;
  readonly indent: string;
}

/** How these two, else the file's other RUN instructions, break their lines. */
function styleOf(file: Dockerfile, first: ShellBody, second: ShellBody): Style {
  const near = [first.instruction, second.instruction];
  const all = file.instructions.filter((each) => each.keyword === 'RUN' && !near.includes(each) && !each.opaque);
  let leading: boolean | undefined;
  let indent: string | undefined;
  let anyIndent: string | undefined;
  for (const group of [...near.map((each) => [each]), all]) {
    const votes = group.flatMap((each) => lineBreaks(file, each));
    const operators = votes.filter((vote) => vote.kind !== 'inner');
    if (leading === undefined && operators.length > 0) {
      leading = operators.filter((vote) => vote.kind === 'leading').length * 2 >= operators.length;
    }
    indent ??= operators[0]?.indent;
    anyIndent ??= votes[0]?.indent;
  }
  return { leading: leading ?? true, indent: indent ?? anyIndent ?? '    ' };
}

interface LineBreak {
  readonly kind: 'leading' | 'trailing' | 'inner';
  readonly indent: string;
}

function lineBreaks(file: Dockerfile, instruction: Instruction): LineBreak[] {
  const { text, segments } = instruction.logical;
  return segments.slice(1).flatMap((segment, index): LineBreak[] => {
    const line = text.slice(segment.logical, segment.logical + segment.length);
    const before = segments[index]!;
    const previous = text.slice(before.logical, before.logical + before.length).trimEnd();
    const isKeyword = /^\s*(?:\S+\s*)$/.test(previous) && index === 0;
    if (line.trim() === '' || isKeyword) return [];
    const indent = indentAt(file, segment.source + line.length - line.trimStart().length);
    if (indent === '') return [];
    if (/^\s*(?:&&|\|\|)/.test(line)) return [{ kind: 'leading', indent }];
    return [{ kind: /(?:&&|\|\||;)$/.test(previous) ? 'trailing' : 'inner', indent }];
  });
}
