import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { secretName as isSecretName } from '../secrets/index.ts';
import type { Unavailable } from '../transform/index.ts';
import type { Builder, BuilderName, BuildSettings } from './builder.ts';
import type { Making } from './docker.ts';
import { BuildError } from './errors.ts';
import { findBuilder } from './find-builder.ts';
import type { Image } from './image.ts';
import { httpProbe } from './probe.ts';
import { type Profile, profileOf } from './profile.ts';
import type { Planner, Proof } from './proof.ts';
import { buildOriginal, Proving } from './prove.ts';
import { hidden, passwordsOf, type Redact, redactor, showing } from './redact.ts';
import { readRunEnvironment } from './run-environment.ts';
import { type RunSettings, runImage, works } from './run-image.ts';
import type { Runner } from './runner.ts';
import { plain, Runs, whyNot, writtenFiles } from './runs.ts';
import type { Original } from './stage-context.ts';
import { Bench, type BuildLimits } from './trial.ts';
import { Workspace } from './workspace.ts';

export interface ProverOptions {
  /** One of those that are known, or what makes another. */
  readonly builder?: BuilderName | ((making: Making) => Builder);
  readonly settings?: BuildSettings;
  readonly limits?: Partial<BuildLimits>;
  /** Runs both images too, and compares what they do. */
  readonly run?: RunSettings | undefined;
  /** How an image is run that is only watched; as `run` says if absent. */
  readonly watch?: RunSettings | undefined;
}

export const defaultLimits: BuildLimits = { timeout: 30 * 60_000, disk: 20 * 1024 ** 3 };

/** Proves fixes by builds; opened once for a run, and closed at its end. */
export class Prover {
  readonly #workspace: Workspace;
  readonly #bench: Bench;
  readonly #provings = new Set<Proving>();
  readonly #run: RunSettings | undefined;
  readonly #watch: RunSettings;
  readonly #redact: Redact;
  readonly #target: string | undefined;

  private constructor(
    workspace: Workspace,
    bench: Bench,
    redact: Redact,
    { run, watch = run ?? {}, settings }: Pick<ProverOptions, 'run' | 'watch' | 'settings'>,
  ) {
    this.#redact = redact;
    this.#workspace = workspace;
    this.#bench = bench;
    this.#run = run;
    this.#target = settings?.target;
    this.#watch = watch;
  }

  static async open(options: ProverOptions = {}): Promise<Prover> {
    const { settings = {}, limits = {} } = options;
    const secrets = secretValues(settings);
    const redact = redactor(secrets);
    const running = options.run ?? options.watch ?? {};
    const given = readRunEnvironment(running, secrets);
    if (running.probe !== undefined) httpProbe(running.probe);
    const workspace = new Workspace();
    try {
      const making = { workspace, settings, redact, given };
      const { builder: wanted } = options;
      const builder = typeof wanted === 'function' ? wanted(making) : await findBuilder(making, wanted);
      const prover = new Prover(
        workspace,
        new Bench(workspace, builder, { ...defaultLimits, ...limits }),
        redact,
        options,
      );
      if (options.run) prover.#requireRunner();
      return prover;
    } catch (error) {
      await workspace.close();
      throw error;
    }
  }

  get label(): string {
    return this.#bench.builder.label;
  }

  /** Whether a signal has told this process to end. */
  get isInterrupted(): boolean {
    return this.#workspace.interrupted.aborted;
  }

