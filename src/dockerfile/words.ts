import { isBlank, isSpace, skipSpaces } from './blanks.ts';

/** A word of an instruction's arguments: `text` as BuildKit keeps it, offsets into the logical text. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A `--name=value` flag: quotes and escapes removed from name and value, offsets into the logical text. */
export interface Flag {
  readonly name: string;
  /** Undefined for a flag without `=`. */
  readonly value: string | undefined;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Splits [start, end) at blanks, as BuildKit does for FROM, COPY, ADD, EXPOSE and VOLUME. */
export function blankWords(text: string, start: number, end: number): Word[] {
  const words: Word[] = [];
  let at = start;
  while (at < end) {
    while (at < end && isBlank(text.charCodeAt(at))) at++;
    const from = at;
    while (at < end && !isBlank(text.charCodeAt(at))) at++;
    if (at > from) words.push({ text: text.slice(from, at), start: from, end: at });
  }
  return words;
}

/** Splits [start, end) at spaces outside quotes, quotes and escapes kept: BuildKit's parseWords, for ENV, LABEL and ARG. */
export function quotedWords(text: string, start: number, end: number, escapeChar: string): Word[] {
  const words: Word[] = [];
  let at = start;
  while (at < end) {
    at = skipSpaces(text, at, end);
    if (at >= end) break;
    const from = at;
    let word = '';
    let quote = '';
    while (at < end) {
      const char = text[at]!;
      if (quote === '' && isSpace(char.charCodeAt(0))) break;
      if (char === escapeChar && quote !== "'") {
        // An escape that ends the arguments is dropped.
        if (at + 1 === end) {
          at++;
          break;
        }
        word += char + text[at + 1]!;
        at += 2;
        continue;
      }
      if (quote === '' && (char === "'" || char === '"')) quote = char;
      else if (char === quote) quote = '';
      word += char;
      at++;
    }
    if (word !== '') words.push({ text: word, start: from, end: at });
  }
  return words;
}

/** Reads the builder flags at the front of [start, end); `rest` is where the arguments begin. */
export function readFlags(
  text: string,
  start: number,
  end: number,
  escapeChar: string,
): { flags: Flag[]; rest: number } {
  const flags: Flag[] = [];
  let at = start;
  for (;;) {
    at = skipSpaces(text, at, end);
    if (at >= end || text[at] !== '-' || text[at + 1] !== '-' || at + 1 >= end) return { flags, rest: at };
    const from = at;
    let word = '';
    let quote = '';
    while (at < end) {
      const char = text[at]!;
      if (quote === '') {
        if (isSpace(char.charCodeAt(0))) break;
        if (char === "'" || char === '"') {
          quote = char;
          at++;
          continue;
        }
      } else if (char === quote) {
        quote = '';
        at++;
        continue;
      }
      if (char === escapeChar) {
        at++;
        if (at < end) word += text[at]!;
        at++;
        continue;
      }
      word += char;
      at++;
    }
    at = Math.min(at, end);
    if (word === '--') return { flags, rest: skipSpaces(text, at, end) };
    const equals = word.indexOf('=');
    flags.push({
      name: equals === -1 ? word.slice(2) : word.slice(2, equals),
      value: equals === -1 ? undefined : word.slice(equals + 1),
      text: word,
      start: from,
      end: at,
    });
  }
}
