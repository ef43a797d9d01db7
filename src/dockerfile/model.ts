import { type Eol, LineIndex, majorityEol } from '../text/index.ts';
import { disputedInstructions } from './guard.ts';
import { type Expansion, expandWord, type Lookup, type Value } from './lex.ts';
import { type Clause, type Comment, clauseWords, type Directive, type ScannedInstruction, scan } from './scan.ts';
import { quotedWords, type Word } from './words.ts';

/** One instruction in its place. */
export interface Instruction extends ScannedInstruction {
  /** Its place among the file's instructions. */
  readonly index: number;
  /** The stage that it belongs to; undefined before the first FROM. */
  readonly stage: Stage | undefined;
  /** The comment lines directly above it, without a blank line between. */
  readonly leading: readonly Comment[];
  /** BuildKit's and dockerfile-ast's readings differ here, or the keyword is unknown: nothing may edit or cross it. */
  readonly opaque: boolean;
}

/** A build stage: a FROM and what follows it. */
export interface Stage {
  readonly index: number;
  readonly from: Instruction;
  /** As written after AS; undefined without. */
  readonly name: Word | undefined;
  /** The base as written; undefined for a FROM without arguments. */
  readonly base: Word | undefined;
  /** The earlier stage that it builds on, where the base names one. */
  readonly parent: Stage | undefined;
  /** The FROM and all instructions up to the next one. */
  readonly instructions: readonly Instruction[];
}

/** The predefined build arguments of BuildKit that have a value of their own in FROM. */
const platformArguments = new Set(
  ['TARGET', 'BUILD']
    .flatMap((side) => ['PLATFORM', 'OS', 'OSVERSION', 'ARCH', 'VARIANT'].map((part) => side + part))
    .concat('TARGETSTAGE'),
);

/** A parsed Dockerfile: every byte of the source can be reached from it. Offsets are UTF-16 code units. */
export class Dockerfile {
  readonly source: string;
  readonly lines: LineIndex;
  readonly eol: Eol;
  readonly escape: '\\' | '`';
  readonly directives: readonly Directive[];
  readonly instructions: readonly Instruction[];
  /** Comment lines outside and inside of instructions, in source order. */
  readonly comments: readonly Comment[];
  readonly stages: readonly Stage[];

  /** Throws DockerfileSyntaxError where BuildKit's parser fails. */
  constructor(source: string) {
    const scanned = scan(source);
    this.source = source;
    this.lines = new LineIndex(source);
    this.eol = majorityEol(source);
    this.escape = scanned.escape;
    this.directives = scanned.directives;
    const disputed = disputedInstructions(source, scanned.instructions);
    const outer = scanned.comments;
    const instructions: Instruction[] = [];
    const stages: Stage[] = [];
    this.instructions = instructions;
    this.stages = stages;
    let nextComment = 0;
    scanned.instructions.forEach((raw, index) => {
      const block: Comment[] = [];
      while (nextComment < outer.length && outer[nextComment]!.start < raw.span.start)
        block.push(outer[nextComment++]!);
      const instruction: { -readonly [K in keyof Instruction]: Instruction[K] } = Object.assign(raw, {
        index,
        stage: stages.at(-1),
        leading: this.#directlyAbove(block, raw.startLine),
        opaque: !raw.isKnown || disputed.has(index),
      });
      instructions.push(instruction);
      if (raw.keyword === 'FROM') stages.push(this.#newStage(instruction, stages));
      (instruction.stage?.instructions as Instruction[] | undefined)?.push(instruction);
    });
    this.comments = [...outer, ...scanned.instructions.flatMap((each) => each.comments)].sort(
      (a, b) => a.start - b.start,
    );
  }

  #directlyAbove(block: readonly Comment[], line: number): Comment[] {
    const found: Comment[] = [];
    let wanted = line - 1;
    for (let at = block.length - 1; at >= 0 && this.lines.lineAt(block[at]!.start) === wanted; at--, wanted--) {
      found.unshift(block[at]!);
    }
    return found;
  }

