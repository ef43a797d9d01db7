import { posix } from 'node:path';
import type { Instruction } from '../../src/dockerfile/index.ts';
import { covers, directoryAt, expandedByEnv } from '../../src/transform/index.ts';
import type { Plan } from './plan.ts';
import type { Subject } from './subject.ts';

/** Tools of a build that are copied out of images of their own: docs.astral.sh/uv, hub.docker.com/_/composer; November 2026. */
const buildTools = /^(?:uvx?|composer(?:\.phar)?|install-php-extensions|pnpm|protoc|buf)$/;

/** A copy out of another image or stage that the final stage would be without, with the path that it has there. */
export function lostCopy(
  { file, stage, facts, start }: Subject,
  { artifacts }: Plan,
): { readonly at: Instruction; readonly path: string } | undefined {
  const started = new Set(
    [...(start?.argv ?? []), start?.script?.text ?? ''].flatMap((each) => each.split(/[\s"';&|]+/)),
  );
  for (const at of stage.instructions) {
    if (at.keyword !== 'COPY' || !at.flags.some((flag) => flag.name === 'from')) continue;
    const words = (at.json ?? file.words(at).map((word) => word.text)).map((word) => expandedByEnv(file, at, word));
    const target = words.pop();
    const directory = directoryAt(file, at, facts);
    if (target === undefined || (directory === undefined && !target.startsWith('/')))
      return { at, path: target ?? '?' };
    const path = posix.resolve(directory ?? '/', target);
    if (artifacts.some(({ from }) => covers(from, path))) continue;
    const isInto = words.length > 1 || /(?:^|\/)\.{0,2}$/.test(target);
    const names = isInto ? words.map((word) => posix.basename(word ?? '$')) : [posix.basename(path)];
    const isTool = names.every(
      (name) => buildTools.test(name) && ![...started].some((each) => posix.basename(each) === name),
    );
    if (!isTool) return { at, path };
  }
  return undefined;
}
