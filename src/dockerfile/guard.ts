import { DockerfileParser } from 'dockerfile-ast';
import type { ScannedInstruction } from './scan.ts';

/**
 * The second opinion on structure: the indexes of the instructions for which dockerfile-ast has no node of the same
 * keyword and source range. Its ranges are trusted, its values are not: they differ from BuildKit's in 6 % of real files.
 */
export function disputedInstructions(source: string, instructions: readonly ScannedInstruction[]): Set<number> {
  const disputed = new Set<number>();
  const starts = lineStarts(source);
  const seen = new Map<number, { keyword: string; end: number }>();
  let parsed: ReturnType<ReturnType<typeof DockerfileParser.parse>['getInstructions']> | undefined;
  try {
    parsed = DockerfileParser.parse(source).getInstructions();
  } catch {
    // A parser that throws has no opinion; nothing of the file is edited then.
  }
  for (const node of parsed ?? []) {
    const range = node.getRange();
    const start = starts[range.start.line]! + range.start.character;
    const end = (starts[range.end.line] ?? source.length) + range.end.character;
    seen.set(start, { keyword: node.getKeyword(), end });
  }
  instructions.forEach((instruction, index) => {
    const node = seen.get(instruction.span.start);
    if (node?.keyword !== instruction.keyword || !sameEnd(source, node.end, instruction.span.end)) disputed.add(index);
  });
  return disputed;
}

/** dockerfile-ast counts trailing blanks to the instruction; more than that is another reading. */
function sameEnd(source: string, theirs: number, ours: number): boolean {
  const [from, to] = theirs < ours ? [theirs, ours] : [ours, theirs];
  for (let at = from; at < to; at++) if (source[at] !== ' ' && source[at] !== '\t') return false;
  return true;
}

/** Line starts as dockerfile-ast counts them: a lone CR ends a line too. */
function lineStarts(source: string): number[] {
  const starts = [0];
  for (let at = 0; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === 10 || (code === 13 && source.charCodeAt(at + 1) !== 10)) starts.push(at + 1);
  }
  return starts;
}
