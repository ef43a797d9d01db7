import type { Difference } from './compare.ts';
import type { Image, ImageNode } from './image.ts';
import { noiseAt } from './noise.ts';
import { isPackageDatabase } from './packages.ts';
import { isUserDatabase } from './users.ts';

/**
 * Files that were one under several names, and are copies of each other: a write to one of them no longer changes the
 * others, and each takes space (link(2)). The first name in the order of paths stands for the file.
 */
export function* brokenLinks(before: Image, after: Image): Generator<Difference & { readonly other: string }> {
  const firsts = new Map<ImageNode, string>();
  for (const [path, node] of before.files) {
    if (node.type !== 'file') continue;
    const first = firsts.get(node);
    if (first === undefined) firsts.set(node, path);
    else {
      const [one, other] = [after.files.get(first), after.files.get(path)];
      if (!one || !other || one === other || one.type !== 'file' || other.type !== 'file') continue;
      const what = `is a copy of \`/${first}\`, and was the same file`;
      yield { subject: `/${path}`, what, aspect: 'link', other: `/${first}` };
    }
  }
}

/**
 * Files that a lower layer keeps although a later one removes them, where no layer held them before, by path or content:
 * whoever has the image can read them (OCI image specification, `layer.md`, whiteouts).
 */
export function* leftInLayers(before: Image, after: Image): Generator<Difference> {
  if (!after.removed || after.removed.size === 0) return;
  const known = contentsOf(before);
  for (const [path, { type, hash }] of after.removed) {
    if (type !== 'file' || before.files.has(path) || before.removed?.has(path) || known.has(hash)) continue;
    yield { subject: `/${path}`, what: 'stays in a layer that is below the one which removes it', aspect: 'layer' };
  }
}

/**
 * Files of which a lower layer keeps a content that no layer had before. What programs that install write again and again,
 * such as lists of packages and users, is none.
 */
export function* coveredInLayers(before: Image, after: Image): Generator<Difference> {
  if (!after.covered || after.covered.size === 0) return;
  const known = contentsOf(before);
  for (const [path, nodes] of after.covered) {
    if (isWrittenAgain(path) || nodes.every(({ hash }) => known.has(hash))) continue;
    const what = 'has another content in a layer that is below, which nothing had before';
    yield { subject: `/${path}`, what, aspect: 'layer' };
  }
}

/** The hashes of all that an image holds in its layers. */
function contentsOf({ files, removed, covered }: Image): Set<string | undefined> {
  const known = new Set<string | undefined>();
  for (const nodes of [files, removed ?? []]) for (const [, { hash }] of nodes) known.add(hash);
  for (const nodes of covered?.values() ?? []) for (const { hash } of nodes) known.add(hash);
  return known;
}

function isWrittenAgain(path: string): boolean {
  return isPackageDatabase(path) || isUserDatabase(path) || noiseAt(`/${path}`, 'file') !== undefined;
}
