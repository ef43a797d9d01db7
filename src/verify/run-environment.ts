import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { secretName } from '../secrets/index.ts';
import { BuildError } from './errors.ts';
import { type Redact, redactor } from './redact.ts';
import type { RunSettings } from './run-image.ts';

/** What containers are given beside their rights. The values are secrets, and only their names may be told. */
export interface RunEnvironment {
  /** Values by names. */
  readonly variables: ReadonlyMap<string, string>;
  /** As `--network` of `docker run` takes it; undefined for none. */
  readonly network: string | undefined;
  /** Hides the values, and all that builds were given in secret, in what containers print. */
  readonly redact: Redact;
  /** Hides in paths the values whose names say that they are secret: others name folders, which plans need. */
  readonly redactPath: Redact;
}

/**
 * Reads the variables for containers, those of files first. The secrets are those of the builds. Throws BuildError for a
 * file that cannot be read, and for a variable that the environment does not have.
 */
export function readRunEnvironment(
  { env = [], envFiles = [], network }: RunSettings,
  secrets: readonly string[] = [],
): RunEnvironment {
  const variables = new Map<string, string>();
  for (const file of envFiles) for (const [name, value] of readEnvFile(file)) variables.set(name, value);
  for (const each of env) {
    // What is no variable may be a value, which is not shown.
    if (!variable.test(each)) throw new BuildError('failed', '--run-env takes NAME=value, or NAME');
    const [name = '', given] = each.split(/=(.*)/s);
    const value = given ?? process.env[name];
    if (value === undefined) throw new BuildError('failed', `--run-env ${name}: the environment has no such variable`);
    variables.set(name, value);
  }
  const named = [...variables].filter(([name]) => secretName(name) === 'secret').map(([, value]) => value);
  return {
    variables,
    network,
    redact: redactor([...secrets, ...named], [...variables.values()]),
    redactPath: redactor([...secrets, ...named]),
  };
}

/** `NAME` or `NAME=value`, with a name that all engines and Kubernetes take (Kubernetes API reference, EnvVar). */
const variable = /^[-._A-Za-z][-._A-Za-z0-9]*(?:=|$)/;

/**
 * Reads a file in the format of `docker run --env-file` (docker/cli, `pkg/kvfile`): a `NAME=value` a line, the value as it
 * stands, quotes and all; `NAME` alone is the environment's, and left out where that has none.
 */
function readEnvFile(file: string): [string, string][] {
  let text: string;
  try {
    text = readFileSync(resolve(file), 'utf8');
  } catch {
    throw new BuildError('failed', `--run-env-file: ${file} cannot be read`);
  }
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((whole, index): [string, string][] => {
      const line = whole.trimStart();
      if (line === '' || line.startsWith('#')) return [];
      if (!variable.test(line)) {
        throw new BuildError('failed', `--run-env-file: line ${index + 1} of ${file} is not NAME=value or NAME`);
      }
      const [name = '', given] = line.split(/=(.*)/s);
      const value = given ?? process.env[name];
      return value === undefined ? [] : [[name, value]];
    });
}

/** The flags of `docker run`, as podman takes them too, and the environment that the client needs for them. */
export interface VariableFlags {
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Hands variables to a client without a value among its arguments, which every process of the machine can read: by a file
 * that the user alone can read, so that a name such as `PATH` means nothing to the client itself; lines of such a file hold
 * no line ends, so that values with one go by the client's environment.
 */
export function variableFlags(variables: ReadonlyMap<string, string>, folder: string): VariableFlags {
  const all = [...variables];
  const long = all.filter(([, value]) => /[\r\n]/.test(value));
  const short = all.filter(([, value]) => !/[\r\n]/.test(value));
  const flags = long.flatMap(([name]) => ['--env', name]);
  if (short.length > 0) {
    const file = join(folder, 'run-environment');
    writeFileSync(file, short.map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });
    flags.push('--env-file', file);
  }
  return { flags, environment: Object.fromEntries(long) };
}
