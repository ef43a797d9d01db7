import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { contextFacts, loadParsers, openContext } from '../../src/context/index.ts';
import { type ContextFacts, isAvailable } from '../../src/transform/index.ts';
import { type Plan, withTree } from './tree.ts';

await loadParsers();

function facts(root: string, folder = '', dockerfile = 'Dockerfile'): ContextFacts {
  const place = { root, dockerfile: join(root, dockerfile), siblings: [] };
  const found = contextFacts(openContext(join(root, folder), place), place);
  if (!isAvailable(found)) throw new Error(found.unavailable);
  return found;
}

const paths = (files: Iterable<{ readonly path: string }>): string[] => [...files].map(({ path }) => path).sort();

const plan: Plan = {
  '.gitignore': 'dist/\n*.log\n',
  'app/Dockerfile': '',
  'app/.dockerignore': 'docs\n',
  'app/docs/a.md': 'xx',
  'app/src/a.js': 'x',
  'app/src/lib/b.js': 'x',
  'app/link': { link: 'src' },
  'app/dist/a': 'x',
  'docker/web.Dockerfile.dockerignore': 'src\n',
};

describe('a context as transforms ask it', () => {
  test('its place, and the ignore file in force', () => {
    withTree(plan, (root) => {
      const own = facts(root, 'app', 'app/Dockerfile');
      expect([own.directory, own.dockerfile, own.complete]).toEqual(['app', 'Dockerfile', true]);
      expect(own.ignore).toMatchObject({ path: '.dockerignore', exists: true, ownOfDockerfile: false, text: 'docs\n' });
      const other = facts(root, 'app', 'docker/web.Dockerfile');
      expect(other.dockerfile).toBe('../docker/web.Dockerfile');
      expect(other.ignore).toMatchObject({ path: '../docker/web.Dockerfile.dockerignore', ownOfDockerfile: true });
      expect(facts(root, 'docker').ignore).toMatchObject({ path: '.dockerignore', exists: false, text: '' });
      expect(contextFacts(openContext(join(root, 'none')), { root, dockerfile: root, siblings: [] })).toHaveProperty(
        'unavailable',
      );
    });
  });

  test('what another ignore text leaves out, and what that costs a source', () => {
    withTree(plan, (root) => {
      const context = facts(root, 'app', 'app/Dockerfile');
      expect(paths(context.leftOut('docs\nsrc/lib\ndist\n'))).toEqual(['dist', 'src/lib']);
      const lost = (source: string, text: string) => {
        const found = context.lost(source, {}, text);
        return 'kind' in found ? found : paths(found);
      };
      expect(lost('.', 'docs\nsrc/lib\n')).toEqual(['src/lib']);
      expect(lost('link', 'docs\nsrc/lib\n')).toEqual(['src/lib']);
      expect(lost('link', 'docs\nsrc\n')).toEqual({ kind: 'missing', path: 'src' });
      expect(lost('docs', 'docs\nsrc\n')).toEqual([]);
      expect(lost('s*', 'docs\nsrc\n')).toEqual(['src']);
      expect(lost('.', '[')).toMatchObject({ kind: 'unknown' });
    });
  });

  test('the same context once the ignore file is another', () => {
    withTree(plan, (root) => {
      const changed = facts(root, 'app', 'app/Dockerfile').withIgnore('src\n');
      expect(changed.ignore).toMatchObject({ exists: true, text: 'src\n', error: undefined, disputed: [] });
      const sent = (context: ContextFacts) =>
        isAvailable(context.sent) && ['docs/a.md', 'src/a.js'].map(context.sent.has);
      expect(sent(changed)).toEqual([true, false]);
      expect(sent(changed.withIgnore('docs'))).toEqual([false, true]);
      expect(paths(changed.leftOut('src\ndocs\n'))).toEqual(['docs']);
      expect(changed.withIgnore('[').sent).toHaveProperty('unavailable');
      expect(changed.withIgnore('docs/*.md\n!docs/').ignore.disputed).toEqual(['docs/a.md']);
    });
  });

  test('what git would ignore, also where it is not there', () => {
    withTree(plan, (root) => {
      const { gitIgnores } = facts(root, 'app', 'app/Dockerfile');
      expect(['dist', 'src/dist', 'src'].map((path) => gitIgnores(path, true))).toEqual([true, true, false]);
      expect(['dist', 'dist/a', 'none/deep/x.log', 'x.txt'].map((path) => gitIgnores(path, false))).toEqual([
        false,
        true,
        true,
        false,
      ]);
    });
  });

  test('Dockerfiles of one context share the walk and what follows from it', () => {
    withTree(plan, (root) => {
      const context = openContext(join(root, 'app'), { root });
      const [first, second] = ['app/Dockerfile', 'docker/web.Dockerfile'].map((path) => {
        const dockerfile = join(root, path);
        return contextFacts(context.of(dockerfile), { root, dockerfile, siblings: [] }) as ContextFacts;
      });
      expect(first!.file('')).toBe(second!.file(''));
      expect([first!.ignore.text, second!.ignore.text]).toEqual(['docs\n', 'src\n']);
      expect(first!.lost('.', {}, 'docs\ndist\n')).toBe(first!.lost('.', {}, 'docs\ndist\n'));
    });
  });
});
