import type { Flags } from '../config/index.ts';
import type { FileReport, Problem } from '../report/index.ts';
import { readArguments } from './arguments.ts';
import type { Omission } from './discover.ts';
import { repeating } from './fixers.ts';
import { ShownPaths } from './paths.ts';
import { Run } from './run.ts';
import { UsageError } from './usage.ts';
import type { Wiring } from './wiring.ts';

/** What the main job had to say about one folder. */
export interface FolderReport {
  readonly files: readonly FileReport[];
  /** Problems that are no file's own. */
  readonly problems: readonly Problem[];
  readonly omitted: readonly { readonly path: string; readonly why: Omission }[];
  readonly notices: readonly string[];
}

/** What no command line can say. */
export interface FolderChoice extends Pick<Flags, 'among' | 'configurationWins'> {
  /** The keys of the fixes that an earlier run applied, by the paths of its reports: these alone, and nothing is proven again. */
  readonly chosen?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

/**
 * Does the main job over the working folder of a wiring, for another program of this package: `argv` are the options of
 * the command, and `choice` what none can say. Throws UsageError and ConfigError.
 */
export async function fixFolder(
  argv: readonly string[],
  wiring: Wiring,
  { chosen, ...choice }: FolderChoice = {},
): Promise<FolderReport> {
  const read = await readArguments(argv, wiring.version);
  if (read.command !== 'fix') throw new UsageError('these are no options of the main job');
  const files: FileReport[] = [];
  const problems: Problem[] = [];
  const shown = new ShownPaths(wiring.cwd, []);
  const none: ReadonlySet<string> = new Set();
  const run = new Run(
    wiring,
    { ...read.fix, ...choice, ...(chosen && { proof: undefined }) },
    {
      file: async (report) => void files.push(report),
      problem: (problem) => problems.push(problem),
      progress: async () => {},
      isGone: false,
    },
    chosen && repeating((path) => chosen.get(shown.of(path)) ?? none),
  );
  const { omitted, notices } = await run.go();
  return { files, problems, omitted, notices };
}
