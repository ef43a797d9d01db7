import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BuildContext, ContextView, loadParsers, openContext } from '../../src/context/index.ts';
import { type Plan, withTree } from './tree.ts';

await loadParsers();

function opened<T>(
  plan: Plan,
  run: (context: BuildContext, root: string) => T,
  dockerfile = 'Dockerfile',
  directory = '',
): T {
  return withTree(plan, (root) =>
    run(openContext(join(root, directory), { root, dockerfile: join(root, dockerfile) }), root),
  );
}

describe('a context', () => {
  const plan: Plan = {
    Dockerfile: 'FROM scratch\n',
    '.dockerignore': 'node_modules\n*.log\n!keep.log\n',
    'a.log': 'xxxx',
    'keep.log': 'yy',
    'node_modules/m/i.js': 'zzz',
    'src/a.js': '1',
    'go.mod': 'module a\n',
    'main.go': 'package main\n',
    'run.sh': { link: 'src/a.js' },
    out: { link: '/etc/hosts' },
  };

  test('is asked for what is sent, taken, judged and read', () => {
    opened(plan, (context) => {
      expect(context.totals('')).toEqual({ files: 8, bytes: 74 });
      expect(context.totals()).toEqual({ files: 6, bytes: 67 });
      expect(context.totals('*\n!src')).toEqual({ files: 1, bytes: 1 });
      const result = context.source('src');
      expect(result).toBe(context.source('src'));
      expect(
        'kind' in result && result.kind === 'taken' && result.matches.map((match) => context.judge(match)),
      ).toEqual(['directory']);
      expect(context.source('a.log')).toEqual({ kind: 'missing', path: 'a.log' });
      expect(context.lost('.', {}, 'src')).toMatchObject([{ path: 'src' }]);
      expect(context.text('run.sh')).toEqual({ text: '1' });
      expect(context.text('out')).toEqual({ unread: 'missing' });
      expect(context.manifestPaths).toEqual(['go.mod']);
      expect(context.manifest('go.mod')).toMatchObject({ kind: 'go.mod', facts: { ok: true, value: { path: 'a' } } });
      expect(context.goSources('')).toMatchObject({ mains: [''] });
    });
  });

  test('knows its ignore file', () => {
    opened(plan, ({ ignore }) => {
      expect(ignore).toMatchObject({
        path: '.dockerignore',
        exists: true,
        ownOfDockerfile: false,
        error: undefined,
        disputed: [],
      });
    });
    opened({ ...plan, 'Dockerfile.dockerignore': '' }, (context) => {
      expect(context.ignore).toMatchObject({
        path: 'Dockerfile.dockerignore',
        exists: true,
        ownOfDockerfile: true,
        text: '',
      });
      expect(context.totals()).toMatchObject({ files: 9 });
    });
    opened(
      { 'svc/a': '' },
      ({ ignore }) => expect(ignore).toMatchObject({ path: 'svc/.dockerignore', exists: false }),
      'Dockerfile',
      'svc',
    );
  });

  test('says why there is no answer', () => {
    opened({ '.dockerignore': '!\n', a: '' }, (context) => {
      const error = { error: 'illegal exclusion pattern: "!"' };
      expect(context.ignore.error).toMatchObject(error);
      expect([context.view, context.totals(), context.source('a')]).toMatchObject([error, error, error]);
      expect(context.viewWith('')).toBeInstanceOf(ContextView);
    });
    opened({ '.dockerignore': '[b-a]\n' }, ({ ignore }) =>
      expect(ignore.error).toMatchObject({ error: 'syntax error in pattern' }),
    );
    opened({ '.dockerignore': 'a|b*\n' }, ({ ignore }) =>
      expect(ignore.error).toMatchObject({ error: 'unsupported pattern' }),
    );
    opened({ '.dockerignore': { link: 'x' }, x: '' }, ({ ignore }) =>
      expect(ignore.error).toEqual({ error: 'unreadable' }),
    );
    withTree({}, (root) => {
      const context = openContext(join(root, 'none'));
      expect(context.tree).toBeUndefined();
      expect([context.view, context.totals(''), context.source('.')]).toEqual(Array(3).fill({ error: 'no-context' }));
      expect([context.text('a'), context.gitIgnored, context.manifestPaths]).toEqual([
        { unread: 'no-context' },
        [],
        [],
      ]);
    });
  });

  test('names the paths on which builders disagree', () => {
    const files: Plan = { 'docs/a.md': '', 'src/lib/a.js': '', 'src/b': '' };
    const disputed = (text: string) => opened(files, (context) => context.disputed(text));
    expect(disputed('**/*.md\n!*/')).toEqual(['docs/a.md']);
    expect(disputed('src/lib\n!src/')).toEqual(['src/lib/a.js']);
    expect(disputed('**.js')).toEqual(['src/lib/a.js']);
    expect(disputed('**/*.md\n!docs/a.md\nsrc\n!src/b')).toEqual([]);
    opened({ ...files, '.dockerignore': '**.js' }, ({ ignore }) => expect(ignore.disputed).toEqual(['src/lib/a.js']));
  });
});

