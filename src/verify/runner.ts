import { existsSync, readFileSync } from 'node:fs';
import { type Disk, fullDisk } from './disk.ts';
import { BuildError } from './errors.ts';
import { saysFull } from './log.ts';
import type { Redact } from './redact.ts';
import { type RunEnvironment, type VariableFlags, variableFlags } from './run-environment.ts';
import type { Exit, Workspace } from './workspace.ts';

/** A program that starts containers, with what stands before its command. */
export interface Engine {
  readonly program: string;
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Where containers write to. */
  readonly disk: Disk;
}

/** The rights that a container is started with. */
export interface Rights {
  /** Without capabilities, and without a way to new privileges. */
  readonly hardened: boolean;
  readonly readOnly: boolean;
  /** Absolute paths that are writable, empty file systems in memory, and the numbers of who owns them. */
  readonly tmpfs: readonly string[];
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** The flags of `docker run` that stand for rights, as podman takes them too. */
export function rightsFlags({ hardened, readOnly, tmpfs, owner }: Rights): string[] {
  return [
    ...(hardened ? ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'] : []),
    ...(readOnly ? ['--read-only'] : []),
    ...tmpfs.flatMap((path) => ['--tmpfs', tmpfsMount(path, owner)]),
  ];
}

/**
 * A file system in memory that the container's user may write to, as an emptyDir of Kubernetes is. The mode alone is not
 * enough: runc up to 1.1 gives it the mode of the folder that it covers.
 */
export function tmpfsMount(path: string, owner: Rights['owner']): string {
  return `${path}:mode=1777${owner && owner.uid !== 0 ? `,uid=${owner.uid},gid=${owner.gid}` : ''}`;
}

/** How a container is doing. */
export interface ContainerState {
  readonly running: boolean;
  readonly exitCode: number;
  readonly pid: number;
}

const callTimeout = 60_000;
const mostProcesses = 4096;

/** A line of /proc/net/tcp whose socket listens: its port (proc(5); TCP_LISTEN is 10). */
const listening = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm;
/** Where Linux begins to hand out ports (ip(7), ip_local_port_range). */
const firstRandomPort = 32768;
/** Logs that a container may keep. */
const logFlags = ['--log-driver', 'json-file', '--log-opt', 'max-size=16m'];

/** Starts containers, and asks and removes them. What they print is given out without secrets. */
export class Runner {
  readonly #workspace: Workspace;
  readonly #engine: Engine;
  readonly #given: RunEnvironment;
  #variables: VariableFlags | undefined;
  #count = 0;

  constructor(workspace: Workspace, engine: Engine, given: RunEnvironment) {
    this.#workspace = workspace;
    this.#engine = engine;
    this.#given = given;
  }

  /** The names of the variables that containers are given. */
  get variables(): readonly string[] {
    return [...this.#given.variables.keys()];
  }

  /** The network that containers join; undefined where they have none. */
  get network(): string | undefined {
    return this.#given.network;
  }

  /** Hides secrets in a text. */
  get redact(): Redact {
    return this.#given.redact;
  }

  /** Where its containers write to. */
  get disk(): Disk {
    return this.#engine.disk;
  }

  /**
   * Starts the image's own command and gives the container's name; an error text where it does not start. A port is
   * published on the loopback where the container's own network cannot be entered.
   */
  async start(
    image: string,
    rights: Rights,
    port?: number,
  ): Promise<{ readonly name: string; readonly fault?: string }> {
    const name = `${this.#workspace.token}-run-${++this.#count}`;
    const { program, flags = [], environment } = this.#engine;
    const args = [...flags, 'rm', '-f', '-v', name];
    this.#workspace.willLeave(name, { program, args, ...(environment && { environment }) });
    // Podman would wait for a program that ignores the signal to end before it removes the container.
    this.#variables ??= variableFlags(this.#given.variables, this.#workspace.folder);
    // One that forks without end would take the machine with it; podman has a limit of its own.
    const limit = flags.length === 0 ? ['--pids-limit', String(mostProcesses)] : [];
    const plain = [...logFlags, '--stop-timeout', '0', ...limit, ...this.#networkFlags(port)];
    const words = ['run', '-d', '--name', name, ...plain, ...this.#variables.flags, ...rightsFlags(rights), image];
    const exit = await this.#call(words, { environment: this.#variables.environment });
    if (exit.code === 0) return { name };
    const stderr = this.redact(exit.stderr);
    const last = stderr.trim().split('\n').at(-1) ?? '';
    if (saysFull(stderr)) throw fullDisk(this.#engine.disk, [last]);
    if (/cannot connect to the docker daemon|error during connect/i.test(stderr)) {
      throw new BuildError('builder', `a container cannot be started: ${last}`);
    }
    return { name, fault: last.replaceAll(name, 'container') };
  }

  async state(name: string): Promise<ContainerState> {
    const { code, stdout } = await this.#call(['inspect', '--format', '{{json .State}}', name]);
    if (code !== 0) throw new BuildError('builder', 'a container is gone');
    const state = JSON.parse(stdout) as { Running: boolean; ExitCode: number; Pid: number };
    return { running: state.Running, exitCode: state.ExitCode, pid: state.Pid };
  }

  async logs(name: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const { stdout, stderr } = await this.#call(['logs', name]);
    return { stdout: this.redact(stdout), stderr: this.redact(stderr) };
  }

  /** Runs a command in a container; one that does not end in time, in milliseconds, has no exit code. */
  async exec(name: string, words: readonly string[], timeout = callTimeout): Promise<Exit> {
    try {
      const { code, stdout, stderr } = await this.#call(['exec', name, ...words], { timeout });
      return { code, stdout: this.redact(stdout), stderr: this.redact(stderr) };
    } catch (error) {
      if (error instanceof BuildError && error.kind === 'timeout') return { code: undefined, stdout: '', stderr: '' };
      throw error;
    }
  }

  /** Sends a signal to the first process of a container. */
  async kill(name: string, signal: string): Promise<void> {
    await this.#call(['kill', '--signal', signal, name]);
  }

  /**
   * The TCP ports that something in a container listens on, in order, below those that are handed out at random;
   * undefined where its network cannot be looked at, or is not its own.
   */
  async ports(name: string): Promise<readonly number[] | undefined> {
    if (!canEnterNetworks() || isAnothers(this.network)) return undefined;
    const { running, pid } = await this.state(name);
    if (!running || !isInContainer(pid)) return undefined;
    try {
      const tables = ['tcp', 'tcp6'].map((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8'));
      const found = tables.flatMap((text) =>
        [...text.matchAll(listening)].map(([, port]) => Number.parseInt(port!, 16)),
      );
      return [...new Set(found)].filter((port) => port < firstRandomPort).sort((a, b) => a - b);
    } catch {
      return undefined;
    }
  }

  /** The absolute paths that the container added, changed or removed; what is on volumes is not among them. */
  async written(name: string): Promise<string[]> {
    const { stdout } = await this.#call(['diff', name]);
    const paths = stdout.split('\n').flatMap((line) => /^[ACD] (\/.*)$/.exec(line)?.[1] ?? []);
    return paths.map((path) => this.#given.redactPath(path));
  }

  /** A name for the container, unless it has another's, and what it needs to be asked. */
  #networkFlags(port: number | undefined): string[] {
    const { network = 'none' } = this.#given;
    const named = isAnothers(network) ? [] : ['--hostname', 'dockmend'];
    if (port === undefined || isAnothers(network) || canEnterNetworks()) return [...named, '--network', network];
    const joined = this.#given.network === undefined || network === 'none' ? [] : ['--network', network];
    return [...named, ...joined, '-p', `127.0.0.1::${port}`];
  }

  /**
   * Runs a program where the container's loopback is, or where its port is published; undefined: neither is known. What
   * it prints may hold secrets.
   */
  async inNetwork(name: string, port: number, words: (port: number) => readonly string[]): Promise<Exit | undefined> {
    if (canEnterNetworks()) {
      const { pid } = await this.state(name);
      if (!existsSync(`/proc/${pid}/ns/net`) || !isInContainer(pid)) return undefined;
      return this.#workspace.run('nsenter', [`--net=/proc/${pid}/ns/net`, '--', ...words(port)], {
        timeout: callTimeout,
      });
    }
    const published = this.network === 'host' ? port : await this.#published(name, port);
    if (published === undefined) return undefined;
    const [program, ...args] = words(published);
    return this.#workspace.run(program!, args, { timeout: callTimeout });
  }

  async #published(name: string, port: number): Promise<number | undefined> {
    const { stdout } = await this.#call(['port', name, String(port)]);
    const found = /:(\d+)\s*$/m.exec(stdout)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  async remove(name: string): Promise<void> {
    await this.#workspace.discard(name);
  }

  #call(
    args: readonly string[],
    {
      timeout = callTimeout,
      environment: more = {},
    }: { timeout?: number; environment?: VariableFlags['environment'] } = {},
  ): Promise<Exit> {
    const { program, flags = [], environment } = this.#engine;
    const options = { timeout, environment: { ...environment, ...more } };
    return this.#workspace.run(program, [...flags, ...args], options);
  }
}

/** Whether a network is the machine's, or another container's. */
function isAnothers(network: string | undefined): boolean {
  return network !== undefined && /^(?:host|container:.*|ns:.*)$/.test(network);
}

/** Only root of the machine that the containers run on may enter their networks. */
function canEnterNetworks(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** Whether a process of this machine is in a container: the engine's machine may be another, with the same numbers. */
function isInContainer(pid: number): boolean {
  try {
    return /docker|libpod|crio|containerd/.test(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
  } catch {
    return false;
  }
}
