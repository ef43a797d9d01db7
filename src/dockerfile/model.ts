import { type Eol, LineIndex, majorityEol } from '../text/index.ts';
import { type Agreement, agreementOn, disputedInstructions } from './guard.ts';
import { type InstructionText, InstructionTexts } from './instruction-text.ts';
import { type Expansion, expandWord, type Lookup } from './lex.ts';
import { type Clause, type Comment, clauseWords, type Directive, type ScannedInstruction, scan } from './scan.ts';
import { Scopes } from './scope.ts';
import { type Swallowed, swallowedIn } from './swallowed.ts';
import { quotedWords, type Word } from './words.ts';

/** One instruction in its place. */
export interface Instruction extends ScannedInstruction {
  /** Its place among the file's instructions. */
  readonly index: number;
  /** The stage that it belongs to; undefined before the first FROM. */
  readonly stage: Stage | undefined;
  /** The comment lines directly above it, without a blank line between. */
  readonly leading: readonly Comment[];
  /**
   * BuildKit's and dockerfile-ast's readings differ here, the keyword is unknown, or another instruction is swallowed:
   * nothing may edit or cross it.
   */
  readonly opaque: boolean;
  /** What looks like an instruction of its own in its text. */
  readonly swallowed: Swallowed | undefined;
  /** Stands for what it says, in whatever lines: what follows from that alone is kept under it (see `TextMemo`). */
  readonly text: InstructionText;
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

  readonly #disputed: ReadonlySet<number>;
  readonly #texts: InstructionTexts;
  readonly #scopes = new Scopes(this);
  readonly #bases = new Map<Stage, string | undefined>();
  // Every transform asks for the words of the same instructions.
  readonly #words = new Map<Clause, readonly Word[]>();
  readonly #pairs = new Map<Instruction, ReturnType<Dockerfile['pairs']>>();
  #shells: readonly (Instruction | undefined)[] | undefined;

  /**
   * Throws DockerfileSyntaxError where BuildKit's parser fails. A text that was made from another is read faster with
   * that one given: what did not change is not parsed by dockerfile-ast again, and keeps what was found out about it.
   */
  constructor(source: string, earlier?: Dockerfile) {
    const scanned = scan(source);
    this.source = source;
    this.lines = new LineIndex(source);
    this.eol = majorityEol(source);
    this.escape = scanned.escape;
    this.directives = scanned.directives;
    const disputed = disputedInstructions(source, scanned.instructions, earlier ? earlier.#agreement() : undefined);
    this.#disputed = disputed;
    this.#texts = new InstructionTexts(source, scanned, earlier ? earlier.#texts : undefined);
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
      const swallowed = swallowedIn(raw);
      const instruction: { -readonly [K in keyof Instruction]: Instruction[K] } = Object.assign(raw, {
        index,
        stage: stages.at(-1),
        leading: this.#directlyAbove(block, raw.startLine),
        opaque: !raw.isKnown || disputed.has(index) || swallowed !== undefined,
        swallowed,
        text: this.#texts.at(index),
      });
      instructions.push(instruction);
      if (raw.keyword === 'FROM') stages.push(this.#newStage(instruction, stages));
      (instruction.stage?.instructions as Instruction[] | undefined)?.push(instruction);
    });
    this.comments = [...outer, ...scanned.instructions.flatMap((each) => each.comments)].sort(
      (a, b) => a.start - b.start,
    );
  }

  #agreement(): Agreement | undefined {
    return agreementOn(this.source, this.instructions, this.#disputed);
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
  words(instruction: Instruction, clause: Clause = instruction): readonly Word[] {
    let words = this.#words.get(clause);
    if (!words) {
      words = clauseWords(clause, instruction.logical.text, this.escape);
      this.#words.set(clause, words);
    }
    return words;
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
    if (!this.#bases.has(stage)) {
      const expanded = this.expand(stage.base.text, stage.from);
      this.#bases.set(stage, expanded.ok && expanded.value !== '' ? expanded.value : undefined);
    }
    return this.#bases.get(stage);
  }

  /** Expands a word with what ARG and ENV say before an instruction (build arguments have their defaults). */
  expand(word: string, at: Instruction): Expansion {
    return expandWord(word, this.escape, this.#scopes.at(at));
  }

  /** The variables in force before an instruction of a stage; those of the base image and of the engine are not known. */
  lookup(at: Instruction): Lookup {
    return this.#scopes.at(at);
  }

  /** The name and raw value of each pair of an ENV or LABEL, in both of its forms. */
  pairs(instruction: Instruction): readonly (readonly [name: string, value: string])[] {
    let pairs = this.#pairs.get(instruction);
    if (!pairs) {
      pairs = this.#readPairs(instruction);
      this.#pairs.set(instruction, pairs);
    }
    return pairs;
  }

  #readPairs(instruction: Instruction): [name: string, value: string][] {
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
    this.#shells ??= this.#readShells();
    return this.#shells[at.index];
  }

  #readShells(): (Instruction | undefined)[] {
    const shells: (Instruction | undefined)[] = [];
    const ends = new Map<Stage, Instruction | undefined>();
    for (const stage of this.stages) {
      let current = stage.parent && ends.get(stage.parent);
      for (const each of stage.instructions) {
        shells[each.index] = current;
        if (each.keyword === 'SHELL') current = each;
      }
      ends.set(stage, current);
    }
    return shells;
  }
}
