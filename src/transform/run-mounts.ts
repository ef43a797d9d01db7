import type { Instruction } from '../dockerfile/index.ts';
import { covers } from './image-paths.ts';

/** One `--mount` of a RUN. */
export interface RunMount {
  /** `bind` where none is written. */
  readonly type: string;
  /** Undefined where it is not absolute or holds a variable. */
  readonly target: string | undefined;
  readonly from: string | undefined;
  /** As written; undefined for the root of what it mounts. */
  readonly source: string | undefined;
  readonly readWrite: boolean;
}

/** The mounts of a RUN instruction, in order. */
export function runMounts(instruction: Pick<Instruction, 'flags'>): RunMount[] {
  return instruction.flags
    .filter((flag) => flag.name === 'mount')
    .map((flag) => {
      const fields = (flag.value ?? '').split(',').map((field) => {
        const equals = field.indexOf('=');
        return equals === -1
          ? [field.toLowerCase(), '']
          : [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)];
      });
      const field = (...names: string[]): string | undefined => fields.find(([name]) => names.includes(name!))?.[1];
      const target = field('target', 'dst', 'destination');
      const isKnown = target?.startsWith('/') && !target.includes('$');
      const write = field('rw', 'readwrite');
      return {
        type: field('type') ?? 'bind',
        target: isKnown ? target!.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '') : undefined,
        from: field('from'),
        source: field('source', 'src'),
        readWrite: write !== undefined && write !== 'false',
      };
    });
}

/** Whether what a RUN writes below a directory goes, or may go, to a mount and not to the image. */
export function isMounted(instruction: Instruction, directory: string): boolean {
  return runMounts(instruction).some(({ type, target }) => {
    if (type === 'secret' || type === 'ssh') return false;
    return target === undefined || covers(target, directory) || covers(directory, target);
  });
}
