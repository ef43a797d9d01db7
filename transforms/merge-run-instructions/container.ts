import { posix } from 'node:path';
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import type { ShellList, ShellWord } from '../../src/shell/index.ts';
import { type Facts, type SkipReason, systemOf } from '../../src/transform/index.ts';
import { pathPattern, writtenOperands } from './paths.ts';
import { processLeft } from './processes.ts';
import { bareText, operands, type Step, stepsOf } from './steps.ts';
import { workingDirectoryLost } from './working-directory.ts';

/** Why two RUN instructions stay apart, with the leak named for a person. */
export interface Refusal {
  readonly skipped: SkipReason;
  readonly detail?: string;
}

/** Where a script runs. */
export interface Place {
  /** The absolute working directory; undefined where it is not known. */
  readonly directory: string | undefined;
  /** The user, name or number; the empty string is root; undefined where it is not known. */
  readonly user: string | undefined;
  /** A word with the variables of ENV and ARG replaced; undefined where one is not known. */
  expand(word: string): string | undefined;
}

/** The user that an instruction runs as, without the group. */
export function runningUser(file: Dockerfile, at: Instruction, facts: Facts): string | undefined {
  for (let stage: Stage | undefined = at.stage; stage; stage = stage.parent) {
    const set = stage.instructions.findLast(
      (each) => each.keyword === 'USER' && (stage !== at.stage || each.index < at.index),
    );
    if (!set) continue;
    const expanded = file.expand(file.args(set), set);
    return expanded.ok ? expanded.value.split(':')[0] : undefined;
  }
  return systemOf(file, at, facts)?.user?.split(':')[0];
}

/** What a script leaves that ends with its RUN and that no subshell holds back; undefined where nothing is known to. */
export function containerLeak(script: ShellList, place: Place): Refusal | undefined {
  const left = processLeft(script);
  if (left) return { skipped: 'process-left-running', detail: left };
  const steps = stepsOf(script);
  const moves = steps.some((step) => step.name === 'cd' || step.name === 'pushd');
  for (const step of steps) {
    const kernel = kernelWrite(step);
    if (kernel) return { skipped: 'runtime-file-changed', detail: kernel };
    const shell = shellChange(step, moves);
    if (shell) return { skipped: 'shell-replaced', detail: shell };
    const user = userChange(step, place);
    if (user) return { skipped: 'user-changed', detail: user };
  }
  const lost = workingDirectoryLost(script, place);
  return lost === undefined ? undefined : { skipped: 'working-directory-replaced', detail: lost };
}

const runtimePath =
  /(?<![\w.\-/}])\/(?:dev\/shm|proc|sys)(?![\w.-])|(?<![\w.\-/}])\/etc\/(?:hosts|resolv\.conf|hostname)(?![\w.-])/;

/** Files that the engine mounts for one RUN, and settings of the kernel. */
function kernelWrite(step: Step): string | undefined {
  if (step.name !== undefined && /^(?:mount|umount|sysctl|swapon|losetup|modprobe)$/.test(step.name))
    return `\`${step.name}\``;
  if (step.name === 'hostname' && operands(step).length > 0) return '`hostname`';
  const word = [...redirectTargets(step), ...writtenOperands(step)].find((each) => runtimePath.test(bareText(each)));
  return word && `\`${word.text}\``;
}

function redirectTargets(step: Step): ShellWord[] {
  return step.command.redirects.flatMap(({ operator, target }) => (/>/.test(operator) && target ? [target] : []));
}

const shellPaths = ['/bin', '/usr/bin'].flatMap((directory) =>
  ['sh', 'bash', 'dash', 'ash', 'busybox'].map((name) => `${directory}/${name}`),
);

