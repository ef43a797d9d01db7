import type { Dockerfile, Instruction } from '../../src/dockerfile/index.ts';
import {
  type ContextFacts,
  defineTransform,
  type Facts,
  type Finding,
  isAvailable,
  type SkipReason,
  type Taken,
} from '../../src/transform/index.ts';
import { type Build, buildOf, landing, type Take, takesFromContext } from './build.ts';
import { type Candidate, candidatesOf } from './candidates.ts';
import type { Pattern } from './patterns.ts';
import { type Plan, type Proposal, planFor, type Refusal } from './plan.ts';
import { readerOf } from './readers.ts';

const wholeCopied =
  'The whole build context is copied, with whatever lies there: Git data, what was installed and compiled, secrets';

/** A source that is the whole context. */
function isWhole({ source, options }: Take): boolean {
  return /^(?:\.?\/)*\.?$/.test(source) || (!options.literal && /^(?:\.?\/)*\*$/.test(source));
}

const refusalOf: Readonly<Record<Refusal, SkipReason>> = {
  'copies-unclear': 'copies-unclear',
  'ignore-file-disputed': 'ignore-file-disputed',
  'patterns-unproven': 'patterns-unproven',
};

function refusal(facts: Facts, file: Dockerfile): { skipped: SkipReason; detail?: string } | Plan {
  const context = facts.context();
  if (!isAvailable(context)) {
    const above = /above the repository/.test(context.unavailable);
    return above ? { skipped: 'context-above-root' } : { skipped: 'context-not-located', detail: context.unavailable };
  }
  if (context.directory.startsWith('..')) return { skipped: 'context-above-root' };
  if (!context.complete) return { skipped: 'context-incomplete' };
  const { error, ownOfDockerfile, exists, text } = context.ignore;
  if (error !== undefined) return { skipped: 'ignore-file-unusable', detail: error };
  // The built-in frontend obeys an empty one, and others pass over it.
  const isExternal = file.directives.some(({ name }) => name === 'syntax');
  if (ownOfDockerfile && exists && text.trim() === '' && isExternal) {
    return { skipped: 'ignore-file-unusable', detail: 'an empty one counts for some frontends and not for others' };
  }
  const plan = planFor(context, buildOf(file));
  return typeof plan === 'string' ? { skipped: refusalOf[plan] } : plan;
}

/** The instructions that take from the context, each with its takes. */
function byInstruction(build: Build): Map<Instruction, Take[]> {
  const groups = new Map<Instruction, Take[]>();
  for (const take of build.takes) groups.set(take.instruction, [...(groups.get(take.instruction) ?? []), take]);
  return groups;
}

/** The secrets that the takes of one instruction bring along, with the ignore file in force. */
function secretsTaken(context: ContextFacts, takes: readonly Take[]): Candidate[] {
  const secrets = candidatesOf(context).filter(({ kind, exists }) => kind === 'secret' && exists);
  if (secrets.length === 0) return [];
  const plain = secrets.filter(({ isPlain }) => isPlain);
  const text = `${context.ignore.text}\n${plain.map(({ path }) => `${path}\n`).join('')}`;
  const lost = new Set<string>();
  for (const { source, options } of takes) {
    const found = context.lost(source, options, text);
    if (!('kind' in found)) for (const { path } of found) lost.add(path);
    else if (found.kind === 'missing') lost.add(found.path);
    // What no pattern can name is looked for among all that is taken.
    const taken = plain.length < secrets.length && isAvailable(context.sent) && context.sent.take(source, options);
    if (taken && taken.kind === 'taken') for (const { path } of taken.files()) lost.add(path);
  }
  return secrets.filter(({ path }) => [...parentsOf(path)].some((each) => lost.has(each)));
}

/** A path and the directories that it is in. */
function* parentsOf(path: string): Generator<string> {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) yield at;
}

const listed = (names: readonly string[], most = 5): string => {
  const shown = names.slice(0, most);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
};

function* secretFindings(context: ContextFacts, build: Build): Generator<Finding> {
  const { finalStage } = build.file;
  for (const [instruction, takes] of byInstruction(build)) {
    const secrets = secretsTaken(context, takes);
    if (secrets.length === 0) continue;
    const names = listed(secrets.map(({ path, what }) => `\`${path}\` (${what})`));
    const isFinal =
      finalStage === instruction.stage || build.file.descendants(instruction.stage!).includes(finalStage!);
    const where =
      instruction.keyword === 'RUN' ? 'to a command of the build' : isFinal ? 'into the image' : 'into a build stage';
    const read = secrets.flatMap((each) => {
      const reader = readerOf(context, each);
      return reader === undefined ? [] : `\`${each.path}\` stays, as ${reader}: mount it where the image runs`;
    });
    const why = {
      'into the image': 'everyone who has the image can read it',
      'into a build stage': 'it stays in the build cache, which may be shared',
      'to a command of the build': 'what the command makes may hold it',
    }[where];
    yield {
      span: instruction.span,
      message: `\`${instruction.keyword}\` brings ${names} ${where}, and ${why}${read.map((each) => `; ${each}`).join('')}`,
      report: true,
    };
  }
}

