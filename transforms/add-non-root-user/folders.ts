import { familiarName } from '../../src/facts/index.ts';
import {
  absolute,
  baseName,
  type CommandWrite,
  commandWrites,
  covers,
  isAvailable,
  parentOf,
} from '../../src/transform/index.ts';
import { copySteps, placedFiles, textAt } from './image-files.ts';
import { isKnownFolder, madeFolders } from './made.ts';
import { nginxFiles, nginxShows } from './nginx.ts';
import { type Collector, isOfSystem } from './owned.ts';
import type { Setting } from './setting.ts';
import type { StartCommand } from './start.ts';

const STATE =
  /^(?:data|db|databases?|logs?|cache|caches|uploads?|uploaded|storage|tmp|temp|run|state|sessions?|backups?|spool|downloads?|outputs?|results|media|files|var|store|persist|workdir|pids?|sockets?|instance|tmp_uploads)$/;
const PLACEHOLDERS = /^\.(?:gitkeep|keep|gitignore|empty|placeholder|npmignore)$/;

/** Volumes, of the file and of those that run the image. */
export function fromVolumes(setting: Setting, commands: readonly StartCommand[], found: Collector): void {
  const { file, instructions, usage } = setting;
  const mounted = (usage?.runs ?? []).flatMap(({ mounts, file: named }) => mounts.map((each) => ({ ...each, named })));
  // What is only shown is left to the image that writes it, wherever else the file names it.
  const left = mounted.filter((each) => each.shared && isOnlyShown(setting, commands, each.path));
  for (const { path } of left) found.leave(path);
  for (const each of instructions) {
    if (each.keyword !== 'VOLUME' || each.opaque) continue;
    for (const word of each.json ?? file.words(each).map(({ text }) => text)) {
      const path = file.expand(word, each);
      const clean = path.ok ? absolute(path.value, '/')! : undefined;
      if (clean === undefined) found.unseen ??= 'a `VOLUME` is named by a variable';
      else found.folder(clean, 'it is a volume', true);
    }
  }
  for (const mount of mounted) {
    const { path, bind, readOnly, shared, named } = mount;
    // A file that is mounted, and a folder of the host, have owners of their own.
    if (bind || readOnly || /\.\w+$/.test(path) || left.includes(mount)) continue;
    const writer = shared?.by.find(({ base }) => base === undefined || !SHOWS.test(familiarName(base).repository));
    if (writer)
      found.unseen ??= `\`${baseName(named)}\` mounts the volume \`${shared!.volume}\` into \`${writer.service}\` too, and which of the images owns it is not known`;
    else found.folder(path, `\`${baseName(named)}\` mounts a volume there`, true);
  }
}

/** Images of servers that show what is in a volume, and write nothing there. */
const SHOWS = /^(?:nginx|nginxinc\/nginx-unprivileged|httpd|caddy|openresty\/openresty)$/;

/** Whether a container does nothing with a folder but to show it by nginx. */
function isOnlyShown(setting: Setting, commands: readonly StartCommand[], path: string): boolean {
  const observed = setting.facts.observed();
  if (isAvailable(observed) && observed.paths.some((each) => covers(path, each))) return false;
  const isPlain = commands.every(
    ({ program, outputs }) =>
      /^(?:nginx|echo|envsubst|sleep)$/.test(program) &&
      outputs.every((each) => each !== undefined && !covers(path, each)),
  );
  return isPlain && !isOfSystem(path) && nginxShows(nginxFiles(setting, commands), path);
}

/** Folders that a development tool copies files to, as the user that the container runs as. */
export function fromSyncs({ usage, workdir }: Setting, found: Collector): void {
  for (const { file, line, path, runs } of usage?.syncs ?? []) {
    const place = path === undefined ? undefined : absolute(path, workdir);
    const where = `\`${baseName(file)}\` line ${line}`;
    if (runs !== undefined) found.unseen ??= `${where} runs \`${runs}\` in it, which may write anywhere`;
    else if (place === undefined) found.unseen ??= `${where} copies files into it when it runs`;
    else found.folder(place, `\`${baseName(file)}\` copies files there when it runs`, true);
  }
}

