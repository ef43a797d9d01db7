import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { client, type Daemon, startDaemon } from '../engine/daemon.ts';
import { run, type Said } from '../engine/engine.ts';
import { machineFolder } from '../temporary.ts';

/** What the base image of the applications has beside a Debian root: the runtime that these tests run on, and npm. */
const packages =
  'ca-certificates,git,curl,wget,python3-minimal,python3-pip,python3-setuptools,openssh-client,libstdc++6,libatomic1';
const base = 'secret-apps-base';
/** The Debian root is made once a machine. */
const root = join(machineFolder, 'dockmend-secret-apps-root.tar');

/** Debian's Docker engine in a folder, with the network of the host for builds. */
export class Engine {
  readonly #folder: string;
  #daemon: Daemon | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The base image of the applications. */
  get base(): string {
    return base;
  }

  /** Starts the engine and makes the base image; throws where either fails. */
  async start(): Promise<void> {
    const place = (name: string): string => join(this.#folder, name);
    this.#daemon = await startDaemon(place('data'), this.#folder);
    if (!existsSync(root)) {
      const made = await run('mmdebstrap', [
        '--variant=minbase',
        `--include=${packages}`,
        'trixie',
        `${root}.part.tar`,
      ]);
      if (made.code !== 0) throw new Error(`no Debian root: ${made.stderr}`);
      await run('mv', [`${root}.part.tar`, root]);
    }
    await this.#must(['import', root, 'debian:trixie']);
    const folder = place('base');
    mkdirSync(folder);
    cpSync(realpathSync(process.execPath), join(folder, 'node'));
    const npm = join(dirname(realpathSync(process.execPath)), '../lib/node_modules/npm');
    cpSync(npm, join(folder, 'npm'), { recursive: true, dereference: true });
    writeFileSync(
      join(folder, 'Dockerfile'),
      'FROM debian:trixie\nCOPY node /usr/local/bin/node\nCOPY npm /usr/local/lib/node_modules/npm\nRUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && mkdir -p /root\n',
    );
    await this.#must(['build', '--network', 'host', '-t', base, folder]);
  }

  /** Builds a folder as a person does who stands in it; `words` are those behind `docker build`. */
  async build(
    folder: string,
    tag: string,
    words: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { code, stderr } = await this.#docker(
      ['build', '--network', 'host', '--no-cache', '--progress', 'plain', '-t', tag, ...words, '.'],
      environment,
      folder,
    );
    if (code !== 0) throw new Error(`${tag} does not build: ${stderr.slice(-2000)}`);
  }

  /** The text of a file of an image. */
  async read(tag: string, path: string): Promise<string> {
    return (await this.#must(['run', '--rm', '--network', 'none', tag, 'cat', path])).trim();
  }

  /** Whether bytes stand anywhere in an image: its layers, its configuration and its history, as they are saved. */
  async holds(tag: string, bytes: string): Promise<boolean> {
    const saving = spawn(client, ['save', tag], {
      env: this.#daemon!.environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = new Promise<number | null>((resolve) => saving.once('close', resolve));
    let rest = Buffer.alloc(0);
    let found = false;
    for await (const chunk of saving.stdout) {
      const all = Buffer.concat([rest, chunk as Buffer]);
      found = all.includes(bytes);
      if (found) break;
      rest = all.subarray(Math.max(0, all.length - bytes.length));
    }
    if (found) saving.kill();
    if ((await ended) !== 0 && !found) throw new Error(`${tag} cannot be saved`);
    return found;
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop();
    rmSync(join(this.#folder, 'data'), { recursive: true, force: true });
  }

  async #must(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#docker(args);
    if (code !== 0) throw new Error(`docker ${args[0]}: ${stderr}`);
    return stdout;
  }

  #docker(args: readonly string[], environment: Readonly<Record<string, string>> = {}, cwd?: string): Promise<Said> {
    return run(client, args, {
      environment: { ...this.#daemon!.environment, ...environment },
      ...(cwd !== undefined && { cwd }),
    });
  }
}
