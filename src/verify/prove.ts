import type { ConfigField, Fix } from '../transform/index.ts';
import {
  type Allowed,
  compareImages,
  type Difference,
  differenceLines,
  isCertain,
  nothingAllowed,
  without,
} from './compare.ts';
import { BuildError } from './errors.ts';
import { packagesOf } from './packages.ts';
import { searchLargest, type Verdict } from './search.ts';
import { type Candidate, fingerprint, type Original, replacedFiles } from './stage-context.ts';
import { suspectsOf, suspectsOfStep } from './suspects.ts';
import type { Bench, BuiltImage } from './trial.ts';
import { seconds } from './workspace.ts';

/** A fix that a proof may keep or refuse. */
export interface ProvableFix {
  /** The same for the same fix in every plan of a Dockerfile. */
  readonly key: string;
  readonly fix: Pick<Fix, 'safety' | 'changes' | 'edits'>;
  /** The instructions that it touches, before and after: upper-case keywords, and their texts. */
  readonly touched: { readonly keywords: ReadonlySet<string>; readonly text: string };
}

/** What comes out when some fixes are applied. */
export interface Plan extends Candidate {
  /** Those that were applied, in the order of application. */
  readonly fixes: readonly ProvableFix[];
}

/** Plans a Dockerfile with those fixes alone whose keys it is given; with all where it is given none. */
export type Planner = (allowed?: ReadonlySet<string>) => Plan;

/** Why a fix was refused: a sentence, and the lines that show it. */
export interface Refusal {
  readonly kind: 'build' | 'difference' | 'run' | 'rests' | 'unproven';
  readonly why: string;
  readonly lines: readonly string[];
}

/** What was seen of the image before and after; sizes in bytes. */
export interface ProofSummary {
  readonly builder: string;
  /** How many builds it took, and their wall time in milliseconds with the reading of the images. */
  readonly builds: number;
  readonly time: number;
  /** The time of the first build of the original, in milliseconds. */
  readonly originalTime: number;
  readonly size: { readonly before: number; readonly after: number };
  readonly layers: { readonly before: number; readonly after: number };
  readonly packagesRemoved: readonly string[];
  /** What a run compared, a clause each; empty where none was made. */
  readonly runs: readonly string[];
}

/** What is proven of a Dockerfile. */
export interface Proof {
  /** The plan with the fixes that hold: what was built last. */
  readonly plan: Plan;
  readonly kept: ReadonlySet<string>;
  readonly refused: ReadonlyMap<string, Refusal>;
  readonly summary: ProofSummary;
}

/** Runs the images of one Dockerfile, and compares what they do. */
export interface RunComparer {
  /** Why the original shows nothing when it is run: a clause, and lines that show it; undefined where it works. */
  explainsNothing(
    original: BuiltImage,
  ): Promise<{ readonly why: string; readonly lines: readonly string[] } | undefined>;
  /** In what a result behaves differently, a line each. */
  compare(original: BuiltImage, result: BuiltImage): Promise<readonly string[]>;
  /** What was compared, for people. */
  readonly sentences: readonly string[];
}

export interface ProveOptions {
  /** Without it, a fix that only a run can show to be right is refused. */
  readonly runs?: RunComparer | undefined;
  /** The most builds that are spent on one Dockerfile. */
  readonly maximumBuilds?: number;
}

const defaultMaximum = 40;

/** Parts of the configuration that decide how an image starts. */
const startFields: ReadonlySet<ConfigField> = new Set(['Cmd', 'Entrypoint', 'User', 'WorkingDir']);

/** Whether a fix may change anything in the file system, so that comparing says nothing of it. */
function isBroad({ changes }: Pick<Fix, 'changes'>): boolean {
  return changes.paths?.includes('**') === true;
}

/** Whether what a fix may change could hide what another does. */
function hides(fix: Pick<Fix, 'changes'>): boolean {
  return isBroad(fix) || fix.changes.packages !== undefined;
}

/** Whether a comparison of images cannot show that a fix is right: it changes how the image starts, or all of it. */
export function needsRun(fix: Pick<Fix, 'safety' | 'changes'>): boolean {
  if (fix.safety === 'safe') return false;
  return isBroad(fix) || (fix.changes.config ?? []).some((field) => startFields.has(field));
}

/**
 * Builds the original and the result, and finds the largest set of fixes that holds: the result builds, and differs
 * from the original in nothing but what the fixes declare. Fixes that may change much are judged after the others, so that
 * they cannot hide what the others do. Throws BuildError where nothing can be said: the original does not build,
 * or the builder, the disk or the network failed.
 */
export async function prove(
  bench: Bench,
  original: Original,
  planner: Planner,
  options: ProveOptions = {},
): Promise<Proof> {
  return new Prove(bench, original, planner, options).run();
}

class Prove {
  readonly #bench: Bench;
  readonly #original: Original;
  readonly #planner: Planner;
  readonly #options: ProveOptions;
  readonly #built = new Map<string, Promise<BuiltImage | BuildError>>();
  /** How long the original takes without what the builder has kept, in milliseconds, once that is known. */
  #fullTime: number | undefined;
  /** What two builds of the original differ in. */
  #noise: readonly Difference[] | undefined;
  #first: BuiltImage | undefined;

  constructor(bench: Bench, original: Original, planner: Planner, options: ProveOptions) {
    this.#bench = bench;
    this.#original = original;
    this.#planner = planner;
    this.#options = options;
  }

