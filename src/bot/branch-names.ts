import { ForgeError } from './forge-error.ts';

/** The text that all names with a prefix begin with, and a name that would be in their way too. */
export function branchRoot(prefix: string): string {
  return prefix.split(/[/-]/)[0]!;
}

/**
 * The branch of a group. Git keeps a branch `a` and a branch `a/b` from being there together, so where a name is in the
 * way, all of ours are written with `-`. Throws ForgeError `name-taken` where that is in the way too.
 */
export function branchName(prefix: string, group: string, existing: Iterable<string>): string {
  const names = [...existing];
  const candidates = [`${prefix}${group}`, `${prefix}${group}`.replaceAll('/', '-')];
  const free = candidates.find(
    (name) => !names.some((other) => name.startsWith(`${other}/`) || other.startsWith(`${name}/`)),
  );
  if (free === undefined) throw new ForgeError('name-taken', candidates.join(', '));
  return free;
}
