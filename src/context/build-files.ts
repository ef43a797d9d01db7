import { posix } from 'node:path';
import { type BakeTarget, inherit, readBakeHcl, readBakeJson } from './bake.ts';
import { addArgument, readCommands } from './build-commands.ts';
import { type BuildReading, below, isRemote, isVariable, type Place, readPath } from './build-reading.ts';
import { asText, get, isMap, isScalar, isSeq, pairs, parseYaml, plain, type Yaml } from './yaml.ts';

/** Directories of other people's files, in which no build file counts. */
export const FOREIGN = new Set(
  'node_modules bower_components vendor third_party .git .hg .svn .venv venv __pycache__ .terraform target'.split(' '),
);

/** What reads a file, told from its name; undefined for one that names no builds. */
export function readerOf(path: string): ((text: string, path: string) => BuildReading[]) | undefined {
  const name = posix.basename(path).toLowerCase();
  const directory = posix.dirname(path);
  if (/(^|[-_.])compose([-_.].*)?\.ya?ml$/.test(name)) return readCompose;
  if (/bake.*\.json$/.test(name)) return (text, file) => readBake(readBakeJson(text), file);
  if (/bake.*\.hcl$/.test(name)) return (text, file) => readBake(readBakeHcl(text), file);
  if (/^\.(github|gitea|forgejo)\/workflows$/.test(directory) && /\.ya?ml$/.test(name)) return readWorkflow;
  if (/^action\.ya?ml$/.test(name)) return (text, file) => [...readAction(text, file), ...readWorkflow(text, file)];
  if (
    /^(\.gitlab-ci.*|\.travis|\.drone|\.woodpecker|azure-pipelines.*|cloudbuild.*|taskfile|buildspec.*|bitbucket-pipelines)\.ya?ml$/.test(
      name,
    )
  )
    return readYamlScripts;
  if (/^\.(circleci|gitlab|gitlab-ci|buildkite|woodpecker)(\/|$)/.test(directory) && /\.ya?ml$/.test(name))
    return readYamlScripts;
  if (name === 'package.json') return readYamlScripts;
  if (/^(gnu)?makefile|\.mk$|^makefile\./.test(name)) return (text, file) => readScript(text, file, true);
  if (/\.(sh|bash|zsh)$|^jenkinsfile|^justfile$/.test(name)) return (text, file) => readScript(text, file, false);
  if (!name.includes('.') && /(^|\/)(scripts?|hack|ci|\.ci|bin|build|tools)$/.test(directory)) {
    return (text, file) => (/^#!.*\b(ba|z|da|k)?sh\b/.test(text) ? readScript(text, file, false) : []);
  }
  return undefined;
}

/** A directory and those above it, the nearest first, the root of the repository last. */
export function ancestors(directory: string): string[] {
  const all: string[] = [];
  for (let at = directory === '.' ? '' : directory; at !== ''; at = at.includes('/') ? posix.dirname(at) : '')
    all.push(at);
  return [...all, ''];
}

const ownDirectory = (file: string) => (posix.dirname(file) === '.' ? '' : posix.dirname(file));

function readScript(text: string, file: string, shellPerLine: boolean): BuildReading[] {
  const own = ownDirectory(file);
  return readCommands(text, { file, line: 1, bases: ancestors(own), own, shellPerLine });
}

/** Reads a mapping, or a list of `NAME=value`, as compose takes both for arguments and contexts. */
function readArgs(value: unknown): Record<string, string | undefined> {
  const args: Record<string, string | undefined> = {};
  if (Array.isArray(value)) for (const item of value) addArgument(args, asText(item) ?? '');
  else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value))
      addArgument(args, item === null ? name : `${name}=${asText(item) ?? '$X'}`);
  }
  return args;
}

