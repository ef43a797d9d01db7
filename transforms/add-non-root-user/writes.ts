import {
  type Framework,
  familiarName,
  frameworks,
  serverPaths,
  sharedDirectories,
  systemDirectories,
} from '../../src/facts/index.ts';
import type { Manifest } from '../../src/manifests/index.ts';
import { isAvailable } from '../../src/transform/index.ts';
import { contributingStages, copySteps, placedFiles } from './image-files.ts';
import { absolute, baseName, isWithin, parentOf, type Setting } from './setting.ts';
import { type SourceWrite, sourceName, sourceWrites } from './source-writes.ts';
import type { StartCommand } from './start.ts';

/** A path of the image that the user must own. */
export interface Owned {
  readonly path: string;
  /** A file is made where it is missing; its folder stays root's. */
  readonly kind: 'folder' | 'file';
  /** What is in the folder is given away too. */
  readonly deep: boolean;
  /** The folder is in the image already. */
  readonly isThere: boolean;
  /** A phrase that says why. */
  readonly why: string;
}

/** What is written when a container runs, or what keeps that from being known. */
export type Writes =
  | { readonly kind: 'known'; readonly owned: readonly Owned[]; readonly observed: boolean }
  /** A path of the system is written. */
  | { readonly kind: 'system'; readonly what: string }
  | { readonly kind: 'unknown'; readonly what: string };

const STATE =
  /^(?:data|db|databases?|logs?|cache|caches|uploads?|uploaded|storage|tmp|temp|run|state|sessions?|backups?|spool|downloads?|outputs?|results|media|files|var|store|persist|workdir|pids?|sockets?|instance|tmp_uploads)$/;
const PLACEHOLDERS = /^\.(?:gitkeep|keep|gitignore|empty|placeholder|npmignore)$/;

/** Gathers every path that a container writes, from all that says so. */
export function writesOf(
  setting: Setting,
  commands: readonly StartCommand[],
  home: string | undefined,
  extra: readonly string[],
): Writes {
  const found = new Collector(setting, home);
  for (const path of extra) found.folder(path, 'the option `writable` names it', true);
  fromVolumes(setting, found);
  fromServers(setting, commands, found);
  fromFrameworks(setting, commands, found);
  fromStart(commands, setting, found);
  fromFolders(setting, found);
  const observed = setting.facts.observed();
  if (isAvailable(observed)) {
    for (const path of observed.paths) found.seen(path);
    return found.result(true);
  }
  const { writes, complete } = sourceWrites(setting);
  for (const write of writes) found.source(write);
  if (!complete) found.unknown ??= 'there are more sources than are read';
  return found.result(false);
}

class Collector {
  readonly #setting: Setting;
  readonly #home: string | undefined;
  readonly #owned = new Map<string, Owned>();
  #system: string | undefined;
  unknown: string | undefined;

  constructor(setting: Setting, home: string | undefined) {
    this.#setting = setting;
    this.#home = home;
  }

