import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder } from './temporary.ts';

/**
 * Whether a BuildKit of its own can be started: as root, with buildkitd, buildctl and runc on PATH. No distribution
 * packages them, so that suites on it are extra, and a missing one is no failure in CI either.
 */
export const hasBuildkit =
  process.getuid?.() === 0 &&
  ['buildkitd', 'buildctl', 'runc'].every((each) => spawnSync('sh', ['-c', 'command -v "$0"', each]).status === 0);

/** Why a suite on BuildKit did not run. */
export const buildkitMissing = hasBuildkit ? '' : ' (extra, skipped: needs root, buildkitd, buildctl and runc)';

/** What a build printed, and whether it ended well. */
export interface Built {
  readonly ok: boolean;
  readonly log: string;
}

/** A BuildKit daemon in a temporary folder, with the frontend that is built in and the network of the host. */
export class Buildkit {
  readonly #folder = keptFolder();
  readonly #address = `unix://${this.#folder}/socket`;
  #daemon: ChildProcess | undefined;
  #builds = 0;

  /** Starts the daemon and waits until it answers; throws where it does not within ten seconds. */
  async start(): Promise<void> {
    const options = ['--addr', this.#address, '--root', join(this.#folder, 'root')];
    const worker = ['--oci-worker-snapshotter', 'native', '--oci-worker-net', 'host', '--containerd-worker=false'];
    this.#daemon = spawn('buildkitd', [...options, ...worker], { stdio: 'ignore' });
    for (let tries = 0; tries < 100; tries++) {
      if (existsSync(join(this.#folder, 'socket')) && (await this.#run('debug', 'workers')).ok) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('buildkitd does not answer');
  }

  /** Builds a Dockerfile in a context, which may be a folder or the texts of its files; with the files put in a folder. */
  async build(dockerfile: string, context: string | Readonly<Record<string, string>>, output?: string): Promise<Built> {
    const folder = join(this.#folder, `build-${++this.#builds}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'Dockerfile'), dockerfile);
    let place = folder;
    if (typeof context === 'string') place = context;
    else for (const [path, text] of Object.entries(context)) writeFileSync(join(folder, path), text);
    const locals = ['--local', `context=${place}`, '--local', `dockerfile=${folder}`];
    const exported = output === undefined ? [] : ['--output', `type=local,dest=${output}`];
    return this.#run('build', '--frontend', 'dockerfile.v0', '--progress', 'plain', ...locals, ...exported);
  }

  /** Ends the daemon and removes all that it made. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon?.exitCode === null) {
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(...words: string[]): Promise<Built> {
    const child = spawn('buildctl', ['--addr', this.#address, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const pieces: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve({ ok: status === 0, log: Buffer.concat(pieces).toString() }));
    });
  }
}
