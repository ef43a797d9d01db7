import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** The folder of test data outside the project. */
export const shared = resolve(
  fileURLToPath(new URL('../..', import.meta.url)),
  process.env.DOCKMEND_SHARED ?? '../shared',
);

export const hasShared = existsSync(resolve(shared, 'vectors'));

/** The objects of a gzip-compressed file of JSON lines. */
export function readJsonLines<T>(name: string): T[] {
  const text = gunzipSync(readFileSync(resolve(shared, name))).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
