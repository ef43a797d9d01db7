import { posix } from 'node:path';
import type { Instruction } from '../../src/dockerfile/index.ts';
import type { StageCommand } from '../../src/transform/index.ts';
import type { Written } from './sources.ts';
import type { Subject } from './subject.ts';

/** Directories that belong to the user of the final stage, and whether the working directory is one of them. */
export interface Writes {
  readonly owned: readonly string[];
  readonly ownsDirectory: boolean;
}

const always = /^\/(?:tmp|dev|proc|var\/tmp)(?:\/|$)/;

/**
 * Where a program writes: the directories that the build makes or has for it. Undefined where a path that it writes is
 * worked out and no directory stands ready, or where the directory is not there when the program starts.
 */
export function writtenDirectories(
  subject: Subject,
  written: readonly Written[],
): Writes | { readonly unknown: string } {
  const { directory = '/' } = subject;
  const made = madeDirectories(subject);
  const owned = new Set<string>();
  let ownsDirectory = false;
  // The home is that of whoever runs it, which is another one there.
  const literal = written.flatMap(({ path, open }) =>
    path === undefined || path.startsWith('~') ? [] : open && !path.endsWith('/') ? posix.dirname(path) : path,
  );
  for (const each of literal) {
    const path = posix.resolve(directory, each);
    if (always.test(path)) continue;
    const home = made.find((other) => path === other || path.startsWith(`${other}/`));
    const inContext = subject.layout?.contextOf(posix.dirname(path));
    const isDirectory = subject.layout?.hasBelow(subject.layout.contextOf(path) ?? '\0') === true;
    if (home !== undefined) owned.add(home);
    else if (isDirectory) owned.add(path);
    else if (posix.dirname(path) === directory && directory !== '/') ownsDirectory = true;
    else if (inContext !== undefined && inContext !== '' && posix.dirname(path) !== '/') owned.add(posix.dirname(path));
    else return { unknown: each };
  }
  if (literal.length < written.length && owned.size === 0 && !ownsDirectory) {
    if (made.length === 0) return { unknown: 'a path that is worked out' };
    for (const each of made) owned.add(each);
  }
  for (const each of volumes(subject)) {
    const context = subject.layout?.contextOf(each);
    if (made.includes(each) || (context !== undefined && subject.layout?.hasBelow(context))) owned.add(each);
    // A volume on a directory that the image does not have belongs to root.
    else if (!always.test(each)) return { unknown: `VOLUME ${each}` };
  }
  return { owned: [...owned], ownsDirectory };
}

/** Directories that RUN makes for the program, and those that are given to a user. */
function madeDirectories(subject: Subject): string[] {
  const found: string[] = [];
  for (const each of subject.commands) {
    if (each.conditional || !/^(?:mkdir|install|chown|chmod)$/.test(each.name)) continue;
    if (each.name === 'install' && !each.words.includes('-d')) continue;
    if (each.name === 'chmod' && !each.words.some((word) => /^(?:-R|0?[267]77)$/.test(word ?? ''))) continue;
    found.push(...operandPaths(each, each.name === 'chown' || each.name === 'chmod' ? 1 : 0));
  }
  const { directory } = subject;
  return [...new Set(found)].filter((path) => path !== '/' && path !== directory && !always.test(path));
}

function operandPaths({ words, directory }: StageCommand, skip: number): string[] {
  const operands = words.filter((word) => word === undefined || !word.startsWith('-')).slice(skip);
  return operands.flatMap((word) => {
    if (word === undefined || (directory === undefined && !word.startsWith('/'))) return [];
    return [posix.resolve(directory ?? '/', word)];
  });
}

/** The paths of VOLUME. */
export function volumes({ file, stage }: Pick<Subject, 'file' | 'stage'>): string[] {
  return stage.instructions
    .filter((each) => each.keyword === 'VOLUME')
    .flatMap((each: Instruction) => each.json ?? file.words(each).map((word) => word.text))
    .map((path) => posix.normalize(path).replace(/(?<=.)\/$/, ''));
}

/** Files of the image that no other user than root may read or start, by their modes in the context and by chmod. */
export function closedPaths(subject: Subject): string[] {
  const { layout, start, commands } = subject;
  if (!layout) return [];
  const found = new Set<string>();
  const opened = new Set<string>();
  for (const command of commands) {
    if (command.name !== 'chmod') continue;
    const operands = command.words.filter((word) => word === undefined || !/^-[A-Za-z]/.test(word));
    const mode = operands[0];
    const isOpen =
      mode !== undefined && (/^0?[0-7]?[0-7]{2}[5-7]$/.test(mode) || /^(?:[ugo]*[ao][ugo]*)?\+[rwx]*x/.test(mode));
    for (const path of operandPaths(command, 1)) (isOpen ? opened : found).add(path);
  }
  for (const path of layout.files()) {
    const image = layout.imageOf(path)!;
    const { mode = 0o644 } = layout.context.resolve(path) ?? {};
    if ((mode & 0o004) === 0 || (image === start?.scriptPath && (mode & 0o001) === 0)) found.add(image);
  }
  return [...found].filter((path) => ![...opened].some((each) => path === each || path.startsWith(`${each}/`)));
}
