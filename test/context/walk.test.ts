import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { childOf, entriesBelow, entryAt, walkContext } from '../../src/context/walk.ts';
import { withTree } from './tree.ts';

describe('walking a context', () => {
  test('gives path, type, size, mode and link target of each entry, in order', () => {
    withTree(
      { 'b/run.sh': { mode: 0o750, content: 'abc' }, 'a.txt': 'x', 'b.txt': '', up: { link: '../..' }, 'e/f': null },
      (directory) => {
        const tree = walkContext(directory)!;
        const rows = [...entriesBelow(tree.root)].map(({ path, type, size, target }) => [path, type, size, target]);
        expect(rows).toEqual([
          ['', 'directory', 0, undefined],
          ['a.txt', 'file', 1, undefined],
          ['b', 'directory', 0, undefined],
          ['b/run.sh', 'file', 3, undefined],
          ['b.txt', 'file', 0, undefined],
          ['e', 'directory', 0, undefined],
          ['e/f', 'directory', 0, undefined],
          ['up', 'link', 0, '../..'],
        ]);
        expect(entryAt(tree, 'b/run.sh')?.mode).toBe(0o750);
        expect(tree).toMatchObject({ count: 8, files: 3, bytes: 4, stoppedBy: undefined, unreadable: [] });
        expect([...entriesBelow(tree.root)].map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      },
    );
  });

  test('finds entries by path, and nothing behind a link', () => {
    withTree({ 'a/b': '', 'a/c': '', link: { link: 'a' }, '[x] é': '' }, (directory) => {
      const tree = walkContext(directory)!;
      expect(entryAt(tree, '')).toBe(tree.root);
      expect(entryAt(tree, './a//b')?.path).toBe('a/b');
      expect(entryAt(tree, '[x] é')?.type).toBe('file');
      expect([entryAt(tree, 'link/b'), entryAt(tree, 'a/b/c'), childOf(tree.root, 'b')]).toEqual(
        Array(3).fill(undefined),
      );
    });
  });

  test('each limit stops it, and says so', () => {
    withTree({ 'a/b/c/d': 'xxxx', 'a/e': 'yy', f: 'z' }, (directory) => {
      expect(walkContext(directory, { entries: 3 })).toMatchObject({ stoppedBy: 'entries', count: 3 });
      expect(walkContext(directory, { bytes: 5 })).toMatchObject({ stoppedBy: 'bytes' });
      expect(walkContext(directory, { depth: 2 })).toMatchObject({ stoppedBy: 'depth' });
      expect(walkContext(directory, { entries: 7, bytes: 7, depth: 3 })).toMatchObject({ stoppedBy: undefined });
    });
  });

  test('a directory that cannot be read, and a name that is no UTF-8, are told', () => {
    withTree({ 'a/b': '', c: '' }, (directory) => {
      writeFileSync(Buffer.concat([Buffer.from(`${directory}/x`), Buffer.from([0xff])]), '');
      chmodSync(directory, 0o755);
      chmodSync(join(directory, 'a'), 0);
      const root = process.getuid?.() === 0;
      if (root) process.seteuid?.(65534);
      try {
        const tree = walkContext(directory)!;
        expect(tree.unreadable).toEqual(['a', 'x\ufffd']);
        expect(entryAt(tree, 'a')).toMatchObject({ type: 'directory', children: [] });
      } finally {
        if (root) process.seteuid?.(0);
        chmodSync(join(directory, 'a'), 0o755);
      }
    });
  });

  test('what is no directory gives nothing', () => {
    withTree({ a: '' }, (directory) => {
      expect([walkContext(join(directory, 'a')), walkContext(join(directory, 'none'))]).toEqual([undefined, undefined]);
    });
  });

  test('names that differ in case alone', () => {
    withTree({ 'A/x': '', 'a/y': '', 'b/READ.me': '', 'b/Read.me': '', 'b/other': '' }, (directory) => {
      const tree = walkContext(directory)!;
      const files = [...entriesBelow(tree.root)].filter(({ type }) => type === 'file').map(({ path }) => path);
      expect(files).toEqual(['A/x', 'a/y', 'b/READ.me', 'b/Read.me', 'b/other']);
    });
  });

  test('many files in one directory, and links that go round', () => {
    withTree({ 'loop/self': { link: '.' }, 'loop/up': { link: '..' }, out: { link: '/' } }, (directory) => {
      mkdirSync(join(directory, 'many'));
      for (let i = 0; i < 5000; i++) writeFileSync(join(directory, 'many', `${i}`), '');
      const tree = walkContext(directory)!;
      expect(tree).toMatchObject({ files: 5000, count: 5006 });
      expect(entryAt(tree, 'many/4999')?.path).toBe('many/4999');
    });
  });
});
