import { posix } from 'node:path';
import type { Instruction } from '../../src/dockerfile/index.ts';
import { isAvailable, type StageCommand } from '../../src/transform/index.ts';
import type { SourceReading } from './sources.ts';
import { startWrites } from './start-rights.ts';
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
  { writes: written, strings }: Pick<SourceReading, 'writes' | 'strings'>,
): Writes | { readonly unknown: string } {
  const { directory = '/' } = subject;
  const made = madeDirectories(subject);
  const owned = new Set<string>();
  let ownsDirectory = false;
  const started = startWrites(subject);
  if (started.some(({ path }) => path === undefined)) return { unknown: 'a path that the start works out' };
  // The home is that of whoever runs it, which is another one there.
  const literal = [...written, ...started].filter(({ path }) => path !== undefined && !path.startsWith('~'));
  for (const { path: given, open } of literal) {
    const whole = posix.resolve(directory, given!);
    const each = open && !given!.endsWith('/') ? posix.dirname(given!) : given!;
    const path = posix.resolve(directory, each);
    if (always.test(path) || always.test(whole)) continue;
    const home = made.find((other) => whole === other || whole.startsWith(`${other}/`));
    const inContext = subject.layout?.contextOf(posix.dirname(path));
    const isDirectory = subject.layout?.hasBelow(subject.layout.contextOf(path) ?? '\0') === true;
    // WORKDIR makes it for root in the final stage, and what is copied into it gives it no other owner.
    if (path === directory && path !== '/') ownsDirectory = true;
    else if (home !== undefined) owned.add(home);
    else if (isDirectory) owned.add(path);
    else if (posix.dirname(path) === directory && directory !== '/') ownsDirectory = true;
    else if (inContext !== undefined && inContext !== '' && posix.dirname(path) !== '/') owned.add(posix.dirname(path));
    else return { unknown: `\`${each}\`, which only root may write` };
  }
  if (written.some(({ path }) => path === undefined || path.startsWith('~')) && owned.size === 0 && !ownsDirectory) {
    if (made.length === 0) return { unknown: 'a path that is worked out' };
    for (const each of made) owned.add(each);
  }
  for (const { path, name, isShared } of [...volumes(subject), ...mountedVolumes(subject)]) {
    // Whoever comes first gives it its owner.
    if (isShared) return { unknown: name };
    const context = subject.layout?.contextOf(path);
    if (made.includes(path) || (context !== undefined && subject.layout?.hasBelow(context))) owned.add(path);
    // A volume on a directory that the image does not have belongs to root.
    else if (!always.test(path)) return { unknown: name };
  }
  // What the build makes empty, and the program names, is there to be written to.
  const texts = [...strings.keys(), ...namedAtStart(subject)];
  const isNamed = (path: string): boolean =>
    texts.some((text) => text === path || text.startsWith(`${path}/`) || text.includes(`=${path}`));
  for (const path of preparedPaths(subject).filter(isNamed)) if (!isBelow(path, owned)) owned.add(path);
  return { owned: [...owned], ownsDirectory };
}

/** The words of the start, the text of its script, and the values of ENV. */
function namedAtStart({ start, file, stage }: Subject): string[] {
  const values = stage.instructions
    .filter((each) => each.keyword === 'ENV')
    .flatMap((each) => file.pairs(each).map(([, value]) => value.replace(/^["']|["']$/g, '')));
  return [...values, ...(start?.argv ?? []), ...(start?.script?.text.split(/[\s"';&|()<>]+/) ?? [])];
}

function isBelow(path: string, folders: Iterable<string>): boolean {
  return [...folders].some((each) => path === each || path.startsWith(`${each}/`));
}

/** Folders of the system, and of what only builds. */
const ofSystem = /^\/(?:etc|usr|bin|sbin|lib\w*|boot|root|var\/(?:lib\/(?:apt|dpkg)|cache))(?:\/|$)/;

/** Directories and files that RUN makes empty outside the working directory, and that stay: the container may look for them. */
export function preparedPaths(subject: Subject): string[] {
  const { directory, layout } = subject;
  const found = new Set<string>();
  for (const each of subject.commands) {
    const makes = /^(?:mkdir|touch)$/.test(each.name) || (each.name === 'install' && each.words.includes('-d'));
    if (makes && !each.conditional) {
      const named = each.words.filter((word) => word?.startsWith('/') === true);
      for (const path of named.map((word) => posix.normalize(word!).replace(/(?<=.)\/$/, ''))) {
        const isTaken = directory !== undefined && isBelow(path, [directory]);
        if (!isTaken && !always.test(path) && !ofSystem.test(path) && !/[*?{[]/.test(path)) found.add(path);
      }
    } else if (/^(?:rm|rmdir|mv)$/.test(each.name)) {
      const gone = operandPaths(each, 0);
      for (const path of found) if (isBelow(path, gone)) found.delete(path);
    }
  }
  // What a COPY fills is taken along as it is.
  return [...found].filter((path) => layout?.contextOf(path) === undefined);
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

/** A place that a volume is mounted at, and what says so. */
interface Mounted {
  readonly path: string;
  readonly name: string;
  /** Containers of other images mount it as well. */
  readonly isShared?: boolean;
}

function volumes({ file, stage }: Subject): Mounted[] {
  return stage.instructions
    .filter((each) => each.keyword === 'VOLUME')
    .flatMap((each: Instruction) => each.json ?? file.words(each).map((word) => word.text))
    .map((path) => ({ path: posix.normalize(path).replace(/(?<=.)\/$/, ''), name: `VOLUME ${path}` }));
}

/** Volumes of the engine that other files of the repository mount outside the application's own directory. */
function mountedVolumes({ facts, directory }: Subject): Mounted[] {
  const usage = facts.usage();
  if (!isAvailable(usage)) return [];
  // What Kubernetes mounts is open to all, or has the owner that the cluster gives it.
  const runs = usage.runs.filter(({ how }) => how === 'compose');
  return runs.flatMap(({ file, line, mounts }) =>
    mounts
      .filter(({ path, bind, readOnly, inMemory }) => !bind && !readOnly && !inMemory && !/\.\w+$/.test(path))
      .map(({ path, shared }) => ({
        path: posix.normalize(path).replace(/(?<=.)\/$/, ''),
        isShared: shared !== undefined,
      }))
      .filter(({ path }) => directory === undefined || !isBelow(path, [directory]))
      .map(({ path, isShared }) => ({
        path,
        isShared,
        name: `the volume at \`${path}\`, by \`${file}\` line ${line}`,
      })),
  );
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
