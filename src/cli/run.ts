import { dirname, resolve } from 'node:path';
import {
  type CodeLoader,
  type Config,
  ConfigError,
  ConfigFinder,
  repositoryRoot,
  resolveSettings,
} from '../config/index.ts';
import type { Job } from '../engine/index.ts';
import { count, emptyTally, type FileReport, type Problem, type Tally } from '../report/index.ts';
import { isAvailable } from '../transform/index.ts';
import type { FixArguments } from './arguments.ts';
import {
  discover,
  type Found,
  isFolder,
  isTemplatePiece,
  looksLikeTemplate,
  type Omission,
  pathMatcher,
} from './discover.ts';
import { type ChangeBeside, FilesBeside, withoutFiles } from './files-beside.ts';
import { type Fixer, type Loaded, type Settings, unattended } from './fixers.ts';
import type { ReportedFindings } from './from.ts';
import { isWithin, ShownPaths } from './paths.ts';
import { problemOf } from './problems.ts';
import { Proofs, type ProvenResult } from './proofs.ts';
import { readSource, readStream } from './read-source.ts';
import { unknownInstruction } from './unknown-instruction.ts';
import { contextOf, type OpenPorts, type Wiring } from './wiring.ts';
import { replaceFiles } from './write-file.ts';

/** What a run tells while it goes on. */
export interface Listener {
  file(report: FileReport): Promise<void>;
  /** A problem that is no file's own. */
  problem(problem: Problem): void;
  progress(done: number, total: number): Promise<void>;
  /** Nobody listens any more: a run that writes nothing may end. */
  readonly isGone: boolean;
}

export interface RunResult {
  readonly tally: Tally;
  readonly omitted: readonly { readonly path: string; readonly why: Omission }[];
  readonly notices: readonly string[];
  /** The fixed text of standard input; undefined for other input, or where it has no result. */
  readonly stdin: string | undefined;
}

/** The main job: finds Dockerfiles, fixes them in bounded batches, writes what is asked, and reports each as it is done. */
export class Run {
  readonly #wiring: Wiring;
  readonly #arguments: FixArguments;
  readonly #listener: Listener;
  readonly #fixer: Fixer;
  readonly #finder: ConfigFinder;
  readonly #shown: ShownPaths;
  readonly #paths: readonly string[];
  readonly #tally = emptyTally();
  readonly #omitted: { path: string; why: Omission }[] = [];
  /** One object a configuration, so that files with equal settings share a batch. */
  readonly #settings = new Map<Config | undefined, Settings>();
  readonly #ignored = new Map<Config, Awaited<ReturnType<typeof pathMatcher>>>();
  readonly #brokenConfigs = new Set<string>();
  readonly #contexts = new Map<string, string>();
  readonly #beside = new FilesBeside();
  #reported: ReportedFindings | undefined;
  #named: Config | undefined;
  readonly #unobserved: string[] = [];
  #stdin: string | undefined;
  #proofs: Proofs | undefined;

  constructor(wiring: Wiring, given: FixArguments, listener: Listener, fixer: Fixer = unattended) {
    this.#fixer = fixer;
    this.#wiring = wiring;
    this.#arguments = given;
    this.#listener = listener;
    this.#finder = new ConfigFinder(wiring.transforms, wiring.cwd, given.dataOnly ? undefined : this.#loadCode);
    this.#paths = (given.paths.length > 0 ? given.paths : ['.']).map((path) => resolve(wiring.cwd, path));
    this.#shown = new ShownPaths(wiring.cwd, this.#paths);
  }

