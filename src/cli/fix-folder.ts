import type { Flags } from '../config/index.ts';
import type { FileReport, Problem } from '../report/index.ts';
import { readArguments } from './arguments.ts';
import type { Omission } from './discover.ts';
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

/**
 * Does the main job over the working folder of a wiring, for another program of this package: `argv` are the options of
 * the command, and `choice` what no command line can say. Throws UsageError and ConfigError.
 */
export async function fixFolder(
  argv: readonly string[],
  wiring: Wiring,
  choice: Pick<Flags, 'among' | 'configurationWins'> = {},
): Promise<FolderReport> {
  const read = await readArguments(argv, wiring.version);
  if (read.command !== 'fix') throw new UsageError('these are no options of the main job');
  const files: FileReport[] = [];
  const problems: Problem[] = [];
  const run = new Run(
    wiring,
    { ...read.fix, ...choice },
    {
      file: async (report) => void files.push(report),
      problem: (problem) => problems.push(problem),
      progress: async () => {},
      isGone: false,
    },
  );
  const { omitted, notices } = await run.go();
  return { files, problems, omitted, notices };
}
