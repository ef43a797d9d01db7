import { posix } from 'node:path';
import { absolute, callsYarn, covers, plugAndPlay, stageCommands } from '../../src/transform/index.ts';
import { fileAt } from './image-files.ts';
import type { Setting } from './setting.ts';
import type { StartCommand } from './start.ts';

/** What package managers of Node have put into the home of root and the start needs. */
export function managerInHome(setting: Setting, commands: readonly StartCommand[]): string | undefined {
  return cachedPackages(setting, commands);
}

/** The packages of a Yarn that keeps them all in one cache, and loads them from it when it starts a program. */
function cachedPackages(setting: Setting, commands: readonly StartCommand[]): string | undefined {
  const { file, facts, chain, context, workdir, environment } = setting;
  const loads = (text: string | undefined) => text !== undefined && /(?:^|\/)\.pnp\.(?:loader\.m|c?)js$/.test(text);
  const isLoaded =
    commands.some(({ program, words }) => program === 'yarn' || words.some(loads)) ||
    /\.pnp\./.test(environment.get('NODE_OPTIONS') ?? '');
  if (context === undefined || !isLoaded || isElsewhere(environment.get('XDG_DATA_HOME'))) return undefined;
  const isInstalled = chain.some((stage) => stageCommands(file, stage, facts).commands.some(callsYarn));
  const manifest = workdir === undefined ? undefined : fileAt(setting, absolute('package.json', workdir)!);
  if (!isInstalled || manifest?.kind !== 'context') return undefined;
  const found = plugAndPlay(file, context, posix.dirname(manifest.file.path));
  return found?.isCachedInHome ? 'the packages in the cache of Yarn' : undefined;
}

/** Whether a variable names a folder that is not in the home of root. */
const isElsewhere = (path: string | undefined): boolean => path?.startsWith('/') === true && !covers('/root', path);
