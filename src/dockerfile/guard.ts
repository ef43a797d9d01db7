import { DockerfileParser } from 'dockerfile-ast';
import type { Span } from '../text/index.ts';
import { type ScannedInstruction, scan } from './scan.ts';

/** A text all of whose instructions both parsers read alike, for the next text that is made from it. */
export interface Agreement {
  /** The text above the first instruction. */
  readonly header: string;
  /** Its instructions (see `keysOf`). */
  readonly read: ReadonlySet<string>;
}

/**
 * The second opinion on structure: the indexes of the instructions for which dockerfile-ast has no node of the same
 * keyword and source range. Its ranges are trusted, its values are not: they differ from BuildKit's in 6 % of real files.
 *
 * Where a node begins depends on where the one before ends, and how it is read on its own lines, on the directives
 * above, and on whether anything follows. So where all of an earlier text was read alike under the same header, its
 * instructions are so again, as long as the new ones, parsed in a text of their own, are too.
 */
export function disputedInstructions(
  source: string,
  instructions: readonly ScannedInstruction[],
  earlier?: Agreement,
): Set<number> {
  return earlier && stillAgreed(source, instructions, earlier) ? new Set() : compare(source, instructions);
}

function stillAgreed(source: string, instructions: readonly ScannedInstruction[], earlier: Agreement): boolean {
  const header = headerOf(source, instructions);
  if (header !== earlier.header || !hasPlainGaps(source, instructions)) return false;
  const keys = keysOf(source, instructions);
  const fresh = instructions.filter((_, index) => !earlier.read.has(keys[index]!));
  if (fresh.length === 0) return true;
  const last = instructions.at(-1)!;
  const texts = fresh.map((each) => source.slice(each.extent.start, each === last ? source.length : each.extent.end));
  // Something has to follow here too where something follows there: a node may swallow it.
  if (fresh.at(-1) !== last) texts.push('USER last');
  // A BOM counts at the start of a text only.
  if (texts[0]!.startsWith('\uFEFF')) return false;
  const alone = header + texts.join('\n');
  const scanned = scanAlone(alone);
  return scanned?.length === texts.length && compare(alone, scanned).size === 0;
}

/** Whether between instructions stand only blank lines and comments that both parsers take for such. */
function hasPlainGaps(source: string, instructions: readonly ScannedInstruction[]): boolean {
  return instructions.every((each, index) => {
    const previous = instructions[index - 1];
    return !previous || plainGap.test(source.slice(previous.extent.end, each.extent.start));
  });
}
const plainGap = /^(?:\r?\n(?:[ \t]*(?:#[^\r\n]*)?))*$/;

/** What a later text can take over; undefined where the parsers differ anywhere. */
export function agreementOn(
  source: string,
  instructions: readonly ScannedInstruction[],
  disputed: ReadonlySet<number>,
): Agreement | undefined {
  if (disputed.size > 0) return undefined;
  return { header: headerOf(source, instructions), read: new Set(keysOf(source, instructions)) };
}

/** The lines of each instruction; those of the last one with all that stands below, and marked. */
function keysOf(source: string, instructions: readonly ScannedInstruction[]): string[] {
  return instructions.map(({ extent }, index) =>
    index === instructions.length - 1 ? `last ${source.slice(extent.start)}` : source.slice(extent.start, extent.end),
  );
}

function scanAlone(text: string): readonly ScannedInstruction[] | undefined {
  try {
    return scan(text).instructions;
  } catch {
    return undefined;
  }
}

function headerOf(source: string, instructions: readonly ScannedInstruction[]): string {
  return source.slice(0, instructions[0]!.extent.start);
}

function compare(source: string, instructions: readonly ScannedInstruction[]): Set<number> {
  // Where nodes stand elsewhere than instructions, letters were taken out of places that matter.
  if (!source.includes('<<') && differences(thinned(source, instructions), instructions).size === 0) return new Set();
  return differences({ text: source, places: instructions.map((each) => each.span) }, instructions);
}

/** The indexes of the instructions for which dockerfile-ast has no node at their places in a text. */
export function differences(
  { text, places, keywords }: Thinned,
  instructions: readonly ScannedInstruction[],
): Set<number> {
  const disputed = new Set<number>();
  const starts = lineStarts(text);
  const seen = new Map<number, { keyword: string; end: number }>();
  let parsed: ReturnType<ReturnType<typeof DockerfileParser.parse>['getInstructions']> | undefined;
  try {
    parsed = DockerfileParser.parse(text).getInstructions();
  } catch {
    // A parser that throws has no opinion; nothing of the file is edited then.
  }
  for (const node of parsed ?? []) {
    const range = node.getRange();
    const start = starts[range.start.line]! + range.start.character;
    const end = (starts[range.end.line] ?? text.length) + range.end.character;
    seen.set(start, { keyword: node.getKeyword(), end });
  }
  places.forEach(({ start, end }, index) => {
    const node = seen.get(start);
    const keyword = keywords?.[index] ?? instructions[index]!.keyword;
    if (node?.keyword !== keyword || !sameEnd(text, node.end, end)) disputed.add(index);
  });
  return disputed;
}

/** A text of the same structure to dockerfile-ast, and where the instructions stand in it. */
export interface Thinned {
  readonly text: string;
  readonly places: readonly Span[];
  /** The keywords that stand in it, where they are others. */
  readonly keywords?: readonly string[];
}

/**
 * Takes letters out of the arguments, which is where dockerfile-ast spends its time: to its structure only line ends,
 * escapes, `#`, blanks and the first two other characters between them matter (its parser.js, `processArguments`), as
 * long as there is no heredoc. Which keyword it is matters as little then, and it reads no arguments of one that it does
 * not know.
 */
function thinned(source: string, instructions: readonly ScannedInstruction[]): Thinned {
  let text = '';
  let at = 0;
  const places: Span[] = [];
  const keywords: string[] = [];
  for (const { keyword, logical, keywordEnd, span, extent } of instructions) {
    const start = text.length + span.start - at;
    const end = logical.toSource(keywordEnd, 'end');
    const isPlain = /^[A-Za-z]+$/.test(source.slice(span.start, end));
    const written = isPlain ? 'X'.repeat(keyword.length) : source.slice(span.start, end);
    text += source.slice(at, span.start) + written + thin(source.slice(end, span.end));
    places.push({ start, end: text.length });
    keywords.push(isPlain ? written : keyword);
    text += thin(source.slice(span.end, extent.end));
    at = extent.end;
  }
  return { text: text + source.slice(at), places, keywords };
}

function thin(text: string): string {
  return text.replace(/[^\s\\`#][^\r\n\\`#]+/g, 'aa');
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
