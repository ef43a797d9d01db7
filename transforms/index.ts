import type { Transform } from '../src/transform/index.ts';
import { mergeRunInstructions } from './merge-run-instructions/index.ts';
import { replaceMaintainerWithLabel } from './replace-maintainer-with-label.ts';

/** Every transform, in the order in which their fixes are chosen. */
export const transforms: readonly Transform[] = [replaceMaintainerWithLabel, mergeRunInstructions];
