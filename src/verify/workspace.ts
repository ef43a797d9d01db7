import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fullDisk, isNoSpace, temporaryDisk } from './disk.ts';
import { BuildError } from './errors.ts';
import { Watchdog } from './watchdog.ts';

/** How a child process ended, and what it printed. */
export interface Exit {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** Standard error; with `merged`, both streams as they came. Only the last part is kept. */
  readonly stderr: string;
}

export interface RunOptions {
  /** In milliseconds; past it the process and all that it started are killed. */
  readonly timeout?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Ends the process early, with the error that it was aborted for. */
  readonly signal?: AbortSignal;
  readonly stdin?: string;
  /** Takes standard output as a stream; what it throws is what `run` throws. */
  readonly consume?: (stdout: Readable) => Promise<void>;
  /** Whether a run may still start after the workspace was told to end: to remove things. */
  readonly whileClosing?: boolean;
}

/** How much of a stream is kept, in characters. */
const keptOutput = 4 * 1024 * 1024;

/** Something outside of the workspace's folder that has to be removed, and the command that does it. */
export interface Leftover {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Where proofs are made: a temporary folder, the child processes, and everything that they leave in an engine. All of
 * it is removed by `close`, by a signal that ends this process, and by a watchdog process where this one is killed.
 */
export class Workspace {
  readonly folder: string;
  /** Names of images and containers start with it, so that they cannot be taken for another's. */
  readonly token: string;
  readonly #watchdog: Watchdog;
  readonly #children = new Set<ChildProcess>();
  readonly #leftovers = new Map<string, Leftover>();
  readonly #abort = new AbortController();
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  #signal: NodeJS.Signals | undefined;
  #closed: Promise<void> | undefined;

  /** Throws BuildError where the temporary folder takes no folder. */
  constructor() {
    this.folder = newFolder();
    this.token = `dockmend-proof-${randomBytes(6).toString('hex')}`;
    this.#watchdog = new Watchdog(this.folder);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const handler = () => this.#interrupt(name);
      this.#handlers.set(name, handler);
      process.once(name, handler);
    }
  }

  /** Aborted when the user ends the run. */
  get interrupted(): AbortSignal {
    return this.#abort.signal;
  }

  /** Notes something that is to be removed, before it comes to be. */
  willLeave(name: string, leftover: Leftover): void {
    this.#leftovers.set(name, leftover);
    this.#watchdog.willLeave(name, leftover);
  }

  /** Removes something now; what cannot be removed now is tried again when the workspace closes. */
  async discard(name: string): Promise<void> {
    const leftover = this.#leftovers.get(name);
    if (!leftover) return;
    const { program, args, environment } = leftover;
    const { code } = await this.run(program, args, {
      timeout: 60_000,
      whileClosing: true,
      ...(environment && { environment }),
    });
    if (code !== 0) return;
    this.#leftovers.delete(name);
    this.#watchdog.left(name);
  }

