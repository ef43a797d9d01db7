import { posix } from 'node:path';
import { type StageCommand, wordsWithPatterns } from './stage-commands.ts';

/** What a RUN brings from the network: a single file, or a folder with whatever an archive or a repository holds. */
export interface Fetched {
  /** An absolute path. */
  readonly path: string;
  readonly isFolder: boolean;
  /** The command that brings it. */
  readonly how: 'git clone' | 'curl' | 'wget' | 'tar' | 'bsdtar' | 'unzip' | 'ADD';
}

const compilers =
  /^(?:make|cmake|ninja|meson|gcc|g\+\+|cc|clang|go|cargo|zig|crystal|mvnw?|gradlew?|dotnet|sbt|stack|cabal)$/;

/**
 * What commands bring from the network and leave where it is, as far as their words tell. An archive that is unpacked
 * where something is compiled later may be of tools, and does not count. With `hasArchive` there is one already.
 */
export function fetchedBy(commands: readonly StageCommand[], hasArchive = false): Fetched[] {
  let found: Fetched[] = [];
  let hasDownload = hasArchive;
  for (const command of commands) {
    const { name, directory } = command;
    hasDownload ||= /^(?:curl|wget)$/.test(name);
    if (name === 'git') found.push(...cloned(command));
    else if (name === 'curl' || name === 'wget') found.push(...downloaded(command, name));
    else if (hasDownload && (name === 'tar' || name === 'bsdtar' || name === 'unzip'))
      found.push(...unpacked(command, name));
    else if (name === 'mv' || name === 'cp') found.push(...moved(command, found));
    else if (compilers.test(name) && directory !== undefined)
      found = found.filter((each) => each.how === 'git clone' || !isWithin(each.path, directory));
  }
  return found;
}

function cloned({ words, directory }: StageCommand): Fetched[] {
  const url = addressIn(words);
  if (!words.includes('clone') || url === undefined) return [];
  const after = words[words.indexOf(url) + 1];
  return at(after === undefined || after.startsWith('-') ? lastPart(url).replace(/\.git$/, '') : after, directory, {
    isFolder: true,
    how: 'git clone',
  });
}

function downloaded({ words, directory }: StageCommand, how: 'curl' | 'wget'): Fetched[] {
  const url = addressIn(words);
  const output = optionValue(words, how === 'curl' ? /^(?:-\w*o|--output)$/ : /^(?:-\w*O|--output-document)$/);
  const keepsName =
    how === 'wget' || words.some((word) => word !== undefined && /^(?:-\w*O|--remote-name)$/.test(word));
  const place = output ?? (keepsName && url !== undefined ? lastPart(url) : '-');
  return place === '-' ? [] : at(place, directory, { isFolder: false, how });
}

function unpacked({ words, directory }: StageCommand, how: 'tar' | 'bsdtar' | 'unzip'): Fetched[] {
  const isUnpacking = words.some((word) => word !== undefined && /^(?:-?\w*x\w*|--extract|--get)$/.test(word));
  if (how !== 'unzip' && !isUnpacking) return [];
  const place = optionValue(words, how === 'unzip' ? /^-\w*d$/ : /^(?:-\w*C|--directory)$/);
  return at(place ?? '.', directory, { isFolder: true, how });
}

function moved(command: StageCommand, known: readonly Fetched[]): Fetched[] {
  const { directory } = command;
  const [from, to] = wordsWithPatterns(command)
    .filter((word) => word === undefined || !word.startsWith('-'))
    .slice(-2);
  const source = from === undefined ? undefined : at(from, directory, { isFolder: true, how: 'tar' })[0];
  const of =
    source && known.findLast(({ path, isFolder }) => path === source.path || (isFolder && isWithin(path, source.path)));
  return of && to !== undefined ? at(to, directory, of) : [];
}

function at(path: string, directory: string | undefined, { isFolder, how }: Omit<Fetched, 'path'>): Fetched[] {
  if (!path.startsWith('/') && directory === undefined) return [];
  return [{ path: posix.resolve(directory ?? '/', path), isFolder, how }];
}

function addressIn(words: StageCommand['words']): string | undefined {
  return words.find((word) => word !== undefined && /^(?:[\w+]+:\/\/|git@)/.test(word));
}

const lastPart = (url: string): string => url.replace(/[?#].*$|\/+$/g, '').replace(/^.*[/:]/, '');

/** The value of an option, in a word of its own or behind `=`. */
function optionValue(words: StageCommand['words'], option: RegExp): string | undefined {
  const index = words.findIndex((word) => word !== undefined && option.test(word));
  if (index !== -1) return words[index + 1];
  const joined = words.find((word) => word?.includes('=') && option.test(word.split('=')[0]!));
  return joined?.slice(joined.indexOf('=') + 1);
}

function isWithin(directory: string, path: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}
