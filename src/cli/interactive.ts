import { DockerfileSyntaxError } from '../dockerfile/index.ts';
import { type AppliedFix, Gatherer, type Job, type JobResult, optionsFor, StepSession } from '../engine/index.ts';
import { fixCard, type Paint, paintFor, visible, wrapped } from '../report/index.ts';
import type { Facts, Transform } from '../transform/index.ts';
import { askValues } from './ask-values.ts';
import { editText } from './editor.ts';
import type { Fixer, Loaded } from './fixers.ts';
import { KeyReader, type Pressed } from './keys.ts';
import type { OpenPorts, Terminal, Wiring } from './wiring.ts';

/** A person left an interactive session so that nothing is to be written. */
export class Interrupted extends Error {
  constructor() {
    super('left without a change');
    this.name = 'Interrupted';
  }
}

export interface InteractiveOptions {
  readonly terminal: Terminal;
  readonly environment: Wiring['environment'];
  readonly color: boolean;
  /** Spells a path for people. */
  shown(path: string): string;
}

/** Asks about every fix. All files are held until the end, so that leaving can leave them all as they are. */
export function interactiveFixer(options: InteractiveOptions): Fixer {
  return {
    batchSize: Number.POSITIVE_INFINITY,
    fix: (loaded, ports) => new Interactive(loaded, ports, options).go(),
  };
}

/** One file of the session; `error` where it has no result. */
interface Entry {
  readonly job: Job;
  readonly session: StepSession | undefined;
  error?: unknown;
}

/** What was decided for more than one fix. */
interface Rules {
  readonly all: ReadonlySet<string>;
  readonly none: ReadonlySet<string>;
  /** Files, by path, all of whose fixes are applied. */
  readonly whole: ReadonlySet<string>;
  /** Transforms whose values were answered, as file and id. */
  readonly answered: ReadonlySet<string>;
  /** The safe rest is applied, and nothing more is asked. */
  readonly settled: boolean;
  /** Everything else is left as it is. */
  readonly left: boolean;
}

/** A decision can be taken back: what held before it. */
interface Decision {
  readonly at: number;
  readonly steps: readonly number[];
  readonly rules: Rules;
}

const keys = 'y,n,a,d,f,s,e,u,?,q';

