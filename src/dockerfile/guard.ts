import { DockerfileParser } from 'dockerfile-ast';
import { type ScannedInstruction, scan } from './scan.ts';

/** How a text's instructions were read by both parsers, for the next text that is made from it. */
export interface Readings {
  /** The text above the first instruction. */
  readonly header: string;
  /** Whether the parsers differ, by the text of an instruction's lines. */
  readonly disputed: ReadonlyMap<string, boolean>;
}

/**
 * The second opinion on structure: the indexes of the instructions for which dockerfile-ast has no node of the same
 * keyword and source range. Its ranges are trusted, its values are not: they differ from BuildKit's in 6 % of real files.
 *
 * How an instruction is read depends on its own lines and on the directives above. So an instruction of an earlier
 * text under the same header is read as it was there, and only the others are parsed again, in a text of their own.
 */
export function disputedInstructions(
  source: string,
  instructions: readonly ScannedInstruction[],
  earlier?: Readings,
): Set<number> {
  const header = headerOf(source, instructions);
  if (earlier?.header !== header) return compare(source, instructions);
  const disputed = new Set<number>();
  const fresh: number[] = [];
  const texts: string[] = [];
  instructions.forEach(({ extent }, index) => {
    const text = source.slice(extent.start, extent.end);
    const known = earlier.disputed.get(text);
    if (known) disputed.add(index);
    if (known !== undefined) return;
    fresh.push(index);
    texts.push(text);
  });
  if (fresh.length === 0) return disputed;
  // The last line shows a node that swallows what follows.
  const alone = `${header}${texts.join('\n')}\nUSER last`;
  const scanned = scan(alone).instructions;
  if (scanned.length !== fresh.length + 1) return compare(source, instructions);
  for (const index of compare(alone, scanned)) if (index < fresh.length) disputed.add(fresh[index]!);
  return disputed;
}

/** What a later text can take over. */
export function readingsOf(
  source: string,
  instructions: readonly ScannedInstruction[],
  disputed: ReadonlySet<number>,
): Readings {
  const texts = instructions.map(
    ({ extent }, index) => [source.slice(extent.start, extent.end), disputed.has(index)] as const,
  );
  return { header: headerOf(source, instructions), disputed: new Map(texts) };
}

function headerOf(source: string, instructions: readonly ScannedInstruction[]): string {
  return source.slice(0, instructions[0]!.extent.start);
}

function compare(source: string, instructions: readonly ScannedInstruction[]): Set<number> {
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
