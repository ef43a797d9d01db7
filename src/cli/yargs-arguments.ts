import yargs from 'yargs';
import { didYouMean } from '../config/index.ts';
import { type OptionName, type OptionUsage, optionUsage, type TypedArguments, UsageError } from './usage.ts';

/** Stands for `-`, which yargs drops from positional words; nobody can type a NUL. */
const stdinWord = '\0';

/** What yargs makes of a command line: its words sorted, or a text to print and be done. Throws UsageError. */
export async function yargsArguments(
  argv: readonly string[],
  version: () => string,
): Promise<TypedArguments | { readonly text: string }> {
  let typed: TypedArguments | undefined;
  let failure: string | undefined;
  let text = '';
  const take = (command: TypedArguments['command']) => (args: Record<string, unknown>) => {
    typed = { command, words: wordsOf(args), options: optionsOf(args) };
  };
  const parser = yargs([])
    .scriptName('dockmend')
    .locale('en')
    .usage('$0 [paths..]\n\nHardens Dockerfiles: prints what it would change, and changes nothing without --write')
    .parserConfiguration({
      'parse-positional-numbers': false,
      'parse-numbers': false,
      'duplicate-arguments-array': true,
      'populate--': true,
    })
    .command(
      '$0 [paths..]',
      'Fix Dockerfiles: files, folders to look in, or - for standard input (default: this folder)',
      (command) => command.positional('paths', { type: 'string', array: true }).options(yargsOptions()),
      take(undefined),
    )
    .command('list', 'List the transforms', {}, take('list'))
    .command('pins', 'List, check, update or remove digests: see `dockmend pins --help`', {}, () => {})
    .command('pr', 'Open and update pull requests: see `dockmend pr --help`', {}, () => {})
    .command('profile', 'Find the run-time settings that fit an image: see `dockmend profile --help`', {}, () => {})
    .command(
      'explain <id>',
      'Explain a transform: why, how safe, its options, and the rules of other tools that it answers',
      (command) => command.positional('id', { type: 'string' }),
      take('explain'),
    )
    .version(version())
    .alias('help', 'h')
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      failure ??= error instanceof Error && !message ? error.message : message;
    })
    .wrap(100);
  // A failing parse calls back more than once, with `fail` first.
  await parser.parseAsync(
    argv.map((word) => (word === '-' ? stdinWord : word)),
    {},
    (_error, _args, output) => {
      text ||= output;
    },
  );
  if (failure !== undefined) throw new UsageError(plainFailure(failure, argv));
  if (typed) return typed;
  return { text: `${text.trimEnd()}\n` };
}

/** Options as yargs takes them. */
export function yargsOptions(
  names: readonly OptionName[] = Object.keys(optionUsage) as OptionName[],
): Record<string, import('yargs').Options> {
  return Object.fromEntries(
    names
      .map((name) => [name, optionUsage[name] as OptionUsage] as const)
      .map(([name, usage]) => [
        name,
        {
          type: usage.type === 'boolean' ? ('boolean' as const) : ('string' as const),
          describe: usage.choices ? `${usage.summary}: ${usage.choices.join(', ')}` : usage.summary,
          ...(usage.alias && { alias: usage.alias }),
          ...(usage.type !== 'boolean' && { requiresArg: name !== 'config', nargs: 1 }),
          ...((usage.type === 'list' || usage.type === 'values') && { array: true }),
        },
      ]),
  );
}

function wordsOf(args: Record<string, unknown>): string[] {
  const own = args.paths ?? (args.id === undefined ? [] : [args.id]);
  const rest = (args['--'] ?? []) as unknown[];
  return [...(own as unknown[]), ...rest].map((word) => (word === stdinWord ? '-' : String(word)));
}

/** The options among what yargs read. */
export function optionsOf(args: Record<string, unknown>): TypedArguments['options'] {
  const options: Partial<Record<OptionName, boolean | string | readonly string[]>> = {};
  for (const [name, usage] of Object.entries(optionUsage) as [OptionName, OptionUsage][]) {
    const value = args[name];
    const isList = usage.type === 'list' || usage.type === 'values';
    if (value === undefined || (isList && Array.isArray(value) && value.length === 0)) continue;
    if (usage.type === 'boolean') options[name] = Array.isArray(value) ? value.at(-1) === true : value === true;
    else if (value === false && name === 'config') options[name] = false;
    else if (isList) options[name] = (Array.isArray(value) ? value : [value]).map(String);
    else options[name] = String(Array.isArray(value) ? value.at(-1) : value);
  }
  return options;
}

/** The complaint of yargs in our form: one line, with the nearest option. */
export function plainFailure(message: string, argv: readonly string[]): string {
  const lacking = /^Not enough arguments following: (.*)$/m.exec(message)?.[1];
  if (lacking !== undefined) return `--${lacking} takes a value`;
  if (/^Not enough non-option arguments/.test(message)) return 'explain takes the id of a transform';
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/m.exec(message)?.[1]?.split(', ')[0];
  if (unknown === undefined) {
    const line = message.split('\n').find((each) => each.trim() !== '') ?? message;
    return `${line[0]?.toLowerCase()}${line.slice(1)}`;
  }
  if (argv.includes(unknown)) return `unexpected word ${JSON.stringify(unknown)}`;
  const name = unknown.length === 1 ? `-${unknown}` : `--${unknown}`;
  const flags = [...Object.keys(optionUsage), 'help', 'version'].map((each) => `--${each}`);
  return `unknown option ${name}${didYouMean(name, flags) || '; --help shows them all'}`;
}
