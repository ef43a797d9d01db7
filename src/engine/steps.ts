import type { Dockerfile } from '../dockerfile/index.ts';
import type { Facts, Needs, Transform } from '../transform/index.ts';
import { type AppliedFix, type FixOptions, type FixResult, FixSession, isFix, type RejectedFix } from './fix.ts';
import { UnstableFixError } from './unstable-fix-error.ts';

type Step =
  | { readonly kind: 'taken'; readonly fix: AppliedFix }
  | { readonly kind: 'edited'; readonly fix: AppliedFix; readonly text: string }
  | { readonly kind: 'refused'; readonly key: string }
  | { readonly kind: 'rejected'; readonly key: string; readonly fix: RejectedFix }
  | { readonly kind: 'answered'; readonly transform: string; readonly values: Readonly<Record<string, unknown>> };

/**
 * One file fixed step by step: a person takes or refuses each fix, and what is left is planned again on the text that
 * this leaves. Every step can be taken back.
 */
export class StepSession {
  readonly #source: string;
  readonly #options: FixOptions;
  #session: FixSession;
  #steps: Step[] = [];

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
    return this.#session.needs();
  }

  /** The fixes that wait for a decision, in the order in which a run takes them, of every safety. */
  open(facts: Facts): readonly AppliedFix[] {
    const fixes = this.#session.fixes(facts);
    const closed = new Set(this.#steps.flatMap((step) => ('key' in step ? step.key : [])));
    return closed.size === 0 ? fixes : fixes.filter((each) => !closed.has(this.#key(each)));
  }

  /** Takes an open fix; where it cannot be taken, says why, and it is open no more. */
  take(fix: AppliedFix): string | undefined {
    const why = this.#tried(fix);
    if (why === undefined) this.#steps.push({ kind: 'taken', fix });
    else this.#steps.push({ kind: 'rejected', key: this.#key(fix), fix: { ...fix, why } });
    return why;
  }

  /** Takes the text that a person made of an open fix. Throws DockerfileSyntaxError, and UnstableFixError. */
  takeText(fix: AppliedFix, text: string): void {
    if (text === this.file.source) {
      this.refuse(fix);
      return;
    }
    this.#session.takeText(fix, text);
    this.#steps.push({ kind: 'edited', fix, text });
  }

  /** Refuses an open fix: it is not offered again at its place. */
  refuse(fix: AppliedFix): void {
    this.#steps.push({ kind: 'refused', key: this.#key(fix) });
  }

  /** Gives options of a transform the values that a person answered. */
  answer(transform: Transform, values: Readonly<Record<string, unknown>>): void {
    this.#steps.push({ kind: 'answered', transform: transform.id, values });
    this.#replay();
  }

  /** Goes back to where so many steps had been taken. */
  undo(steps: number): void {
    this.#steps = this.#steps.slice(0, steps);
    this.#replay();
  }

  /** What came of it; what was refused is among the remaining. */
  result(facts: Facts): FixResult {
    this.#session.findings(facts);
    const result = this.#session.result();
    const failed = this.#steps.flatMap((step) => (step.kind === 'rejected' ? step : []));
    const keys = new Set(failed.map((each) => each.key));
    const remaining = result.remaining.filter((each) => !isFix(each) || !keys.has(this.#key(each)));
    return { ...result, remaining, rejected: failed.map((each) => each.fix) };
  }

  /** Offsets of steps count in the text of their moment, so the same steps lead to the same text. */
  #replay(): void {
    const options: Record<string, Readonly<Record<string, unknown>>> = { ...this.#options.options };
    for (const step of this.#steps) {
      if (step.kind === 'answered') options[step.transform] = { ...options[step.transform], ...step.values };
    }
    this.#session = new FixSession(this.#source, { ...this.#options, options });
    for (const step of this.#steps) {
      if (step.kind === 'taken') this.#session.take([step.fix]);
      else if (step.kind === 'edited') this.#session.takeText(step.fix, step.text);
    }
  }

  #tried(fix: AppliedFix): string | undefined {
    try {
      return this.#session.take([fix]) ? undefined : this.#session.result().rejected[0]!.why;
    } catch (error) {
      if (error instanceof UnstableFixError) return 'it would undo what was done before';
      throw error;
    }
  }

  /** The same replacement at the same place of the source is the same fix, whatever was done around it. */
  #key({ transform, fix }: AppliedFix): string {
    const edits = fix.edits.map(({ start, text }) => [this.#session.originOf(start), text]);
    return JSON.stringify([transform.id, edits, fix.files?.map((file) => [file.path, file.after]) ?? []]);
  }
}
