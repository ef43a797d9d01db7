import yargs from 'yargs';
import { type ForgeKind, forgeKinds } from './forge.ts';
import type { Author } from './git.ts';
import { type Split, splits } from './groups.ts';
import { parseShard, type Shard } from './shards.ts';
import { type Updater, updaters } from './updater.ts';
import { type CommitCut, commitCuts } from './work-tree.ts';

const list = { type: 'string', array: true, nargs: 1 } as const;

/** The options of `dockmend pr` that are about pull requests. */
export const ownOptions = {
  repo: { ...list, describe: 'A repository, as owner/name or its URL (default: that of this checkout)' },
  org: { ...list, describe: 'All repositories of an organization, a group or a user' },
  forge: { type: 'string', choices: forgeKinds, describe: 'The kind of forge, where its host does not tell' },
  url: { type: 'string', nargs: 1, describe: 'Where the forge is (default: as the job or the checkout says)' },
  base: { type: 'string', nargs: 1, describe: 'The branch to work on (default: the default branch)' },
  'dry-run': { type: 'boolean', describe: 'Write nothing anywhere; say what would be done' },
  split: {
    type: 'string',
    choices: splits,
    default: 'pins',
    describe: 'Pull requests: pins apart, one a transform, one',
  },
  commits: { type: 'string', choices: commitCuts, default: 'transform', describe: 'Commits: one a transform, or one' },
  updater: { type: 'string', choices: updaters, describe: 'Also propose this updater for pins where there is none' },
  'branch-prefix': { type: 'string', nargs: 1, default: 'dockmend/', describe: 'What names of branches begin with' },
  'subject-prefix': { type: 'string', nargs: 1, default: '', describe: 'What titles begin with, such as `build:`' },
  label: { ...list, describe: 'A label for new pull requests' },
  author: { type: 'string', nargs: 1, describe: 'Who the commits are by: "Name <email>"' },
  limit: { type: 'number', nargs: 1, default: 10, describe: 'The most pull requests to open in one repository' },
  again: { type: 'boolean', describe: 'Open anew what a person closed' },
  shard: { type: 'string', nargs: 1, describe: 'Do one part of the repositories: 1/4 is the first of four' },
  concurrency: { type: 'number', nargs: 1, default: 4, describe: 'Repositories at a time' },
  resume: { type: 'string', nargs: 1, describe: 'A file that remembers what is done, to go on after a crash' },
  'max-wait': {
    type: 'number',
    nargs: 1,
    default: 900,
    describe: 'The longest wait before a request is tried again, as for a rate limit, in seconds',
  },
  format: { type: 'string', choices: ['text', 'json'], default: 'text', describe: 'How to report' },
} as const;

/** The options of the main job that hold here too, for what a repository's own configuration does not say. */
const fixOptions = {
  unsafe: { type: 'boolean', describe: 'Also apply fixes that may change the behaviour of the image' },
  accept: { ...list, describe: 'Apply all fixes of this transform, whatever their safety' },
  only: { ...list, describe: 'Run these transforms alone' },
  skip: { ...list, describe: 'Leave these transforms out' },
  preset: { type: 'string', nargs: 1, describe: 'Which transforms run' },
  insecure: { ...list, describe: 'Speak to this registry without TLS' },
  'allow-registry': { ...list, describe: 'Ask these registries alone' },
  'deny-registry': { ...list, describe: 'Never ask this registry' },
  offline: { type: 'boolean', describe: 'Ask no registry' },
  verify: {
    type: 'string',
    describe: 'Keep only what builds prove, or runs (`--verify=run`): builds run what is in a repository',
  },
  builder: { type: 'string', nargs: 1, describe: 'What builds' },
  'build-arg': { ...list, describe: 'A build argument of the builds' },
  secret: { ...list, describe: 'A secret of the builds' },
  'build-network': { type: 'string', nargs: 1, describe: 'The network of RUN in the builds' },
  'build-timeout': { type: 'string', nargs: 1, describe: 'How long one build may take, in seconds' },
  probe: { type: 'string', nargs: 1, describe: 'What to ask the container' },
  'probe-cmd': { type: 'string', nargs: 1, describe: 'What to run in the container' },
  'run-env': { ...list, describe: 'A variable of the containers' },
  'run-env-file': { ...list, describe: 'A file of variables of the containers' },
  'run-network': { type: 'string', nargs: 1, describe: 'The network of the containers' },
} as const;

/** What `dockmend pr` is asked to do. */
export interface PrArguments {
  readonly repositories: readonly string[];
  readonly owners: readonly string[];
  readonly forge: ForgeKind | undefined;
  readonly url: string | undefined;
  readonly base: string | undefined;
  readonly dryRun: boolean;
  readonly split: Split;
  readonly cut: CommitCut;
  readonly updater: Updater | undefined;
  readonly prefix: string;
  readonly subjectPrefix: string;
  readonly labels: readonly string[];
  readonly author: Author;
  readonly limit: number;
  readonly again: boolean;
  readonly shard: Shard | undefined;
  readonly concurrency: number;
  readonly resume: string | undefined;
  readonly longestWait: number;
  readonly json: boolean;
  /** The options of the main job, as the command takes them. */
  readonly fix: readonly string[];
}

