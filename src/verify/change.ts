import { compareImages, nothingAllowed } from './compare.ts';
import type { Image } from './image.ts';

/** What changed between two images, in numbers and names. */
export interface ImageChange {
  /** In bytes, after decompression. */
  readonly size: { readonly before: number; readonly after: number };
  readonly packages: { readonly gone: readonly string[]; readonly added: readonly string[] };
  /** How many paths; what is in a folder that came or went with it does not count again. */
  readonly paths: { readonly gone: number; readonly added: number; readonly changed: number };
  /** The parts of the configuration: `User`, `Env PATH`. */
  readonly config: readonly string[];
}

/** What changed between two images, noise aside. */
export function changeOf(before: Image, after: Image): ImageChange {
  const all = before === after ? [] : compareImages(before, after, nothingAllowed);
  const paths = all.filter(({ subject }) => subject.startsWith('/'));
  const named = all.filter(({ subject }) => !subject.startsWith('/'));
  const packages = (aspect: string): string[] =>
    named.flatMap((each) => (each.aspect === aspect && /^package (.*)/.exec(each.subject)?.[1]) || []);
  const count = (aspect: string): number => paths.filter((each) => each.aspect === aspect).length;
  const [gone, added] = [count('gone'), count('new')];
  return {
    size: { before: before.size, after: after.size },
    packages: { gone: packages('gone'), added: packages('new') },
    paths: { gone, added, changed: paths.length - gone - added },
    config: named.map(({ subject }) => subject).filter((subject) => !subject.startsWith('package ')),
  };
}
