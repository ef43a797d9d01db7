import { type AppliedFix, type Doubt, fixKey, planOf, type StepSession } from '../engine/index.ts';
import type {
  BuildError,
  ImageChange,
  Original,
  Plan,
  Planner,
  Proof,
  ProofSummary,
  Proving,
} from '../verify/index.ts';
import { lasting } from './proofs.ts';

/** What builds showed of one fix. */
export type Shown =
  | { readonly holds: true; readonly change: ImageChange; readonly runs: readonly string[] }
  | ({ readonly holds: false } & Doubt);

/** Something that a person should be told; `file` is the place of a file in the session. */
export type News =
  | { readonly kind: 'begun'; readonly file: number; readonly bytes: number; readonly milliseconds: number }
  /** What was asked for the fix that is open. */
  | { readonly kind: 'shown'; readonly file: number; readonly shown: Shown }
  /** Fixes that were taken hold. */
  | { readonly kind: 'proven'; readonly file: number; readonly titles: readonly string[]; readonly change: ImageChange }
  /** Fixes that were taken do not hold, by their keys of `fixKey`. */
  | { readonly kind: 'refused'; readonly file: number; readonly doubts: ReadonlyMap<string, Doubt> }
  /** Nothing more is proven in this file, or in any. */
  | { readonly kind: 'fault'; readonly file: number; readonly everywhere: boolean; readonly error: unknown };

/** One Dockerfile of a session. */
export interface ProvenFile {
  /** Undefined where it cannot be read. */
  readonly session: StepSession | undefined;
  original(): Promise<Original>;
}

/** What makes proofs, and what of a fix no build can show. */
export interface ProofMaker {
  begin(original: Original): Proving;
  /** Why no build can show that a fix is right; undefined where one can. */
  cannotShow(fix: AppliedFix['fix']): string | undefined;
}

interface Asked {
  readonly key: string;
  readonly fix: AppliedFix;
  readonly plan: Planner;
}

interface FileState {
  readonly session: StepSession;
  readonly original: ProvenFile['original'];
  proving?: Proving;
  hasBegun: boolean;
  isWanted: boolean;
  /** Why a person goes on without proofs. */
  without?: string;
  /** It waits for a person to hear of a refusal or a fault. */
  isHeld: boolean;
  asked?: Asked | undefined;
  /** By `StepSession.keyOf`. */
  readonly shown: Map<string, Shown>;
  /** Fixes that hold, as a person has seen before they took them, by `fixKey`. */
  readonly told: Set<string>;
  /** Plans that were proven, or are taken as given, and what was seen of those that were built. */
  readonly proven: { readonly plan: Plan; readonly summary?: ProofSummary; readonly unbuilt?: Proof['unbuilt'] }[];
  /** Fixes that a person keeps without proof, and why there is none, by `fixKey`. */
  readonly given: Map<string, string>;
}

/**
 * The proofs of a session: what a person takes is built while they go on, one build at a time, always all that was taken
 * by then. What was built once serves until the end.
 */
export class SessionProofs {
  readonly #maker: ProofMaker;
  /** By their places in the session; those that cannot be read have no proofs. */
  readonly #files = new Map<number, FileState>();
  #news: News[] = [];
  #wake: (() => void) | undefined;
  #step: (() => void) | undefined;
  #working = false;
  #closed = false;
  /** What is being proven: its fixes by `fixKey`, and what ends it. */
  #running: { readonly file: number; readonly keys: readonly string[]; readonly end: AbortController } | undefined;
  /** Since when something is being built, in milliseconds of `performance`. */
  #since: number | undefined;

  constructor(maker: ProofMaker, files: readonly ProvenFile[]) {
    this.#maker = maker;
    for (const [file, { session, original }] of files.entries()) {
      if (!session) continue;
      const state: FileState = {
        session,
        original,
        hasBegun: false,
        isWanted: false,
        isHeld: false,
        shown: new Map(),
        told: new Set(),
        proven: [],
        given: new Map(),
      };
      this.#files.set(file, state);
    }
  }

  /** A person has come to a file, which is built as it is; whether that is new. */
  reach(file: number): boolean {
    const state = this.#state(file);
    const isNew = !state.isWanted;
    state.isWanted = true;
    this.#work();
    return isNew;
  }