  /** Proofs of one Dockerfile, one after the other. */
  begin(original: Original): Proving {
    const run = this.#run;
    const proving = new Proving(this.#bench, original, {
      runs: run && (() => new Runs(this.#requireRunner(), run)),
      show: showing(this.#redact, original.source),
      target: this.#target,
    });
    this.#provings.add(proving);
    return proving;
  }

  /** Proves the fixes of a Dockerfile at once. Throws BuildError. */
  async prove(original: Original, planner: Planner): Promise<Proof> {
    const proving = this.begin(original);
    try {
      return await proving.prove(planner);
    } finally {
      await proving.close();
      this.#provings.delete(proving);
    }
  }

  /**
   * Starts the image of a Dockerfile as it is, and tells which paths it wrote: files, and with a slash at the end folders
   * that were not there. Throws BuildError.
   */
  async observe(original: Original): Promise<{ readonly paths: readonly string[] } | Unavailable> {
    const runner = this.#requireRunner();
    const { name, image } = await buildOriginal(this.#bench, original);
    const settings = this.#watch;
    const seen = await runImage(runner, name, plain, settings);
    const show = showing(this.#redact, original.source);
    if (!works(seen, settings)) return { unavailable: show(whyNot(seen, settings)) };
    const paths = writtenFiles(seen.written).map((path) => newFolder(path, image) ?? path);
    // A path that is made of a secret is another one each time.
    return { paths: [...new Set(paths)].filter((path) => !path.includes(hidden)) };
  }

  /** Builds a Dockerfile as it is, and finds the strictest settings that its image works with. Throws BuildError. */
  async profile(original: Original): Promise<Profile> {
    const runner = this.#requireRunner();
    const built = await buildOriginal(this.#bench, original);
    return profileOf(runner, built, this.#watch);
  }

  #requireRunner(): Runner {
    const { runner, label } = this.#bench.builder;
    if (runner) return runner;
    throw new BuildError('unsupported', `${label} builds, and runs nothing; \`--builder\` chooses another`);
  }

  /** Ends what is being built, and removes all that was made. */
  async close(): Promise<void> {
    this.#workspace.stop();
    for (const each of this.#provings) await each.settled();
    await this.#workspace.close();
  }
}

/** The topmost folder above a path that the image does not have, with a slash at its end. */
function newFolder(path: string, { files }: Image): string | undefined {
  for (let slash = path.indexOf('/', 1); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const folder = path.slice(0, slash);
    const inside = `${folder.slice(1)}/`;
    // Not every archive has an entry for each folder.
    const isThere = files.has(folder.slice(1)) || [...files.keys()].some((each) => each.startsWith(inside));
    if (!isThere) return `${folder}/`;
  }
  return undefined;
}

const secretName = /(?:^|_)(?:api_?key|auth|credentials?|key|pass|passwd|password|pword|secret|token)(?:_|$)/i;

function secretValues({ args = [], secrets = [] }: BuildSettings): string[] {
  const values: string[] = [];
  for (const each of args) {
    const [name = '', value = process.env[name] ?? ''] = each.split(/=(.*)/s);
    if (secretName.test(name) || isSecretName(name) === 'secret') values.push(value);
    // Addresses have passwords in them whatever their names say.
    values.push(...passwordsOf(value));
  }
  for (const each of secrets) {
    const fields = Object.fromEntries(each.split(',').map((field) => field.split(/=(.*)/s).slice(0, 2)));
    const file = fields.src ?? fields.source;
    if (file !== undefined) {
      try {
        const text = readFileSync(resolve(file), 'utf8');
        values.push(text, ...assignedIn(text));
      } catch {
        throw new BuildError('failed', `--secret: ${file} cannot be read`);
      }
    } else {
      const text = process.env[fields.env ?? fields.id ?? ''] ?? '';
      values.push(text, ...assignedIn(text));
    }
  }
  return values;
}

/** What stands in a file of settings behind names: `NAME=value`, `"name": "value"`, `machine x login y password z`. */
function assignedIn(text: string): string[] {
  const assigned = [...text.matchAll(/^\s*(?:export\s+)?[\w.:/@-]+\s*[=:]\s*(.+?)\s*$/gm)].map(([, value]) => value!);
  const quoted = [...text.matchAll(/(?<=[=:,[{\s])(["'])((?:\\.|(?!\1).)*)\1/g)].map(([, , value]) => value!);
  const words = [...text.matchAll(/\b(?:password|passwd|token|secret|account)\s+(\S+)/gi)].map(([, value]) => value!);
  return [...assigned.flatMap((each) => [each, each.replace(/^(["'])(.*)\1$/, '$2')]), ...quoted, ...words];
}
