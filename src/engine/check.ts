import { argsScript, Dockerfile, type Instruction } from '../dockerfile/index.ts';
import { applyEdits } from '../edit/index.ts';
import type { Fix } from '../transform/index.ts';

/** A text after fixes that holds what they promised, or the first promise that it breaks. */
export type Checked = { readonly ok: true; readonly file: Dockerfile } | { readonly ok: false; readonly why: string };

/**
 * Applies fixes to a file and checks the result against what they name: the same instructions in the same order but
 * for those, every untouched one equal in its logical text, directives equal, comments still there, and shell bodies
 * that could be read still readable.
 */
export function applyChecked(before: Dockerfile, fixes: readonly Fix[]): Checked {
  let after: Dockerfile;
  try {
    after = new Dockerfile(
      applyEdits(
        before.source,
        fixes.flatMap((fix) => fix.edits),
      ),
      before,
    );
  } catch (error) {
    return { ok: false, why: `the result cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  const why = brokenPromise(before, after, fixes);
  return why === undefined ? { ok: true, file: after } : { ok: false, why };
}

function brokenPromise(before: Dockerfile, after: Dockerfile, fixes: readonly Fix[]): string | undefined {
  if (!fixes.some((fix) => fix.changes.directives)) {
    const spelled = (file: Dockerfile): string =>
      file.directives.map((each) => `${each.name}=${each.value}`).join('\n');
    if (spelled(before) !== spelled(after)) return 'a parser directive changed';
  }
  const order = expectedOrder(before, fixes);
  if (order.length !== after.instructions.length) return 'the number of instructions is not the one promised';
  for (const [place, expected] of order.entries()) {
    const found = after.instructions[place]!;
    if (found.keyword !== expected.keyword) return `${found.keyword} stands where ${expected.keyword} was promised`;
    if (!expected.original) continue;
    const original = expected.original;
    if (original.opaque && expected.edited) return `${found.keyword} cannot be read with certainty`;
    if (original.opaque !== found.opaque) return `the parsers no longer agree on ${found.keyword}`;
    if (!expected.edited && !sameText(before, original, after, found)) return `${found.keyword} changed, unpromised`;
    if (expected.edited && !shellStillReads(original, found)) return 'a shell text can no longer be read';
  }
  return commentsLost(before, after, fixes);
}

interface Expected {
  readonly keyword: string;
  readonly original?: Instruction;
  readonly edited?: boolean;
}

function expectedOrder(before: Dockerfile, fixes: readonly Fix[]): Expected[] {
  const edited = new Set(fixes.flatMap((fix) => fix.changes.edits));
  const removed = new Set(fixes.flatMap((fix) => fix.changes.removes ?? []));
  const becomes = new Map(
    fixes.flatMap((fix) => (fix.changes.becomes ?? []).map((each) => [each.index, each.keyword])),
  );
  const adds = fixes.flatMap((fix) => fix.changes.adds ?? []);
  const order: Expected[] = [];
  const addBefore = (index: number): void => {
    for (const add of adds) if (add.before === index) order.push({ keyword: add.keyword });
  };
  for (const original of before.instructions) {
    addBefore(original.index);
    if (removed.has(original.index) && !original.opaque) continue;
    const keyword = becomes.get(original.index) ?? original.keyword;
    order.push({ keyword, original, edited: edited.has(original.index) });
  }
  addBefore(before.instructions.length);
  return order;
}

function sameText(before: Dockerfile, a: Instruction, after: Dockerfile, b: Instruction): boolean {
  return (
    a.logical.text === b.logical.text &&
    a.heredocs.length === b.heredocs.length &&
    a.heredocs.every((heredoc, index) => {
      const { start, end } = b.heredocs[index]!.content;
      return before.source.slice(heredoc.content.start, heredoc.content.end) === after.source.slice(start, end);
    })
  );
}

function shellStillReads(a: Instruction, b: Instruction): boolean {
  if (a.keyword !== 'RUN' || b.keyword !== 'RUN' || a.json || a.heredocs.length > 0) return true;
  // A body that became exec form or got a heredoc by accident.
  if (b.json || b.heredocs.length > 0) return false;
  return !argsScript(a).tiled || argsScript(b).tiled;
}

function commentsLost(before: Dockerfile, after: Dockerfile, fixes: readonly Fix[]): string | undefined {
  // Below a shebang, directives are comments to the parser, and directives to the frontend's look-up.
  const directives = fixes.some((fix) => fix.changes.directives);
  const left = new Map<string, number>();
  for (const { text } of after.comments) left.set(text.trim(), (left.get(text.trim()) ?? 0) + 1);
  for (const { text } of before.comments) {
    if (directives && /^#\s*syntax\s*=/i.test(text)) continue;
    const count = left.get(text.trim()) ?? 0;
    if (count === 0) return 'a comment would be lost';
    left.set(text.trim(), count - 1);
  }
  return undefined;
}
