import { type AppliedFix, type Doubt, fixKey, type Job, type StepSession } from '../engine/index.ts';
import { changeSentence, proofCard, proofSentences, type ShownProof, visible } from '../report/index.ts';
import type { BuildError } from '../verify/index.ts';
import { Interrupted, type Screen } from './screen.ts';
import type { News, SessionProofs, Shown } from './session-proofs.ts';

/** One file of a session; `error` where it has no result. */
export interface Entry {
  readonly job: Job;
  readonly session: StepSession | undefined;
  error?: unknown;
}

/** What came of the news: the fixes that wait for a decision are others now, or the person leaves. */
export interface Heeded {
  readonly changed: boolean;
  readonly leaves: boolean;
}

/** What a person hears of the proofs of a session, and is asked where they fail. */
export class ProofTalk {
  readonly #proofs: SessionProofs;
  readonly #screen: Screen;
  readonly #entries: readonly Entry[];
  readonly #shown: (path: string) => string;

  constructor(proofs: SessionProofs, screen: Screen, entries: readonly Entry[], shown: (path: string) => string) {
    this.#proofs = proofs;
    this.#screen = screen;
    this.#entries = entries;
    this.#shown = shown;
  }

  /** Tells all that there is to tell. Throws Interrupted. */
  async heed(isLeaving: boolean): Promise<Heeded> {
    let changed = false;
    let leaves = false;
    for (const news of this.#proofs.takeNews()) {
      if (news.kind === 'refused') this.#refused(news, isLeaving);
      else if (news.kind === 'fault') leaves = (await this.#fault(news)) || leaves;
      else this.#tell(news);
      changed ||= news.kind === 'refused' || news.kind === 'fault';
    }
    if (changed) this.#proofs.release();
    return { changed, leaves };
  }

  /** Waits until all that was taken is proven; true where something came up that has to be decided. Throws Interrupted. */
  async settle(isLeaving: boolean): Promise<Heeded & { readonly done: boolean }> {
    for (;;) {
      const heeded = await this.heed(isLeaving);
      if (heeded.changed) return { ...heeded, done: false };
      this.#proofs.update();
      const waits = this.#entries.some((each, file) => each.error === undefined && !this.#proofs.isSettled(file));
      if (!waits) return { ...heeded, done: true };
      const prompt = () =>
        `Building what was accepted${this.#time()}; Ctrl-C writes nothing, k writes without proof [k] `;
      const pressed = await this.#screen.ask(prompt, this.#proofs.progress());
      if (pressed !== undefined && pressed !== 'end' && pressed.character === 'k') {
        this.#proofs.giveUp(undefined, 'the session ended before its proof');
      }
    }
  }

  /** How long the present build has gone on: a blank and words, or nothing. */
  #time(): string {
    const milliseconds = this.#proofs.buildingFor;
    return milliseconds === undefined ? '' : ` … ${Math.floor(milliseconds / 1000)} s`;
  }

  /** What stands before the question about a fix while a build that it waits for goes on. */
  get waiting(): string {
    return `Building with this fix${this.#time()}; wait, or decide. `;
  }

  /** Says what was built for each file that is written. */
  conclude(): void {
    for (const [file, { error, job }] of this.#entries.entries()) {
      const summary = error === undefined ? this.#proofs.summary(file) : undefined;
      if (!summary) continue;
      const place = this.#entries.length > 1 ? `${visible(this.#shown(job.path))}: ` : '';
      for (const line of proofSentences(summary)) this.#screen.tell(place + visible(line), this.#screen.paint.dim);
    }
  }

  #tell(news: Exclude<News, { kind: 'refused' | 'fault' }>): void {
    const { paint } = this.#screen;
    const place = this.#place(news.file);
    if (news.kind === 'shown')
      this.#screen.say(proofCard(proofOf(news.shown), this.#screen.columns - 2, paint).join('\n'));
    else if (news.kind === 'begun') {
      const size = `${(news.bytes / 1024 / 1024).toFixed(1)} MiB`;
      const time = `${(news.milliseconds / 1000).toFixed(1)} s`;
      this.#screen.tell(`${place}the Dockerfile builds as it is: ${size}, in ${time}`, paint.dim);
    } else {
      const { titles } = news;
      const what = titles.length === 1 ? visible(titles[0]!) : `${titles.length} fixes`;
      this.#screen.tell(`✔ ${place}proven: ${what}: ${visible(changeSentence(news.change))}`, paint.green);
    }
  }

  #refused({ file, doubts }: Extract<News, { kind: 'refused' }>, isLeaving: boolean): void {
    const { session } = this.#entries[file]!;
    if (!session) return;
    const known = new Set(session.disputed().map(({ key }) => key));
    const lost = session.withdraw(doubts);
    const { paint } = this.#screen;
    const say = (fix: AppliedFix, what: string, more: readonly string[] = []): void =>
      this.#screen.say([paint.red(`✘ ${this.#place(file)}${what}: ${visible(fix.fix.title)}`), ...more].join('\n'));
    for (const { fix, doubt, key } of session.disputed()) {
      if (known.has(key) || !doubts.has(fixKey(fix))) continue;
      // Who stays is shown the fix again, with the reason.
      const why = [doubt.why, ...doubt.lines.map((line) => `  ${line}`)].map((line) => `  ${visible(line)}`);
      say(fix, 'not applied', isLeaving ? why : []);
    }
    for (const fix of lost) say(fix, 'goes with it, as it rests on it');
  }

  /** True where the person leaves. */
  async #fault({ file, everywhere, error }: Extract<News, { kind: 'fault' }>): Promise<boolean> {
    const entry = this.#entries[file]!;
    const { name, kind, message, log } = error as BuildError;
    if (name !== 'BuildError') {
      entry.error = error;
      this.#proofs.giveUp(file, 'it has no result');
      return false;
    }
    if (kind === 'interrupted') throw new Interrupted();
    const { paint } = this.#screen;
    const head = paint.red(`✘ ${this.#place(file)}${visible(message)}`);
    this.#screen.say([head, ...log.map((line) => `  ${visible(line)}`)].join('\n'));
    const why = message.replace(/^nothing (?:more )?is proven: /, '');
    const question = everywhere
      ? 'k goes on without proof, q writes what is proven, and leaves [k,q] '
      : 'k goes on without proof, n leaves this file as it is, q so too, and leaves [k,n,q] ';
    for (;;) {
      const pressed = (await this.#screen.ask(() => question))!;
      const key = pressed === 'end' ? 'q' : pressed.character;
      if (key === 'k') {
        this.#proofs.giveUp(everywhere ? undefined : file, why);
        return false;
      }
      if (key !== 'q' && (key !== 'n' || everywhere)) continue;
      for (const [index, each] of this.#entries.entries()) {
        if (everywhere ? this.#proofs.isSettled(index) : index !== file) continue;
        each.error = error;
        each.session?.undo(0);
      }
      this.#proofs.giveUp(everywhere ? undefined : file, why);
      return key === 'q';
    }
  }

  #place(file: number): string {
    return this.#entries.length > 1 ? `${visible(this.#shown(this.#entries[file]!.job.path))}: ` : '';
  }
}

/** What builds showed of a fix, in words. */
export function proofOf(shown: Shown | Doubt): ShownProof {
  if ('why' in shown) return { holds: false, sentence: shown.why, lines: shown.lines };
  const runs = shown.runs.map((run) => `; ${run}`).join('');
  return { holds: true, sentence: changeSentence(shown.change) + runs, lines: [] };
}
