import type { Instruction } from '../../src/dockerfile/index.ts';
import { homeSteps } from '../../src/facts/index.ts';
import { absolute, baseName, covers, stageCommands } from '../../src/transform/index.ts';
import { copySteps, placedFiles, textAt } from './image-files.ts';
import { managerInHome } from './managers.ts';
import { type Refusal, refusal } from './refusals.ts';
import type { Setting } from './setting.ts';
import type { Start } from './start.ts';
import { downloadsPython } from './uv-python.ts';

/** What the image needs of the home of root. */
export function homeRefusal(setting: Setting, start: Start): Refusal | undefined {
  const { file, instructions, facts, chain, workdir, environment } = setting;
  const named = instructions.find(
    (each) => each.keyword === 'ENV' && /(?:^|[:=\s"'])\/root(?=[/"'\s]|$)/.test(withoutCaches(file.args(each))),
  );
  const inHome = (path: string | undefined) => path !== undefined && covers('/root', path);
  const home = (detail: string) => refusal('files-in-root-home', detail);
  if (inHome(workdir)) return home(`the working directory \`${workdir}\``);
  if (named) return home('a variable of the environment names `/root`');
  if (start.kind === 'known') {
    const word = start.commands
      .flatMap(({ path, words }) => [path, ...words])
      .find((each) => each !== undefined && /(?:^|[=:])(?:\/root|~)(?:\/|$)/.test(each));
    if (word !== undefined) return home(`the start names \`${word}\``);
    const kept = managerInHome(setting, start.commands);
    if (kept !== undefined) return home(kept);
  }
  for (const step of copySteps(file, chain, facts)) {
    // The settings of a shell or an editor are nobody's need.
    const isSetting =
      step.sources.every((source) =>
        /(?:^|\/)\.(?:bash\w*|profile|vimrc|zshrc|inputrc|gitconfig|dircolors|tmux\.conf)$/.test(source),
      ) && step.sources.length > 0;
    if (inHome(step.destination) && !isSetting) return home(`files are copied to \`${step.destination}\``);
  }
  const settings = [...environment].map(([name, value]) => `${name}=${value ?? ''}`).join('\n');
  for (const each of instructions) {
    if (each.keyword === 'VOLUME' && /\/root\b/.test(file.args(each))) return home('a volume in `/root`');
    if (each.keyword !== 'RUN') continue;
    const text = file.source.slice(each.span.start, each.span.end);
    for (const { text: run, by } of [{ text, by: undefined }, ...scriptsOf(setting, each)]) {
      const step = homeSteps.find(
        (known) =>
          known.step.test(run) &&
          ![run, text, settings].some((place) => known.movedBy?.test(place)) &&
          needed(known.name, setting, start, each),
      );
      if (step) return home(by === undefined ? step.name : `${step.name}, by \`${by}\``);
    }
    // What a step makes there, but for what it removes again and what only the build needs.
    const kept = text
      .split(/&&|;|\|\||\n/)
      .find(
        (part) =>
          /(?:\/root\/|~\/|\$HOME\b|\$\{HOME\})/.test(part) &&
          !/^\s*(?:RUN\s+(?:--\S+\s+)*)?(?:rm|test|\[|export|cd|echo|source|\.)\b|\.(?:bashrc|profile|bash_profile|zshrc|vimrc|npmrc|netrc|cache|npm|gnupg|gitconfig|pypirc|ssh)\b|--mount|git config/.test(
            part,
          ),
      );
    if (kept !== undefined) return home(`a step writes below it: \`${kept.trim().slice(0, 60)}\``);
  }
  return undefined;
}

/** The scripts of the context that a RUN runs, by a shell, by Python or by themselves, without their comments. */
function scriptsOf(setting: Setting, run: Instruction): { readonly text: string; readonly by: string }[] {
  const { file, facts } = setting;
  const { commands } = stageCommands(file, run.stage!, facts);
  return commands.flatMap(({ instruction, name, words, command, directory }) => {
    if (instruction !== run) return [];
    const isCalled = /^(?:ba|da|a)?sh$|^python[\d.]*$/.test(name);
    const first = isCalled ? words.find((word) => !word?.startsWith('-')) : command.words[0]?.literal;
    // What follows `-c` or `-m` is no file, and a program without a folder is one of the system.
    if (first === undefined || (isCalled ? words[0] === '-c' || words[0] === '-m' : !first.includes('/'))) return [];
    const path = absolute(first, directory);
    const text = path === undefined ? undefined : textAt(setting, path);
    if (text === undefined) return [];
    return [{ text: text.replace(/^[ \t]*#.*$/gm, ''), by: first }];
  });
}

/** The text of an ENV without the variables that are about caches, and without HOME, which is written anew. */
const withoutCaches = (text: string): string => text.replace(/\b(?:\w*CACHE\w*|HOME)(?:=|[ \t]+)\S+/g, '');

/** A package manager of corepack and the like matter only where the start uses them. */
function needed(name: string, setting: Setting, start: Start, step: Instruction): boolean {
  if (/uv downloads/.test(name)) return downloadsPython(setting, start, step);
  if (/corepack/.test(name))
    return start.kind === 'known' && start.commands.some(({ program }) => /^(?:yarn|pnpm|corepack)$/.test(program));
  if (/Rust/.test(name))
    return (
      !/^rust(?::|$)/.test(setting.base ?? '') &&
      start.kind === 'known' &&
      start.commands.some(({ program }) => program === 'cargo')
    );
  if (/Mix/.test(name)) return start.kind === 'known' && start.commands.some(({ program }) => program === 'mix');
  return true;
}

/** What others than root could not read, or run. */
export function readRefusal(setting: Setting): Refusal | undefined {
  const { file, instructions, facts, chain, context } = setting;
  const unreadable = (detail: string) => refusal('files-unreadable', detail);
  const opened = openedPaths(setting);
  for (const each of instructions) {
    if (each.keyword !== 'RUN' || each.json) continue;
    const text = file.args(each);
    // Private keys are made readable by their owner alone.
    const key =
      /\bopenssl\s+(?:genrsa|genpkey|ecparam|req)\b[^;&|]*?-(?:out|keyout)\s+(\S+)|\bssh-keygen\b[^;&|]*-f\s+(\S+)|\binstall\s+(?:-\S+\s+)*?-m\s*0?[4-7][0-7]0\s+(?:-\S+\s+)*\S+\s+(\S+)/.exec(
        text,
      );
    const made = key?.[1] ?? key?.[2] ?? key?.[3];
    if (
      made !== undefined &&
      !/\/root\b|\/tmp\b|\.(?:csr|crt)$/.test(made) &&
      !opened.some((open) => open.index >= each.index && isOpenedBy(open.path, made))
    ) {
      return unreadable(`\`${made}\``);
    }
    for (const match of text.matchAll(
      /(?:^|[;&|(\s])chmod\s+((?:-\w+\s+|--\w+\s+)*)([0-7]{3,4}|[ugoa]*[-+=][rwxXst]+(?:,[ugoa]*[-+=][rwxXst]+)*)\s+([^;&|<>]+)/g,
    )) {
      const [, , mode, paths] = match;
      if (!shutsOut(mode!)) continue;
      const operands = paths!.trim().split(/\s+/);
      // Keys, the rules of sudo and the home of root are for root alone.
      const others = operands.filter(
        (path) =>
          !/\/root\b|~|\.ssh|sudoers|\.gnupg|\/tmp\b|\/etc\/(?:cron|crontabs|sudoers|shadow|ssl\/private|wireguard|ssh)|\.(?:key|pem)$|keyrings|apt\/|id_rsa/.test(
            path,
          ),
      );
      if (
        others.length > 0 &&
        !others.every((path) => opened.some((open) => open.index > each.index && isOpenedBy(open.path, path)))
      )
        return unreadable(`\`chmod ${mode} ${others[0]}\``);
    }
  }
  for (const step of copySteps(file, chain, facts)) {
    const mode = step.flag('chmod');
    if (mode !== undefined && shutsOut(mode)) return unreadable(`\`--chmod=${mode}\``);
    const isUrl = step.instruction.keyword === 'ADD' && step.sources.some((source) => /^https?:\/\//.test(source));
    const after = (path: string) =>
      opened.some((open) => open.index > step.instruction.index && isOpenedBy(open.path, path));
    if (isUrl && mode === undefined && step.destination !== undefined) {
      const path = step.intoFolder ? absolute(baseName(step.sources[0]!), step.destination)! : step.destination;
      const removed = instructions.some(
        (each) =>
          each.index > step.instruction.index &&
          each.keyword === 'RUN' &&
          new RegExp(`\\brm\\b[^;&|]*${escaped(baseName(path))}`).test(file.args(each)),
      );
      // An archive is for a step to unpack.
      const isArchive = /\.(?:tar|tgz|zip|gz|xz|bz2|zst|deb|rpm|apk)$/.test(path);
      if (!removed && !isArchive && !covers('/tmp', path) && !after(path))
        return unreadable(`\`ADD\` of a URL makes \`${path}\` readable by root alone`);
    }
    if (context === undefined || mode !== undefined || step.from !== undefined) continue;
    for (const { path, file: placed } of placedFiles(setting, step)) {
      const closed =
        placed.type === 'file'
          ? (placed.mode & 0o004) === 0
          : placed.type === 'directory' && (placed.mode & 0o005) !== 0o005;
      // An owner of its own is the user that it is copied for.
      if (closed && step.flag('chown') === undefined && !after(path))
        return unreadable(
          `\`${placed.path}\` has the mode ${(placed.mode & 0o777).toString(8).padStart(4, '0')} in the build context`,
        );
    }
  }
  return undefined;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Whether a mode keeps others out: no reading for them, or running for the owner alone. */
function shutsOut(mode: string): boolean {
  if (/^[0-7]+$/.test(mode)) return (Number.parseInt(mode.slice(-1), 8) & 4) === 0;
  return mode
    .split(',')
    .some(
      (part) =>
        /^(?:[ugo]*o[ug]*|a)?-[wst]*[rxX]/.test(part) ||
        /^u\+\w*x/.test(part) ||
        /^u=/.test(part) ||
        /^[ugo]*o[ug]*=(?!.*r)/.test(part),
    );
}

/** What a later step opens for all, or gives away. */
function openedPaths({ file, instructions, workdir }: Setting): { path: string; index: number }[] {
  return instructions.flatMap((each) => {
    if (each.keyword !== 'RUN' || each.json) return [];
    const text = file.args(each);
    const matches = [
      ...text.matchAll(
        /\bchmod\s+((?:-\w+\s+)*)(?:[0-7]?[0-7][0-7][4-7]|(?:a|o|go|ugo)?\+[rwxX]*r[rwxX]*|a\+rX|\+rx)\s+([^;&|<>]+)/g,
      ),
      ...text.matchAll(/\bchown\s+((?:-\w+\s+)*)[\w.$-]+(?::[\w.$-]*)?\s+([^;&|<>]+)/g),
    ];
    return matches.flatMap(([, , paths]) =>
      paths!
        .trim()
        .split(/\s+/)
        .flatMap((path) => ({ path: absolute(path, workdir) ?? path, index: each.index })),
    );
  });
}

/** Whether a step that opens one path opens another; a name that is the same may be the same file. */
const isOpenedBy = (open: string, path: string): boolean => covers(open, path) || baseName(open) === baseName(path);
