import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBakeHcl } from '../../src/context/bake.ts';
import { readCommands } from '../../src/context/build-commands.ts';
import { readerOf } from '../../src/context/build-files.ts';
import { loadParsers } from '../../src/context/index.ts';
import { type Listing, type Location, locate } from '../../src/context/locate.ts';
import { Repository } from '../../src/context/repository.ts';
import { hasShared, readCorpus, readJsonLines } from './shared.ts';
import { type Plan, withTree } from './tree.ts';

await loadParsers();

/** Where a Dockerfile's context is, in a word, and the places that name it. */
function find(plan: Plan, dockerfile: string, sources: string[] = [], override?: string): [string, ...string[]] {
  return withTree({ [dockerfile]: 'FROM scratch\n', ...plan }, (root) => {
    const question = override === undefined ? { dockerfile, sources } : { dockerfile, sources, override };
    return inWords(new Repository(root).locate(question));
  });
}

function inWords(location: Location): [string, ...string[]] {
  const named = location.builds.map(({ file, line }) => `${file}:${line}`);
  switch (location.kind) {
    case 'located':
      return [`${location.by} ${location.context || '.'}`, ...named];
    case 'ambiguous':
      return [`ambiguous ${location.contexts.map((context) => context || '.').join(' ')}`, ...named];
    case 'unknown':
      return [location.reason, ...named];
    default:
      return [location.kind, ...named];
  }
}

describe('builds that compose files name', () => {
  test.each<[string, Plan, string, [string, ...string[]]]>([
    [
      'a string',
      { 'compose.yaml': 'services:\n  web:\n    build: ./web\n' },
      'web/Dockerfile',
      ['named web', 'compose.yaml:3'],
    ],
    [
      'a context and a file',
      {
        'docker-compose.yml': 'services:\n  web:\n    build:\n      context: .\n      dockerfile: web/Dockerfile.dev\n',
      },
      'web/Dockerfile.dev',
      ['named .', 'docker-compose.yml:4'],
    ],
    [
      'a file in a folder of its own',
      { 'deploy/docker-compose.yml': 'services: {web: {build: {context: .., dockerfile: deploy/Dockerfile}}}' },
      'deploy/Dockerfile',
      ['named .', 'deploy/docker-compose.yml:1'],
    ],
    [
      'a file that is used from the root',
      { 'deploy/docker-compose.yml': 'services: {web: {build: {context: ./app}}}', 'app/x': '' },
      'app/Dockerfile',
      ['named app', 'deploy/docker-compose.yml:1'],
    ],
    [
      'merged settings',
      { 'compose.yml': 'x-b: &b\n  build: {context: ., dockerfile: d/Dockerfile}\nservices:\n  a:\n    <<: *b\n' },
      'd/Dockerfile',
      ['named .', 'compose.yml:4'],
    ],
    [
      'a written-in Dockerfile',
      { 'compose.yml': 'services: {a: {build: {dockerfile_inline: FROM scratch}}}' },
      'Dockerfile',
      ['root .'],
    ],
    ['an image', { 'compose.yml': 'services: {a: {image: x}}' }, 'Dockerfile', ['root .']],
    ['a repository', { 'compose.yml': 'services: {a: {build: https://github.com/a/b.git}}' }, 'Dockerfile', ['root .']],
    ['no YAML', { 'compose.yml': 'services: [', 'docker-compose.yml': '\t:' }, 'Dockerfile', ['root .']],
    [
      'two contexts',
      { 'compose.yml': 'services: {a: {build: a}, b: {build: {context: ., dockerfile: a/Dockerfile}}}' },
      'a/Dockerfile',
      ['ambiguous a .', 'compose.yml:1', 'compose.yml:1'],
    ],
  ])('%s', (_, plan, dockerfile, expected) => expect(find(plan, dockerfile)).toEqual(expected));

  test('a context above the root is refused, one that comes back is not', () => {
    withTree({ 'd/Dockerfile': '', Dockerfile: '' }, (root) => {
      const name = root.split('/').at(-1)!;
      const build = (dockerfile: string, context: string) =>
        `{build: {context: ${context}, dockerfile: ${dockerfile}}}`;
      const services = `services: {a: ${build(`${name}/Dockerfile`, '..')}, b: ${build('d/Dockerfile', `../${name}`)}}`;
      writeFileSync(join(root, 'compose.yml'), services);
      const repository = new Repository(root);
      expect(inWords(repository.locate({ dockerfile: 'Dockerfile', sources: [] }))[0]).toBe('above-root');
      expect(inWords(repository.locate({ dockerfile: 'd/Dockerfile', sources: [] }))[0]).toBe('named .');
    });
  });

  test('a file that fits where it lies says nothing of the same names above', () => {
    const plan: Plan = { 'd/compose.yml': 'services: {a: {build: {context: ., target: x}}}', 'd/Dockerfile': '' };
    expect(find(plan, 'Dockerfile')).toEqual(['root .']);
    expect(find(plan, 'd/Dockerfile')).toEqual(['named d', 'd/compose.yml:1']);
  });

  test('arguments, target and named contexts are told', () => {
    const build = '{context: ., target: prod, args: [A=1, B, "C=$X"], additional_contexts: {lib: ./lib}}';
    withTree({ Dockerfile: '', 'compose.yml': `services: {a: {build: ${build}}}` }, (root) => {
      const { builds } = new Repository(root).locate({ dockerfile: 'Dockerfile', sources: [] });
      expect(builds).toMatchObject([
        { target: 'prod', args: { A: '1', B: undefined, C: undefined }, contexts: { lib: './lib' } },
      ]);
    });
  });
});

