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
  /** Of the transforms that all else chooses, these alone. */
  readonly among?: readonly string[] | undefined;
  /** Where both speak, the configuration decides, and what it turns off stays off: the flags are another's than its owner's. */
  readonly configurationWins?: boolean | undefined;
}

/** Merges flags over a configuration (or, where it wins, under it) over the defaults. Throws ConfigError for a flag that names no transform. */
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
  const wins = flags.configurationWins === true;
  const preset = (wins ? (config?.preset ?? flags.preset) : (flags.preset ?? config?.preset)) ?? 'recommended';
  const unsafe = wins ? (config?.unsafe ?? flags.unsafe) : (flags.unsafe ?? config?.unsafe);
  const isChosen = ({ id, meta }: Transform): boolean => {
    if (flags.skip?.includes(id) || flags.among?.includes(id) === false) return false;
    if (wins && configured[id] === false) return false;
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
    choice: { safety: unsafe ? 'unsafe' : 'safe', accept },
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
