import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contextFacts, IgnoreMatcher, openContext } from '../../src/context/index.ts';
import { Dockerfile, imageReferences } from '../../src/dockerfile/index.ts';
import { fix } from '../../src/engine/index.ts';
import { type ContextFacts, isAvailable } from '../../src/transform/index.ts';
import { writeDockerignore } from '../../transforms/write-dockerignore/index.ts';
import { fixtureContext } from '../support/fixture-context.ts';
import { BuildEngine, type Built } from '../support/ignore-oracle/engine.ts';
import { standIns } from '../support/ignore-oracle/stand-ins.ts';
import { describeInFullSuite, root, temporaryFolder } from '../support/parts.ts';
import { readFixtureCase } from '../support/testing.ts';

const parts = ['dockerd', 'busybox', root] as const;
const fixtures = 'fixtures/write-dockerignore';

/** What Docker 20.10 cannot build, and why. */
const notBuilt: Readonly<Record<string, string>> = {
  'heredoc-git': 'its frontend has no heredocs',
  'exclude-flag': 'its frontend has no COPY --exclude',
};
/** What fails without the ignore file, and why. */
const failsBefore: Readonly<Record<string, string>> = {
  cmake: 'CMake refuses a cache of another folder, which is what the ignore file is for',
};

describeInFullSuite('ignore files in real builds', parts, () => {
  const folder = temporaryFolder();
  let engine: BuildEngine;

  beforeAll(async () => {
    engine = await BuildEngine.start(folder.path);
    const base = join(folder.path, 'base');
    mkdirSync(join(base, 'tools'), { recursive: true });
    copyFileSync('/bin/busybox', join(base, 'busybox'));
    for (const [name, text] of Object.entries(standIns)) {
      writeFileSync(join(base, 'tools', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    const busybox =
      'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nENV PATH=/bin:/tools\n';
    writeFileSync(join(base, 'Dockerfile'), `${busybox}COPY tools /tools\n`);
    writeFileSync(
      join(base, 'without-git'),
      `${busybox}COPY tools /tools\nRUN mkdir /extra && mv /tools/git /extra/git\n`,
    );
    for (const [tag, file] of [
      ['base', 'Dockerfile'],
      ['without-git', 'without-git'],
    ] as const) {
      const { code, stderr } = await engine.docker(
        'build',
        '-q',
        '--network',
        'none',
        '-t',
        tag,
        '-f',
        join(base, file),
        base,
      );
      if (code !== 0) throw new Error(stderr);
    }
  }, 60_000);
  afterAll(async () => {
    await engine?.stop();
    folder.remove();
  });

  const proposed = (name: string, safety: 'safe' | 'unsafe') => {
    const { source, facts } = readFixtureCase(fixtures, name);
    return fix(source, { transforms: [writeDockerignore], facts, choice: { safety } });
  };
  const cases = readdirSync(fixtures).filter(
    (name) => !(name in notBuilt) && proposed(name, 'unsafe').files.length > 0,
  );

  test('there are enough of them', () => {
    expect(cases.length).toBeGreaterThanOrEqual(25);
  });

  const tagged = new Map<string, Promise<unknown>>();
  const build = async (
    name: string,
    files: Parameters<NonNullable<ReturnType<typeof fixtureContext>>['make']>[0],
  ): Promise<Built> => {
    const { source } = readFixtureCase(fixtures, name);
    const file = new Dockerfile(source);
    for (const { text } of imageReferences(file)) {
      const base = /golang.*alpine/.test(text) ? 'without-git' : 'base';
      if (!tagged.has(text)) tagged.set(text, engine.docker('tag', base, text));
      await tagged.get(text);
    }
    const { directory, dockerfile } = fixtureContext(join(fixtures, name))!.make(files);
    const path = dockerfile ?? join(folder.path, `${name}.Dockerfile`);
    writeFileSync(path, source);
    return engine.files(path, directory);
  };

  test.concurrent.each(cases)(
    '%s: the image has the same files, but for those that the fix names',
    { timeout: 60_000 },
    async (name) => {
      const before = await build(name, []);
      if (name in failsBefore) expect(before).toHaveProperty('error');
      else if ('error' in before) throw new Error(before.error);
      let last = '';
      for (const safety of ['safe', 'unsafe'] as const) {
        const { applied, files } = proposed(name, safety);
        const [text = ''] = files.map(({ after }) => after);
        if (text === last) continue;
        last = text;
        const after = await build(name, files);
        if ('error' in after) throw new Error(`with the ignore file: ${after.error}`);
        if ('error' in before) continue;
        const named = applied.flatMap((each) => each.fix.changes.paths ?? []);
        const isNamed = (path: string) => named.some((glob) => covers(glob, `/${path}`));
        expect(differing(before.files, after.files).filter((path) => !isNamed(path))).toEqual([]);
        // What the build makes itself is there as well.
        const outputs = /\/(?:node_modules|dist|build|\.next|target|vendor|deps|_build|obj|bin)$/;
        for (const path of named.filter((each) => outputs.test(each)).map((each) => each.slice(1))) {
          if (before.files.has(path)) expect(after.files.has(path), path).toBe(true);
        }
      }
    },
  );

  test.concurrent.each([
    ['python-setuptools-scm', '.git'],
    ['unchanged-go-makefile', '.git'],
    ['unchanged-go-stamping', '.git'],
    ['dotnet-source-link', '.git'],
    ['node-output-made-before', 'dist'],
    ['node-production-install', 'node_modules'],
    ['link-to-output', 'dist'],
  ])('%s: without `%s` the build would fail or make something else', { timeout: 60_000 }, async (name, pattern) => {
    const before = await build(name, []);
    const after = await build(name, [{ path: '.dockerignore', before: undefined, after: `${pattern}\n` }]);
    if ('error' in before) throw new Error(before.error);
    if ('error' in after) return;
    const others = differing(before.files, after.files).filter((path) => !path.includes(`/${pattern}`));
    const lost = differing(before.files, after.files).filter((path) => !after.files.has(path));
    expect(others.length > 0 || lost.includes('app/dist/server.js')).toBe(true);
  });

  test('the patterns leave out what the engine leaves out', { timeout: 60_000 }, async () => {
    const context = join(folder.path, 'context');
    for (const path of paths) {
      mkdirSync(join(context, path, '..'), { recursive: true });
      writeFileSync(join(context, path), '');
    }
    const place = { root: context, dockerfile: join(context, 'none'), siblings: [] };
    const facts = contextFacts(openContext(context, place), place) as ContextFacts;
    const random = generator(20_261_121);
    const sets = Array.from({ length: 100 }, () => generated(random));
    const differ: string[] = [];
    const check = async (text: string, index: number): Promise<void> => {
      const dockerfile = join(folder.path, `set-${index}`);
      writeFileSync(dockerfile, 'FROM scratch\nCOPY . /ctx\n');
      writeFileSync(`${dockerfile}.dockerignore`, text);
      const built = await engine.files(dockerfile, context);
      const sent = facts.sentWith(text);
      if ('error' in built || !isAvailable(sent)) {
        expect(isAvailable(sent), text).toBe(!('error' in built));
        return;
      }
      const wrong = paths.filter((path) => sent.has(path) !== built.files.has(`ctx/${path}`));
      if (wrong.length === 0) return;
      differ.push(text);
      // Docker 20.10 looks at each path and its parents alone, reads `**.js` as a whole name, and does not enter what is
      // left out unless an exception begins with its path.
      const disputed = facts.disputedWith(text);
      expect(
        wrong.filter((path) => !disputed.includes(path) && !isUnentered(text, path)),
        text,
      ).toEqual([]);
    };
    for (let at = 0; at < sets.length; at += 4) {
      await Promise.all(sets.slice(at, at + 4).map((text, index) => check(text, at + index)));
    }
    console.log(JSON.stringify({ sets: sets.length, differingByDesign: differ }));
    expect(differ.length).toBeLessThan(25);
  });
});

function differing(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path));
}

/** Whether a path lies in a directory that is left out and that Docker 20.10 passes over for all exceptions. */
function isUnentered(text: string, path: string): boolean {
  const matcher = IgnoreMatcher.compile(text);
  if ('error' in matcher || !matcher.hasExceptions) return false;
  const exceptions = matcher.lines.flatMap(({ pattern }) => (pattern.startsWith('!') ? [`${pattern.slice(1)}/`] : []));
  const parts = path.split('/').slice(0, -1);
  return parts
    .map((_, at) => parts.slice(0, at + 1).join('/'))
    .some((folder) => matcher.matchesPath(folder) && !exceptions.some((each) => each.startsWith(`${folder}/`)));
}

/** Whether a glob of an image's paths covers one of them. */
function covers(glob: string, path: string): boolean {
  const parts = glob.split('**').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*'));
  return new RegExp(`^${parts.join('.*')}$`).test(path) || new RegExp(`^${parts.join('.*')}$`).test(`${path}/`);
}

const paths = `a.js b.ts README.md docs/a.md docs/deep/b.md src/a.js src/lib/a.js src/lib/b.md src/lib/deep/c.js
  node_modules/x/index.js web/node_modules/y/index.js web/dist/app.js dist/app.js .git/HEAD .git/config .env web/.env
  .env.local Dockerfile web/Dockerfile keys/a.pem a.pem logs/x.log x.log target/app.jar web/target/x __pycache__/a.pyc
  lib/__pycache__/b.pyc build/out build.gradle .github/w.yml UPPER.MD Src/a.js`
  .trim()
  .split(/\s+/);

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** An ignore file of one to six lines, of forms that people write; one in four has exceptions. */
function generated(random: () => number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const forms = [
    'node_modules',
    '**/node_modules',
    'dist',
    '**/dist/',
    '*.md',
    '**/*.md',
    '**/*.js',
    'src',
    'src/*',
    'src/**',
  ];
  const more = [
    '/docs',
    './web/',
    '.env*',
    '**/.env',
    'web/*/app.js',
    '?.js',
    '[a-b].*',
    '**',
    '*',
    'src/lib',
    '**/*.p*',
    '**.js',
  ];
  const rest = [
    '# comment',
    '',
    '  target  ',
    'Src',
    '.git',
    '**/__pycache__',
    'build*',
    'docs/../x.log',
    'we[b]/dist',
  ];
  const lines = Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick([...forms, ...more, ...rest]));
  if (random() < 0.25) {
    lines.push(
      `!${pick(['src/a.js', 'docs', 'README.md', '**/*.md', 'web/dist', 'src/lib/b.md', '.env', 'node_modules/x'])}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
