import { blankWords, type Dockerfile, type Instruction, type ScannedInstruction } from '../dockerfile/index.ts';
import type { TakeOptions } from './ports.ts';
import { runMounts } from './run-mounts.ts';

/** One source of COPY, ADD or a bind mount that is read from the build context. */
export interface ContextTake {
  readonly written: string;
  /** With the defaults of build arguments; as written where there is no default. */
  readonly source: string;
  /** A variable stands in it, so that a build may name something else. */
  readonly isVariable: boolean;
  readonly options: TakeOptions;
}

/** Whether an instruction is a COPY or ADD of a stage that takes from the build context, or from a URL or a heredoc. */
export function copiesFromContext(instruction: Instruction): boolean {
  return instruction.stage !== undefined && isCopyOfContext(instruction);
}

const isCopyOfContext = ({ keyword, flags }: ScannedInstruction): boolean =>
  (keyword === 'COPY' || keyword === 'ADD') && !flags.some((flag) => flag.name === 'from');

/** The sources that a COPY, ADD or RUN takes from the build context, as they are written; heredocs are left out. */
export function contextSources(instruction: ScannedInstruction): string[] {
  if (instruction.keyword === 'RUN') return contextMounts(instruction).map(({ source }) => source);
  if (!isCopyOfContext(instruction)) return [];
  const { heredocs, json, logical, argsStart, argsEnd } = instruction;
  const words = json ?? blankWords(logical.text, argsStart, argsEnd).map((word) => word.text);
  return words.slice(0, -1).filter((source) => heredocs.length === 0 || !/^\d*<<-?[^<]/.test(source));
}

/** What a COPY, ADD or RUN takes from the build context, in order; heredocs are left out. */
export function contextTakes(file: Dockerfile, instruction: Instruction): ContextTake[] {
  const take = (written: string, options: TakeOptions): ContextTake => {
    const value = file.expand(written, instruction);
    return { written, source: value.ok ? value.value : written, isVariable: /\$[\w{]/.test(written), options };
  };
  const sources = contextSources(instruction);
  if (instruction.keyword === 'RUN') return sources.map((source) => take(source, { literal: true }));
  if (instruction.stage === undefined) return [];
  const { flags } = instruction;
  const exclude = flags.flatMap((flag) => (flag.name === 'exclude' && flag.value ? [flag.value] : []));
  const parents = flags.some((flag) => flag.name === 'parents' && flag.value !== 'false');
  return sources.map((source) => take(source, { ...(exclude.length > 0 && { exclude }), ...(parents && { parents }) }));
}

/** The bind mounts of a RUN that show the build context, each with its source; the context itself where none is written. */
export function contextMounts(instruction: ScannedInstruction): { source: string; target: string | undefined }[] {
  if (instruction.keyword !== 'RUN') return [];
  return runMounts(instruction)
    .filter(({ type, from }) => type === 'bind' && from === undefined)
    .map(({ source = '.', target }) => ({ source, target }));
}