describe('builds that bake files name', () => {
  test('in JSON', () => {
    const text =
      '{"target": {\n"base": {"dockerfile": "d/Dockerfile", "args": {"A": "1"}},\n"web": {"inherits": ["base"], "target": "x"}}}';
    expect(find({ 'docker-bake.json': text }, 'd/Dockerfile')).toEqual([
      'named .',
      'docker-bake.json:2',
      'docker-bake.json:3',
    ]);
  });

  test('in HCL', () => {
    const text = `
variable "TAG" { default = "x" }
group "default" { targets = ["web"] }
# target "no" { context = "no" }
target "base" {
  args = { A = "1", B = TAG, "C" = "\${TAG}-c" }
  platforms = ["linux/amd64", "linux/arm64"]
}
target "web" {
  inherits   = ["base"]
  context    = "web"
  dockerfile = TAG == "x" ? "a" : "b" // chosen
  tags = [for t in ["a"]: "x:\${t}"]
}
target "api" { context = "." 
  dockerfile = "api/Dockerfile" }
`;
    expect([...readBakeHcl(text).keys()]).toEqual(['base', 'web', 'api']);
    expect(readBakeHcl(text).get('web')).toMatchObject({
      line: 9,
      values: { context: 'web', dockerfile: '${?}', tags: ['${?}'] },
    });
    expect(readBakeHcl(text).get('base')?.values.args).toEqual({ A: '1', B: '${?}', C: '${TAG}-c' });
    expect(find({ 'docker-bake.hcl': text }, 'api/Dockerfile')).toEqual(['named .', 'docker-bake.hcl:15']);
  });

  test.each(['target "x" {', 'target "x" { a = [', '{{{', 'target "x', '"'.repeat(99), 'a = "${b${c'])(
    'broken HCL %j',
    (text) => {
      expect(readBakeHcl(text).size).toBeLessThan(2);
    },
  );

  test('unended strings take no time', () => {
    expect(readBakeHcl(`x = "${'${a}'.repeat(20_000)}`).size).toBe(0);
  });
});

