import { isAbsolute, relative, sep } from 'node:path';
import { repositoryRoot } from '../config/index.ts';

/** Spells absolute paths: for people, and for diffs. */
export class ShownPaths {
  readonly #cwd: string;
  readonly #diffFolder: string;

  /**
   * In a diff, paths are relative to the root of the repository that holds all that was named, because `git apply` takes
   * them so from wherever in it it is run; outside of one, to the working folder, else to the root of the file system.
   */
  constructor(cwd: string, named: readonly string[]) {
    this.#cwd = cwd;
    const candidates = [repositoryRoot(cwd), cwd, repositoryRoot(named[0] ?? cwd)];
    const holdsAll = (folder: string | undefined): boolean =>
      folder !== undefined && named.every((path) => isWithin(folder, path));
    this.#diffFolder = candidates.find(holdsAll) ?? '/';
  }

  /** For people: relative to the working folder where that holds it. */
  readonly of = (path: string): string => (isWithin(this.#cwd, path) ? spell(this.#cwd, path) : path);

  /** For the headers of a diff, with `/`. */
  readonly inDiff = (path: string): string => spell(this.#diffFolder, path);
}

function spell(folder: string, path: string): string {
  const shown = relative(folder, path);
  return (shown === '' ? '.' : isAbsolute(shown) ? path : shown).split(sep).join('/');
}

/** Whether a path is a folder or below it; both are absolute. */
export function isWithin(folder: string, path: string): boolean {
  const steps = relative(folder, path);
  return steps === '' || (!isAbsolute(steps) && steps !== '..' && !steps.startsWith(`..${sep}`));
}
