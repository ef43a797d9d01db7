import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import type { ShellScript, ShellWord } from '../../src/shell/index.ts';
import type { Pair } from './candidates.ts';
import { pathPattern, selfAndAbove } from './paths.ts';
import { bareText, operands, type Step, stepsOf } from './steps.ts';

type Manager = 'apt' | 'apk' | 'rpm' | 'pacman' | 'pip' | 'npm' | 'gem' | 'conda' | 'composer';

const managers = new Map<string, Manager>(
  Object.entries({
    apt: ['apt', 'apt-get', 'aptitude', 'dpkg'],
    apk: ['apk'],
    rpm: ['yum', 'dnf', 'microdnf', 'tdnf', 'zypper', 'rpm'],
    pacman: ['pacman'],
    pip: ['pip', 'pip2', 'pip3', 'pipenv', 'poetry', 'uv'],
    npm: ['npm', 'yarn', 'pnpm', 'bun'],
    gem: ['gem', 'bundle', 'bundler'],
    conda: ['conda', 'mamba', 'micromamba'],
    composer: ['composer'],
  } satisfies Record<Manager, string[]>).flatMap(([manager, names]) => names.map((name) => [name, manager as Manager])),
);

/** Where each package manager keeps what a clean-up removes. */
const caches: readonly (readonly [RegExp, Manager])[] = [
  [/^\/var\/(?:lib\/apt|cache\/apt|lib\/dpkg|cache\/debconf|log\/apt)/, 'apt'],
  [/^(?:\/var\/cache|\/etc|\/lib)\/apk/, 'apk'],
  [/^\/var\/(?:cache|lib|log)\/(?:yum|dnf|zypp|rpm)/, 'rpm'],
  [/^\/var\/(?:cache|lib)\/pacman/, 'pacman'],
  [/(?:\.cache\/(?:pip|uv|pypoetry|pipenv)|\.cache$|\.cache\/?\*?$)/, 'pip'],
  [/(?:\.npm|\.yarn|\.cache\/yarn|\.node-gyp|npm-cache|_cacache|\.pnpm-store)(?:\/|$)/, 'npm'],
  [/(?:\.gem|\.bundle|gems\/.*cache|bundle\/cache)(?:\/|$)/, 'gem'],
  [/conda.*\/pkgs/, 'conda'],
  [/\.composer(?:\/|$)/, 'composer'],
];

const installs =
  /^(?:install|add|ci|i|in|update|upgrade|dist-upgrade|full-upgrade|build-dep|groupinstall|localinstall|reinstall|require|sync|create|-S.*|-[iU].*)$/;
const cleans =
  /^(?:clean|autoclean|autoremove|purge|remove|del|erase|cc|cleanup|uninstall|rm|cache|clear-cache|clearcache|prune|-Sc+|-R.*)$/;
const updates = /^(?:update|makecache|refresh|ref|-Sy)$/;

/** What a package manager is told to do, by its first word that is no option. */
function verbOf(step: Step): string {
  if (step.name === 'pacman' || step.name === 'dpkg' || step.name === 'rpm') return step.args[0]?.text ?? '';
  const isValue = (index: number): boolean => /^-[otc]$/.test(step.args[index - 1]?.text ?? '');
  const verb = step.args.find((word, index) => !word.text.startsWith('-') && !isValue(index));
  // A bare `yarn` or `bundle` installs.
  return verb ? bareText(verb) : /^(?:yarn|bundle)$/.test(step.name ?? '') ? 'install' : '';
}

function managerOf(step: Step): Manager | undefined {
  if (/^python[\d.]*$/.test(step.name ?? '') && step.args[0]?.text === '-m' && step.args[1]?.text === 'pip')
    return 'pip';
  return step.name === undefined ? undefined : managers.get(step.name);
}

function isInstall(step: Step): boolean {
  if (managerOf(step) === 'pip' && step.name?.startsWith('python')) return step.args[2]?.text === 'install';
  return managerOf(step) !== undefined && installs.test(verbOf(step)) && !isIndexUpdate(step);
}

/** It only fetches the package index. */
export function isIndexUpdate(step: Step): boolean {
  const manager = managerOf(step);
  if (manager === 'apt' || manager === 'apk' || step.name === 'zypper') return updates.test(verbOf(step));
  if (manager === 'rpm') return /^(?:makecache|check-update)$/.test(verbOf(step));
  return step.name === 'pacman' && /^-Syy?$/.test(verbOf(step)) && operands(step).length === 0;
}

