import { ConfigError } from '../config/index.ts';
import { DockerfileSyntaxError } from '../dockerfile/index.ts';
import { UnstableFixError } from '../engine/index.ts';
import type { Problem } from '../report/index.ts';
import { TransformError } from '../transform/index.ts';
import type { BuildError } from '../verify/index.ts';
import { InputError } from './read-source.ts';
import { UsageError } from './usage.ts';

/** An error as it is shown: the known ones by what they say, all else as a fault of this program, with its stack. */
export function problemOf(error: unknown, path?: string, shown: (path: string) => string = (each) => each): Problem {
  const place = path === undefined ? {} : { path };
  if (error instanceof DockerfileSyntaxError) {
    const { message, position, lineText } = error;
    return { kind: 'syntax', message, position, lineText, ...place };
  }
  if (error instanceof ConfigError) {
    const { message, position, lineText } = error;
    const where = error.path === undefined ? place : { path: shown(error.path) };
    return { kind: 'configuration', message, ...where, ...(position && { position }), ...(lineText && { lineText }) };
  }
  if (error instanceof InputError) return { kind: 'input', message: error.message, ...place };
  if (isBuildError(error)) return { kind: 'build', message: error.message, lines: error.log, ...place };
  if (error instanceof UsageError) return { kind: 'usage', message: error.message };
  if (error instanceof TransformError) return { kind: 'transform', message: error.message, ...place };
  if (error instanceof UnstableFixError) return { kind: 'unstable', message: error.message, ...place };
  const { code, path: full } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return { kind: 'input', message: `a disk is full (${code}${full === undefined ? '' : `: ${full}`})`, ...place };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return { kind: 'internal', message, ...place, ...(stack !== undefined && { stack }) };
}

/** By its name, so that the room is not loaded to ask for its class. */
function isBuildError(error: unknown): error is BuildError {
  return error instanceof Error && error.name === 'BuildError';
}