  /**
   * A person has decided something: what was asked for is asked no more, what was taken is proven, and a build with what
   * was not taken, or was taken back, is ended.
   */
  update(): void {
    for (const each of this.#files.values()) each.asked = undefined;
    const running = this.#running;
    if (running && !this.#serves(running)) running.end.abort(new Unwanted());
    this.#work();
  }

  /** Whether all that is being built is part of what was taken. */
  #serves({ file, keys }: { readonly file: number; readonly keys: readonly string[] }): boolean {
    const { session } = this.#state(file);
    const taken = new Set(session.steps === 0 ? [] : planner(session)().fixes.map(({ key }) => key));
    return keys.every((key) => taken.has(key));
  }

  /** A person has heard of a refusal or a fault, and it has had its consequences. */
  release(): void {
    for (const each of this.#files.values()) each.isHeld = false;
  }

  /** Asks for what an open fix changes, built on all that was taken. */
  ask(file: number, fix: AppliedFix): void {
    const state = this.#state(file);
    state.asked = { key: state.session.keyOf(fix), fix, plan: planner(state.session, state.session.planner(fix)) };
    this.#work();
  }

  /** Whether a person waits for what was asked for. */
  isAsked(file: number): boolean {
    return this.#files.get(file)?.asked !== undefined;
  }

  /** What is known of an open fix. */
  shown(file: number, fix: AppliedFix): Shown | undefined {
    const state = this.#state(file);
    const known = state.shown.get(state.session.keyOf(fix));
    if (known || state.without !== undefined) return known;
    const why = this.#maker.cannotShow(fix.fix);
    return why === undefined ? undefined : { holds: false, why, lines: [] };
  }

  /** Whether a file is still proven. */
  isOn(file: number): boolean {
    return this.#files.get(file)?.without === undefined;
  }

  /** A fix was taken without proof. */
  give(file: number, fix: AppliedFix, why: string): void {
    const state = this.#state(file);
    const plan = planner(state.session);
    const base = this.#baseOf(state, plan(), plan);
    const keys = new Set(base?.plan.fixes.map(({ key }) => key));
    state.given.set(fixKey(fix), why);
    state.proven.push({ plan: plan(keys.add(fixKey(fix))) });
  }

  /** A person goes on without proofs in a file, or in all. */
  giveUp(file: number | undefined, why: string): void {
    for (const [index, each] of this.#files) if (file === undefined || file === index) each.without ??= why;
  }

  /** Whether all that was taken in a file is proven, or kept without. */
  isSettled(file: number): boolean {
    const state = this.#files.get(file);
    return !state || state.without !== undefined || !this.#isPending(state);
  }

  /** What is to be told, once. */
  takeNews(): News[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /** Resolves when there is something to be told. */
  news(): Promise<void> {
    if (this.#news.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Resolves when there is something to be told, or a proof is done of which there is nothing to tell. */
  progress(): Promise<void> {
    return new Promise((resolve) => {
      this.#step = resolve;
      void this.news().then(resolve);
    });
  }

  /** For how many milliseconds the present build has gone on; undefined where there is none. */
  get buildingFor(): number | undefined {
    return this.#since === undefined ? undefined : performance.now() - this.#since;
  }

  /** Why a fix that is part of the result is not proven; undefined where it is. */
  unproven(file: number): (fix: AppliedFix) => string | undefined {
    const state = this.#state(file);
    const plan = planner(state.session);
    const base = this.#baseOf(state, plan(), plan);
    const proven = new Set(base?.plan.fixes.map(({ key }) => key));
    return (fix) => {
      const key = fixKey(fix);
      return state.given.get(key) ?? (proven.has(key) ? base?.unbuilt?.get(key) : state.without);
    };
  }

  /** What was seen of the images, where the result is what was built. */
  summary(file: number): ProofSummary | undefined {
    const state = this.#state(file);
    const plan = planner(state.session);
    const all = plan();
    const base = this.#baseOf(state, all, plan);
    return base && contentOf(base.plan) === contentOf(all) ? base.summary : undefined;
  }

  /** Lets no build start any more. */
  close(): void {
    this.#closed = true;
  }

  #state(file: number): FileState {
    const state = this.#files.get(file);
    if (!state) throw new Error('a file that cannot be read has no proofs');
    return state;
  }

  #tell(news: News): void {
    if (this.#closed) return;
    this.#news.push(news);
    this.#wake?.();
    this.#wake = undefined;
  }

  #work(): void {
    if (this.#working) return;
    this.#working = true;
    void this.#workOn();
  }

  async #workOn(): Promise<void> {
    for (;;) {
      const file = this.#closed ? undefined : this.#next();
      if (file === undefined) {
        this.#working = false;
        return;
      }
      const state = this.#state(file);
      this.#since = performance.now();
      try {
        state.proving ??= this.#maker.begin(await state.original());
        if (!state.hasBegun) await this.#begin(file, state, state.proving);
        else if (this.#isPending(state)) await this.#proveTaken(file, state, state.proving);
        else if (state.asked) await this.#proveAsked(file, state, state.proving, state.asked);
      } catch (error) {
        if (error instanceof Unwanted) continue;
        const everywhere = lasting.has((error as BuildError).kind);
        for (const each of everywhere ? this.#files.values() : [state]) each.isHeld = true;
        this.#tell({ kind: 'fault', file, everywhere, error });
      } finally {
        this.#since = undefined;
        this.#running = undefined;
        this.#step?.();
      }
    }
  }

  /** What a person waits for comes first, then what was taken, then what will be needed. */
  #next(): number | undefined {
    const able = [...this.#files].filter(([, { isHeld, without }]) => !isHeld && without === undefined);
    const found =
      able.find(([, { asked }]) => asked) ??
      able.find(([, state]) => this.#isPending(state)) ??
      able.find(([, { isWanted, hasBegun }]) => isWanted && !hasBegun);
    return found?.[0];
  }

  #isPending(state: FileState): boolean {
    if (state.session.steps === 0) return false;
    const plan = planner(state.session);
    const all = plan();
    if (all.fixes.length === 0) return false;
    const base = this.#baseOf(state, all, plan);
    return !base || contentOf(base.plan) !== contentOf(all);
  }

  async #begin(file: number, state: FileState, proving: Proving): Promise<void> {
    const { size, time } = await proving.begin();
    state.hasBegun = true;
    this.#tell({ kind: 'begun', file, bytes: size, milliseconds: time });
  }

  async #proveTaken(file: number, state: FileState, proving: Proving): Promise<void> {
    const { session } = state;
    const results = session.planner();
    const plan = planner(session, results);
    const base = this.#baseOf(state, plan(), plan)?.plan;
    const proof = await proving.prove(plan, base, this.#run(file, plan()));
    state.proven.push({ plan: proof.plan, summary: proof.summary, unbuilt: proof.unbuilt });
    const before = new Set(base?.fixes.map(({ key }) => key));
    const taken = new Map(results().applied.map((each) => [fixKey(each), each]));
    const fresh = proof.plan.fixes.filter(({ key }) => !before.has(key) && taken.has(key));
    // Who has seen what a fix changes needs not be told again.
    const untold = fresh.filter(({ key }) => !state.told.has(key));
    if (untold.length > 0) {
      const titles = untold.map(({ key }) => taken.get(key)!.fix.title);
      this.#tell({ kind: 'proven', file, titles, change: proof.change });
    }
    if (proof.refused.size === 0) return;
    // What rests on another goes with it, and needs no doubt of its own.
    const own = new Map([...proof.refused].filter(([, { kind }]) => kind !== 'rests'));
    state.isHeld = true;
    this.#tell({ kind: 'refused', file, doubts: own.size > 0 ? own : proof.refused });
  }

  async #proveAsked(file: number, state: FileState, proving: Proving, asked: Asked): Promise<void> {
    const all = asked.plan();
    const base = this.#baseOf(state, all, asked.plan)?.plan;
    const proof = await proving.prove(asked.plan, base, this.#run(file, all));
    const doubt = proof.refused.get(fixKey(asked.fix));
    const shown: Shown = doubt
      ? { holds: false, why: doubt.why, lines: doubt.lines }
      : { holds: true, change: proof.change, runs: proof.summary.runs };
    state.shown.set(asked.key, shown);
    // A person who has gone on is told when what they took is proven, which this build then serves.
    if (state.asked !== asked) return;
    state.asked = undefined;
    if (shown.holds) state.told.add(fixKey(asked.fix));
    this.#tell({ kind: 'shown', file, shown });
  }

  /** Notes what is being proven, so that it can be ended. */
  #run(file: number, { fixes }: Plan): AbortSignal {
    const end = new AbortController();
    this.#running = { file, keys: fixes.map(({ key }) => key), end };
    return end.signal;
  }

  /** The most of a plan that is proven, or taken as given: found by its content, so that any way back leads to it. */
  #baseOf(state: FileState, all: Plan, plan: Planner): FileState['proven'][number] | undefined {
    const keys = new Set(all.fixes.map(({ key }) => key));
    return state.proven
      .filter((each) => each.plan.fixes.length > 0 && each.plan.fixes.every(({ key }) => keys.has(key)))
      .sort((a, b) => b.plan.fixes.length - a.plan.fixes.length)
      .find((each) => contentOf(plan(new Set(each.plan.fixes.map(({ key }) => key)))) === contentOf(each.plan));
  }
}

/** Ends a build that nobody waits for any more. */
class Unwanted extends Error {}

function planner(session: StepSession, results = session.planner()): Planner {
  const known = new Map<string, Plan>();
  return (allowed) => {
    const name = allowed ? [...allowed].sort().join('\0') : 'all';
    const plan = known.get(name) ?? planOf(results(allowed), session.context);
    known.set(name, plan);
    return plan;
  };
}

function contentOf({ text, files }: Plan): string {
  return JSON.stringify([text, files.map(({ path, after }) => [path, after])]);
}
