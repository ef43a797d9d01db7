import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import { insertAfter, keywordLike, type TextEdit } from '../../src/edit/index.ts';
import { type Changes, type ConfigField, directoryBehind, type Fix } from '../../src/transform/index.ts';
import { type Carried, carriedOver } from './carried.ts';
import type { Plan } from './plan.ts';
import { lastOfBuild, type Subject } from './subject.ts';

/** What of the configuration another base and another start decide. */
const remade: readonly ConfigField[] = [
  'Cmd',
  'Entrypoint',
  'Env',
  'Labels',
  'User',
  'Volumes',
  'WorkingDir',
  'Shell',
  'OnBuild',
];

/** Writes a plan as one fix; undefined where the text cannot be taken apart without losing some of it. */
export function writePlan(subject: Subject, plan: Plan, title: string): Fix | 'text-spread' | 'value-from-elsewhere' {
  const { file, stage } = subject;
  const without = new Set((plan.environment ?? []).map(([name]) => name).filter((name) => name !== 'PATH'));
  if (plan.runtime.family !== 'slim') without.add('PATH');
  const carried = carriedOver(file, stage, without);
  if (!carried) return 'value-from-elsewhere';
  return new Writer(subject, plan, carried).fix(title) ?? 'text-spread';
}

class Writer {
  readonly #file: Dockerfile;
  readonly #stage: Stage;
  readonly #subject: Subject;
  readonly #plan: Plan;
  readonly #carried: Carried;
  readonly #end: Instruction;
  readonly #edits: TextEdit[] = [];
  readonly #edited = new Set<number>();
  readonly #removed = new Set<number>();
  readonly #adds: { before: number; keyword: string }[] = [];
  readonly #becomes: { index: number; keyword: string }[] = [];

  constructor(subject: Subject, plan: Plan, carried: Carried) {
    this.#file = subject.file;
    this.#stage = subject.stage;
    this.#subject = subject;
    this.#plan = plan;
    this.#carried = carried;
    this.#end = lastOfBuild(subject.stage);
  }

