import type { Fix } from '../transform/index.ts';
import type { ImageChange } from './change.ts';
import type { Candidate } from './stage-context.ts';
import type { BuiltImage } from './trial.ts';

/** A fix that a proof may keep or refuse. */
export interface ProvableFix {
  /** The same for the same fix in every plan of a Dockerfile. */
  readonly key: string;
  readonly fix: Pick<Fix, 'safety' | 'changes' | 'edits'>;
  /** The instructions that it touches, before and after: upper-case keywords, and their texts. */
  readonly touched: { readonly keywords: ReadonlySet<string>; readonly text: string };
  /** Why a build of a target, or of the last stage, cannot show that it holds; it can if absent or undefined. */
  readonly unbuilt?: (target: string | undefined) => string | undefined;
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
  /** Why a run that was asked for shows nothing, a clause. */
  readonly notRun?: string;
}

/** What is proven of a Dockerfile. */
export interface Proof {
  /** The plan with the fixes that hold: what was built last. */
  readonly plan: Plan;
  readonly kept: ReadonlySet<string>;
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Those of the kept that no build shows to hold, and why. */
  readonly unbuilt: ReadonlyMap<string, string>;
  /** What of the image changed with the fixes that were kept, the base apart. */
  readonly change: ImageChange;
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

/** Parts of the configuration that decide how a container starts, and what it, or who watches it, does then. */
const startFields = /^(?:Cmd|Entrypoint|User|WorkingDir|Healthcheck|StopSignal|Env(?:\..*)?)$/s;

/** Whether a fix may change anything in the file system, so that comparing says nothing of it. */
function isBroad({ changes }: Pick<Fix, 'changes'>): boolean {
  return holdsAll(changes.paths ?? []);
}

/** Whether globs are of all paths. */
export function holdsAll(paths: readonly string[]): boolean {
  return paths.some((glob) => /^\/?\*\*(?:\/\*{1,2})?$/.test(glob));
}

/**
 * How much of what others do a fix could hide by what it may change itself; those that could hide more are judged later.
 * 0: parts that are named; 1: much of one kind, such as all variables, packages, or owners; 2: all files.
 */
export function reachOf(fix: Pick<Fix, 'safety' | 'changes'>): 0 | 1 | 2 {
  const { packages, config = [], paths = [], owners } = fix.changes;
  if (isBroad(fix)) return 2;
  const isWide = config.some((field) => field === 'Env' || field === 'Labels' || field === 'OnBuild');
  const isAnywhere = fix.safety !== 'safe' && paths.some((glob) => /^\/?\*\*\//.test(glob));
  return packages !== undefined || owners !== undefined || isWide || isAnywhere ? 1 : 0;
}

/**
 * Whether a comparison of images cannot show that a fix is right: it changes how the image starts, or all of it, or takes
 * away what the program may read.
 */
export function needsRun(fix: Pick<Fix, 'safety' | 'changes'>): boolean {
  if (fix.safety === 'safe') return false;
  return (
    isBroad(fix) || fix.changes.needsRun === true || (fix.changes.config ?? []).some((field) => startFields.test(field))
  );
}
