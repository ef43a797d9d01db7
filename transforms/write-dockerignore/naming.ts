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

/** The part of a source's path that holds no wildcard and no variable: what it names for certain. */
export function staticPath(take: Take): string {
  const parts = partsOf(take.isVariable ? take.written : take.source);
  const end = parts.findIndex((part) => (!take.options.literal && wild.test(part)) || part.includes('$'));
  return (end === -1 ? parts : parts.slice(0, end)).join('/');
}

/** The names in a source that stand behind a wildcard. */
export function laterNames(take: Take): readonly string[] {
  const parts = partsOf(take.source);
  const end = parts.findIndex((part) => wild.test(part));
  return end === -1 || take.options.literal ? [] : parts.slice(end + 1).filter((part) => !wild.test(part));
}

const inside = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/**
 * Whether a source means a candidate: it names it, or something in it, whether that is there now or not, or a wildcard or
 * a variable that is more than everything might.
 */
export function isNamed(take: Take, taken: Taken, candidate: Candidate): boolean {
  const { path, name, kind } = candidate;
  const fixed = staticPath(take);
  if (fixed !== '' && inside(fixed, path)) return true;
  if (take.isVariable && (fixed === '' || inside(path, fixed))) {
    // A build argument may well name output or a settings file; nobody names these with one.
    if (kind !== 'version-control' && kind !== 'cache' && name !== 'node_modules') return true;
  }
  if (laterNames(take).includes(name)) return true;
  if (taken.kind !== 'taken') return false;
  if (taken.links.some((link) => inside(link, path))) return true;
  const last = partsOf(take.source).at(-1) ?? '';
  if (!take.options.literal && /^\*+$/.test(last)) return false;
  return taken.matches.some(({ file, named }) => file.path !== '' && (inside(file.path, path) || inside(named, path)));
}
