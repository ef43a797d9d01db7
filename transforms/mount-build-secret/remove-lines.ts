import type { Dockerfile, Instruction } from '../../src/dockerfile/index.ts';
import { removeInstruction, type TextEdit } from '../../src/edit/index.ts';

/** Removes an instruction, and the blank line below where one stands above as well, so that no gap grows. */
export function removeLines(file: Dockerfile, instruction: Instruction): TextEdit | undefined {
  const edit = removeInstruction(file, instruction);
  if (!edit) return undefined;
  const { source } = file;
  const isBlankAbove = /(?:^|\n)[ \t]*\r?\n$/.test(source.slice(0, edit.start));
  const below = /^[ \t]*\r?\n/.exec(source.slice(edit.end));
  return isBlankAbove && below ? { ...edit, end: edit.end + below[0].length } : edit;
}
