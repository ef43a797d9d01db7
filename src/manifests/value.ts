import { LibraryMissing } from './library.ts';

/** A manifest that was read, or why it was not. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  /** `malformed`: it is not what its format asks for; `detail` says where, and holds nothing of the file's text. */
  | {
      readonly ok: false;
      readonly reason: 'missing' | 'too-large' | 'unreadable' | 'malformed';
      readonly detail?: string;
    };

/** A record of unknown values; empty for what is no record. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** A text, or undefined for what is none. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The texts of a list; none for what is no list. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The entries of a record that are texts. */
export function textRecord(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Gives what a reader makes of a text, or that it is malformed where the reader throws. */
export function reading<T>(read: () => T): Read<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (error instanceof LibraryMissing) throw error;
    const place = error as { line?: unknown; column?: unknown };
    return typeof place.line === 'number'
      ? { ok: false, reason: 'malformed', detail: `line ${place.line}` }
      : { ok: false, reason: 'malformed' };
  }
}

/** Thrown by a reader whose text parses and yet is not the format, as a JSON list for an object. */
export class NotTheFormat extends Error {}

/** Parses JSON that must be an object; a byte order mark is passed over. */
export function jsonObject(source: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(source.replace(/^\ufeff/, ''));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NotTheFormat();
  return value as Record<string, unknown>;
}

/** The names of a list that some known names are among. */
export function among(names: Iterable<string>, known: ReadonlySet<string>): readonly string[] {
  return [...names].filter((name) => known.has(name));
}
