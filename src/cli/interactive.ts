import { DockerfileSyntaxError } from '../dockerfile/index.ts';
import {
  type AppliedFix,
  type Disputed,
  type Doubt,
  Gatherer,
  type Job,
  optionsFor,
  StepSession,
  withBuilds,
} from '../engine/index.ts';
import { fixCard, visible } from '../report/index.ts';
import type { Facts, Transform } from '../transform/index.ts';
import { askValues } from './ask-values.ts';
import { editText } from './editor.ts';
import type { Fixer, Loaded } from './fixers.ts';
import { type Entry, ProofTalk, proofOf } from './proof-talk.ts';
import type { Proofs, ProvenResult } from './proofs.ts';
import { Interrupted, Screen } from './screen.ts';
import { SessionProofs } from './session-proofs.ts';
import { lacksValues, noRules, type Rules, ruleFor, withAnswer } from './session-rules.ts';
import { type FixKey, helpAt, keysAt } from './session-words.ts';
import { contextOf, type OpenPorts, type Terminal, type Wiring } from './wiring.ts';

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
    proves: true,
    fix: (loaded, ports, proofs) => new Interactive(loaded, ports, proofs, options).go(),
  };
}

/** A decision can be taken back: what held before it. */
interface Decision {
  readonly at: number;
  readonly steps: readonly number[];
  readonly rules: Rules;
}

/** A fix that a person decides on; `disputed` where it was taken, and did not hold. */
interface Card {
  readonly fix: AppliedFix;
  readonly disputed?: Disputed;
}

class Interactive {
  readonly #entries: readonly Entry[];
  readonly #gatherer: Gatherer;
  readonly #options: InteractiveOptions;
  readonly #screen: Screen;
  readonly #proofs: SessionProofs | undefined;
  readonly #talk: ProofTalk | undefined;
  readonly #maker: Proofs | undefined;
  readonly #decisions: Decision[] = [];
  /** The values that were answered last, by transform id: other files get them where all fixes of one are applied. */
  readonly #values = new Map<string, Readonly<Record<string, unknown>>>();
  #rules = noRules;
  #at = 0;
  #shownFile = -1;
  #hasEnded = false;

