import type { Transform } from '../src/transform/index.ts';
import { pinImageDigest } from './pin-image-digest.ts';
import { replaceLatestTag } from './replace-latest-tag.ts';
import { replaceMaintainerWithLabel } from './replace-maintainer-with-label.ts';

/** Every transform, in the order in which their fixes are chosen. */
export const transforms: readonly Transform[] = [replaceLatestTag, pinImageDigest, replaceMaintainerWithLabel];
