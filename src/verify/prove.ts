import { changeOf } from './change.ts';
import {
  type Allowed,
  compareImages,
  type Difference,
  differenceLines,
  mayBeChance,
  nothingAllowed,
  without,
} from './compare.ts';
import { canBeSeen } from './disk.ts';
import { BuildError } from './errors.ts';
import { packagesOf } from './packages.ts';
import {
  needsRun,
  type Plan,
  type Planner,
  type Proof,
  type ProvableFix,
  type Refusal,
  type RunComparer,
  reachOf,
} from './proof.ts';
import { plainText, type Redact } from './redact.ts';
import { searchLargest, type Verdict } from './search.ts';
import { fingerprint, type Original, replacedFiles } from './stage-context.ts';
import { suspectsOf, suspectsOfStep } from './suspects.ts';
import type { Bench, BuiltImage } from './trial.ts';

export interface ProveOptions {
  /** Without it, a fix that only a run can show to be right is refused. */
  readonly runs?: (() => RunComparer) | undefined;
  /** Makes what builds and containers print fit to be shown. */
  readonly show?: Redact | undefined;
  /** The stage that is built, where it is not the last. */
  readonly target?: string | undefined;
  /** The most builds that are spent on one Dockerfile. */
  readonly maximumBuilds?: number;
}

const defaultMaximum = 40;
/** What is left for each search, whatever others took. */
const fewest = 8;

/**
 * The proofs of one Dockerfile. What was built for one serves the next, until it is closed; they are made one at a time.
 */
export class Proving {
  readonly #bench: Bench;
  readonly #original: Original;
  readonly #options: ProveOptions;
  readonly #show: Redact;
  readonly #built = new Map<string, Promise<BuiltImage | BuildError>>();
  readonly #ran = new Map<BuiltImage, readonly string[]>();
  /** What two builds of the original differ in. */
  #noise: readonly Difference[] | undefined;
  /** Whether both of these builds have a path. */
  #isSteady: (path: string) => boolean = () => false;
  #first: BuiltImage | undefined;
  /** How long the original takes without what the builder has kept, in milliseconds; 0 until that is measured. */
  #freshTime = 0;
  /** Failures that the machine had no part in, as the original still built: their logs, and empty for any other. */
  readonly #cleared = new Set<string>();
  #runs: RunComparer | undefined;
  #builds = 0;
  #time = 0;
  #busy: Promise<unknown> = Promise.resolve();
  #signal: AbortSignal | undefined;

  constructor(bench: Bench, original: Original, options: ProveOptions = {}) {
    this.#bench = bench;
    this.#original = original;
    this.#options = options;
    this.#show = options.show ?? plainText;
  }

