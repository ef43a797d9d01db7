import { type Dockerfile, DockerfileSyntaxError } from '../dockerfile/index.ts';
import { applyEdits, editBetween } from '../edit/index.ts';
import { type ContextFacts, type Facts, isAvailable, type Needs, type Transform } from '../transform/index.ts';
import {
  type AppliedFix,
  type FixOptions,
  type FixResult,
  FixSession,
  fixKey,
  isFix,
  type RejectedFix,
} from './fix.ts';
import { UnstableFixError } from './unstable-fix-error.ts';

/** Why a fix that was taken should not have been: a sentence, and the lines that show it. */
export interface Doubt {
  readonly why: string;
  readonly lines: readonly string[];
}

/** A fix that was taken, and taken out again for a doubt; a person decides what becomes of it. */
export interface Disputed {
  readonly fix: AppliedFix;
  readonly doubt: Doubt;
  /** What tells it from the other fixes of its file. */
  readonly key: string;
}

interface Taken {
  readonly kind: 'taken';
  readonly fix: AppliedFix;
  readonly key: string;
  /** What a person made of it; absent where it was taken as it is. */
  readonly text?: string;
  /** It is left out, unless it was kept all the same. */
  readonly doubt?: Doubt;
}

type Step =
  | Taken
  | { readonly kind: 'kept'; readonly key: string }
  | { readonly kind: 'refused'; readonly key: string }
  | { readonly kind: 'rejected'; readonly key: string; readonly fix: RejectedFix }
  | { readonly kind: 'answered'; readonly transform: string; readonly values: Readonly<Record<string, unknown>> };

/**
 * One file fixed step by step: a person takes or refuses each fix, and what is left is planned again on the text that
 * this leaves. Every step can be taken back, and a fix can be taken out from among the others.
 */
export class StepSession {
  readonly #source: string;
  readonly #options: FixOptions;
  #session: FixSession;
  #steps: readonly Step[] = [];
  /** All that was ever needed: fixes that are taken out lead back to texts of before. */
  #needs: Needs = {};
  #facts: Facts | undefined;

  constructor(source: string, options: FixOptions) {
    this.#source = source;
    // A person may take a fix of any safety, so that the facts of all are wanted.
    const choice = { safety: 'unsafe', accept: options.transforms.map(({ id }) => id) } as const;
    this.#options = { ...options, choice };
    this.#session = new FixSession(source, this.#options);
  }

  get file(): Dockerfile {
    return this.#session.file;
  }

  /** How many steps were taken: what `undo` goes back to. */
  get steps(): number {
    return this.#steps.length;
  }

  needs(): Needs {
    this.#needs = union(this.#needs, this.#session.needs());
    return this.#needs;
  }