/** Whether a script does nothing but fetch the package index: joining that to its install is a fix of its own. */
export function isOnlyIndexUpdate(script: ShellScript): boolean {
  const steps = stepsOf(script);
  return steps.length > 0 && steps.some(isIndexUpdate) && steps.every((step) => isIndexUpdate(step) || isIdle(step));
}

/** Why a merge is worth the lost cache and readability. */
export interface Gain {
  /** For a person. */
  readonly message: string;
  /** A subshell around the first is worth it too. */
  readonly anyForm: boolean;
}

function isIdle({ name, command }: Step): boolean {
  return /^(?:set|true|echo|:)$/.test(name ?? '') && command.redirects.length === 0;
}

/** What a merge gains; undefined where nothing is known. */
export function gainOf(file: Dockerfile, { first, second }: Pair): Gain | undefined {
  const a = stepsOf(first.script);
  const b = stepsOf(second.script);
  const stale = staleIndex(a, b);
  if (stale) return { message: stale, anyForm: true };
  if (!isInFinalImage(file, first.instruction)) return undefined;
  const kept = cleanUp(a, b);
  if (kept) return { message: kept, anyForm: true };
  const shared = sameFiles(a, b);
  return shared === undefined ? undefined : { message: shared, anyForm: false };
}

/** Layers of the final stage, and of the stages that it builds on, are layers of the image. */
function isInFinalImage(file: Dockerfile, at: Instruction): boolean {
  for (let stage: Stage | undefined = file.finalStage; stage; stage = stage.parent) if (stage === at.stage) return true;
  return false;
}

/** An install from an index that another, cached layer fetched. */
function staleIndex(a: readonly Step[], b: readonly Step[]): string | undefined {
  const update = a.findLast(isIndexUpdate);
  if (!update) return undefined;
  const manager = managerOf(update)!;
  const at = b.findIndex(
    (step) => isInstall(step) && managerOf(step) === manager && !step.args.some((word) => word.text === '--no-cache'),
  );
  if (at === -1 || b.slice(0, at).some(isIndexUpdate)) return undefined;
  const dropped = a.some(
    (step) => cleanKinds(step).has(manager) && !/^autoremove|remove|purge|del$/.test(verbOf(step)),
  );
  // A build after the install would no longer be cached apart from the packages that it needs.
  if (dropped || b.some((step) => !isSystemStep(step))) return undefined;
  return `The next \`RUN\` installs from the package index of this layer, which stays cached and goes stale`;
}

