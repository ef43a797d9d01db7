import { readdirSync, realpathSync } from 'node:fs';
import { posix } from 'node:path';
import { FOREIGN, readerOf } from './build-files.ts';
import type { BuildReading } from './build-reading.ts';
import { type Listing, type Location, locate, type Question } from './locate.ts';
import { readFileWithin } from './read-file.ts';
import { type RunReading, runReaderOf } from './run-files.ts';
import { type SyncReading, syncReaderOf } from './sync-files.ts';
import { yaml } from './yaml.ts';

/** Which ignore file a build obeys. */
export interface IgnoreFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  /** Whether the file is there; if not, this is where a new one is obeyed. */
  readonly exists: boolean;
  /** Whether it belongs to this Dockerfile alone and so stands in for that of the whole context, even when empty. */
  readonly ownOfDockerfile: boolean;
}

/** The most directories that are looked into for build files, and the largest build file that is read. */
const DIRECTORY_CAP = 20_000;
const SIZE_CAP = 512 * 1024;

const DOCKERFILE = /^(?:(?:Dockerfile|Containerfile)(?:\..+)?|.+\.[Dd]ockerfile)$(?<!\.(?:docker|container)ignore)/;

/** A repository on disk, asked for the build contexts of its Dockerfiles. Its build files are read once, when first asked. */
export class Repository implements Listing {
  /** The absolute path of the root. */
  readonly root: string;
  readonly #directories: number;
  readonly #listed = new Map<string, Listed | undefined>();
  #readings: readonly BuildReading[] | undefined;
  #runs: readonly RunReading[] | undefined;
  #syncs: readonly SyncReading[] | undefined;
  readonly #texts = new Map<string, string | undefined>();
  #isLoaded: Promise<void> | undefined;
  #dockerfiles: readonly string[] | undefined;

  /** Takes the absolute root, and in how many directories build files are looked for at most. */
  constructor(root: string, directories = DIRECTORY_CAP) {
    this.root = root;
    this.#directories = directories;
  }

  /** Loads what reading the files that name builds and containers takes; to be awaited before anything else is asked. */
  async load(): Promise<void> {
    this.#isLoaded ??= this.#needsYaml() ? yaml.load() : Promise.resolve();
    await this.#isLoaded;
  }

  #needsYaml(): boolean {
    for (const path of this.#files()) {
      if (/\.(?:ya?ml|json)$/i.test(path) && (readerOf(path) ?? runReaderOf(path) ?? syncReaderOf(path)) !== undefined)
        return true;
    }
    return false;
  }

  /** Finds the build context of a Dockerfile. */
  locate(question: Question): Location {
    const location = locate(question, this.readings, this);
    // A context may be a link, and a link may lead out of the repository.
    const leaves = location.kind === 'located' && !this.#isInside(location.context);
    return leaves ? { kind: 'above-root', builds: location.builds } : location;
  }

  /** What the repository's build files say of builds: compose, bake, CI, Makefiles and shell scripts. */
  get readings(): readonly BuildReading[] {
    this.#readings ??= this.#read(readerOf).map((reading) => this.#fromInside(reading));
    return this.#readings;
  }

  /** What its files say of containers: compose, Kubernetes, development containers and GitHub actions. */
  get runs(): readonly RunReading[] {
    this.#runs ??= this.#read(runReaderOf);
    return this.#runs;
  }

  /** What development tools copy into its containers: Skaffold and Tilt. */
  get syncs(): readonly SyncReading[] {
    this.#syncs ??= this.#read(syncReaderOf);
    return this.#syncs;
  }

  /** The text of a file of the repository; undefined where it cannot be read, is too large, or lies outside. */
  textOf(path: string): string | undefined {
    if (!this.#texts.has(path)) {
      const file = this.#isInside(path) ? readFileWithin(posix.join(this.root, path), SIZE_CAP) : undefined;
      this.#texts.set(path, file && 'text' in file ? file.text : undefined);
    }
    return this.#texts.get(path);
  }

  /** The files of the repository that are Dockerfiles by their names, relative to the root. */
  get dockerfiles(): readonly string[] {
    this.#dockerfiles ??= [...this.#files()].filter((path) => DOCKERFILE.test(posix.basename(path)));
    return this.#dockerfiles;
  }

  names(directory: string): readonly string[] | undefined {
    return this.#list(directory)?.names;
  }

  /**
   * The ignore file in force for a build. BuildKit reads `<Dockerfile>.dockerignore` beside the Dockerfile, else
   * `.dockerignore` of the context (frontend/dockerui/config.go); buildah also knows `<Containerfile>.containerignore`,
   * and prefers `.containerignore` in the context (pkg/parse, `ContainerIgnoreFile`).
   */
  ignoreFile(dockerfile: string, context: string, engine: 'docker' | 'podman' = 'docker'): IgnoreFile {
    const own = [`${dockerfile}.dockerignore`, ...(engine === 'podman' ? [`${dockerfile}.containerignore`] : [])];
    for (const path of own) if (this.#isFile(path)) return { path, exists: true, ownOfDockerfile: true };
    const inContext = posix.join(context, '.dockerignore');
    const podman = posix.join(context, '.containerignore');
    const path = engine === 'podman' && this.#isFile(podman) ? podman : inContext;
    return { path, exists: this.#isFile(path), ownOfDockerfile: false };
  }

  #isFile(path: string): boolean {
    const directory = posix.dirname(path);
    return this.names(directory === '.' ? '' : directory)?.includes(posix.basename(path)) === true;
  }

  /** What all files say that a reader knows by their names. */
  #read<T>(reader: (path: string) => ((text: string, path: string) => T[]) | undefined): T[] {
    const readings: T[] = [];
    for (const path of this.#files()) {
      const read = reader(path);
      if (read === undefined) continue;
      const file = readFileWithin(posix.join(this.root, path), SIZE_CAP);
      if ('text' in file) readings.push(...read(file.text, path));
    }
    return readings;
  }

  *#files(): Generator<string> {
    const queue = [''];
    for (let count = 0; queue.length > 0 && count < this.#directories; count++) {
      const directory = queue.shift()!;
      const { names, directories } = this.#list(directory) ?? { names: [], directories: new Set<string>() };
      for (const name of names) {
        const path = directory === '' ? name : `${directory}/${name}`;
        if (!directories.has(name)) yield path;
        else if (!FOREIGN.has(name)) queue.push(path);
      }
    }
  }

  /** A path that leaves the root and comes back by its name is a path inside. */
  #fromInside(reading: BuildReading): BuildReading {
    const name = posix.basename(this.root);
    const inside = (path: string | undefined) => {
      if (path === `../${name}`) return '';
      return path?.startsWith(`../${name}/`) ? path.slice(name.length + 4) : path;
    };
    return { ...reading, dockerfile: inside(reading.dockerfile), context: inside(reading.context) };
  }

  #list(directory: string): Listed | undefined {
    if (!this.#listed.has(directory)) {
      let listed: Listed | undefined;
      try {
        const entries = readdirSync(posix.join(this.root, directory), { withFileTypes: true });
        const directories = new Set(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name));
        listed = { names: entries.map(({ name }) => name).sort(), directories };
      } catch {
        listed = undefined;
      }
      this.#listed.set(directory, listed);
    }
    return this.#listed.get(directory);
  }

  #isInside(path: string): boolean {
    try {
      const inside = posix.relative(realpathSync(this.root), realpathSync(posix.join(this.root, path)));
      return inside !== '..' && !inside.startsWith('../');
    } catch {
      return false;
    }
  }
}

interface Listed {
  readonly names: readonly string[];
  readonly directories: ReadonlySet<string>;
}