/** A command line that cannot be understood. */
export class BotUsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

const defaultAuthor: Author = { name: 'dockmend', email: 'dockmend@users.noreply.github.com' };

/** Reads the words after `pr`; a text is help to print. Throws BotUsageError. */
export async function readPrArguments(argv: readonly string[]): Promise<PrArguments | string> {
  const twice = givenTwice(argv);
  if (twice !== undefined) throw new BotUsageError(`--${twice} is given twice`);
  let failure: string | undefined;
  let text = '';
  const parser = yargs()
    .scriptName('dockmend pr')
    .locale('en')
    .usage('$0\n\nOpens and updates pull requests that harden Dockerfiles; safe fixes alone unless --unsafe')
    .options(ownOptions)
    .options(fixOptions)
    .group(Object.keys(fixOptions), 'Fixes:')
    .parserConfiguration({ 'parse-positional-numbers': false })
    .version(false)
    .alias('help', 'h')
    .demandCommand(0, 0)
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      failure ??= message || error?.message;
    })
    .wrap(100);
  const args = await parser.parseAsync([...argv], {}, (_error, _args, output) => {
    text ||= output;
  });
  if (failure !== undefined) throw new BotUsageError(firstLine(failure));
  if (text !== '') return `${text.trimEnd()}\n`;
  const { concurrency, limit } = args;
  if (!(concurrency >= 1 && concurrency <= 64)) throw new BotUsageError('--concurrency takes a number from 1 to 64');
  if (!(args['max-wait'] >= 0)) throw new BotUsageError('--max-wait takes a number of seconds');
  if (!(limit >= 0)) throw new BotUsageError('--limit takes a number');
  const shard = args.shard === undefined ? undefined : parseShard(args.shard);
  if (args.shard !== undefined && !shard) throw new BotUsageError('--shard takes i/n, with i from 1 to n');
  return {
    repositories: args.repo ?? [],
    owners: args.org ?? [],
    forge: args.forge,
    url: args.url,
    base: args.base,
    dryRun: args['dry-run'] === true,
    split: args.split as Split,
    cut: args.commits as CommitCut,
    updater: args.updater,
    prefix: branchPrefix(args['branch-prefix']),
    subjectPrefix: args['subject-prefix'].trim(),
    labels: args.label ?? [],
    author: args.author === undefined ? defaultAuthor : authorOf(args.author),
    limit,
    again: args.again === true,
    shard,
    concurrency: Math.floor(concurrency),
    resume: args.resume,
    longestWait: args['max-wait'],
    json: args.format === 'json',
    fix: fixWords(args),
  };
}

/** An option that takes one value, or none, and stands there more than once; which of them counts cannot be told. */
function givenTwice(argv: readonly string[]): string | undefined {
  const options: Readonly<Record<string, { readonly type: string; readonly array?: boolean }>> = {
    ...ownOptions,
    ...fixOptions,
  };
  const seen = new Set<string>();
  for (let at = 0; at < argv.length && argv[at] !== '--'; at++) {
    const [, written, joined] = /^--(?:no-)?([A-Za-z-]+)(=)?/s.exec(argv[at]!) ?? [];
    const name = written?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) ?? '';
    if (!Object.hasOwn(options, name)) continue;
    const { array, type } = options[name]!;
    if (!array && seen.has(name)) return name;
    seen.add(name);
    // The value of `--verify` is joined to it.
    if (type !== 'boolean' && name !== 'verify' && joined === undefined) at++;
  }
  return undefined;
}

function fixWords(args: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(fixOptions).flatMap((name) => {
    const value = args[name];
    // `--verify` may stand alone, so that its value is joined to it.
    if (value === true || (name === 'verify' && value === '')) return [`--${name}`];
    if (name === 'verify' && typeof value === 'string') return [`--verify=${value}`];
    const values = Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
    return values.flatMap((each) => [`--${name}`, String(each)]);
  });
}

/** From git-check-ref-format(1): what the name of a branch may begin with. */
function branchPrefix(text: string): string {
  const isName = /^[A-Za-z0-9][\w./-]*$/.test(text) && !/\.\.|\/\/|\.lock(?:\/|$)|\/\./.test(text);
  if (!isName) throw new BotUsageError('--branch-prefix takes letters, digits, and - . _ / between them');
  return text;
}

function authorOf(text: string): Author {
  const match = /^([^<>\n]+) <([^<>\s]+)>$/.exec(text.trim());
  if (!match) throw new BotUsageError('--author takes "Name <email>"');
  return { name: match[1]!.trim(), email: match[2]! };
}

function firstLine(message: string): string {
  const [, name, choices] = /Argument: ([\w-]+), Given: .*, Choices: (.*)/.exec(message) ?? [];
  if (name !== undefined) return `--${name} takes ${choices!.replaceAll('"', '')}`;
  const line = message.split('\n').find((each) => each.trim() !== '') ?? message;
  return `${line[0]?.toLowerCase()}${line.slice(1)}`;
}