describe('what git ignores', () => {
  const plan: Plan = {
    '.gitignore': 'node_modules/\n*.log\n!keep.log\n/dist\nsvc/tmp\n# c\n\\#x\ncase\n',
    'svc/.gitignore': 'local\n!*.log\n/anchored\n*.bin\n!keep/*.bin\n',
    'svc/node_modules/a': '',
    'svc/a.log': '',
    'svc/local/x': '',
    'svc/deep/local': '',
    'svc/anchored': '',
    'svc/deep/anchored': '',
    'svc/tmp/x': '',
    'svc/keep/a.bin': '',
    'svc/deep/a.bin': '',
    'svc/deep/.gitignore': '!a.bin\n',
    'svc/CASE': '',
    'svc/info': '',
    'a.log': '',
    'keep.log': '',
    'dist/x': '',
    'x/dist/y': '',
    '#x': '',
  };

  test('is what git says, for the repository and for a context inside it', () => {
    withTree(plan, (root) => {
      const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
      git('init', '-q');
      mkdirSync(join(root, '.git/info'), { recursive: true });
      writeFileSync(join(root, '.git/info/exclude'), 'info\n');
      const expected = git('-c', 'core.excludesFile=/dev/null', 'ls-files', '-oiz', '--exclude-standard')
        .split('\0')
        .filter((path) => path !== '')
        .sort();
      const list = (directory: string) => {
        const { gitIgnored, tree } = openContext(join(root, directory), { root });
        const below = gitIgnored.map(({ path }) => path);
        const files = Object.keys(plan)
          .concat('.git/x')
          .filter((path) => path.startsWith(directory === '' ? '' : `${directory}/`));
        expect(tree).toBeDefined();
        const inside = (path: string) => (directory === '' ? path : path.slice(directory.length + 1));
        return files
          .filter((path) => below.some((entry) => inside(path) === entry || inside(path).startsWith(`${entry}/`)))
          .sort();
      };
      expect(list('')).toEqual(expected);
      expect(list('svc')).toEqual(expected.filter((path) => path.startsWith('svc/')));
    });
  });

  test('a context that is ignored as a whole', () => {
    withTree({ '.gitignore': 'out\n', 'out/a': '', 'out/b/c': '' }, (root) => {
      expect(openContext(join(root, 'out'), { root }).gitIgnored.map(({ path }) => path)).toEqual(['a', 'b']);
    });
  });
});

test('a large context is walked once, and matched', () => {
  withTree({ '.dockerignore': '**/node_modules\n**/*.map\n!keep.map\n', 'keep.map': '' }, (root) => {
    for (let i = 0; i < 40; i++) {
      mkdirSync(join(root, `p${i}/node_modules/m`), { recursive: true });
      for (let j = 0; j < 50; j++) {
        writeFileSync(join(root, `p${i}/node_modules/m/${j}.js`), '');
        writeFileSync(join(root, `p${i}/${j}.${j % 2 === 0 ? 'map' : 'js'}`), 'x');
      }
    }
    const context = openContext(root);
    expect(context.totals('')).toEqual({ files: 4002, bytes: 2035 });
    expect(context.totals()).toEqual({ files: 1002, bytes: 1035 });
    expect(context.tree).toBe(context.tree);
  });
});
