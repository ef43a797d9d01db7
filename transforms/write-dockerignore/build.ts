import {
  argsScript,
  Dockerfile,
  DockerfileSyntaxError,
  type Instruction,
  type Stage,
} from '../../src/dockerfile/index.ts';
import { parseShell, type ShellList, type ShellTree } from '../../src/shell/index.ts';
import {
  bareCommand,
  type ContextTake,
  contextMounts,
  contextTakes,
  copiesFromContext,
  holdsTemplate,
  type SiblingDockerfile,
  type Taken,
} from '../../src/transform/index.ts';

/** A source that is read from the build context, in its place. */
export interface Take extends ContextTake {
  readonly instruction: Instruction;
  readonly stage: Stage;
  /** Where it goes in the image, clean; undefined where that is not known. */
  readonly destination: string | undefined;
  /** The destination is a directory whatever is taken. */
  readonly intoDirectory: boolean;
}

/** A command that a RUN runs, with the directory that it runs in. */
export interface Call {
  /** Its base name. */
  readonly name: string;
  /** Its arguments; undefined for one that is not literal. */
  readonly words: readonly (string | undefined)[];
  readonly directory: string;
}

/** What comes from another stage or image: the last names of the sources, and where they go. */
export interface Brought {
  readonly names: readonly string[];
  readonly destination: string;
}

/** What one stage does, in order. */
export interface StageSteps {
  readonly calls: readonly Call[];
  readonly brought: readonly Brought[];
}

/** What one Dockerfile takes from its context and does with it. */
export interface Build {
  readonly file: Dockerfile;
  readonly takes: readonly Take[];
  readonly steps: ReadonlyMap<Stage, StageSteps>;
  /** The text of what is run, now or when a container starts. */
  readonly commands: string;
  /** An instruction that takes from the context cannot be read. */
  readonly isUnclear: boolean;
}

const builds = new WeakMap<object, Build | undefined>();

/** Reads a Dockerfile once. */
export function buildOf(file: Dockerfile): Build {
  let build = builds.get(file);
  if (!build) {
    build = readBuild(file);
    builds.set(file, build);
  }
  return build;
}

/** Reads another Dockerfile once; undefined for what no builder can read either. */
export function buildOfSibling(sibling: SiblingDockerfile): Build | undefined {
  if (!builds.has(sibling)) builds.set(sibling, readSibling(sibling.text ?? ''));
  return builds.get(sibling);
}

function readSibling(text: string): Build | undefined {
  try {
    return readBuild(new Dockerfile(text));
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return undefined;
    throw error;
  }
}

/** Whether a file takes anything from its context at all. */
export function takesFromContext(file: Dockerfile): boolean {
  return file.instructions.some((each) => copiesFromContext(each) || contextMounts(each).length > 0);
}

/** The base image under a stage, without the digest that it may be pinned to. */
export function baseUnder({ file }: Build, stage: Stage): string {
  return (file.baseReference(file.rootStage(stage)) ?? '').replace(/@.*/s, '');
}

/** All that a plan for the ignore file asks a build for, as a text. */
export function contentOf(build: Build): string {
  let content = contents.get(build);
  if (content === undefined) {
    const { takes, steps, commands, isUnclear } = build;
    const stages = [...steps].map(([stage, each]) => [baseUnder(build, stage), stage.parent?.index, each]);
    const taken = takes.map(({ written, source, isVariable, options, stage, destination, intoDirectory }) => {
      return [written, source, isVariable, options, stage.index, destination, intoDirectory];
    });
    content = JSON.stringify([taken, stages, commands, isUnclear]);
    contents.set(build, content);
  }
  return content;
}

const contents = new WeakMap<Build, string>();

/** The directory of a base image is not known: paths below it are only compared with each other. */
const UNKNOWN = '?';

function readBuild(file: Dockerfile): Build {
  const takes: Take[] = [];
  const steps = new Map<Stage, StageSteps>();
  const ends = new Map<Stage, string>();
  const commands: string[] = [];
  let isUnclear = false;
  for (const stage of file.stages) {
    let directory = stage.parent ? ends.get(stage.parent)! : UNKNOWN;
    const calls: Call[] = [];
    const brought: Brought[] = [];
    for (const each of stage.instructions) {
      if (copiesFromContext(each) && (each.opaque || holdsTemplate(each.logical.text))) isUnclear = true;
      else if (each.opaque) continue;
      else if (each.keyword === 'WORKDIR') directory = within(directory, expanded(file, each, file.args(each)));
      else if (copiesFromContext(each)) takes.push(...copyTakes(file, each, stage, directory));
      else if (each.keyword === 'COPY') brought.push(...broughtBy(file, each, directory));
      else if (each.keyword === 'RUN') {
        const mounts = contextMounts(each);
        for (const [index, take] of contextTakes(file, each).entries()) {
          const { target } = mounts[index]!;
          const destination = target === undefined ? undefined : within('/', target);
          takes.push({ ...take, instruction: each, stage, destination, intoDirectory: true });
        }
        calls.push(...callsOf(file, each, directory));
      }
      if (/^(?:RUN|CMD|ENTRYPOINT|HEALTHCHECK|ENV|ONBUILD)$/.test(each.keyword)) commands.push(textOf(file, each));
    }
    ends.set(stage, directory);
    steps.set(stage, { calls, brought });
  }
  return { file, takes, steps, commands: commands.join('\n'), isUnclear };
}

