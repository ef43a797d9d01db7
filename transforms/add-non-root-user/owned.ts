import { sharedDirectories, systemDirectories } from '../../src/facts/index.ts';
import { absolute, covers, parentOf, type SourceWrite } from '../../src/transform/index.ts';
import { folderSince, presenceOf } from './made.ts';
import type { Setting } from './setting.ts';
import { sourceName } from './sources.ts';

/** A path of the image that the user must own. */
export interface Owned {
  readonly path: string;
  /** A file is made where it is missing; its folder stays root's. */
  readonly kind: 'folder' | 'file';
  /** What is in the folder is given away too. */
  readonly deep: boolean;
  /** The index of the instruction after which the folder is in the image, -1 for the base; undefined where it may not be. */
  readonly since: number | undefined;
  /** A file that a step may have made: it is given away where it is there. */
  readonly perhaps?: true;
  /** A phrase that says why. */
  readonly why: string;
}

/** What is written when a container runs, or what keeps that from being known. */
export type Writes =
  | {
      readonly kind: 'known';
      readonly owned: readonly Owned[];
      readonly observed: boolean;
      /** What is not known and was left to a person, who named folders. */
      readonly left: string | undefined;
    }
  /** A path of the system is written. */
  | { readonly kind: 'system'; readonly what: string }
  | { readonly kind: 'unknown'; readonly what: string };

/** Whether a path is one that root alone writes; some folders of `/usr` hold what an application has, as the pages of nginx are. */
export const isOfSystem = (path: string): boolean =>
  systemDirectories.some((directory) => covers(directory, path)) &&
  !/^\/usr\/(?:local\/(?!s?bin|lib)|src\/|share\/)/.test(path);

/** Gathers paths that are written, and says what of them cannot be given away. */
export class Collector {
  readonly #setting: Setting;
  readonly #home: string | undefined;
  /** The home that the user has and owns. */
  readonly #ownHome: string | undefined;
  readonly #owned = new Map<string, Owned>();
  readonly #seen: string[] = [];
  readonly #others: string[] = [];
  #system: string | undefined;
  /** What is written somewhere, which a container that is watched shows. */
  unknown: string | undefined;
  /** What not even that shows. */
  unseen: string | undefined;

  constructor(setting: Setting, home: string | undefined) {
    this.#setting = setting;
    // What the environment says wins over the list of users; the home of root is written anew.
    const said = setting.environment.get('HOME');
    this.#home = said === undefined || covers('/root', said) ? home : said;
    this.#ownHome = home?.startsWith('/home/') === true ? home : undefined;
  }

  /** What was gathered; a person who `named` folders answers for what is not known. */
  result(observed: boolean, named: boolean): Writes {
    if (this.#system !== undefined) return { kind: 'system', what: this.#system };
    const unknown = this.unseen ?? (observed ? undefined : this.unknown);
    if (unknown !== undefined && !named) return { kind: 'unknown', what: unknown };
    const all = [...this.#owned.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    // What lies in a folder that is given away whole needs no line of its own.
    const owned = all.filter(
      (each) =>
        !all.some((other) => other !== each && other.deep && other.kind === 'folder' && covers(other.path, each.path)),
    );
    return { kind: 'known', owned, observed, left: unknown };
  }

  folder(path: string, why: string, deep: boolean, isThere = false): void {
    if (this.#isFree(path)) return;
    if (isOfSystem(path)) {
      this.#system ??= `\`${path}\` (${why})`;
      return;
    }
    if (sharedDirectories.has(path)) {
      this.#system ??= `a new entry in \`${path}\` (${why})`;
      return;
    }
    const known = this.#owned.get(path);
    const there = isThere || path === this.#setting.workdir;
    this.#owned.set(path, {
      path,
      kind: 'folder',
      deep: deep || known?.deep === true,
      since: known?.since ?? (there ? folderSince(this.#setting, path) : undefined),
      why: known?.why ?? why,
    });
  }

  /** A folder that another image writes, and this one does not. */
  leave(path: string): void {
    this.#others.push(path);
  }

  /** A folder of a server, wherever it is. */
  give(path: string, why: string): void {
    this.#owned.set(path, { path, kind: 'folder', deep: true, since: folderSince(this.#setting, path), why });
  }

  file(path: string, why: string): void {
    if (this.#isFree(path)) return;
    const folder = parentOf(path);
    if (sharedDirectories.has(folder) && folder !== '/' && !/\.(?:db|sqlite3?)$/.test(path)) {
      this.#owned.set(path, { path, kind: 'file', deep: false, since: undefined, why });
      return;
    }
    this.folder(folder, why, false);
    if (isOfSystem(path) || path.endsWith('/')) return;
    // In a folder of its own it would still be root's.
    const presence = presenceOf(this.#setting, path);
    if (presence === 'there') this.#owned.set(path, { path, kind: 'file', deep: false, since: 0, why });
    if (presence === 'perhaps')
      this.#owned.set(path, { path, kind: 'file', deep: false, since: undefined, perhaps: true, why });
  }

  /** What a source writes that runs in a directory. */
  source(write: SourceWrite, directory: string | undefined): void {
    const place = `${sourceName(write)} line ${write.line}`;
    const why = `${sourceName(write)} writes there`;
    if (write.path === undefined) {
      this.unknown ??= `${place} writes to a path that it works out`;
      return;
    }
    const path = this.#absolute(write.path, directory);
    if (path === undefined) {
      const where = write.path.startsWith('~')
        ? 'to a home that the user does not have'
        : 'relative to a working directory that is not known';
      this.unknown ??= `${place} writes ${where}`;
    } else if (write.open) {
      const folder = path.endsWith('/') || write.path.endsWith('/') ? absolute(path, '/')! : parentOf(path);
      // What is not known of the path was seen.
      if (this.#seen.some((each) => covers(folder, each))) return;
      this.folder(folder, why, folder !== directory);
    } else if (write.isFolder) this.folder(absolute(path, '/')!, why, absolute(path, '/') !== directory);
    else this.file(path, why);
  }

  /** A path that a container was seen to write: its folder, or itself where that is the system's; or a folder that it made. */
  seen(path: string): void {
    const why = 'a container was seen to write there';
    this.#seen.push(path);
    if (!path.endsWith('/')) this.file(path, why);
    else if (sharedDirectories.has(path.slice(0, -1))) this.give(path.slice(0, -1), why);
    else this.folder(path.slice(0, -1), why, true);
  }

  #absolute(path: string, directory: string | undefined): string | undefined {
    if (path === '~' || path.startsWith('~/'))
      return this.#home === undefined ? undefined : absolute(path.slice(2), this.#home);
    const whole = absolute(path, directory);
    return whole === undefined ? undefined : whole + (path.endsWith('/') && path !== '/' ? '/' : '');
  }

  /** Paths that every user may write, that are the user's own already, or another image's. */
  #isFree(path: string): boolean {
    if (
      /^\/(?:tmp|var\/tmp|dev\/shm|dev\/(?:null|std\w+|fd|tty|zero|u?random)|proc\/(?:self|1)\/fd)(?:\/|$)/.test(path)
    )
      return true;
    if (this.#others.some((each) => covers(each, path))) return true;
    // Homes elsewhere, as `/var/cache/nginx` or `/var/www`, are folders of the system with owners of their own.
    return this.#ownHome !== undefined && covers(this.#ownHome, path);
  }
}