const plain =
  /^(?:set|true|:|echo|printf|export|mkdir|rm|ln|cd|test|\[|chmod|chown|groupadd|useradd|adduser|addgroup|update-alternatives|locale-gen|ldconfig|cat|sed|apt-mark|dpkg-reconfigure)$/;

function isSystemStep(step: Step): boolean {
  const manager = managerOf(step);
  return (
    manager === 'apt' || manager === 'apk' || manager === 'rpm' || manager === 'pacman' || plain.test(step.name ?? '')
  );
}

/** The package managers whose leftovers a step removes; `any` for temporary files. */
function cleanKinds(step: Step): Set<Manager | 'any'> {
  const manager = managerOf(step);
  if (manager) return new Set(cleans.test(verbOf(step)) ? [manager] : []);
  if (step.name !== 'rm' && step.name !== 'find') return new Set();
  const kinds = new Set<Manager | 'any'>();
  for (const word of step.args) {
    const text = bareText(word);
    for (const [pattern, kind] of caches) if (pattern.test(text)) kinds.add(kind);
    if (/^\/(?:var\/)?tmp(?:\/|$)|^\/var\/cache\/?\*?$|^\/usr\/share\/(?:doc|man|locale|info)\b/.test(text))
      kinds.add('any');
  }
  return kinds;
}

function isCleanUp(step: Step): boolean {
  const { name } = step;
  if (name === 'rm') return true;
  if (name === 'find') return step.args.some((word) => word.text === '-delete' || word.text === 'rm');
  if (managerOf(step)) return cleans.test(verbOf(step));
  return /^(?:set|true|:|echo|apt-mark|ldconfig|truncate|rmdir)$/.test(name ?? '');
}

function cleanUp(a: readonly Step[], b: readonly Step[]): string | undefined {
  if (b.length === 0 || !b.every(isCleanUp)) return undefined;
  const installers = new Set(a.filter(isInstall).map(managerOf));
  const kinds = new Set(b.flatMap((step) => [...cleanKinds(step)]));
  const isOwn = [...kinds].some((kind) => (kind === 'any' ? installers.size > 0 : installers.has(kind)));
  const removed = b.filter((step) => step.name === 'rm').flatMap(operands);
  const alreadyRemoved = a.filter((step) => step.name === 'rm' || step.name === 'mv').flatMap(operands);
  const isNamed = a
    .flatMap(createdPaths)
    .some((path) => removed.some((word) => covers(word, path)) && !alreadyRemoved.some((word) => covers(word, path)));
  if (!isOwn && !isNamed) return undefined;
  return 'What the next `RUN` removes stays in the layer of this one, so the image gets no smaller';
}

/** The files that a step fetches or writes, as far as its words name them. */
function createdPaths(step: Step): string[] {
  const texts = step.args.map(bareText);
  const free = operands(step).map(bareText);
  const redirected = step.command.redirects.flatMap(({ operator, target }) =>
    operator.startsWith('>') && target ? [bareText(target)] : [],
  );
  const fileOf = (url: string | undefined): string[] =>
    url
      ? [
          url
            .replace(/[?#].*$/, '')
            .split('/')
            .at(-1)!,
        ]
      : [];
  const after = (pattern: RegExp): string[] => texts.filter((_, index) => pattern.test(texts[index - 1] ?? ''));
  switch (step.name) {
    case 'wget': {
      const named = after(/^-\w*O$/);
      return [...redirected, ...(named.length > 0 ? named : free.flatMap(fileOf))];
    }
    case 'curl':
      return [
        ...redirected,
        ...after(/^(?:-\w*o|--output)$/),
        ...(texts.some((text) => /^(?:-\w*O\w*|--remote-name)$/.test(text)) ? free.flatMap(fileOf) : []),
      ];
    case 'git':
      if (free[0] !== 'clone') return redirected;
      return /[:/]/.test(free.at(-1) ?? '') && free.length < 3
        ? fileOf(free.at(-1)?.replace(/\/?(?:\.git)?\/?$/, ''))
        : free.slice(-1);
    case 'cp':
      return [...redirected, ...free.slice(-1)];
    default:
      return redirected;
  }
}

/** Whether removing an operand removes a path as well, which may be written from another directory. */
function covers(removed: ShellWord, path: string): boolean {
  if (path === '' || path.startsWith('/dev/')) return false;
  const pattern = pathPattern(removed, '/');
  const whole = path.startsWith('/') ? path : `/${path.replace(/^\.\//, '')}`;
  if (selfAndAbove(whole).some((each) => each !== '/' && pattern.test(each))) return true;
  // `cd /tmp && wget …/x.tgz`, and then `rm /tmp/x.tgz`.
  return !path.includes('/') && bareText(removed).split('/').at(-1) === path;
}

const small = new Set(['mkdir', 'chmod', 'chown', 'chgrp', 'ln', 'touch', 'set', 'true', ':']);

/** Two small steps on one path: a mode or an owner that is set in a layer of its own stores the files again. */
function sameFiles(a: readonly Step[], b: readonly Step[]): string | undefined {
  if (![...a, ...b].every((step) => small.has(step.name ?? '') && step.wrappers.length === 0)) return undefined;
  const first = a.flatMap(filesOf);
  const shared = b
    .flatMap(filesOf)
    .find((path) => first.some((other) => path === other || below(path, other) || below(other, path)));
  return shared === undefined
    ? undefined
    : `This and the next \`RUN\` both work on \`${shared}\`, and each keeps a layer of its own for it`;
}

function filesOf(step: Step): string[] {
  const all = operands(step).filter((word) => !/^\d{3,4}$/.test(step.name === 'mkdir' ? word.text : ''));
  const files = /^ch(?:mod|own|grp)$/.test(step.name ?? '') ? all.slice(1) : step.name === 'ln' ? linkOf(all) : all;
  return step.name === 'set' || step.name === 'true'
    ? []
    : files.map((word) =>
        bareText(word)
          .replace(/(.)\/+$/, '$1')
          .replace(/^\.\//, ''),
      );
}

/** Where `ln` makes its link: in a directory, under the name of the source. */
function linkOf(all: readonly ShellWord[]): ShellWord[] {
  const target = all.at(-1);
  return target && !bareText(target).endsWith('/') ? [target] : [];
}

function below(path: string, directory: string): boolean {
  return directory !== '/' && path.startsWith(`${directory}/`);
}
