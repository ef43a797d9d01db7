import type { ContextFacts, ContextFile } from '../../src/transform/index.ts';
import { type Build, buildOfSibling, contentOf } from './build.ts';
import type { Candidate } from './candidates.ts';
import { extendedText, newText, type Pattern } from './patterns.ts';
import { Planner, type PlannerRefusal } from './planner.ts';

/** A text for the ignore file, and what it leaves out. */
export interface Proposal {
  readonly before: string | undefined;
  readonly after: string;
  readonly safety: 'safe' | 'unsafe';
  /** What it adds to what is there. */
  readonly patterns: readonly Pattern[];
  /** The candidates that builds would take without it. */
  readonly taken: ReadonlySet<Candidate>;
}

export interface Plan {
  readonly proposal: Proposal | undefined;
  /** Why `.git` stays, where something takes it and needs it. */
  readonly gitStays: string | undefined;
}

/** Why nothing can be said. */
export type Refusal = 'ignore-file-disputed' | PlannerRefusal;

/**
 * Plans the text of the ignore file in force. Each pattern is held to this: what any of the Dockerfiles takes stays the
 * same but for version control data, caches, and output that the build makes itself; what loses more is unsafe.
 */
export function planFor(context: ContextFacts, own: Build): Plan | Refusal {
  const { exists, path, text } = context.ignore;
  const root = context.file('')!;
  let last = plans.get(root);
  if (!last) {
    last = { numbers: new Map() };
    plans.set(root, last);
  }
  const { numbers } = last;
  const numberOf = (build: Build | undefined): number => {
    const content = build ? contentOf(build) : '';
    const number = numbers.get(content) ?? numbers.size;
    numbers.set(content, number);
    return number;
  };
  const builds = [own, ...context.siblings.map(buildOfSibling)].map(numberOf).sort((a, b) => a - b);
  const key = JSON.stringify([path, exists && text, context.siblings.every((each) => each.text !== undefined), builds]);
  if (last.made?.key !== key) last.made = { key, plan: makePlan(context, own) };
  return last.made.plan;
}

/** The last plan of a context, and what stands for each content of a build there: contents are long. */
interface Last {
  readonly numbers: Map<string, number>;
  made?: { readonly key: string; readonly plan: Plan | Refusal };
}

/** All Dockerfiles of a context have one plan, and ask for it one after the other. */
const plans = new WeakMap<ContextFile, Last>();

function makePlan(context: ContextFacts, own: Build): Plan | Refusal {
  const { exists, text, disputed } = context.ignore;
  if (disputed.length > 0) return 'ignore-file-disputed';
  const siblings = context.siblings.flatMap((each) => buildOfSibling(each) ?? []);
  const builds = [own, ...siblings];
  if (builds.some((build) => build.isUnclear) || context.siblings.some((each) => each.text === undefined)) {
    return 'copies-unclear';
  }
  const before = exists ? text : undefined;
  if (before === undefined || mayBeOurs(before)) {
    const fresh = new Planner(context, builds, '').run();
    if (typeof fresh === 'string') return fresh;
    const { gitStays, safe, all } = fresh;
    const texts = [safe, all].map(({ patterns }) => newText(patterns));
    // A file that is what it would be if it were new is made longer as a new one.
    if ((before ?? '').trim() === '' || texts.includes(before!)) {
      const isSafe = safe.isWorthwhile && before !== texts[0];
      const chosen = isSafe ? safe : all;
      const after = texts[isSafe ? 0 : 1]!;
      const isNothing = after === before || after === '' || !chosen.isWorthwhile || (!isSafe && texts[0] === texts[1]);
      if (isNothing) return { proposal: undefined, gitStays };
      const added = chosen.patterns.filter((pattern) => !before?.split('\n').includes(pattern.text));
      const { taken } = chosen;
      return { proposal: { before, after, safety: isSafe ? 'safe' : 'unsafe', patterns: added, taken }, gitStays };
    }
  }
  const found = new Planner(context, builds, text).run();
  if (typeof found === 'string') return found;
  const { gitStays, safe, all } = found;
  const chosen = safe.isWorthwhile ? safe : all;
  if (!chosen.isWorthwhile) return { proposal: undefined, gitStays };
  const { patterns, taken } = chosen;
  const after = extendedText(text, patterns);
  return { proposal: { before: text, after, safety: chosen === safe ? 'safe' : 'unsafe', patterns, taken }, gitStays };
}

/** Whether a file holds nothing but patterns of the forms that are written here. */
function mayBeOurs(text: string): boolean {
  return text.split('\n').length < 500 && !/^[#!]|[[\]?\\\r]|^\s*\S.*\/$/m.test(text);
}
