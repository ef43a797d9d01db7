import type { Transform } from '../transform/index.ts';

/** What goes into one pull request: some transforms, or the lines that make an updater look after pins. */
export interface Group {
  /** The last part of the name of its branch. */
  readonly name: string;
  readonly title: string;
  /** Ids of transforms; empty for `updater`. */
  readonly transforms: readonly string[];
  readonly holdsPins: boolean;
}

/** How pull requests are cut: pins apart from all else, one a transform, or one in all. */
export const splits = ['pins', 'transform', 'none'] as const;
export type Split = (typeof splits)[number];

/** The transforms that write digests and tags, which want an updater to look after them. */
const pinning = ['replace-latest-tag', 'pin-image-digest'];

/** The name of the group that sets an updater up. */
export const updaterGroup = 'updater';

/** The groups of a run, in the order in which their pull requests are opened. */
export function groupsOf(transforms: readonly Transform[], split: Split): Group[] {
  const ids = transforms.map((each) => each.id);
  const fixes = { name: 'fixes', title: 'Harden Dockerfiles' };
  if (split === 'none') return [{ ...fixes, transforms: ids, holdsPins: true }];
  if (split === 'transform') {
    return transforms.map(({ id, meta }) => ({
      name: id,
      title: meta.summary,
      transforms: [id],
      holdsPins: pinning.includes(id),
    }));
  }
  return [
    { ...fixes, transforms: ids.filter((id) => !pinning.includes(id)), holdsPins: false },
    {
      name: 'pins',
      title: 'Pin images in Dockerfiles by digest',
      transforms: ids.filter((id) => pinning.includes(id)),
      holdsPins: true,
    },
  ];
}
