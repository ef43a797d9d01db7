import { isSpace } from './blanks.ts';

/** What a variable look-up answers: a value, not set, or not known (base image, build argument without a default). */
export type Value = { readonly known: true; readonly value: string | undefined } | { readonly known: false };

/** Looks a variable up; `undefined` as a whole means that no expansion is wanted and the text stays as written. */
export type Lookup = (name: string) => Value;

/** Thrown inside this file alone, and often: without the stack that an Error would record. */
class LexError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}
class UnknownValue extends LexError {}

interface Options {
  readonly escape: string;
  readonly rawQuotes: boolean;
  readonly rawEscapes: boolean;
  /** Absent: variables stay as written, as in BuildKit's heredoc detection. */
  readonly lookup?: Lookup;
  readonly onVariable?: (name: string) => void;
}

/**
 * BuildKit's word lexer (frontend/dockerfile/shell/lex.go, August 2026): quotes, escapes, `$x` and `${x…}`, and blanks
 * after `<<` that do not split a word. One word buffer is shared with nested `${…}` words, as there.
 */
class Lexer {
  readonly #text: string;
  readonly #options: Options;
  #at = 0;
  #rawEscapes: boolean;
  #buffer = '';

  constructor(text: string, options: Options) {
    this.#text = text;
    this.#options = options;
    this.#rawEscapes = options.rawEscapes;
  }

  run(): { readonly result: string; readonly words: string[] } {
    return this.#until('', this.#rawEscapes);
  }