  /** The fixes that wait for a decision, in the order in which a run takes them, of every safety. */
  open(facts: Facts): readonly AppliedFix[] {
    this.#facts = facts;
    const fixes = this.#session.fixes(facts);
    const closed = new Set(this.#steps.flatMap((step) => ('key' in step && !isIn(step, this.#steps) ? step.key : [])));
    return closed.size === 0 ? fixes : fixes.filter((each) => !closed.has(this.keyOf(each)));
  }

  /** The build context, once the facts are known. */
  get context(): ContextFacts | undefined {
    const context = this.#facts?.context();
    return context && isAvailable(context) ? context : undefined;
  }

  /** The same replacement at the same place of the source is the same fix, whatever was done around it. */
  keyOf(fix: AppliedFix): string {
    return keyIn(this.#session, fix);
  }

  /** Takes an open fix; where it cannot be taken, says why, and it is open no more. */
  take(fix: AppliedFix): string | undefined {
    const key = this.keyOf(fix);
    const why = this.#tried(fix);
    if (why === undefined) this.#add({ kind: 'taken', fix, key });
    else this.#add({ kind: 'rejected', key, fix: { ...fix, why } });
    return why;
  }

  /** Takes the text that a person made of an open fix. Throws DockerfileSyntaxError, and UnstableFixError. */
  takeText(fix: AppliedFix, text: string): void {
    if (text === this.file.source) {
      this.refuse(fix);
      return;
    }
    const key = this.keyOf(fix);
    const before = this.file.source;
    this.#session.takeText(fix, text);
    this.#add({ kind: 'taken', fix: { ...fix, before }, key, text });
  }

  /** Refuses an open fix: it is not offered again at its place. */
  refuse(fix: AppliedFix): void {
    this.#add({ kind: 'refused', key: this.keyOf(fix) });
  }

  /** Gives options of a transform the values that a person answered. */
  answer(transform: Transform, values: Readonly<Record<string, unknown>>): void {
    this.#add({ kind: 'answered', transform: transform.id, values });
    this.#replay();
  }

  /** Goes back to where so many steps had been taken. */
  undo(steps: number): void {
    this.#steps = this.#steps.slice(0, steps);
    this.#replay();
  }

  /**
   * Takes fixes out from among those that were taken, by their keys of `fixKey`; gives those that rest on them and go
   * with them. What is left stands as if they had never been there.
   */
  withdraw(doubts: ReadonlyMap<string, Doubt>): readonly AppliedFix[] {
    this.#steps = this.#steps.map((step) => {
      const doubt = step.kind === 'taken' && isIn(step, this.#steps) ? doubts.get(fixKey(step.fix)) : undefined;
      return doubt ? { ...(step as Taken), doubt } : step;
    });
    return this.#replay();
  }

  /** The fixes that were taken out, and that nobody has decided on since. */
  disputed(): readonly Disputed[] {
    const decided = new Set(
      this.#steps.flatMap((each) => (each.kind === 'refused' || each.kind === 'kept' ? each.key : [])),
    );
    return this.#steps.flatMap((each) => {
      if (each.kind !== 'taken' || !each.doubt || decided.has(each.key)) return [];
      const { fix, doubt, key, text } = each;
      const edits = text === undefined ? fix.fix.edits : [editBetween(fix.before, text)];
      const evidence = text === undefined ? fix.fix.evidence : [];
      return [{ fix: { ...fix, fix: { ...fix.fix, edits, evidence } }, doubt, key }];
    });
  }

  /** Takes a disputed fix all the same, at its old place. */
  keep({ key }: Disputed): void {
    this.#add({ kind: 'kept', key });
    this.#replay();
  }

  /** Leaves a disputed fix out for good. */
  dismiss({ key }: Disputed): void {
    this.#add({ kind: 'refused', key });
  }

  /** The text with a disputed fix in it; undefined where it cannot stand there any more. */
  textWith({ key }: Disputed): string | undefined {
    const { session, lost } = this.#built([...this.#steps, { kind: 'kept', key }]);
    return lost.some((each) => each.key === key) ? undefined : session.file.source;
  }

  /** Takes the text that a person made of a disputed fix. Throws DockerfileSyntaxError, and UnstableFixError. */
  takeTextOf({ key, fix }: Disputed, text: string): void {
    const before = this.file.source;
    if (text !== before) this.#session.takeText(fix, text);
    this.#add({ kind: 'refused', key });
    if (text !== before) this.#add({ kind: 'taken', fix: { ...fix, before }, key: `${key} edited`, text });
  }

  /** What the steps so far, and one more open fix, give when only some of the fixes are taken, by their keys of `fixKey`. */
  planner(extra?: AppliedFix): (allowed?: ReadonlySet<string>) => FixResult {
    const more: Step[] = extra ? [{ kind: 'taken', fix: extra, key: this.keyOf(extra) }] : [];
    const steps = [...this.#steps, ...more];
    const facts = this.#facts;
    return (allowed) => this.#built(steps, allowed, facts).session.result();
  }

  /** What came of it; what was refused is among the remaining. */
  result(facts: Facts): FixResult {
    this.#session.findings(facts);
    const result = this.#session.result();
    const failed = this.#steps.flatMap((step) => (step.kind === 'rejected' ? step : []));
    const doubted = this.#steps.flatMap((step) => {
      if (step.kind !== 'taken' || !step.doubt || isIn(step, this.#steps)) return [];
      return { key: step.key, fix: { ...step.fix, ...step.doubt } };
    });
    const keys = new Set([...failed, ...doubted].map((each) => each.key));
    const remaining = result.remaining.filter((each) => !isFix(each) || !keys.has(this.keyOf(each)));
    return { ...result, remaining, rejected: [...failed, ...doubted].map((each) => each.fix) };
  }

  #add(step: Step): void {
    this.#steps = [...this.#steps, step];
  }

  #replay(): readonly AppliedFix[] {
    const { session, lost } = this.#built(this.#steps);
    this.#session = session;
    return lost.map((each) => each.fix);
  }

  /**
   * Offsets of steps count in the text of their moment, so the same steps lead to the same text. Where some are left
   * out, those after them are looked for in what is planned then, and lost where they are not just the same.
   */
  #built(
    steps: readonly Step[],
    allowed?: ReadonlySet<string>,
    facts = this.#facts,
  ): { readonly session: FixSession; readonly lost: readonly Taken[] } {
    const options: Record<string, Readonly<Record<string, unknown>>> = { ...this.#options.options };
    for (const step of steps) {
      if (step.kind === 'answered') options[step.transform] = { ...options[step.transform], ...step.values };
    }
    const session = new FixSession(this.#source, { ...this.#options, options });
    const lost: Taken[] = [];
    let diverged = false;
    for (const step of steps) {
      if (step.kind !== 'taken') continue;
      if (!isIn(step, steps) || (allowed && !allowed.has(fixKey(step.fix)))) diverged = true;
      else if (!(diverged && facts ? retaken(session, step, facts) : takenBy(session, step))) lost.push(step);
    }
    return { session, lost };
  }

  #tried(fix: AppliedFix): string | undefined {
    try {
      return this.#session.take([fix]) ? undefined : this.#session.result().rejected[0]!.why;
    } catch (error) {
      if (error instanceof UnstableFixError) return 'it would undo what was done before';
      throw error;
    }
  }
}