function readContexts(value: unknown): Record<string, string> {
  const contexts: Record<string, string> = {};
  const entries = Array.isArray(value)
    ? value.map((item) => (asText(item) ?? '').split(/=(.*)/s).slice(0, 2))
    : Object.entries((value as object | null) ?? {});
  for (const [name, path] of entries) if (name && typeof path === 'string') contexts[name] = path;
  return contexts;
}

/** Compose: paths are relative to the first file that is given, which is tried for each directory above this one. */
function readCompose(text: string, file: string): BuildReading[] {
  const own = ownDirectory(file);
  const readings: BuildReading[] = [];
  for (const { root, document, lineOf } of parseYaml(text)) {
    for (const service of pairs(get(root, 'services') ?? root)) {
      const value = plain(service.value, document) as { build?: unknown; image?: unknown } | null | undefined;
      if (typeof value !== 'object' || value === null) continue;
      const build = typeof value.build === 'string' ? { context: value.build } : value.build;
      if (typeof build !== 'object' || build === null) continue;
      const line = lineOf(get(service.value, 'build') ?? service.key);
      const make = (base: string) =>
        readBuild(
          { ...(build as Record<string, unknown>), tags: [value.image, (build as { tags?: unknown }).tags].flat() },
          { base, own },
          { file, line, how: 'compose', build: service.name },
        );
      readings.push(
        ...ancestors(own)
          .map(make)
          .filter((reading) => reading !== undefined),
      );
    }
  }
  return readings;
}

/** Bake: paths are relative to where it runs, which is tried for each directory from that of the file upwards. */
function readBake(targets: ReadonlyMap<string, BakeTarget>, file: string): BuildReading[] {
  const own = ownDirectory(file);
  return [...inherit(targets)].flatMap(([build, { line, values }]) =>
    ancestors(own)
      .map((base) => readBuild(values, { base, own }, { file, line, how: 'bake', build }))
      .filter((reading) => reading !== undefined),
  );
}

/** One build of compose or bake; undefined for one whose Dockerfile is written in place. */
function readBuild(
  build: Record<string, unknown>,
  place: Place,
  at: Pick<BuildReading, 'file' | 'line' | 'how' | 'build'>,
): BuildReading | undefined {
  if (build.dockerfile_inline !== undefined || build['dockerfile-inline'] !== undefined) return undefined;
  const context = build.context === undefined ? '.' : asText(build.context);
  const dockerfile = build.dockerfile === undefined ? 'Dockerfile' : asText(build.dockerfile);
  const remote = context !== undefined && isRemote(context);
  const directory = context === undefined || remote ? undefined : readPath(context, place);
  return {
    ...at,
    engine: 'docker',
    base: place.base,
    context: remote ? 'remote' : directory,
    dockerfile:
      directory === undefined || dockerfile === undefined ? undefined : readBelow(directory, dockerfile, place),
    target: asText(build.target),
    args: readArgs(build.args),
    contexts: readContexts(build.additional_contexts ?? build.contexts),
    names: (Array.isArray(build.tags) ? build.tags : []).flatMap((tag) => asText(tag) || []),
  };
}

/** A Dockerfile's path that is relative to the context. */
function readBelow(directory: string, path: string, place: Place): string | undefined {
  if (!isVariable(path)) return path.startsWith('/') ? undefined : below(directory, path);
  const inside = readPath(`./${path}`, { base: '', own: place.own });
  return inside === undefined ? undefined : below(directory, inside);
}

/** Steps of a workflow: `docker/build-push-action` and its kin, and the shell lines of `run`. */
function readWorkflow(text: string, file: string): BuildReading[] {
  const readings: BuildReading[] = [];
  const visit = (node: unknown, yaml: Yaml, directory: string): void => {
    if (isSeq(node)) for (const item of node.items) visit(item, yaml, directory);
    if (!isMap(node)) return;
    const uses = plain(get(node, 'uses'), yaml.document);
    if (typeof uses === 'string' && /\/build-push-action@/.test(uses)) {
      readings.push(readBuildAction(plain(get(node, 'with'), yaml.document), file, yaml.lineOf(get(node, 'uses'))));
    }
    const defaults = plain(get(get(get(node, 'defaults'), 'run'), 'working-directory'), yaml.document);
    const own = plain(get(node, 'working-directory'), yaml.document);
    const here = asText(own) ?? asText(defaults) ?? directory;
    const run = get(node, 'run');
    if (isScalar(run)) readings.push(...readScalar(run, yaml, file, [readPath(here, { base: '', own: '' }) ?? '']));
    for (const { name, value } of pairs(node)) if (name !== 'with') visit(value, yaml, here);
  };
  for (const yaml of parseYaml(text)) visit(yaml.root, yaml, '.');
  return readings;
}