function textOf(file: Dockerfile, { logical, heredocs }: Instruction): string {
  return [logical.text, ...heredocs.map(({ content }) => file.source.slice(content.start, content.end))].join('\n');
}

function expanded(file: Dockerfile, at: Instruction, word: string | undefined): string | undefined {
  if (word === undefined) return undefined;
  const value = file.expand(word, at);
  return value.ok ? value.value : undefined;
}

function copyTakes(file: Dockerfile, each: Instruction, stage: Stage, directory: string): Take[] {
  const words = each.json ?? file.words(each).map((word) => word.text);
  const takes = contextTakes(file, each);
  const written = expanded(file, each, words.at(-1));
  const intoDirectory = takes.length > 1 || /(?:^|\/)\.{0,2}$/.test(written ?? '');
  const destination = written === undefined ? undefined : within(directory, written);
  // Written out: a spread would take most of the time.
  return takes.map(({ written: as, source, isVariable, options }) => {
    return { written: as, source, isVariable, options, instruction: each, stage, destination, intoDirectory };
  });
}

function broughtBy(file: Dockerfile, each: Instruction, directory: string): Brought[] {
  const words = each.json ?? file.words(each).map((word) => word.text);
  const written = expanded(file, each, words.at(-1));
  if (written === undefined) return [];
  const names = words.slice(0, -1).map((source) => source.replace(/\/+$/, '').replace(/^.*\//, ''));
  return [{ names, destination: within(directory, written) }];
}

/** A path in the image, clean and without a slash at the end, from a directory. */
export function within(directory: string, path: string | undefined): string {
  if (path === undefined) return UNKNOWN;
  const parts = path.startsWith('/') ? [] : directory.split('/').filter((part) => part !== '');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return (parts[0] === UNKNOWN ? '' : '/') + parts.join('/');
}

/** Where a path of the context goes by a take; undefined where that is not known, or it is not taken. */
export function landing(take: Take, taken: Taken, path: string): string | undefined {
  if (take.destination === undefined || taken.kind !== 'taken') return undefined;
  if (take.options.parents) return within(take.destination, path);
  for (const { file, named } of taken.matches) {
    if (file.type === 'directory') {
      if (file.path === '' || path === file.path || path.startsWith(`${file.path}/`)) {
        return within(take.destination, `./${path.slice(file.path.length)}`);
      }
    } else if (file.path === path) {
      return take.intoDirectory ? within(take.destination, `./${named.replace(/^.*\//, '')}`) : take.destination;
    }
  }
  return undefined;
}

function callsOf(file: Dockerfile, each: Instruction, directory: string): Call[] {
  const calls: Call[] = [];
  if (each.json) {
    const [name, ...words] = each.json;
    if (name !== undefined) calls.push({ name: baseName(name), words, directory });
    return calls;
  }
  if (each.heredocs.length === 0) readList(argsScript(each), directory, calls);
  for (const { content } of each.heredocs) {
    readList(parseShell(file.source.slice(content.start, content.end)), directory, calls);
  }
  return calls;
}

const baseName = (name: string): string => name.replace(/^.*\//, '');

/** Collects the calls of a list and gives the directory that it ends in. */
function readList(list: ShellList, directory: string, calls: Call[]): string {
  let at = directory;
  for (const { tree } of list.statements) at = readTree(tree, at, calls);
  return at;
}

function readTree(tree: ShellTree, directory: string, calls: Call[]): string {
  switch (tree.kind) {
    case 'command': {
      const bare = bareCommand(tree);
      if (!bare) return directory;
      const words = bare.words.map((word) => word.literal);
      if (bare.name === 'cd' || bare.name === 'pushd') return within(directory, words[0]);
      calls.push({ name: baseName(bare.name), words, directory });
      const inner = /^(?:ba|da|a)?sh$/.test(bare.name)
        ? words[words.findIndex((word) => /^-\w*c$/.test(word ?? '')) + 1]
        : '';
      if (inner && words.some((word) => /^-\w*c$/.test(word ?? ''))) readList(parseShell(inner), directory, calls);
      return directory;
    }
    case 'and-or':
      return tree.commands.reduce((at, command) => readTree(command, at, calls), directory);
    case 'pipeline':
      for (const command of tree.commands) readTree(command, directory, calls);
      return directory;
    case 'compound': {
      let at = directory;
      for (const list of tree.lists) at = readList(list, at, calls);
      return tree.type === 'subshell' ? directory : at;
    }
    default:
      return directory;
  }
}
