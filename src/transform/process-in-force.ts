import type { Dockerfile, Instruction, Stage } from '../dockerfile/index.ts';
import { mayBeTriggered } from './instructions-before.ts';
import { type Facts, isAvailable } from './ports.ts';

/** The ENTRYPOINT that a stage's image ends with. */
export type EntrypointInForce =
  | { readonly kind: 'none' }
  /** `setBy` is undefined where the base image sets it. */
  | { readonly kind: 'exec'; readonly argv: readonly string[]; readonly setBy: Instruction | undefined }
  | { readonly kind: 'shell'; readonly setBy: Instruction }
  | { readonly kind: 'unknown' };

/** The last ENTRYPOINT of a stage or of its parent stages, else that of the base image. */
export function entrypointInForce(file: Dockerfile, stage: Stage, facts: Facts): EntrypointInForce {
  let root = stage;
  for (let each: Stage | undefined = stage; each; each = each.parent) {
    root = each;
    if (each.instructions.some((instruction) => !instruction.isKnown)) return { kind: 'unknown' };
    const setBy = each.instructions.findLast((instruction) => instruction.keyword === 'ENTRYPOINT');
    if (!setBy && mayBeTriggered(file, each, 'ENTRYPOINT')) return { kind: 'unknown' };
    if (!setBy) continue;
    if (setBy.json) return setBy.json.length > 0 ? { kind: 'exec', argv: setBy.json, setBy } : { kind: 'none' };
    return { kind: 'shell', setBy };
  }
  const reference = file.baseReference(root);
  if (reference === 'scratch') return { kind: 'none' };
  const image = reference === undefined ? undefined : facts.image(reference);
  if (!image || !isAvailable(image) || image.entrypoint === undefined) return { kind: 'unknown' };
  if (image.entrypoint.length === 0) return { kind: 'none' };
  return { kind: 'exec', argv: image.entrypoint, setBy: undefined };
}