/** Whether a step is part of the text. */
function isIn(step: Step, steps: readonly Step[]): boolean {
  if (step.kind !== 'taken') return false;
  return !step.doubt || steps.some((each) => each.kind === 'kept' && each.key === step.key);
}

function keyIn(session: FixSession, { transform, fix }: AppliedFix): string {
  const edits = fix.edits.map(({ start, text }) => [session.originOf(start), text]);
  return JSON.stringify([transform.id, edits, fix.files?.map((file) => [file.path, file.after]) ?? []]);
}

function takenBy(session: FixSession, { fix, text }: Taken): boolean {
  if (text === undefined) return session.take([fix]);
  session.takeText(fix, text);
  return true;
}

/** Takes what is the same in another text; false where it is not there. */
function retaken(session: FixSession, { fix, text, key }: Taken, facts: Facts): boolean {
  try {
    if (text === undefined) {
      const found = session.fixes(facts).find((each) => keyIn(session, each) === key);
      return found !== undefined && session.take([found]);
    }
    const rebased = rebase(text, fix.before, session.file.source);
    if (rebased === undefined) return false;
    session.takeText(fix, rebased);
    return true;
  } catch (error) {
    if (error instanceof UnstableFixError || error instanceof DockerfileSyntaxError) return false;
    throw error;
  }
}

/** What became of a text, done to another one that it came from; undefined where the two changes meet. */
function rebase(text: string, before: string, now: string): string | undefined {
  const own = editBetween(before, text);
  const other = editBetween(before, now);
  const moved = other.text.length - (other.end - other.start);
  if (own.end < other.start) return applyEdits(now, [own]);
  if (own.start > other.end) return applyEdits(now, [{ ...own, start: own.start + moved, end: own.end + moved }]);
  return undefined;
}

function union(a: Needs, b: Needs): Needs {
  const both: Record<string, unknown> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = both[name];
    both[name] =
      Array.isArray(value) && Array.isArray(known) ? [...new Set([...known, ...value])] : known === true || value;
  }
  return both;
}
