import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ContextOptions, contextFacts, openContext } from '../../src/context/index.ts';
import { type FixResult, fix, tableFacts } from '../../src/engine/index.ts';
import type { SiblingDockerfile } from '../../src/transform/index.ts';
import { writeDockerignore } from '../../transforms/write-dockerignore/index.ts';
import { leavesOut } from '../../transforms/write-dockerignore/patterns.ts';
import { type Plan, withTree } from '../context/tree.ts';

const source = 'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n';
const node: Plan = { 'package.json': '{}', 'server.js': '', 'node_modules/a/index.js': '', '.git/HEAD': '' };

function planned(root: string, options: ContextOptions = {}, siblings: readonly SiblingDockerfile[] = []): FixResult {
  const place = { root, dockerfile: join(root, 'Dockerfile'), siblings };
  const context = contextFacts(openContext(root, { ...place, ...options }), place);
  const facts = { ...tableFacts, context: () => context };
  return fix(source, { transforms: [writeDockerignore], facts, choice: { safety: 'unsafe' } });
}

const skipped = ({ remaining }: FixResult) =>
  remaining.flatMap(({ finding }) => ('skipped' in finding ? [finding.skipped] : []));

describe('refusals', () => {
  test('a walk that a limit ends, and a context that cannot be read', () => {
    withTree(node, (root) => {
      expect(skipped(planned(root, { limits: { entries: 4 } }))).toEqual(['context-incomplete']);
      expect(skipped(planned(root, { limits: { depth: 1 } }))).toEqual(['context-incomplete']);
      expect(skipped(planned(join(root, 'none')))).toEqual(['context-not-located']);
    });
  });

  test('another Dockerfile of the context that cannot be read, or whose sources cannot', () => {
    withTree(node, (root) => {
      const other = (text: string | undefined) => skipped(planned(root, {}, [{ path: 'b.Dockerfile', text }]));
      expect(other(undefined)).toEqual(['copies-unclear']);
      expect(other('FROM a\nCOPY {{ x }} /\n')).toEqual(['copies-unclear']);
      // What no builder can read takes nothing.
      expect(other('FROM a\nCOPY\n')).toEqual([]);
      expect(other('nothing like it')).toEqual([]);
    });
  });
});

describe('links', () => {
  test('those that lead out of the context or in circles are left alone', () => {
    withTree({ ...node, 'a/b': { link: '../a' } }, (root) => {
      symlinkSync('/etc', join(root, 'outside'));
      expect(planned(root).files.map(({ after }) => after)).toEqual(['.git\nnode_modules\n.dockerignore\n']);
    });
  });

  test('Git data that is a link, or the file of a worktree', () => {
    const { '.git/HEAD': _, ...rest } = node;
    withTree({ ...rest, '.git': { link: '/elsewhere' } }, (root) => {
      expect(planned(root).files[0]?.after).toBe('.git\nnode_modules\n.dockerignore\n');
    });
    withTree({ ...rest, '.git': 'gitdir: /elsewhere\n' }, (root) => {
      expect(planned(root).files[0]?.after).toBe('.git\nnode_modules\n.dockerignore\n');
    });
  });
});

test('many Dockerfiles of one context come to one text', () => {
  withTree({ ...node, 'tool/dist/x': '', '.gitignore': 'dist\n' }, (root) => {
    const siblings = Array.from({ length: 60 }, (_, index) => ({
      path: `${index}.Dockerfile`,
      text: `FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nLABEL n=${index}\n`,
    }));
    const context = openContext(root, { root });
    const texts = siblings.map((own) => {
      const dockerfile = join(root, own.path);
      const others = siblings.filter((each) => each !== own);
      const facts = contextFacts(context.of(dockerfile), { root, dockerfile, siblings: others });
      const result = fix(own.text, { transforms: [writeDockerignore], facts: { ...tableFacts, context: () => facts } });
      return result.files[0]?.after;
    });
    expect(new Set(texts)).toEqual(new Set(['.git\nnode_modules\n.dockerignore\n']));
  });
});

test.each([
  ['a/b', 'a/b', true],
  ['a/b', 'a/b/c', true],
  ['a/b', 'a/bc', false],
  ['b', 'a/b', false],
  ['**/b', 'a/b/c', true],
  ['**/b', 'b', true],
  ['**/b', 'a/bc', false],
  ['**/*.log', 'a/x.log', true],
  ['**/*.log', 'x.log/a', true],
  ['**/*.log', 'x.logs', false],
])('%s and %s: %s', (pattern, path, expected) => {
  expect(leavesOut(pattern, path)).toBe(expected);
});