  constructor(loaded: readonly Loaded[], ports: OpenPorts, proofs: Proofs | undefined, options: InteractiveOptions) {
    this.#gatherer = new Gatherer(ports);
    this.#options = options;
    this.#screen = new Screen(options.terminal, options.color);
    this.#maker = proofs;
    this.#entries = loaded.map(({ settings, job }) => {
      try {
        return { job, session: new StepSession(job.source, optionsFor(job, settings)) };
      } catch (error) {
        return { job, session: undefined, error };
      }
    });
    if (!proofs) return;
    const originalOf = async ({ path, source }: Job) => ({
      path,
      source,
      context: await contextOf({ path, source }, ports),
    });
    this.#proofs = new SessionProofs(
      proofs,
      this.#entries.map(({ job, session }) => ({ session, original: () => originalOf(job) })),
    );
    this.#talk = new ProofTalk(this.#proofs, this.#screen, this.#entries, options.shown);
  }

  /** Throws Interrupted where the person left without wanting anything written. */
  async go(): Promise<ProvenResult[]> {
    try {
      // All at once, so that nobody waits between files; what fails is asked for again where it matters.
      await Promise.allSettled(this.#entries.map(async ({ job, session }) => session && this.#facts(job, session)));
      this.#screen.keys.open();
      do while (this.#at < this.#entries.length || this.#disputed) await this.#nextDecision();
      while (!(await this.#isSettled()));
      // A terminal that goes away ends the input, perhaps before its signal is heard.
      if (this.#maker && this.#hasEnded) await new Promise((resolve) => setTimeout(resolve, 50));
      if (this.#maker?.isInterrupted) throw new Interrupted();
    } finally {
      this.#proofs?.close();
      this.#screen.keys.close();
    }
    this.#talk?.conclude();
    return Promise.all(this.#entries.map((entry, file) => this.#resultOf(entry, file)));
  }

  async #resultOf({ job, session, error }: Entry, file: number): Promise<ProvenResult> {
    if (!session || error !== undefined) return { path: job.path, error };
    try {
      const facts = await this.#facts(job, session);
      const result = session.result(facts);
      if (!this.#proofs) return { path: job.path, result, facts };
      const proof = this.#proofs.summary(file);
      const proven = withBuilds(result, this.#proofs.unproven(file));
      return { path: job.path, result: proven, facts, ...(proof && { proof }) };
    } catch (fault) {
      return { path: job.path, error: fault };
    }
  }

  async #isSettled(): Promise<boolean> {
    if (!this.#talk) return true;
    const { done, leaves } = await this.#talk.settle(this.#isLeaving);
    if (leaves) this.#rules = { ...this.#rules, left: true };
    return done;
  }

  get #isLeaving(): boolean {
    return this.#rules.left || this.#rules.settled;
  }

  #facts(job: Job, session: StepSession): Promise<Facts> {
    return this.#gatherer.facts(job, session.needs());
  }

  /** Hears what builds have shown; true where what is to be decided is another thing now. */
  async #heed(): Promise<boolean> {
    if (!this.#talk) return false;
    const { changed, leaves } = await this.#talk.heed(this.#isLeaving);
    if (leaves) this.#rules = { ...this.#rules, left: true };
    return changed;
  }

  get #disputed(): { readonly file: number; readonly disputed: Disputed } | undefined {
    if (!this.#proofs) return undefined;
    for (const [file, { session, error }] of this.#entries.entries()) {
      const [disputed] = error === undefined ? (session?.disputed() ?? []) : [];
      if (disputed) return { file, disputed };
    }
    return undefined;
  }

  async #nextDecision(): Promise<void> {
    await this.#heed();
    const found = this.#disputed;
    if (found) this.#at = found.file;
    const entry = this.#entries[this.#at];
    if (!entry) return;
    const { job, session } = entry;
    try {
      if (found) await this.#dispute(job, session!, found.disputed);
      else {
        const isOpen = session && entry.error === undefined && !this.#rules.left;
        const open = isOpen ? await this.#open(job, session) : [];
        if (open.length === 0) this.#at++;
        else await this.#decide(job, session!, { fix: open[0]! }, open.length);
      }
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      entry.error = error;
    }
    this.#proofs?.update();
  }

  async #dispute(job: Job, session: StepSession, disputed: Disputed): Promise<void> {
    const { fix } = disputed;
    if (this.#isLeaving || this.#rules.none.has(fix.transform.id)) session.dismiss(disputed);
    else {
      session.open(await this.#facts(job, session));
      await this.#decide(job, session, { fix, disputed }, 1);
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
      if (lacksValues(this.#rules, job, fix))
        this.#answer(job, session, fix.transform, this.#values.get(fix.transform.id) ?? {});
      else this.#take(session, fix);
    }
  }

  #ruleFor(job: Job, fix: AppliedFix): 'take' | 'refuse' | undefined {
    const isDoubted = this.#doubtOf({ fix }) !== undefined;
    return ruleFor(this.#rules, job, fix, { isDoubted, isKnown: this.#values.has(fix.transform.id) });
  }

  /** Why builds do not show a fix to be right, as far as that is known. */
  #doubtOf({ fix, disputed }: Card): Doubt | undefined {
    if (disputed) return disputed.doubt;
    const shown = this.#proofs?.isOn(this.#at) ? this.#proofs.shown(this.#at, fix) : undefined;
    return shown && !shown.holds ? shown : undefined;
  }

  async #decide(job: Job, session: StepSession, card: Card, open: number): Promise<void> {
    this.#show(job, card);
    for (;;) {
      const doubt = this.#doubtOf(card);
      const keys = keysAt(!card.disputed && this.#proofs?.isOn(this.#at) === true, doubt !== undefined);
      const pressed = await this.#ask(open, keys);
      if (pressed === undefined) {
        if (await this.#heed()) return;
        continue;
      }
      this.#hasEnded ||= pressed === 'end';
      const key = (pressed === 'end' ? 'q' : pressed.character) as FixKey;
      if (doubt && (key === 'y' || key === 'a')) {
        this.#screen.say('no build shows that it is right: k keeps it without proof, n leaves it');
      } else if (key === '?' || !keys.includes(key)) {
        this.#screen.say(helpAt(card.fix.transform, keys, this.#screen.columns - 2));
      } else if (key === 'b') {
        this.#proofs!.ask(this.#at, card.fix);
      } else if (key === 'u') {
        if (this.#undo()) return;
        this.#screen.say('nothing was decided yet');
      } else {
        this.#decisions.push({
          at: this.#at,
          steps: this.#entries.map((each) => each.session?.steps ?? 0),
          rules: this.#rules,
        });
        if (await this.#follow(key, job, session, card)) return;
        this.#decisions.pop();
      }
    }
  }

  /** Does what a key stands for; false where nothing came of it, and the same fix is asked about again. */
  async #follow(key: FixKey, job: Job, session: StepSession, card: Card): Promise<boolean> {
    const { all, none, whole } = this.#rules;
    const { fix, disputed } = card;
    const { id } = fix.transform;
    switch (key) {
      case 'n':
        if (disputed) session.dismiss(disputed);
        else session.refuse(fix);
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
        return this.#edit(session, card);
      default:
        if (!disputed && lacksValues(this.#rules, job, fix)) {
          const answered = await this.#askValues(job, session, fix);
          if (!answered) return false;
          // With other values the fix is another one, which is shown before it is applied.
          if (answered === 'changed' && key !== 'a') return true;
        }
        if (key === 'a') this.#rules = { ...this.#rules, all: new Set([...all, id]) };
        else if (key === 'k') this.#keep(session, card);
        else this.#take(session, fix);
        return true;
    }
  }

  #keep(session: StepSession, card: Card): void {
    const { why } = this.#doubtOf(card)!;
    if (card.disputed) session.keep(card.disputed);
    else if (!this.#take(session, card.fix)) return;
    this.#proofs?.give(this.#at, card.fix, why);
  }

  async #askValues(
    job: Job,
    session: StepSession,
    { transform, fix }: AppliedFix,
  ): Promise<'same' | 'changed' | false> {
    const asks = fix.asks ?? [];
    const last = this.#values.get(transform.id);
    const questions = asks.map((each) => ({ ...each, default: String(last?.[each.option] ?? each.default) }));
    this.#screen.keys.close();
    const values = await askValues(transform, questions, this.#options.terminal);
    if (values === 'interrupt') throw new Interrupted();
    this.#screen.keys.open();
    if (values === 'back') return false;
    this.#values.set(transform.id, values);
    if (asks.every((each) => String(values[each.option]) === each.default)) {
      this.#rules = withAnswer(this.#rules, job, transform);
      return 'same';
    }
    this.#answer(job, session, transform, values);
    return 'changed';
  }

  #answer(job: Job, session: StepSession, transform: Transform, values: Readonly<Record<string, unknown>>): void {
    session.answer(transform, values);
    this.#rules = withAnswer(this.#rules, job, transform);
  }

  #take(session: StepSession, fix: AppliedFix): boolean {
    const why = session.take(fix);
    if (why !== undefined) this.#screen.say(`${visible(fix.fix.title)}: not applied, ${why}`);
    return why === undefined;
  }

  async #edit(session: StepSession, { fix, disputed }: Card): Promise<boolean> {
    const before = session.steps;
    const why = disputed ? undefined : session.take(fix);
    if (why !== undefined) {
      this.#screen.say(`not applied, ${why}`);
      return true;
    }
    // Where the fix cannot stand any more, what there is without it is where to start.
    const text = (disputed && session.textWith(disputed)) ?? session.file.source;
    session.undo(before);
    this.#screen.keys.close();
    const edited = await editText('Dockerfile', text, this.#options.environment);
    this.#screen.keys.open();
    if ('failed' in edited) {
      this.#screen.say(`not applied: ${edited.failed}`);
      return false;
    }
    try {
      if (disputed) {
        if (edited.text === text) return false;
        session.takeTextOf(disputed, edited.text);
      }
      // Left as the fix has it, it is the fix.
      else if (edited.text === text) session.take(fix);
      else session.takeText(fix, edited.text);
      return true;
    } catch (error) {
      if (!(error instanceof DockerfileSyntaxError)) throw error;
      const place = `line ${error.position.line}: ${visible(error.message)}`;
      this.#screen.say(`not applied, as no builder takes this text: ${place}`);
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
    this.#screen.say('undone');
    return true;
  }

  #show(job: Job, card: Card): void {
    const { columns, paint } = this.#screen;
    const isProven = this.#proofs?.isOn(this.#at) === true;
    if (this.#shownFile !== this.#at) {
      this.#shownFile = this.#at;
      const place = this.#entries.length > 1 ? ` (file ${this.#at + 1} of ${this.#entries.length})` : '';
      this.#screen.write(`\n${paint.bold(visible(this.#options.shown(job.path)))}${place}\n`);
      if (isProven && this.#proofs!.reach(this.#at)) {
        this.#screen.say(
          paint.dim(`building it as it is, to prove fixes against: ${this.#maker!.label.replace(/ \(.*$/, '')}`),
        );
      }
    }
    const shown = card.disputed?.doubt ?? (isProven ? this.#proofs!.shown(this.#at, card.fix) : undefined);
    const proof = shown && proofOf(shown);
    this.#screen.write(`\n${fixCard(card.fix, { color: this.#options.color, columns, proof })}\n`);
  }

  #ask(open: number, keys: readonly FixKey[]): ReturnType<Screen['ask']> {
    const more = open > 1 ? ` (${open - 1} more in this file)` : '';
    const how = keys.includes('k') ? ' without proof' : '';
    const wait = () => (this.#proofs?.isAsked(this.#at) ? this.#talk!.waiting : '');
    return this.#screen.ask(() => `${wait()}Apply this fix${how}?${more} [${keys.join(',')}] `, this.#proofs?.news());
  }
}
