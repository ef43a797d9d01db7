import { isAbsolute, relative, sep } from 'node:path';
import { repositoryRoot } from '../config/index.ts';

/** Spells absolute paths for reports: relative to one folder, with `/`, so that `git apply` there takes the diff. */
export class ShownPaths {
  readonly #folder: string;

  /**
   * That folder is the working one where it holds all that was named, else the root of the repository that does, else
   * the root of the file system.
   */
  constructor(cwd: string, named: readonly string[]) {
    const holdsAll = (folder: string): boolean => named.every((path) => isWithin(folder, path));
    const root = named[0] === undefined ? undefined : repositoryRoot(named[0]);
    this.#folder = holdsAll(cwd) ? cwd : root !== undefined && holdsAll(root) ? root : '/';
  }

  readonly of = (path: string): string => {
    const shown = relative(this.#folder, path);
    return (shown === '' || isAbsolute(shown) ? path : shown).split(sep).join('/');
  };
}

/** Whether a path is a folder or below it; both are absolute. */
export function isWithin(folder: string, path: string): boolean {
  const steps = relative(folder, path);
  return steps === '' || (!isAbsolute(steps) && steps !== '..' && !steps.startsWith(`..${sep}`));
}
