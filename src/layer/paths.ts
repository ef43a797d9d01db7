/** A path of an archive relative to the root; undefined for one that climbs out. */
export function relativePath(name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts.join('/');
}

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/** What an entry takes away from the layers below (OCI image specification, `layer.md`). */
export type Whiteout = { readonly removed: string } | { readonly emptied: string };

/** What the entry of a path takes away; undefined where it is a file of its own. */
export function whiteoutOf(path: string): Whiteout | undefined {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (!name.startsWith(whiteout)) return undefined;
  if (name === opaque) return { emptied: slash === -1 ? '' : path.slice(0, slash) };
  return { removed: path.slice(0, slash + 1) + name.slice(whiteout.length) };
}

/** How many links are followed before they count as a loop (Linux: 40, path_resolution(7)). */
export const maxLinks = 40;

/** The parts of a link's target from the root on; `..` stops at the root. */
export function resolveLink(folder: string, target: string): string[] {
  const parts = target.startsWith('/') ? [] : folder.split('/').filter(Boolean);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

/** The path that an entry is written to: its folder's links are followed, its own is not. */
export function writtenPath(path: string, linkAt: (path: string) => string | undefined): string {
  let parts = path.split('/');
  let at = '';
  for (let links = 0; parts.length > 1; ) {
    const here = at === '' ? parts[0]! : `${at}/${parts[0]}`;
    const target = linkAt(here);
    if (target !== undefined && links++ < maxLinks) {
      parts = [...resolveLink(at, target), ...parts.slice(1)];
      at = '';
      continue;
    }
    at = here;
    parts = parts.slice(1);
  }
  return at === '' ? (parts[0] ?? '') : `${at}/${parts[0]}`;
}
