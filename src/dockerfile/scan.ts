import { LineIndex, type Span } from '../text/index.ts';
import { isBlank, isSpace, skipSpaces, trimSpacesEnd } from './blanks.ts';
import { heredocNameWords, rawWords } from './lex.ts';
import { LogicalText, type Segment } from './logical.ts';
import { DockerfileSyntaxError } from './syntax-error.ts';
import { blankWords, type Flag, quotedWords, readFlags, type Word } from './words.ts';

/** Limits of one input. The line limit is BuildKit's own (bufio.MaxScanTokenSize - 1). */
export const limits = { fileBytes: 1024 * 1024, stages: 2000, lineBytes: 65_535 } as const;

export const keywords = [
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
] as const;
export type Keyword = (typeof keywords)[number];
const known = new Set<string>(keywords);

/** A comment line; the span runs from its `#` to the end of the line without the line ending. */
export interface Comment extends Span {
  readonly text: string;
}

/** A parser directive at the top of a file; spans are those of the whole line's text and of the value. */
export interface Directive extends Span {
  readonly name: 'syntax' | 'escape' | 'check';
  readonly value: string;
  readonly valueSpan: Span;
}

/** A heredoc of RUN, COPY or ADD; `content` has its line endings, `terminator` is the closing line without its own. */
export interface Heredoc {
  readonly name: string;
  readonly expand: boolean;
  /** `<<-`: leading tabs are removed. */
  readonly chomp: boolean;
  readonly content: Span;
  readonly terminator: Span;
}

/** Keyword, flags and arguments of an instruction, or of the one inside an ONBUILD. Offsets are logical. */
export interface Clause {
  /** Upper case; not one of `keywords` where `isKnown` is false. */
  readonly keyword: string;
  readonly isKnown: boolean;
  readonly start: number;
  readonly keywordEnd: number;
  readonly flags: readonly Flag[];
  readonly argsStart: number;
  readonly argsEnd: number;
  /** The strings of the JSON form; undefined for the shell form. */
  readonly json: readonly string[] | undefined;
}

/** One instruction as scanned. Spans are offsets into the source. */
export interface ScannedInstruction extends Clause {
  readonly logical: LogicalText;
  /** The instruction inside an ONBUILD. */
  readonly onbuild: Clause | undefined;
  /** From the keyword to the last character of the arguments or of the heredoc terminator. */
  readonly span: Span;
  /** The physical lines that it takes, without the last line ending. */
  readonly extent: Span;
  /** First and last line, 1-based, as BuildKit counts them. */
  readonly startLine: number;
  readonly endLine: number;
  readonly heredocs: readonly Heredoc[];
  /** Comment lines between its continuation lines. */
  readonly comments: readonly Comment[];
  /** Blank lines between its continuation lines (spans without line ending). */
  readonly emptyLines: readonly Span[];
}

export interface Scan {
  readonly escape: '\\' | '`';
  readonly directives: readonly Directive[];
  readonly instructions: readonly ScannedInstruction[];
  /** Comment lines outside instructions, directives not among them. */
  readonly comments: readonly Comment[];
}

const directivePattern = /^([a-zA-Z][a-zA-Z0-9]*)([\t\n\f\r ]*=[\t\n\f\r ]*)([^\n]+?)[\t\n\f\r ]*$/;

/**
 * Splits a Dockerfile into instructions with the rules of BuildKit's parser (frontend/dockerfile/parser, August 2026).
 * Throws DockerfileSyntaxError where that parser fails, and over the limits.
 */
export function scan(source: string): Scan {
  return new Scanner(source).run();
}

class Scanner {
  readonly #source: string;
  readonly #lines: LineIndex;
  readonly #directives: Directive[] = [];
  readonly #comments: Comment[] = [];
  readonly #instructions: ScannedInstruction[] = [];
  #directivesDone = false;
  #escape: '\\' | '`' = '\\';
  #line = 0;

