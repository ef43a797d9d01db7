import { posix } from 'node:path';
import { matchGlob } from './glob.ts';

/** Why a pattern of an ignore file cannot be used. `unsupported`: Go reads a regular expression here that we do not. */
export type PatternFault = 'syntax error in pattern' | 'illegal exclusion pattern: "!"' | 'unsupported pattern';

/** Thrown inside this room only; callers of the room see a value. */
export class PatternError extends Error {
  readonly fault: PatternFault;
  readonly pattern: string;

  constructor(fault: PatternFault, pattern: string) {
    super(fault);
    this.fault = fault;
    this.pattern = pattern;
  }
}

type Test = (code: number) => boolean;
/** `enter` and `inside` are the two states of the optional directories that `**` stands for. */
type Item = { kind: 'one' | 'many' | 'enter' | 'inside'; test: Test };

const SLASH = 47;
const LINE_FEED = 10;
const notSlash: Test = (code) => code !== SLASH;
const notLineFeed: Test = (code) => code !== LINE_FEED;
const escapedInRegExp = new Set('.+()$');

/** Cleans a path as Go's `filepath.Clean` does on Unix: no `.`, `..`, double or trailing slash where it can go. */
export function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/**
 * One pattern of an ignore list, matched against slash-separated paths relative to the context. Follows the pattern
 * compiler of moby/patternmatcher, which turns a pattern into an equality, a prefix, a suffix or a regular expression;
 * the last is run as a set of states, in time proportional to pattern times path.
 */
export class IgnorePattern {
  /** The cleaned pattern, without its `!`. */
  readonly text: string;
  /** Whether the pattern began with `!`. */
  readonly exception: boolean;
  /** Set for a pattern at which Go fails too, but only when it is first tried on a path. */
  readonly fault: PatternError | undefined;
  readonly #match: (path: string) => boolean;

  /** Throws PatternError where moby/patternmatcher rejects the list as a whole, and for what is unsupported. */
  constructor(pattern: string) {
    const cleaned = cleanPath(pattern);
    this.exception = cleaned.startsWith('!');
    this.text = this.exception ? cleaned.slice(1) : cleaned;
    if (this.text === '') throw new PatternError('illegal exclusion pattern: "!"', pattern);
    if (matchGlob(this.text, '.') === 'bad') throw new PatternError('syntax error in pattern', pattern);
    try {
      this.#match = compile(this.text);
    } catch (error) {
      if (!(error instanceof PatternError) || error.fault === 'unsupported pattern') throw error;
      this.fault = error;
      this.#match = () => {
        throw error;
      };
    }
  }

  /** Whether the pattern matches this very path (not its parents). Throws `fault` if there is one. */
  matches(path: string): boolean {
    return this.#match(path);
  }

  /** The pattern without a trailing `/**` and then `/*`, by which the walk judges whether a directory may be skipped. */
  get stem(): string {
    return this.text.replace(/\/\*\*$/, '').replace(/\/\*$/, '');
  }
}

function compile(pattern: string): (path: string) => boolean {
  const { kind, regExp } = translate(pattern);
  switch (kind) {
    case 'exact':
      return (path) => path === pattern;
    case 'prefix': {
      const prefix = pattern.slice(0, -2);
      return (path) => path.startsWith(prefix);
    }
    case 'suffix': {
      const suffix = pattern.slice(2);
      const whole = suffix.startsWith('/') ? suffix.slice(1) : undefined;
      return (path) => path.endsWith(suffix) || path === whole;
    }
    case 'regexp': {
      const items = parse(regExp, pattern);
      const { head, tail } = literalEnds(pattern);
      return (path) => path.startsWith(head) && path.endsWith(tail) && run(items, path);
    }
  }
}

/** The two ends of a pattern that stand for themselves: most paths fail on them at once. */
function literalEnds(pattern: string): { head: string; tail: string } {
  const head = /^[^*?[\]\\]*/.exec(pattern)![0];
  if (pattern.includes('\\')) return { head, tail: '' };
  let from = pattern.length;
  while (from > head.length && !'*?[]'.includes(pattern[from - 1]!)) from--;
  // The slash after `**` belongs to it.
  while (pattern[from] === '/') from++;
  return { head, tail: pattern.slice(from) };
}

