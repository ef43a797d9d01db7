import type { Dockerfile, Instruction } from '../dockerfile/index.ts';
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
export function copiesFromContext({ keyword, flags, stage }: Instruction): boolean {
  return (
    (keyword === 'COPY' || keyword === 'ADD') && stage !== undefined && !flags.some((flag) => flag.name === 'from')
  );
}

/** What a COPY, ADD or RUN takes from the build context, in order; heredocs are left out. */
export function contextTakes(file: Dockerfile, instruction: Instruction): ContextTake[] {
  const take = (written: string, options: TakeOptions): ContextTake => {
    const value = file.expand(written, instruction);
    return { written, source: value.ok ? value.value : written, isVariable: /\$[\w{]/.test(written), options };
  };
  if (instruction.keyword === 'RUN') {
    return contextMounts(instruction).map(({ source }) => take(source, { literal: true }));
  }
  if (!copiesFromContext(instruction)) return [];
  const { flags, heredocs, json } = instruction;
  const words = json ?? file.words(instruction).map((word) => word.text);
  const sources = words.slice(0, -1).filter((source) => heredocs.length === 0 || !/^\d*<<-?[^<]/.test(source));
  const exclude = flags.flatMap((flag) => (flag.name === 'exclude' && flag.value ? [flag.value] : []));
  const parents = flags.some((flag) => flag.name === 'parents' && flag.value !== 'false');
  return sources.map((source) => take(source, { ...(exclude.length > 0 && { exclude }), ...(parents && { parents }) }));
}

/** The bind mounts of a RUN that show the build context, each with its source; the context itself where none is written. */
export function contextMounts(instruction: Instruction): { source: string; target: string | undefined }[] {
  if (instruction.keyword !== 'RUN') return [];
  return runMounts(instruction)
    .filter(({ type, from }) => type === 'bind' && from === undefined)
    .map(({ source = '.', target }) => ({ source, target }));
}
