import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import {
  aptReleasePrecedes,
  packagesOfImage,
  type RecommendedPackage,
  recommendedPackages,
} from '../../src/facts/index.ts';
import { type ShellNode, type ShellScript, visitTrees } from '../../src/shell/index.ts';
import {
  type Facts,
  hasOption,
  type PackageCall,
  packageCalls,
  shellBodies,
  systemOf,
} from '../../src/transform/index.ts';
import { scriptsOf, withoutInstalls } from './scripts.ts';

/** A package that an install would no longer bring, and the operand that brought it. */
export interface Lost {
  readonly name: string;
  readonly by: string;
  /** Whether the Dockerfile shows that it is used, or a script of the build context. */
  readonly from: 'text' | 'context';
}

/**
 * The name of a package without its version: `gcc-12`, `php8.2-curl` and `python3.11` are `gcc`, `php-curl`, `python3`; and
 * without the `t64` of a library of Debian 13.
 */
export function unversioned(name: string): string {
  return withoutT64(name)
    .replace(/^(php|python3)[.\d]*\.\d+(?=-|$)/, '$1')
    .replace(/\$\{?\w+\}?/g, '')
    .replace(/[.-]+(?=-|$)/, '')
    .replace(/-\d[\d.]*$/, '');
}

const withoutT64 = (name: string): string => name.replace(/t64(?=-|$)/, '');

/** What a package may be called in the tables; a module of Python is `python3` too, which it depends on. */
function spellings(name: string): string[] {
  return [unversioned(name), withoutT64(name), ...(/^python3-/.test(name) ? ['python3'] : [])];
}

const pipInstall = /(?:\bpip[\d.]*|\bpipenv|\bpoetry|\buv)\s(?:[^;&|]*\s)?(?:install|sync)\b/;