function readBuildAction(inputs: unknown, file: string, line: number): BuildReading {
  const given = (inputs ?? {}) as Record<string, unknown>;
  const lines = (value: unknown) => (asText(value) ?? '').split(/\r?\n/).map((item) => item.trim());
  const text = asText(given.context) ?? '.';
  const place = { base: '', own: '' };
  // The default context is the commit itself, fetched by the builder: the same files, at the root.
  const local = text.replace(/^\{\{\s*defaultContext\s*\}\}:?/, './');
  const remote = isRemote(local);
  const context = remote ? undefined : readPath(local, place);
  const named = asText(given.file);
  const dockerfile =
    named === undefined ? (context === undefined ? undefined : below(context, 'Dockerfile')) : readPath(named, place);
  const args = readArgs(lines(given['build-args']).filter((item) => item !== ''));
  const contexts = readContexts(lines(given['build-contexts']).filter((item) => item.includes('=')));
  const target = asText(given.target);
  return {
    file,
    line,
    how: 'workflow',
    build: '',
    base: '',
    engine: 'docker',
    dockerfile,
    context: remote ? 'remote' : context,
    target,
    args,
    contexts,
    names: (asText(given.tags) ?? '').split(/[\n,]/).flatMap((tag) => tag.trim() || []),
  };
}

/** A container action builds the Dockerfile beside it, with its own directory as the context. */
function readAction(text: string, file: string): BuildReading[] {
  return parseYaml(text).flatMap(({ root, document, lineOf }) => {
    const runs = get(root, 'runs');
    const image = plain(get(runs, 'image'), document);
    if (plain(get(runs, 'using'), document) !== 'docker' || typeof image !== 'string' || image.includes('://'))
      return [];
    const context = ownDirectory(file);
    const empty = { build: '', base: context, target: undefined, args: {}, contexts: {}, names: [] };
    const line = lineOf(get(runs, 'image'));
    return [{ file, line, how: 'action', engine: 'docker', dockerfile: below(context, image), context, ...empty }];
  });
}

/** Every text of a YAML or JSON file that names a build, wherever it stands. */
function readYamlScripts(text: string, file: string): BuildReading[] {
  if (!/\b(build|bud)\b/.test(text)) return [];
  const own = ownDirectory(file);
  // A script of npm runs beside its package.json, a job of CI at the root.
  const bases = posix.basename(file) === 'package.json' ? [own] : /(^|\/)\./.test(own) ? [''] : ancestors(own);
  const readings: BuildReading[] = [];
  const visit = (node: unknown, yaml: Yaml): void => {
    if (isSeq(node)) for (const item of node.items) visit(item, yaml);
    else if (isMap(node)) for (const { value } of node.items) visit(value, yaml);
    else if (isScalar(node)) readings.push(...readScalar(node, yaml, file, bases));
  };
  for (const yaml of parseYaml(text)) visit(yaml.root, yaml);
  return readings;
}

function readScalar(node: unknown, yaml: Yaml, file: string, bases: readonly string[]): BuildReading[] {
  if (!isScalar(node) || typeof node.value !== 'string' || !/\b(build|bud)\b/i.test(node.value)) return [];
  const block = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  return readCommands(node.value, { file, line: yaml.lineOf(node) + (block ? 1 : 0), bases, own: ownDirectory(file) });
}
