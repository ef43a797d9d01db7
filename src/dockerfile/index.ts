export { argsScript } from './args-script.ts';
export { isBlank, isSpace } from './blanks.ts';
export { type InstructionText, TextMemo } from './instruction-text.ts';
export { type Expansion, expandWord, type Lookup, rawWords, type Value } from './lex.ts';
export { LogicalText, type Segment } from './logical.ts';
export { Dockerfile, type Instruction, type Stage } from './model.ts';
export { imageReferences, type ReferencePlace, type ReferenceUse } from './references.ts';
export {
  type Clause,
  type Comment,
  type Directive,
  type Heredoc,
  type Keyword,
  keywords,
  limits,
  type Scan,
  type ScannedInstruction,
  scan,
} from './scan.ts';
export type { Swallowed } from './swallowed.ts';
export { DockerfileSyntaxError } from './syntax-error.ts';
export { blankWords, type Flag, quotedWords, type Word } from './words.ts';
