import { posix } from 'node:path';
import type { Dockerfile } from '../dockerfile/index.ts';
import type { ContextFacts } from './ports.ts';
import type { StageCommand } from './stage-commands.ts';

/** An application whose packages Yarn keeps in archives that its loader reads, without `node_modules`. */
export interface PlugAndPlay {
  /** The archives lie in the home of the user who installs them, not below the application. */
  readonly isCachedInHome: boolean;
}

/** The release since which the cache is one for all projects (yarnpkg.com/configuration/yarnrc, `enableGlobalCache`). */
const GLOBAL_CACHE_SINCE = 4;
/** The version of lock files that came with it (`LOCKFILE_VERSION` in Project.ts of yarnpkg/berry). */
const LOCK_OF_GLOBAL_CACHE = 7;
/** Lock files say in their first lines what they are. */
const LOCK_HEAD = 4096;

/**
 * How Yarn keeps the packages of the package.json in a folder of the context; undefined where that is another package
 * manager's, Yarn 1's, or has `node_modules` all the same.
 */
export function plugAndPlay(file: Dockerfile, context: ContextFacts, folder: string): PlugAndPlay | undefined {
  const settings: string[] = [];
  let manager: string | undefined;
  let lock: string | undefined;
  // The settings and the lock file of a workspace are those of the folders above it.
  for (let each = folder; ; each = posix.dirname(each)) {
    settings.push(context.text(posix.join(each, '.yarnrc.yml')) ?? '');
    const manifest = context.manifests.find(({ path }) => path === posix.join(each, 'package.json'));
    if (manifest?.kind === 'package.json' && manifest.facts.ok) manager ??= manifest.facts.value.packageManager;
    const head = context.head(posix.join(each, 'yarn.lock'), LOCK_HEAD);
    if (head) lock ??= new TextDecoder().decode(head);
    if (each === '.' || each === '') break;
  }
  const steps = file.instructions
    .filter(({ keyword }) => /^(?:RUN|ENV|ARG)$/.test(keyword))
    .map(({ span }) => file.source.slice(span.start, span.end))
    .join('\n');
  const setting = (name: string): string | undefined => settingOf(name, steps, settings);
  // A lock file of Yarn 1 makes later releases keep `node_modules` (yarnpkg.com/migration/guide).
  if (/^# yarn lockfile v1\b/m.test(lock ?? '')) return undefined;
  const lockVersion = /^__metadata:\s+version: (\d+)/m.exec(lock ?? '')?.[1];
  const named = /(?:^|\/)yarn-(\d+)/.exec(setting('yarnPath') ?? '') ?? /^yarn@(\d+)/.exec(manager ?? '');
  const isLater = named ? Number(named[1]) > 1 : lockVersion !== undefined || settings.some((text) => text !== '');
  if (!isLater || (manager !== undefined && !manager.startsWith('yarn@'))) return undefined;
  if (/^(?:node-modules|pnpm)$/.test(setting('nodeLinker') ?? '')) return undefined;
  const isGlobalByDefault = named
    ? Number(named[1]) >= GLOBAL_CACHE_SINCE
    : lockVersion === undefined || Number(lockVersion) >= LOCK_OF_GLOBAL_CACHE;
  const isGlobal = /^(?:true|1)$/.test(setting('enableGlobalCache') ?? String(isGlobalByDefault));
  const place = setting('globalFolder');
  return { isCachedInHome: isGlobal && (place === undefined || /^(?:~|\/root\b|\$\{?HOME\b)/.test(place)) };
}

/** Whether a command calls Yarn: by its name, behind corepack or npx, or as the file that a repository holds. */
export function callsYarn({ name, words }: Pick<StageCommand, 'name' | 'words'>): boolean {
  return [name, ...words].some((word) => /(?:^|\/)yarn(?:-[\w.-]+\.c?js)?$/.test(word ?? ''));
}

/** A setting of Yarn: from the environment, from a step that writes it, or from the file that is nearest. */
function settingOf(name: string, steps: string, files: readonly string[]): string | undefined {
  const variable = `YARN_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
  const value = `\\s*["']?([^\\s"';&|]+)`;
  const told = new RegExp(`\\b${variable}[= ]${value}|\\bconfig\\s+set\\s+(?:-\\S+\\s+)*${name}\\b${value}`).exec(
    steps,
  );
  if (told) return told[1] ?? told[2];
  const written = new RegExp(`^${name}:${value}`, 'm');
  return files.map((text) => written.exec(text)?.[1]).find((each) => each !== undefined);
}
