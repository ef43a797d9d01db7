import { posix } from 'node:path';
import type { Dockerfile } from '../dockerfile/index.ts';
import type { ContextFacts } from './ports.ts';

/** Whether a source reads what npm, pnpm and Yarn tell the scripts that they run (docs.npmjs.com/cli/using-npm/scripts). */
export function readsNpmVariables(text: string): boolean {
  return /\bnpm_(?:package|config|lifecycle)_|\bnpm_(?:command|execpath|node_execpath)\b|\bINIT_CWD\b/.test(text);
}

/**
 * What tells npm and pnpm which options the Node of a script has, for a package.json in a folder of the context;
 * undefined where nothing does (docs.npmjs.com/cli/using-npm/config, `node-options`).
 */
export function nodeOptionsOfScripts(file: Dockerfile, context: ContextFacts, folder: string): string | undefined {
  if (/^\s*node-options\s*=/m.test(context.text(posix.join(folder, '.npmrc')) ?? '')) return '`.npmrc`';
  const isSet = file.instructions.some(
    (each) => each.keyword === 'ENV' && /\bnpm_config_node_options\b/i.test(file.args(each)),
  );
  return isSet ? 'a variable of the environment' : undefined;
}
