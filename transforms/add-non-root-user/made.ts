import { sharedDirectories } from '../../src/facts/index.ts';
import { absolute, baseName, covers, type StageCommand, stageCommands } from '../../src/transform/index.ts';
import { copySteps, fileAt, placedFiles } from './image-files.ts';
import { type Setting, workdirAfter } from './setting.ts';

/** A folder that a RUN makes with `mkdir` or `install -d`. */
export interface MadeFolder {
  readonly path: string;
  /** The index of the instruction. */
  readonly index: number;
  /** It may not be made: inside a condition or behind `||`. */
  readonly conditional: boolean;
}

const made = new WeakMap<Setting, readonly MadeFolder[]>();

/** The folders that steps of the image's stages make, in order, as far as their paths are known. */
export function madeFolders(setting: Setting): readonly MadeFolder[] {
  const known = made.get(setting);
  if (known) return known;
  const found = runCommands(setting).flatMap(({ instruction, name, words, conditional, directory }) => {
    if (name !== 'mkdir' && !(name === 'install' && words.some((word) => /^-\w*d/.test(word ?? '')))) return [];
    const isValue = (at: number) => /^-[a-z]*[mgo]$|^--(?:mode|owner|group)$/.test(words[at - 1] ?? '');
    const operands = words.filter((word, at) => word !== undefined && !word.startsWith('-') && !isValue(at));
    return operands.flatMap((word) => {
      const path = absolute(word!, directory ?? workdirAfter(setting.file, instruction, setting.facts));
      return path === undefined
        ? []
        : braced(path).map((each) => ({ path: each, index: instruction.index, conditional }));
    });
  });
  made.set(setting, found);
  return found;
}

/** The paths of `/srv/{data,log}`, as bash reads it. */
function braced(path: string): string[] {
  const match = /^([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)$/.exec(path);
  return match ? match[2]!.split(',').map((each) => `${match[1]}${each}${match[3]}`) : [path];
}

/** The index of the first instruction after which a folder is in the image for sure; undefined where none is known. */
export function folderSince(setting: Setting, path: string): number | undefined {
  return IN_BASE.test(path) ? -1 : madeSince(setting, path);
}

/** Whether a path is a folder of the image by what the file itself says. */
export const isKnownFolder = (setting: Setting, path: string): boolean =>
  sharedDirectories.has(path) || madeSince(setting, path) !== undefined;

/** The index of the first instruction of the file that makes a folder or puts something into it. */
export function madeSince(setting: Setting, path: string): number | undefined {
  const { file, chain, facts, instructions } = setting;
  const found = madeFolders(setting).filter((each) => !each.conditional && covers(path, each.path));
  const indexes = found.map(({ index }) => index);
  for (const each of instructions) {
    const workdir = each.keyword === 'WORKDIR' ? workdirAfter(file, each, facts) : undefined;
    if (workdir !== undefined && covers(path, workdir)) indexes.push(each.index);
  }
  for (const step of copySteps(file, chain, facts)) {
    const { destination, instruction } = step;
    if (destination === undefined) continue;
    const isParent = destination !== path && covers(path, destination);
    const isInside = () =>
      [...placedFiles(setting, step)].some((each) => each.path !== path && covers(path, each.path));
    if (isParent || (covers(destination, path) && isInside())) indexes.push(instruction.index);
  }
  return indexes.length === 0 ? undefined : Math.min(...indexes);
}

/** Folders that the images have whose servers write there. */
const IN_BASE = /^\/(?:etc|var\/cache|usr)\//;

/** Whether a step after an instruction may put something into a folder. */
export function isFilledAfter(setting: Setting, path: string, index: number): boolean {
  const { file, chain, facts, instructions } = setting;
  const copied = copySteps(file, chain, facts).some(
    ({ instruction, destination }) =>
      instruction.index > index &&
      (destination === undefined || covers(path, destination) || (covers(destination, path) && destination !== '/')),
  );
  return (
    copied ||
    instructions.some((each) => {
      if (each.keyword !== 'RUN' || each.index < index) return false;
      const workdir = workdirAfter(file, each, facts);
      return file.args(each).includes(path) || (workdir !== undefined && covers(path, workdir));
    })
  );
}

/** How a file comes to lie in the image: not at all as far as is known, for sure, or perhaps by what a step runs. */
export function presenceOf(setting: Setting, path: string): 'absent' | 'there' | 'perhaps' {
  if (fileAt(setting, path).kind !== 'unknown') return 'there';
  if (OF_BASE.test(path)) return 'perhaps';
  const name = baseName(path);
  const mayMake = runCommands(setting).some(
    ({ name: program, words, command, body, instruction }) =>
      (body?.script.text.slice(command.start, command.end) ?? '').includes(name) ||
      (APPLICATION.test(program) && !INSTALLS.test(words.join(' ')) && isPlaced(setting, instruction.index)),
  );
  return mayMake ? 'perhaps' : 'absent';
}

/** Where images have files of their own, as a first page below /usr/share. */
const OF_BASE = /^\/(?:etc|var\/(?:cache|www)|usr(?!\/(?:src|app)\/))\//;

/** Programs that run code of the application in a step. */
const APPLICATION =
  /^(?:python[\d.]*|node|php|ruby|perl|java|flask|alembic|django-admin|rails|rake|sqlite3|prisma|knex|sequelize|typeorm|artisan|npm|yarn|pnpm|npx|bundle|uv|poetry)$/;
const INSTALLS =
  /^(?:-\S+ )*(?:-m (?:pip|venv|compileall|ensurepip)|ci|i|install|add|sync|config|cache|set|self|lock|export|build|run build|compileall)\b|--version/;

/** Whether files of the application are there before an instruction. */
function isPlaced({ file, chain, facts }: Setting, before: number): boolean {
  return copySteps(file, chain, facts).some(({ instruction }) => instruction.index < before);
}

function runCommands({ file, chain, facts }: Setting): StageCommand[] {
  return chain.flatMap((stage) => stageCommands(file, stage, facts).commands);
}
