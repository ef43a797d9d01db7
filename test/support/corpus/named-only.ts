import type { Dockerfile } from '../../../src/dockerfile/index.ts';
import type { Fix } from '../../../src/transform/index.ts';

/**
 * What differs between two texts beyond the instructions that the fixes between them name; undefined where nothing
 * does. It compares physical lines and whole lists, and shares nothing with the engine's own check.
 */
export function unnamedChange(before: Dockerfile, after: Dockerfile, fixes: readonly Fix[]): string | undefined {
  const named = new Set(fixes.flatMap(({ changes }) => [...changes.edits, ...(changes.removes ?? [])]));
  const removed = new Set(fixes.flatMap(({ changes }) => changes.removes ?? []));
  const added = fixes.flatMap(({ changes }) => changes.adds ?? []).length;
  const directives = fixes.some(({ changes }) => changes.directives);
  return (
    lostLine(before, after, named, removed, directives) ??
    otherInstructions(before, after, named, before.instructions.length - removed.size + added)
  );
}

/** Every line outside the named instructions stands in the result, byte for byte and in the same order. */
function lostLine(
  before: Dockerfile,
  after: Dockerfile,
  named: ReadonlySet<number>,
  removed: ReadonlySet<number>,
  directives: boolean,
): string | undefined {
  const free = new Set<number>();
  for (const { index, startLine, endLine } of before.instructions) {
    if (named.has(index)) for (let line = startLine; line <= endLine; line++) free.add(line);
  }
  // A blank line beside a removed instruction may go with it.
  const lines = linesOf(before);
  for (const { index, startLine, endLine } of before.instructions) {
    if (!removed.has(index)) continue;
    // So may comments above it, into the instruction that it became a part of; the engine's check counts them.
    for (let line = startLine - 1; lines[line - 1]?.trimStart().startsWith('#'); line--) free.add(line);
    if (lines[endLine]?.trim() === '') free.add(endLine + 1);
    else if (lines[startLine - 2]?.trim() === '') free.add(startLine - 1);
  }
  // Comments inside a named instruction are kept too, if perhaps elsewhere; the engine's check counts those.
  if (directives) for (let line = 1; line < before.instructions[0]!.startLine; line++) free.add(line);
  const found = linesOf(after);
  let at = 0;
  for (const [index, line] of lines.entries()) {
    if (free.has(index + 1)) continue;
    const next = found.indexOf(line, at);
    if (next === -1) {
      // The last, empty line of a text with a final line ending.
      if (line === '' && index === before.lines.lineCount - 1 && after.source.endsWith('\n')) continue;
      return `line ${index + 1} is gone: ${JSON.stringify(line)}`;
    }
    at = next + 1;
  }
  const endings = (file: Dockerfile): boolean => file.source.includes('\r\n');
  if (endings(before) !== endings(after)) return 'line endings changed';
  return undefined;
}

const linesOf = (file: Dockerfile): string[] => file.source.split('\n').map((line) => line.replace(/\r$/, ''));

function otherInstructions(
  before: Dockerfile,
  after: Dockerfile,
  named: ReadonlySet<number>,
  count: number,
): string | undefined {
  if (after.instructions.length !== count) return `${after.instructions.length} instructions, ${count} were promised`;
  let at = 0;
  for (const { index, logical } of before.instructions) {
    if (named.has(index)) continue;
    while (after.instructions[at] && after.instructions[at]!.logical.text !== logical.text) at++;
    if (!after.instructions[at]) return `not named, and not there any more: ${JSON.stringify(logical.text)}`;
    at++;
  }
  return undefined;
}