  /** Builds the original; gives the bytes of the image and the milliseconds of the build. Throws BuildError. */
  begin(): Promise<{ readonly size: number; readonly time: number }> {
    return this.#counted(async () => {
      const { image, time } = await this.#begin();
      return { size: image.size, time };
    });
  }

  /**
   * Builds the original and the result, and finds the largest set of fixes that holds: the result builds, and differs
   * from the original in nothing but what the fixes declare. Fixes that may change much are judged after the others, and
   * against what these made, so that they cannot hide what the others do. With a base, which is among what the planner plans, that is taken as
   * given, and the others are judged by what they change of it. Throws BuildError where nothing can be said: the
   * original or the base does not build, or the builder, the disk or the network failed; and what the signal was aborted
   * for.
   */
  prove(planner: Planner, base?: Plan, signal?: AbortSignal): Promise<Proof> {
    this.#signal = signal;
    return this.#counted(() => this.#prove(planner, base));
  }

  /** Waits for the proof that is being made, if any. */
  async settled(): Promise<void> {
    await this.#busy;
  }

  /** Removes what was built, but for the original, which may be asked for again. */
  async close(): Promise<void> {
    await this.settled();
    const built = await Promise.allSettled(this.#built.values());
    this.#built.clear();
    for (const each of built) {
      const image = each.status === 'fulfilled' ? each.value : undefined;
      if (image && !(image instanceof BuildError)) await this.#bench.builder.remove(image.name).catch(() => {});
    }
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    const [begun, before] = [performance.now(), this.#bench.builds];
    const running = work();
    this.#busy = running.catch(() => {});
    try {
      return await running;
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      throw new BuildError(error.kind, this.#show(error.message), error.log.map(this.#show), error.isDoubtful);
    } finally {
      this.#time += performance.now() - begun;
      this.#builds += this.#bench.builds - before;
    }
  }

  async #begin(): Promise<BuiltImage> {
    const first = await buildOriginal(this.#bench, this.#original);
    if (first === this.#first) return first;
    // Nothing counts any more where the context has changed.
    await this.#forget();
    this.#first = first;
    this.#runs = this.#options.runs?.();
    return first;
  }

  async #prove(planner: Planner, base: Plan | undefined): Promise<Proof> {
    const [begun, before] = [performance.now(), this.#bench.builds];
    const first = await this.#begin();
    const given = new Set(base?.fixes.map(({ key }) => key));
    const start = base
      ? { plan: base, built: await this.#baseOf(base), given }
      : { plan: this.#unchanged, built: first, given };
    const refused = new Map<string, Refusal>();
    const all = planner();
    const noRun = this.#runs ? await this.#runs.explainsNothing(first) : { why: '`--verify=run` makes one', lines: [] };
    const unbuilt = (each: ProvableFix): string | undefined => each.unbuilt?.(this.#options.target);
    const provable = all.fixes.filter((each) => {
      const { key, fix } = each;
      if (given.has(key)) return false;
      const why = fix.safety === 'safe' ? undefined : unbuilt(each);
      if (why !== undefined) {
        refused.set(key, { kind: 'unproven', why, lines: [] });
        return false;
      }
      if (noRun === undefined || !needsRun(fix)) return true;
      refused.set(key, {
        kind: 'unproven',
        why: `only a run can show that it is right: ${noRun.why}`,
        lines: noRun.lines,
      });
      return false;
    });
    const maximum = this.#options.maximumBuilds ?? defaultMaximum;
    let kept: readonly string[] = [...given];
    let from: From = start;
    const search = async (members: readonly string[]): Promise<void> => {
      const trial = (set: ReadonlySet<string>) => this.#trial(planner(set), from);
      const left = Math.max(fewest, maximum - (this.#bench.builds - before));
      const found = await searchLargest<Refusal>(members, trial, { base: kept, maximum: left });
      for (const key of found.kept) refused.delete(key);
      note(refused, found.refused, found.exhausted);
      kept = found.kept;
      const plan = planner(new Set(kept));
      from = { plan, built: await this.#resultOf(plan), given: new Set(kept) };
    };
    const waiting = (): string[] => provable.map(({ key }) => key).filter((key) => refused.get(key)?.kind === 'rests');
    for (const reach of [0, 1, 2] as const) {
      const members = provable.filter(({ fix }) => reachOf(fix) === reach).map(({ key }) => key);
      if (members.length === 0) continue;
      const rest = waiting();
      await search(members);
      // What rests on one of these is judged by itself, lest that hides what it does.
      if (rest.length > 0) await search(rest);
    }
    const plan = planner(new Set(kept));
    const [was, is] = [packagesOf(first.image), packagesOf(from.built.image)];
    return {
      plan,
      kept: new Set(plan.fixes.map(({ key }) => key)),
      unbuilt: new Map(
        plan.fixes.flatMap((each) => {
          const why = unbuilt(each);
          return why === undefined ? [] : [[each.key, why]];
        }),
      ),
      refused: new Map([...refused].map(([key, refusal]) => [key, this.#shown(refusal)])),
      change: changeOf(start.built.image, from.built.image),
      summary: {
        builder: this.#bench.builder.label,
        builds: this.#builds + this.#bench.builds - before,
        time: this.#time + performance.now() - begun,
        originalTime: first.time,
        size: { before: first.image.size, after: from.built.image.size },
        layers: { before: first.image.layers, after: from.built.image.layers },
        packagesRemoved: [...was.keys()].filter((name) => !is.has(name)).sort(),
        runs: (this.#runs?.sentences ?? []).map(this.#show),
        ...(this.#runs && noRun && { notRun: this.#show(noRun.why) }),
      },
    };
  }

  #shown({ kind, why, lines }: Refusal): Refusal {
    return { kind, why: this.#show(why), lines: lines.map(this.#show) };
  }

  get #unchanged(): Plan {
    return { text: this.#original.source, files: [], fixes: [] };
  }

  async #forget(): Promise<void> {
    this.#noise = undefined;
    this.#ran.clear();
    const old = [...this.#built.values()];
    this.#built.clear();
    for (const each of await Promise.allSettled(old)) {
      if (each.status === 'fulfilled' && !(each.value instanceof BuildError)) {
        await this.#bench.builder.remove(each.value.name).catch(() => {});
      }
    }
  }

  /** What was taken as given may be what a person keeps although it was seen to be wrong. */
  async #baseOf(base: Plan): Promise<BuiltImage> {
    const built = await this.#build(base);
    if (!(built instanceof BuildError)) return built;
    throw new BuildError(built.kind, 'nothing more is proven: the Dockerfile does not build as it stands', built.log);
  }

  async #resultOf(plan: Plan): Promise<BuiltImage> {
    const built = await this.#build(plan);
    if (built instanceof BuildError) throw built;
    return built;
  }

  async #trial(plan: Plan, from: From): Promise<Verdict<Refusal>> {
    this.#signal?.throwIfAborted();
    const applied = new Set(plan.fixes.map(({ key }) => key));
    const built = await this.#build(plan);
    if (built instanceof BuildError) {
      await this.#bench.requireSpace();
      const why = built.kind === 'timeout' ? `with it, ${built.message}` : 'with it, the build fails';
      return {
        holds: false,
        applied,
        why: { kind: 'build', why, lines: built.log },
        suspects: suspectsOfStep(plan.fixes, built.log),
      };
    }
    const differences = await this.#differences(from, built, plan);
    if (differences.length > 0) {
      await this.#bench.requireSpace();
      const why = 'with it, the image differs in what it should not change';
      return {
        holds: false,
        applied,
        why: { kind: 'difference', why, lines: differenceLines(differences) },
        suspects: suspectsOf(plan.fixes, differences),
      };
    }
    const known = from.given.size > 0 ? await this.#runOf(from.built) : [];
    const runs = (await this.#runOf(built)).filter((line) => !known.includes(line));
    if (runs.length > 0) {
      await this.#bench.requireSpace();
      const why = 'with it, the container behaves differently';
      const suspects = new Set(plan.fixes.filter(({ fix }) => needsRun(fix)).map(({ key }) => key));
      return { holds: false, applied, why: { kind: 'run', why, lines: runs }, suspects };
    }
    return { holds: true, applied };
  }

  /** In what an image behaves differently from the original. */
  async #runOf(built: BuiltImage): Promise<readonly string[]> {
    if (built === this.#first || !this.#runs) return [];
    const known = this.#ran.get(built) ?? (await this.#runs.compare(this.#first!, built));
    this.#ran.set(built, known);
    return known;
  }

  async #differences(from: From, built: BuiltImage, plan: Plan): Promise<readonly Difference[]> {
    if (from.built === built) return [];
    const found = compareImages(from.built.image, built.image, allowedBy(plan, this.#original, from));
    // Perhaps two builds of the original differ in the same.
    if (!mayBeChance(found)) return found;
    this.#noise ??= await this.#measureNoise();
    return without(found, this.#noise, this.#isSteady);
  }

  /** Throws BuildError where the original, which built, builds no more: then nothing is said about a fix. */
  async #requireOriginal({ kind, message, log, isDoubtful }: BuildError): Promise<void> {
    const key = kind === 'failed' && !isDoubtful ? '' : log.join('\n');
    if (this.#cleared.has(key)) return;
    try {
      this.#noise = await this.#measureNoise();
      this.#cleared.add(key);
    } catch (error) {
      if (!(error instanceof BuildError) || error.kind !== 'failed') throw error;
      const { name } = this.#bench.builder.disk;
      const why = kind === 'failed' ? `the original builds no more; perhaps ${name} is full` : message;
      throw new BuildError(kind === 'failed' ? 'disk' : kind, `nothing is proven: ${why}`, log);
    }
  }

  /** Builds the original once more, without what the builder has kept. */
  async #measureNoise(): Promise<readonly Difference[]> {
    const candidate = { text: this.#original.source, files: [] };
    const again = await this.#bench.build(this.#original, candidate, { fresh: true, signal: this.#signal });
    await this.#bench.builder.remove(again.name);
    this.#freshTime = again.time;
    const [{ files: one }, { files: other }] = [this.#first!.image, again.image];
    this.#isSteady = (path) => one.has(path.slice(1)) && other.has(path.slice(1));
    return compareImages(this.#first!.image, again.image, nothingAllowed);
  }

  /** A build that fails, or does not end, says something about the fixes; any other fault ends the proof. */
  #build(plan: Plan): Promise<BuiltImage | BuildError> {
    if (plan.text === this.#original.source && plan.files.length === 0) return Promise.resolve(this.#first!);
    const key = JSON.stringify([plan.text, plan.files]);
    let built = this.#built.get(key);
    if (!built) {
      built = this.#buildAnew(plan);
      this.#built.set(key, built);
      // What was ended may be built another time.
      built.catch(() => this.#built.delete(key));
    }
    return built;
  }

  async #buildAnew(plan: Plan): Promise<BuiltImage | BuildError> {
    const timeout = this.#timeout(this.#first!.time);
    const built = await this.#tryBuild(plan, timeout);
    if (!(built instanceof BuildError) || built.kind !== 'timeout') return built;
    // The original may have been quick as the builder knew its steps, which the fix makes new.
    this.#noise ??= await this.#measureNoise();
    const longer = this.#timeout(this.#freshTime);
    return longer > 2 * timeout ? await this.#tryBuild(plan, longer) : built;
  }

  async #tryBuild(plan: Plan, timeout: number, isAgain = false, fresh = false): Promise<BuiltImage | BuildError> {
    try {
      return await this.#bench.build(this.#original, plan, {
        timeout,
        fresh,
        cold: mountsCache(plan),
        signal: this.#signal,
      });
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      if (error.kind === 'timeout') return error;
      // A list that the builder has kept names what servers have no more: all steps anew may do.
      if (error.kind === 'failed' && !fresh && isStale(error)) return this.#tryBuild(plan, timeout, isAgain, true);
      // A disk that is watched would have ended the build before it was full.
      if (error.kind === 'failed' && !error.isDoubtful && (await canBeSeen(this.#bench.builder.disk))) return error;
      if (error.kind !== 'network' && error.kind !== 'failed') throw error;
      // The network may be gone, or the fix may have taken away what the step needs to reach it.
      await this.#requireOriginal(error);
      if (error.kind !== 'network' || isAgain) return error;
      // What could not be fetched may be there now.
      return this.#tryBuild(plan, timeout, true);
    }
  }

  /** A build that asks a question would wait for ever; a machine with much to do takes a multiple of its usual time. */
  #timeout(original: number): number {
    return Math.min(this.#bench.limits.timeout, 5 * original + newWork);
  }
}

/** What a fix may make anew that a base image or a cache mount had ready, as other flags do with a standard library; in milliseconds. */
const newWork = 5 * 60_000;

function isStale({ log }: BuildError): boolean {
  return log.some((line) =>
    /\b404\b.*not found|unable to (?:fetch some archives|locate package)|no such package|unable to select packages/i.test(
      line,
    ),
  );
}

/** Whether fixes change a step that has a cache mount, which the build of the original has filled. */
function mountsCache({ fixes }: Plan): boolean {
  return fixes.some(({ touched }) => /--mount=\S*type=cache/i.test(touched.text));
}

function note(
  refused: Map<string, Refusal>,
  found: ReadonlyMap<string, Refusal | undefined>,
  exhausted: boolean,
): void {
  const rests: Refusal = {
    kind: 'rests',
    why: exhausted ? 'it was not tried: too many builds failed' : 'it rests on a fix that was refused',
    lines: [],
  };
  for (const [key, why] of found) refused.set(key, why ?? rests);
}

/** What fixes are judged against: an image, what it was built of, and the keys of those that are not judged. */
interface From {
  readonly plan: Plan;
  readonly built: BuiltImage;
  readonly given: ReadonlySet<string>;
}

/** What the fixes of a plan may change between them. */
function allowedBy(plan: Plan, original: Original, { plan: was, given }: From): Allowed {
  const changes = plan.fixes.flatMap(({ key, fix }) => (given.has(key) ? [] : fix.changes));
  const files = plan.files.map((each) => ({
    ...each,
    before: was.files.find(({ path }) => path === each.path)?.after ?? each.before,
  }));
  return {
    config: new Set(changes.flatMap((each) => each.config ?? [])),
    paths: changes.flatMap((each) => each.paths ?? []),
    owners: changes.flatMap((each) => each.owners ?? []),
    sameUser: plan.fixes.every(
      ({ key, fix }) => given.has(key) || fix.safety === 'safe' || !fix.changes.config?.includes('User'),
    ),
    fewerPackages: changes.some((each) => each.packages === 'fewer'),
    text: original.source,
    // The context holds the changed Dockerfile only where other files of it are changed too.
    replaced: [
      ...replacedFiles(original, plan),
      ...replacedFiles({ ...original, source: was.text }, { ...plan, files }),
    ],
  };
}

/** Builds a Dockerfile as it is, once as long as nothing of it changes. Throws BuildError. */
export async function buildOriginal(bench: Bench, original: Original): Promise<BuiltImage> {
  const key = await fingerprint(original).catch(() => undefined);
  const known = key === undefined ? undefined : bench.original(key);
  if (known) return known;
  await bench.require(original.source);
  try {
    const built = await bench.build(original, { text: original.source, files: [] });
    if (key !== undefined) await bench.keepOriginal(key, built);
    return built;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const fails = 'the Dockerfile does not build as it is';
    const orFull = error.isDoubtful ? `, or ${bench.builder.disk.name} is full` : '';
    const why = error.kind === 'failed' ? fails + orFull : error.message;
    throw new BuildError(error.kind, `nothing is proven: ${why}`, error.log);
  }
}
