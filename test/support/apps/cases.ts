import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptFolder } from '../temporary.ts';

/** One request that an application answers the same before and after a fix. */
export interface Probe {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly body?: string;
  /** Text that the answer holds: what shows that the application does its job. */
  readonly expect: string;
}

/**
 * What `app.json` says of an application: a folder with a Dockerfile and its files. The verdict is what a careful person
 * would decide, written down before the planner is tuned to it.
 */
export interface AppDescription {
  /** What is done to it; a kind has its transforms in `kinds`. */
  readonly kind: string;
  readonly framework: string;
  /** `converted`: there is a fix, and what it makes runs. `refused`: a skip with this reason. `unchanged`: no finding. */
  readonly expected: 'converted' | 'refused' | 'unchanged';
  readonly reason?: string;
  /** The base image of the last stage after the fix. */
  readonly runtime?: string;
  /** Requests, in order, to a container that goes on. */
  readonly probes?: readonly Probe[];
  /** A job instead: it ends with 0, and prints this. */
  readonly output?: string;
  /** More flags of `docker run`, before and after. */
  readonly flags?: readonly string[];
  /** More flags of `docker build`. */
  readonly buildFlags?: readonly string[];
  /** Words after the image. */
  readonly args?: readonly string[];
  /** Options of the transforms. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The Dockerfile, where it is not `Dockerfile`. */
  readonly dockerfile?: string;
  /** Whether continuous integration builds and runs it; all others are planned there only. */
  readonly ci?: boolean;
  /** Why it is refused all the same: a refusal that is known to be needless. */
  readonly needless?: string;
  /** Why the verdict is right, in a sentence. */
  readonly why: string;
}

export interface App extends AppDescription {
  /** `<kind>/<name>`. */
  readonly name: string;
  readonly folder: string;
}

const root = fileURLToPath(new URL('../../apps', import.meta.url));

/** Every application below `test/apps`, in the order of their names. */
export function readApps(filter: (app: App) => boolean = () => true): App[] {
  const apps: App[] = [];
  for (const kind of readdirSync(root, { withFileTypes: true })) {
    if (!kind.isDirectory()) continue;
    for (const name of readdirSync(join(root, kind.name)).sort()) {
      const folder = join(root, kind.name, name);
      if (!existsSync(join(folder, 'app.json'))) continue;
      const description = JSON.parse(readFileSync(join(folder, 'app.json'), 'utf8')) as AppDescription;
      apps.push({ ...description, name: `${kind.name}/${name}`, folder });
    }
  }
  return apps.filter(filter);
}

/** Runs with a copy of an application's folder, which is a repository of its own; gone afterwards. */
export async function withCopy<T>(app: App, use: (folder: string, dockerfile: string) => Promise<T>): Promise<T> {
  const folder = keptFolder();
  try {
    const isOurs = (path: string) => relative(app.folder, path) === 'app.json';
    cpSync(app.folder, folder, { recursive: true, verbatimSymlinks: true, filter: (path) => !isOurs(path) });
    return await use(folder, join(folder, app.dockerfile ?? 'Dockerfile'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