  constructor(source: string) {
    this.#source = source;
    this.#lines = new LineIndex(source);
  }

  run(): Scan {
    this.#checkLimits();
    const count = this.#lineCount();
    let stages = 0;
    while (this.#line < count) {
      const [start, end] = this.#lineBounds(this.#line);
      const first = skipSpaces(this.#source, start, end);
      const isDirective = this.#directive(first, end);
      const isComment = this.#source[first] === '#' && first < end;
      if (isComment && !isDirective) this.#comments.push(this.#comment(first, end));
      if (isComment || first >= end) {
        this.#line++;
        continue;
      }
      const instruction = this.#instruction(first, end);
      this.#instructions.push(instruction);
      if (instruction.keyword === 'FROM' && ++stages > limits.stages) {
        throw this.#error(`more than ${limits.stages} stages`, instruction.span.start);
      }
    }
    if (this.#instructions.length === 0) throw this.#error('no instructions in this file', 0);
    return {
      escape: this.#escape,
      directives: this.#directives,
      instructions: this.#instructions,
      comments: this.#comments,
    };
  }

  #checkLimits(): void {
    const source = this.#source;
    // No character takes more than three bytes for each of its code units.
    if (source.length * 3 > limits.fileBytes && Buffer.byteLength(source) > limits.fileBytes) {
      throw new DockerfileSyntaxError('larger than 1 MiB, which no Dockerfile is', { line: 1, column: 1 }, '');
    }
    if (source.length * 3 <= limits.lineBytes) return;
    const count = this.#lineCount();
    for (let line = 0; line < count; line++) {
      const [start, end] = this.#lineBounds(line);
      if ((end - start) * 3 <= limits.lineBytes) continue;
      if (Buffer.byteLength(source.slice(start, end)) > limits.lineBytes) {
        throw this.#error(`a line longer than ${limits.lineBytes} bytes, which Docker does not read`, start);
      }
    }
  }

  /** The number of lines, a last empty one not counted. */
  #lineCount(): number {
    const count = this.#lines.lineCount;
    return this.#lines.lineStart(count) === this.#source.length ? count - 1 : count;
  }

