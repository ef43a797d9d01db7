import { expect, test } from 'vitest';
import { sourceWrites } from '../../src/transform/index.ts';

/** The paths that one source writes: `…` where unknown parts follow, `?` for one that is worked out. */
function written(path: string, text: string): string {
  const running = { workdir: '/app', environment: () => undefined, collects: false };
  return sourceWrites([{ path, place: `/app/${path}`, text }], running)
    .map((each) => (each.path ?? '?') + (each.open ? '…' : ''))
    .join(' ');
}

test.each([
  ['C: a mode that writes', 'a.c', 'FILE *f = fopen("out/log", "a+");', 'out/log'],
  ['C: a mode that reads', 'a.c', 'FILE *f = fopen("in", "rb");', ''],
  ['C++: a stream', 'a.cpp', 'std::ofstream out("out/x.txt");', 'out/x.txt'],
  ['Rust: options', 'a.rs', 'OpenOptions::new().create(true).append(true).open("log/a")?;', 'log/a'],
  ['Rust: options that read', 'a.rs', 'OpenOptions::new().read(true).open("a")?;', ''],
  ['Python: a name that is imported', 'a.py', 'makedirs("cache")', 'cache'],
  ['the settings of a database', 'a.go', 'sql.Open("sqlite3", "data/a.db?_journal=WAL")', 'data/a.db'],
  ['a database in memory', 'a.go', 'sql.Open("sqlite3", "file::memory:?cache=shared")', ''],
  ['a block comment', 'a.js', '/*\nfs.writeFileSync(x, 1)\n*/\nfs.writeFileSync("b", 1)', 'b'],
  ['a mark of a comment in a string', 'a.js', 'fs.writeFileSync("/srv//x", 1)', '/srv//x'],
  ['a path of a request', 'a.js', 'fs.writeFileSync(request.path, 1)', '?'],
])('%s', (_, path, text, expected) => {
  expect(written(path, text)).toBe(expected);
});
