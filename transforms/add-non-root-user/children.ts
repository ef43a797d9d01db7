import { writesAreKnown } from '../../src/facts/index.ts';
import { baseName, childProcesses } from '../../src/transform/index.ts';
import { fromStart } from './folders.ts';
import type { Collector } from './owned.ts';
import { type Refusal, startRefusal } from './refusals.ts';
import { fromServers, serverOf } from './servers.ts';
import type { Setting } from './setting.ts';
import { readSources } from './sources.ts';
import { commandsOfChild, type StartCommand } from './start.ts';

/** What a source of the application runs. */
interface Child {
  /** The file and the line, for a sentence. */
  readonly where: string;
  /** Undefined where the source works out what it is. */
  readonly commands: readonly StartCommand[] | undefined;
}

const read = new WeakMap<Setting, readonly Child[]>();

/** The other programs that sources of the application run. */
function childrenOf(setting: Setting): readonly Child[] {
  const known = read.get(setting);
  if (known) return known;
  const children = childProcesses(readSources(setting).texts).map((child) => ({
    where: `\`${baseName(child.source)}\` line ${child.line}`,
    commands: commandsOfChild(setting, child),
  }));
  read.set(setting, children);
  return children;
}

/** What a program needs root for that a source runs. */
export function childRefusal(setting: Setting): Refusal | undefined {
  for (const { commands } of childrenOf(setting)) {
    // A compiler or `git` is run for what it prints, or writes what is not known.
    const found = commands && startRefusal({ kind: 'known', commands });
    if (found && found.skipped !== 'start-compiles') return found;
  }
  return undefined;
}

/**
 * What the programs write that sources of the application run, which is in a directory, and those that scripts run before
 * the application itself.
 */
export function fromChildren(
  setting: Setting,
  start: readonly StartCommand[],
  directory: string | undefined,
  found: Collector,
): void {
  for (const { where, commands } of childrenOf(setting)) {
    const strange = commands?.find((command) => !isKnown(setting, command));
    if (commands === undefined) found.unknown ??= `${where} runs a program that it works out`;
    else if (strange) found.unknown ??= `what \`${strange.program}\` writes, which ${where} runs`;
    else {
      const placed = commands.map((each) => (each.directory === setting.workdir ? { ...each, directory } : each));
      fromServers(setting, placed, found);
      fromStart(placed, setting, found);
    }
  }
  // The last one is what the container is for, and is known as far as a program of others is.
  const strange = start
    .filter(({ words }) => words[0] !== 'run-script')
    .slice(0, -1)
    .find((command) => !/^(?:CMD|ENTRYPOINT)$/.test(command.from) && !isKnown(setting, command));
  if (strange)
    found.unknown ??= `what \`${strange.program}\` writes, which ${strange.from.startsWith('/') ? `\`${strange.from}\`` : strange.from} runs`;
}

/** Whether it is known what a command writes: a server, a program of the application itself, or one whose words say it. */
function isKnown(setting: Setting, command: StartCommand): boolean {
  const { program, words, isBrought = false } = command;
  return program === ':' || isBrought || serverOf(setting, command) !== undefined || writesAreKnown(program, words);
}
