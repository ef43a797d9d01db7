import { type Dockerfile, expandWord, type Instruction, isSpace, quotedWords } from '../src/dockerfile/index.ts';
import { insertAfter, type TextEdit } from '../src/edit/index.ts';
import { defineTransform, holdsTemplate, type SkipReason } from '../src/transform/index.ts';

export const replaceLegacyKeyValueFormat = defineTransform({
  id: 'replace-legacy-key-value-format',
  bases: false,
  meta: {
    summary: 'Write ENV and LABEL as name=value',
    why: 'The form with a blank takes one name only, is deprecated, and reads a forgotten `=` as part of a value.',
    safety: 'safe',
    safetyNote:
      'The value is the same byte for byte: quotes that it has stay, and blanks are quoted or escaped. Where that cannot be shown, the line stays.',
    preset: 'style',
    since: '0.1.0',
    onbuild: false,
    answers: { buildkit: ['LegacyKeyValueFormat'] },
  },
  *find({ file }) {
    for (const instruction of file.instructions) {
      const { keyword, logical, argsStart, argsEnd, index, span, opaque } = instruction;
      if ((keyword !== 'ENV' && keyword !== 'LABEL') || opaque || argsStart >= argsEnd) continue;
      if (quotedWords(logical.text, argsStart, argsEnd, file.escape)[0]?.text.includes('=')) continue;
      const message = `\`${keyword} name value\` is deprecated, and takes the rest of the line as one value`;
      if (holdsTemplate(logical.text)) {
        yield { span, message, skipped: 'template-text' };
        continue;
      }
      if (/^\S+[\t\v\f\r ]+=/.test(file.args(instruction))) {
        const report = `The blank before \`=\` makes the \`=\` a part of the value`;
        yield { span, message: report, report: true };
        continue;
      }
      const edits = convert(file, instruction);
      if (typeof edits === 'string') {
        yield { span, message, skipped: edits };
        continue;
      }
      yield {
        span,
        message,
        fix: {
          title: `Write \`${keyword}\` as name=value`,
          safety: 'safe',
          evidence: ['text'],
          edits,
          changes: { edits: [index] },
        },
      };
    }
  },
});

function convert(file: Dockerfile, instruction: Instruction): TextEdit[] | SkipReason {
  const { logical, argsStart, argsEnd } = instruction;
  const parts = /^([\w.$/{}-]+)([\t\v\f\r ]+)/.exec(file.args(instruction));
  if (!parts) return 'value-unclear';
  const nameEnd = argsStart + parts[1]!.length;
  const start = nameEnd + parts[2]!.length;
  const value = logical.text.slice(start, argsEnd);
  const isOneLine = logical.isContiguous(start, argsEnd);
  // In double quotes an escape character stands for the next one only where that is one of these.
  const isPlain = !/["']/.test(value) && !unescaped(value, file.escape).includes(file.escape);
  const hasSpace = [...value].some((char) => isSpace(char.charCodeAt(0)));
  // An escaped blank at a line's end or start would read as something else.
  if (!isOneLine && hasSpace && !isPlain) return 'value-unclear';
  const written = !hasSpace ? value : isPlain ? `"${value}"` : escapeBlanks(value, file.escape);
  if (written === undefined || !meansTheSame(file, parts[1]!, value, written)) return 'value-unclear';
  const gap = { start: logical.toSource(nameEnd, 'end'), end: logical.toSource(start, 'start') };
  if (instruction.comments.some((each) => each.start >= gap.start && each.start < gap.end)) return 'text-spread';
  if (isOneLine) return [{ start: gap.start, end: logical.toSource(argsEnd, 'end'), text: `=${written}` }];
  if (!hasSpace) return [{ ...gap, text: '=' }];
  return [{ ...gap, text: '="' }, insertAfter(instruction, argsEnd, '"')];
}

function unescaped(value: string, escapeCharacter: string): string {
  return value.replaceAll(escapeCharacter + escapeCharacter, '').replaceAll(`${escapeCharacter}$`, '');
}

/** Puts the escape character before each blank outside quotes; undefined where a quote is not closed. */
function escapeBlanks(value: string, escapeCharacter: string): string | undefined {
  let written = '';
  let quote = '';
  for (let at = 0; at < value.length; at++) {
    const char = value[at]!;
    if (char === escapeCharacter && quote !== "'") {
      written += char + (value[++at] ?? '');
      continue;
    }
    if (quote === '' && isSpace(char.charCodeAt(0))) written += escapeCharacter;
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    written += char;
  }
  return quote === '' ? written : undefined;
}

/** Whether the new word is one word, and expands as the old value does whatever the variables in it hold. */
function meansTheSame(file: Dockerfile, name: string, value: string, written: string): boolean {
  const pair = `${name}=${written}`;
  const words = quotedWords(pair, 0, pair.length, file.escape);
  if (words.length !== 1 || words[0]!.text !== pair) return false;
  const contents = ['', 'x', 'a b', undefined].map((content) => ({ known: true as const, value: content }));
  const results = contents.map((content) => {
    const before = expandWord(value, file.escape, () => content);
    const after = expandWord(written, file.escape, () => content);
    return { same: before.ok === after.ok && (!before.ok || !after.ok || before.value === after.value), ok: before.ok };
  });
  return results.every((each) => each.same) && results.some((each) => each.ok);
}