  /** The bounds of a 0-based line without its line ending (all trailing CRs go with it) and without a BOM. */
  #lineBounds(line: number): [start: number, end: number] {
    const source = this.#source;
    let start = this.#lines.lineStart(line + 1);
    let end = this.#lines.lineStart(line + 2);
    if (end > start && source.charCodeAt(end - 1) === 10) end--;
    while (end > start && source.charCodeAt(end - 1) === 13) end--;
    if (line === 0 && source.charCodeAt(0) === 0xfeff) start = Math.min(1, end);
    return [start, end];
  }

  #comment(start: number, end: number): Comment {
    return { start, end, text: this.#source.slice(start, end) };
  }

  #error(message: string, offset: number): DockerfileSyntaxError {
    const position = this.#lines.positionAt(offset);
    const [start, end] = this.#lineBounds(position.line - 1);
    return new DockerfileSyntaxError(message, position, this.#source.slice(start, end));
  }

  #directive(start: number, end: number): boolean {
    if (this.#directivesDone) return false;
    this.#directivesDone = true;
    if (this.#source[start] !== '#') return false;
    const from = skipSpaces(this.#source, start + 1, end);
    const match = directivePattern.exec(this.#source.slice(from, end));
    if (!match) return false;
    const name = match[1]!.toLowerCase();
    if (name !== 'syntax' && name !== 'escape' && name !== 'check') return false;
    if (this.#directives.some((other) => other.name === name)) {
      throw this.#error(`only one ${name} parser directive can be used`, start);
    }
    const value = match[3]!;
    if (name === 'escape') {
      if (value !== '\\' && value !== '`') throw this.#error('the escape directive takes \\ or ` only', start);
      this.#escape = value;
    }
    const valueStart = from + match[1]!.length + match[2]!.length;
    this.#directives.push({
      name,
      value,
      start,
      end,
      valueSpan: { start: valueStart, end: valueStart + value.length },
    });
    this.#directivesDone = false;
    return true;
  }

  /** Where the escape of a line continuation stands in [start, end), or -1. */
  #continuation(start: number, end: number): number {
    const source = this.#source;
    let last = end;
    while (last > start && (source[last - 1] === ' ' || source[last - 1] === '\t')) last--;
    if (last === start || source[last - 1] !== this.#escape) return -1;
    return last - 1 > start && source[last - 2] === this.#escape ? -1 : last - 1;
  }

  #instruction(first: number, firstEnd: number): ScannedInstruction {
    const source = this.#source;
    const count = this.#lineCount();
    const startLine = this.#line + 1;
    const segments: Segment[] = [];
    const comments: Comment[] = [];
    const emptyLines: Span[] = [];
    let text = '';
    const append = (start: number, end: number): void => {
      if (end > start) segments.push({ logical: text.length, source: start, length: end - start });
      text += source.slice(start, end);
    };
    let escapeAt = this.#continuation(first, firstEnd);
    append(first, escapeAt === -1 ? firstEnd : escapeAt);
    this.#line++;
    while (escapeAt !== -1 && this.#line < count) {
      const [start, end] = this.#lineBounds(this.#line);
      const content = skipSpaces(source, start, end);
      this.#line++;
      if (content >= end) emptyLines.push({ start, end });
      else if (source[content] === '#') comments.push(this.#comment(content, end));
      else {
        escapeAt = this.#continuation(start, end);
        append(start, escapeAt === -1 ? end : escapeAt);
      }
    }
    if (segments.length === 0) segments.push({ logical: 0, source: first, length: 0 });
    const logical = new LogicalText(text, segments);
    const start = skipSpaces(text, 0, text.length);
    const clause = this.#clause(logical, start, trimSpacesEnd(text, start, text.length));
    const onbuild =
      clause.keyword === 'ONBUILD' && clause.argsEnd > clause.argsStart
        ? this.#clause(logical, clause.argsStart, clause.argsEnd)
        : undefined;
    const heredocs = this.#heredocs(onbuild ?? clause, logical);
    const endLine = this.#line;
    const end = heredocs.at(-1)?.terminator.end ?? logical.toSource(clause.argsEnd, 'end');
    // Written out: a spread would be half of the work of a scan.
    return {
      keyword: clause.keyword,
      isKnown: clause.isKnown,
      start: clause.start,
      keywordEnd: clause.keywordEnd,
      flags: clause.flags,
      argsStart: clause.argsStart,
      argsEnd: clause.argsEnd,
      json: clause.json,
      logical,
      onbuild,
      span: { start: logical.toSource(start, 'start'), end },
      extent: { start: this.#lineBounds(startLine - 1)[0], end: this.#lineBounds(endLine - 1)[1] },
      startLine,
      endLine,
      heredocs,
      comments,
      emptyLines,
    };
  }

  #clause(logical: LogicalText, start: number, end: number): Clause {
    const text = logical.text;
    let keywordEnd = start;
    while (keywordEnd < end && !isBlank(text.charCodeAt(keywordEnd))) keywordEnd++;
    const keyword = text.slice(start, keywordEnd).toUpperCase();
    let at = keywordEnd;
    while (at < end && isBlank(text.charCodeAt(at))) at++;
    const { flags, rest } = readFlags(text, at, end, this.#escape);
    const isKnown = known.has(keyword);
    const json = isKnown ? this.#json(keyword, rest, end, logical) : undefined;
    if (keyword === 'ENV' || keyword === 'LABEL') this.#checkPairs(keyword, rest, end, logical);
    return { keyword, isKnown, start, keywordEnd, flags, argsStart: rest, argsEnd: end, json };
  }

  #json(keyword: string, start: number, argsEnd: number, logical: LogicalText): readonly string[] | undefined {
    let argsStart = start;
    const text = logical.text;
    if (keyword === 'HEALTHCHECK') {
      while (argsStart < argsEnd && !isSpace(text.charCodeAt(argsStart))) argsStart++;
      argsStart = skipSpaces(text, argsStart, argsEnd);
    } else if (!jsonKeywords.has(keyword)) return undefined;
    if (text[argsStart] !== '[') return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text.slice(argsStart, argsEnd));
    } catch {
      return undefined;
    }
    if (!Array.isArray(value)) return undefined;
    if (value.every((item) => typeof item === 'string')) return value;
    throw this.#error(`a JSON array after ${keyword} must hold strings only`, logical.toSource(argsStart, 'start'));
  }

  #checkPairs(keyword: string, argsStart: number, argsEnd: number, logical: LogicalText): void {
    const text = logical.text;
    const words = quotedWords(text, argsStart, argsEnd, this.#escape);
    const first = words[0];
    if (!first) return;
    const at = logical.toSource(argsStart, 'start');
    if (!first.text.includes('=')) {
      let blank = argsStart;
      while (blank < argsEnd && !isBlank(text.charCodeAt(blank))) blank++;
      if (blank === argsEnd) throw this.#error(`${keyword} must have two arguments`, at);
      return;
    }
    const bad = words.find((word) => !word.text.includes('='));
    if (bad)
      throw this.#error(`${keyword} takes name=value pairs, and one has no =`, logical.toSource(bad.start, 'start'));
  }

  #heredocs(clause: Clause, logical: LogicalText): Heredoc[] {
    const { keyword } = clause;
    if ((keyword !== 'RUN' && keyword !== 'COPY' && keyword !== 'ADD') || clause.json) return [];
    if (!logical.text.includes('<<')) return [];
    const source = this.#source;
    const heredocs: Heredoc[] = [];
    for (const word of rawWords(logical.text)) {
      const mark = /^\d*<<(-?)[\t\n\f\r ]*([^<]*)$/.exec(word);
      const rest = mark?.[2] ?? '';
      if (!mark || rest === '') continue;
      const names = heredocNameWords(rest, false);
      const quoted = heredocNameWords(rest, true);
      if (!names || !quoted) throw this.#error('a heredoc name that cannot be read', logical.toSource(0, 'start'));
      if (names.length !== 1) continue;
      const quotes = (value: string): number => value.replace(/[^'"]/g, '').length;
      heredocs.push(
        this.#heredoc(names[0]!, quotes(names[0]!) === quotes(quoted[0]!), mark[1] === '-', logical, source),
      );
    }
    return heredocs;
  }

  #heredoc(name: string, expand: boolean, chomp: boolean, logical: LogicalText, source: string): Heredoc {
    const count = this.#lineCount();
    const contentStart = this.#lines.lineStart(this.#line + 1);
    for (; this.#line < count; this.#line++) {
      const [start, end] = this.#lineBounds(this.#line);
      let from = start;
      if (chomp) while (from < end && source[from] === '\t') from++;
      if (end - from === name.length && source.startsWith(name, from)) {
        this.#line++;
        return { name, expand, chomp, content: { start: contentStart, end: start }, terminator: { start, end } };
      }
    }
    throw this.#error(`the heredoc ${JSON.stringify(name)} has no closing line`, logical.toSource(0, 'start'));
  }
}

const jsonKeywords = new Set(['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'RUN', 'SHELL', 'VOLUME']);

/** The arguments of a clause as BuildKit splits them for its keyword; the strings of a JSON form have no offsets here. */
export function clauseWords(clause: Clause, text: string, escapeChar: string): Word[] {
  const { keyword, argsStart, argsEnd } = clause;
  if (keyword === 'ENV' || keyword === 'LABEL' || keyword === 'ARG')
    return quotedWords(text, argsStart, argsEnd, escapeChar);
  return blankWords(text, argsStart, argsEnd);
}