/** Writes the regular expression (without its anchors) that patternmatcher would compile, and says which kind it is. */
function translate(pattern: string): { kind: 'exact' | 'prefix' | 'suffix' | 'regexp'; regExp: string } {
  const text = [...pattern];
  let kind: 'exact' | 'prefix' | 'suffix' | 'regexp' = 'exact';
  let regExp = '';
  let at = 0;
  while (at < text.length) {
    const first = at === 0;
    const c = text[at++]!;
    if (c === '*' && text[at] === '*') {
      at++;
      if (text[at] === '/') at++;
      if (at < text.length) {
        regExp += '(.*/)?';
        kind = 'regexp';
      } else if (kind === 'exact') {
        kind = 'prefix';
      } else {
        regExp += '.*';
        kind = 'regexp';
      }
      if (first) kind = 'suffix';
    } else if (c === '*' || c === '?') {
      regExp += c === '*' ? '[^/]*' : '[^/]';
      kind = 'regexp';
    } else if (c === '\\') {
      const escaped = text[at++];
      if (escaped === undefined) throw new PatternError('unsupported pattern', pattern);
      regExp += `\\${escaped}`;
      kind = 'regexp';
    } else if (c === '[' || c === ']') {
      regExp += c;
      kind = 'regexp';
    } else {
      regExp += escapedInRegExp.has(c) ? `\\${c}` : c;
    }
  }
  return { kind, regExp };
}

/**
 * Reads the regular expressions that `translate` writes. A star inside a class of the pattern ends up as text inside
 * a class of the expression, which is why the expression is read and not the pattern. Throws PatternError
 * `unsupported` for what only a user who writes regular expressions into the ignore file can cause.
 */
function parse(regExp: string, pattern: string): Item[] {
  const text = [...regExp];
  const unsupported = () => new PatternError('unsupported pattern', pattern);
  const items: Item[] = [];
  let at = 0;

  const escaped = (): number => {
    const c = text[at++];
    if (c === undefined || c > '\x7f') throw new PatternError('syntax error in pattern', pattern);
    if (/[0-9A-Za-z]/.test(c)) throw unsupported();
    return c.charCodeAt(0);
  };
  const classCharacter = (): number => {
    const c = text[at++];
    if (c === undefined) throw new PatternError('syntax error in pattern', pattern);
    return c === '\\' ? escaped() : c.codePointAt(0)!;
  };
  const readClass = (): Test => {
    const negated = text[at] === '^';
    if (negated) at++;
    const ranges: number[] = [];
    while (text[at] !== ']' || ranges.length === 0) {
      if (text[at] === '[' && text[at + 1] === ':' && regExp.includes(':]')) throw unsupported();
      const low = classCharacter();
      let high = low;
      if (text[at] === '-' && at + 1 < text.length && text[at + 1] !== ']') {
        at++;
        high = classCharacter();
      }
      if (high < low) throw new PatternError('syntax error in pattern', pattern);
      ranges.push(low, high);
    }
    at++;
    return (code) => {
      for (let i = 0; i < ranges.length; i += 2) if (ranges[i]! <= code && code <= ranges[i + 1]!) return !negated;
      return negated;
    };
  };

  while (at < text.length) {
    const c = text[at++]!;
    let test: Test;
    if (c === '(') {
      at += 5;
      items.push({ kind: 'enter', test: notLineFeed }, { kind: 'inside', test: notLineFeed });
      continue;
    }
    if (c === '|' || c === '^' || (c === '{' && /^\d+(,\d*)?\}/.test(text.slice(at).join('')))) throw unsupported();
    if (c === '.') test = notLineFeed;
    else if (c === '[' && text.slice(at, at + 3).join('') === '^/]') {
      at += 3;
      test = notSlash;
    } else if (c === '[') test = readClass();
    else {
      const code = c === '\\' ? escaped() : c.codePointAt(0)!;
      test = (other) => other === code;
    }
    const many = text[at] === '*';
    if (many) at++;
    items.push({ kind: many ? 'many' : 'one', test });
  }
  return items;
}

function run(items: Item[], path: string): boolean {
  const count = items.length;
  let now = new Uint8Array(count + 1);
  let next = new Uint8Array(count + 1);
  now[0] = 1;
  for (let at = 0; ; ) {
    let alive = false;
    const code = at < path.length ? path.codePointAt(at)! : -1;
    for (let state = 0; state < count; state++) {
      if (now[state] === 0) continue;
      const { kind, test } = items[state]!;
      if (kind === 'enter') {
        now[state + 1] = 1;
        now[state + 2] = 1;
        continue;
      }
      if (kind === 'many') now[state + 1] = 1;
      if (code === -1 || !test(code)) continue;
      alive = true;
      if (kind === 'one') next[state + 1] = 1;
      else {
        next[state] = 1;
        if (kind === 'inside' && code === SLASH) next[state + 1] = 1;
      }
    }
    if (code === -1) return now[count] === 1;
    if (!alive) return false;
    at += code > 0xffff ? 2 : 1;
    [now, next] = [next, now];
    next.fill(0);
  }
}