  #until(stop: string, rawEscapes: boolean): { result: string; words: string[] } {
    const text = this.#text;
    const outerRaw = this.#rawEscapes;
    this.#rawEscapes = rawEscapes;
    let result = '';
    const words: string[] = [];
    let inWord = false;
    this.#buffer = '';
    const addRaw = (piece: string): void => {
      this.#buffer += piece;
      inWord = true;
    };
    const addChar = (char: string): void => {
      if (!isSpace(char.charCodeAt(0))) addRaw(char);
      else if (inWord && this.#buffer !== '') {
        words.push(this.#buffer);
        this.#buffer = '';
        inWord = false;
      }
    };
    const done = (): { result: string; words: string[] } => {
      if (this.#buffer !== '') words.push(this.#buffer);
      this.#buffer = '';
      this.#rawEscapes = outerRaw;
      return { result, words };
    };
    while (this.#at < text.length) {
      const char = text[this.#at]!;
      if (stop !== '' && char === stop) {
        this.#at++;
        return done();
      }
      if (char === "'" || char === '"' || char === '<') {
        const piece = char === "'" ? this.#singleQuote() : char === '"' ? this.#doubleQuote() : this.#heredocMark();
        result += piece;
        addRaw(piece);
      } else if (char === '$') {
        const piece = this.#dollar();
        result += piece;
        for (const part of piece) addChar(part);
      } else if (char === this.#options.escape) {
        this.#at++;
        if (this.#rawEscapes) {
          addRaw(char);
          result += char;
        }
        if (this.#at >= text.length) break;
        const next = text[this.#at++]!;
        addRaw(next);
        result += next;
      } else {
        this.#at++;
        addChar(char);
        result += char;
      }
    }
    if (stop !== '') throw new LexError(`missing ${stop}`);
    return done();
  }

  #singleQuote(): string {
    const close = this.#text.indexOf("'", this.#at + 1);
    if (close === -1) throw new LexError('unterminated single quote');
    const inner = this.#text.slice(this.#at + 1, close);
    this.#at = close + 1;
    return this.#options.rawQuotes ? `'${inner}'` : inner;
  }

  #doubleQuote(): string {
    const text = this.#text;
    const quote = this.#options.rawQuotes ? '"' : '';
    let result = quote;
    this.#at++;
    for (;;) {
      const char = text[this.#at];
      if (char === undefined) throw new LexError('unterminated double quote');
      if (char === '"') {
        this.#at++;
        return result + quote;
      }
      if (char === '$') {
        result += this.#dollar();
        continue;
      }
      this.#at++;
      if (char !== this.#options.escape) {
        result += char;
        continue;
      }
      if (this.#rawEscapes) result += char;
      const next = text[this.#at];
      if (next === undefined) continue;
      if (next === '"' || next === '$' || next === this.#options.escape) {
        this.#at++;
        result += next;
      } else result += char;
    }
  }

  #heredocMark(): string {
    this.#at++;
    if (this.#text[this.#at] !== '<') return '<';
    this.#at++;
    const from = this.#at;
    while (/[\t\r ]/.test(this.#text[this.#at] ?? '')) this.#at++;
    return `<<${this.#text.slice(from, this.#at)}`;
  }

  #name(): string {
    const text = this.#text;
    const from = this.#at;
    const first = text[from] ?? '';
    if (/\p{Nd}/u.test(first)) while (/\p{Nd}/u.test(text[this.#at] ?? '')) this.#at++;
    else if (first !== '' && '@*#?-$!0'.includes(first)) this.#at++;
    else while (/[\p{L}\p{Nd}_]/u.test(text[this.#at] ?? '')) this.#at++;
    return text.slice(from, this.#at);
  }

  #dollar(): string {
    const text = this.#text;
    this.#at++;
    if (text[this.#at] !== '{') {
      const name = this.#name();
      if (name === '') return '$';
      return this.#options.lookup ? this.#value(name) : `$${name}`;
    }
    this.#at++;
    const first = text[this.#at];
    if (first === undefined || first === '{' || first === '}' || first === ':') throw new LexError('bad substitution');
    const name = this.#name();
    let operator = text[this.#at++] ?? '';
    if (operator === '}') return this.#options.lookup ? this.#value(name) : `\${${name}}`;
    if (operator === '/') return this.#replacement(name);
    let colon = '';
    if (operator === ':') {
      colon = ':';
      operator = text[this.#at++] ?? '';
    } else if (!'+-?#%'.includes(operator) || operator === '') throw new LexError('unsupported modifier');
    const trims = operator === '#' || operator === '%';
    if (colon !== '' && trims) throw new LexError('unsupported modifier');
    const word = this.#until('}', trims).result;
    if (!this.#options.lookup) return `\${${name}${colon}${operator}${word}}`;
    const value = this.#lookup(name);
    const absent = value === undefined || (colon !== '' && value === '');
    switch (operator) {
      case '-':
        return absent ? word : (value ?? '');
      case '+':
        return absent ? '' : word;
      case '?':
        if (absent) throw new LexError(`${name} is not set`);
        return value ?? '';
      case '#':
      case '%': {
        const greedy = word[0] === operator;
        return trimPattern(value ?? '', greedy ? word.slice(1) : word, operator, greedy);
      }
      default:
        throw new LexError('unsupported modifier');
    }
  }

  #replacement(name: string): string {
    const all = this.#text[this.#at] === '/';
    if (all) this.#at++;
    const pattern = this.#until('/', true).result;
    const replacement = this.#until('}', true).result;
    if (!this.#options.lookup) return `\${${name}/${pattern}/${replacement}}`;
    const value = this.#lookup(name) ?? '';
    const expression = new RegExp(patternSource(pattern, true), all ? 'g' : '');
    return value.replace(expression, () => replacement);
  }

  #value(name: string): string {
    return this.#lookup(name) ?? '';
  }

  #lookup(name: string): string | undefined {
    this.#options.onVariable?.(name);
    const found = this.#options.lookup!(name);
    if (!found.known) throw new UnknownValue(name);
    return found.value;
  }
}

/** A shell pattern with `*` and `?` as the source of a regular expression. Errors: an invalid escape. */
function patternSource(pattern: string, greedy: boolean): string {
  // A value is a tag or a version; a pattern with many stars would only make the expression slow.
  if (pattern.length > 200 || (pattern.match(/\*/g)?.length ?? 0) > 4) throw new UnknownValue(pattern);
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '*') source += greedy ? '.*' : '.*?';
    else if (char === '?') source += '.';
    else if (char === '\\') {
      const next = pattern[at + 1] ?? '';
      if (next === '}' || next === '/') continue;
      if (next !== '*' && next !== '?' && next !== '\\') throw new LexError('invalid escape in a pattern');
      source += `\\${next}`;
      at++;
    } else source += char.replace(/[[\]{}.+()|^$]/, '\\$&');
  }
  return source;
}

function trimPattern(value: string, pattern: string, operator: '#' | '%', greedy: boolean): string {
  if (operator === '#') {
    const match = new RegExp(`^${patternSource(pattern, greedy)}`, 's').exec(value);
    return match ? value.slice(match[0].length) : value;
  }
  const whole = new RegExp(`^(?:${patternSource(pattern, true)})$`, 's');
  const cuts = Array.from({ length: value.length + 1 }, (_, index) => (greedy ? index : value.length - index));
  const cut = cuts.find((start) => whole.test(value.slice(start)));
  return cut === undefined ? value : value.slice(0, cut);
}

/** The raw words of a line as BuildKit's heredoc detection sees them; none where its lexer fails. */
export function rawWords(line: string): string[] {
  try {
    return new Lexer(line, { escape: '\\', rawQuotes: true, rawEscapes: true }).run().words;
  } catch (error) {
    if (error instanceof LexError) return [];
    throw error;
  }
}

/** The words of a heredoc mark's rest, with quotes kept or removed; undefined where the lexer fails. */
export function heredocNameWords(rest: string, rawQuotes: boolean): string[] | undefined {
  try {
    return new Lexer(rest, { escape: '\\', rawQuotes, rawEscapes: false }).run().words;
  } catch (error) {
    if (error instanceof LexError) return undefined;
    throw error;
  }
}

export type Expansion =
  | { readonly ok: true; readonly value: string; readonly variables: readonly string[] }
  | { readonly ok: false; readonly variables: readonly string[] };

/**
 * Expands one word as BuildKit does for FROM, ENV, COPY and the like: quotes and escapes are removed. Not ok where a
 * variable's value is not known, or where BuildKit would fail.
 */
export function expandWord(word: string, escapeChar: string, lookup: Lookup): Expansion {
  if (!/["'$]/.test(word) && !word.includes(escapeChar)) return { ok: true, value: word, variables: [] };
  const variables: string[] = [];
  try {
    const onVariable = (name: string): number => variables.push(name);
    const { result } = new Lexer(word, {
      escape: escapeChar,
      rawQuotes: false,
      rawEscapes: false,
      lookup,
      onVariable,
    }).run();
    return { ok: true, value: result, variables };
  } catch (error) {
    if (error instanceof LexError) return { ok: false, variables };
    throw error;
  }
}