/** The packages that an install names, without versions; undefined where a variable may hold any. */
export function namesOf(file: Dockerfile, instruction: Instruction, call: PackageCall): string[] | undefined {
  const names: string[] = [];
  for (const { literal, text } of call.operands) {
    const written = literal ?? text.replaceAll('"', '');
    const variable = literal === undefined ? /^\$\{?(\w+)\}?$/.exec(written)?.[1] : undefined;
    const value = variable === undefined ? written : listIn(file, instruction, variable);
    // A variable or a wildcard in a version says nothing of the name, and one in a name is most often a version.
    if (value === undefined || !/^(?:[\w.+-]|\$\{?\w+\}?)+(?:[=:/]|$)|^\.{0,2}\/|\s/.test(value)) return undefined;
    names.push(...value.split(/\s+/).filter(Boolean));
  }
  return names.map((name) => (/^\.{0,2}\//.test(name) ? name : name.replace(/[=/:].*$/, '')));
}

/** The value of a variable that the step or the file sets to a list of names. */
function listIn(file: Dockerfile, instruction: Instruction, name: string): string | undefined {
  const assigned = [...file.args(instruction).matchAll(new RegExp(`\\b${name}=(?:"([^"$]*)"|'([^']*)')`, 'g'))];
  if (assigned.length > 0) return assigned.length === 1 ? (assigned[0]![1] ?? assigned[0]![2]) : undefined;
  const value = file.lookup(instruction)(name);
  return value.known && value.value !== undefined && !value.value.includes('$') ? value.value : undefined;
}

/** The packages that an install would lose, though the stage or its image may need them. */
export function lostPackages(
  file: Dockerfile,
  facts: Facts,
  instruction: Instruction,
  call: PackageCall,
  names: readonly string[],
): Lost[] {
  const stage = instruction.stage!;
  const present = new Set(presentBefore(file, facts, instruction, call));
  const own = names.map(spellings);
  const base = file.baseReference(file.rootStage(stage)) ?? '';
  const image = systemOf(file, instruction, facts);
  const lost: Lost[] = [];
  for (const each of recommendedPackages) {
    if (each.since && aptReleasePrecedes(base, image, each.since)) continue;
    const by = [...each.recommendedBy, ...(each.recommendedBefore ?? [])];
    const at = by.map((name) => own.findIndex((written) => written.includes(name))).find((place) => place !== -1);
    if (at === undefined || brings(each, [...own.flat(), ...present]) || lost.some(({ name }) => name === each.name))
      continue;
    // A compiler that is named now brings nothing that the list has already.
    if (hasProgram(file, facts, instruction, each)) continue;
    const from = useOf(file, facts, stage, instruction, each);
    if (!from || (from === 'text' && comesLater(file, facts, instruction, call, each))) continue;
    lost.push({ name: each.name, by: names[at]!, from });
  }
  return lost.sort((a, b) => names.indexOf(a.by) - names.indexOf(b.by));
}

const brings = ({ name, dependedOnBy, orElse = [] }: RecommendedPackage, installed: readonly string[]): boolean =>
  installed.some((each) => each === name || dependedOnBy.includes(each) || orElse.includes(each));

/** The packages of the base image and of the installs before, with the recommended ones where these come along. */
function* presentBefore(
  file: Dockerfile,
  facts: Facts,
  instruction: Instruction,
  call: PackageCall,
): Generator<string> {
  const chain: Stage[] = [];
  for (let each: Stage | undefined = instruction.stage; each; each = each.parent) chain.unshift(each);
  yield* packagesOfImage(file.baseReference(chain[0]!) ?? '');
  for (const body of shellBodies(file, facts)) {
    const { stage, index } = body.instruction;
    if (!stage || !chain.includes(stage) || index > instruction.index) continue;
    for (const each of packageCalls(body.script)) {
      if (index === instruction.index && each.command.start >= call.command.start) break;
      if (each.manager.family !== 'apt' || each.verb !== 'install') continue;
      if (mayNotRun(body.script, each.command, index === instruction.index ? call.command : undefined)) continue;
      const names = (namesOf(file, body.instruction, each) ?? []).flatMap(spellings);
      yield* names;
      // Either it still brings what it recommends, or it is mended as this one is.
      if (hasOption(each, '--no-install-recommends') || /APT::Install-Recommends/i.test(file.source)) continue;
      yield* recommendedPackages
        .filter(({ recommendedBy }) => names.some((name) => recommendedBy.includes(name)))
        .map(({ name }) => name);
    }
  }
}

function hasProgram(file: Dockerfile, facts: Facts, at: Instruction, { program }: RecommendedPackage): boolean {
  const programs = program === '' ? undefined : systemOf(file, at, facts)?.programs;
  return programs?.some((path) => path.endsWith(`/${program}`)) ?? false;
}

/** What shows that something after an install may use a package: what runs in an image that is built may verify any server. */
function useOf(
  file: Dockerfile,
  facts: Facts,
  stage: Stage,
  from: Instruction,
  { name, uses }: RecommendedPackage,
): Lost['from'] | undefined {
  if (!uses) return 'text';
  const stages = [stage, ...file.descendants(stage)];
  if ((name === 'ca-certificates' && stages.includes(file.finalStage!)) || hasText(file, from, uses)) return 'text';
  const calls = stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ keyword, index }) => index >= from.index && executes.test(keyword) && keyword !== 'ENV');
  return name !== 'ca-certificates' && calls.some((each) => uses.test(scriptsOf(file, facts, each, textOf(file, each))))
    ? 'context'
    : undefined;
}

/** Whether an instruction, or what comes after it in its stage and in those built on it, has a text. */
export function hasText(file: Dockerfile, from: Instruction, text: RegExp): boolean {
  return [from.stage!, ...file.descendants(from.stage!)]
    .flatMap(({ instructions }) => instructions)
    .some((each) => each.index >= from.index && executes.test(each.keyword) && text.test(textOf(file, each)));
}

const executes = /^(?:RUN|CMD|ENTRYPOINT|HEALTHCHECK|ENV|SHELL)$/;

