import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { IgnoreMatcher } from '../../src/context/dockerignore.ts';
import { judgeForAdd, lostEntries, type SourceOptions, takeSource } from '../../src/context/sources.ts';
import { ContextView } from '../../src/context/view.ts';
import { type WalkLimits, walkContext } from '../../src/context/walk.ts';
import { type Plan, withTree } from './tree.ts';

function view(directory: string, ignore = '', limits: Partial<WalkLimits> = {}): ContextView {
  const matcher = IgnoreMatcher.compile(ignore);
  if ('error' in matcher) throw new Error(matcher.error);
  const made = ContextView.of(walkContext(directory, limits)!, matcher);
  if ('error' in made) throw new Error(made.error);
  return made;
}

/** The files and links that a source takes, or the kind of answer with what it names. */
function taken(plan: Plan, ignore: string, source: string, options: SourceOptions = {}): string[] | string {
  return withTree(plan, (directory) => {
    const result = takeSource(view(directory, ignore), source, options);
    if (result.kind === 'missing') return `missing ${result.path}`;
    if (result.kind === 'unknown') return result.reason;
    if (result.kind !== 'taken') return result.kind;
    return [...result.entries()].filter(({ type }) => type !== 'directory').map(({ path }) => path);
  });
}

const plan: Plan = {
  'package.json': '',
  'src/a.js': '',
  'src/a.test.js': '',
  'src/lib/b.js': '',
  'src/lib/b.md': '',
  'docs/a.md': '',
  '.env': '',
  link: { link: 'src/lib' },
  'src/inner': { link: '../docs' },
  dangling: { link: 'nowhere' },
  absolute: { link: '/src/a.js' },
  outside: { link: '../../../docs' },
};

describe('what a source takes', () => {
  test.each<[string, string, string, string[] | string]>([
    ['', 'package.json', 'a file', ['package.json']],
    ['', './package.json/', 'a file with a slash', ['package.json']],
    ['', '../../src/./a.js', 'dots do not leave the context', ['src/a.js']],
    ['', '/src/lib/', 'a directory, from the root', ['src/lib/b.js', 'src/lib/b.md']],
    ['', 'src', 'links inside stay links', ['src/a.js', 'src/a.test.js', 'src/inner', 'src/lib/b.js', 'src/lib/b.md']],
    ['', 'link', 'a linked directory', ['src/lib/b.js', 'src/lib/b.md']],
    ['', 'link/b.js', 'through a link', ['src/lib/b.js']],
    ['', 'absolute', 'an absolute link starts at the context', ['src/a.js']],
    ['', 'outside', 'a link above the context stays inside', ['docs/a.md']],
    ['', 'dangling', 'a link to nothing', 'missing nowhere'],
    ['', 'none', 'nothing there', 'missing none'],
    ['', 'package.json/x', 'below a file', 'missing package.json/x'],
    ['', 'src/*.js', 'a wildcard', ['src/a.js', 'src/a.test.js']],
    ['', 's*/lib/*', 'a wildcard in a directory', ['src/lib/b.js', 'src/lib/b.md']],
    [
      '',
      'src/*',
      'a wildcard that meets a link and a directory',
      ['src/a.js', 'src/a.test.js', 'docs/a.md', 'src/lib/b.js', 'src/lib/b.md'],
    ],
    ['', '*.zzz', 'a wildcard without a match', 'empty'],
    ['', 'none/*.js', 'a wildcard in no directory', 'missing none'],
    ['', 'd*', 'a wildcard that meets a link to nothing', 'missing nowhere'],
    ['', 'src/[', 'a malformed wildcard', 'malformed'],
    ['', 'src[/]a.js', 'a class that crosses a slash, as in Go', ['src/a.js']],
    ['', '{a,b}', 'braces are plain', 'missing {a,b}'],
    ['', 'https://example.org/x', 'a URL', 'not-local'],
    ['', 'git@github.com:a/b.git', 'a repository', 'not-local'],
    ['', '<<EOF', 'a heredoc', 'not-local'],
    ['.env\nsrc', 'src', 'an ignored directory', 'missing src'],
    ['src/*', 'src', 'a directory whose content is ignored', []],
    ['src/*', 'src/*.js', 'a wildcard in it', 'empty'],
    ['src', 'link', 'a link to what is ignored', 'missing src'],
    ['link', 'src/lib', 'an ignored link costs its target nothing', ['src/lib/b.js', 'src/lib/b.md']],
    ['src\n!src/lib/b.js', 'src', 'an exception keeps its directories', ['src/lib/b.js']],
    ['*', '.', 'everything ignored', []],
    ['*', 'p*', 'a wildcard over nothing', 'empty'],
  ])('%j: COPY %s: %s', (ignore, source, _, expected) => expect(taken(plan, ignore, source)).toEqual(expected));

  test('a bind mount has no wildcards', () => {
    expect(taken({ 'a*': '', ab: '' }, '', 'a*', { literal: true })).toEqual(['a*']);
    expect(taken({ a: '' }, '', '', { literal: true })).toEqual(['a']);
  });

  test('links that go round are missing', () => {
    expect(taken({ a: { link: 'b' }, b: { link: 'a' } }, '', 'a')).toMatch(/^missing/);
  });

  test('what was followed is named', () => {
    withTree({ a: { link: 'b' }, b: { link: 'c' }, 'c/d': '' }, (directory) => {
      const result = takeSource(view(directory), 'a');
      expect(result).toMatchObject({
        kind: 'taken',
        links: ['a', 'b'],
        matches: [{ named: 'a', entry: { path: 'c' } }],
      });
    });
  });
});

