import { Library } from './library.ts';
import { record } from './value.ts';

/** Reads TOML. */
export const toml = new Library(() => import('smol-toml'));

/** Parses a TOML text, a byte order mark passed over; throws for what is none. */
export function parseToml(source: string): Readonly<Record<string, unknown>> {
  return record(toml.loaded.parse(source.replace(/^\ufeff/, '')));
}
