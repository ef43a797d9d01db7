import { type Dockerfile, expandWord, type Instruction } from '../dockerfile/index.ts';
import { instructionsBefore, namesSetBy } from './instructions-before.ts';
import { type Facts, isAvailable } from './ports.ts';

/** A working directory as text that WORKDIR can be given: absolute and clean, perhaps with variables in it. */
export interface WorkingDirectory {
  readonly path: string;
  /** Where it starts from: the file alone, the image's configuration, or a table of base images. */
  readonly from: 'text' | 'registry' | 'table';
}

/**
 * The working directory in force before an instruction; undefined where it is not known, as on Windows, after a path
 * that may or may not be absolute, and where a variable in it has got another value since.
 */
export function workingDirectory(file: Dockerfile, at: Instruction, facts: Facts): WorkingDirectory | undefined {
  const before = instructionsBefore(at);
  const root = at.stage && file.rootStage(at.stage);
  const reference = root && file.baseReference(root);
  // The official images with triggers, whose tags say so, have a WORKDIR among them.
  const isKnowable = reference !== undefined && reference !== 'scratch' && !/[:-]onbuild\b/.test(reference);
  const image = !isKnowable ? undefined : facts.image(reference);
  let current: WorkingDirectory | undefined;
  if (reference === 'scratch') current = { path: '/', from: 'table' };
  else if (image && isAvailable(image)) {
    if (image.system === 'windows') return undefined;
    const path = image.workingDir === undefined ? undefined : image.workingDir || '/';
    if (path?.startsWith('/')) current = { path, from: image.source };
  }
  for (const each of before) {
    if (each.opaque || !survives(current, each)) current = undefined;
    else if (each.keyword === 'WORKDIR') current = joined(file, each, current);
    else if (current && uses(current.path, namesSetBy(file, each))) current = undefined;
  }
  return current;
}

/** Whether a directory passes from a parent stage to the one of a FROM: build arguments do not, and triggers run. */
function survives(current: WorkingDirectory | undefined, { keyword, stage }: Instruction): boolean {
  if (keyword !== 'FROM' || !stage?.parent || !current) return true;
  return !current.path.includes('$') && !stage.parent.instructions.some((each) => each.onbuild?.keyword === 'WORKDIR');
}

/** What a WORKDIR makes of the working directory before it, as text for another WORKDIR. */
export function joined(
  file: Dockerfile,
  instruction: Instruction,
  current: WorkingDirectory | undefined,
): WorkingDirectory | undefined {
  const written = file.args(instruction);
  const expanded = expandWord(written, file.escape, () => ({ known: false }));
  // A dollar sign that is none of a variable would become one.
  if (expanded.ok && expanded.value.includes('$')) return undefined;
  const path = expanded.ok ? expanded.value : written;
  // A path in quotes, of Windows, or that a variable begins, is not read.
  if (!/^[\w./~@+:,-](?:[\w./~@+:,-]|\$\w+|\$\{\w+\})*$/.test(path) || /^[A-Za-z]:/.test(path)) return undefined;
  if (path.startsWith('/')) return clean(path, 'text');
  return current && clean(`${current.path}/${path}`, current.from);
}

function clean(path: string, from: WorkingDirectory['from']): WorkingDirectory | undefined {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    // What a variable holds may be several components.
    else if (parts.some((each) => each.includes('$'))) return undefined;
    else parts.pop();
  }
  return { path: `/${parts.join('/')}`, from };
}

function uses(path: string, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`\\$(?:${name}(?!\\w)|\\{${name}\\})`).test(path));
}
