import type { Readable } from 'node:stream';
import type { Builder, BuildRequest, BuildSettings } from './builder.ts';
import { type Disk, DiskGuard, temporaryDisk } from './disk.ts';
import { BuildError } from './errors.ts';
import { buildFailure, saveFailure } from './log.ts';
import type { Redact } from './redact.ts';
import type { RunEnvironment } from './run-environment.ts';
import { Runner } from './runner.ts';
import { type Leftover, seconds, type Workspace } from './workspace.ts';

/** What every builder of a workspace is made of. */
export interface Making {
  readonly workspace: Workspace;
  readonly settings: BuildSettings;
  readonly redact: Redact;
  /** What containers are given. */
  readonly given: RunEnvironment;
}

/** An engine that hangs would be waited for without end, in milliseconds. */
const longestSave = 30 * 60_000;

/** BuildKit also where an old client would take the legacy builder; the log without a terminal's decoration. */
const environment = { DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain', DOCKER_CLI_HINTS: 'false', NO_COLOR: '1' };

/** Docker's engine: by the buildx plugin, or by the BuildKit client that older docker clients have in themselves. */
export class DockerBuilder implements Builder {
  readonly disk: Disk;
  readonly runner: Runner;
  readonly #program: string;
  readonly #version: string;
  readonly #build: readonly string[];
  readonly #making: Making;
  #count = 0;

  private constructor(making: Making, program: string, version: string, root: string, build: readonly string[]) {
    this.#making = making;
    this.#program = program;
    this.#version = version;
    this.disk = { folder: root, name: `the disk of the Docker engine (${root})` };
    this.#build = build;
    this.runner = new Runner(making.workspace, { program, environment, disk: this.disk }, making.given);
  }

  /** Throws BuildError where the program is no docker client, has no engine, or cannot build with BuildKit. */
  static async open(making: Making, program: string, name: 'buildx' | 'docker'): Promise<DockerBuilder> {
    const ask = (...args: string[]) => making.workspace.run(program, args, { timeout: 30_000, environment });
    const info = await ask('info', '--format', '{{.ServerVersion}}\n{{.DockerRootDir}}');
    const [version = '', root = ''] = info.stdout.trim().split('\n');
    if (info.code !== 0 || version === '') throw new BuildError('builder', `${program} reaches no Docker engine`);
    const plugin = await ask('buildx', 'build', '--help');
    const hasPlugin = plugin.code === 0 && plugin.stdout.includes('--load');
    if (name === 'buildx') {
      if (!hasPlugin) throw new BuildError('unsupported', `${program} has no buildx plugin`);
      // Attestations would make an index of what has to be one image.
      const plain = ['--provenance', '--sbom'].filter((flag) => plugin.stdout.includes(flag));
      const words = ['buildx', 'build', '--load', ...plain.map((flag) => `${flag}=false`)];
      return new DockerBuilder(making, program, version, root, words);
    }
    // Without the plugin, clients up to 22 build with BuildKit themselves, and later ones refuse.
    if (!hasPlugin) {
      const client = (await ask('version', '--format', '{{.Client.Version}}')).stdout.trim();
      if (!(Number.parseInt(client, 10) < 23)) {
        throw new BuildError('unsupported', `${program} ${client} cannot build without the buildx plugin`);
      }
    }
    return new DockerBuilder(making, program, version, root, ['build']);
  }

  get name(): 'buildx' | 'docker' {
    return this.#build.length > 1 ? 'buildx' : 'docker';
  }

  get label(): string {
    return `${this.name === 'buildx' ? 'docker buildx' : 'docker'}, engine ${this.#version} (${this.#program})`;
  }

  async build(request: BuildRequest): Promise<string> {
    const { workspace, settings } = this.#making;
    const image = `${workspace.token}:${++this.#count}`;
    workspace.willLeave(image, { program: this.#program, args: ['image', 'rm', '-f', image], environment });
    const flags = [...buildFlags(settings), '--progress', 'plain', '-t', image, '-f', request.dockerfile];
    if (request.fresh) flags.push('--no-cache');
    // A namespace of its own (docs.docker.com/build/building/variables, BuildKit built-in build args).
    if (request.cold) flags.push('--build-arg', `BUILDKIT_CACHE_MOUNT_NS=${image.replace(':', '-')}`);
    const call = { program: this.#program, args: [...this.#build, ...flags, request.context], environment };
    await runBuild(this.#making, call, request, this.disk);
    return image;
  }

  async save(image: string, consume: (archive: Readable) => Promise<void>): Promise<void> {
    const { code, stderr } = await this.#making.workspace.run(this.#program, ['save', image], {
      consume,
      environment,
      timeout: longestSave,
    });
    if (code !== 0) throw saveFailure(stderr, this.#making.redact, this.disk.name);
  }

  async remove(image: string): Promise<void> {
    await this.#making.workspace.discard(image);
  }
}

/** The flags that all builders share. */
export function buildFlags({ args = [], secrets = [], target, platform, network }: BuildSettings): string[] {
  return [
    ...args.flatMap((each) => ['--build-arg', each]),
    ...secrets.flatMap((each) => ['--secret', each]),
    ...(target === undefined ? [] : ['--target', target]),
    ...(platform === undefined ? [] : ['--platform', platform]),
    ...(network === undefined ? [] : ['--network', network]),
  ];
}

/** Runs a build within its limits. Throws BuildError. */
export async function runBuild(
  { workspace, redact }: Making,
  { program, args, environment = {} }: Leftover,
  { timeout, disk, signal }: BuildRequest,
  storage: Disk,
): Promise<void> {
  const guard = new DiskGuard([temporaryDisk(workspace.folder), storage], disk);
  await guard.start();
  try {
    // One pipe for both streams keeps their lines in order.
    const { code, stdout } = await workspace.run('/bin/sh', ['-c', 'exec "$@" 2>&1', 'sh', program, ...args], {
      timeout,
      environment,
      signal: signal ? AbortSignal.any([guard.signal, signal]) : guard.signal,
    });
    if (code !== 0) throw buildFailure(stdout, redact, storage.name);
  } catch (error) {
    if (error instanceof BuildError && error.kind === 'timeout') {
      throw new BuildError('timeout', `the build did not end in ${seconds(timeout)}`);
    }
    throw error;
  } finally {
    guard.stop();
  }
}
