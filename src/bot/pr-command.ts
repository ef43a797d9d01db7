import { readFileSync } from 'node:fs';
import { type Environment, Redactor } from '../registry/index.ts';
import type { Transform } from '../transform/index.ts';
import { BotUsageError, type PrArguments, readPrArguments } from './arguments.ts';
import { connect, hasCredentials, tokenAdvice } from './connect.ts';
import type { Forge } from './forge.ts';
import { ForgeError } from './forge-error.ts';
import { remoteOf } from './git.ts';
import { type Group, groupsOf, updaterGroup } from './groups.ts';
import { Journal } from './journal.ts';
import { type ForgeLocation, LocationError, locateForge, repositoryName } from './location.ts';
import type { BotOptions, Outcome } from './options.ts';
import { RepositoryRun } from './repository-run.ts';
import { inShard } from './shards.ts';
import { jsonSummary, textSummary } from './summary.ts';
import { openTransport, type Transport } from './transport.ts';
import { type Fixer, sweepWorkFolders } from './work-tree.ts';

/** Everything that the bot gets from its composition root. */
export interface BotWiring {
  readonly transforms: readonly Transform[];
  version(): string;
  /**
   * Opens what fixes the Dockerfiles of a folder, with options of the main job; the configuration of the folder wins over
   * them. Throws where the options cannot be used.
   */
  openFixer(folder: string, options: readonly string[]): Promise<Fixer>;
  readonly cwd: string;
  readonly environment: Environment;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Told of each step of each repository, before and after what cannot be taken back. */
  readonly onStep?: (repository: string, step: string, group?: string) => void;
  /** Another connection than the one that the environment and the options name. */
  readonly connect?: typeof connect;
}

/** Exit codes: all was done, the options are at fault, or a forge failed for at least one repository. */
const exitCodes = { done: 0, usage: 2, forge: 3 } as const;

/** `dockmend pr`: runs the bot and gives its exit code; never throws for what a user can mend. */
export async function prCommand(argv: readonly string[], wiring: BotWiring): Promise<number> {
  const redactor = new Redactor();
  let transport: Transport | undefined;
  try {
    const given = await readPrArguments(argv);
    if (typeof given === 'string') {
      wiring.stdout(given);
      return exitCodes.done;
    }
    const { environment } = wiring;
    const remote = given.repositories.length + given.owners.length === 0 ? await remoteOf(wiring.cwd) : undefined;
    const location = locateForge({ kind: given.forge, url: given.url, remote, environment });
    const readOnly = given.dryRun ? undefined : readOnlyReason(environment);
    if (readOnly !== undefined) wiring.stderr(`note: ${readOnly}, so this is a dry run\n`);
    const dryRun = given.dryRun || readOnly !== undefined;
    if (!dryRun && !hasCredentials(location, environment)) throw new BotUsageError(tokenAdvice(location));
    sweepWorkFolders();
    transport = await openTransport(environment);
    const userAgent = `dockmend/${wiring.version()}`;
    const forge = await (wiring.connect ?? connect)(location, {
      environment,
      transport,
      redactor,
      userAgent,
      longestWait: given.longestWait,
    });
    const outcomes = await runAll(given, { wiring, forge, location, remote, redactor, dryRun });
    wiring.stdout(given.json ? jsonSummary(outcomes, dryRun) : textSummary(outcomes, dryRun));
    return outcomes.some((each) => each.status === 'failed') ? exitCodes.forge : exitCodes.done;
  } catch (error) {
    if (error instanceof ForgeError) {
      wiring.stderr(`forge error: ${error.message}\n`);
      return exitCodes.forge;
    }
    const isKnown =
      error instanceof LocationError || (error instanceof Error && /^(?:UsageError|ConfigError)$/.test(error.name));
    const words =
      isKnown || !(error instanceof Error) ? String((error as Error).message ?? error) : (error.stack ?? '');
    const shown = words
      .split('\n')
      .map((line) => redactor.clean(line))
      .join('\n  ');
    wiring.stderr(
      isKnown ? `usage error: ${shown}\n` : `this is a fault of dockmend itself, please report it: ${shown}\n`,
    );
    return exitCodes.usage;
  } finally {
    await transport?.close();
  }
}

