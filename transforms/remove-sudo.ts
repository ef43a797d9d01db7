import type { Dockerfile, Instruction } from '../src/dockerfile/index.ts';
import { removeToken } from '../src/edit/index.ts';
import type { ImageFacts } from '../src/facts/index.ts';
import { type ShellCommand, visitCommands, visitTrees } from '../src/shell/index.ts';
import {
  defineTransform,
  type Facts,
  type Finding,
  hasOtherReading,
  type ShellBody,
  type SkipReason,
  shellBodies,
  systemOf,
} from '../src/transform/index.ts';

type User = 'root' | 'other' | 'unknown';

/** The user in force at an instruction: USER of its stage or a parent stage, else the base image's. */
function userAt(file: Dockerfile, at: Instruction, facts: Facts): User {
  for (let stage = at.stage; stage; stage = stage.parent) {
    const set = stage.instructions.findLast(
      (each) => each.keyword === 'USER' && (stage !== at.stage || each.index < at.index),
    );
    if (!set) continue;
    const expanded = file.expand(file.args(set).trim(), set);
    return expanded.ok ? kind(expanded.value) : 'unknown';
  }
  const image = systemOf(file, at, facts);
  return image?.user === undefined ? 'unknown' : kind(image.user, image.users);
}

/** A name is looked for among the image's own users, as more than one may be root. */
function kind(user: string, users: ImageFacts['users'] = []): User {
  const name = user.split(':')[0]!;
  return /^(?:root|0)?$/.test(name) || users.find((each) => each.name === name)?.uid === 0 ? 'root' : 'other';
}

/** Programs that do the same whatever the environment says, but for PATH, the loader's variables and proxies. */
const indifferent = new Set(
  `apt-get apt dpkg dpkg-reconfigure apk yum dnf microdnf zypper rpm mkdir rmdir chmod chown chgrp cp mv rm ln touch tee cat
  install useradd userdel usermod groupadd groupdel groupmod adduser addgroup deluser delgroup gpasswd passwd chpasswd
  sed ldconfig update-alternatives locale-gen service sysctl add-apt-repository apt-key apt-mark mknod mkfifo true`
    .trim()
    .split(/\s+/),
);

/** Variables that `sudo` takes away and that such programs heed. */
const heeded = /^(?:PATH|HOME|UMASK|.*_proxy|LD_.*|APT_CONFIG|DPKG_.*|BASH_ENV|ENV|TAR_OPTIONS)$/i;

/** The shell's own commands, and words of its grammar, that are not the programs of the same name. */
const builtins = new Set(
  `. : [ alias bg break cd command continue eval exec exit export fg getopts hash jobs kill let local printf pwd read
  readonly return set shift source test time times trap type ulimit umask unalias unset wait if for while until case { ! (`
    .trim()
    .split(/\s+/),
);

