import type { Dockerfile } from '../../src/dockerfile/index.ts';
import { indentAt, insertAfter, insertBefore, type TextEdit } from '../../src/edit/index.ts';
import type { ShellWord } from '../../src/shell/index.ts';
import type { PackageCall, ShellBody } from '../../src/transform/index.ts';
import type { Lost } from './lost.ts';

/** Where an operand stands: whether it begins its line, and what ends the line behind it. */
interface Line {
  readonly word: ShellWord;
  readonly indent: string;
  readonly begins: boolean;
  /** The blanks in front of the escape; undefined where something else follows. */
  readonly blanks: string | undefined;
  /** Nothing else of the list follows in its line. */
  readonly ends: boolean;
}

/** Names packages behind the operands of an install: in their order where they are sorted, on lines where they have lines. */
export function naming(file: Dockerfile, body: ShellBody, call: PackageCall, lost: readonly Lost[]): TextEdit[] {
  const lines = call.operands.map((word) => lineOf(file, body, word));
  const texts = call.operands.map(({ text }) => text);
  const isSorted = texts.length > 2 && texts.every((text, at) => at === 0 || texts[at - 1]! <= text);
  const places = new Map<number, string[]>();
  for (const { name } of lost) {
    const at = (isSorted ? texts.filter((text) => text < name).length : texts.length) - 1;
    places.set(at, [...(places.get(at) ?? []), name]);
  }
  return [...places].map(([at, names]) => {
    const text = isSorted ? names.toSorted() : names;
    return at === -1 ? before(file, body, lines, text) : after(file, body, lines, at, text);
  });
}

function lineOf(file: Dockerfile, body: ShellBody, word: ShellWord): Line {
  const { logical } = body.instruction;
  const start = logical.toSource(body.base + word.start, 'start');
  const end = logical.toSource(body.base + word.end, 'end');
  const line = file.lines.lineStart(file.lines.lineAt(start));
  const [, blanks, rest] = /^([ \t]*)([^\r\n]*)/.exec(file.source.slice(end))!;
  return {
    word,
    indent: indentAt(file, start),
    begins: file.source.slice(line, start).trim() === '',
    blanks: rest!.trimEnd() === file.escape ? blanks : undefined,
    ends: rest!.trimEnd() === file.escape || /^(?:$|;|&&)/.test(rest!),
  };
}

/** The escape and the start of a next line behind a name, in the column of the other escapes where they have one. */
function breaker(file: Dockerfile, lines: readonly Line[], indent: string): (name: string) => string {
  const model = lines.find((line) => line.begins && line.blanks !== undefined);
  const blanks = model?.blanks ?? ' ';
  const column = blanks.length > 1 && !blanks.includes('\t') ? model!.word.text.length + blanks.length : undefined;
  return (name) =>
    (column === undefined ? blanks : ' '.repeat(Math.max(1, column - name.length))) + file.escape + file.eol + indent;
}

function after(
  file: Dockerfile,
  body: ShellBody,
  lines: readonly Line[],
  at: number,
  names: readonly string[],
): TextEdit {
  const line = lines[at]!;
  const next = lines[at + 1];
  const { instruction, base } = body;
  const end = base + line.word.end;
  const isList = line.ends && (line.begins || next?.begins === true);
  if (!isList) return insertAfter(instruction, end, names.map((name) => ` ${name}`).join(''));
  const broken = breaker(file, lines, line.begins ? line.indent : next!.indent);
  const gap = (name: string) => broken(name).slice(0, broken(name).indexOf(file.escape));
  const all = [line.word.text, ...names];
  const text = all.slice(0, -1).map((name, place) => broken(name) + all[place + 1]!);
  if (line.blanks === undefined) return insertAfter(instruction, end, text.join(''));
  // The blanks that stand behind the word already come behind the last name.
  const wanted = line.begins ? gap(names.at(-1)!).length : line.blanks.length;
  const edit = insertAfter(instruction, end, text.join(''));
  const missing = wanted - line.blanks.length;
  if (missing >= 0) return { ...edit, text: edit.text + ' '.repeat(missing) };
  return { start: edit.start, end: edit.start - missing, text: edit.text };
}

function before(file: Dockerfile, body: ShellBody, lines: readonly Line[], names: readonly string[]): TextEdit {
  const first = lines[0]!;
  const { instruction, base } = body;
  const start = base + first.word.start;
  if (!first.begins || !first.ends) return insertBefore(instruction, start, names.map((name) => `${name} `).join(''));
  const broken = breaker(file, lines, first.indent);
  return insertBefore(instruction, start, names.map((name) => name + broken(name)).join(''));
}
