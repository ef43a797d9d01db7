import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Transform } from '../transform/index.ts';
import { ConfigError } from './config-error.ts';
import type { NamedCode } from './parse.ts';
import type { Config } from './shape.ts';

/** The names that a configuration may have in a folder; the first one wins. */
const names = ['.dockmend.yaml', '.dockmend.yml'] as const;
const sizeLimit = 256 * 1024;

/**
 * Loads the transforms of a module that a configuration names: a file relative to its folder, or a package. `isNamed`:
 * the user named the configuration itself. Throws ConfigError.
 */
export type CodeLoader = (specifier: string, folder: string, isNamed: boolean) => Promise<readonly Transform[]>;

/** Finds the configuration of folders, each folder looked at once. Without a loader, one that names code is an error. */
export class ConfigFinder {
  readonly #transforms: readonly Transform[];
  readonly #cwd: string;
  readonly #load: CodeLoader | undefined;
  readonly #found = new Map<string, Promise<Config | undefined>>();

  constructor(transforms: readonly Transform[], cwd: string, load?: CodeLoader) {
    this.#transforms = transforms;
    this.#cwd = cwd;
    this.#load = load;
  }

  /** Reads the file that the user named. Throws ConfigError. */
  async named(path: string): Promise<Config> {
    const text = read(path);
    if (text === undefined) throw new ConfigError('there is no such configuration', { path });
    const config = await this.#parse(path, text, true);
    if (!config) throw new ConfigError('there is no key `dockmend` in this file', { path });
    return config;
  }

  /**
   * The nearest configuration for a folder: its own, or that of a folder above it, up to the root of the repository
   * (where `.git` is). Outside of a repository nothing above the working folder is looked at. Throws ConfigError.
   */
  nearest(folder: string): Promise<Config | undefined> {
    let found = this.#found.get(folder);
    if (!found) {
      found = this.#look(folder);
      this.#found.set(folder, found);
    }
    return found;
  }

  async #look(folder: string): Promise<Config | undefined> {
    const own = await this.#in(folder);
    const parent = dirname(folder);
    if (own || parent === folder || existsSync(join(folder, '.git'))) return own;
    return repositoryRoot(folder) !== undefined || isBelow(folder, this.#cwd) ? this.nearest(parent) : undefined;
  }

  async #in(folder: string): Promise<Config | undefined> {
    for (const name of names) {
      const text = read(join(folder, name));
      if (text !== undefined) return this.#inside(await this.#parse(join(folder, name), text));
    }
    const path = join(folder, 'package.json');
    const text = existsSync(path) ? readQuietly(path) : undefined;
    return text?.includes('"dockmend"') ? this.#inside(await this.#parse(path, text)) : undefined;
  }

  /** A configuration that was found, and not named by the user, speaks for its own repository. Throws ConfigError. */
  #inside(config: Config | undefined): Config | undefined {
    const root = config?.context === undefined ? undefined : repositoryRoot(config.folder);
    if (config === undefined || root === undefined) return config;
    const path = relative(root, resolve(config.folder, config.context!));
    if (!isAbsolute(path) && path.split(sep)[0] !== '..') return config;
    throw new ConfigError('`context` leads out of the repository', { path: config.file });
  }

  async #parse(path: string, text: string, isNamed = false): Promise<Config | undefined> {
    const { namedCode, parseConfig } = await import('./parse.ts');
    const own: Transform[] = [];
    for (const code of /\bfrom\b/.test(text) ? namedCode(path, text) : [])
      own.push(await this.#own(code, path, isNamed));
    return parseConfig(path, text, this.#transforms, own);
  }

  async #own({ id, from, error }: NamedCode, path: string, isNamed: boolean): Promise<Transform> {
    if (this.#transforms.some((each) => each.id === id)) throw error(`\`${id}\` is a transform of dockmend itself`);
    if (!this.#load) throw error('`from` names code, and a configuration is data here');
    let found: readonly Transform[];
    try {
      found = await this.#load(from, dirname(path), isNamed);
    } catch (fault) {
      throw fault instanceof ConfigError ? error(fault.message) : fault;
    }
    const own = found.find((each) => each.id === id);
    if (own) return own;
    throw error(`${from} exports ${found.map((each) => `\`${each.id}\``).join(', ')}, and no \`${id}\``);
  }
}

/** The root of the repository that holds a folder; undefined outside of any. */
export function repositoryRoot(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Strictly below, so that the search ends at the working folder itself. */
function isBelow(folder: string, top: string): boolean {
  const path = relative(top, folder);
  return path !== '' && !path.startsWith('..');
}

function read(path: string): string | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new ConfigError('this is not a regular file', { path });
    if (stat.size > sizeLimit) throw new ConfigError('larger than 256 KiB, which no configuration is', { path });
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigError(`this configuration cannot be read (${code})`, { path });
  }
}

function readQuietly(path: string): string | undefined {
  try {
    return read(path);
  } catch {
    return undefined;
  }
}