describe('--exclude', () => {
  test.each<[string[], string, string, string[]]>([
    [['*.md'], 'docs', 'one level', []],
    [['*.md'], 'src', 'one level only', ['src/a.js', 'src/a.test.js', 'src/inner', 'src/lib/b.js', 'src/lib/b.md']],
    [['**/*.md', '*.test.js'], 'src', 'all levels', ['src/a.js', 'src/inner', 'src/lib/b.js']],
    [['docs/a.md'], 'docs', 'is not relative to the context', ['docs/a.md']],
    [['*.md'], 'docs/a.md', 'a named file is not filtered', ['docs/a.md']],
    [['*.js'], 'src/*.js', 'nor one that a wildcard found', ['src/a.js', 'src/a.test.js']],
    [['lib', '!lib/b.md'], 'src', 'an exception', ['src/a.js', 'src/a.test.js', 'src/inner', 'src/lib/b.md']],
    [['/lib'], 'src/lib', 'a leading slash never matches', ['src/lib/b.js', 'src/lib/b.md']],
  ])('%j of %s: %s', (exclude, source, _, expected) => {
    expect(taken(plan, '', source, { exclude })).toEqual(expected);
  });

  test('a malformed or unread pattern', () => {
    expect(taken(plan, '', 'src', { exclude: ['['] })).toBe('malformed');
    expect(taken(plan, '', 'src', { exclude: ['[b-a]'] })).toBe('malformed');
    expect(taken(plan, '', 'src', { exclude: ['a|b*'] })).toBe('unsupported-pattern');
  });
});

describe('--parents', () => {
  test.each<[string, string[] | string]>([
    ['src/lib', ['src/lib/b.js', 'src/lib/b.md']],
    ['**/*.md', ['docs/a.md', 'src/lib/b.md']],
    ['src/./*.js', ['src/a.js', 'src/a.test.js']],
    ['src/./lib/b.js', ['src/lib/b.js']],
    ['link/b.js', 'missing link/b.js'],
    ['link/./b.js', ['src/lib/b.js']],
    ['src/./none', 'missing src/none'],
    ['*.zzz', 'empty'],
    ['none/./a', 'missing none'],
    ['.', 'parents-of-context'],
  ])('%s', (source, expected) => expect(taken(plan, '', source, { parents: true })).toEqual(expected));

  test('with --exclude', () => {
    expect(taken(plan, '', 'src', { parents: true, exclude: ['src/lib'] })).toEqual([
      'src/a.js',
      'src/a.test.js',
      'src/inner',
    ]);
  });
});

test('a walk that stopped, and a path that could not be read, prove nothing', () => {
  withTree({ a: '', 'b\ufffd': '', 'c/d': '' }, (directory) => {
    expect(takeSource(view(directory, '', { entries: 2 }), 'a')).toEqual({ kind: 'unknown', reason: 'walk-stopped' });
    const tree = { ...walkContext(directory)!, unreadable: ['c/x'] };
    const partial = ContextView.of(tree) as ContextView;
    const unknown = { kind: 'unknown', reason: 'unreadable' };
    expect(takeSource(partial, 'a').kind).toBe('taken');
    for (const source of ['.', 'c', 'c/x', 'c/x/y', 'c/x*']) expect(takeSource(partial, source)).toEqual(unknown);
    const ignoring = ContextView.of(tree, IgnoreMatcher.compile('c') as IgnoreMatcher) as ContextView;
    expect(takeSource(ignoring, '.').kind).toBe('taken');
  });
});

test('what an ignore file costs a source', () => {
  withTree(plan, (directory) => {
    const before = view(directory);
    const lost = (ignore: string, source: string) => {
      const entries = lostEntries(source, {}, before, view(directory, ignore));
      return 'kind' in entries ? entries : entries.map(({ path }) => path);
    };
    expect(lost('.env', 'src')).toEqual([]);
    expect(lost('.env', '.')).toEqual(['.env']);
    expect(lost('src/lib', 'src')).toEqual(['src/lib']);
    expect(lost('src', 'link')).toEqual({ kind: 'missing', path: 'src' });
    expect(lost('p*', 'p*')).toEqual(['package.json']);
    expect(lost('src', 'none')).toEqual([]);
  });
});

test('what ADD makes of each match', () => {
  const header = Buffer.alloc(512);
  header.write('x');
  header.fill(' ', 148, 156);
  header.write(`${(120 + 8 * 32).toString(8).padStart(6, '0')}\0 `, 148);
  const files: Plan = {
    'd/x.tar': header,
    plain: 'x',
    'a.tgz': gzipSync(header),
    lnk: { link: 'a.tgz' },
    dlnk: { link: 'd' },
    pointer: 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
  };
  withTree(files, (directory) => {
    const context = view(directory);
    const judge = (source: string) => {
      const result = takeSource(context, source);
      return result.kind === 'taken' ? result.matches.map((match) => judgeForAdd(context, match)) : result.kind;
    };
    expect(judge('d')).toEqual(['directory']);
    expect(judge('d/*')).toEqual(['archive']);
    expect(judge('lnk')).toEqual(['archive']);
    expect(judge('dlnk')).toEqual(['directory']);
    expect(judge('p*')).toEqual(['plain', 'lfs-pointer']);
  });
});

test('a view counts what is sent', () => {
  withTree({ 'a/b': 'xx', 'a/c': 'y', d: 'zzzz' }, (directory) => {
    expect(view(directory)).toMatchObject({ files: 3, bytes: 7 });
    expect(view(directory, 'a\n!a/c')).toMatchObject({ files: 2, bytes: 5 });
    const failing = IgnoreMatcher.compile('[b-a]') as IgnoreMatcher;
    expect(ContextView.of(walkContext(directory)!, failing)).toEqual({
      error: 'syntax error in pattern',
      pattern: '[b-a]',
    });
  });
});