function shellChange(step: Step, moves: boolean): string | undefined {
  const texts = step.args.map(bareText);
  if (step.name === 'dpkg-reconfigure' && texts.includes('dash')) return '`dpkg-reconfigure dash`';
  if (/^(?:update-)?alternatives$/.test(step.name ?? '') && texts.some((text) => /(?:^|\/)sh$/.test(text))) {
    return `\`${step.name}\` of \`sh\``;
  }
  if (
    (step.name === 'busybox' || step.wrappers.includes('busybox')) &&
    step.command.words.some((word) => word.text === '--install')
  ) {
    return '`busybox --install`';
  }
  const binsh = texts.find((text) => /binsh(?:[=@~<>].*)?$/.test(text));
  if (binsh) return `\`${binsh}\``;
  const modeOnly = /^(?:chmod|chown|chgrp|find)$/.test(step.name ?? '');
  const written = [...redirectTargets(step), ...(modeOnly ? [] : replacedOperands(step))];
  const hit = written.find((word) => {
    const text = bareText(word);
    if (!text.startsWith('/')) return moves && /^(?:\.\/)?(?:sh|bash|dash|ash|busybox)$/.test(text);
    const pattern = pathPattern(word, undefined);
    return shellPaths.some((path) => pattern.test(path));
  });
  return hit && `\`${hit.text}\``;
}

/** What `ln`, `cp`, `mv` and the like put another file in the place of; other commands are not judged by their words. */
function replacedOperands(step: Step): readonly ShellWord[] {
  if (!/^(?:ln|cp|mv|install|rm|unlink|tee|dpkg-divert|truncate|curl|wget)$/.test(step.name ?? '')) return [];
  const written = writtenOperands(step);
  if (step.name !== 'ln' && step.name !== 'cp' && step.name !== 'install' && step.name !== 'mv') return written;
  // `ln -s /usr/bin/bash /bin/` names the shell by its source.
  const target = operands(step).at(-1)?.literal;
  const intoBin = target !== undefined && /^(?:\/usr)?\/bin\/?$/.test(target);
  const sources = operands(step).slice(0, -1);
  const named = intoBin
    ? sources.filter((word) => shellPaths.includes(posix.join('/bin', posix.basename(bareText(word)))))
    : [];
  return step.name === 'mv'
    ? operands(step)
    : [...written, ...named.map((word) => ({ ...word, literal: posix.join('/bin', posix.basename(bareText(word))) }))];
}

const valued: Readonly<Record<string, RegExp>> = {
  adduser: /^(?:-[hgsGukdcbefKp]|--(?:home|shell|uid|gid|ingroup|gecos|firstuid|lastuid|conf))$/,
  addgroup: /^(?:-g|--gid|--conf)$/,
  usermod: /^(?:-[cdegGlpsuf]|--(?:comment|home|gid|groups|login|uid|shell|password|expiredate|inactive|append))$/,
  gpasswd: /^(?:-[adAM]|--(?:add|delete|administrators|members))$/,
};

/** A change to the entry or the groups of the user that the build runs as. */
function userChange(step: Step, place: Place): string | undefined {
  const { name } = step;
  const account = [
    ...redirectTargets(step),
    ...(/^(?:chmod|chown|chgrp)$/.test(name ?? '') ? [] : writtenOperands(step)),
  ].find((word) => /(?<![\w.\-/}])\/etc\/(?:passwd|group)$/.test(bareText(word)));
  if (account) return `\`${account.text}\``;
  if (name === undefined || !Object.hasOwn(valued, name)) return undefined;
  const options = valued[name]!;
  const free = step.args.filter(
    (word, index) => !word.text.startsWith('-') && !options.test(step.args[index - 1]?.text ?? ''),
  );
  let user: ShellWord | undefined;
  if (name === 'usermod') {
    const keepsIdentity = step.args.every(
      (word, index) =>
        !word.text.startsWith('-') ||
        /^(?:-[LUpsec]|--(?:lock|unlock|password|shell|expiredate|comment))$/.test(word.text) ||
        options.test(step.args[index - 1]?.text ?? ''),
    );
    if (keepsIdentity) return undefined;
    user = free.at(-1);
  } else if (name === 'gpasswd')
    user = step.args.find((_, index) => /^(?:-[adM]|--(?:add|delete|members))$/.test(step.args[index - 1]?.text ?? ''));
  else user = free.length >= 2 ? free[0] : undefined;
  if (!user) return undefined;
  const affected = user.literal ?? place.expand(bareText(user));
  // Only root may run these; with sudo, the build's user is another one.
  const running = place.user ?? (step.wrappers.includes('sudo') ? undefined : 'root');
  const isRoot = running === '' || running === 'root' || running === '0';
  const isSame =
    affected === undefined ||
    running === undefined ||
    (isRoot ? /^(?:root|0)$/.test(affected) : affected === running || /^\d+$/.test(running));
  return isSame ? `\`${name}\` of \`${user.text}\`` : undefined;
}