  fix(title: string): Fix | undefined {
    const file = this.#file;
    const at = this.#end.extent.end;
    if (file.source.slice(this.#end.span.end, at).trim() !== '') return undefined;
    const name = this.#nameBuildStage();
    if (name === undefined) return undefined;
    for (const insert of this.#plan.buildInserts ?? []) this.#insertAbove(insert.before, insert.lines);
    const block = this.#block(name);
    const removals: TextEdit[] = [];
    for (const each of [...this.#carried.moved, ...this.#leavingEnvironment(), ...this.#leavingUsers()]) {
      removals.push(this.#removal(each));
      this.#removed.add(each.index);
    }
    if (!this.#rewriteStart()) return undefined;
    const touching = removals.find((each) => each.start === at);
    for (const each of removals) if (each !== touching) this.#edits.push(each);
    this.#edits.push({ start: at, end: touching?.end ?? at, text: block });
    const changes: Changes = {
      edits: [...this.#edited],
      removes: [...this.#removed],
      adds: this.#adds,
      becomes: this.#becomes,
      config: [...remade, ...(this.#plan.runtime.brings ?? [])],
      paths: ['**'],
    };
    return {
      title,
      safety: 'unsafe',
      evidence: this.#plan.evidence,
      edits: this.#edits,
      guards: this.#stage.instructions.filter((each) => each.keyword !== 'FROM').map((each) => each.span),
      changes,
      remakes: true,
    };
  }

  #keyword(keyword: string): string {
    const { from } = this.#stage;
    return keywordLike(from.logical.text.slice(from.start, from.keywordEnd), keyword);
  }

  /** The build stage is called `build`; a name that the stage has goes on to the final stage, which it named. */
  #nameBuildStage(): string | undefined {
    const { from, base, name } = this.#stage;
    const taken = new Set(this.#file.stages.map((each) => each.name?.text.toLowerCase()));
    const chosen = ['build', 'builder', 'compile', 'make'].find((each) => !taken.has(each));
    if (chosen === undefined || !base) return undefined;
    if (name) {
      if (!from.logical.isContiguous(name.start, name.end)) return undefined;
      this.#edits.push({ ...from.logical.span(name.start, name.end), text: chosen });
    } else this.#edits.push(insertAfter(from, base.end, ` ${this.#keyword('AS')} ${chosen}`));
    this.#edited.add(from.index);
    return chosen;
  }

  #insertAbove(before: Instruction, lines: readonly string[]): void {
    const { lines: index, eol } = this.#file;
    const start = index.lineStart(before.startLine - before.leading.length);
    this.#edits.push({ start, end: start, text: lines.map((line) => this.#written(line) + eol).join('') });
    for (const line of lines) this.#adds.push({ before: before.index, keyword: line.split(' ')[0]! });
  }

  /** A line whose keyword is in capitals, in the case of the file. */
  #written(line: string): string {
    const [keyword] = line.split(' ');
    return this.#keyword(keyword!) + line.slice(keyword!.length);
  }

  #block(name: string): string {
    const plan = this.#plan;
    const { escape: continuation, eol } = this.#file;
    const lines: string[] = [];
    const add = (keyword: string, text: string): void => {
      lines.push(`${this.#keyword(keyword)} ${text}`);
      this.#adds.push({ before: this.#end.index + 1, keyword });
    };
    for (const line of plan.buildTail ?? []) add(line.split(' ')[0]!, line.slice(line.indexOf(' ') + 1));
    lines.push('');
    const ownName = this.#stage.name?.text;
    const platform = this.#stage.from.flags.find((flag) => flag.name === 'platform');
    add(
      'FROM',
      (platform ? `${platform.text} ` : '') +
        (plan.written ?? plan.runtime.reference) +
        (ownName ? ` ${this.#keyword('AS')} ${ownName}` : ''),
    );
    for (const arg of this.#carried.args) add('ARG', arg);
    if (plan.packages && plan.packages.length > 0) {
      const install = `apt-get install -y ${plan.recommends ? '' : '--no-install-recommends '}${plan.packages.join(' ')}`;
      const steps = ['apt-get update', install, 'rm -rf /var/lib/apt/lists/*'];
      add('RUN', steps.join(` ${continuation}${eol}    && `));
    }
    for (const run of plan.runs ?? []) add('RUN', run.join(` ${continuation}${eol}    `));
    if (plan.user.madeBy) add('RUN', plan.user.madeBy.split(' && ').join(` ${continuation}${eol}    && `));
    for (const { text, from } of this.#carried.environment) {
      if (text !== '') add('ENV', text);
      else {
        lines.push(this.#file.source.slice(this.#startOf(from), from.extent.end));
        this.#adds.push({ before: this.#end.index + 1, keyword: 'ENV' });
      }
    }
    // What the file sets further down anyway is not set twice.
    const later = this.#stage.instructions.filter((each) => each.index > this.#end.index && each.keyword === 'ENV');
    const set = new Set(later.flatMap((each) => this.#file.pairs(each).map(([variable]) => variable)));
    for (const [variable, value] of plan.environment ?? []) {
      if (variable === 'PATH' || !set.has(variable)) add('ENV', `${variable}=${value}`);
    }
    const directory = directoryBehind(this.#file, this.#end, this.#subject.facts);
    const workdir = this.#needsDirectory() && directory !== undefined ? directory : undefined;
    if (workdir !== undefined && !plan.ownsDirectory) add('WORKDIR', workdir);
    for (const { from, to, owned } of plan.artifacts) {
      add('COPY', `--from=${name} ${owned ? `--chown=${plan.user.ids} ` : ''}${from} ${to ?? from}`);
    }
    if (workdir !== undefined && plan.ownsDirectory) add('WORKDIR', workdir);
    if (plan.user.number !== undefined) {
      if (plan.user.comment) lines.push(`# ${plan.user.comment}`);
      add('USER', plan.user.number);
    }
    const { entrypoint } = this.#subject.start ?? {};
    if (plan.start?.entrypoint && !entrypoint) add('ENTRYPOINT', execForm(plan.start.entrypoint));
    for (const each of this.#carried.moved) {
      lines.push(this.#movedText(each));
      this.#adds.push({ before: this.#end.index + 1, keyword: this.#becomesOf(each) });
    }
    return lines.map((line) => eol + line).join('');
  }

  /** Whether the final stage has to be told its working directory at the place where the build ends. */
  #needsDirectory(): boolean {
    const { stage, directory } = this.#subject;
    if (directory === undefined || this.#plan.anyDirectory) return false;
    const later = stage.instructions.filter((each) => each.index > this.#end.index && each.keyword === 'WORKDIR');
    if (later.some((each) => this.#file.args(each).startsWith('/'))) return false;
    const isWritten = stage.instructions.some((each) => each.keyword === 'WORKDIR');
    return isWritten || directory !== this.#plan.runtime.workingDir;
  }

  #startOf(instruction: Instruction): number {
    return this.#file.lines.lineStart(instruction.startLine);
  }

  #movedText(instruction: Instruction): string {
    const { lines, source } = this.#file;
    const start = lines.lineStart(instruction.startLine - instruction.leading.length);
    const own = this.#startText(instruction);
    if (own === undefined) return source.slice(start, instruction.extent.end);
    return source.slice(start, instruction.span.start) + own;
  }

  #becomesOf(instruction: Instruction): string {
    return instruction.keyword;
  }

  /** The new text of CMD or ENTRYPOINT; undefined where it stays. */
  #startText(instruction: Instruction): string | undefined {
    const { start } = this.#plan;
    const { entrypoint, cmd } = this.#subject.start ?? {};
    const argv = instruction === entrypoint ? start?.entrypoint : instruction === cmd ? start?.cmd : undefined;
    if (!argv) return undefined;
    const { logical } = instruction;
    return `${logical.text.slice(instruction.start, instruction.keywordEnd)} ${execForm(argv)}`;
  }

  #rewriteStart(): boolean {
    const { entrypoint, cmd } = this.#subject.start ?? {};
    for (const each of [entrypoint, cmd]) {
      const text = each && this.#startText(each);
      if (!each || text === undefined || this.#removed.has(each.index)) continue;
      if (each.comments.length > 0) return false;
      this.#edits.push({ ...each.span, text });
      this.#edited.add(each.index);
    }
    return true;
  }

  #leavingEnvironment(): Instruction[] {
    return this.#carried.environment.filter((each) => each.moved).map((each) => each.from);
  }

  /** USER behind the build, where the final stage has a user of its own. */
  #leavingUsers(): Instruction[] {
    if (this.#plan.user.number === undefined && this.#plan.runtime.user === undefined) return [];
    return this.#stage.instructions.filter((each) => each.index > this.#end.index && each.keyword === 'USER');
  }

  /** The lines of an instruction, those of the comments that move with it, and a blank line that would stand twice. */
  #removal(instruction: Instruction): TextEdit {
    const { source, lines } = this.#file;
    const moves = instruction.keyword !== 'USER';
    const first = instruction.startLine - (moves ? instruction.leading.length : 0);
    let start = moves && instruction.keyword === 'ENV' ? this.#startOf(instruction) : lines.lineStart(first);
    let { end } = instruction.extent;
    const newline = /^\r?\n/.exec(source.slice(end))?.[0];
    if (newline) end += newline.length;
    else start -= /\r?\n$/.exec(source.slice(0, start))?.[0].length ?? 0;
    const blankAbove = /(?:^|\n)[ \t]*\r?\n$/.test(source.slice(0, start));
    const blankBelow = /^[ \t]*\r?\n/.exec(source.slice(end));
    if (newline && blankAbove && blankBelow) end += blankBelow[0].length;
    return { start, end, text: '' };
  }
}

function execForm(argv: readonly string[]): string {
  return `[${argv.map((each) => JSON.stringify(each)).join(', ')}]`;
}
