import { posix } from 'node:path';
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import { type ShellList, type ShellWord, visitTrees } from '../../src/shell/index.ts';
import { type Facts, systemOf } from '../../src/transform/index.ts';
import { leadsUp, pathPattern, selfAndAbove } from './paths.ts';
import { bareText, hasOption, operands, type Step, stepsOf } from './steps.ts';

/** The absolute working directory before an instruction; undefined where the base image's own is not known. */
export function workingDirectory(file: Dockerfile, at: Instruction, facts: Facts): string | undefined {
  if (!at.stage) return undefined;
  const base = systemOf(file, at, facts)?.workingDir;
  let directory = base === undefined ? undefined : base || '/';
  const chain: Stage[] = [];
  for (let stage: Stage | undefined = at.stage; stage; stage = stage.parent) chain.unshift(stage);
  for (const instruction of chain.flatMap((stage) => stage.instructions)) {
    if (instruction.stage === at.stage && instruction.index >= at.index) break;
    if (instruction.keyword !== 'WORKDIR') continue;
    const expanded = file.expand(file.args(instruction), instruction);
    if (!expanded.ok || expanded.value === '') directory = undefined;
    else if (expanded.value.startsWith('/')) directory = posix.resolve(expanded.value);
    else directory = directory === undefined ? undefined : posix.resolve(directory, expanded.value);
  }
  return directory;
}

/**
 * What in a script may remove, rename or replace the working directory or one above it; undefined where nothing can.
 * The next RUN gets a directory of that name again, a merged one stays in the old.
 */
