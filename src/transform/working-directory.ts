import { type Dockerfile, expandWord, type Instruction, type Stage } from '../dockerfile/index.ts';
import { namesSetBy } from './instructions-before.ts';
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
  const known = memo.get(file);
  const found = known?.facts === facts ? known : { facts, byIndex: allDirectories(file, facts) };
  memo.set(file, found);
  return found.byIndex[at.index];
}

/** Asked for each instruction in turn, and made in one walk. */
const memo = new WeakMap<Dockerfile, { facts: Facts; byIndex: readonly (WorkingDirectory | undefined)[] }>();

function allDirectories(file: Dockerfile, facts: Facts): (WorkingDirectory | undefined)[] {
  const byIndex: (WorkingDirectory | undefined)[] = [];
  const atEnd = new Map<Stage, WorkingDirectory | undefined>();
  for (const stage of file.stages) {
    let current = stage.parent ? atEnd.get(stage.parent) : ofBase(file, stage, facts);
    for (const each of stage.instructions) {
      byIndex[each.index] = current;
      if (each.opaque || !survives(current, each)) current = undefined;
      else if (each.keyword === 'WORKDIR') current = joined(file, each, current);
      else if (current?.path.includes('$') && uses(current.path, namesSetBy(file, each))) current = undefined;
    }
    atEnd.set(stage, current);
  }
  return byIndex;
}

function ofBase(file: Dockerfile, stage: Stage, facts: Facts): WorkingDirectory | undefined {
  const reference = file.baseReference(stage);
  if (reference === 'scratch') return { path: '/', from: 'table' };
  // The official images with triggers, whose tags say so, have a WORKDIR among them.
  if (reference === undefined || /[:-]onbuild\b/.test(reference)) return undefined;
  const image = facts.image(reference);
  if (!isAvailable(image) || image.system === 'windows' || image.workingDir === undefined) return undefined;
  const path = image.workingDir || '/';
  return path.startsWith('/') ? { path, from: image.source } : undefined;
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
  const clean = `/${parts.join('/')}`;
  // A chain of directories this long is nobody's, and its text would grow with the square of its length.
  return clean.length > 1024 ? undefined : { path: clean, from };
}

function uses(path: string, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`\\$(?:${name}(?!\\w)|\\{${name}\\})`).test(path));
}
