import type { Dockerfile, Instruction, Stage } from '../src/dockerfile/index.ts';
import { insertLinesAbove, type TextEdit } from '../src/edit/index.ts';
import { baseUsers, type ImageUser, systemUsers } from '../src/facts/index.ts';
import { covers, defineTransform, type Facts, type Finding, isAvailable } from '../src/transform/index.ts';
import { copySteps } from './add-non-root-user/image-files.ts';
import { madeSince } from './add-non-root-user/made.ts';
import { type Setting, settingOf, workdirAfter } from './add-non-root-user/setting.ts';
import { ends, targetsOf } from './add-non-root-user/target.ts';
import { isRoot } from './add-non-root-user/user.ts';
import { type MadeUser, madeGroups, madeUsers } from './add-non-root-user/users.ts';

const MESSAGE =
  'Kubernetes cannot tell whether a user that is named is root: with `runAsNonRoot` it does not start this image';

export const useNumericUser = defineTransform({
  id: 'use-numeric-user',
  meta: {
    summary: 'Write the user as a number',
    why: 'With `runAsNonRoot`, Kubernetes starts an image only where it can see that the user is not root, and it sees that of a number alone.',
    safety: 'safe',
    safetyNote:
      'Only where the number of the name is known: from the base image, or from the step of the file that makes the user. A user alone stays a user alone, so that its groups stay as they are; and where a later `WORKDIR` may make a folder, only if the number of its group is the same.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: { hadolint: ['DL3066'] },
  },
  needs(file) {
    const named = lastUsers(file, ends(file)).filter(({ instruction }) => !/^\d/.test(file.args(instruction).trim()));
    const bases = named.flatMap(({ stage }) => file.baseReference(file.rootStage(stage)) ?? []);
    const mayMakeFolder = named.some(({ instruction }) => [...workdirsUnder(file, instruction)].length > 0);
    return {
      systems: bases.filter((base) => base !== 'scratch'),
      usage: file.stages.length > 1,
      ...(mayMakeFolder && { context: true }),
    };
  },
  *find({ file, facts }): Generator<Finding> {
    for (const { stage, instruction } of lastUsers(file, imageStages(file, facts))) {
      const { span, logical, argsStart, argsEnd, index } = instruction;
      const written = file.args(instruction).trim();
      const [name = '', group] = written.split(':');
      // A variable is for whoever builds to set.
      if (instruction.opaque || /[$\s"'\\`]/.test(written) || isRoot(written) || /^\d+$/.test(name)) continue;
      const skip = (detail: string): Finding => ({ span, message: MESSAGE, skipped: 'user-number-unknown', detail });
      const found = numberOf(name, file, stage, instruction, facts);
      if (typeof found === 'string') {
        yield skip(found);
        continue;
      }
      const { user, from } = found;
      const gid = group === undefined || /^\d+$/.test(group) ? group : group === name ? user.gid : undefined;
      if (group !== undefined && (gid === undefined || gid === NO_GROUP)) {
        yield skip(`the group \`${group}\``);
        continue;
      }
      const folder = group === undefined && found.group !== user.uid ? folderMade(file, instruction, facts) : undefined;
      if (folder !== undefined) {
        const own = found.group === undefined ? 'not known' : String(found.group);
        const detail = `\`${folder}\` may make its folder, which under a number gets the group ${user.uid}; that of \`${name}\` is ${own}`;
        yield { span, message: MESSAGE, skipped: 'value-unclear', detail };
        continue;
      }
      if (!logical.isContiguous(argsStart, argsEnd)) {
        yield { span, message: MESSAGE, skipped: 'text-spread' };
        continue;
      }
      const text = gid === undefined ? String(user.uid) : `${user.uid}:${gid}`;
      const place = logical.span(argsStart, argsEnd);
      // The name is kept in sight, unless a comment above has it already.
      const isNamed = instruction.leading.some((comment) => comment.text.includes(name));
      const comment: TextEdit[] = isNamed
        ? []
        : [
            insertLinesAbove(file, instruction, [
              `${indentOf(file, instruction)}# ${name}, by the number: Kubernetes cannot check a name`,
            ]),
          ];
      yield {
        span,
        message: MESSAGE,
        fix: {
          title: `Write \`USER ${written}\` as \`USER ${text}\``,
          safety: 'safe',
          evidence: [from],
          edits: [...comment, { ...place, text: file.source.slice(place.start, place.end).replace(written, text) }],
          changes: { edits: [index], config: ['User'] },
        },
      };
    }
  },
});

/** The group of a user whose group is not known. */
const NO_GROUP = -1;

/** The stages that become images: those that no other stage builds on or copies from, and those that builds name. */
function imageStages(file: Dockerfile, facts: Facts): Stage[] {
  const targets = targetsOf(file, facts, '');
  const built = targets.kind === 'known' ? targets.stages : [];
  return file.stages.filter((stage) => built.includes(stage) || ends(file).includes(stage));
}

/** The last USER of stages that no other stage builds on: what their images start as. */
function lastUsers(file: Dockerfile, stages: readonly Stage[]): { stage: Stage; instruction: Instruction }[] {
  const seen = new Set<Instruction>();
  return stages.flatMap((stage) => {
    if (file.descendants(stage).length > 0) return [];
    for (let each: Stage | undefined = stage; each; each = each.parent) {
      const instruction = each.instructions.findLast(({ keyword }) => keyword === 'USER');
      if (instruction && seen.has(instruction)) return [];
      if (instruction) {
        seen.add(instruction);
        return [{ stage, instruction }];
      }
    }
    return [];
  });
}

function numberOf(
  name: string,
  file: Dockerfile,
  stage: Stage,
  instruction: Instruction,
  facts: Facts,
): { user: Pick<ImageUser, 'uid' | 'gid'>; group: number | undefined; from: 'text' | 'registry' } | string {
  const chain: Stage[] = [];
  for (let each: Stage | undefined = stage; each; each = each.parent) chain.unshift(each);
  const instructions = chain.flatMap((each) => each.instructions).filter(({ index }) => index < instruction.index);
  const made = madeUsers({ file, instructions });
  const base = file.baseReference(chain[0]!);
  const image = base === undefined ? undefined : facts.image(base);
  const known = image && isAvailable(image) ? image.users : undefined;
  const row = base === undefined ? undefined : baseUsers(base);
  const table = row && [...(row.application ? [row.application] : []), ...row.others];
  // Ids that a step of the file changes are no longer those of the base image.
  const changed = instructions.some(
    (each) => each.keyword === 'RUN' && /\b(?:usermod|deluser|userdel|groupmod)\b|\/etc\/passwd/.test(file.args(each)),
  );
  if (changed) return 'a step of the file changes users';
  const own = made.filter((each) => each.name === name);
  if (own.length > 1) return 'the file makes it twice';
  // What every image of a system has, where the image itself is not looked into.
  const system = known ? [] : systemUsers(settingOf(file, chain.at(-1)!, facts).image?.system);
  const rows = known ?? [...(table ?? []), ...system.filter((each) => !table?.some(({ name }) => name === each.name))];
  const all = [...rows, ...made];
  const unique = (uid: number) => all.filter((each) => each.uid === uid).length === 1;
  if (own[0]) {
    const { uid, group, mayShare } = own[0];
    if (uid === undefined) return 'the file makes it without a number';
    // Of several users with a number, Docker takes the first, and those of the base image are not all known.
    if (mayShare) return 'another user may have the same number';
    if (!unique(uid)) return 'another user has the same number';
    const gid = group !== undefined && /^\d+$/.test(group) ? Number(group) : NO_GROUP;
    return { user: { uid, gid }, group: groupOf(own[0], all, settingOf(file, chain.at(-1)!, facts)), from: 'text' };
  }
  const user = rows.find((each) => each.name === name);
  if (!user) return known ? 'the base image has no such user' : 'the users of the base image are not known';
  if (!unique(user.uid)) return 'another user has the same number';
  return { user, group: user.gid, from: known ? 'registry' : 'text' };
}

/** The number of the group of a user that the file makes; undefined where it is not known. */
function groupOf(
  { uid, group, hasOwnGroup }: MadeUser,
  all: readonly (ImageUser | MadeUser)[],
  setting: Setting,
): number | undefined {
  if (group !== undefined && /^\d+$/.test(group)) return Number(group);
  const { image } = setting;
  const groups = [...(image?.groups ?? []), ...madeGroups(setting)];
  if (group !== undefined) {
    const named = groups.filter((each) => each.name === group);
    return named.length === 1 ? named[0]!.gid : undefined;
  }
  // One without a number may have taken this one, and so may one of a base that is not known.
  const mayBeTaken =
    image?.system === undefined ||
    groups.some(({ gid }) => gid === undefined || gid === uid) ||
    all.some((each) => ('gid' in each ? each.gid === uid : each.uid === undefined));
  return hasOwnGroup && !mayBeTaken ? uid : undefined;
}

/** The WORKDIR instructions under a USER, each with a stage that ends under it or is built on. */
function* workdirsUnder(file: Dockerfile, user: Instruction): Generator<{ stage: Stage; instruction: Instruction }> {
  for (const stage of [user.stage!, ...file.descendants(user.stage!)]) {
    const chain: Instruction[] = [];
    for (let each: Stage | undefined = stage; each; each = each.parent) chain.unshift(...each.instructions);
    for (const instruction of chain.slice(chain.indexOf(user) + 1)) {
      if (instruction.keyword === 'USER') break;
      if (instruction.keyword === 'WORKDIR') yield { stage, instruction };
    }
  }
}

/**
 * A WORKDIR that may make its folder under a USER. BuildKit gives that folder the group of the user's number where the
 * user is a number, and the user's own group where it is a name (solver/llbsolver/file/user_linux.go).
 */
function folderMade(file: Dockerfile, user: Instruction, facts: Facts): string | undefined {
  for (const { stage, instruction } of workdirsUnder(file, user)) {
    const path = workdirAfter(file, instruction, facts);
    if (path === undefined || !isThere(settingOf(file, stage, facts), path, instruction))
      return `WORKDIR ${file.args(instruction).trim()}`;
  }
  return undefined;
}

/** Folders of the Filesystem Hierarchy Standard that the images of distributions have. */
const OF_SYSTEM =
  /^\/(?:bin|etc|home|mnt|opt|root|sbin|srv|tmp|usr(?:\/(?:bin|lib|local(?:\/bin)?|share))?|var(?:\/(?:cache|lib|log|tmp))?)?$/;

/** Whether a folder is in the image before an instruction for sure. */
function isThere(setting: Setting, path: string, before: Instruction): boolean {
  const { file, chain, facts, image } = setting;
  const since = madeSince(setting, path);
  if (path === '/' || (since !== undefined && since < before.index)) return true;
  if (image?.system !== undefined && !/^(?:busybox|distroless|windows)$/.test(image.system) && OF_SYSTEM.test(path))
    return true;
  if (image?.workingDir !== undefined && covers(path, image.workingDir)) return true;
  const homes = madeUsers(setting).flatMap(({ home, mayLackHome }) => (mayLackHome ? [] : (home ?? [])));
  if (homes.some((home) => covers(path, home))) return true;
  // Were it a file there, the WORKDIR would fail by either name.
  return copySteps(file, chain, facts).some(
    ({ destination, instruction }) => instruction.index < before.index && destination === path,
  );
}

function indentOf(file: Dockerfile, instruction: Instruction): string {
  const start = file.lines.lineStart(file.lines.lineAt(instruction.span.start));
  return file.source.slice(start, instruction.span.start).replace(/\S.*$/, '');
}
