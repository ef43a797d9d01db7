import { posix } from 'node:path';
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import { directoryAt, type Facts, Layout, UnderFacts } from '../../src/transform/index.ts';

/** A shell text without the packages that it installs: a program is not used by its install. */
export const withoutInstalls = (text: string): string =>
  text.replace(/\b(?:apt-get|apt|aptitude)\s(?:[^;&|]*\s)?install\b[^;&|]*/g, ' ');

const known = new UnderFacts<Instruction, string>();

/** The scripts of the build context that an instruction of a given text calls, and those that they call, as one text. */
export function scriptsOf(file: Dockerfile, facts: Facts, instruction: Instruction, text: string): string {
  return known.of(facts, instruction, () => {
    const layouts: Layout[] = [];
    for (let stage: Stage | undefined = instruction.stage; stage; stage = stage.parent)
      layouts.push(...[Layout.of(file, stage, facts)].flatMap((each) => each ?? []));
    const directory = directoryAt(file, instruction, facts);
    const found = new Map<string, string>();
    if (layouts.length > 0) follow(text, directory, layouts, found, 0);
    return [...found.values()].join('\n');
  });
}

const DEPTH = 4;
const binFolders = '/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin'.split(' ');

/** Looks for scripts among the words of a text: what is named there and can be read is most often called. */
function follow(
  text: string,
  directory: string | undefined,
  layouts: readonly Layout[],
  found: Map<string, string>,
  depth: number,
): void {
  for (const word of new Set(text.split(/[\s"'`;&|()<>[\]{},=]+/))) {
    if (!/^[\w./@+-]*[\w-]$/.test(word) || (!word.startsWith('/') && word.includes('/') && directory === undefined))
      continue;
    const isBare = !word.includes('/');
    const folders = [...(directory === undefined ? [] : [directory]), ...(isBare ? binFolders : [])];
    for (const path of word.startsWith('/') ? [posix.normalize(word)] : folders.map((each) => posix.join(each, word))) {
      if (found.has(path)) break;
      const script = layouts.flatMap((layout) => layout.text(path) ?? [])[0];
      if (script === undefined) continue;
      const isShell = /^#!.*sh\b/.test(script) || (!script.startsWith('#!') && /\.(?:ba)?sh$/.test(path));
      if (!isShell && !script.startsWith('#!')) break;
      const plain = withoutInstalls(
        script
          .replaceAll('\r\n', '\n')
          .replace(/\\\n/g, ' ')
          .replace(/^[ \t]*#.*$/gm, ''),
      );
      found.set(path, plain);
      if (isShell && depth < DEPTH) follow(plain, directory, layouts, found, depth + 1);
      break;
    }
  }
}
