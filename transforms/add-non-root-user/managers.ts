import { posix } from 'node:path';
import { absolute, callsYarn, covers, isMounted, plugAndPlay, stageCommands } from '../../src/transform/index.ts';
import { fileAt } from './image-files.ts';
import { userIn } from './placement.ts';
import type { Setting } from './setting.ts';
import type { StartCommand } from './start.ts';
import { isRoot } from './user.ts';

/** What package managers of Node have put into the home of root and the start needs. */
export function managerInHome(setting: Setting, commands: readonly StartCommand[]): string | undefined {
  return cachedManager(setting, commands) ?? cachedPackages(setting, commands);
}

/**
 * A package manager that corepack has downloaded while it built, and downloads anew for a user with another home
 * (github.com/nodejs/corepack, `COREPACK_HOME`).
 */
function cachedManager(setting: Setting, commands: readonly StartCommand[]): string | undefined {
  const { file, facts, chain, environment } = setting;
  if (['COREPACK_HOME', 'XDG_CACHE_HOME', 'HOME'].some((name) => isElsewhere(environment.get(name)))) return undefined;
  const steps = chain.flatMap((stage) => stageCommands(file, stage, facts).commands);
  const enabled = new Set<string | undefined>();
  for (const { name, words } of steps) {
    if (name !== 'corepack' || words[0] !== 'enable') continue;
    const named = words.slice(1).filter((word) => word !== undefined && /^(?:npm|pnpm|yarn)$/.test(word));
    // Without a name it puts itself in the place of all but npm.
    for (const each of named.length > 0 ? named : ['pnpm', 'yarn']) enabled.add(each);
  }
  const managerOf = (program: string, words: readonly (string | undefined)[]): string | undefined => {
    const called = /^(npm|pnpm|yarn)(?:pkg)?$/.exec((program === 'corepack' ? words[0] : program) ?? '')?.[1];
    return program === 'corepack' || enabled.has(called) ? called : undefined;
  };
  const started = new Set(commands.map(({ program, words }) => managerOf(program, words)));
  const found = steps.find(({ name, words, instruction }) => {
    const manager = managerOf(name, words);
    return (
      manager !== undefined &&
      started.has(manager) &&
      isRoot(userIn(setting, instruction.index) ?? '') &&
      !isMounted(instruction, '/root/.cache/node/corepack')
    );
  });
  return found && `the \`${managerOf(found.name, found.words)}\` that corepack has downloaded`;
}

/** The packages of a Yarn that keeps them all in one cache, and loads them from it when it starts a program. */
function cachedPackages(setting: Setting, commands: readonly StartCommand[]): string | undefined {
  const { file, facts, chain, context, workdir, environment } = setting;
  const loads = (text: string | undefined) => text !== undefined && /(?:^|\/)\.pnp\.(?:loader\.m|c?)js$/.test(text);
  const isLoaded =
    commands.some(({ program, words }) => program === 'yarn' || words.some(loads)) ||
    /\.pnp\./.test(environment.get('NODE_OPTIONS') ?? '');
  if (context === undefined || !isLoaded) return undefined;
  if (['XDG_DATA_HOME', 'HOME'].some((name) => isElsewhere(environment.get(name)))) return undefined;
  const isInstalled = chain.some((stage) => stageCommands(file, stage, facts).commands.some(callsYarn));
  const manifest = workdir === undefined ? undefined : fileAt(setting, absolute('package.json', workdir)!);
  if (!isInstalled || manifest?.kind !== 'context') return undefined;
  const found = plugAndPlay(file, context, posix.dirname(manifest.file.path));
  return found?.isCachedInHome ? 'the packages in the cache of Yarn' : undefined;
}

/** Whether a variable names a folder that is not in the home of root. */
const isElsewhere = (path: string | undefined): boolean => path?.startsWith('/') === true && !covers('/root', path);
