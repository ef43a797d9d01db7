import type { FileEdit } from '../edit/index.ts';
import { type ContextFacts, type Facts, isAvailable } from '../transform/index.ts';

/** Facts as a run leaves them: the files that it makes beside the Dockerfile stand in for those on disk. */
export function withFiles(facts: Facts, files: ReadonlyMap<string, FileEdit>): Facts {
  if (files.size === 0) return facts;
  const given = facts.context();
  if (!isAvailable(given)) return facts;
  return { ...facts, context: () => overlaid(given, files) };
}

function overlaid(context: ContextFacts, files: ReadonlyMap<string, FileEdit>): ContextFacts {
  const laid = Object.create(context) as { -readonly [K in keyof ContextFacts]: ContextFacts[K] };
  const own = (name: keyof ContextFacts, value: PropertyDescriptor) => Object.defineProperty(laid, name, value);
  own('text', { value: (path: string) => files.get(path)?.after ?? context.text(path) });
  const text = files.get(context.ignore.path)?.after;
  if (text === undefined) return laid;
  own('ignore', {
    value: { ...context.ignore, exists: true, text, error: undefined, disputed: context.disputedWith(text) },
  });
  own('sent', { value: context.sentWith(text) });
  return laid;
}
