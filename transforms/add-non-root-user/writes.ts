import { isTool } from '../../src/facts/index.ts';
import { isAvailable } from '../../src/transform/index.ts';
import { fromChildren } from './children.ts';
import { fromFetched } from './fetched.ts';
import { fromFolders, fromStart, fromSyncs, fromVolumes } from './folders.ts';
import { Collector, type Writes } from './owned.ts';
import { fromFrameworks, fromServers } from './servers.ts';
import type { Setting } from './setting.ts';
import { writesOfSources } from './sources.ts';
import { type StartCommand, workedIn } from './start.ts';

/** Gathers every path that a container writes, from all that says so. */
export function writesOf(
  setting: Setting,
  commands: readonly StartCommand[],
  home: string | undefined,
  extra: readonly string[],
): Writes {
  const found = new Collector(setting, home);
  for (const path of extra) found.folder(path, 'the option `writable` names it', true);
  fromVolumes(setting, commands, found);
  fromSyncs(setting, found);
  fromServers(setting, commands, found);
  fromFrameworks(setting, commands, found);
  fromStart(commands, setting, found);
  const places = applicationPlaces(setting, commands);
  for (const place of places) fromChildren(setting, commands, place, found);
  fromFolders(setting, found);
  fromFetched(setting, commands, found);
  const observed = setting.facts.observed();
  if (isAvailable(observed)) for (const path of observed.paths) found.seen(path);
  // What is written when it is used, as an upload is, may not have been seen.
  const collects = commands.some(({ words }) => words.includes('collectstatic'));
  for (const place of places) {
    const { writes, complete } = writesOfSources(setting, collects, place);
    for (const write of writes) found.source(write, place);
    if (!complete) found.unknown ??= 'there are more sources than are read';
  }
  return found.result(isAvailable(observed), extra.length > 0);
}

/** The directories that the application runs in, which its relative paths are below. */
function applicationPlaces({ workdir }: Setting, commands: readonly StartCommand[]): (string | undefined)[] {
  const own = commands.filter(({ program }) => program !== ':' && !isTool(program));
  return own.length === 0 ? [workdir] : [...new Set(own.map(workedIn))];
}
