import { join, resolve } from 'node:path';
import yargs from 'yargs';
import { repositoryRoot } from '../config/index.ts';
import {
  createRegistry,
  lockFileName,
  type Registry,
  RegistryError,
  readLock,
  updateLock,
  writeLock,
} from '../registry/index.ts';
import { unifiedDiff } from '../report/index.ts';
import { discover } from './discover.ts';
import { ShownPaths } from './paths.ts';
import { checkPins, type PinReport, unpin, updatePins } from './pins.ts';
import { readSource } from './read-source.ts';
import { UsageError } from './usage.ts';
import type { Wiring } from './wiring.ts';
import { replaceFile } from './write-file.ts';

/** The options of `dockmend pins`. */
export const pinsOptions = {
  check: { type: 'boolean', describe: 'Exit with 1 unless every reference is pinned, alive and what its tag says' },
  update: { type: 'boolean', describe: 'Write the digests that the tags of existing pins have now' },
  unpin: { type: 'boolean', describe: 'Take the digests away where a tag stays' },
  'to-index': { type: 'boolean', describe: 'Let --update move a pin of one platform to the index of all' },
  write: { type: 'boolean', alias: 'w', describe: 'Write the files instead of printing a diff' },
  lock: { type: 'boolean', describe: `Keep what tags meant in ${lockFileName}` },
  format: { type: 'string', choices: ['text', 'json'], describe: 'How to report' },
  offline: { type: 'boolean', describe: 'Use no network at all' },
  insecure: { type: 'string', array: true, nargs: 1, describe: 'Speak to this registry without TLS' },
} as const;

interface PinsArguments {
  readonly paths: readonly string[];
  readonly verb: 'list' | 'check' | 'update' | 'unpin';
  readonly toIndex: boolean;
  readonly write: boolean;
  readonly lock: boolean;
  readonly json: boolean;
  readonly offline: boolean;
  readonly insecure: readonly string[];
}

/** What the command prints, and its exit code: 1 for `--check` with a pin to mend, 3 where a registry did not answer. */
export interface PinsOutcome {
  readonly text: string;
  readonly notices: readonly string[];
  readonly code: number;
}

/** `dockmend pins`: lists, checks, updates and removes digests. Throws UsageError, InputError and RegistryError. */
export async function pinsCommand(argv: readonly string[], wiring: Wiring): Promise<PinsOutcome> {
  const given = await readArguments(argv);
  if (typeof given === 'string') return { text: given, notices: [], code: 0 };
  const named = (given.paths.length > 0 ? given.paths : ['.']).map((path) => resolve(wiring.cwd, path));
  const shown = new ShownPaths(wiring.cwd, named);
  const { files, faults } = await discover(named);
  const lockPath = join(repositoryRoot(wiring.cwd) ?? wiring.cwd, lockFileName);
  const lock = await readLock(lockPath);
  const registry = createRegistry({
    env: wiring.environment,
    insecure: given.insecure,
    offline: given.offline,
    userAgent: `dockmend/${wiring.version()}`,
    ...(lock && { lock }),
  });
  const reports: PinReport[] = [];
  const problems = faults.map(({ path, message }) => `${shown.of(path)}: ${message}`);
  let diffs = '';
  try {
    for (const { path } of files) {
      try {
        const source = readSource(path);
        const result = await run(given, shown.of(path), source, registry);
        reports.push(...result.reports);
        diffs += unifiedDiff({ path: shown.of(path), before: source, after: result.output });
        if (given.write && result.output !== source) replaceFile(path, source, result.output);
      } catch (error) {
        problems.push(`${shown.of(path)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    if (given.lock) await recordTags(registry, reports);
    if (given.lock) await writeLock(lockPath, updateLock(lock ?? new Map(), registry.resolved));
  } finally {
    await registry.close();
  }
  const text = given.json
    ? `${JSON.stringify({ version: 1, pins: reports }, null, 2)}\n`
    : given.verb === 'list' || given.verb === 'check' || given.write
      ? reports.map(line).join('')
      : diffs;
  return { text, notices: [...registry.warnings, ...problems], code: codeOf(given, reports, problems) };
}

async function run(
  given: PinsArguments,
  path: string,
  source: string,
  registry: Registry,
): Promise<{ readonly reports: readonly PinReport[]; readonly output: string }> {
  switch (given.verb) {
    case 'unpin':
      return unpin(path, source);
    case 'update':
      return updatePins(path, source, registry, { toIndex: given.toIndex });
    default: {
      const asked = given.verb === 'check' && !given.offline ? registry : undefined;
      return { reports: await checkPins(path, source, asked), output: source };
    }
  }
}

/** Asks what the tags mean, pins or not, so that the lock knows them; what was asked before costs no request. */
async function recordTags(registry: Registry, reports: readonly PinReport[]): Promise<void> {
  const tagged = reports.filter(({ state }) => state !== 'refused').map(({ reference }) => reference.split('@')[0]!);
  for (const reference of new Set(tagged)) {
    try {
      await registry.resolveDigest(reference, { fresh: true });
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
  }
}

const sound = new Set<PinReport['state']>(['pinned', 'current', 'untagged', 'refused']);

function codeOf(given: PinsArguments, reports: readonly PinReport[], problems: readonly string[]): number {
  if (problems.length > 0) return 2;
  if (given.verb === 'check' || given.verb === 'update') {
    if (reports.some((each) => each.state === 'unknown')) return 3;
  }
  return given.verb === 'check' && reports.some((each) => !sound.has(each.state)) ? 1 : 0;
}

function line({ path, line: at, reference, state, detail, current }: PinReport): string {
  const now = current === undefined ? '' : ` (now ${current})`;
  const why = detail === undefined ? '' : `: ${detail}`;
  return `${path}:${at} ${state} ${reference}${now}${why}\n`;
}

async function readArguments(argv: readonly string[]): Promise<PinsArguments | string> {
  let failure: string | undefined;
  let text = '';
  const parser = yargs()
    .scriptName('dockmend pins')
    .usage('$0 [paths..]\n\nLists image references and their digests; --check and --update ask the registries')
    .command('$0 [paths..]', false, (command) => command.positional('paths', { type: 'string', array: true }))
    .options(pinsOptions)
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
  if (failure !== undefined) throw new UsageError(failure.split('\n')[0]!);
  if (text !== '') return `${text.trimEnd()}\n`;
  const verbs = (['check', 'update', 'unpin'] as const).filter((verb) => args[verb] === true);
  if (verbs.length > 1) throw new UsageError(`--${verbs[0]} and --${verbs[1]} exclude each other`);
  return {
    paths: ((args.paths ?? []) as unknown[]).map(String),
    verb: verbs[0] ?? 'list',
    toIndex: args['to-index'] === true,
    write: args.write === true,
    lock: args.lock === true,
    json: args.format === 'json',
    offline: args.offline === true,
    insecure: args.insecure ?? [],
  };
}
