import { type PresetChoice, presets } from '../config/index.ts';
import type { BuilderName, BuildLimits, BuildSettings, RunSettings } from '../verify/index.ts';
import { plainArguments } from './plain-arguments.ts';
import {
  builderNames,
  type Format,
  formats,
  type OptionName,
  type OptionUsage,
  optionUsage,
  type TypedArguments,
  UsageError,
  verifications,
} from './usage.ts';
import type { RegistryRules } from './wiring.ts';

/** What the main job is asked to do. */
export interface FixArguments {
  /** As typed; empty: the working folder. */
  readonly paths: readonly string[];
  /** The text of one Dockerfile comes from standard input. */
  readonly stdin: boolean;
  /** Each fix is asked about; what is accepted is written. */
  readonly interactive: boolean;
  readonly write: boolean;
  readonly check: boolean;
  /** Undefined leaves it to the configuration. */
  readonly unsafe: boolean | undefined;
  readonly accept: readonly string[] | undefined;
  readonly only: readonly string[] | undefined;
  readonly skip: readonly string[] | undefined;
  readonly preset: PresetChoice | undefined;
  readonly format: Format | undefined;
  /** Files that get a report, as typed. */
  readonly reports: readonly string[];
  readonly context: string | undefined;
  /** `false`: none is read. */
  readonly config: string | false | undefined;
  /** Registries that are spoken to without TLS, those alone that may be asked, and those that may not. */
  readonly registries: RegistryRules;
  /** Absent: nothing is built. */
  readonly proof: ProofArguments | undefined;
  readonly offline: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

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

/** A command line, understood. */
export type Arguments =
  | { readonly command: 'fix'; readonly fix: FixArguments }
  | { readonly command: 'list' }
  | { readonly command: 'explain'; readonly id: string }
  | { readonly command: 'text'; readonly text: string };

/** Reads a command line. Throws UsageError. */
export async function readArguments(argv: readonly string[], version: () => string): Promise<Arguments> {
  const words = argv.map((word) => (word === '--verify' ? '--verify=build' : word));
  let typed = plainArguments(words);
  if (!typed) {
    const { yargsArguments } = await import('./yargs-arguments.ts');
    const judged = await yargsArguments(words, version);
    if ('text' in judged) return { command: 'text', text: judged.text };
    typed = judged;
  }
  if (typed.command === 'explain') return { command: 'explain', id: typed.words[0]! };
  if (typed.command === 'list') return { command: 'list' };
  return { command: 'fix', fix: fixArguments(typed) };
}

function fixArguments({ words, options }: TypedArguments): FixArguments {
  const flag = (name: OptionName): boolean => options[name] === true;
  const value = (name: OptionName): string | undefined => {
    const given = options[name];
    if (given === '') throw new UsageError(`--${name} takes a value`);
    return typeof given === 'string' ? given : undefined;
  };
  const list = (name: OptionName): string[] | undefined => {
    const given = options[name] as readonly string[] | undefined;
    const ids = given?.flatMap((each) => each.split(',')).filter((each) => each !== '');
    if (ids?.length === 0) {
      const usage: OptionUsage = optionUsage[name];
      throw new UsageError(`--${name} takes ${usage.placeholder === 'id' ? 'the id of a transform' : 'a value'}`);
    }
    return ids;
  };
  const stdin = words.includes('-');
  if (stdin && words.length > 1) throw new UsageError('- is standard input, and stands alone');
  if (flag('write') && flag('check')) throw new UsageError('--write and --check exclude each other');
  if (flag('quiet') && flag('verbose')) throw new UsageError('--quiet and --verbose exclude each other');
  const interactive = flag('interactive');
  for (const other of ['check', 'format', 'quiet'] as const) {
    if (interactive && options[other] !== undefined)
      throw new UsageError(`--interactive and --${other} exclude each other`);
  }
  if (interactive && stdin) throw new UsageError('--interactive needs the terminal, and cannot read from -');
  return {
    interactive,
    paths: stdin ? [] : words,
    stdin,
    write: flag('write') || interactive,
    check: flag('check'),
    unsafe: options.unsafe as boolean | undefined,
    accept: list('accept'),
    only: list('only'),
    skip: list('skip'),
    preset: choice('preset', value('preset'), presets),
    format: choice('format', value('format'), formats),
    reports: list('report') ?? [],
    context: value('context'),
    config: options.config === false ? false : value('config'),
    registries: {
      insecure: list('insecure') ?? [],
      ...optional('allowed', list('allow-registry')),
      ...optional('denied', list('deny-registry')),
    },
    proof: proofArguments(options, value),
    offline: flag('offline'),
    quiet: flag('quiet'),
    verbose: flag('verbose'),
  };
}

const proofOptions = Object.keys(optionUsage).slice(
  Object.keys(optionUsage).indexOf('builder'),
  Object.keys(optionUsage).indexOf('observe'),
) as readonly OptionName[];

function proofArguments(
  options: TypedArguments['options'],
  value: (name: OptionName) => string | undefined,
): ProofArguments | undefined {
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
      ...optional('probe', value('probe')),
      ...optional('command', value('probe-cmd')),
      ...optional('wait', wait === undefined ? undefined : wait * 1000),
      readOnly: options['read-only'] === true,
    },
  };
}

function choice<T extends string>(name: string, value: string | undefined, choices: readonly T[]): T | undefined {
  if (value === undefined || choices.includes(value as T)) return value as T | undefined;
  throw new UsageError(`--${name} takes ${choices.join(', ')}, not ${JSON.stringify(value)}`);
}

function optional<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: T });
}
