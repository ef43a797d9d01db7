import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Builder, BuilderName, BuildSettings } from './builder.ts';
import { BuildError } from './errors.ts';
import { findBuilder } from './find-builder.ts';
import { redactor } from './log.ts';
import { type Planner, type Proof, prove } from './prove.ts';
import type { Original } from './stage-context.ts';
import { Bench, type BuildLimits } from './trial.ts';
import { Workspace } from './workspace.ts';

export interface ProverOptions {
  readonly builder?: BuilderName;
  readonly settings?: BuildSettings;
  readonly limits?: Partial<BuildLimits>;
  /** Runs both images too, and compares what they do. */
  readonly run?: RunSettings | undefined;
}

/** How containers are run and asked. */
export interface RunSettings {
  /** `http://:8080/health`: asked until it answers. */
  readonly probe?: string;
  /** A command that is run in the container, its words as a shell would split them. */
  readonly command?: string;
  /** How long a container may take to start, in milliseconds. */
  readonly wait?: number;
  readonly readOnly?: boolean;
}

export const defaultLimits: BuildLimits = { timeout: 30 * 60_000, disk: 20 * 1024 ** 3 };

/** Proves fixes by builds; opened once for a run, and closed at its end. */
export class Prover {
  readonly #workspace: Workspace;
  readonly #bench: Bench;

  private constructor(workspace: Workspace, bench: Bench) {
    this.#workspace = workspace;
    this.#bench = bench;
  }

  static async open(options: ProverOptions = {}): Promise<Prover> {
    const { settings = {}, limits = {} } = options;
    const redact = redactor(secretValues(settings));
    const workspace = new Workspace();
    try {
      const builder: Builder = await findBuilder({ workspace, settings, redact }, options.builder);
      return new Prover(workspace, new Bench(workspace, builder, { ...defaultLimits, ...limits }));
    } catch (error) {
      await workspace.close();
      throw error;
    }
  }

  get label(): string {
    return this.#bench.builder.label;
  }

  prove(original: Original, planner: Planner): Promise<Proof> {
    return prove(this.#bench, original, planner);
  }

  close(): Promise<void> {
    return this.#workspace.close();
  }
}

const secretName = /(?:^|_)(?:api_?key|auth|credentials?|key|pass|passwd|password|pword|secret|token)(?:_|$)/i;

function secretValues({ args = [], secrets = [] }: BuildSettings): string[] {
  const values: string[] = [];
  for (const each of args) {
    const [name = '', value = process.env[name] ?? ''] = each.split(/=(.*)/s);
    if (secretName.test(name)) values.push(value);
  }
  for (const each of secrets) {
    const fields = Object.fromEntries(each.split(',').map((field) => field.split(/=(.*)/s).slice(0, 2)));
    const file = fields.src ?? fields.source;
    if (file !== undefined) {
      try {
        values.push(readFileSync(resolve(file), 'utf8'));
      } catch {
        throw new BuildError('failed', `--secret: ${file} cannot be read`);
      }
    } else values.push(process.env[fields.env ?? fields.id ?? ''] ?? '');
  }
  return values;
}
