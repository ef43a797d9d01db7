import { Dockerfile } from '../dockerfile/index.ts';
import { findSecrets, textSecrets } from './find.ts';
import { secretName } from './names.ts';
import { judgeValue, unquoted } from './values.ts';

/** What is shown in the place of a secret. */
const shown = '[hidden]';
/** A private-use character that stands for one of a secret, so that offsets stay. */
const mark = '\uE000';

/** Takes the secrets of some texts out of others, so that these can be shown. */
export interface SecretHider {
  /** Whether any text has a secret. */
  readonly hasSecrets: boolean;
  /** The same text with each character of a secret as a mark: as long as before, line by line. */
  hide(text: string): string;
}

/** Whether a text has marks in the place of a secret, and so may be shown but not used. */
export function hasMarks(text: string): boolean {
  return text.includes(mark);
}

/** The text with each run of marks as one word. */
export function showMarks(text: string): string {
  return text.replace(/\uE000+/g, shown);
}

/**
 * Learns the secrets that stand in Dockerfiles, or in other texts where `parsed` is false, whatever their place. Nothing
 * gives them back.
 */
export function secretHider(texts: readonly { readonly text: string; readonly parsed: boolean }[]): SecretHider {
  const values = new Set<string>();
  for (const { text, parsed } of texts) for (const value of valuesOf(text, parsed)) values.add(value);
  const pattern = patternOf(values);
  return {
    hasSecrets: values.size > 0,
    hide: (text) => (pattern ? text.replace(pattern, (found) => mark.repeat(found.length)) : text),
  };
}

function patternOf(values: ReadonlySet<string>): RegExp | undefined {
  if (values.size === 0) return undefined;
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  const parts = longestFirst.map((value) => {
    const text = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    // A short value may be a part of any word.
    return value.length < 8 ? `(?<![A-Za-z0-9_])${text}(?![A-Za-z0-9_])` : text;
  });
  return new RegExp(parts.join('|'), 'g');
}

const mayHold = /pass|pwd|psw|secret|token|key|auth|cred|netrc|-u|\bpat\b|@|[\w-]{20}/i;

function* valuesOf(text: string, parsed: boolean): Generator<string> {
  if (!mayHold.test(text)) return;
  for (const { start, end, certain } of textSecrets(text)) if (certain) yield* pieces(text.slice(start, end));
  const file = parsed ? read(text) : undefined;
  if (!file) {
    yield* namedValues(text);
    return;
  }
  for (const { literal, certain, span } of findSecrets(file)) {
    if (literal && certain) yield* pieces(text.slice(span.start, span.end));
  }
  // What is commented out was often used before.
  for (const comment of file.comments) yield* namedValues(comment.text);
}

function read(text: string): Dockerfile | undefined {
  try {
    return new Dockerfile(text);
  } catch {
    return undefined;
  }
}

/** Values behind names of secrets, line by line, whatever the text is. */
function* namedValues(text: string): Generator<string> {
  for (const match of text.matchAll(/([A-Za-z_][\w.-]*)["']?(?:\s*[=:]\s*|[ \t]+)("[^"\n]+"|'[^'\n]+'|[^\s"',;]+)/g)) {
    if (secretName(match[1]!) === 'secret' && judgeValue(unquoted(match[2]!)) === 'literal') yield* pieces(match[2]!);
  }
}

/** The lines of a value without quotes and continuations; too short ones would hide everything. */
function* pieces(value: string): Generator<string> {
  for (const line of unquoted(value).split(/[\\`]?[ \t]*\r?\n[ \t]*/)) {
    const text = line.replace(/^["']|["'\\]$/g, '').trim();
    if (text.length < 3 || judgeValue(text) !== 'literal') continue;
    yield text;
    // As JSON and shells write it.
    if (/["\\]/.test(text)) yield JSON.stringify(text).slice(1, -1);
    if (/\\/.test(text)) yield text.replace(/\\(.)/g, '$1');
  }
}