export function workingDirectoryLost(
  script: ShellList,
  { directory, expand }: { readonly directory: string | undefined; expand(word: string): string | undefined },
): string | undefined {
  const assigned = assignedVariables(script);
  /** A word with its variables replaced where nothing in the script changes them; fresh directories have none. */
  const read = (word: ShellWord): ShellWord | undefined => {
    if (word.literal !== undefined || word.variables.length === 0 || word.substitutions.length > 0) return word;
    if (word.variables.every((name) => assigned.get(name) === 'temporary') && /^"?\$/.test(word.text) && !leadsUp(word))
      return undefined;
    if (word.variables.some((name) => assigned.has(name)) || /[*?[{~\\']/.test(word.text.replaceAll('${', '')))
      return word;
    const value = expand(word.text.replace(/^"(.*)"$/s, '$1'));
    return value === undefined || /\s/.test(value) ? word : { ...word, text: value, literal: value };
  };
  // Where relative paths may start: a `cd` in a subshell or behind `||` may hold later or not.
  const places: Place[] = [];
  for (const step of stepsOf(script)) {
    if (/^(?:cd|pushd|popd)$/.test(step.name ?? '')) {
      const to = step.name === 'popd' ? undefined : operands(step)[0];
      const text = to?.literal;
      // Further down from the working directory, nothing above it is reached.
      if (text !== undefined && to && !text.startsWith('/') && text !== '' && text !== '-' && !leadsUp(to)) {
        for (const place of [...places]) places.push(place === undefined ? place : posix.resolve(place, text));
      } else places.push(text?.startsWith('/') ? posix.resolve(text) : undefined);
      continue;
    }
    if (removes({ ...step, args: step.args.flatMap((word) => read(word) ?? []) }, directory, places))
      return `\`${step.command.words.map((word) => word.text).join(' ')}\``;
  }
  return undefined;
}

/** An absolute directory; undefined: any. */
type Place = string | undefined;

/** The variables that a script sets, and whether only to what `mktemp` makes. */
function assignedVariables(script: ShellList): Map<string, 'temporary' | 'other'> {
  const found = new Map<string, 'temporary' | 'other'>();
  const set = (name: string, value: string): void => {
    const isTemporary = /^"?\$\(mktemp\b[^)]*\)"?$/.test(value) && found.get(name) !== 'other';
    found.set(name, isTemporary ? 'temporary' : 'other');
  };
  visitTrees(script, (tree) => {
    if (tree.kind === 'compound') for (const name of tree.assigns) set(name, '');
    if (tree.kind !== 'command') return;
    for (const { name, value } of tree.assignments) set(name, value?.text ?? '');
    for (const word of tree.words) {
      const [, name, value] = /^(\w+)=([\s\S]*)$/.exec(word.text) ?? [];
      if (name !== undefined) set(name, value!);
      for (const each of word.assigns) set(each, '');
      if (/^(?:read|unset|getopts|mapfile)$/.test(tree.words[0]!.text) && /^\w+$/.test(word.text)) set(word.text, '');
    }
  });
  return found;
}

/** Where no base image works in: temporary and variable data, and hidden directories of a home. */
const neverWorkedIn =
  /^\/(?:tmp|var)\/[^$`]|^(?:~|\/root|\$HOME|\$\{HOME\})\/\.\w|^\/usr\/share\/(?:doc|man|locale|info)\b|^\/etc\/localtime$|^\/(?:usr\/(?:local\/)?)?s?bin\/\w/;

function removes(step: Step, directory: string | undefined, places: readonly Place[]): boolean {
  const isRecursive = hasOption(step, /[rRd]/, /^--(?:recursive|dir)/);
  switch (step.name) {
    case 'rm':
      if (!isRecursive) return false;
      break;
    case 'rmdir':
    case 'mv':
      break;
    case 'ln':
      // Only a link in the place of a link to a directory changes where a path leads.
      if (!hasOption(step, /[nT]/, /^--no-/)) return false;
      break;
    case 'userdel':
    case 'deluser':
      return (
        hasOption(step, /r/, /^--remove-/) &&
        (directory === undefined || !/^\/(?:$|app|usr|opt|tmp|var)/.test(directory))
      );
    case 'usermod':
      return hasOption(step, /m/, /^--move-home/);
    case 'find':
      return findRemoves(step, directory, places);
    default:
      return false;
  }
  // What `xargs` hands over is not written here.
  if (step.wrappers.includes('xargs')) return true;
  const all = operands(step);
  const operandsAtRisk = step.name === 'mv' ? all.slice(0, -1) : step.name === 'ln' ? all.slice(-1) : all;
  return operandsAtRisk.some((word) => mayBe(word, directory, places));
}

function mayBe(word: Step['args'][number], directory: string | undefined, places: readonly Place[]): boolean {
  if (leadsUp(word)) return true;
  const text = bareText(word);
  const isRelative = !/^[/~$`]/.test(text);
  const starts = isRelative ? places : [undefined];
  return starts.some((start) => {
    const pattern = pathPattern(word, start);
    if (directory !== undefined) return selfAndAbove(directory).some((path) => pattern.test(path));
    const absolute = isRelative ? (start === undefined ? '' : posix.resolve(start, text)) : text;
    return !neverWorkedIn.test(absolute);
  });
}

function findRemoves(step: Step, directory: string | undefined, places: readonly Place[]): boolean {
  const texts = step.args.map((word) => word.text);
  const exec = texts.findIndex((text) => /^-(?:exec|ok)/.test(text));
  const deletes = texts.includes('-delete') || (exec !== -1 && /^(?:rm|rmdir|mv)$/.test(texts[exec + 1] ?? ''));
  if (!deletes) return false;
  const type = texts.indexOf('-type');
  if (type !== -1 && /^[flpscb]$/.test(texts[type + 1] ?? '') && !texts.includes('-o')) return false;
  const names = step.args.filter((_, index) => /^-i?name$/.test(texts[index - 1] ?? ''));
  if (directory !== undefined && names.length > 0 && !texts.includes('-not') && !texts.includes('!')) {
    const parts = directory.split('/');
    const patterns = names.map((word) => pathPattern({ ...word, literal: undefined }, '/'));
    if (!patterns.some((pattern) => parts.some((part) => pattern.test(`/${part}`)))) return false;
  }
  const starts = step.args.slice(
    0,
    texts.findIndex((text) => /^[-(!\\]/.test(text)),
  );
  if (starts.length === 0) return places.length > 0;
  return starts.some((word) => (word.text === '.' ? places.length > 0 : mayBe(word, directory, places)));
}
