import type { Transform } from '../src/transform/index.ts';
import { removeEmptyContinuations } from './remove-empty-continuations.ts';
import { removeExposeHostPorts } from './remove-expose-host-ports.ts';
import { removeOverriddenInstructions } from './remove-overridden-instructions.ts';
import { removeRedundantPlatform } from './remove-redundant-platform.ts';
import { replaceAddWithCopy } from './replace-add-with-copy.ts';
import { replaceLegacyKeyValueFormat } from './replace-legacy-key-value-format.ts';
import { replaceMaintainerWithLabel } from './replace-maintainer-with-label.ts';
import { setPipefail } from './set-pipefail.ts';
import { useAbsoluteWorkdir } from './use-absolute-workdir.ts';
import { useConsistentKeywordCase } from './use-consistent-keyword-case.ts';
import { useExecForm } from './use-exec-form.ts';
import { useLowerCaseProtocols } from './use-lower-case-protocols.ts';
import { useLowerCaseStageNames } from './use-lower-case-stage-names.ts';
import { useMatchingAsCase } from './use-matching-as-case.ts';

/** Every transform, in the order in which their fixes are chosen. */
export const transforms: readonly Transform[] = [
  removeOverriddenInstructions,
  replaceAddWithCopy,
  useAbsoluteWorkdir,
  useExecForm,
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
];