/** Whether a later call of the stage installs a package by its name, before any text that uses it. */
function comesLater(
  file: Dockerfile,
  facts: Facts,
  from: Instruction,
  call: PackageCall,
  each: RecommendedPackage,
): boolean {
  const { uses } = each;
  if (!uses) return false;
  for (const body of shellBodies(file, facts)) {
    const { instruction, script } = body;
    if (instruction.stage !== from.stage || instruction.index < from.index) continue;
    let read = instruction === from ? call.command.end : 0;
    for (const later of packageCalls(script)) {
      if (later.command.start < read) continue;
      if (
        isTextBetween(file, from, instruction, uses) ||
        uses.test(withoutRemovals(script.text.slice(read, later.command.start)))
      )
        return false;
      read = later.command.end;
      if (later.manager.family !== 'apt' || later.verb !== 'install') continue;
      if (mayNotRun(script, later.command, instruction === from ? call.command : undefined)) continue;
      if (brings(each, (namesOf(file, instruction, later) ?? []).flatMap(spellings))) return true;
    }
    if (instruction === from && uses.test(withoutRemovals(script.text.slice(read)))) return false;
  }
  return false;
}

const conditions: readonly string[] = ['if', 'for', 'while', 'until', 'case', 'select'];

/** Whether a command stands inside a condition, a loop or behind `||` where another one of its script does not. */
function mayNotRun(script: ShellScript, command: ShellNode, beside: ShellNode | undefined): boolean {
  const holds = (node: ShellNode, inner: ShellNode) => node.start <= inner.start && inner.end <= node.end;
  let found = false;
  visitTrees(script, (tree) => {
    if (!holds(tree, command)) return;
    const parts =
      tree.kind === 'compound' && conditions.includes(tree.type)
        ? tree.lists
        : tree.kind === 'and-or' && tree.operators.includes('||')
          ? tree.commands.slice(1)
          : tree.kind === 'function'
            ? [tree.body]
            : [];
    const part = parts.find((each) => holds(each, command));
    if (part && !(beside && holds(part, beside))) found = true;
  });
  return found;
}

/** Whether an instruction between two of a stage has a text. */
function isTextBetween(file: Dockerfile, from: Instruction, to: Instruction, text: RegExp): boolean {
  return from.stage!.instructions.some(
    (each) =>
      each.index > from.index && each.index < to.index && executes.test(each.keyword) && text.test(textOf(file, each)),
  );
}

/** A path that a command removes is not run. */
const withoutRemovals = (text: string): string => text.replace(/\brm\s[^;&|\n]*/g, ' ');

/** The text of an instruction, packages that it installs left out: a program is not used by its install. */
function textOf(file: Dockerfile, instruction: Instruction): string {
  const heredocs = instruction.heredocs.map(({ content }) => file.source.slice(content.start, content.end));
  const text = instruction.json?.join(' ') ?? file.args(instruction);
  const mounts = instruction.flags.map((flag) => `${flag.name}=${flag.value ?? ''}`);
  return [...mounts, withoutRemovals(withoutInstalls(text)), ...heredocs].join('\n');
}

/**
 * Whether scripts of the build context may decide what an install needs: it is of a package that recommends one whose use
 * is looked for. Nearly everything may verify a server, so that certificates need no scripts.
 */
export function mayAskScripts(file: Dockerfile): boolean {
  const isCopied = file.instructions.some(
    ({ keyword, flags }) => /^(?:COPY|ADD)$/.test(keyword) && !flags.some(({ name }) => name === 'from'),
  );
  if (!isCopied) return false;
  return file.instructions.some((each) => {
    if (each.keyword !== 'RUN') return false;
    const calls = file.args(each).match(/\bapt(?:-get)?\s(?:[^;&|]*\s)?install\b[^;&|]*/g) ?? [];
    const words = calls.filter((call) => !/install-recommends/.test(call)).flatMap((call) => call.split(/[\s"'=]+/));
    return words.some((word) => asking.has(unversioned(word)));
  });
}

const asking = new Set(
  recommendedPackages.flatMap(({ name, uses, recommendedBy, recommendedBefore = [] }) =>
    uses && name !== 'ca-certificates' ? [...recommendedBy, ...recommendedBefore] : [],
  ),
);

/** Whether this instruction or a later one installs packages with pip, which may have to compile them. */
export function installsWithPip(file: Dockerfile, index: number): boolean {
  return file.instructions.some(
    (each) => each.index >= index && each.keyword === 'RUN' && pipInstall.test(file.args(each)),
  );
}
