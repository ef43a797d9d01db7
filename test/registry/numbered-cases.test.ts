import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * The cases of references and registries are numbered: finding references 1 to 21, build arguments 22 to 34, writing 35 to
 * 44, names 45 to 49, manifests 50 to 64, credentials 65 to 80, hostile registries 81 to 87, limits and network 88 to 99,
 * mirrors 100 to 103, tags 104 to 111, updates and dead pins 112 to 117. A test names those that it is about.
 */
const last = 117;

test('every numbered case has a test that begins with its number', () => {
  const covered = new Set<number>();
  for (const name of readdirSync('test', { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.test.ts')) continue;
    for (const [, numbers] of readFileSync(join('test', name), 'utf8').matchAll(/['"`](\d+(?:, \d+)*): /g)) {
      for (const number of numbers!.split(', ')) covered.add(Number(number));
    }
  }
  const all = Array.from({ length: last }, (_, index) => index + 1);
  expect(all.filter((number) => !covered.has(number))).toEqual([]);
});
