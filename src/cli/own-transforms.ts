import { ConfigError } from '../config/index.ts';
import { checkedTransform, type Transform, transformFaults } from '../transform/index.ts';
import type { Wiring } from './wiring.ts';

/**
 * Loads the transforms of a user's module: its default export, one or a list, or else every export that has an `id` and
 * a `find`. Each is held to the contract. Throws ConfigError, which says what is wrong and with what.
 */
export async function loadTransforms(specifier: string, folder: string, wiring: Wiring): Promise<Transform[]> {
  if (!wiring.loadModule) throw new ConfigError(`${specifier} cannot be loaded: no code is loaded here`);
  let module: unknown;
  try {
    module = await wiring.loadModule(specifier, folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ERR_UNKNOWN_FILE_EXTENSION' ? 'Node runs JavaScript: compile it first' : firstLine(message);
    throw new ConfigError(`${specifier} cannot be loaded: ${why}`);
  }
  const { default: own, ...named } = module as Record<string, unknown>;
  const looksLike = (each: unknown): boolean =>
    typeof each === 'object' && each !== null && 'id' in each && 'find' in each;
  const found = own === undefined ? Object.values(named).filter(looksLike) : [own].flat();
  if (found.length === 0) throw new ConfigError(`${specifier} exports no transform`);
  return found.map((each) => {
    const [fault] = transformFaults(each);
    const { id } = (each ?? {}) as { id?: unknown };
    if (fault !== undefined) {
      throw new ConfigError(
        `${specifier}: ${typeof id === 'string' ? `\`${id}\` is` : 'this is'} no transform: ${fault}`,
      );
    }
    return checkedTransform(each as Transform);
  });
}

/** Some transforms after others. Throws ConfigError where an id is taken. */
export function joined(all: readonly Transform[], more: readonly Transform[]): Transform[] {
  const list = [...all];
  for (const each of more) {
    if (list.some(({ id }) => id === each.id)) throw new ConfigError(`there are two transforms \`${each.id}\``);
    list.push(each);
  }
  return list;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}