  /** Throws ConfigError for flags that cannot be used; all other faults are problems, told to the listener. */
  async go(): Promise<RunResult> {
    // Flags that name no transform are an error even where there is no file.
    resolveSettings(this.#wiring.transforms, this.#arguments);
    const { config, context } = this.#arguments;
    if (context !== undefined && !isFolder(resolve(this.#wiring.cwd, context))) {
      throw new ConfigError(`--context: there is no folder ${context}`);
    }
    if (typeof config === 'string') this.#named = await this.#finder.named(resolve(this.#wiring.cwd, config));
    await this.#readReported();
    const found = this.#arguments.stdin ? [] : this.#share(await this.#discover());
    const ports = this.#observing(
      await this.#wiring.openPorts({
        offline: this.#arguments.offline,
        registries: this.#arguments.registries,
        root: repositoryRoot(this.#wiring.cwd) ?? this.#wiring.cwd,
        environment: this.#wiring.environment,
        userAgent: `dockmend/${this.#wiring.version()}`,
        contextOf: (dockerfile) => this.#contexts.get(dockerfile),
      }),
    );
    try {
      if (this.#arguments.proof) this.#proofs = await Proofs.open(this.#arguments.proof, this.#wiring.openProver);
      if (this.#arguments.stdin) await this.#fixStdin(ports);
      const { batchSize } = this.#fixer;
      for (let at = 0; at < found.length; at += batchSize) {
        if (this.#listener.isGone && !this.#arguments.write) break;
        await this.#listener.progress(at, found.length);
        await this.#fixFiles(found.slice(at, at + batchSize), ports);
      }
      const omitted = this.#omitted.map(({ path, why }) => ({ path: this.#shown.of(path), why }));
      const notices = [...ports.notices(), ...(this.#reported?.notices() ?? []), ...this.#unobserved];
      return { tally: this.#tally, omitted, notices, stdin: this.#stdin };
    } finally {
      await this.#proofs?.close();
      await ports.close();
    }
  }

  async #readReported(): Promise<void> {
    const { from, paths, stdin } = this.#arguments;
    if (from.length === 0) return;
    const { ReportedFindings } = await import('./from.ts');
    const named = stdin ? [resolve(this.#wiring.cwd, 'Dockerfile')] : paths.length > 0 ? this.#paths : [];
    this.#reported = new ReportedFindings(from, this.#wiring.transforms, this.#wiring.cwd, named);
  }

  /** The part of the work that this run does: whole repositories, or single files where all are of one. */
  #share(files: readonly Found[]): readonly Found[] {
    const { shard } = this.#arguments;
    if (!shard) return files;
    const roots = files.map(({ path }) => repositoryRoot(dirname(path)));
    const isMany = new Set(roots).size > 1;
    const units = files.map(({ path }, index) => (isMany ? (roots[index] ?? dirname(path)) : path));
    const order = new Map([...new Set(units)].sort().map((unit, index) => [unit, index]));
    return files.filter((_, index) => order.get(units[index]!)! % shard.count === shard.index - 1);
  }

  async #discover(): Promise<readonly Found[]> {
    if (this.#reported && this.#arguments.paths.length === 0) {
      return this.#reported.files.map((path) => ({ path, named: true }));
    }
    const { files, omitted, faults } = await discover(this.#paths);
    this.#omitted.push(...omitted);
    for (const { path, message } of faults) {
      const named = this.#arguments.paths.find((each) => resolve(this.#wiring.cwd, each) === path);
      const meant = this.#wiring.transforms.some((each) => each.id === named)
        ? `; it is the id of a transform: ids are joined by commas, as in \`--only a,${named}\``
        : '';
      this.#problem({ kind: 'input', path: named ?? this.#shown.of(path), message: message + meant });
    }
    if (files.length === 0 && omitted.length > 0) {
      const reasons = [...new Set(omitted.map((each) => each.why))].join(', ');
      const message = `every Dockerfile here is left out (${reasons}): name the files to include them`;
      this.#problem({ kind: 'input', path: this.#shown.of(this.#paths[0]!), message });
    }
    return files;
  }

  async #fixStdin(ports: OpenPorts): Promise<void> {
    const path = resolve(this.#wiring.cwd, 'Dockerfile');
    let report: FileReport;
    try {
      const settings = await this.#settingsFor(path);
      const read = { path, source: await readStream(this.#wiring.stdin) };
      const job = this.#reported?.narrow(read) ?? read;
      const [result] = await this.#fix([{ job, settings }], ports);
      report = await this.#report(job, result!, ports);
      if ('result' in report) this.#stdin = report.result.output;
    } catch (error) {
      report = { path: this.#shown.of(path), problem: this.#problemOf(error, path) };
    }
    await this.#tell(report);
  }

  async #fixFiles(found: readonly Found[], ports: OpenPorts): Promise<void> {
    const reports = new Map<string, FileReport>();
    const loaded: Loaded[] = [];
    for (const each of found) {
      try {
        loaded.push(...((await this.#load(each)) ?? []));
      } catch (error) {
        const problem = this.#problemOf(error, each.path);
        reports.set(each.path, { ...this.#place(each.path), problem });
      }
    }
    const results = loaded.length > 0 ? await this.#fix(loaded, ports) : [];
    for (const [index, result] of results.entries()) {
      reports.set(result.path, await this.#report(loaded[index]!.job, result, ports));
    }
    for (const { path } of found) {
      const report = reports.get(path);
      if (report) await this.#tell(report);
    }
  }

  async #fix(loaded: readonly Loaded[], ports: OpenPorts): Promise<ProvenResult[]> {
    const by = this.#arguments.proof?.by ?? 'observe';
    const results = await this.#fixer.fix(loaded, ports, by === 'observe' ? undefined : this.#proofs);
    if (by === 'observe' || this.#fixer.proves) return results;
    for (const [index, result] of results.entries()) {
      if ('error' in result) continue;
      const { job, settings } = loaded[index]!;
      // What lies in no folder has no files beside it, so that its text is proven without them.
      const planned = this.#arguments.stdin ? { ...result, result: withoutFiles(result.result) } : result;
      results[index] = await this.#proofs!.prove(job, planned, settings, await contextOf(job, ports));
    }
    return results;
  }

  async #load(found: Found): Promise<Loaded[] | undefined> {
    const { path, named } = found;
    const config = await this.#configFor(path);
    if (!named && config && (await this.#isIgnored(path, config))) {
      this.#omitted.push({ path, why: 'ignored by the configuration' });
      return undefined;
    }
    const settings = await this.#settingsFor(path);
    const source = readSource(path);
    if (!named && (looksLikeTemplate(source) || isTemplatePiece(path, source))) {
      this.#omitted.push({ path, why: 'template' });
      return undefined;
    }
    const job = { path, source };
    return [{ settings, job: this.#reported?.narrow(job) ?? job }];
  }

  async #configFor(path: string): Promise<Config | undefined> {
    if (this.#arguments.config === false) return undefined;
    return this.#named ?? (await this.#finder.nearest(dirname(path)));
  }

  async #settingsFor(path: string): Promise<Settings> {
    const config = await this.#configFor(path);
    const context = this.#arguments.context ?? config?.context;
    const base = this.#arguments.context === undefined && config ? config.folder : this.#wiring.cwd;
    if (context !== undefined) this.#contexts.set(path, resolve(base, context));
    let settings = this.#settings.get(config);
    if (!settings) {
      settings = this.#settingsOf(config);
      this.#settings.set(config, settings);
    }
    return settings;
  }

  /** What another tool reported is answered whatever the preset, but for what a configuration turns off. */
  #settingsOf(config: Config | undefined): Settings {
    const all = [...this.#wiring.transforms, ...(config?.own ?? [])];
    // A proof decides over what may change the behaviour, so that all of it is planned.
    const by = this.#arguments.proof?.by ?? 'observe';
    const unsafe = this.#arguments.unsafe ?? (by === 'observe' ? undefined : true);
    const preset = this.#arguments.preset ?? (this.#reported ? 'all' : undefined);
    const settings = resolveSettings(all, { ...this.#arguments, unsafe, preset }, config);
    if (!this.#reported) return settings;
    return { ...settings, transforms: this.#reported.answering(settings.transforms) };
  }

  /** Code comes from the repository that the user works in, or from a configuration that they named: not from others. */
  readonly #loadCode: CodeLoader = async (specifier, folder, isNamed) => {
    const { cwd } = this.#wiring;
    if (!isNamed && !isWithin(repositoryRoot(cwd) ?? cwd, folder)) {
      throw new ConfigError(
        '`from` names code, which is loaded only from a configuration that --config names, or that is in the repository of the working folder',
      );
    }
    const { loadTransforms } = await import('./own-transforms.ts');
    return loadTransforms(specifier, folder, this.#wiring);
  };

  async #isIgnored(path: string, config: Config): Promise<boolean> {
    if (!config.ignore || config.ignore.length === 0 || !isWithin(config.folder, path)) return false;
    let matcher = this.#ignored.get(config);
    if (!matcher) {
      matcher = await pathMatcher(config.ignore.join('\n'));
      this.#ignored.set(config, matcher);
    }
    return matcher.test(
      path
        .slice(config.folder.length)
        .replace(/^[/\\]+/, '')
        .replaceAll('\\', '/'),
    ).ignored;
  }

  /** Where `--observe` asks for it, a container of the unchanged image says what it writes. */
  #observing(ports: OpenPorts): OpenPorts {
    if (!this.#arguments.proof?.observe) return ports;
    const observed: OpenPorts['observed'] = async (job) => {
      const seen = await this.#proofs!.observe(job, await contextOf(job, ports));
      if (!isAvailable(seen))
        this.#unobserved.push(`${this.#shown.of(job.path)}: --observe shows nothing: ${seen.unavailable}`);
      return seen;
    };
    return { ...ports, observed };
  }

  /** Judges a result, and writes it where that is asked: what could not be written is a problem and no fix. */
  async #report(job: Job, outcome: ProvenResult, ports: OpenPorts): Promise<FileReport> {
    try {
      if ('error' in outcome) throw outcome.error;
      const unknown = unknownInstruction(job.source, outcome.result);
      if (unknown) throw unknown;
      const { stdin, write, reports } = this.#arguments;
      const { result, changes: beside } = stdin
        ? { result: withoutFiles(outcome.result), changes: [] }
        : this.#beside.judge(job.path, ports.contextFolder(job.path), outcome.result);
      const { source: before, output: after } = result;
      const changes = [...(after === before ? [] : [{ absolute: job.path, before, after }]), ...beside];
      // The context is read before the ignore file that it depends on is written.
      const contextBytes = reports.length > 0 ? await contextChange(job, beside, ports) : undefined;
      if (write && !stdin) {
        const named = (path: string) => (path === job.path ? {} : { name: this.#shown.of(path) });
        replaceFiles(changes.map(({ absolute: path, ...texts }) => ({ path, ...texts, ...named(path) })));
      }
      this.#beside.settle(beside);
      const { proof } = outcome;
      return {
        ...this.#place(job.path),
        diffPath: this.#shown.inDiff(job.path),
        result,
        changes: changes.map(({ absolute, ...texts }) => ({ path: this.#shown.inDiff(absolute), ...texts })),
        contextBytes,
        ...(proof && { proof }),
      };
    } catch (error) {
      return { ...this.#place(job.path), problem: this.#problemOf(error, job.path) };
    }
  }

  #place(path: string): { path: string; repository: string | undefined } {
    const root = repositoryRoot(dirname(path));
    return { path: this.#shown.of(path), repository: root === undefined ? undefined : this.#shown.of(root) };
  }

  async #tell(report: FileReport): Promise<void> {
    // A configuration at fault is told once, and not for each of its Dockerfiles.
    if ('problem' in report && report.problem.kind === 'configuration') {
      const key = `${report.problem.path} ${report.problem.message}`;
      if (this.#brokenConfigs.has(key)) return;
      this.#brokenConfigs.add(key);
      this.#problem(report.problem);
      return;
    }
    count(this.#tally, report);
    await this.#listener.file(report);
  }

  #problem(problem: Problem): void {
    this.#tally.problems++;
    this.#listener.problem(problem);
  }

  #problemOf(error: unknown, path: string): Problem {
    const own = error instanceof ConfigError ? undefined : this.#shown.of(path);
    return problemOf(error, own, this.#shown.of);
  }
}

/** The bytes that builders are sent before and after a change of the ignore file; undefined where none changed. */
async function contextChange(
  job: Job,
  changes: readonly ChangeBeside[],
  ports: OpenPorts,
): Promise<{ before: number; after: number } | undefined> {
  const ignore = changes.find((each) => /(?:^|[/.])dockerignore$/.test(each.absolute));
  const facts = ignore && (await ports.context(job));
  if (!facts || !isAvailable(facts)) return undefined;
  const [before, after] = [facts.sent, facts.sentWith(ignore.after)];
  return isAvailable(before) && isAvailable(after) ? { before: before.bytes, after: after.bytes } : undefined;
}
