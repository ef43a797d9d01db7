import { mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle } from '../../bin/build.ts';
import { keptPrefix } from './temporary.ts';

/** What tests start as processes of their own, or import in them. */
const entries = [
  'test/support/bot-child.ts',
  'test/support/command.ts',
  'test/support/faulty-command.ts',
  'test/support/registry-images.ts',
  'src/registry/index.ts',
  'src/verify/workspace.ts',
] as const;

const variable = 'DOCKMEND_TEST_COMPILED';

/** The path of a module as the build compiles it; starting the sources themselves takes half a second more. */
export function compiled(entry: (typeof entries)[number]): string {
  return join(process.env[variable]!, entry.replace(/\.ts$/, '.js'));
}

/** Compiles them into a folder of the run; what they import of packages is found as from the project. */
export async function compileAll(folder: string): Promise<void> {
  const root = join(folder, `${keptPrefix}compiled`);
  mkdirSync(root);
  for (const name of ['node_modules', 'package.json']) symlinkSync(resolve(name), join(root, name));
  const out = join(root, 'dist');
  await bundle(resolve('.'), entries, out);
  process.env[variable] = out;
}
