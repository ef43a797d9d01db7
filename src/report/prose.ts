import type { OpaqueInstruction } from '../engine/index.ts';

/** A text of ours as pieces: prose, and what stands in backticks, which may come from a file. */
export function pieces(text: string): { readonly code: boolean; readonly text: string }[] {
  const parts = text.split('`');
  // A lone backtick opens nothing.
  if (parts.length % 2 === 0) return [{ code: false, text }];
  return parts.map((part, index) => ({ code: index % 2 === 1, text: part })).filter((part) => part.text !== '');
}

/** What formats with rules call an instruction that is a part of another one. */
export const swallowedRule = 'swallowed-instruction';

/** Why nothing edits an instruction, as a sentence. */
export function opaqueSentence({ keyword, swallowed }: OpaqueInstruction): string {
  if (!swallowed) return `\`${keyword}\` cannot be read with certainty`;
  const { keyword: inner, line } = swallowed;
  return `The \`${inner}\` on line ${line} is a part of this \`${keyword}\` and no instruction, as the line above it is continued; that is likely a mistake`;
}
