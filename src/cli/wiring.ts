import type { Readable, Writable } from 'node:stream';
import type { Job, Ports } from '../engine/index.ts';
import type { Transform } from '../transform/index.ts';
import type { Prover, ProverOptions } from '../verify/index.ts';

/** A stream that a run writes to. */
export interface Output {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  /** Whether more than a stream should hold waits to be written. */
  readonly writableNeedDrain?: boolean;
  once?(event: 'drain' | 'close', listener: () => void): unknown;
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

/** A terminal that a person sits at: keys come in, text goes out. */
export interface Terminal {
  readonly input: Readable & { setRawMode?(on: boolean): unknown };
  readonly output: Writable & { readonly columns?: number };
}

/** Which registries a run may ask, and how. Only the command line says so, never a repository. */
export interface RegistryRules {
  readonly insecure: readonly string[];
  readonly allowed?: readonly string[];
  readonly denied?: readonly string[];
}

/** What is asked of the outside for one run. */
export interface PortsRequest {
  /** No network at all. */
  readonly offline: boolean;
  readonly registries: RegistryRules;
  /** The root of the repository of the working folder, or that folder: where a lock file is looked for. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly userAgent: string;
  /** The absolute build context that the user or a configuration named for a Dockerfile, by its absolute path. */
  contextOf(dockerfile: string): string | undefined;
}

/** The ports of a run, and what they have to say when it ends. */
export interface OpenPorts extends Ports {
  /** The absolute folder that the paths of files beside a Dockerfile are relative to. */
  contextFolder(dockerfile: string): string;
  /** One sentence for each thing that could not be had, such as a registry without an answer: once a host. */
  notices(): readonly string[];
  close(): Promise<void>;
}

/** The build context of a job: asking for sources makes a port look for it. */
export async function contextOf(job: Job, ports: OpenPorts): Promise<string> {
  await ports.sources(job, []);
  return ports.contextFolder(job.path);
}

/** Everything that the command gets from its composition root. */
export interface Wiring {
  readonly transforms: readonly Transform[];
  version(): string;
  /** Loads a module that a user names: a file relative to a folder, or a package that is installed for it. */
  loadModule?(specifier: string, folder: string): Promise<unknown>;
  openPorts(request: PortsRequest): Promise<OpenPorts>;
  /** Opens what makes proofs; where it is absent, a builder is looked for on PATH. */
  openProver?(options: ProverOptions): Promise<Prover>;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Undefined where nobody can be asked: input or output is no terminal. */
  readonly terminal?: Terminal | undefined;
}