describe('builds that workflows name', () => {
  const workflow = (step: string) => ({ '.github/workflows/ci.yml': `jobs:\n  a:\n    steps:\n${step}` });
  test.each<[string, string, string, [string, ...string[]]]>([
    [
      'the action with its defaults',
      '      - uses: docker/build-push-action@v6\n',
      'Dockerfile',
      ['named .', '.github/workflows/ci.yml:4'],
    ],
    [
      'a context and a file',
      '      - uses: docker/build-push-action@v6\n        with: {context: ., file: ./d/Dockerfile, target: t}\n',
      'd/Dockerfile',
      ['named .', '.github/workflows/ci.yml:4'],
    ],
    [
      'a matrix',
      '      - uses: docker/build-push-action@v6\n        with:\n          context: ./src/${{ matrix.app }}\n',
      'src/web/Dockerfile',
      ['named src/web', '.github/workflows/ci.yml:4'],
    ],
    [
      'a matrix for the file alone',
      '      - uses: docker/build-push-action@v6\n        with:\n          context: .\n          file: ${{ matrix.file }}\n',
      'src/web/Dockerfile',
      ['named .', '.github/workflows/ci.yml:4'],
    ],
    [
      'the workspace',
      '      - uses: docker/build-push-action@v6\n        with: {context: "${{ github.workspace }}", file: d/Dockerfile}\n',
      'd/Dockerfile',
      ['named .', '.github/workflows/ci.yml:4'],
    ],
    [
      'a command',
      '      - run: docker build -t x -f d/Dockerfile .\n',
      'd/Dockerfile',
      ['named .', '.github/workflows/ci.yml:4'],
    ],
    [
      'commands in a block',
      '      - run: |\n          set -e\n          cd d\n          docker build \\\n            --tag x .\n',
      'd/Dockerfile',
      ['named d', '.github/workflows/ci.yml:7'],
    ],
    [
      'a working directory',
      '      - working-directory: d\n        run: docker buildx build --load .\n',
      'd/Dockerfile',
      ['named d', '.github/workflows/ci.yml:5'],
    ],
  ])('%s', (_, step, dockerfile, expected) => {
    expect(find({ ...workflow(step), 'd/x': '', 'src/web/x': '' }, dockerfile)).toEqual(expected);
  });

  test('a container action', () => {
    expect(find({ 'act/action.yml': 'runs:\n  using: docker\n  image: Dockerfile\n' }, 'act/Dockerfile')).toEqual([
      'named act',
      'act/action.yml:3',
    ]);
  });
});

describe('commands', () => {
  const read = (text: string, bases = ['']) =>
    readCommands(text, { file: 'x', line: 1, bases, own: 'ci' }).map(({ line, dockerfile, context }) =>
      `${line} ${dockerfile ?? '?'} ${context ?? '?'}`.replaceAll('\0', '%'),
    );

  test.each<[string, string[]]>([
    ['docker build .', ['1 Dockerfile ']],
    ['docker build -t a:b --build-arg X=1 --no-cache -f a/Dockerfile b', ['1 a/Dockerfile b']],
    ['docker build --file=a/D --pull b', ['1 a/D b']],
    ['docker build -fa/D .', ['1 a/D ']],
    ['sudo -E docker image build "my dir"', ['1 my dir/Dockerfile my dir']],
    ['DOCKER_BUILDKIT=1 docker build a && docker push x', ['1 a/Dockerfile a']],
    ['if true; then docker build a; fi', ['1 a/Dockerfile a']],
    ['@$(DOCKER) build $(FLAGS) -t $(TAG) a', ['1 a/Dockerfile a']],
    ['${CONTAINER_TOOL} build -t ${IMG} .', ['1 Dockerfile ']],
    ['podman build a', ['1 a/Containerfile a', '1 a/Dockerfile a']],
    ['buildah bud -f D a', ['1 D a', '1 a/D a']],
    ['docker build -f $ROOT/d/Dockerfile $ROOT', ['1 %$ROOT%/d/Dockerfile %$ROOT%']],
    ['docker build -f ${ROOT}/d/Dockerfile "$ROOT"', ['1 %$ROOT%/d/Dockerfile %$ROOT%']],
    ['docker build -f "$(dirname "$0")/Dockerfile" "$(dirname "$0")/.."', ['1 ci/Dockerfile ']],
    ['docker build $PWD', ['1 Dockerfile ']],
    ['docker build -f /srv/Dockerfile /srv', ['1 ? ?']],
    ['docker build a b', ['1 ? ?']],
    ['docker build - < Dockerfile', []],
    ['docker build https://github.com/a/b.git', ['1 ? remote']],
    ['echo "docker build ."', []],
    ['echo run docker build . to start', []],
    ['# docker build .', []],
    ['docker builder prune', []],
    ['docker compose build .', []],
    ["sh 'docker build a'", ['1 a/Dockerfile a']],
    ['cd a && docker build . && cd .. \ndocker build b', ['1 a/Dockerfile a', '2 b/Dockerfile b']],
    ['(cd a && docker build .)\ndocker build b', ['1 a/Dockerfile a', '2 b/Dockerfile b']],
    ['pushd a\ndocker build .\npopd\ndocker build .', ['2 a/Dockerfile a', '4 Dockerfile ']],
    ['cd "$(dirname "$0")/.."\ndocker build .', ['2 Dockerfile ']],
    ['docker build \\\n  -f D \\\n  .', ['1 D ']],
    ['docker build ..', ['1 ../Dockerfile ..']],
  ])('%j', (text, expected) => expect(read(text)).toEqual(expected));

  test('hostile lines take no time', () => {
    expect(read(`${'A=b '.repeat(2000)}docker build .`)).toHaveLength(1);
    expect(read(`docker build ${'$('.repeat(4000)}`)).toEqual(['1 ? ?']);
    expect(read(`${'('.repeat(9000)}docker build .`)).toHaveLength(1);
  });
});

