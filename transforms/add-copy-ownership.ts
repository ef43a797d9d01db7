import type { Stage } from '../src/dockerfile/index.ts';
import { insertAfter } from '../src/edit/index.ts';
import { covers, defineTransform, type Evidence, type Finding } from '../src/transform/index.ts';
import { type CopyStep, copySteps, placedFiles } from './add-non-root-user/image-files.ts';
import type { Owned } from './add-non-root-user/owned.ts';
import { userIn } from './add-non-root-user/placement.ts';
import { textRefusal } from './add-non-root-user/refusals.ts';
import { type Setting, settingOf } from './add-non-root-user/setting.ts';
import { startOf } from './add-non-root-user/start.ts';
import { targetsOf } from './add-non-root-user/target.ts';
import { isRoot } from './add-non-root-user/user.ts';
import { madeUsers, usersOf } from './add-non-root-user/users.ts';
import { writesOf } from './add-non-root-user/writes.ts';

export const addCopyOwnership = defineTransform({
  id: 'add-copy-ownership',
  meta: {
    summary: 'Give the user what it writes of the files that are copied',
    why: '`COPY` makes files and folders root’s, also below a `USER`: the application then cannot write its uploads, logs or database, and fails when it first tries.',
    safety: 'unsafe',
    safetyNote:
      'All that the same `COPY` brings gets the owner. What is written is read from the sources, the start scripts and the frameworks.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs(file) {
    const base = file.finalStage && file.baseReference(file.rootStage(file.finalStage));
    return {
      context: true,
      usage: true,
      observed: true,
      ...(base === undefined || base === 'scratch' ? {} : { systems: [base] }),
    };
  },
  *find({ file, facts }): Generator<Finding> {
    const targets = targetsOf(file, facts, '');
    if (targets.kind === 'unclear') return;
    const seen = new Set<number>();
    for (const stage of targets.stages) {
      for (const finding of findIn(settingOf(file, stage, facts), stage)) {
        if (seen.has(finding.span.start)) continue;
        seen.add(finding.span.start);
        yield finding;
      }
    }
  },
});

function* findIn(setting: Setting, stage: Stage): Generator<Finding> {
  const { file, facts, chain, image, context } = setting;
  const user = userIn(setting, stage.instructions.at(-1)!.index + 1) ?? image?.user;
  if (user === undefined || isRoot(user) || context === undefined || textRefusal(setting)) return;
  const start = startOf(setting);
  if (start.kind !== 'known') return;
  const writes = writesOf(setting, start.commands, undefined, []);
  if (writes.kind !== 'known') return;
  for (const step of copySteps(file, chain, facts)) {
    const { instruction } = step;
    if (step.flag('chown') !== undefined || step.from !== undefined) continue;
    const wanted = writes.owned.filter((each) => brings(setting, step, each) && !isGiven(setting, step, each));
    if (wanted.length === 0) continue;
    const { span, logical, keywordEnd, flags, index } = instruction;
    const [first] = wanted;
    const message = `\`COPY\` makes \`${first!.path}\` root’s, and the user that the image runs as cannot write there (${first!.why})`;
    // A linked copy is made on an empty image, where no names are.
    const isLinked = flags.some(({ name, value }) => name === 'link' && value !== 'false');
    const owner = isLinked ? numbersOf(setting, user) : isKnown(setting, user) ? user : undefined;
    if (owner === undefined) {
      yield {
        span,
        message,
        skipped: 'user-number-unknown',
        detail: `\`${user}\` may be missing, and builders take an unknown owner for root`,
      };
      continue;
    }
    const evidence: Evidence[] = ['text', 'context'];
    const flag = `--chown=${owner}`;
    yield {
      span,
      message,
      fix: {
        title: `Copy with \`${flag}\``,
        safety: 'unsafe',
        evidence,
        edits: [insertAfter(instruction, flags.at(-1)?.end ?? keywordEnd, ` ${flag}`)],
        guards: [logical.span(instruction.argsStart, instruction.argsEnd)],
        changes: { edits: [index], owners: ownedBy(step.destination!) },
      },
    };
  }
}

/** A destination with what is in it, and the folders above it, which the copy makes where they are missing. */
function ownedBy(destination: string): string[] {
  const parts = destination.split('/').filter(Boolean);
  const above = parts.slice(0, -1).map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  return [...above, `/${[...parts, '**'].join('/')}`];
}

/** Whether a COPY brings a path that is written, or files into it. */
function brings(setting: Setting, step: CopyStep, { path, deep }: Owned): boolean {
  if (!deep || step.destination === undefined || !covers(step.destination, path)) return false;
  for (const placed of placedFiles(setting, step)) if (covers(path, placed.path)) return true;
  return false;
}

/** Whether a later step gives the path away, or opens it for all. */
function isGiven({ file, instructions, workdir }: Setting, { instruction }: CopyStep, { path }: Owned): boolean {
  return instructions.some((each) => {
    if (each.index <= instruction.index || each.keyword !== 'RUN') return false;
    const text = file.source.slice(each.span.start, each.span.end);
    const given = [...text.matchAll(/\b(?:chown|chmod|chgrp)\s+(?:-\w+\s+)*\S+\s+([^;&|<>\n]+)/g)].flatMap((match) =>
      match[1]!.trim().split(/\s+/),
    );
    return given.some((word) => {
      const absolute = word.startsWith('/') ? word : `${workdir ?? ''}/${word}`;
      return word === '.' || word.includes('$') || covers(absolute.replace(/\/(?:\.|\*)?$/, ''), path);
    });
  });
}

/** The user and group of a name by their numbers; undefined where they are not known. */
function numbersOf(setting: Setting, user: string): string | undefined {
  if (/^\d+:\d+$/.test(user)) return user;
  const found = usersOf(setting).find(({ name, uid }) => name === user || String(uid) === user);
  return found && `${found.uid}:${found.gid}`;
}

/** Whether the image has this user, or it is a number. */
function isKnown(setting: Setting, user: string): boolean {
  const [name = '', group] = user.split(':');
  if (/^\d+$/.test(name) && (group === undefined || /^\d+$/.test(group))) return true;
  if (group !== undefined && group !== name) return false;
  return [...usersOf(setting), ...madeUsers(setting)].some((each) => each.name === name);
}
