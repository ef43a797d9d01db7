import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ContextPort } from '../../bin/context-port.ts';
import { type ContextFacts, isAvailable } from '../../src/transform/index.ts';
import { writeDockerignore } from '../../transforms/write-dockerignore/index.ts';
import { type CommandResult, dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';

let folder: ReturnType<typeof temporaryFolder> | undefined;
afterEach(() => folder?.remove());

/** A repository with these files; its path. */
function repository(files: Readonly<Record<string, string>>): string {
  folder = temporaryFolder();
  const root = join(folder.path, 'repository');
  for (const [path, text] of Object.entries({ '.git/HEAD': 'ref: refs/heads/main\n', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function portOf(contextOf: (dockerfile: string) => string | undefined = () => undefined): ContextPort {
  const request = { offline: true, registries: { insecure: [] }, root: '/', environment: {}, userAgent: '', contextOf };
  return new ContextPort(request);
}

async function context(port: ContextPort, path: string): Promise<ContextFacts> {
  const found = await port.context({ path, source: readFileSync(path, 'utf8') });
  if (!isAvailable(found)) throw new Error(found.unavailable);
  return found;
}

const copyAll = 'FROM debian:13\nCOPY . /app\n';

// The first test of this file, so that nothing has loaded a parser before.
test('the parsers of what lies there are loaded', async () => {
  const root = repository({
    'compose.yaml': 'services:\n  web:\n    build: .\n    privileged: true\n',
    'Cargo.toml': '[package]\nname = "a"\n',
    'pom.xml': '<project><artifactId>b</artifactId></project>',
    Dockerfile: copyAll,
  });
  const port = portOf();
  const { manifests } = await context(port, join(root, 'Dockerfile'));
  expect(manifests.map(({ path, facts }) => [path, facts.ok])).toEqual([
    ['Cargo.toml', true],
    ['pom.xml', true],
  ]);
  const usage = await port.usage({ path: join(root, 'Dockerfile'), source: copyAll });
  expect(usage).toMatchObject({ builds: [{ file: 'compose.yaml' }], runs: [{ powers: ['privileged'] }] });
});

describe('Dockerfiles of one context', () => {
  test('share one walk, and each is read once', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `images/${index}.Dockerfile`);
    const compose = `services:\n${names.map((name, index) => `  s${index}:\n    build: {context: ., dockerfile: ${name}}\n`).join('')}`;
    const root = repository({ ...Object.fromEntries(names.map((name) => [name, copyAll])), 'compose.yaml': compose });
    const port = portOf();
    const all: ContextFacts[] = [];
    for (const name of names) all.push(await context(port, join(root, name)));
    expect(new Set(all.map((each) => each.file(''))).size).toBe(1);
    expect(new Set(all.flatMap((each) => each.siblings)).size).toBe(40);
    for (const [index, { directory, siblings }] of all.entries()) {
      expect([directory, siblings.length]).toEqual(['', 39]);
      expect(siblings.map(({ path }) => path)).not.toContain(names[index]);
    }
  });

  test('are those that obey the same ignore file, or may', async () => {
    const root = repository({
      'app/Dockerfile': copyAll,
      'app/other.Dockerfile': 'FROM debian:13\nCOPY x /x\n',
      'app/own.Dockerfile': copyAll,
      'app/own.Dockerfile.dockerignore': '',
      'app/x': '',
      'app/unknown/Dockerfile': 'FROM debian:13\nCOPY nowhere/at/all /x\n',
      'app/built.docker': copyAll,
      'elsewhere/Dockerfile': copyAll,
      Makefile: 'image:\n\tdocker build -f app/built.docker app\n',
    });
    const { siblings } = await context(portOf(), join(root, 'app/Dockerfile'));
    expect(siblings.map(({ path }) => path)).toEqual([
      'app/built.docker',
      'app/other.Dockerfile',
      'app/unknown/Dockerfile',
    ]);
    expect((await context(portOf(), join(root, 'app/own.Dockerfile'))).siblings).toEqual([]);
  });

  test('a context that is named counts for each Dockerfile that it is named for', async () => {
    const root = repository({
      'a/Dockerfile': copyAll,
      'b/Dockerfile': copyAll,
      'c/Dockerfile': copyAll,
      'c/main.c': '',
    });
    const named = portOf((path) => (path.includes('/c/') ? undefined : root));
    const found = await context(named, join(root, 'a/Dockerfile'));
    expect([found.directory, found.dockerfile]).toEqual(['', 'a/Dockerfile']);
    expect(found.siblings.map(({ path }) => path)).toEqual(['b/Dockerfile']);
  });
});

describe('the ignore file', () => {
  test('of Podman and of Docker: one of them, or neither', async () => {
    const files = { Dockerfile: copyAll, '.dockerignore': 'a\n', '.containerignore': 'b\n' };
    const unknown = await context(portOf(), join(repository(files), 'Dockerfile'));
    expect(unknown.ignore.error).toBe('Docker and Podman obey different ignore files here');
    folder!.remove();
    const podman = await context(
      portOf(),
      join(repository({ ...files, Makefile: 'i:\n\tpodman build .\n' }), 'Dockerfile'),
    );
    expect(podman.ignore).toMatchObject({ path: '.containerignore', text: 'b\n', error: undefined });
    folder!.remove();
    const docker = await context(
      portOf(),
      join(repository({ ...files, Makefile: 'i:\n\tdocker build .\n' }), 'Dockerfile'),
    );
    expect(docker.ignore).toMatchObject({ path: '.dockerignore', text: 'a\n', error: undefined });
  });

  test('is not written where its name is taken but for case', async () => {
    const found = await context(portOf(), join(repository({ Dockerfile: copyAll, '.DockerIgnore': '' }), 'Dockerfile'));
    expect(found.ignore.error).toContain('`.DockerIgnore`');
  });
});

describe('the command', () => {
  const run = (cwd: string, ...argv: string[]): Promise<CommandResult> =>
    dockmend(argv, {
      cwd,
      transforms: [writeDockerignore],
      ports: (request) => {
        const port = new ContextPort(request);
        return { context: (job) => port.context(job), contextFolder: (dockerfile) => port.folder(dockerfile) };
      },
    });
  const node = {
    'package.json': '{}',
    'package-lock.json': '{}',
    'node_modules/a/index.js': '',
    'server.js': '',
    '.gitignore': 'node_modules\n.env\n',
    '.env': 'API_TOKEN=0123456789abcdef0123\n',
  };
  const source = 'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n';

  test('writes one file for all Dockerfiles of a context, and a second run has nothing to do', async () => {
    const root = repository({ ...node, Dockerfile: source, 'prod.Dockerfile': `${source}CMD ["node", "server.js"]\n` });
    const shown = await run(root);
    expect(shown.stdout.match(/^\+\.git$/gm)).toHaveLength(1);
    const first = await run(root, '--write');
    expect([first.code, first.stderr]).toEqual([
      0,
      expect.stringContaining('1 fix in 1 of 2 files written; 1 more with --unsafe'),
    ]);
    expect(readFileSync(join(root, '.dockerignore'), 'utf8')).toBe('.git\nnode_modules\n.dockerignore\n');
    const unsafe = await run(root, '--write', '--unsafe');
    expect(unsafe.stderr).toContain('1 fix in 1 of 2 files written');
    const text = '.git\nnode_modules\n.env\n.dockerignore\nDockerfile\nprod.Dockerfile\n';
    expect(readFileSync(join(root, '.dockerignore'), 'utf8')).toBe(text);
    expect((await run(root, '--write', '--unsafe')).stderr).toContain('Nothing to fix in 2 files');
    expect((await run(root, '--check')).code).toBe(0);
  });

  test('both steps at once come to the same file', async () => {
    const root = repository({ ...node, Dockerfile: source });
    expect((await run(root, '--write', '--unsafe')).stderr).toContain('2 fixes in 1 of 1 file written');
    expect(readFileSync(join(root, '.dockerignore'), 'utf8')).toBe(
      '.git\nnode_modules\n.env\n.dockerignore\nDockerfile\n',
    );
  });

  test('a file beside a Dockerfile outside of its context is written inside the repository', async () => {
    const files = Object.fromEntries(Object.entries(node).map(([path, text]) => [`app/${path}`, text]));
    const root = repository({
      ...files,
      'docker/web.Dockerfile': source,
      'docker/web.Dockerfile.dockerignore': 'docs\n',
      'compose.yaml': 'services:\n  web:\n    build: {context: app, dockerfile: ../docker/web.Dockerfile}\n',
    });
    expect((await run(root, '--write')).code).toBe(0);
    const written = readFileSync(join(root, 'docker/web.Dockerfile.dockerignore'), 'utf8');
    expect(written).toBe('docs\n\n# Not needed to build the image\nnode_modules\n');
    expect(existsSync(join(root, 'app/.dockerignore'))).toBe(false);
  });

  test('refuses a context above the repository, and one that is ambiguous', async () => {
    const root = repository({ ...node, Dockerfile: source });
    const above = await run(root, '--context', '..', '--format', 'terminal');
    expect(above.stdout).toContain('the build context lies above the root of the repository');
    folder!.remove();
    const two = repository({ 'docker/Dockerfile': source, 'a.txt': '' });
    expect((await run(two, '--format', 'terminal')).stdout).toContain('`--context` names it (the build context may be');
  });

  test('does not touch a repository that git does not see as changed', async () => {
    const root = repository({ ...node, Dockerfile: source, '.dockerignore': '.git\nnode_modules\n.env\n' });
    execFileSync('git', ['init', '-q'], { cwd: root });
    expect((await run(root, '--write', '--unsafe')).stderr).toContain('Nothing to fix');
  });
});