function refusal(body: ShellBody, command: ShellCommand): SkipReason | undefined {
  const next = command.words[1];
  if (!next?.literal || next.quoted || /^-|=/.test(next.literal)) return 'sudo-options';
  if (!/^[\w./+-]+$/.test(next.text)) return 'sudo-options';
  if (builtins.has(next.literal) || isFunction(body, next.literal)) return 'sudo-builtin';
  // echo of the shell and of the system differ in backslashes and options.
  const rest = command.words.slice(2);
  const isEcho = next.literal === 'echo';
  if (isEcho && rest.some((word, at) => word.text.includes('\\') || (at === 0 && /^["']?[-$]/.test(word.text)))) {
    return 'sudo-builtin';
  }
  return undefined;
}

function isFunction(body: ShellBody, name: string): boolean {
  let found = false;
  visitTrees(body.script, (tree) => {
    if (tree.kind === 'function' && tree.name === name) found = true;
  });
  return found;
}

/** Whether the command sees the same environment with and without `sudo`, as far as it looks. */
function isIndifferent(file: Dockerfile, body: ShellBody, command: ShellCommand): boolean {
  const name = command.words[1]!.literal!;
  if (!indifferent.has(name) && name !== 'echo') return false;
  if (command.assignments.some((each) => heeded.test(each.name))) return false;
  if (/\b(?:export|umask|set\s+-a)\b/.test(body.script.text)) return false;
  for (let stage = body.instruction.stage; stage; stage = stage.parent) {
    for (const each of stage.instructions) {
      if (each.keyword === 'ENV' && file.pairs(each).some(([key]) => heeded.test(key))) return false;
      if (each.keyword === 'ARG' && file.words(each).some(({ text }) => heeded.test(text.split('=')[0]!))) return false;
    }
  }
  return true;
}

function* findIn(file: Dockerfile, facts: Facts, body: ShellBody): Generator<Finding> {
  const commands: ShellCommand[] = [];
  visitCommands(body.script, (command) => {
    if (command.words[0]?.text === 'sudo' && command.words.length > 1) commands.push(command);
  });
  const { instruction, base } = body;
  for (const command of commands) {
    const [sudo, next] = command.words as [(typeof command.words)[0], (typeof command.words)[0]];
    const span = instruction.logical.span(base + sudo.start, base + sudo.end);
    const message =
      '`sudo` in a build changes the environment of what it runs, and brings a setuid program into the image';
    const user = userAt(file, instruction, facts);
    // On a base whose user is not known, a file with `sudo` most likely needs it.
    const why = user === 'other' ? 'user-not-root' : user === 'unknown' ? 'user-unknown' : refusal(body, command);
    if (why) {
      yield { span, message, skipped: why };
      continue;
    }
    const isAdjacent = body.script.text.slice(sudo.end, next.start).trim() === '';
    const previousEnd = body.script.text.slice(0, sudo.start).trimEnd().length;
    // With the first word of a line gone, its indentation stays; elsewhere the blank after it goes.
    const edit = isAdjacent
      ? (removeForward(body, sudo.start, sudo.end, next.start) ??
        removeToken(instruction, {
          previousEnd: base + previousEnd,
          start: base + sudo.start,
          end: base + sudo.end,
          next: base + next.start,
        }))
      : undefined;
    if (!edit || hasOtherReading(body, command.start, command.end)) {
      yield { span, message, skipped: 'text-spread' };
      continue;
    }
    const isSafe = isIndifferent(file, body, command);
    yield {
      span,
      message,
      fix: {
        title: `Remove \`sudo\` from \`${next.text}\``,
        safety: isSafe ? 'safe' : 'unsafe',
        evidence: ['text'],
        edits: [edit],
        changes: { edits: [instruction.index] },
      },
    };
  }
}

function removeForward(
  { instruction, base }: ShellBody,
  start: number,
  end: number,
  next: number,
): { start: number; end: number; text: string } | undefined {
  if (!instruction.logical.isContiguous(base + start, base + next + 1)) return undefined;
  return end <= next ? { ...instruction.logical.span(base + start, base + next), text: '' } : undefined;
}

export const removeSudo = defineTransform({
  id: 'remove-sudo',
  meta: {
    summary: 'Remove sudo where the build already runs as root',
    why: 'A build step of root needs no `sudo`, which resets the environment, needs a terminal in some set-ups and is one more setuid program.',
    safety: 'unsafe',
    safetyNote:
      'Safe where the user is known to be root and the command does not heed the environment that `sudo` would take away. Unsafe where PATH, HOME or other variables may matter. Where the user of the base image is not known, and where `sudo` has options or assignments, it stays, and so does the package.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3004'],
      trivy: ['DS-0010'],
      checkov: ['CKV2_DOCKER_1'],
      kics: ['8ada6e80-0ade-439e-b176-0b28f6bce35a'],
    },
  },
  *find({ file, facts }) {
    for (const body of shellBodies(file, facts)) yield* findIn(file, facts, body);
  },
});
