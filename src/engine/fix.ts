import { Dockerfile, type Instruction } from '../dockerfile/index.ts';
import { conflicts, editBetween, type FileEdit, offsetBefore, type TextEdit } from '../edit/index.ts';
import { imageFacts } from '../facts/index.ts';
import type { LineIndex, Position, Span } from '../text/index.ts';
import { type Facts, type Finding, type Fix, type Needs, optionValues, type Transform } from '../transform/index.ts';
import { applyChecked } from './check.ts';
import { Suppressions } from './suppressions.ts';
import { UnstableFixError } from './unstable-fix-error.ts';
import { withFiles } from './with-files.ts';

/** What a run may apply. */
export interface Choice {
  /** The least safe fixes that are applied; `manual` ones only by `accept`. */
  readonly safety: 'safe' | 'unsafe';
  /** Ids of transforms all of whose fixes are applied, whatever their safety. */
  readonly accept?: readonly string[];
  /** Of the fixes that the choice would take, those alone that it says yes to. */
  readonly allows?: (fix: AppliedFix) => boolean;
}

/** A finding of a transform, with its place in the text that the transform saw. */
export interface Report {
  readonly transform: Transform;
  readonly finding: Finding;
  /** 1-based, in the text of the pass that found it. */
  readonly line: number;
  readonly column: number;
  /** The same place in the source, before any pass. */
  readonly origin: Position;
  /** The index of the instruction that it is about, in the text of the pass. */
  readonly instruction: number | undefined;
}

export interface AppliedFix extends Report {
  readonly fix: Fix;
  readonly pass: number;
  /** The text of its pass, which the offsets of its edits count in. */
  readonly before: string;
  /** Why it stands although builds were asked for and none shows it to be right: a person said so. */
  readonly unproven?: string;
}

/** A fix that broke a promise when it was applied, and so was not. */
export interface RejectedFix extends Report {
  readonly why: string;
  /** What shows it, a line each. */
  readonly lines?: readonly string[];
}

/** What tells a fix of a Dockerfile from its others, also when it is planned again and some of those are left out. */
export function fixKey({ transform, origin, fix }: AppliedFix): string {
  return `${transform.id}:${origin.line}:${origin.column}:${fix.title}`;
}

/** An instruction that the two parsers read differently, or that is no instruction of BuildKit; nothing edits it. */
export interface OpaqueInstruction extends Position {
  readonly keyword: string;
  /** Whether BuildKit knows the keyword. */
  readonly isKnown: boolean;
  /** What looks like an instruction of its own and is a part of this one. */
  readonly swallowed?: Position & { readonly keyword: string };
}

export interface FixResult {
  readonly source: string;
  readonly output: string;
  readonly applied: readonly AppliedFix[];
  /** Fixes that the choice leaves out, refusals and reports, as they stand in the output. */
  readonly remaining: readonly Report[];
  readonly rejected: readonly RejectedFix[];
  /** With their places in the source. */
  readonly opaque: readonly OpaqueInstruction[];
  /** How many findings a comment silenced. */
  readonly suppressed: number;
  readonly files: readonly FileEdit[];
}

export interface FixOptions {
  /** In the order in which their fixes are chosen. */
  readonly transforms: readonly Transform[];
  readonly facts?: Facts;
  readonly choice?: Choice;
  /** Options by transform id. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Which findings count, all where it is absent: by their places in the source, and those of their edits. */
  readonly concerns?: (transform: Transform, places: readonly Position[]) => boolean;
}

/** The facts of a run without ports: the table of base images, and no build context. */
export const tableFacts: Facts = {
  image: (reference) => imageFacts(reference) ?? { unavailable: 'not in the table of base images' },
  digest: () => ({ unavailable: 'no registry was asked' }),
  version: () => ({ unavailable: 'no registry was asked' }),
  source: () => ({ unavailable: 'the build context is not known' }),
  download: () => ({ unavailable: 'it is fetched only in a run that may apply the fix, as with `--unsafe`' }),
  context: () => ({ unavailable: 'the build context is not known' }),
  usage: () => ({ unavailable: 'the repository is not known' }),
  observed: () => ({ unavailable: 'no container was observed' }),
};

const maximumPasses = 10;

/**
 * Plans and applies fixes to one Dockerfile, pass by pass, to a fixpoint. Throws DockerfileSyntaxError where the source
 * cannot be read, and UnstableFixError where transforms undo each other.
 */
