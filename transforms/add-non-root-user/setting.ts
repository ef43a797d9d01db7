import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import type { ImageFacts } from '../../src/facts/index.ts';
import {
  absolute,
  type ContextFacts,
  type Facts,
  isAvailable,
  joined,
  UnderFacts,
  type Usage,
  workingDirectory,
} from '../../src/transform/index.ts';

/** One image that is built from the file, and what is known around it. */
export interface Setting {
  readonly file: Dockerfile;
  readonly facts: Facts;
  readonly stage: Stage;
  /** The stage with its parent stages, the first one first. */
  readonly chain: readonly Stage[];
  /** The instructions of the chain, in order. */
  readonly instructions: readonly Instruction[];
  /** The base image; undefined where a variable without a default names it. */
  readonly base: string | undefined;
  readonly image: ImageFacts | undefined;
  readonly context: ContextFacts | undefined;
  readonly usage: Usage | undefined;
  /** The working directory that a container starts in; undefined where it is not known. */
  readonly workdir: string | undefined;
  /** The environment that a container starts with; undefined for a value that is not known. */
  readonly environment: ReadonlyMap<string, string | undefined>;
}

/** Gathers what is known of the image that a stage ends as. */
export function settingOf(file: Dockerfile, stage: Stage, facts: Facts): Setting {
  return settings.of(facts, stage, () => readSetting(file, stage, facts));
}

const settings = new UnderFacts<Stage, Setting>();

function readSetting(file: Dockerfile, stage: Stage, facts: Facts): Setting {
  const chain: Stage[] = [];
  for (let each: Stage | undefined = stage; each; each = each.parent) chain.unshift(each);
  const instructions = chain.flatMap((each) => each.instructions);
  const base = file.baseReference(chain[0]!);
  const known = base === undefined || base === 'scratch' ? undefined : facts.image(base);
  const image = known && isAvailable(known) ? known : undefined;
  const context = facts.context();
  const usage = facts.usage();
  return {
    file,
    facts,
    stage,
    chain,
    instructions,
    base,
    image,
    context: isAvailable(context) ? context : undefined,
    usage: isAvailable(usage) ? usage : undefined,
    workdir: workdirAfter(file, stage.instructions.at(-1)!, facts),
    environment: environmentOf(file, instructions, image),
  };
}

/** The working directory that holds after an instruction. */
export function workdirAfter(file: Dockerfile, instruction: Instruction, facts: Facts): string | undefined {
  const before = workingDirectory(file, instruction, facts);
  const after = instruction.keyword === 'WORKDIR' ? joined(file, instruction, before) : before;
  if (after === undefined) return workdirByValues(file, instruction, facts);
  if (!after.path.includes('$')) return after.path;
  const expanded = file.expand(after.path, instruction);
  return expanded.ok ? expanded.value : undefined;
}

/** The same by the values of variables, which may hold all of a path. */
function workdirByValues(file: Dockerfile, last: Instruction, facts: Facts): string | undefined {
  const below: string[] = [];
  for (let stage = last.stage; stage; stage = stage.parent) {
    const { instructions, from } = stage;
    for (const each of instructions.filter(({ index }) => index <= last.index).reverse()) {
      if (each.keyword !== 'WORKDIR') continue;
      const expanded = file.expand(file.args(each), each);
      if (!expanded.ok || !/^[\w./~@+:,-]+$/.test(expanded.value) || /^[A-Za-z]:/.test(expanded.value))
        return undefined;
      below.unshift(expanded.value);
      if (expanded.value.startsWith('/')) return absolute(below.join('/'), '/');
    }
    if (stage.parent?.instructions.some((each) => each.onbuild?.keyword === 'WORKDIR')) return undefined;
    const start = stage.parent ? undefined : workingDirectory(file, from, facts);
    if (start && !start.path.includes('$')) return absolute(below.join('/') || '.', start.path);
  }
  return undefined;
}

function environmentOf(
  file: Dockerfile,
  instructions: readonly Instruction[],
  image: ImageFacts | undefined,
): ReadonlyMap<string, string | undefined> {
  const values = new Map<string, string | undefined>(Object.entries(image?.env ?? {}));
  for (const each of instructions) {
    if (each.keyword !== 'ENV' || each.opaque) continue;
    for (const [name, value] of file.pairs(each)) {
      const expanded = file.expand(value, each);
      values.set(name, expanded.ok ? expanded.value : undefined);
    }
  }
  return values;
}
