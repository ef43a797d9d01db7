import { didYouMean } from '../config/index.ts';
import { DockerfileSyntaxError, keywords } from '../dockerfile/index.ts';
import type { FixResult } from '../engine/index.ts';
import { LineIndex } from '../text/index.ts';

/**
 * The error of a file that BuildKit rejects for an instruction it does not know. Undefined where there is none, or where
 * a syntax directive names another frontend, which may have instructions of its own.
 */
export function unknownInstruction(source: string, result: FixResult): DockerfileSyntaxError | undefined {
  const unknown = result.opaque.find((each) => !each.isKnown);
  if (!unknown) return undefined;
  const syntax = /^(?:\uFEFF|#!.*\n)?(?:[ \t]*#.*\n)*?[ \t]*#[ \t]*syntax[ \t]*=[ \t]*(\S+)/i.exec(source)?.[1];
  if (syntax !== undefined && !/(?:^|\/)docker\/dockerfile(?:-upstream)?(?:[:@]|$)/.test(syntax)) return undefined;
  const { line, column, keyword } = unknown;
  const lines = new LineIndex(source);
  const text = source.slice(lines.lineStart(line), lines.lineStart(line + 1)).replace(/\r?\n$/, '');
  const message = `unknown instruction \`${keyword}\`, which no builder takes${didYouMean(keyword, keywords)}`;
  return new DockerfileSyntaxError(message, { line, column }, text);
}