describe('no text makes a reader throw', () => {
  const samples = {
    'compose.yml':
      'x: &b {build: {context: ., args: [A=1]}}\nservices:\n  a: {<<: *b}\n  b: *b\n  c: {build: [1]}\n  d: 5\n? [k]\n: v\n',
    'docker-bake.json':
      '{"target": {"a": {"inherits": ["a", 5], "context": 5, "args": {"A": null}}, "b": null}, "group": []}',
    'docker-bake.hcl': 'target "a" { inherits = ["a"]\n args = { A = [1, {b = 2}] }\n x = f("a", [1]) \n}\n',
    '.github/workflows/a.yml':
      'on: push\njobs: {a: {steps: [{uses: docker/build-push-action@v6, with: 5}, {run: [docker build .]}, 7]}}\n',
    'action.yml': 'runs: {using: docker, image: [a]}\n',
    '.gitlab-ci.yml': 'a: {script: ["docker build -f", !reference [b, c], "podman build --help"]}\n',
    Makefile: 'a:\n\tcd $(X) && docker build -f $(shell pwd) \\\n',
    'a.sh': 'cd; popd; docker build -f; docker build --build-arg; (cd x; docker build "',
  };
  test.each(Object.entries(samples))('%s', (path, text) => {
    const read = readerOf(path)!;
    for (let length = 0; length <= text.length; length++)
      expect(read(text.slice(0, length), path)).toBeInstanceOf(Array);
  });

  test('aliases that multiply are not followed', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    const text = `a0: &a0 x\n${lines.join('\n')}\nservices: {s: {build: {args: *a30}}}\n`;
    expect(readerOf('compose.yml')!(text, 'compose.yml')).toEqual([]);
  });
});

describe('scripts and other files', () => {
  test.each<[string, Plan, string, [string, ...string[]]]>([
    [
      'a Makefile',
      { Makefile: 'IMG=x\nbuild:\n\t@docker build -t $(IMG) -f d/Dockerfile .\n' },
      'd/Dockerfile',
      ['named .', 'Makefile:3'],
    ],
    [
      'a Makefile beside it',
      { 'd/Makefile': 'build:\n\tdocker build .\n' },
      'd/Dockerfile',
      ['named d', 'd/Makefile:2'],
    ],
    [
      'a Makefile that changes directory',
      { Makefile: 'a:\n\tcd d && docker build .\nb:\n\tdocker build d\n' },
      'd/Dockerfile',
      ['named d', 'Makefile:2', 'Makefile:4'],
    ],
    [
      'a script that runs at the root',
      { 'hack/build.sh': 'docker build -f d/Dockerfile .\n' },
      'd/Dockerfile',
      ['named .', 'hack/build.sh:1'],
    ],
    [
      'a script without a suffix',
      { 'scripts/build': '#!/bin/sh\ndocker build -f d/Dockerfile .\n' },
      'd/Dockerfile',
      ['named .', 'scripts/build:2'],
    ],
    [
      'GitLab',
      { '.gitlab-ci.yml': 'build:\n  script:\n    - docker build -f d/Dockerfile .\n' },
      'd/Dockerfile',
      ['named .', '.gitlab-ci.yml:3'],
    ],
    [
      'npm',
      { 'package.json': '{"scripts": {\n"image": "docker build -f d/Dockerfile ."}}' },
      'd/Dockerfile',
      ['named .', 'package.json:2'],
    ],
    ['someone else', { 'node_modules/x/build.sh': 'docker build -f d/Dockerfile .\n' }, 'd/Dockerfile', ['beside d']],
    [
      'a directory that is not there',
      { Makefile: 'a:\n\tdocker build -f d/Dockerfile none\n' },
      'd/Dockerfile',
      ['beside d', 'Makefile:2'],
    ],
    [
      'a context above the root',
      { Makefile: 'a:\n\tdocker build -f d/Dockerfile ..\n' },
      'd/Dockerfile',
      ['above-root', 'Makefile:2'],
    ],
    [
      'a context that is fetched',
      { Makefile: 'a:\n\tdocker build -f d/Dockerfile https://github.com/a/b.git\n' },
      'd/Dockerfile',
      ['remote', 'Makefile:2'],
    ],
    [
      'a link out of the repository',
      { Makefile: 'a:\n\tdocker build -f d/Dockerfile out\n', out: { link: '/tmp' } },
      'd/Dockerfile',
      ['above-root', 'Makefile:2'],
    ],
  ])('%s', (_, plan, dockerfile, expected) => expect(find(plan, dockerfile)).toEqual(expected));

  test('a script of npm runs in its package', () => {
    expect(find({ 'd/package.json': '{"scripts": {"image": "docker build ."}}' }, 'Dockerfile')).toEqual(['root .']);
  });

  test('only files that name builds are read', () => {
    expect(['README.md', 'src/compose.ts', 'a.yml', 'Dockerfile'].map(readerOf)).toEqual(Array(4).fill(undefined));
  });
});