  result(observed: boolean): Writes {
    if (this.#system !== undefined) return { kind: 'system', what: this.#system };
    if (this.unknown !== undefined) return { kind: 'unknown', what: this.unknown };
    const all = [...this.#owned.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    // What lies in a folder that is given away whole needs no line of its own.
    const owned = all.filter(
      (each) =>
        !all.some(
          (other) => other !== each && other.deep && other.kind === 'folder' && isWithin(other.path, each.path),
        ),
    );
    return { kind: 'known', owned, observed };
  }

  folder(path: string, why: string, deep: boolean, isThere = false): void {
    if (this.#isFree(path)) return;
    if (
      systemDirectories.some((directory) => isWithin(directory, path)) &&
      !/^\/usr\/(?:local\/(?!s?bin|lib)|src\/|share\/)/.test(path)
    ) {
      this.#system ??= `\`${path}\` (${why})`;
      return;
    }
    if (sharedDirectories.has(path)) {
      this.#system ??= `a new entry in \`${path}\` (${why})`;
      return;
    }
    const known = this.#owned.get(path);
    const there = isThere || known?.isThere === true || path === this.#setting.workdir;
    this.#owned.set(path, {
      path,
      kind: 'folder',
      deep: deep || known?.deep === true,
      isThere: there,
      why: known?.why ?? why,
    });
  }

  file(path: string, why: string): void {
    if (this.#isFree(path)) return;
    const folder = parentOf(path);
    if (sharedDirectories.has(folder) && folder !== '/' && !/\.(?:db|sqlite3?)$/.test(path)) {
      this.#owned.set(path, { path, kind: 'file', deep: false, isThere: false, why });
    } else this.folder(folder, why, false);
  }

  source(write: SourceWrite): void {
    const place = `${sourceName(write)} line ${write.line}`;
    const why = `${sourceName(write)} writes there`;
    if (write.path === undefined) {
      this.unknown ??= `${place} writes to a path that it works out`;
      return;
    }
    const path = this.#absolute(write.path);
    if (path === undefined) {
      const where = write.path.startsWith('~')
        ? 'to a home that the user does not have'
        : 'relative to a working directory that is not known';
      this.unknown ??= `${place} writes ${where}`;
    } else if (write.open) {
      const folder = path.endsWith('/') || write.path.endsWith('/') ? absolute(path, '/')! : parentOf(path);
      this.folder(folder, why, folder !== this.#setting.workdir);
    } else if (write.isFolder) this.folder(path, why, path !== this.#setting.workdir);
    else this.file(path, why);
  }

  /** A path that a container was seen to write: its folder, or itself where that is the system's. */
  seen(path: string): void {
    this.file(path, 'a container was seen to write there');
  }

  #absolute(path: string): string | undefined {
    if (path === '~' || path.startsWith('~/'))
      return this.#home === undefined ? undefined : absolute(path.slice(2), this.#home);
    return absolute(path, this.#setting.workdir) === undefined
      ? undefined
      : absolute(path, this.#setting.workdir)! + (path.endsWith('/') && path !== '/' ? '/' : '');
  }

  /** Paths that every user may write, or that are the user's own already. */
  #isFree(path: string): boolean {
    if (
      /^\/(?:tmp|var\/tmp|dev\/shm|dev\/(?:null|std\w+|fd|tty|zero|u?random)|proc\/(?:self|1)\/fd)(?:\/|$)/.test(path)
    )
      return true;
    // Homes elsewhere, as `/var/cache/nginx` or `/var/www`, are folders of the system with owners of their own.
    return this.#home?.startsWith('/home/') === true && isWithin(this.#home, path);
  }
}

function fromVolumes({ file, instructions, usage }: Setting, found: Collector): void {
  for (const each of instructions) {
    if (each.keyword !== 'VOLUME' || each.opaque) continue;
    for (const word of each.json ?? file.words(each).map(({ text }) => text)) {
      const path = file.expand(word, each);
      const clean = path.ok ? absolute(path.value, '/')! : undefined;
      if (clean === undefined) found.unknown ??= 'a `VOLUME` is named by a variable';
      else found.folder(clean, 'it is a volume', true);
    }
  }
  for (const { mounts, file: named } of usage?.runs ?? []) {
    for (const { path, bind } of mounts) {
      // A file that is mounted, and a folder of the host, have owners of their own.
      if (!bind && !/\.\w+$/.test(path)) found.folder(path, `\`${baseName(named)}\` mounts a volume there`, true);
    }
  }
}

function fromServers({ base }: Setting, commands: readonly StartCommand[], found: Collector): void {
  const repository = base === undefined ? '' : familiarName(base).repository;
  for (const { program, directories, files, repositories } of serverPaths) {
    const command = commands.find((each) => program.test(each.program));
    if (command === undefined || (repositories && !repositories.includes(repository))) continue;
    for (const path of directories) found.folder(path, `\`${command.program}\` writes there`, true, true);
    for (const path of files) found.file(path, `\`${command.program}\` writes it`);
  }
}

function fromFrameworks(setting: Setting, commands: readonly StartCommand[], found: Collector): void {
  const { context, workdir } = setting;
  if (context === undefined || workdir === undefined) return;
  const starts = commands.map(({ path, words }) => [baseName(path), ...words].join(' '));
  for (const manifest of context.manifests) {
    const shown = frameworks.filter(
      (framework) => shows(framework, manifest) && starts.some((each) => framework.start.test(each)),
    );
    if (shown.length === 0) continue;
    const places = placesOf(setting, manifest.path);
    for (const { name, writes } of shown) {
      for (const place of places) {
        for (const path of writes) found.folder(absolute(path, place)!, `${name} writes there`, true);
      }
    }
  }
}

/**
 * The folders of the image that the folder of a manifest comes to. Where it is only part of what another stage builds,
 * that is the working directory.
 */
function placesOf(setting: Setting, manifest: string): string[] {
  const { file, facts, chain, workdir } = setting;
  const places = new Set<string>();
  let isBuilt = false;
  for (const step of copySteps(file, contributingStages(setting), facts)) {
    for (const { path, file: placed } of placedFiles(setting, step)) {
      if (placed.path !== manifest) continue;
      if (chain.includes(step.stage)) places.add(parentOf(path));
      else isBuilt = true;
    }
  }
  return places.size === 0 && isBuilt ? [workdir!] : [...places];
}

function shows({ sign }: Framework, manifest: Manifest): boolean {
  if (!manifest.facts.ok) return false;
  const has = (wanted: readonly string[] | undefined, names: readonly string[]) =>
    wanted?.some((each) => names.includes(each)) ?? false;
  switch (manifest.kind) {
    case 'package.json':
      return has(sign.npm, Object.keys(manifest.facts.value.dependencies));
    case 'requirements':
      return has(sign.python, manifest.facts.value.names);
    case 'pyproject.toml':
      return has(sign.python, manifest.facts.value.dependencies.map(distribution));
    case 'Gemfile':
      return has(sign.gems, manifest.facts.value.gems);
    case 'composer.json':
      return has(sign.composer, Object.keys(manifest.facts.value.require));
    case 'mix.exs':
      return sign.mix === 'any';
    default:
      return false;
  }
}

const distribution = (requirement: string): string =>
  (/^[\w.-]+/.exec(requirement.trim())?.[0] ?? '').toLowerCase().replaceAll('_', '-');

/** What the commands of the start, and the scripts that it runs, say that they write. */
function fromStart(commands: readonly StartCommand[], { workdir }: Setting, found: Collector): void {
  const write = (word: string | undefined, from: string, kind: 'folder' | 'file'): void => {
    if (word !== undefined && /^&\d|^\/dev\//.test(word)) return;
    const path = word === undefined ? undefined : absolute(word, workdir);
    if (path === undefined)
      found.unknown ??= `${from === 'CMD' || from === 'ENTRYPOINT' ? from : `\`${from}\``} writes to a path that is worked out when it starts`;
    else if (kind === 'folder') found.folder(path, 'the start makes it', true);
    else found.file(path, 'the start writes there');
  };
  for (const { program, words, outputs, from } of commands) {
    for (const output of outputs) write(output, from, 'file');
    const operands = words.filter((word) => !word?.startsWith('-'));
    if (program === 'mkdir') for (const word of operands) write(word, from, 'folder');
    if (program === 'touch' || program === 'tee') for (const word of operands) write(word, from, 'file');
    if (/^(?:cp|mv|install|ln|rsync)$/.test(program)) write(operands.at(-1), from, 'file');
    if (/^rm|rmdir$/.test(program)) for (const word of operands) write(word, from, 'file');
    if (program === 'sed' && words.some((word) => /^-\w*i|^--in-place/.test(word ?? '')))
      for (const word of operands.slice(1)) write(word, from, 'file');
    for (const [at, word] of words.entries()) {
      const inline =
        /^--(?:pid|pidfile|pid-file|log-file|logfile|access-logfile|error-logfile|access-log|error-log|schedule|control-socket|data-dir|datadir|db|database|store|storage-path)=(.+)$/.exec(
          word ?? '',
        )?.[1];
      const next =
        /^--(?:pid|pidfile|pid-file|log-file|logfile|access-logfile|error-logfile|data-dir|datadir|db-path|storage-path)$/.test(
          word ?? '',
        )
          ? words[at + 1]
          : undefined;
      for (const path of [inline, next]) {
        if (path === undefined || path === '-' || /^\w+:\/\//.test(path)) continue;
        if (/dir|storage/.test(word!)) write(path, from, 'folder');
        else write(path, from, 'file');
      }
    }
  }
}

/** Folders for what is written, as their names say: those that the Dockerfile makes, and those that hold a placeholder alone. */
function fromFolders(setting: Setting, found: Collector): void {
  const { instructions, file, facts, chain, workdir, context } = setting;
  const made = new Set<string>();
  for (const each of instructions) {
    if (each.keyword !== 'RUN' || each.opaque || each.json) continue;
    for (const match of file
      .args(each)
      .matchAll(/(?:^|[;&|(\s])mkdir((?:\s+(?:-p|-pv|-v|--parents|-m\s*\d+|-m=\d+))*)((?:\s+[^\s;&|<>()]+)+)/g)) {
      for (const word of match[2]!.trim().split(/\s+/)) {
        const expanded = /[$`*{}]/.test(word) ? file.expand(word, each) : { ok: true as const, value: word };
        const path = expanded.ok ? absolute(expanded.value.replace(/^["']|["']$/g, ''), workdir) : undefined;
        if (path !== undefined) made.add(path);
      }
    }
  }
  for (const path of made) {
    const below =
      /^\/(?:data|config|db|logs?|cache|uploads?|storage|state|app|srv|opt|home|workspace|code|usr\/src|var\/(?:lib|log|cache|www|opt|run|data|spool)|run|mnt)(?:\/|$)/.test(
        path,
      ) ||
      (workdir !== undefined && workdir !== '/' && isWithin(workdir, path));
    const named =
      STATE.test(baseName(path)) || /^\/var\/(?:lib|log|cache|run|spool|opt)\/[^/]+$|^\/run\/[^/]+$/.test(path);
    if (below && named && path !== workdir)
      found.folder(path, 'the Dockerfile makes it for what is written', true, true);
  }
  if (context === undefined) return;
  for (const step of copySteps(file, chain, facts)) {
    for (const placed of placedFiles(setting, step)) {
      if (!PLACEHOLDERS.test(baseName(placed.path)) || placed.file.path === '') continue;
      const folder = parentOf(placed.path);
      const siblings = context.children(parentOf(`/${placed.file.path}`).slice(1));
      if (siblings.length === 1 && STATE.test(baseName(folder)))
        found.folder(folder, 'the repository keeps it empty for what is written', true, true);
    }
  }
}