interface Run {
  readonly wiring: BotWiring;
  readonly forge: Forge;
  readonly location: ForgeLocation;
  readonly remote: string | undefined;
  readonly redactor: Redactor;
  readonly dryRun: boolean;
}

async function runAll(given: PrArguments, run: Run): Promise<Outcome[]> {
  const { wiring, forge, redactor, dryRun } = run;
  const names = (await repositories(given, run)).filter((each) => inShard(each, given.shard));
  const journal = new Journal(dryRun ? undefined : given.resume);
  let done = 0;
  const options: BotOptions = {
    transforms: wiring.transforms,
    groups: groups(given, wiring.transforms),
    updater: given.updater,
    base: given.base,
    prefix: given.prefix,
    subjectPrefix: given.subjectPrefix,
    cut: given.cut,
    labels: given.labels,
    limit: given.limit,
    again: given.again,
    dryRun,
    author: given.author,
    toolVersion: wiring.version(),
    environment: wiring.environment,
    clean: (text) => redactor.clean(text),
    openFixer: (folder) => wiring.openFixer(folder, given.fix),
    listener: {
      step: (repository, step, group) => wiring.onStep?.(repository, step, group),
      would: (repository, words) => wiring.stderr(`would ${words} (${repository})\n`),
    },
  };
  const results = await concurrently(names, given.concurrency, async (name) => {
    const known = journal.outcomesOf(name);
    const outcomes = known ?? (await oneRepository(forge, options, name));
    if (!known) journal.record(outcomes);
    if (names.length > 1) wiring.stderr(`${++done} of ${names.length}: ${name}\n`);
    return outcomes;
  });
  journal.finish();
  return results.flat();
}

/** A failure of one repository is its own outcome and stops no other. */
async function oneRepository(forge: Forge, options: BotOptions, name: string): Promise<Outcome[]> {
  try {
    return await new RepositoryRun(forge, options, name).go();
  } catch (error) {
    const isUsage = error instanceof Error && error.name === 'ConfigError';
    if (isUsage) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const kind = error instanceof ForgeError ? error.kind : 'internal';
    return [{ repository: name, group: '-', status: 'failed', detail: options.clean(message), kind, notices: [] }];
  }
}

function groups(given: PrArguments, transforms: readonly Transform[]): Group[] {
  const found = groupsOf(transforms, given.split);
  if (!given.updater) return found;
  const name = given.updater === 'renovate' ? 'Renovate' : 'Dependabot';
  const title = `Let ${name} keep the digests in Dockerfiles current`;
  return [...found, { name: updaterGroup, title, transforms: [], holdsPins: false }];
}

/** The repositories that are named, and those of the owners, each once: in the order given, owners by name. */
async function repositories(given: PrArguments, { forge, location, remote }: Run): Promise<string[]> {
  const named = given.repositories.map((each) => repositoryName(each, location));
  if (remote !== undefined) named.push(repositoryName(remote, location));
  for (const owner of given.owners) named.push(...[...(await forge.repositoriesOf(owner))].sort());
  const seen = new Set<string>();
  return named.filter((each) => !seen.has(each.toLowerCase()) && seen.add(each.toLowerCase()));
}

/** Why this job may only read: GitHub gives a pull request from a fork a token that writes nothing. */
function readOnlyReason(environment: Environment): string | undefined {
  if (environment.GITHUB_EVENT_NAME !== 'pull_request' || !environment.GITHUB_EVENT_PATH) return undefined;
  try {
    const event = JSON.parse(readFileSync(environment.GITHUB_EVENT_PATH, 'utf8')) as {
      pull_request?: { head?: { repo?: { full_name?: string } | null }; base?: { repo?: { full_name?: string } } };
    };
    const { head, base } = event.pull_request ?? {};
    return head?.repo?.full_name !== base?.repo?.full_name ? 'this is a pull request from a fork' : undefined;
  } catch {
    return undefined;
  }
}

/** Maps a list with a bounded number of tasks at a time, keeping its order. */
async function concurrently<T, R>(items: readonly T[], width: number, task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await task(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
