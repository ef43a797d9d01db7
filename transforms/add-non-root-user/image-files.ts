import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import {
  absolute,
  baseName,
  type ContextFile,
  covers,
  type Facts,
  isAvailable,
  parentOf,
  stageCommands,
  UnderFacts,
  wordsWithPatterns,
} from '../../src/transform/index.ts';
import { type Setting, workdirAfter } from './setting.ts';

/** One COPY or ADD, read: its sources and its destination as an absolute path of the image. */
export interface CopyStep {
  readonly instruction: Instruction;
  readonly stage: Stage;
  /** The stage or image that it copies from; undefined for the build context. */
  readonly from: string | undefined;
  /** Expanded. */
  readonly sources: readonly string[];
  /** Undefined where the working directory or a variable is not known. */
  readonly destination: string | undefined;
  /** The destination is written with a slash at its end, so it is a folder. */
  readonly intoFolder: boolean;
  readonly flag: (name: string) => string | undefined;
}

/** The COPY and ADD of a stage and its parents, in order. */
export function copySteps(file: Dockerfile, stages: readonly Stage[], facts: Facts): CopyStep[] {
  return stages.flatMap((stage) => steps.of(facts, stage, () => readSteps(file, stage, facts)));
}

const steps = new UnderFacts<Stage, readonly CopyStep[]>();

function readSteps(file: Dockerfile, stage: Stage, facts: Facts): CopyStep[] {
  return stage.instructions.flatMap((instruction, at) => {
    const { keyword, opaque, json, flags } = instruction;
    if ((keyword !== 'COPY' && keyword !== 'ADD') || opaque) return [];
    const words = json ?? file.words(instruction).map(({ text }) => text);
    const expanded = words.map((word) => file.expand(word, instruction));
    const last = expanded.at(-1);
    if (last === undefined || words.length < 2) return [];
    const workdir = workdirAfter(file, stage.instructions[at - 1]!, facts);
    const flag = (name: string) => flags.find((each) => each.name === name)?.value;
    return {
      instruction,
      stage,
      from: flag('from'),
      sources: expanded.slice(0, -1).flatMap((each) => (each.ok ? each.value : [])),
      destination: last.ok ? absolute(last.value, workdir) : undefined,
      intoFolder: last.ok && (/\/$/.test(last.value) || last.value === '.' || words.length > 2),
      flag,
    };
  });
}

/** A file of the context that is at a path of an image. */
export interface Placed {
  readonly path: string;
  readonly file: ContextFile;
}

/** The files of the context that a COPY puts into the image, with their paths there. */
export function* placedFiles(setting: Setting, step: CopyStep): Generator<Placed> {
  const { context } = setting;
  if (context === undefined || step.from !== undefined || step.destination === undefined) return;
  const { sent } = context;
  if (!isAvailable(sent)) return;
  for (const source of step.sources) {
    const taken = sent.take(source);
    if (taken.kind !== 'taken') continue;
    for (const { file, named } of taken.matches) {
      if (file.type !== 'directory') {
        const inside = step.intoFolder || taken.matches.length > 1 || isFolder(setting, step);
        yield { path: inside ? join(step.destination, baseName(named)) : step.destination, file };
      }
    }
    const roots = taken.matches.filter(({ file }) => file.type === 'directory').map(({ file }) => file.path);
    if (roots.length === 0) continue;
    for (const file of taken.files()) {
      const root = roots.find((each) => each === '' || file.path.startsWith(`${each}/`));
      if (root === undefined || file.path === root) continue;
      yield { path: join(step.destination, root === '' ? file.path : file.path.slice(root.length + 1)), file };
    }
  }
}

const join = (directory: string, name: string): string => (directory === '/' ? `/${name}` : `${directory}/${name}`);

/** Whether a destination without a slash is a folder before the COPY: one of the system, or a WORKDIR. */
function isFolder({ file, facts }: Setting, { instruction, stage, destination }: CopyStep): boolean {
  if (
    /^\/(?:usr\/local\/s?bin|usr\/s?bin|s?bin|etc(?:\/[\w.-]+\.d)?|opt|srv|tmp|home|root|usr\/share|usr\/local|usr\/src|var\/www(?:\/html)?|)$/.test(
      destination!,
    )
  ) {
    return true;
  }
  return stage.instructions.some(
    (each) =>
      each.index < instruction.index &&
      each.keyword === 'WORKDIR' &&
      covers(destination!, workdirAfter(file, each, facts) ?? ''),
  );
}

/** What an absolute path of the image is: a file of the context, a text of the Dockerfile itself, or made in another way. */
export type ImageFile =
  | { readonly kind: 'context'; readonly file: ContextFile }
  | { readonly kind: 'text'; readonly text: string }
  /** Copied from another stage or image, and not to be followed. */
  | { readonly kind: 'built' }
  | { readonly kind: 'unknown' };

/** The text of a file of the image that comes from the context or the Dockerfile. */
export function textAt(setting: Setting, path: string): string | undefined {
  const found = fileAt(setting, path);
  return found.kind === 'text'
    ? found.text
    : found.kind === 'context'
      ? setting.context?.text(found.file.path)
      : undefined;
}

