import type { FixOptions } from '../engine/index.ts';
import type { Transform } from '../transform/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config, PresetChoice } from './shape.ts';
import { didYouMean } from './suggest.ts';

/** What a command line says about the choice of fixes; a field that is absent leaves it to the configuration. */
export interface Flags {
  readonly preset?: PresetChoice | undefined;
  readonly unsafe?: boolean | undefined;
  readonly only?: readonly string[] | undefined;
  readonly skip?: readonly string[] | undefined;
  readonly accept?: readonly string[] | undefined;
}

/** Merges flags over a configuration over the defaults. Throws ConfigError for a flag that names no transform. */
export function resolveSettings(
  all: readonly Transform[],
  flags: Flags,
  config?: Config,
): Required<Pick<FixOptions, 'transforms' | 'choice' | 'options'>> {
  for (const name of ['only', 'skip', 'accept'] as const) {
    for (const id of flags[name] ?? []) requireTransform(all, id, `--${name}`);
  }
  const configured = config?.transforms ?? {};
  const accept = [...new Set([...(config?.accept ?? []), ...(flags.accept ?? [])])];
  const preset = flags.preset ?? config?.preset ?? 'recommended';
  const isChosen = ({ id, meta }: Transform): boolean => {
    if (flags.skip?.includes(id)) return false;
    if (flags.only) return flags.only.includes(id);
    if (flags.accept?.includes(id)) return true;
    const value = configured[id];
    if (value !== undefined) return value !== false;
    return accept.includes(id) || preset === 'all' || meta.preset === preset;
  };
  const options = Object.entries(configured).filter(
    (entry): entry is [string, Readonly<Record<string, unknown>>] => typeof entry[1] === 'object',
  );
  return {
    transforms: all.filter(isChosen),
    choice: { safety: (flags.unsafe ?? config?.unsafe) ? 'unsafe' : 'safe', accept },
    options: Object.fromEntries(options),
  };
}

/** The transform of an id. Throws ConfigError, with the nearest id, where there is none. */
export function requireTransform(all: readonly Transform[], id: string, where: string): Transform {
  const found = all.find((each) => each.id === id);
  if (found) return found;
  const hint = didYouMean(
    id,
    all.map((each) => each.id),
  );
  throw new ConfigError(`${where}: there is no transform \`${id}\`${hint || '; `dockmend list` shows them'}`);
}