export function fix(source: string, options: FixOptions): FixResult {
  const session = new FixSession(source, options);
  while (session.pass(options.facts ?? tableFacts));
  return session.result();
}

/** One file on its way to the fixpoint, a pass at a time, so that facts can be gathered between passes. */
export class FixSession {
  readonly #source: string;
  readonly #options: FixOptions;
  readonly #choice: Choice;
  readonly #applied: AppliedFix[] = [];
  #rejected: RejectedFix[] = [];
  #files = new Map<string, FileEdit>();
  readonly #seen = new Set<string>();
  readonly #values = new Map<Transform, ReturnType<typeof optionValues>>();
  readonly #sourceLines: LineIndex;
  readonly #opaque: readonly OpaqueInstruction[];
  /** The edits of each pass that changed the text. */
  readonly #history: (readonly TextEdit[])[] = [];
  #file: Dockerfile;
  #remaining: readonly Report[] = [];
  #suppressed = 0;
  #passes = 0;

  constructor(source: string, options: FixOptions) {
    this.#source = source;
    this.#options = options;
    this.#choice = options.choice ?? { safety: 'safe' };
    this.#file = new Dockerfile(source);
    this.#sourceLines = this.#file.lines;
    this.#opaque = this.#file.instructions
      .filter((each) => each.opaque)
      .map(({ keyword, isKnown, span, swallowed }) => ({
        keyword,
        isKnown,
        ...this.#sourceLines.positionAt(span.start),
        ...(swallowed && {
          swallowed: { keyword: swallowed.keyword, ...this.#sourceLines.positionAt(swallowed.start) },
        }),
      }));
    this.#seen.add(source);
  }

  get file(): Dockerfile {
    return this.#file;
  }

  /** What the transforms need to know about the text as it stands. */
  needs(): Needs {
    const all = this.#options.transforms.map((transform): Needs => {
      const { downloads, systems, ...needs } = transform.needs?.(this.#file, this.#valuesOf(transform)) ?? {};
      if (this.#mayApply(transform)) return { ...needs, downloads: downloads ?? [], systems: systems ?? [] };
      // Downloads and the layers of images may be large: only a fix that this run may apply is worth them.
      return { ...needs, images: [...(needs.images ?? []), ...(systems ?? [])] };
    });
    const union = (of: (needs: Needs) => readonly string[] | undefined) => [
      ...new Set(all.flatMap((each) => of(each) ?? [])),
    ];
    return {
      images: [...new Set([...this.#baseImages(), ...union((each) => each.images)])].filter(isImage),
      systems: union((each) => each.systems).filter(isImage),
      digests: union((each) => each.digests),
      versions: union((each) => each.versions),
      sources: union((each) => each.sources),
      downloads: union((each) => each.downloads),
      context: all.some((each) => each.context === true),
      usage: all.some((each) => each.usage === true),
      observed: all.some((each) => each.observed === true),
    };
  }

  /** Whether a fix of a transform may be applied, as far as its least safe one tells. */
  #mayApply({ id, meta }: Transform): boolean {
    const { accept, safety } = this.#choice;
    return accept?.includes(id) === true || (safety === 'unsafe' ? meta.safety !== 'manual' : meta.safety === 'safe');
  }

  #baseImages(): string[] {
    if (this.#options.transforms.every((each) => each.bases === false)) return [];
    return this.#file.stages.flatMap((stage) => (stage.parent ? [] : (this.#file.baseReference(stage) ?? [])));
  }

  /** Every finding about the text as it stands, in list order; nothing is applied. */
  findings(facts: Facts): readonly Report[] {
    return this.#plan(facts);
  }

  /** The fixes among the findings, of every safety, in the order in which a run takes them; nothing is applied. */
  fixes(facts: Facts): readonly AppliedFix[] {
    return this.#plan(facts).filter((each): each is AppliedFix => isFix(each) && !this.#isDone(each));
  }

  /** Plans and applies once; false when nothing changed, and the result stands. */
  pass(facts: Facts): boolean {
    if (this.#passes >= maximumPasses) throw this.#unstable('still changing after ten passes');
    return this.take(this.#choose(this.fixes(facts).filter((each) => this.#isChosen(each))));
  }

  /**
   * Applies fixes that were planned for the text as it stands and do not touch each other; false when none of them
   * holds what it promised. Throws UnstableFixError where a text comes back, and then nothing is applied.
   */
  take(fixes: readonly AppliedFix[]): boolean {
    const { file, taken } = this.#apply(fixes);
    if (taken.length === 0) return false;
    this.#advance(file, taken);
    return true;
  }

  /**
   * Takes the text that a person made of one of the planned fixes; it may change of the image what the fix may. Throws
   * DockerfileSyntaxError, UnstableFixError.
   */
  takeText(planned: AppliedFix, text: string): void {
    const before = this.#file.source;
    const {
      removes: _removes,
      adds: _adds,
      becomes: _becomes,
      directives: _directives,
      ...image
    } = planned.fix.changes;
    const changes = { ...image, edits: [] };
    const fix = { ...planned.fix, evidence: [], edits: [editBetween(before, text)], changes };
    this.#advance(new Dockerfile(text), [{ ...planned, before, fix }]);
  }

  #advance(file: Dockerfile, taken: readonly AppliedFix[]): void {
    const files = new Map(this.#files);
    for (const { fix } of taken) {
      for (const edit of fix.files ?? []) {
        // A later edit of a file starts from what an earlier one made of it, and the disk has what was there before both.
        files.set(edit.path, { ...edit, before: (files.get(edit.path) ?? edit).before });
      }
    }
    const state = [file.source, ...[...files.values()].flatMap(({ path, after }) => [path, after])].join('\0');
    if (this.#seen.has(state)) throw this.#unstable('the same text came back', taken);
    this.#seen.add(state);
    this.#passes++;
    this.#applied.push(...taken);
    this.#history.push(taken.flatMap((each) => each.fix.edits));
    this.#files = files;
    this.#file = file;
  }

  /** A fix of files alone that this run has made: the disk stays as it is until the end, and not every transform asks. */
  #isDone(report: Report | AppliedFix): boolean {
    if (!isFix(report) || report.fix.edits.length > 0) return false;
    const { files = [] } = report.fix;
    return files.length > 0 && files.every(({ path, after }) => this.#files.get(path)?.after === after);
  }

  result(): FixResult {
    return {
      source: this.#source,
      output: this.#file.source,
      applied: this.#applied,
      remaining: this.#remaining.filter(
        (report) => !this.#isDone(report) && !this.#rejected.some((each) => each.finding === report.finding),
      ),
      rejected: this.#rejected,
      opaque: this.#opaque,
      suppressed: this.#suppressed,
      files: [...this.#files.values()],
    };
  }

  #valuesOf(transform: Transform): ReturnType<typeof optionValues> {
    let values = this.#values.get(transform);
    if (!values) {
      values = optionValues(transform, this.#options.options?.[transform.id]);
      this.#values.set(transform, values);
    }
    return values;
  }

  #plan(given: Facts): (Report | AppliedFix)[] {
    const file = this.#file;
    const facts = withFiles(given, this.#files);
    const suppressions = new Suppressions(file);
    const reports: (Report | AppliedFix)[] = [];
    this.#suppressed = 0;
    for (const transform of this.#options.transforms) {
      for (const finding of transform.find({ file, facts, options: this.#valuesOf(transform) })) {
        const at = instructionAt(file, finding.span);
        if (this.#silenced(suppressions, transform, finding, at)) {
          this.#suppressed++;
          continue;
        }
        const { line, column } = file.lines.positionAt(finding.span.start);
        const origin = this.originOf(finding.span.start);
        if (!this.#concerns(transform, finding, origin)) continue;
        const report = { transform, finding, line, column, origin, instruction: at?.index };
        const fix = 'fix' in finding && { fix: finding.fix, pass: this.#passes + 1, before: file.source };
        reports.push(fix ? { ...report, ...fix } : report);
      }
    }
    this.#remaining = reports;
    return reports;
  }

  /** The place in the source of an offset into the text as it stands. */
  originOf(offset: number): Position {
    return this.#sourceLines.positionAt(this.#history.reduceRight(offsetBefore, offset));
  }

  #concerns(transform: Transform, finding: Finding, origin: Position): boolean {
    const { concerns } = this.#options;
    if (!concerns) return true;
    const edits = 'fix' in finding ? finding.fix.edits : [];
    return concerns(transform, [origin, ...edits.map((edit) => this.originOf(edit.start))]);
  }

  /** A comment above any instruction that a fix would change silences it, not only one above the finding. */
  #silenced(suppressions: Suppressions, transform: Transform, finding: Finding, at: Instruction | undefined): boolean {
    if (suppressions.silences(transform, at)) return true;
    if (!('fix' in finding)) return false;
    const { edits, removes = [] } = finding.fix.changes;
    return [...edits, ...removes].some((index) => suppressions.silences(transform, this.#file.instructions[index]));
  }

  #isChosen(report: AppliedFix): boolean {
    return this.#isWanted(report) && this.#choice.allows?.(report) !== false;
  }

  #isWanted({ transform, fix }: AppliedFix): boolean {
    if (this.#choice.accept?.includes(transform.id)) return true;
    if (fix.safety === 'manual') return false;
    return fix.safety === 'safe' || this.#choice.safety === 'unsafe';
  }

  /** In list order, then by position; a fix that touches one already taken waits for the next pass. */
  #choose(wanted: readonly AppliedFix[]): AppliedFix[] {
    const edits: Span[] = [];
    const guards: Span[] = [];
    const structural = new Set<number>();
    const touched = new Set<number>();
    const taken: AppliedFix[] = [];
    for (const report of wanted) {
      const { fix } = report;
      const { removes = [], adds = [], becomes = [] } = fix.changes;
      const moved = [...removes, ...becomes.map((each) => each.index)];
      const clash =
        fix.edits.some((edit) => [...edits, ...guards].some((other) => conflicts(edit, other))) ||
        (fix.guards ?? []).some((guard) => edits.some((other) => conflicts(guard, other))) ||
        moved.some((index) => touched.has(index)) ||
        fix.changes.edits.some((index) => structural.has(index)) ||
        // Two fixes that add instructions at one place have no order of their own.
        adds.some((add) => taken.some((other) => other.fix.changes.adds?.some((each) => each.before === add.before))) ||
        // Of two edits of one file, the second is planned again upon the first.
        (fix.files ?? []).some(({ path }) =>
          taken.some((other) => other.fix.files?.some((each) => each.path === path)),
        );
      if (clash && !fix.remakes) continue;
      edits.push(...fix.edits);
      guards.push(...(fix.guards ?? []));
      if (clash) continue;
      for (const index of moved) structural.add(index);
      for (const index of [...fix.changes.edits, ...moved]) touched.add(index);
      taken.push(report);
    }
    return taken;
  }

  /** Applies what can be shown to hold; fixes that break a promise are reported as rejected. */
  #apply(chosen: readonly AppliedFix[]): { file: Dockerfile; taken: AppliedFix[] } {
    // What was rejected before is tried again: the text, or what it was tried with, may have changed.
    this.#rejected = [];
    if (chosen.length === 0) return { file: this.#file, taken: [] };
    const together = applyChecked(
      this.#file,
      chosen.map((each) => each.fix),
    );
    if (together.ok) return { file: together.file, taken: [...chosen] };
    const taken: AppliedFix[] = [];
    let file = this.#file;
    for (const each of chosen) {
      const checked = applyChecked(
        this.#file,
        [...taken, each].map((other) => other.fix),
      );
      if (checked.ok) {
        taken.push(each);
        file = checked.file;
      } else this.#rejected.push({ ...each, why: checked.why });
    }
    return { file, taken };
  }

  #unstable(why: string, last?: readonly AppliedFix[]): UnstableFixError {
    const lastPass = this.#applied.at(-1)?.pass;
    const ids = (last ?? this.#applied.filter((each) => each.pass === lastPass)).map((each) => each.transform.id);
    return new UnstableFixError(why, [...new Set(ids)]);
  }
}

function isImage(reference: string): boolean {
  return reference !== 'scratch';
}

/** Whether a planned report is a fix. */
export function isFix(report: Report | AppliedFix): report is AppliedFix {
  return 'fix' in report;
}

function instructionAt(file: Dockerfile, span: Span): Instruction | undefined {
  const instructions = file.instructions;
  let low = 0;
  let high = instructions.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const each = instructions[middle]!;
    if (span.start < each.extent.start) high = middle - 1;
    else if (span.start > Math.max(each.extent.end, each.span.end)) low = middle + 1;
    else return each;
  }
  return undefined;
}
