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
import { checkPins, type PinRegistry, type PinReport, unpin, updatePins } from './pins.ts';
import { readSource } from './read-source.ts';
import { UsageError } from './usage.ts';
import type { RegistryRules, Wiring } from './wiring.ts';
import { replaceFiles } from './write-file.ts';

/** The options of `dockmend pins`. */
export const pinsOptions = {
  check: { type: 'boolean', describe: 'Exit with 1 unless every reference is pinned, alive and what its tag says' },
  update: { type: 'boolean', describe: 'Write the digests that the tags of existing pins have now' },
  unpin: { type: 'boolean', describe: 'Take the digests away where a tag stays' },
  deep: { type: 'boolean', describe: 'Let --check look for every image that an index lists' },
  'to-index': { type: 'boolean', describe: 'Let --update move a pin of one platform to the index of all' },
  write: { type: 'boolean', alias: 'w', describe: 'Write the files instead of printing a diff' },
  lock: { type: 'boolean', describe: `Keep what tags meant in ${lockFileName}` },
  format: { type: 'string', choices: ['text', 'json'], describe: 'How to report' },
  offline: { type: 'boolean', describe: 'Use no network at all' },
  insecure: { type: 'string', array: true, nargs: 1, describe: 'Speak to this registry without TLS' },
  'allow-registry': { type: 'string', array: true, nargs: 1, describe: 'Ask these registries alone' },
  'deny-registry': { type: 'string', array: true, nargs: 1, describe: 'Never ask this registry' },
} as const;

interface PinsArguments {
  readonly paths: readonly string[];
  readonly verb: 'list' | 'check' | 'update' | 'unpin';
  readonly toIndex: boolean;
  readonly deep: boolean;
  readonly write: boolean;
  readonly lock: boolean;
  readonly json: boolean;
  readonly offline: boolean;
  readonly registries: RegistryRules;
}

/** Files that are read, and whose registries are asked, at one time. */
const filesAtOnce = 64;

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
    ...given.registries,
    offline: given.offline,
    userAgent: `dockmend/${wiring.version()}`,
    ...(lock && { lock }),
  });
  const reports: PinReport[] = [];
  const problems = faults.map(({ path, message }) => `${shown.of(path)}: ${message}`);
  let diffs = '';
  try {
    for (let at = 0; at < files.length; at += filesAtOnce) {
      const some = files.slice(at, at + filesAtOnce).map(async ({ path }) => {
        try {
          const source = readSource(path);
          return { path, source, result: await run(given, shown.of(path), source, registry) };
        } catch (error) {
          return { path, error };
        }
      });
      for (const each of await Promise.all(some)) {
        try {
          if ('error' in each) throw each.error;
          const { path, source, result } = each;
          reports.push(...result.reports);
          diffs += unifiedDiff({ path: shown.of(path), before: source, after: result.output });
          if (given.write && result.output !== source) replaceFiles([{ path, before: source, after: result.output }]);
        } catch (error) {
          problems.push(`${shown.of(each.path)}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
    if (given.lock) await recordTags(registry, reports);
    if (given.lock) await writeLock(lockPath, updateLock(lock ?? new Map(), registry.resolved));
  } finally {
    await registry.close();
  }
  const text = given.json
    ? `${JSON.stringify({ version: 1, pins: reports, problems }, null, 2)}\n`
    : given.verb === 'list' || given.verb === 'check' || given.write
      ? reports.map(line).join('')
      : diffs;
  const notices = [...registry.warnings, ...problems, ...(given.json ? [] : [summary(given, reports)])];
  return { text, notices, code: codeOf(given, reports, problems) };
}

/** How many references there are of each state, so that a run that prints no diff says so. */
function summary({ verb, write }: PinsArguments, reports: readonly PinReport[]): string {
  const counts = new Map<string, number>();
  for (const { state } of reports) counts.set(state, (counts.get(state) ?? 0) + 1);
  const states = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  const all = reports.length === 1 ? '1 image reference' : `${reports.length} image references`;
  const found = reports.length === 0 ? 'no image references' : `${all}: ${states}`;
  const moves = verb === 'update' || verb === 'unpin';
  return moves && !write ? `${found}; nothing is written without \`--write\`` : found;
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
      return updatePins(path, source, asks(registry, false), { toIndex: given.toIndex });
    default: {
      const asked = given.verb === 'check' && !given.offline ? asks(registry, given.deep) : undefined;
      return { reports: await checkPins(path, source, asked), output: source };
    }
  }
}

function asks(registry: Registry, deep: boolean): PinRegistry {
  const shallow = { checkPin: (reference: string) => registry.checkPin(reference) };
  return deep ? { ...shallow, missingChildren: (reference) => registry.missingChildren(reference) } : shallow;
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
    deep: args.deep === true,
    write: args.write === true,
    lock: args.lock === true,
    json: args.format === 'json',
    offline: args.offline === true,
    registries: {
      insecure: args.insecure ?? [],
      ...(args['allow-registry'] && { allowed: args['allow-registry'] }),
      ...(args['deny-registry'] && { denied: args['deny-registry'] }),
    },
  };
}
