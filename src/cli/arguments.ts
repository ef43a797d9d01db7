import { type PresetChoice, presets } from '../config/index.ts';
import { type Format, formats } from '../report/index.ts';
import { plainArguments } from './plain-arguments.ts';
import { choice, optional, type ProofArguments, proofArguments } from './proof-arguments.ts';
import { type OptionName, type OptionUsage, optionUsage, type TypedArguments, UsageError } from './usage.ts';
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
  /** Files and packages with transforms of the user's own. */
  readonly transforms: readonly string[];
  /** No configuration may name code. */
  readonly dataOnly: boolean;
  readonly preset: PresetChoice | undefined;
  readonly format: Format | undefined;
  /** Reports of other tools, as typed: what they found is fixed, and nothing else. */
  readonly from: readonly string[];
  /** Which part of how many is done, from 1. */
  readonly shard: { readonly index: number; readonly count: number } | undefined;
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
    transforms: list('transform') ?? [],
    dataOnly: flag('data-only'),
    preset: choice('preset', value('preset'), presets),
    format: choice('format', value('format'), formats),
    from: list('from') ?? [],
    shard: shard(value('shard')),
    reports: list('report') ?? [],
    context: value('context'),
    config: options.config === false ? false : value('config'),
    registries: {
      insecure: list('insecure') ?? [],
      ...optional('allowed', list('allow-registry')),
      ...optional('denied', list('deny-registry')),
    },
    proof: proofArguments(options),
    offline: flag('offline'),
    quiet: flag('quiet'),
    verbose: flag('verbose'),
  };
}

function shard(value: string | undefined): FixArguments['shard'] {
  if (value === undefined) return undefined;
  const [, index, count] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(value)?.map(Number) ?? [];
  if (index === undefined || count === undefined || index > count) {
    throw new UsageError(`--shard takes a part of a whole, such as 1/4, not ${JSON.stringify(value)}`);
  }
  return { index, count };
}
