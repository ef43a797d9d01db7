import { homeSteps, startObstacle, systemDirectories } from '../../src/facts/index.ts';
import { holdsTemplate, isAvailable, type RunUse, type SkipReason } from '../../src/transform/index.ts';
import { copySteps, placedFiles } from './image-files.ts';
import { absolute, baseName, isWithin, type Setting } from './setting.ts';
import type { Start, StartCommand } from './start.ts';

/** Why there is no fix, and what in particular. */
export interface Refusal {
  readonly skipped: SkipReason;
  readonly detail?: string;
}

const refusal = (skipped: SkipReason, detail?: string): Refusal =>
  detail === undefined ? { skipped } : { skipped, detail };

/** What the text of the stages keeps from being read. */
export function textRefusal({ file, instructions }: Setting): Refusal | undefined {
  const isTemplate = instructions.some((each) => each.keyword !== 'RUN' && holdsTemplate(each.logical.text));
  const isOpaque = instructions.some((each) => each.opaque);
  if (isTemplate || /^\s*(?:\{%|\{\{)/m.test(file.source) || (isOpaque && /\{%|\{\{/.test(file.source))) {
    return refusal('template-text');
  }
  if (isOpaque) return refusal('shell-opaque', 'an instruction that is not read with certainty');
  return undefined;
}

/** What other files of the repository do with the image. */
export function usageRefusal({ usage, stage, file, context, instructions }: Setting): Refusal | undefined {
  if (file.descendants(stage).length > 0)
    return refusal('image-for-others', 'another stage of the file builds on this one');
  const trigger = instructions.find((each) => each.keyword === 'ONBUILD');
  if (trigger) return refusal('image-for-others', 'it has `ONBUILD`');
  const own = `${context?.directory ?? ''}/${context?.dockerfile ?? ''}`;
  if (/(?:^|\/)\.devcontainer\//.test(own)) return refusal('run-as-devcontainer', 'it lies in `.devcontainer`');
  const host = instructions.find((each) => hostTool(each.keyword, file.args(each)));
  if (host) return refusal('run-needs-host', hostTool(host.keyword, file.args(host)));
  if (usage === undefined) return undefined;
  const [child] = usage.children;
  if (child !== undefined) return refusal('image-for-others', `\`${child}\` is FROM it`);
  const place = ({ file: path, line }: RunUse) => `\`${path}\` line ${line}`;
  const of = (test: (run: RunUse) => boolean) => usage.runs.find(test);
  const action = of(({ how }) => how === 'github-action');
  if (action) return refusal('run-as-github-action', place(action));
  const development = of(({ how }) => how === 'devcontainer');
  if (development) return refusal('run-as-devcontainer', place(development));
  const powerful = of(({ powers }) => powers.length > 0);
  if (powerful) return refusal('run-needs-host', `${place(powerful)}: ${powerful.powers.join(', ')}`);
  const named = of(
    ({ user, environment }) =>
      user !== undefined ||
      environment.some((name) =>
        /^(?:PUID|PGID|UID|GID|USER_ID|GROUP_ID|LOCAL_UID|HOST_UID|APP_UID|RUN_AS_USER)$/.test(name),
      ),
  );
  if (named) return refusal('run-sets-user', place(named));
  return undefined;
}

/** What a step says of the host: a client of the engine needs its socket, and a service of LinuxKit is part of a system. */
function hostTool(keyword: string, text: string): string | undefined {
  if (keyword === 'LABEL' && /\borg\.mobyproject\.config\b/.test(text)) return 'a label for LinuxKit';
  if (keyword !== 'RUN') return undefined;
  const client = /\b(?:docker-ce-cli|docker-ce|docker\.io|docker-cli|moby-cli|moby-engine|docker-engine)\b/.exec(
    text,
  )?.[0];
  return client && /\b(?:install|add)\b/.test(text) ? `\`${client}\` is installed` : undefined;
}

/** What the start of the image needs root for. */
export function startRefusal(start: Start): Refusal | undefined {
  if (start.kind === 'nothing') return refusal('no-start-command');
  if (start.kind === 'unknown') return refusal('base-unknown', 'what the base image starts');
  if (start.kind === 'unreadable') return refusal('start-script-unreadable', start.what);
  if (start.kind === 'drops') return undefined;
  const found = start.commands.flatMap((command) => commandRefusal(command) ?? []);
  // What leaves root says best why it begins as root.
  return found.find(({ skipped }) => skipped === 'start-drops-privileges') ?? found[0];
}

const REASONS = {
  'drops-privileges': 'start-drops-privileges',
  'manages-services': 'start-manages-services',
  'installs-packages': 'start-installs-packages',
  'changes-ownership': 'start-changes-ownership',
  'writes-system': 'start-writes-system',
  compiles: 'start-compiles',
} as const;

function commandRefusal({ program, path, words, from, outputs }: StartCommand): Refusal | undefined {
  const place = /^(?:CMD|ENTRYPOINT)$/.test(from) ? '' : ` in ${from.startsWith('/') ? `\`${from}\`` : from}`;
  const plain = words.map((word) => word ?? '?');
  if (path === '/init' || path.startsWith('/etc/init.d/'))
    return refusal('start-manages-services', `\`${path}\`${place}`);
  const obstacle = startObstacle(program, plain);
  if (obstacle) return refusal(REASONS[obstacle], `\`${[program, ...plain].join(' ').slice(0, 80)}\`${place}`);
  // A script of a development server, by its name.
  if (/^(?:npm|yarn|pnpm|bun)$/.test(program) && /^(?:run )?(?:dev|develop|watch)\b/.test(plain.join(' ')))
    return refusal('start-compiles', `\`${program} ${plain.join(' ')}\``);
  const written = outputs.find((output) => output !== undefined && isSystem(output));
  if (written !== undefined) return refusal('start-writes-system', `\`${written}\`${place}`);
  if (/^(?:cp|mv|ln|install|rm|rmdir|mkdir|touch|tee|sed|tar|unzip|rsync)$/.test(program)) {
    const edits = program !== 'sed' || plain.some((word) => /^-\w*i|^--in-place/.test(word));
    const operands = plain.filter((word) => word.startsWith('/'));
    const targets = /^(?:cp|ln|install|rsync)$/.test(program) ? plain.slice(-1) : operands;
    const system = edits ? targets.find(isSystem) : undefined;
    if (system !== undefined) return refusal('start-writes-system', `\`${system}\`${place}`);
  }
  return undefined;
}

const isSystem = (path: string): boolean =>
  path.startsWith('/') &&
  systemDirectories.some((directory) => directory !== '/dev' && directory !== '/root' && isWithin(directory, path)) &&
  !/^\/proc\/(?:self|1)\/fd/.test(path);

/** What the image needs of the home of root. */
export function homeRefusal(setting: Setting, start: Start): Refusal | undefined {
  const { file, instructions, facts, chain, workdir, environment } = setting;
  const named = instructions.find(
    (each) => each.keyword === 'ENV' && /(?:^|[:=\s"'])\/root(?=[/"'\s]|$)/.test(withoutCaches(file.args(each))),
  );
  const inHome = (path: string | undefined) => path !== undefined && isWithin('/root', path);
  const home = (detail: string) => refusal('files-in-root-home', detail);
  if (inHome(workdir)) return home(`the working directory \`${workdir}\``);
  if (named) return home('a variable of the environment names `/root`');
  if (start.kind === 'known') {
    const word = start.commands
      .flatMap(({ path, words }) => [path, ...words])
      .find((each) => each !== undefined && /(?:^|[=:])(?:\/root|~)(?:\/|$)/.test(each));
    if (word !== undefined) return home(`the start names \`${word}\``);
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
    const step = homeSteps.find(
      (known) => known.step.test(text) && !(known.movedBy?.test(text) || known.movedBy?.test(settings)),
    );
    if (step && needed(step.name, setting, start)) return home(`${step.name}`);
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

/** The text of an ENV without the variables that are about caches, and without HOME, which is written anew. */
const withoutCaches = (text: string): string => text.replace(/\b(?:\w*CACHE\w*|HOME)(?:=|[ \t]+)\S+/g, '');

/** A package manager of corepack and an environment of Poetry matter only where the start uses them. */
function needed(name: string, { base }: Setting, start: Start): boolean {
  if (/corepack/.test(name))
    return start.kind === 'known' && start.commands.some(({ program }) => /^(?:yarn|pnpm|corepack)$/.test(program));
  if (/Rust/.test(name))
    return (
      !/^rust(?::|$)/.test(base ?? '') &&
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
        !others.every((path) => opened.some((open) => open.index > each.index && covers(open.path, path)))
      )
        return unreadable(`\`chmod ${mode} ${others[0]}\``);
    }
  }
  for (const step of copySteps(file, chain, facts)) {
    const mode = step.flag('chmod');
    if (mode !== undefined && shutsOut(mode)) return unreadable(`\`--chmod=${mode}\``);
    const isUrl = step.instruction.keyword === 'ADD' && step.sources.some((source) => /^https?:\/\//.test(source));
    const after = (path: string) =>
      opened.some((open) => open.index > step.instruction.index && covers(open.path, path));
    if (isUrl && mode === undefined && step.destination !== undefined) {
      const path = step.intoFolder ? `${step.destination}/${baseName(step.sources[0]!)}` : step.destination;
      const removed = instructions.some(
        (each) =>
          each.index > step.instruction.index &&
          each.keyword === 'RUN' &&
          new RegExp(`\\brm\\b[^;&|]*${escaped(baseName(path))}`).test(file.args(each)),
      );
      if (!removed && !isWithin('/tmp', path) && !after(path))
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

const covers = (open: string, path: string): boolean => isWithin(open, path) || baseName(open) === baseName(path);

/** Whether the base image is known as far as it matters; else why not. */
export function baseRefusal({ base, image, facts }: Setting): Refusal | undefined {
  if (base === undefined) return refusal('reference-unresolved');
  if (base === 'scratch') return undefined;
  if (image === undefined) {
    const answer = facts.image(base);
    return refusal('base-unknown', isAvailable(answer) ? undefined : answer.unavailable);
  }
  if (image.system === 'windows') return refusal('windows-image');
  if (image.user === undefined) return refusal('base-unknown', 'as whom the base image runs');
  return undefined;
}