  #newStage(from: { -readonly [K in keyof Instruction]: Instruction[K] }, earlier: readonly Stage[]): Stage {
    const words = this.words(from);
    const named = words.length >= 3 && words[1]!.text.toUpperCase() === 'AS';
    const base = words[0];
    const expanded = base && this.expand(base.text, from);
    // FROM sees earlier stages only, and compares the expanded base as it is with their lower-cased names.
    const parent = expanded?.ok
      ? earlier.findLast((stage) => stage.name?.text.toLowerCase() === expanded.value)
      : undefined;
    from.stage = { index: earlier.length, from, base, name: named ? words[2] : undefined, parent, instructions: [] };
    return from.stage;
  }

  get finalStage(): Stage | undefined {
    return this.stages.at(-1);
  }

  /** The arguments of an instruction (or of the one inside an ONBUILD), split by the rules of its keyword. */
  words(instruction: Instruction, clause: Clause = instruction): Word[] {
    return clauseWords(clause, instruction.logical.text, this.escape);
  }

  /** The arguments' logical text. */
  args(instruction: Instruction, clause: Clause = instruction): string {
    return instruction.logical.text.slice(clause.argsStart, clause.argsEnd);
  }

  /**
   * The stage that `COPY --from` or `--mount=from=` names: case-insensitively, by index for COPY only, stages that are
   * defined later included (BuildKit reports those as an error, never as an image).
   */
  stageByName(name: string, { byIndex }: { byIndex: boolean }): Stage | undefined {
    const wanted = name.toLowerCase();
    const found = this.stages.findLast((stage) => stage.name?.text.toLowerCase() === wanted);
    return found ?? (byIndex && /^\d+$/.test(name) ? this.stages[Number(name)] : undefined);
  }

  /** The stages that build on a stage, directly or through others. */
  descendants(stage: Stage): Stage[] {
    const found = new Set<Stage>([stage]);
    for (const each of this.stages) if (each.parent && found.has(each.parent)) found.add(each);
    found.delete(stage);
    return [...found];
  }

  /** The stage whose base is not a stage of this file. */
  rootStage(stage: Stage): Stage {
    let root = stage;
    while (root.parent) root = root.parent;
    return root;
  }

  /** The reference that a stage's FROM names with the defaults of its build arguments; undefined where it is not known. */
  baseReference(stage: Stage): string | undefined {
    if (!stage.base) return undefined;
    const expanded = this.expand(stage.base.text, stage.from);
    return expanded.ok && expanded.value !== '' ? expanded.value : undefined;
  }

  /** Expands a word with what ARG and ENV say before an instruction (build arguments have their defaults). */
  expand(word: string, at: Instruction): Expansion {
    return expandWord(word, this.escape, at.keyword === 'FROM' ? this.#globalScope(at) : this.#stageScope(at));
  }

  /** The variables in force before an instruction of a stage; those of the base image and of the engine are not known. */
  lookup(at: Instruction): Lookup {
    return at.keyword === 'FROM' ? this.#globalScope(at) : this.#stageScope(at);
  }

  #globalScope(at: Instruction): Lookup {
    const firstStage = this.stages[0]?.from.index ?? this.instructions.length;
    const values = new Map<string, Value>();
    const lookup: Lookup = (name) =>
      values.get(name) ?? (platformArguments.has(name) ? { known: false } : { known: true, value: undefined });
    for (const each of this.instructions.slice(0, Math.min(firstStage, at.index))) {
      if (each.keyword === 'ARG') this.#declare(each, values, lookup, undefined);
    }
    return lookup;
  }

  #stageScope(at: Instruction): Lookup {
    const stage = at.stage;
    const values = new Map<string, Value>();
    const environment = new Map<string, Value>();
    const lookup: Lookup = (name) => values.get(name) ?? { known: false };
    if (!stage) return this.#globalScope(at);
    const chain: Stage[] = [];
    for (let each: Stage | undefined = stage; each; each = each.parent) chain.unshift(each);
    for (const each of chain) {
      // A stage inherits what ARG and ENV set in its parent; the image's ENV is set again where it starts.
      for (const [name, value] of environment) values.set(name, value);
      const global = this.#globalScope(each.from);
      for (const instruction of each.instructions) {
        if (each === stage && instruction.index >= at.index) break;
        if (instruction.keyword === 'ARG') this.#declare(instruction, values, lookup, global);
        if (instruction.keyword === 'ENV') {
          const pairs = this.pairs(instruction).map(
            ([name, value]) => [this.#value(name, lookup), this.#value(value, lookup)] as const,
          );
          for (const [name, value] of pairs) {
            if (!name.known || name.value === undefined) continue;
            values.set(name.value, value);
            environment.set(name.value, value);
          }
        }
      }
    }
    return lookup;
  }

  /** ARG: a default wins over an earlier value, an ENV's too; without one, the global value does if there is one. */
  #declare(instruction: Instruction, values: Map<string, Value>, lookup: Lookup, global: Lookup | undefined): void {
    for (const { text } of this.words(instruction)) {
      const equals = text.indexOf('=');
      if (equals !== -1) values.set(text.slice(0, equals), this.#value(text.slice(equals + 1), lookup));
      else if (global) {
        const inherited = global(text);
        if (!inherited.known || inherited.value !== undefined) values.set(text, inherited);
      }
    }
  }

  #value(word: string, lookup: Lookup): Value {
    const expanded = expandWord(word, this.escape, lookup);
    return expanded.ok ? { known: true, value: expanded.value } : { known: false };
  }

  /** The name and raw value of each pair of an ENV or LABEL, in both of its forms. */
  pairs(instruction: Instruction): [name: string, value: string][] {
    const { argsStart, argsEnd, logical } = instruction;
    const words = quotedWords(logical.text, argsStart, argsEnd, this.escape);
    if (words[0] && !words[0].text.includes('=')) {
      const match = /^([^\t\v\f\r ]+)[\t\v\f\r ]+(.*)$/s.exec(this.args(instruction));
      return match ? [[match[1]!, match[2]!]] : [];
    }
    return words.map(({ text }) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
  }

  /** The SHELL in force at an instruction, its own stage's or a parent stage's; undefined: the base image's. */
  shellInstruction(at: Instruction): Instruction | undefined {
    for (let stage = at.stage; stage; stage = stage.parent) {
      const found = stage.instructions.findLast(
        (each) => each.keyword === 'SHELL' && (stage !== at.stage || each.index < at.index),
      );
      if (found) return found;
    }
    return undefined;
  }
}
