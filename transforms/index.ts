import type { Transform } from '../src/transform/index.ts';
import { addAssumeYes } from './add-assume-yes.ts';
import { addChecksumToRemoteAdd } from './add-checksum-to-remote-add.ts';
import { addCopyOwnership } from './add-copy-ownership.ts';
import { addCurlFail } from './add-curl-fail.ts';
import { addHealthcheck } from './add-healthcheck/index.ts';
import { addNoInstallRecommends } from './add-no-install-recommends/index.ts';
import { addNonRootUser } from './add-non-root-user/index.ts';
import { combineUpdateAndInstall } from './combine-update-and-install.ts';
import { convertToMultiStage } from './convert-to-multi-stage/index.ts';
import { mergeRunInstructions } from './merge-run-instructions/index.ts';
import { mountBuildSecret } from './mount-build-secret/index.ts';
import { pinImageDigest } from './pin-image-digest.ts';
import { removeEmptyContinuations } from './remove-empty-continuations.ts';
import { removeExposeHostPorts } from './remove-expose-host-ports.ts';
import { removeGoDebugSymbols } from './remove-go-debug-symbols.ts';
import { removeOverriddenInstructions } from './remove-overridden-instructions.ts';
import { removePackageCaches } from './remove-package-caches.ts';
import { removePackageLists } from './remove-package-lists/index.ts';
import { removeRedundantPlatform } from './remove-redundant-platform.ts';
import { removeSudo } from './remove-sudo.ts';
import { replaceAddWithCopy } from './replace-add-with-copy.ts';
import { replaceAptWithAptGet } from './replace-apt-with-apt-get.ts';
import { replaceLatestTag } from './replace-latest-tag.ts';
import { replaceLegacyKeyValueFormat } from './replace-legacy-key-value-format.ts';
import { replaceMaintainerWithLabel } from './replace-maintainer-with-label.ts';
import { setCgoDisabled } from './set-cgo-disabled.ts';
import { setPipefail } from './set-pipefail.ts';
import { splitDependencyCopy } from './split-dependency-copy.ts';
import { splitImageArgument } from './split-image-argument.ts';
import { useAbsoluteWorkdir } from './use-absolute-workdir.ts';
import { useConsistentKeywordCase } from './use-consistent-keyword-case.ts';
import { useExecForm } from './use-exec-form.ts';
import { useExistingSources } from './use-existing-sources.ts';
import { useGracefulStop } from './use-graceful-stop/index.ts';
import { useLowerCaseProtocols } from './use-lower-case-protocols.ts';
import { useLowerCaseStageNames } from './use-lower-case-stage-names.ts';
import { useMatchingAsCase } from './use-matching-as-case.ts';
import { useMinimalBase } from './use-minimal-base/index.ts';
import { useNumericUser } from './use-numeric-user.ts';
import { useProductionDependencies } from './use-production-dependencies/index.ts';

import { useSignedByKeys } from './use-signed-by-keys.ts';
import { useVerifiedDownloads } from './use-verified-downloads/index.ts';
import { writeDockerignore } from './write-dockerignore/index.ts';

/** Every transform, in the order in which their fixes are chosen. */
export const transforms: readonly Transform[] = [
  replaceLatestTag,
  splitImageArgument,
  pinImageDigest,
  removeOverriddenInstructions,
  replaceAddWithCopy,
  addChecksumToRemoteAdd,
  useExistingSources,
  removeSudo,
  replaceAptWithAptGet,
  addAssumeYes,
  combineUpdateAndInstall,
  mountBuildSecret,
  mergeRunInstructions,
  removePackageLists,
  removePackageCaches,
  addNoInstallRecommends,
  splitDependencyCopy,
  setCgoDisabled,
  removeGoDebugSymbols,
  useProductionDependencies,
  convertToMultiStage,
  useMinimalBase,
  addNonRootUser,
  addCopyOwnership,
  useNumericUser,
  useAbsoluteWorkdir,
  useExecForm,
  useGracefulStop,
  addHealthcheck,
  useVerifiedDownloads,
  addCurlFail,
  useSignedByKeys,
  setPipefail,
  replaceMaintainerWithLabel,
  replaceLegacyKeyValueFormat,
  useLowerCaseStageNames,
  useLowerCaseProtocols,
  removeExposeHostPorts,
  removeRedundantPlatform,
  removeEmptyContinuations,
  useConsistentKeywordCase,
  useMatchingAsCase,
  writeDockerignore,
];
