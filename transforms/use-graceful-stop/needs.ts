import type { Dockerfile } from '../../src/dockerfile/index.ts';
import { type ContextFacts, plugAndPlay } from '../../src/transform/index.ts';

/** What an application has of the package manager that starts it; undefined where nothing was found. */
export function needOf(file: Dockerfile, context: ContextFacts, program: string): string | undefined {
  if (program === 'yarn' && plugAndPlay(file, context, '')) return 'Yarn keeps no `node_modules`';
  return undefined;
}
