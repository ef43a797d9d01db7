import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { floors, importsOf, roomOf, violations } from './support/layers.ts';

function read(): Map<string, string> {
  const files = new Map<string, string>();
  for (const top of ['src', 'transforms', 'bin']) {
    for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.[jt]s$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path, readFileSync(path, 'utf8'));
    }
  }
  return files;
}

const files = read();
const sources = new Map([...files].filter(([path]) => path !== 'bin/dockmend.js'));

describe('the floors of the house', () => {
  test('hold', () => {
    expect(violations(sources)).toEqual([]);
  });

  test('every room has one', () => {
    const rooms = new Set([...sources.keys()].map(roomOf).filter((room) => room !== undefined));
    expect([...rooms].filter((room) => floors[room] === undefined)).toEqual([]);
    expect(rooms.size).toBeGreaterThan(10);
  });

  test('imports are found', () => {
    const all = [...sources].flatMap(([path, text]) => importsOf(text).map((module) => [path, module]));
    expect(all.length).toBeGreaterThan(200);
    expect(importsOf(files.get('src/cli/run.ts')!)).toContain('../engine/index.ts');
  });
});

describe('a planted violation is seen', () => {
  test.each([
    ['src/engine/planted.ts', "import { main } from '../cli/index.ts';", 'a higher floor'],
    ['src/shell/planted.ts', "import type { Reference } from '../image/index.ts';", 'do not know each other'],
    ['src/report/planted.ts', "import {\n  didYouMean,\n} from '../config/index.ts';", 'do not know each other'],
    ['src/cli/planted.ts', "import { transforms } from '../../transforms/index.ts';", 'nothing below bin knows'],
    ['src/engine/planted.ts', "export * from '../../transforms/index.ts';", 'a higher floor'],
    ['src/cli/planted.ts', "import { scan } from '../dockerfile/scan.ts';", 'only the index'],
    ['transforms/planted.ts', "import { fix } from '../src/engine/index.ts';", 'floors 0 to 4'],
    ['transforms/planted.ts', "import { readFileSync } from 'node:fs';", 'for other rooms'],
    ['src/dockerfile/planted.ts', "import fs from 'fs/promises';", 'for other rooms'],
    ['src/report/planted.ts', "const x = await import('node:child_process');", 'for other rooms'],
    ['src/engine/planted.ts', "const x = await import('../cli/index.ts');", 'a higher floor'],
    ['src/engine/planted.ts', "import '../cli/index.ts';", 'a higher floor'],
    ['src/edit/planted.ts', "export { request } from 'undici';", 'for other rooms'],
    ['src/edit/planted.ts', 'const x = await import(name);', 'computed'],
    ['src/edit/planted.ts', "/* a */ import /* b */ { x } from '../cli/index.ts'; // c", 'a higher floor'],
    ['bin/main.ts', "import { readFixtureCase } from '../test/support/testing.ts';", 'tests are no part'],
    ['src/cli/planted.ts', "import { fix } from '../index.ts';", 'for users'],
    ['src/attic/planted.ts', "import { Span } from '../text/index.ts';", 'without a floor'],
  ])('%s: %s', (path, text, why) => {
    const planted = new Map([...sources, [path, text]]);
    expect(violations(planted)).toEqual([expect.stringContaining(why)]);
  });

  test('and what only looks like one is none', () => {
    const text = "// import '../cli/index.ts'\nconst a = \"import x from '../cli/index.ts'\";\n/* import('node:fs') */";
    const found = violations(new Map([...sources, ['src/text/planted.ts', text]]));
    // A string that holds an import statement is the one thing that the scanner cannot tell.
    expect(found.length).toBeLessThanOrEqual(1);
  });
});
