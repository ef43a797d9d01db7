import { Dockerfile } from '../dockerfile/index.ts';
import type { FileReport } from '../report/index.ts';
import { writableReferences } from '../transform/index.ts';

/** A reference that got a digest. */
export interface NewDigest {
  /** Without its digest. */
  readonly reference: string;
  readonly digest: string;
  /** Where it stands now: `path:line`, in order. */
  readonly places: readonly string[];
}

/** The digests that fixed files have and did not have before, each with its reference, in the order of the files. */
export function newDigests(files: readonly FileReport[]): NewDigest[] {
  const found = new Map<string, { reference: string; digest: string; places: string[] }>();
  for (const file of files) {
    if ('problem' in file || file.result.source === file.result.output) continue;
    const before = new Set(references(file.result.source).map((each) => each.text));
    for (const { text, line } of references(file.result.output)) {
      const at = text.lastIndexOf('@');
      if (at < 0 || before.has(text)) continue;
      const known = found.get(text) ?? { reference: text.slice(0, at), digest: text.slice(at + 1), places: [] };
      known.places.push(`${file.diffPath}:${line}`);
      found.set(text, known);
    }
  }
  return [...found.values()];
}

/** The number of references of some files that have a digest. */
export function pinnedReferences(files: readonly FileReport[]): { readonly path: string; readonly count: number }[] {
  return files.flatMap((file) => {
    if ('problem' in file) return [];
    const count = references(file.result.output).filter(({ text }) => text.includes('@')).length;
    return count > 0 ? [{ path: file.diffPath, count }] : [];
  });
}

function references(source: string): { readonly text: string; readonly line: number }[] {
  const file = new Dockerfile(source);
  return writableReferences(file).flatMap((each) =>
    'token' in each ? [{ text: each.text, line: file.lines.positionAt(each.token.start).line }] : [],
  );
}
