import { Dockerfile } from '../dockerfile/index.ts';
import type { FileEdit } from '../edit/index.ts';
import { builtStages, type ContextFacts, type Facts, type Fix } from '../transform/index.ts';
import { type AppliedFix, type FixOptions, type FixResult, fix, fixKey, type RejectedFix } from './fix.ts';

/** The fixes of a result in the form in which a proof takes them: what is built, and what each of them is about. */
export interface FixPlan {
  readonly text: string;
  readonly files: readonly FileEdit[];
  readonly fixes: readonly {
    readonly key: string;
    readonly fix: Fix;
    /** The instructions that it touches, before and after: their keywords and texts. */
    readonly touched: { readonly keywords: ReadonlySet<string>; readonly text: string };
    /** Why a build of a target, or of the last stage, cannot show that it holds. */
    readonly unbuilt: (target: string | undefined) => string | undefined;
  }[];
}

/** A Dockerfile that can be planned again: its text, the facts about it, and what may be applied. */
export interface Replannable {
  readonly source: string;
  readonly facts: Facts;
  readonly options: FixOptions;
}

/** Plans a Dockerfile again with those fixes alone whose keys are given, whatever their safety. */
export function planWith({ source, facts, options }: Replannable, allowed: ReadonlySet<string>): FixResult {
  const allows = (each: AppliedFix): boolean => allowed.has(fixKey(each));
  const accept = options.transforms.map(({ id }) => id);
  return fix(source, { ...options, facts, choice: { safety: 'unsafe', accept, allows } });
}

/** The context is that of the Dockerfile, where it is known. */
export function planOf({ output, files, applied }: FixResult, context?: ContextFacts): FixPlan {
  const parsed = new Map<string, Dockerfile>();
  const read = (text: string): Dockerfile => {
    let file = parsed.get(text);
    if (!file) {
      file = new Dockerfile(text);
      parsed.set(text, file);
    }
    return file;
  };
  const fixes = applied.map((each) => ({
    key: fixKey(each),
    fix: each.fix,
    touched: touchedBy(each, read(each.before)),
    unbuilt: (target: string | undefined) =>
      isBuilt(each, read(each.before), target) ? sharedFile(each, context) : elsewhere,
  }));
  return { text: output, files, fixes };
}

function touchedBy({ fix: { changes, edits } }: AppliedFix, file: Dockerfile) {
  const { removes = [], adds = [], becomes = [] } = changes;
  const instructions = [...changes.edits, ...removes].flatMap((index) => file.instructions[index] ?? []);
  const keywords = [...instructions, ...adds, ...becomes].map((each) => each.keyword);
  const texts = [...instructions.map((each) => each.logical.text), ...edits.map((edit) => edit.text)];
  return { keywords: new Set(keywords), text: texts.join('\n') };
}

const elsewhere = 'its stage is no part of what is built: `--target` names another';

/** A file that other Dockerfiles of the context obey as well, which are not built with it. */
function sharedFile({ fix: { files = [] } }: AppliedFix, context: ContextFacts | undefined): string | undefined {
  const [other] = context?.siblings ?? [];
  const shared = files.find(({ path }) => path === '.dockerignore');
  return shared && other && `\`${shared.path}\` is for \`${other.path}\` as well, which was not built with it`;
}

/** What stands before the first stage, and files beside the Dockerfile, are part of every build. */
function isBuilt({ fix: { changes } }: AppliedFix, file: Dockerfile, target: string | undefined): boolean {
  const { edits, removes = [], adds = [] } = changes;
  const indexes = [...edits, ...removes, ...adds.map(({ before }) => before - 1)];
  const built = builtStages(file, target);
  return (
    indexes.length === 0 ||
    indexes.some((index) => !file.instructions[index]?.stage || built.has(file.instructions[index]!.stage!))
  );
}

/**
 * A result with what a proof says of it: builds are evidence for what was kept, and what was refused of the whole plan is
 * rejected, with the reason.
 */
export function withProof(
  kept: FixResult,
  all: FixResult,
  refused: ReadonlyMap<string, { readonly why: string; readonly lines: readonly string[] }>,
  unbuilt: ReadonlyMap<string, string>,
): FixResult {
  const rejected = new Map<string, RejectedFix>();
  for (const each of all.applied) {
    const refusal = refused.get(fixKey(each));
    if (refusal) rejected.set(fixKey(each), { ...each, ...refusal });
  }
  return {
    ...withBuilds(kept, (each) => unbuilt.get(fixKey(each))),
    remaining: kept.remaining.filter((each) => !('fix' in each && rejected.has(fixKey(each as AppliedFix)))),
    rejected: [...kept.rejected, ...rejected.values()],
  };
}

/** A result with builds as evidence of its fixes, but for those that a person keeps without: `unproven` says why. */
export function withBuilds(
  result: FixResult,
  unproven: (each: AppliedFix) => string | undefined = () => undefined,
): FixResult {
  const applied = result.applied.map((each): AppliedFix => {
    const why = unproven(each);
    if (why !== undefined) return { ...each, unproven: why };
    const proven = { ...each.fix, evidence: [...new Set([...each.fix.evidence, 'build' as const])] };
    const { span, message } = each.finding;
    return { ...each, fix: proven, finding: { span, message, fix: proven } };
  });
  return { ...result, applied };
}
