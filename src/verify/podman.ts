import { createReadStream, mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Builder, BuildRequest } from './builder.ts';
import { type Disk, temporaryDisk } from './disk.ts';
import { buildFlags, type Making, runBuild } from './docker.ts';
import { BuildError } from './errors.ts';
import { saveFailure } from './log.ts';
import { Runner } from './runner.ts';

/**
 * Podman or buildah, on a storage of their own below the workspace's folder: what they build, and leave behind when
 * they are killed, goes with it. The images that the user has are seen through it, read only.
 */
export class PodmanBuilder implements Builder {
  readonly name: 'podman' | 'buildah';
  readonly label: string;
  readonly disk: Disk;
  readonly runner: Runner | undefined;
  readonly #program: string;
  readonly #storage: readonly string[];
  readonly #making: Making;
  #count = 0;

  private constructor(making: Making, program: string, name: 'podman' | 'buildah', version: string, storage: string[]) {
    this.#making = making;
    this.#program = program;
    this.#storage = storage;
    this.name = name;
    this.label = `${version} (${program})`;
    this.disk = temporaryDisk(making.workspace.folder);
    if (name !== 'podman') return;
    this.runner = new Runner(making.workspace, { program, flags: storage, disk: this.disk }, making.given);
  }

  /** Throws BuildError where the program does not work. */
  static async open(making: Making, program: string, name: 'podman' | 'buildah'): Promise<PodmanBuilder> {
    const { workspace } = making;
    const ask = (...args: string[]) => workspace.run(program, args, { timeout: 30_000 });
    const [version, info] = await Promise.all([
      ask('--version'),
      ask('info', ...(name === 'podman' ? ['--format', 'json'] : [])),
    ]);
    const store = version.code === 0 && info.code === 0 ? storeOf(info.stdout) : undefined;
    if (!store) throw new BuildError('builder', `${program} does not work: ${info.stderr.trim().split('\n').at(-1)}`);
    const root = join(workspace.folder, 'storage');
    const inside = join(workspace.folder, 'storage-run');
    const run = name === 'podman' && inside.length > longestRunRoot ? shortFolder() : inside;
    const storage = ['--root', root, '--runroot', run, '--storage-driver', store.driver];
    storage.push('--storage-opt', `${store.driver}.imagestore=${store.root}`);
    if (name === 'podman') storage.push('--tmpdir', join(workspace.folder, 'storage-tmp'), '--events-backend', 'none');
    mkdirSync(join(workspace.folder, temporary), { recursive: true });
    workspace.willLeave('storage', { program: '/bin/sh', args: ['-c', removal, 'sh', workspace.folder, program, run] });
    return new PodmanBuilder(making, program, name, version.stdout.trim(), storage);
  }

  async build(request: BuildRequest): Promise<string> {
    const { workspace, settings } = this.#making;
    const image = `localhost/${workspace.token}:${++this.#count}`;
    // The OCI format has no health checks (containers/buildah, `docs/buildah-build.1.md`, `--format`).
    const flags = ['--format', 'docker', '--layers', ...buildFlags(settings), '-t', image, '-f', request.dockerfile];
    if (request.fresh) flags.push('--no-cache');
    const args = [...this.#storage, 'build', ...flags, request.context];
    const environment = { ...this.#environment };
    if (request.cold) {
      // They are kept among temporary files.
      environment.TMPDIR = join(environment.TMPDIR, `cold-${this.#count}`);
      mkdirSync(environment.TMPDIR);
    }
    await runBuild(this.#making, { program: this.#program, args, environment }, request, this.disk);
    return image;
  }

  async save(image: string, consume: (archive: Readable) => Promise<void>): Promise<void> {
    const { workspace, redact } = this.#making;
    const file = join(workspace.folder, `archive-${++this.#count}`);
    const words =
      this.name === 'podman'
        ? ['save', '--quiet', '--format', 'docker-archive', '-o', file, image]
        : ['push', '--quiet', image, `docker-archive:${file}`];
    try {
      const { code, stdout, stderr } = await workspace.run(this.#program, [...this.#storage, ...words], {
        environment: this.#environment,
      });
      if (code !== 0) throw saveFailure(stdout + stderr, redact, this.disk.name);
      await consume(createReadStream(file));
    } finally {
      await rm(file, { force: true });
    }
  }

  async remove(image: string): Promise<void> {
    const rmi = this.name === 'podman' ? ['image', 'rm', '-f', image] : ['rmi', '-f', image];
    const options = { whileClosing: true, environment: this.#environment };
    await this.#making.workspace.run(this.#program, [...this.#storage, ...rmi], options);
  }

  /** What a build that is killed leaves among temporary files goes with the workspace as well. */
  get #environment(): { readonly TMPDIR: string } {
    return { TMPDIR: join(this.#making.workspace.folder, temporary) };
  }
}

/** The characters of the path that podman takes for the state of containers, as names of sockets are short. */
const longestRunRoot = 50;

function shortFolder(): string {
  return mkdtempSync(`/tmp/dockmend-run-${process.pid}-`);
}

const temporary = 'storage-files';

/**
 * Ends what still works on the storage, as podman cleans up after a container in a process of its own, which makes the
 * folders anew where they are missing; unmounts what is mounted below the folder; and removes the storage, as its owner
 * in a user namespace if need be. One line, as the watchdog takes lines.
 */
const removal = [
  'for try in 1 2 3 4 5 6 7 8 9; do',
  // The storage's path comes on standard input, so that grep does not find itself. What it prints counts, not how it
  // ends: it fails where any process is gone before it is read.
  'found=$(echo "$1/storage" | grep -lzxF -f - /proc/[0-9]*/cmdline 2>/dev/null); [ "$found" ] || break;',
  'for each in $found; do each=${each#/proc/}; kill -9 "${each%/*}" 2>/dev/null; done; done;',
  'while read -r _ mount _; do case $mount in "$1"/* | "$3"/*) echo "$mount" ;; esac; done </proc/mounts | sort -r',
  '| while read -r mount; do umount -l "$mount" 2>/dev/null; done;',
  'set -- "$2" "$1/storage" "$3" "$1/storage-tmp" "$1/storage-files"; tool=$1; shift;',
  'rm -rf -- "$@" 2>/dev/null || "$tool" unshare rm -rf -- "$@"',
].join(' ');

/** Where the user's own images are; podman and buildah differ in the case of the keys. */
function storeOf(text: string): { readonly driver: string; readonly root: string } | undefined {
  try {
    const { store } = JSON.parse(text) as { store?: Record<string, unknown> };
    const driver = store?.GraphDriverName ?? store?.graphDriverName;
    const root = store?.GraphRoot ?? store?.graphRoot;
    return typeof driver === 'string' && typeof root === 'string' ? { driver, root } : undefined;
  } catch {
    return undefined;
  }
}