/** What the commands of the start, and the scripts that it runs, say that they write. */
export function fromStart(commands: readonly StartCommand[], setting: Setting, found: Collector): void {
  for (const command of commands) {
    const { program, words, outputs, directory } = command;
    for (const word of words) fromConfiguration(word, setting, directory, found);
    const isFolder = (word: string): boolean => {
      const path = absolute(word, directory);
      return path !== undefined && isKnownFolder(setting, path);
    };
    for (const each of commandWrites(program, words, outputs, isFolder)) fromWrite(each, command, setting, found);
  }
}

function fromWrite(
  { path: word, kind, entry }: CommandWrite,
  { from, directory }: StartCommand,
  { workdir }: Setting,
  found: Collector,
): void {
  const path = word === undefined ? undefined : absolute(word, directory);
  if (path === undefined) {
    const where = word === undefined ? 'to a path' : 'in a directory';
    found.unknown ??= `${from === 'CMD' || from === 'ENTRYPOINT' ? from : `\`${from}\``} writes ${where} that is worked out when it starts`;
  } else if (/[*?[]/.test(path))
    found.folder(parentOf(`${path.replace(/[*?[].*$/, '')}x`), 'the start writes there', true, true);
  else if (kind === 'folder') found.folder(path, 'the start makes it', true);
  // The application itself stays root's, but for the file.
  else if (kind === 'into' && (path === workdir || path === directory) && entry !== undefined)
    found.file(absolute(entry, path)!, 'the start writes there');
  else if (kind === 'into') found.folder(path, 'the start writes there', true, true);
  else found.file(path, 'the start writes there');
}

/** Where a configuration that the start names says that logs, sockets and data are: absolute paths alone. */
function fromConfiguration(
  word: string | undefined,
  setting: Setting,
  directory: string | undefined,
  found: Collector,
): void {
  const path = /(?:^|=)([^\s=]+\.(?:ini|conf|cfg|ya?ml|toml))$/.exec(word ?? '')?.[1];
  const place = path === undefined ? undefined : absolute(path, directory);
  if (place === undefined) return;
  const text = textAt(setting, place);
  for (const [, name, written] of (text ?? '').matchAll(
    /^[ \t]*["']?([\w.-]*(?:pid|log|sock|daemonize|data_?dir|work_?dir|storage|spool|cache)[\w.-]*)["']?[ \t]*[:= \t][ \t]*["']?(\/[^\s"',;]+)/gim,
  )) {
    const why = `\`${baseName(place)}\` says so`;
    if (/dir|storage|spool|cache/i.test(name!) && !/\.\w+$/.test(written!)) found.folder(written!, why, true);
    else found.file(written!, why);
  }
}

/** Folders for what is written, as their names say: those that the Dockerfile makes, and those that hold a placeholder alone. */
export function fromFolders(setting: Setting, found: Collector): void {
  const { file, facts, chain, workdir, context } = setting;
  const made = new Set(madeFolders(setting).map(({ path }) => path));
  for (const path of made) {
    const below =
      /^\/(?:data|config|db|logs?|cache|uploads?|storage|state|app|srv|opt|home|workspace|code|usr\/src|var\/(?:lib|log|cache|www|opt|run|data|spool)|run|mnt)(?:\/|$)/.test(
        path,
      ) ||
      (workdir !== undefined && workdir !== '/' && covers(workdir, path));
    const named =
      STATE.test(baseName(path)) || /^\/var\/(?:lib|log|cache|run|spool|opt)\/[^/]+$|^\/run\/[^/]+$/.test(path);
    if (below && named && path !== workdir)
      found.folder(path, 'the Dockerfile makes it for what is written', true, true);
  }
  const copied = copySteps(file, chain, facts);
  const isFilled = copied.some(
    ({ destination }) => destination !== undefined && workdir !== undefined && covers(workdir, destination),
  );
  if (workdir !== undefined && STATE.test(baseName(workdir)) && !isFilled) {
    found.folder(workdir, 'the working directory is named for what is written', false, true);
  }
  if (context === undefined) return;
  for (const step of copied) {
    for (const placed of placedFiles(setting, step)) {
      if (!PLACEHOLDERS.test(baseName(placed.path)) || placed.file.path === '') continue;
      const folder = parentOf(placed.path);
      const siblings = context.children(parentOf(`/${placed.file.path}`).slice(1));
      if (siblings.length === 1 && STATE.test(baseName(folder)))
        found.folder(folder, 'the repository keeps it empty for what is written', true, true);
    }
  }
}