class Interactive {
  readonly #entries: readonly Entry[];
  readonly #gatherer: Gatherer;
  readonly #options: InteractiveOptions;
  readonly #keys: KeyReader;
  readonly #paint: Paint;
  readonly #decisions: Decision[] = [];
  /** The values that were answered last, by transform id: other files get them where all fixes of one are applied. */
  readonly #values = new Map<string, Readonly<Record<string, unknown>>>();
  #rules: Rules = {
    all: new Set(),
    none: new Set(),
    whole: new Set(),
    answered: new Set(),
    settled: false,
    left: false,
  };
  #at = 0;
  #shownFile = -1;

  constructor(loaded: readonly Loaded[], ports: OpenPorts, options: InteractiveOptions) {
    this.#gatherer = new Gatherer(ports);
    this.#options = options;
    this.#keys = new KeyReader(options.terminal.input);
    this.#paint = paintFor(options.color);
    this.#entries = loaded.map(({ settings, job }) => {
      try {
        return { job, session: new StepSession(job.source, optionsFor(job, settings)) };
      } catch (error) {
        return { job, session: undefined, error };
      }
    });
  }

  /** Throws Interrupted where the person left without wanting anything written. */
  async go(): Promise<JobResult[]> {
    try {
      // All at once, so that nobody waits between files; what fails is asked for again where it matters.
      await Promise.allSettled(this.#entries.map(async ({ job, session }) => session && this.#facts(job, session)));
      this.#keys.open();
      while (this.#at < this.#entries.length) await this.#nextDecision();
    } finally {
      this.#keys.close();
    }
    return Promise.all(
      this.#entries.map(async ({ job, session, error }) => {
        if (!session || error !== undefined) return { path: job.path, error };
        try {
          const facts = await this.#facts(job, session);
          return { path: job.path, result: session.result(facts), facts };
        } catch (fault) {
          return { path: job.path, error: fault };
        }
      }),
    );
  }

  #facts(job: Job, session: StepSession): Promise<Facts> {
    return this.#gatherer.facts(job, session.needs());
  }

  async #nextDecision(): Promise<void> {
    const entry = this.#entries[this.#at]!;
    try {
      const isOpen = entry.session && entry.error === undefined && !this.#rules.left;
      const open = isOpen ? await this.#open(entry.job, entry.session!) : [];
      if (open.length === 0) this.#at++;
      else await this.#decide(entry.job, entry.session!, open);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      entry.error = error;
    }
  }

  /** The fixes that a person has to decide on, after all that the rules decide. */
  async #open(job: Job, session: StepSession): Promise<readonly AppliedFix[]> {
    for (;;) {
      const planned = session.open(await this.#facts(job, session));
      const open = planned.filter((each) => this.#ruleFor(job, each) !== 'refuse');
      for (const each of planned) if (!open.includes(each)) session.refuse(each);
      const [fix] = open;
      if (!fix || this.#ruleFor(job, fix) !== 'take') return open;
      if (this.#lacksValues(job, fix))
        this.#answer(job, session, fix.transform, this.#values.get(fix.transform.id) ?? {});
      else this.#take(session, fix);
    }
  }

  #ruleFor(job: Job, { transform, fix }: AppliedFix): 'take' | 'refuse' | undefined {
    const { all, none, whole, settled } = this.#rules;
    if (none.has(transform.id)) return 'refuse';
    const canTake = !fix.asks?.length || this.#values.has(transform.id) || this.#hasAnswered(job, transform);
    if (all.has(transform.id) && canTake) return 'take';
    if (settled) return fix.safety === 'safe' ? 'take' : 'refuse';
    return whole.has(job.path) && fix.safety !== 'manual' && canTake ? 'take' : undefined;
  }

  #hasAnswered(job: Job, { id }: Transform): boolean {
    return this.#rules.answered.has(`${job.path}\0${id}`);
  }

  #lacksValues(job: Job, { transform, fix }: AppliedFix): boolean {
    return (fix.asks ?? []).length > 0 && !this.#hasAnswered(job, transform);
  }

  async #decide(job: Job, session: StepSession, open: readonly AppliedFix[]): Promise<void> {
    const fix = open[0]!;
    this.#show(job, fix);
    for (;;) {
      const pressed = await this.#ask(open.length);
      if (pressed === 'interrupt') throw new Interrupted();
      const key = pressed === 'end' ? 'q' : pressed.character;
      if (key === '?' || !keys.includes(key) || key === ',') {
        this.#say(this.#help(fix));
        continue;
      }
      if (key === 'u') {
        if (this.#undo()) return;
        this.#say('nothing was decided yet');
        continue;
      }
      this.#decisions.push({
        at: this.#at,
        steps: this.#entries.map((each) => each.session?.steps ?? 0),
        rules: this.#rules,
      });
      if (await this.#follow(key, job, session, fix)) return;
      this.#decisions.pop();
    }
  }

  /** Does what a key stands for; false where nothing came of it, and the same fix is asked about again. */
  async #follow(key: string, job: Job, session: StepSession, fix: AppliedFix): Promise<boolean> {
    const { all, none, whole } = this.#rules;
    const { id } = fix.transform;
    switch (key) {
      case 'n':
        session.refuse(fix);
        return true;
      case 'd':
        this.#rules = { ...this.#rules, none: new Set([...none, id]) };
        return true;
      case 'q':
        this.#rules = { ...this.#rules, left: true };
        return true;
      case 's':
        this.#rules = { ...this.#rules, settled: true };
        return true;
      case 'f':
        this.#rules = { ...this.#rules, whole: new Set([...whole, job.path]) };
        return true;
      case 'e':
        return this.#edit(session, fix);
      default:
        if (this.#lacksValues(job, fix)) {
          const answered = await this.#askValues(job, session, fix);
          if (!answered) return false;
          // With other values the fix is another one, which is shown before it is applied.
          if (answered === 'changed' && key === 'y') return true;
        }
        if (key === 'a') this.#rules = { ...this.#rules, all: new Set([...all, id]) };
        else this.#take(session, fix);
        return true;
    }
  }

  async #askValues(
    job: Job,
    session: StepSession,
    { transform, fix }: AppliedFix,
  ): Promise<'same' | 'changed' | false> {
    const asks = fix.asks ?? [];
    const last = this.#values.get(transform.id);
    const questions = asks.map((each) => ({ ...each, default: String(last?.[each.option] ?? each.default) }));
    this.#keys.close();
    const values = await askValues(transform, questions, this.#options.terminal);
    if (values === 'interrupt') throw new Interrupted();
    this.#keys.open();
    if (values === 'back') return false;
    this.#values.set(transform.id, values);
    if (asks.every((each) => String(values[each.option]) === each.default)) {
      this.#markAnswered(job, transform);
      return 'same';
    }
    this.#answer(job, session, transform, values);
    return 'changed';
  }

  #answer(job: Job, session: StepSession, transform: Transform, values: Readonly<Record<string, unknown>>): void {
    session.answer(transform, values);
    this.#markAnswered(job, transform);
  }

  #markAnswered(job: Job, { id }: Transform): void {
    this.#rules = { ...this.#rules, answered: new Set([...this.#rules.answered, `${job.path}\0${id}`]) };
  }

  #take(session: StepSession, fix: AppliedFix): void {
    const why = session.take(fix);
    if (why !== undefined) this.#say(`${visible(fix.fix.title)}: not applied, ${why}`);
  }

  #edit(session: StepSession, fix: AppliedFix): boolean {
    const before = session.steps;
    const why = session.take(fix);
    if (why !== undefined) {
      this.#say(`not applied, ${why}`);
      return true;
    }
    const text = session.file.source;
    session.undo(before);
    this.#keys.close();
    const edited = editText('Dockerfile', text, this.#options.environment);
    this.#keys.open();
    if ('failed' in edited) {
      this.#say(`not applied: ${edited.failed}`);
      return false;
    }
    try {
      // Left as the fix has it, it is the fix.
      if (edited.text === text) session.take(fix);
      else session.takeText(fix, edited.text);
      return true;
    } catch (error) {
      if (!(error instanceof DockerfileSyntaxError)) throw error;
      this.#say(`not applied, as no builder takes this text: line ${error.position.line}: ${visible(error.message)}`);
      return false;
    }
  }

  #undo(): boolean {
    const last = this.#decisions.pop();
    if (!last) return false;
    this.#at = last.at;
    this.#rules = last.rules;
    for (const [index, { session }] of this.#entries.entries()) {
      if (session && session.steps !== last.steps[index]) session.undo(last.steps[index]!);
    }
    this.#say('undone');
    return true;
  }

  #show(job: Job, fix: AppliedFix): void {
    const columns = Math.min(this.#options.terminal.output.columns ?? 80, 110);
    if (this.#shownFile !== this.#at) {
      this.#shownFile = this.#at;
      const place = this.#entries.length > 1 ? ` (file ${this.#at + 1} of ${this.#entries.length})` : '';
      this.#write(`\n${this.#paint.bold(visible(this.#options.shown(job.path)))}${place}\n`);
    }
    this.#write(`\n${fixCard(fix, { color: this.#options.color, columns })}\n`);
  }

  async #ask(open: number): Promise<Pressed> {
    const more = open > 1 ? ` (${open - 1} more in this file)` : '';
    this.#write(this.#paint.cyan(`Apply this fix?${more} [${keys}] `));
    const pressed = await this.#keys.next();
    this.#write(`${typeof pressed === 'string' ? '' : pressed.character}\n`);
    return pressed;
  }

  #help({ transform: { id, meta } }: AppliedFix): string {
    const width = Math.min(this.#options.terminal.output.columns ?? 80, 110) - 2;
    const lines = [
      ...wrapped(meta.why, width),
      ...wrapped(meta.safetyNote, width),
      '',
      'y  apply this fix',
      'n  leave this as it is',
      `a  apply all fixes of ${id}, in every file`,
      `d  apply no fix of ${id}`,
      'f  apply all fixes in this file but those that only a person can decide',
      's  settle: apply the safe ones of all that is left, write, and leave',
      'e  edit the file in your editor, with this fix applied',
      'u  undo the last decision',
      'q  write what was accepted, and leave; Ctrl-C leaves and writes nothing',
    ];
    return lines.join('\n');
  }

  #say(text: string): void {
    this.#write(`${text.replace(/^(?=.)/gm, '  ')}\n`);
  }

  #write(text: string): void {
    this.#options.terminal.output.write(text);
  }
}