  async run(): Promise<Proof> {
    try {
      return await this.#prove();
    } finally {
      for (const built of await Promise.allSettled(this.#built.values())) {
        const image = built.status === 'fulfilled' ? built.value : undefined;
        if (image && !(image instanceof BuildError)) await this.#bench.builder.remove(image.name).catch(() => {});
      }
    }
  }

  async #prove(): Promise<Proof> {
    const begun = performance.now();
    const buildsBefore = this.#bench.builds;
    const first = await buildOriginal(this.#bench, this.#original);
    this.#first = first;
    const refused = new Map<string, Refusal>();
    const all = this.#planner();
    const { runs } = this.#options;
    const noRun = runs ? await runs.explainsNothing(first) : { why: '`--verify=run` makes one', lines: [] };
    const provable = all.fixes.filter(({ key, fix }) => {
      if (noRun === undefined || !needsRun(fix)) return true;
      refused.set(key, {
        kind: 'unproven',
        why: `only a run can show that it is right: ${noRun.why}`,
        lines: noRun.lines,
      });
      return false;
    });
    const maximum = this.#options.maximumBuilds ?? defaultMaximum;
    const narrow = provable.filter(({ fix }) => !hides(fix)).map(({ key }) => key);
    const few = await searchLargest<Refusal>(narrow, (set) => this.#trial(set, first), { maximum });
    let kept = few.kept;
    let last = await this.#resultOf(kept);
    note(refused, few.refused, few.exhausted);
    if (narrow.length < provable.length) {
      // What a narrow fix rests on may be a broad one.
      const rest = provable.map(({ key }) => key).filter((key) => !few.refused.get(key) && !kept.includes(key));
      const from = last;
      const many = await searchLargest<Refusal>(rest, (set) => this.#trial(set, from), { base: kept, maximum });
      for (const key of many.kept) refused.delete(key);
      note(refused, many.refused, many.exhausted);
      kept = many.kept;
      last = await this.#resultOf(kept);
    }
    const plan = this.#planner(new Set(kept));
    const time = performance.now() - begun;
    const [was, is] = [packagesOf(first.image), packagesOf(last.image)];
    return {
      plan,
      kept: new Set(plan.fixes.map(({ key }) => key)),
      refused,
      summary: {
        builder: this.#bench.builder.label,
        builds: this.#bench.builds - buildsBefore,
        time,
        originalTime: first.time,
        size: { before: first.image.size, after: last.image.size },
        layers: { before: first.image.layers, after: last.image.layers },
        packagesRemoved: [...was.keys()].filter((name) => !is.has(name)).sort(),
        runs: runs?.sentences ?? [],
      },
    };
  }

  async #resultOf(kept: readonly string[]): Promise<BuiltImage> {
    const built = await this.#build(this.#planner(new Set(kept)));
    if (built instanceof BuildError) throw built;
    return built;
  }

  async #trial(set: ReadonlySet<string>, from: BuiltImage): Promise<Verdict<Refusal>> {
    const plan = this.#planner(set);
    const applied = new Set(plan.fixes.map(({ key }) => key));
    const built = await this.#build(plan);
    if (built instanceof BuildError) {
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
      const why = 'with it, the image differs in what it should not change';
      return {
        holds: false,
        applied,
        why: { kind: 'difference', why, lines: differenceLines(differences) },
        suspects: suspectsOf(plan.fixes, differences),
      };
    }
    const runs = (await this.#options.runs?.compare(this.#first!, built)) ?? [];
    if (runs.length > 0) {
      const why = 'with it, the container behaves differently';
      return { holds: false, applied, why: { kind: 'run', why, lines: runs } };
    }
    return { holds: true, applied };
  }

  async #differences(from: BuiltImage, built: BuiltImage, plan: Plan): Promise<readonly Difference[]> {
    if (from === built) return [];
    const found = compareImages(from.image, built.image, allowedBy(plan, this.#original));
    // Perhaps two builds of the original differ in the same.
    if (found.length === 0 || found.some(isCertain)) return found;
    this.#noise ??= await this.#measureNoise();
    return without(found, this.#noise);
  }

  /** Builds the original once more, without what the builder has kept. */
  async #measureNoise(): Promise<readonly Difference[]> {
    const candidate = { text: this.#original.source, files: [] };
    const again = await this.#bench.build(this.#original, candidate, { fresh: true });
    await this.#bench.builder.remove(again.name);
    this.#fullTime = again.time;
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
    }
    return built;
  }

  async #buildAnew(plan: Plan): Promise<BuiltImage | BuildError> {
    const { timeout: most } = this.#bench.limits;
    // One that asks a question would wait for ever.
    const timeout = Math.min(most, 5 * (this.#fullTime ?? this.#first!.time) + 60_000);
    try {
      return await this.#bench.build(this.#original, plan, { timeout });
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      if (error.kind === 'failed') return error;
      if (error.kind === 'timeout') {
        // The original may have been quick because the builder had kept its layers.
        if (this.#fullTime === undefined && timeout < most) {
          this.#noise = await this.#measureNoise();
          if (5 * this.#fullTime! + 60_000 > timeout) return this.#buildAnew(plan);
        }
        return new BuildError('timeout', `the build did not end in ${seconds(timeout)}`);
      }
      if (error.kind !== 'network') throw error;
      // The network may be gone, or the fix may have taken away what the step needs to reach it.
      await this.#measureNoise();
      return error;
    }
  }
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

/** What the fixes of a plan may change between them. */
export function allowedBy(plan: Plan, original: Original): Allowed {
  const changes = plan.fixes.map(({ fix }) => fix.changes);
  return {
    config: new Set(changes.flatMap((each) => each.config ?? [])),
    paths: changes.flatMap((each) => each.paths ?? []),
    fewerPackages: changes.some((each) => each.packages === 'fewer'),
    replaced: replacedFiles(original, plan),
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
    const why = error.kind === 'failed' ? 'the Dockerfile does not build as it is' : error.message;
    throw new BuildError(error.kind, `nothing is proven: ${why}`, error.log);
  }
}
