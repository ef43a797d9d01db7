import type { Transform } from '../src/transform/index.ts';
import { addAssumeYes } from './add-assume-yes.ts';
import { addNoInstallRecommends } from './add-no-install-recommends.ts';
import { combineUpdateAndInstall } from './combine-update-and-install.ts';
import { pinImageDigest } from './pin-image-digest.ts';
import { removePackageCaches } from './remove-package-caches.ts';
import { removePackageLists } from './remove-package-lists/index.ts';
import { removeSudo } from './remove-sudo.ts';
import { replaceAptWithAptGet } from './replace-apt-with-apt-get.ts';
import { replaceLatestTag } from './replace-latest-tag.ts';
import { replaceMaintainerWithLabel } from './replace-maintainer-with-label.ts';

/** Every transform, in the order in which their fixes are chosen. */
export const transforms: readonly Transform[] = [
  replaceLatestTag,
  pinImageDigest,
  removeSudo,
  combineUpdateAndInstall,
  removePackageLists,
  removePackageCaches,
  addAssumeYes,
  addNoInstallRecommends,
  replaceAptWithAptGet,
  replaceMaintainerWithLabel,
];
