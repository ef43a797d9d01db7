import type { Dockerfile, Instruction } from '../dockerfile/index.ts';
import type { Span } from '../text/index.ts';
import type { TextEdit } from './apply.ts';

/**
 * Replaces the logical range [start, end) of an instruction. Undefined where it is spread over several physical lines:
 * a replacement would take the continuation, and any comment in it, along.
 */
export function replaceRange(instruction: Instruction, start: number, end: number, text: string): TextEdit | undefined {
  if (!instruction.logical.isContiguous(start, end)) return undefined;
  return { ...instruction.logical.span(start, end), text };
}

/** Inserts just after the character before a logical offset: before the escape at the end of a line. */
export function insertAfter(instruction: Instruction, offset: number, text: string): TextEdit {
  const at = instruction.logical.toSource(offset, 'end');
  return { start: at, end: at, text };
}

/** Inserts just before the character at a logical offset: at the start of a continuation line's text. */
export function insertBefore(instruction: Instruction, offset: number, text: string): TextEdit {
  const at = instruction.logical.toSource(offset, 'start');
  return { start: at, end: at, text };
}

/** A token to remove and its neighbours, as logical offsets; `next` is undefined for the last one. */
export interface Removal {
  readonly previousEnd: number;
  readonly start: number;
  readonly end: number;
  readonly next: number | undefined;
}

/**
 * Removes a token with the blanks (and the line break) before it, or, where a comment stands there, with those after
 * it. Undefined where comments stand on both sides, or the token is spread over lines: then it has to stay.
 */
export function removeToken(instruction: Instruction, removal: Removal): TextEdit | undefined {
  const { logical } = instruction;
  if (!logical.isContiguous(removal.start, removal.end)) return undefined;
  const start = logical.toSource(removal.start, 'start');
  const end = logical.toSource(removal.end, 'end');
  const before = { start: logical.toSource(removal.previousEnd, 'end'), end };
  if (!holdsComment(instruction, before)) return { ...before, text: '' };
  if (removal.next === undefined) return undefined;
  const after = { start, end: logical.toSource(removal.next, 'start') };
  return holdsComment(instruction, after) ? undefined : { ...after, text: '' };
}

function holdsComment(instruction: Instruction, span: Span): boolean {
  return instruction.comments.some((comment) => comment.start >= span.start && comment.start < span.end);
}

/** Removes an instruction with its physical lines, comments above it kept. Undefined where comments stand inside it. */
export function removeInstruction(file: Dockerfile, instruction: Instruction): TextEdit | undefined {
  if (instruction.comments.length > 0) return undefined;
  const { source } = file;
  let { start, end } = instruction.extent;
  if (source.startsWith('\r\n', end)) end += 2;
  else if (source[end] === '\n') end += 1;
  // The last line of a file without a final line ending takes the one before it along.
  else if (source.endsWith('\r\n', start) || source.slice(0, start).endsWith('\r\n')) start -= 2;
  else if (source[start - 1] === '\n') start -= 1;
  return { start, end, text: '' };
}

/** Inserts whole lines above an instruction's first line (below the comments that stand there). */
export function insertLinesAbove(file: Dockerfile, instruction: Instruction, lines: readonly string[]): TextEdit {
  const at = instruction.extent.start;
  return { start: at, end: at, text: lines.map((line) => line + file.eol).join('') };
}

/** Inserts whole lines below an instruction's last line. Undefined where it ends in a dangling continuation. */
export function insertLinesBelow(
  file: Dockerfile,
  instruction: Instruction,
  lines: readonly string[],
): TextEdit | undefined {
  const { source } = file;
  const at = instruction.extent.end;
  if (source.slice(instruction.span.end, at).trim() !== '') return undefined;
  return { start: at, end: at, text: lines.map((line) => file.eol + line).join('') };
}

/** The whitespace at the start of the physical line that holds an offset. */
export function indentAt(file: Dockerfile, offset: number): string {
  const start = file.lines.lineStart(file.lines.lineAt(offset));
  return /^[ \t]*/.exec(file.source.slice(start, offset))?.[0] ?? '';
}

/** A keyword in the case in which another one is written: lower, capitalised, or (also where that one is mixed) upper. */
export function keywordLike(written: string, keyword: string): string {
  if (written === written.toLowerCase()) return keyword.toLowerCase();
  const capitalised = written[0]! + written.slice(1).toLowerCase();
  if (written.length > 1 && written === capitalised) return keyword[0]!.toUpperCase() + keyword.slice(1).toLowerCase();
  return keyword.toUpperCase();
}
