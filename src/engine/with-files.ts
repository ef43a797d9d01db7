import type { FileEdit } from '../edit/index.ts';
import { type Facts, isAvailable } from '../transform/index.ts';

/** Facts as they are once the files that a run makes beside the Dockerfile are written. */
export function withFiles(facts: Facts, files: ReadonlyMap<string, FileEdit>): Facts {
  if (files.size === 0) return facts;
  const context = facts.context();
  const changed = isAvailable(context) ? files.get(context.ignore.path) : undefined;
  if (!changed || !isAvailable(context)) return facts;
  const overlaid = context.withIgnore(changed.after);
  return { ...facts, context: () => overlaid };
}