/** Bytes as people read them. */
function size(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const count = (files: number): string => `${files} ${files === 1 ? 'file' : 'files'}`;

/** The patterns with what each is for, those of one reason together. */
function reasons(patterns: readonly Pattern[]): string {
  const byReason = new Map<string, string[]>();
  for (const { text, candidates } of patterns) {
    const isThere = candidates.some(({ exists }) => exists);
    const what = candidates[0]!.what + (isThere ? '' : ', not there yet');
    byReason.set(what, [...(byReason.get(what) ?? []), `\`${text}\``]);
  }
  return [...byReason].map(([what, texts]) => `${listed(texts)} (${what})`).join(', ');
}

function messageFor(context: ContextFacts, { after, patterns, taken }: Proposal, { gitStays }: Plan): string {
  const [now, then] = [context.sent, context.sentWith(after)];
  const totals =
    isAvailable(now) && isAvailable(then) && now.files > then.files
      ? `; the build context has ${count(now.files)} (${size(now.bytes)}) now and ${count(then.files)} (${size(then.bytes)}) with it`
      : '';
  const holds = patterns.some(({ candidates }) => candidates.some(({ exists }) => exists)) ? 'holds' : 'will hold';
  const isSecret = patterns.some(({ candidates }) =>
    candidates.some((each) => each.kind === 'secret' && taken.has(each)),
  );
  const cost = isSecret
    ? 'copied into an image, secrets are given away and the rest makes every build slower'
    : 'copied into an image, it makes builds slower and layers larger, and hides what the build makes itself';
  const stays = gitStays === undefined ? '' : `; \`.git\` stays, as ${gitStays}`;
  return `The build context ${holds} what the image does not need: ${reasons(patterns)}; ${cost}${totals}${stays}`;
}

/** The paths of the image in which what is left out would have been. */
function imagePaths(context: ContextFacts, build: Build, { patterns }: Proposal): string[] {
  const { sent } = context;
  if (!isAvailable(sent)) return ['**'];
  const found = new Set<string>();
  const add = (place: string | undefined): void => {
    if (place === undefined) return;
    // The working directory of a base image is not known here.
    const glob = place.startsWith('/') ? place : `**${place.slice(1)}`;
    found.add(glob).add(`${glob}/**`);
  };
  const paths = [context.ignore.path, ...patterns.flatMap(({ candidates }) => candidates.map(({ path }) => path))];
  for (const take of build.takes) {
    const taken: Taken = sent.take(take.source, take.options);
    if (take.source.includes('$')) add(take.destination);
    else for (const path of paths) add(landing(take, taken, path));
  }
  return [...found];
}

/** The first instruction of a file that takes what a proposal leaves out; undefined where only other files do. */
function takerOf(context: ContextFacts, build: Build, { after, patterns }: Proposal): Take | undefined {
  const candidates = patterns.flatMap((pattern) => pattern.candidates);
  return build.takes.find((take) => {
    const lost = context.lost(take.source, take.options, after);
    if (!('kind' in lost) && lost.length > 0) return true;
    const taken = isAvailable(context.sent) ? context.sent.take(take.source, take.options) : undefined;
    return candidates.some((each) => !each.exists && taken && landing(take, taken, each.path) !== undefined);
  });
}

export const writeDockerignore = defineTransform({
  id: 'write-dockerignore',
  meta: {
    summary: 'Write a .dockerignore for what a build does not need',
    why: 'What lies beside a Dockerfile is sent to the builder and copied by `COPY . .`: Git data, installed and compiled files that the build makes anew, secrets. An ignore file keeps them out, so that builds are faster, caches hold longer and nothing is given away.',
    safety: 'unsafe',
    safetyNote:
      'The patterns come from what is in the build context, and each is held against every `COPY`, `ADD` and bind mount of all Dockerfiles that are built in it. Safe where these take the same files as before but for version control data, caches, and output that the build is seen to make itself; unsafe where a secret, a log, settings of an editor or a file for Docker alone would no longer be copied.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs: (file) => (takesFromContext(file) ? { context: true } : {}),
  *find({ file, facts }) {
    if (!takesFromContext(file)) return;
    const build = buildOf(file);
    const context = facts.context();
    const plan = refusal(facts, file);
    if (isAvailable(context) && context.complete && context.ignore.error === undefined) {
      yield* secretFindings(context, build);
    }
    if ('skipped' in plan) {
      // Nothing is amiss where the build takes only what it names.
      const whole = build.takes.find(isWhole);
      if (whole) yield { span: whole.instruction.span, message: wholeCopied, ...plan };
      return;
    }
    const { proposal } = plan;
    if (!proposal || !isAvailable(context)) return;
    const taker = takerOf(context, build, proposal);
    if (!taker) return;
    const { path, exists } = context.ignore;
    const names = listed(
      proposal.patterns.map(({ text }) => `\`${text}\``),
      4,
    );
    yield {
      span: taker.instruction.span,
      message: messageFor(context, proposal, plan),
      fix: {
        title: exists ? `Add ${names} to \`${path}\`` : `Write \`${path}\` with ${names}`,
        safety: proposal.safety,
        evidence: ['context'],
        edits: [],
        files: [{ path, before: proposal.before, after: proposal.after }],
        changes: {
          edits: [],
          paths: imagePaths(context, build, proposal),
          ...(proposal.safety === 'unsafe' && { needsRun: true as const }),
        },
      },
    };
  },
});
