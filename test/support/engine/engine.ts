import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineFolder } from '../temporary.ts';
import { client, type Daemon, startDaemon } from './daemon.ts';

/** What a program said and how it ended. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How one container is started. */
export interface RunOptions {
  /** Flags of `docker run` before the image. */
  readonly flags?: readonly string[];
  /** Words after the image. */
  readonly args?: readonly string[];
}

/** A container that runs in a network of its own, without a way out. */
export interface Container {
  readonly id: string;
  /** The process on this machine; 0 once it has ended. */
  pid(): Promise<number>;
  logs(): Promise<string>;
  /** Asks a port of it over HTTP; undefined where nothing answers. */
  request(port: number, path: string, options?: { method?: string; body?: string }): Promise<string | undefined>;
  remove(): Promise<void>;
}

/** Where engines keep images between runs, so that bases are made once a machine. */
export const engineCache = join(machineFolder, 'dockmend-engine');

/**
 * Debian's Docker engine, with images in a folder of its own that the next run finds again. Two of one name must not run
 * at a time.
 */
export class Engine {
  readonly #daemon: Daemon;
  readonly #scratch: string;

  private constructor(daemon: Daemon, scratch: string) {
    this.#daemon = daemon;
    this.#scratch = scratch;
  }

  static async start(name: string): Promise<Engine> {
    const data = join(engineCache, name);
    mkdirSync(data, { recursive: true });
    const scratch = mkdtempSync(join(tmpdir(), 'dockmend-engine-run-'));
    try {
      return new Engine(await startDaemon(join(data, 'data'), scratch), scratch);
    } catch (error) {
      rmSync(scratch, { recursive: true, force: true });
      throw error;
    }
  }

  /** Where clients find it, as `DOCKER_HOST` has it. */
  get host(): string {
    return this.#daemon.environment.DOCKER_HOST!;
  }

  /** Runs Debian's client of the engine. */
  docker(args: readonly string[], input?: string): Promise<Said> {
    return run(client, args, { input, environment: this.#daemon.environment });
  }

  /** Builds a folder; throws with the builder's own words where that fails. */
  async build(folder: string, tag: string, flags: readonly string[] = []): Promise<void> {
    const said = await this.docker(['build', '--network', 'host', '--progress', 'plain', ...flags, '-t', tag, folder]);
    if (said.code !== 0) throw new Error(`${tag} does not build:\n${said.stderr.slice(-3000)}`);
  }

  async hasImage(tag: string): Promise<boolean> {
    return (await this.docker(['image', 'inspect', tag])).code === 0;
  }

  /** The bytes of an image. */
  async size(image: string): Promise<number> {
    return Number((await this.docker(['image', 'inspect', '-f', '{{.Size}}', image])).stdout);
  }

  /** The user of an image's configuration; empty for root. */
  async user(image: string): Promise<string> {
    return (await this.docker(['image', 'inspect', '-f', '{{.Config.User}}', image])).stdout.trim();
  }

  /** Runs a container to its end. */
  async job(image: string, { flags = [], args = [] }: RunOptions = {}): Promise<Said> {
    return await this.docker(['run', '--rm', '--network', 'none', ...flags, image, ...args]);
  }

  /** Starts a container that goes on. */
  async start(image: string, { flags = [], args = [] }: RunOptions = {}): Promise<Container> {
    const said = await this.docker(['run', '-d', '--network', 'none', ...flags, image, ...args]);
    const id = said.stdout.trim();
    if (said.code !== 0) {
      if (id !== '') await this.docker(['rm', '-f', '-v', id]);
      throw new Error(said.stderr.trim());
    }
    const pid = async () => Number((await this.docker(['inspect', '-f', '{{.State.Pid}}', id])).stdout);
    let known = 0;
    return {
      id,
      pid,
      logs: async () => {
        const { stdout, stderr } = await this.docker(['logs', id]);
        return stdout + stderr;
      },
      request: async (port, path, { method = 'GET', body } = {}) => {
        known ||= await pid();
        if (known === 0) return undefined;
        const given = body === undefined ? [] : ['--data-binary', body, '-H', 'Content-Type: text/plain'];
        const url = `http://127.0.0.1:${port}${path}`;
        const curl = ['curl', '-sS', '-m', '10', '-X', method, ...given, '-w', '\n%{http_code}', url];
        const answer = await run('nsenter', [`--net=/proc/${known}/ns/net`, ...curl]);
        return answer.code === 0 ? answer.stdout : undefined;
      },
      remove: async () => {
        await this.docker(['rm', '-f', '-v', id]);
      },
    };
  }

  async stop(): Promise<void> {
    await this.#daemon.stop();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** Runs a program to its end; one that cannot be started has the code 127. */
export function run(
  program: string,
  args: readonly string[],
  { input, environment, cwd }: { input?: string | undefined; environment?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Said> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 1 << 26, env: environment ?? process.env, ...(cwd === undefined ? {} : { cwd }) };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      resolve({ code, stdout, stderr: error !== null && stderr === '' ? error.message : stderr });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
