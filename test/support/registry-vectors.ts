import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vectors = join(resolve(root, process.env.DOCKMEND_SHARED ?? '../shared'), 'vectors');

/** The path of a file or folder of third-party test vectors; undefined, and said once, where they are not present. */
export function vectorPath(name: string): string | undefined {
  const path = join(vectors, name);
  if (existsSync(path)) return path;
  console.warn(`SKIPPED: no test vectors ${name}; DOCKMEND_SHARED names the folder that holds vectors/`);
  return undefined;
}

/** The parsed JSON of a file of test vectors; undefined where it is not present. */
export function vectorJson<T>(name: string): T | undefined {
  const path = vectorPath(name);
  return path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as T);
}