describe('where the sources are', () => {
  test.each<[string, Plan, string, string[], string]>([
    ['at the root', { a: '' }, 'Dockerfile', ['none'], 'root .'],
    ['beside it alone', { 'd/a': '' }, 'd/Dockerfile', ['a'], 'sources d'],
    ['at the root alone', { a: '' }, 'd/Dockerfile', ['a', '.'], 'sources .'],
    ['in both', { a: '', 'd/a': '' }, 'd/Dockerfile', ['a'], 'beside d'],
    ['in two above', { a: '', 'd/a': '', 'd/e/x': '' }, 'd/e/Dockerfile', ['a'], 'ambiguous d .'],
    ['a wildcard', { 'a/x.js': '', 'd/y': '' }, 'd/Dockerfile', ['a/*.js'], 'sources .'],
    ['with a variable in it', { 'a/x.js': '', 'd/y': '' }, 'd/Dockerfile', ['a/$X.js'], 'sources .'],
    ['in no directory', { 'd/y': '' }, 'd/Dockerfile', ['a'], 'no-directory-has-the-sources'],
    ['one here, one there', { a: '', 'd/b': '' }, 'd/Dockerfile', ['a', 'b'], 'no-directory-has-the-sources'],
    ['one not made yet', { 'd/a': '' }, 'd/Dockerfile', ['a', 'dist'], 'sources d'],
    ['build output of an application', { 'd/pom.xml': '' }, 'd/Dockerfile', ['target/*.jar'], 'beside d'],
    ['everything, beside an application', { 'd/go.mod': '' }, 'd/Dockerfile', ['.'], 'beside d'],
    ['everything, beside sources', { 'd/main.lua': '' }, 'd/Dockerfile', ['./'], 'beside d'],
    ['everything, beside nothing', { 'd/run.sh': '', 'main.lua': '' }, 'd/Dockerfile', ['.'], 'ambiguous d .'],
    [
      'everything, in a folder for building',
      { 'docker/main.lua': '' },
      'docker/Dockerfile',
      ['.'],
      'ambiguous docker .',
    ],
    ['nothing', {}, 'd/Dockerfile', [], 'beside d'],
    ['only a URL', {}, 'docker/Dockerfile', ['https://example.org/a'], 'beside docker'],
    ['what is before **', { 'a/b/c.js': '', 'd/y': '' }, 'd/Dockerfile', ['a/**/*.js'], 'sources .'],
    ['the parent of a pivot', { 'a/b': '', 'd/y': '' }, 'd/Dockerfile', ['a/./b'], 'sources .'],
  ])('%s', (_, plan, dockerfile, sources, expected) => expect(find(plan, dockerfile, sources)[0]).toBe(expected));

  test('what is not there is told', () => {
    withTree({ 'd/Dockerfile': '', 'd/a': '' }, (root) => {
      expect(new Repository(root).locate({ dockerfile: 'd/Dockerfile', sources: ['a', 'dist/', '.'] })).toMatchObject({
        absent: ['dist'],
      });
    });
  });

  test('of two guesses the one with the sources counts', () => {
    const script = 'cd $X\ndocker build -f ../Dockerfile .\n';
    expect(find({ 'a/b/run.sh': script, 'a/x': '', 'a/b/y': '' }, 'a/Dockerfile', ['x'])[0]).not.toMatch(/^ambiguous/);
  });

  test('the user has the last word, but for what is outside', () => {
    const plan: Plan = { 'compose.yml': 'services: {a: {build: d}}', 'e/x': '' };
    expect(find(plan, 'd/Dockerfile', [], 'e')[0]).toBe('override e');
    expect(find(plan, 'd/Dockerfile', [], './')[0]).toBe('override .');
    expect(find(plan, 'd/Dockerfile', [], '..')[0]).toBe('above-root');
    expect(find(plan, 'd/Dockerfile', [], 'd/../../x')[0]).toBe('above-root');
    expect(find(plan, 'd/Dockerfile', [], 'none')[0]).toBe('no-such-context');
  });
});

