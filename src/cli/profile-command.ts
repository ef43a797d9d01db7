import { dirname, resolve } from 'node:path';
import yargs from 'yargs';
import { ConfigError } from '../config/index.ts';
import { profileFormats, renderProfile } from '../report/index.ts';
import { Prover } from '../verify/index.ts';
import { isFolder } from './discover.ts';
import { choice, proofArguments, proofOptions } from './proof-arguments.ts';
import { readSource } from './read-source.ts';
import { UsageError } from './usage.ts';
import type { Wiring } from './wiring.ts';
import { optionsOf, plainFailure, yargsOptions } from './yargs-arguments.ts';

/**
 * `dockmend profile`: builds one Dockerfile as it is, runs the image with fewer and fewer rights, and gives the settings
 * that it works with as text. Throws UsageError, InputError and BuildError.
 */
export async function profileCommand(argv: readonly string[], wiring: Wiring): Promise<string> {
  const args = await readArguments(argv);
  if (typeof args === 'string') return args;
  const { path: given, format, image, options } = args;
  const named = resolve(wiring.cwd, given);
  const path = isFolder(named) ? resolve(named, 'Dockerfile') : named;
  const source = readSource(path);
  const context = resolve(wiring.cwd, args.context ?? dirname(path));
  if (!isFolder(context)) throw new ConfigError(`--context: there is no folder ${args.context}`);
  const { builder, settings, limits, run } = proofArguments({ ...options, observe: true })!;
  const prover = await Prover.open({ settings, limits, run, ...(builder && { builder }) });
  try {
    return await renderProfile(await prover.profile({ path, source, context }), format, image);
  } finally {
    await prover.close();
  }
}

async function readArguments(argv: readonly string[]) {
  let failure: string | undefined;
  let text = '';
  const parser = yargs()
    .scriptName('dockmend profile')
    .usage(
      '$0 [path]\n\nBuilds a Dockerfile as it is, runs it, and prints the strictest settings that its image works with',
    )
    .command('$0 [path]', false, (command) => command.positional('path', { type: 'string' }))
    .options({
      format: { type: 'string', choices: profileFormats, describe: 'How to print the settings (default: docker)' },
      image: { type: 'string', describe: 'The name of the image in them (default: app)' },
      ...yargsOptions(['context', ...proofOptions]),
    })
    .parserConfiguration({ 'parse-numbers': false, 'duplicate-arguments-array': true })
    .version(false)
    .alias('help', 'h')
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      failure ??= message || error?.message;
    })
    .wrap(100);
  const args = await parser.parseAsync([...argv], {}, (_error, _args, output) => {
    text ||= output;
  });
  if (failure !== undefined) throw new UsageError(plainFailure(failure, argv));
  if (text !== '') return `${text.trimEnd()}\n`;
  return {
    path: typeof args.path === 'string' ? args.path : '.',
    format: choice('format', args.format as string | undefined, profileFormats) ?? ('docker' as const),
    image: typeof args.image === 'string' ? args.image : 'app',
    context: args.context as string | undefined,
    options: optionsOf(args),
  };
}
