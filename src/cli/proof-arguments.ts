import type { BuilderName, BuildLimits, BuildSettings, RunSettings } from '../verify/index.ts';
import { builderNames, type OptionName, optionUsage, type TypedArguments, UsageError, verifications } from './usage.ts';

/** What proofs are made with. */
export interface ProofArguments {
  /** `observe`: nothing is proven. */
  readonly by: 'build' | 'run' | 'observe';
  readonly observe: boolean;
  readonly builder: BuilderName | undefined;
  readonly settings: BuildSettings;
  /** In milliseconds and bytes. */
  readonly limits: Partial<BuildLimits>;
  readonly run: RunSettings;
}

/** The options that are about proofs alone. */
export const proofOptions = Object.keys(optionUsage).slice(
  Object.keys(optionUsage).indexOf('builder'),
  Object.keys(optionUsage).indexOf('observe'),
) as readonly OptionName[];

/** `NAME` or `NAME=value`; the room that reads it is loaded only when something is built. */
const variable = /^[-._A-Za-z][-._A-Za-z0-9]*(?:=|$)/;

/** An address of the container, which is on no other host. */
const address = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)?(?::\d{1,5})?(?:[/?].*)?$/;

/** Reads the options of a proof; undefined where none is asked for. Throws UsageError. */
export function proofArguments(options: TypedArguments['options']): ProofArguments | undefined {
  const value = (name: OptionName): string | undefined => {
    const given = options[name];
    if (given === '') throw new UsageError(`--${name} takes a value`);
    return typeof given === 'string' ? given : undefined;
  };
  const by = choice('verify', value('verify'), verifications);
  const observe = options.observe === true;
  if (by === undefined && !observe) {
    const idle = proofOptions.find((name) => options[name] !== undefined);
    if (idle !== undefined) throw new UsageError(`--${idle} is about builds: --verify or --observe makes them`);
    return undefined;
  }
  const number = (name: OptionName): number | undefined => {
    const given = value(name);
    if (given === undefined) return undefined;
    const read = Number(given);
    if (!(read > 0)) throw new UsageError(`--${name} takes a number above 0, not ${JSON.stringify(given)}`);
    return read;
  };
  const variables = options['run-env'] as readonly string[] | undefined;
  // What is no variable may be a value, which is not shown.
  if (!(variables ?? []).every((each) => variable.test(each)))
    throw new UsageError('--run-env takes NAME=value, or NAME');
  const probe = value('probe');
  if (probe !== undefined && !address.test(probe))
    throw new UsageError(
      `--probe takes an address of the container, as http://:8080/health, not ${JSON.stringify(probe)}`,
    );
  const [timeout, disk, wait] = [number('build-timeout'), number('build-disk'), number('probe-timeout')];
  return {
    by: by ?? 'observe',
    observe,
    builder: choice('builder', value('builder'), builderNames),
    settings: {
      args: (options['build-arg'] ?? []) as readonly string[],
      secrets: (options.secret ?? []) as readonly string[],
      ...optional('target', value('target')),
      ...optional('platform', value('platform')),
      ...optional('network', value('build-network')),
    },
    limits: {
      ...optional('timeout', timeout === undefined ? undefined : timeout * 1000),
      ...optional('disk', disk === undefined ? undefined : disk * 1024 ** 3),
    },
    run: {
      ...optional('env', variables),
      ...optional('envFiles', options['run-env-file'] as readonly string[] | undefined),
      ...optional('network', value('run-network')),
      ...optional('probe', probe),
      ...optional('command', value('probe-cmd')),
      ...optional('wait', wait === undefined ? undefined : wait * 1000),
      readOnly: options['read-only'] === true,
    },
  };
}

/** A value that is one of some, or undefined. Throws UsageError. */
export function choice<T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (value === undefined || choices.includes(value as T)) return value as T | undefined;
  throw new UsageError(`--${name} takes ${choices.join(', ')}, not ${JSON.stringify(value)}`);
}

/** A record of a key and its value; without the key where the value is undefined. */
export function optional<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: T });
}