/** Finds what is at a path of the image: what a step moves there, or the last COPY or ADD that puts something there. */
export function fileAt(setting: Setting, path: string, stages = setting.chain, depth = 0): ImageFile {
  const move = depth < 5 ? moveTo(setting, path, stages) : undefined;
  const copied = copiedAt(setting, path, stages, depth);
  if (move === undefined || (copied.index ?? -1) > move.index) return copied.found;
  const found = fileAt(setting, move.source, stages, depth + 1);
  return found.kind === 'unknown' && copied.found.kind === 'unknown'
    ? { kind: 'built' }
    : found.kind === 'unknown'
      ? copied.found
      : found;
}

/** The last step that moves, copies or links a file to a path. */
function moveTo(
  { file, facts }: Setting,
  path: string,
  stages: readonly Stage[],
): { readonly source: string; readonly index: number } | undefined {
  const commands = stages.flatMap((stage) => stageCommands(file, stage, facts).commands);
  for (const command of commands.reverse()) {
    const { name, directory, instruction } = command;
    const words = wordsWithPatterns(command);
    if (!/^(?:mv|cp|ln|install)$/.test(name) || words.includes('-d')) continue;
    const operands = words.filter((word, at) => !word?.startsWith('-') && !/^-[a-z]*[mgoS]$/.test(words[at - 1] ?? ''));
    const last = operands.at(-1);
    const target = last === undefined ? undefined : absolute(last, directory);
    if (target === undefined || operands.length < 2 || !covers(target, path)) continue;
    for (const operand of operands.slice(0, -1)) {
      const source = operand === undefined ? undefined : absolute(operand, directory);
      if (source === undefined) continue;
      const pattern = baseName(source);
      const isNamed = pattern === baseName(path) || (/[*?]/.test(pattern) && globbed(pattern).test(baseName(path)));
      if (target === path && operands.length === 2) return { source, index: instruction.index };
      // Into a folder, by its own name; what a folder holds keeps its names.
      if (`${target}/${baseName(path)}` === path && isNamed)
        return { source: `${parentOf(source)}/${baseName(path)}`, index: instruction.index };
      if (
        target !== path &&
        name !== 'ln' &&
        !/[*?]/.test(pattern) &&
        words.some((word) => /^-\w*[rRa]/.test(word ?? ''))
      )
        return { source: source + path.slice(target.length), index: instruction.index };
    }
  }
  return undefined;
}

/** What matches a pattern of a shell. */
export const globbed = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^$(){}|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

function copiedAt(
  setting: Setting,
  path: string,
  stages: readonly Stage[],
  depth: number,
): { readonly found: ImageFile; readonly index?: number } {
  const steps = copySteps(setting.file, stages, setting.facts);
  for (const step of steps.reverse()) {
    if (step.destination === undefined || !covers(step.destination, path)) continue;
    const text = heredocAt(setting, step, path);
    const { index } = step.instruction;
    if (text !== undefined) return { found: { kind: 'text', text }, index };
    if (step.from !== undefined) {
      const found = depth < 5 ? fromStage(setting, step, path, depth) : undefined;
      if (found) return { found, index };
      continue;
    }
    for (const placed of placedFiles(setting, step))
      if (placed.path === path) return { found: { kind: 'context', file: placed.file }, index };
  }
  return { found: { kind: 'unknown' } };
}

function heredocAt(
  { file }: Setting,
  { instruction, destination, intoFolder }: CopyStep,
  path: string,
): string | undefined {
  for (const { name, content } of instruction.heredocs) {
    if (path === destination || (intoFolder && path === join(destination!, name))) {
      return file.source.slice(content.start, content.end);
    }
  }
  return undefined;
}

function fromStage(setting: Setting, step: CopyStep, path: string, depth: number): ImageFile | undefined {
  const { file, facts } = setting;
  const destination = step.destination!;
  const stage = file.stageByName(step.from!, { byIndex: true });
  for (const source of step.sources) {
    const from = absolute(source, '/')!;
    let inside: string | undefined;
    if (path === destination) inside = from;
    else if (path === join(destination, baseName(from))) inside = from;
    else if (covers(destination, path)) inside = join(from, path.slice(destination.length + 1));
    if (inside === undefined) continue;
    if (stage === undefined) {
      if (path === destination || path === join(destination, baseName(from))) return { kind: 'built' };
      continue;
    }
    const chain: Stage[] = [];
    for (let each: Stage | undefined = stage; each; each = each.parent) chain.unshift(each);
    const found = fileAt(
      { ...setting, chain, instructions: chain.flatMap((each) => each.instructions), facts },
      inside,
      chain,
      depth + 1,
    );
    if (found.kind !== 'unknown') return found;
    if (path === destination || path === join(destination, baseName(from))) return { kind: 'built' };
    return undefined;
  }
  return undefined;
}

/** The stages whose files may come into an image: its own, and those that they copy from. */
export function contributingStages({ file, chain }: Setting): Stage[] {
  const found = new Set<Stage>(chain);
  const queue = [...chain];
  for (let stage = queue.pop(); stage; stage = queue.pop()) {
    const next = stage.instructions.flatMap(({ keyword, flags }) => {
      const from = keyword === 'COPY' ? flags.find((flag) => flag.name === 'from')?.value : undefined;
      return from === undefined ? [] : (file.stageByName(from, { byIndex: true }) ?? []);
    });
    for (const each of [...next, ...(stage.parent ? [stage.parent] : [])]) {
      if (found.has(each)) continue;
      found.add(each);
      queue.push(each);
    }
  }
  return [...found].sort((a, b) => a.index - b.index);
}
