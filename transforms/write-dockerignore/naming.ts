import type { Taken } from '../../src/transform/index.ts';
import type { Take } from './build.ts';
import type { Candidate } from './candidates.ts';

const wild = /[*?[\\]/;

function partsOf(source: string): string[] {
  const parts: string[] = [];
  for (const part of source.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts;
}

/** What the text of a source says, whatever is there. */
interface Naming {
  readonly fixed: string;
  readonly later: readonly string[];
  /** It ends in a wildcard that stands for everything. */
  readonly endsBare: boolean;
}

const namings = new WeakMap<Take, Naming>();

function namingOf(take: Take): Naming {
  let naming = namings.get(take);
  if (!naming) {
    const isPattern = (part: string) => !take.options.literal && wild.test(part);
    const written = partsOf(take.isVariable ? take.written : take.source);
    const end = written.findIndex((part) => isPattern(part) || part.includes('$'));
    const parts = partsOf(take.source);
    const first = parts.findIndex(isPattern);
    naming = {
      fixed: (end === -1 ? written : written.slice(0, end)).join('/'),
      later: first === -1 ? [] : parts.slice(first + 1).filter((part) => !isPattern(part)),
      endsBare: !take.options.literal && /^\*+$/.test(parts.at(-1) ?? ''),
    };
    namings.set(take, naming);
  }
  return naming;
}

/** The part of a source's path that holds no wildcard and no variable: what it names for certain. */
export function staticPath(take: Take): string {
  return namingOf(take).fixed;
}

/** The names in a source that stand behind a wildcard. */
export function laterNames(take: Take): readonly string[] {
  return namingOf(take).later;
}

const inside = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/**
 * Whether a source means a candidate: it names it, or something in it, whether that is there now or not, or a wildcard or
 * a variable that is more than everything might.
 */
export function isNamed(take: Take, taken: Taken, candidate: Candidate): boolean {
  const { path, name, kind } = candidate;
  const { fixed, later, endsBare } = namingOf(take);
  if (fixed !== '' && inside(fixed, path)) return true;
  if (take.isVariable && (fixed === '' || inside(path, fixed))) {
    // A build argument may well name output or a settings file; nobody names these with one.
    if (kind !== 'version-control' && kind !== 'cache' && name !== 'node_modules') return true;
  }
  if (later.includes(name)) return true;
  if (taken.kind !== 'taken') return false;
  if (taken.links.some((link) => inside(link, path))) return true;
  if (endsBare) return false;
  return taken.matches.some(({ file, named }) => file.path !== '' && (inside(file.path, path) || inside(named, path)));
}

/**
 * How a source names the directory that a candidate lies in, or all that lies in it: who wrote that meant what is there.
 * The whole of a context is named for want of anything better, and says nothing.
 */
export function namesFolderOf(take: Take, taken: Taken, { path, owner }: Candidate): 'itself' | 'above' | undefined {
  if (owner === '' || taken.kind !== 'taken') return undefined;
  const paths = taken.matches.map(({ file }) => file.path);
  if (paths.some((each) => each === owner || (each === path && namingOf(take).endsBare))) return 'itself';
  const isPart = namingOf(take).fixed !== '';
  return isPart && paths.some((each) => each !== '' && each !== path && inside(path, each)) ? 'above' : undefined;
}