test('the ignore file in force', () => {
  const plan: Plan = {
    'd/Dockerfile': '',
    'd/own.Dockerfile': '',
    'd/own.Dockerfile.dockerignore': '',
    '.dockerignore': '',
    'c/.containerignore': '',
    'c/.dockerignore': '',
    'd/C.containerignore': '',
  };
  withTree(plan, (root) => {
    const repository = new Repository(root);
    const own = { exists: true, ownOfDockerfile: true };
    const shared = { exists: true, ownOfDockerfile: false };
    expect(repository.ignoreFile('d/Dockerfile', '')).toEqual({ path: '.dockerignore', ...shared });
    expect(repository.ignoreFile('d/Dockerfile', 'd')).toEqual({
      path: 'd/.dockerignore',
      exists: false,
      ownOfDockerfile: false,
    });
    expect(repository.ignoreFile('d/own.Dockerfile', '')).toEqual({ path: 'd/own.Dockerfile.dockerignore', ...own });
    expect(repository.ignoreFile('d/Dockerfile', 'c')).toEqual({ path: 'c/.dockerignore', ...shared });
    expect(repository.ignoreFile('d/Dockerfile', 'c', 'podman')).toEqual({ path: 'c/.containerignore', ...shared });
    expect(repository.ignoreFile('d/C', '', 'podman')).toEqual({ path: 'd/C.containerignore', ...own });
    expect(repository.ignoreFile('d/C', '')).toEqual({ path: '.dockerignore', ...shared });
  });
});

describe.skipIf(!hasShared)('the corpus', () => {
  type Row = { path: string; instructions?: [string, number, number, string, string[], string[], string[]][] };

  test('sources lead to the context that was found by hand, or to a refusal', () => {
    const corpus = readCorpus().filter(({ kind }) => kind === 'dockerfile');
    const rows = new Map(readJsonLines<Row>('vectors/corpus-instructions.jsonl.gz').map((row) => [row.path, row]));
    const directories = new Map<string, Map<string, Set<string>>>();
    for (const { repository, path, listing } of corpus) {
      const folder = path.includes('/') ? path.replace(/[^/]*$/, '') : '';
      const known = directories.get(repository) ?? new Map([['', new Set<string>()]]);
      directories.set(repository, known);
      for (const file of [path, ...listing.map((name) => folder + name)]) {
        const parts = file.replace(/\/$/, '').split('/');
        parts.forEach((name, index) => {
          const parent = parts.slice(0, index).join('/');
          known.set(parent, (known.get(parent) ?? new Set()).add(name));
        });
      }
    }
    const counts: Record<string, number> = {};
    const wrong: string[] = [];
    for (const { repository, path, contextGuess, found } of corpus) {
      const instructions = rows.get(`${repository.replace('/', '+')}/${path}`)?.instructions ?? [];
      const sources = instructions
        .filter(
          ([keyword, , , , , flags]) =>
            /^(COPY|ADD)$/.test(keyword) && !flags.some((flag) => flag.startsWith('--from')),
        )
        .flatMap(([, , , , , , args]) => args.slice(0, -1).map((arg) => arg.replace(/^(["'])(.*)\1$/, '$2')));
      const known = directories.get(repository)!;
      const listing: Listing = {
        names: (directory) => (known.has(directory) ? [...known.get(directory)!] : undefined),
      };
      const location = locate({ dockerfile: path, sources }, [], listing);
      const answer = location.kind === 'located' ? location.by : location.kind;
      counts[answer] = (counts[answer] ?? 0) + 1;
      // 0/0: nothing that tells was looked for by hand.
      if (location.kind === 'located' && location.context !== contextGuess && found !== '0/0')
        wrong.push(`${repository} ${path}`);
    }
    expect(wrong).toEqual([]);
    expect((counts.sources ?? 0) + (counts.beside ?? 0) + (counts.root ?? 0)).toBeGreaterThan(corpus.length * 0.9);
  });
});
