import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads a module that a user names, a file relative to a folder or a package that is installed for it. */
export async function loadModule(specifier: string, folder: string): Promise<unknown> {
  return import(pathToFileURL(find(specifier, folder)).href);
}

function find(specifier: string, folder: string): string {
  if (/^(?:\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(specifier) || existsSync(resolve(folder, specifier))) {
    return resolve(folder, specifier);
  }
  const require = createRequire(join(folder, 'package.json'));
  try {
    return require.resolve(specifier);
  } catch (error) {
    // A package that can only be imported has no entry for `require`.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    for (const modules of require.resolve.paths(specifier) ?? []) {
      const manifest = join(modules, specifier, 'package.json');
      if (!existsSync(manifest)) continue;
      const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports?: unknown };
      const entry = importTarget(exports);
      if (entry !== undefined) return join(modules, specifier, entry);
    }
    throw error;
  }
}

/** The file that `import` of the package itself leads to, by the conditions of Node's resolution. */
function importTarget(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  for (const [condition, target] of Object.entries(exports)) {
    if (!['.', 'node', 'import', 'default'].includes(condition)) continue;
    const found = importTarget(target);
    if (found !== undefined) return found;
  }
  return undefined;
}