  /**
   * Runs a program in a process group of its own. Throws BuildError: `timeout`, `interrupted`, or what the signal was
   * aborted with; and `builder` where the program cannot be started. Other ends are the caller's to judge.
   */
  async run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Exit> {
    if (!options.whileClosing) this.#abort.signal.throwIfAborted();
    options.signal?.throwIfAborted();
    const child = spawn(program, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      // Builders that fail leave temporary files behind.
      env: { ...process.env, TMPDIR: this.folder, ...options.environment },
    });
    this.#children.add(child);
    if (child.pid !== undefined) this.#watchdog.started(child.pid);
    let ended: BuildError | undefined;
    const end = (why: BuildError): void => {
      ended ??= why;
      endGroup(child);
    };
    const onInterrupt = () => end(this.#abort.signal.reason as BuildError);
    const onSignal = () => end(options.signal!.reason as BuildError);
    if (!options.whileClosing) this.#abort.signal.addEventListener('abort', onInterrupt);
    options.signal?.addEventListener('abort', onSignal);
    const { timeout } = options;
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => end(new BuildError('timeout', `it did not end in ${seconds(timeout)}`)), timeout);
    try {
      child.stdin.on('error', () => {});
      child.stdin.end(options.stdin ?? '');
      const stderr = tailOf(child.stderr);
      const stdout = options.consume ? undefined : tailOf(child.stdout);
      let unread: { readonly error: unknown } | undefined;
      const consumed = options.consume?.(child.stdout).catch((error: unknown) => {
        unread = { error };
        // A consumer that gives up leaves the child writing into a full pipe; one that came to the end leaves it alone.
        if (!child.stdout.readableEnded) endGroup(child);
      });
      const [code] = await Promise.all([exitOf(child, program), consumed]).catch((error: unknown) => {
        throw ended ?? error;
      });
      if (ended) throw ended;
      // What a program that failed has printed cannot be read for the reason that the program tells.
      if (unread && !code) throw unread.error;
      return { code, stdout: stdout?.() ?? '', stderr: stderr() };
    } finally {
      clearTimeout(timer);
      this.#abort.signal.removeEventListener('abort', onInterrupt);
      options.signal?.removeEventListener('abort', onSignal);
      this.#children.delete(child);
      if (child.pid !== undefined) this.#watchdog.ended(child.pid);
    }
  }

  /** Ends what runs, and lets nothing start any more but what removes things. */
  stop(): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(new BuildError('interrupted', 'ended before it was done'));
  }

  /** Ends what runs and removes all that was made; a signal that ended the run then ends this process as well. */
  close(): Promise<void> {
    this.stop();
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all(
      [...this.#children].map((child) => {
        endGroup(child);
        return new Promise((resolve) => child.once('close', resolve));
      }),
    );
    // The last made goes first: a container stands in the way of its image.
    for (const name of [...this.#leftovers.keys()].reverse()) await this.discard(name).catch(() => {});
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
    this.#watchdog.dismiss(this.#leftovers.size === 0);
    for (const [name, handler] of this.#handlers) process.removeListener(name, handler);
    if (this.#signal) endBy(this.#signal);
  }

  #interrupt(name: NodeJS.Signals): void {
    this.#signal = name;
    this.#abort.abort(new BuildError('interrupted', `ended by ${name}; nothing was written`));
    void this.close();
  }
}

function newFolder(): string {
  try {
    return realpathSync(mkdtempSync(join(tmpdir(), 'dockmend-proof-')));
  } catch (error) {
    if (isNoSpace(error)) throw fullDisk(temporaryDisk());
    const { code, message } = error as NodeJS.ErrnoException;
    throw new BuildError('builder', `the temporary folder ${tmpdir()} takes no folder (${code ?? message})`);
  }
}

/** Ends this process by a signal, after what others remove at its exit; where others listen to the signal, that is theirs. */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 0) process.kill(process.pid, signal);
  else {
    process.once('exit', () => process.kill(process.pid, signal));
    process.exit(1);
  }
}

/** A duration as people say it. */
export function seconds(milliseconds: number): string {
  return milliseconds < 120_000 ? `${Math.round(milliseconds / 1000)} s` : `${Math.round(milliseconds / 60_000)} min`;
}

/** How long a process may take to put its house in order, in milliseconds. */
const grace = 3000;

/** Ends a process and all that it started: asked first, as builders unmount what they have mounted. */
function endGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), grace);
  child.once('close', () => {
    clearTimeout(timer);
    // What the process started may live on.
    signalGroup(child, 'SIGKILL');
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone.
  }
}

function exitOf(child: ChildProcess, program: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new BuildError('builder', `${program} cannot be started (${error.code ?? error.message})`)),
    );
    child.once('close', (code) => resolve(code ?? undefined));
  });
}

function tailOf(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('error', () => {});
  stream.on('data', (piece: string) => {
    text += piece;
    if (text.length > 2 * keptOutput) text = text.slice(-keptOutput);
  });
  return () => text.slice(-keptOutput);
}
