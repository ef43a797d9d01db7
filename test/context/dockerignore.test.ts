import { describe, expect, test } from 'vitest';
import { asValue, IgnoreMatcher, readIgnoreFile, Sieve } from '../../src/context/dockerignore.ts';
import { hasWildcard, isGlob, matchGlob } from '../../src/context/glob.ts';
import { hasShared, readJsonLines } from './shared.ts';

function matcher(text: string): IgnoreMatcher {
  const compiled = IgnoreMatcher.compile(text);
  if ('error' in compiled) throw new Error(compiled.error);
  return compiled;
}

function kept(text: string, paths: readonly string[]): string[] {
  const sieve = new Sieve(matcher(text));
  return paths.filter((path) => !sieve.ignores(path));
}

describe.skipIf(!hasShared)('the sets of BuildKit', () => {
  test('every set keeps the same paths, or fails with the same error', () => {
    const [first, ...sets] = readJsonLines<{ paths: string[]; ignore: string; kept?: number[]; error?: string }>(
      'vectors/dockerignore.jsonl.gz',
    );
    expect(sets).toHaveLength(3200);
    const wrong: unknown[] = [];
    for (const set of sets) {
      const expected = set.error ?? [...set.kept!].sort((a, b) => a - b);
      const compiled = IgnoreMatcher.compile(set.ignore);
      const answer =
        'error' in compiled
          ? compiled
          : asValue(() => {
              const sieve = new Sieve(compiled);
              return first!.paths.flatMap((path, index) => (sieve.ignores(path) ? [] : [index]));
            });
      const got = Array.isArray(answer) ? answer : answer.error;
      if (JSON.stringify(got) !== JSON.stringify(expected)) wrong.push({ ...set, got });
    }
    expect(wrong).toEqual([]);
  });
});

describe('reading an ignore file', () => {
  const patterns = (text: string) => {
    const lines = readIgnoreFile(text);
    return 'error' in lines ? lines.error : lines.map(({ pattern }) => pattern);
  };

  test.each([
    ['\ufeffa\n', ['a']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['# note\n #x\n', ['#x']],
    ['  a b \t\n', ['a b']],
    ['!  a/\n', ['!a']],
    ['/a//b/../c/\n', ['a/c']],
    ['./\n', ['.']],
    ['/\n', ['/']],
    ['!\n', ['!']],
    ['\u00a0a\u0085\n', ['a']],
    ['a\n\ufeffb', ['a', '\ufeffb']],
    ['', []],
  ])('%j', (text, expected) => expect(patterns(text)).toEqual(expected));

  test('a line keeps its number', () => {
    expect(readIgnoreFile('# a\n\nb\n')).toEqual([{ line: 3, pattern: 'b' }]);
  });

  test('a line of 64 KiB is an error, one byte less is not', () => {
    expect(patterns('é'.repeat(32 * 1024))).toBe('line too long');
    expect(patterns('a'.repeat(64 * 1024 - 1))).toHaveLength(1);
  });

  test.each(['!', '!/', '! '])('%j alone fails the build', (text) => {
    expect(IgnoreMatcher.compile(text)).toMatchObject({ error: 'illegal exclusion pattern: "!"' });
  });

  test.each(['[', '[]', 'a\\', '[-a]'])('%j fails the build', (text) => {
    expect(IgnoreMatcher.compile(text)).toMatchObject({ error: 'syntax error in pattern' });
  });

  test('a pattern that fails when it is tried is told in advance', () => {
    expect(matcher('a\n[b-a]').fault).toEqual({ error: 'syntax error in pattern', pattern: '[b-a]' });
    expect(matcher('a').fault).toBeUndefined();
  });

  test.each(['a|b*', '*x{2}', '*\\d', '[[:alpha:]]', '?^'])('%j, a regular expression in Go, is refused', (text) => {
    expect(IgnoreMatcher.compile(text)).toEqual({ error: 'unsupported pattern', pattern: text });
  });
});

describe('matching', () => {
  test('patterns are anchored, case-sensitive, and take what is below them', () => {
    expect(kept('node_modules\n*.log', ['node_modules/a', 'x/node_modules/a', 'a.log', 'x/a.log', 'A.LOG'])).toEqual([
      'x/node_modules/a',
      'x/a.log',
      'A.LOG',
    ]);
  });

  test('**/name also matches at the root', () => {
    expect(kept('**/dist\n**/*.md', ['dist', 'a/dist/b', 'a/distant', 'README.md', 'a/b.md'])).toEqual(['a/distant']);
  });

  test('signs of a regular expression stand for themselves', () => {
    expect(kept('a+b\na(b)*\n{a,b}\n*$x', ['aab', 'a+b', 'a(b)c', 'ab', '{a,b}', 'a$x', 'ax'])).toEqual([
      'aab',
      'ab',
      'ax',
    ]);
  });

  test('the last match wins, and an exception reaches into an ignored directory', () => {
    expect(kept('dist\n!dist/keep', ['dist/a', 'dist/keep/b', 'src/a'])).toEqual(['dist/keep/b', 'src/a']);
    expect(kept('!dist/keep\ndist', ['dist/keep/b'])).toEqual([]);
  });

  test('where builders disagree, the two answers differ', () => {
    for (const [text, path] of [
      ['**/*.md\n!*/', 'docs/a.md'],
      ['src/lib\n!src/', 'src/lib/a'],
    ] as const) {
      expect(kept(text, [path])).toEqual([]);
      expect(matcher(text).matchesPath(path)).toBe(false);
    }
  });

  test('a directory without a possible exception below is pruned', () => {
    const sieve = new Sieve(matcher('dist\nout\n!dist/keep'));
    expect([sieve.prunes('dist'), sieve.prunes('out'), sieve.prunes('dist/keep'), sieve.prunes('dist/x')]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  test('a hostile pattern takes no more than its length times the path', () => {
    const path = `${'a'.repeat(4000)}/x`;
    expect(kept(`${'*a'.repeat(200)}b`, [path])).toHaveLength(1);
    expect(kept(`${'**/*a'.repeat(200)}b`, [path])).toHaveLength(1);
    expect(matchGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(4000))).toBe('no');
  });
});

describe('globs of COPY and ADD', () => {
  test.each([
    ['*', 'a', 'match'],
    ['*', 'a/b', 'no'],
    ['a?c', 'a/c', 'no'],
    ['[^/]', '/', 'no'],
    ['[a-c]x', 'bx', 'match'],
    ['\\*', '*', 'match'],
    ['*.{js,ts}', 'a.js', 'no'],
    ['é?', 'éü', 'match'],
    ['[', 'a', 'bad'],
    ['[]a]', 'a', 'bad'],
    ['a[', 'b', 'bad'],
    ['*a*[', 'b', 'no'],
  ] as const)('%s on %s: %s', (pattern, name, answer) => expect(matchGlob(pattern, name)).toBe(answer));

  test('a pattern is judged as a whole', () => {
    expect([isGlob('*a*['), isGlob('[a-'), isGlob('a[b]*')]).toEqual([false, false, true]);
    expect([hasWildcard('a\\*'), hasWildcard('a[b]'), hasWildcard('a]')]).toEqual([false, true, false]);
  });
});
