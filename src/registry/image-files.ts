import { maxLinks, relativePath, resolveLink, writtenPath } from '../layer/index.ts';
import type { LayerEntry, LayerIndex } from './layer.ts';
import { isTracked, type ProgramName, programFolders, programNames } from './tracked-paths.ts';

/** A user of `/etc/passwd`. */
export interface ImageUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** A group of `/etc/group`. */
export interface ImageGroup {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** A program that an image has. */
export interface ImageProgram {
  /** Where it is found: `/bin/sh`. */
  readonly path: string;
  /** What it is in the end, links followed: `/usr/bin/dash`. */
  readonly target: string;
}

/**
 * What was read out of an image's layers. `undefined` means not known, as a layer that may change it was too large to
 * read; `null` and the empty list mean that it is certainly not there.
 */
export interface ImageFiles {
  /** The assignments of `os-release` (os-release(5)). */
  readonly osRelease: Readonly<Record<string, string>> | null | undefined;
  readonly users: readonly ImageUser[] | null | undefined;
  readonly groups: readonly ImageGroup[] | null | undefined;
  readonly programs: Readonly<Record<ProgramName, readonly ImageProgram[] | undefined>>;
  /** All that stands in the folders where programs are looked for, links included, sorted; absolute paths. */
  readonly inPath: readonly string[] | undefined;
  /** Whether every layer was read. */
  readonly complete: boolean;
}

interface Node {
  readonly type: LayerEntry['type'];
  readonly target?: string;
  readonly content?: string | undefined;
  /** The path that it was first written to, where it is a hard link. */
  readonly first?: string;
  /** Not put in doubt by a layer above it that was not read. */
  readonly sure: boolean;
}

type Found = { readonly path: string; readonly node: Node } | null | undefined;

/** The files of interest of an image, as its layers make them one upon the other. */
class Tree {
  readonly #nodes = new Map<string, Node>();
  /** The folders that nodes are, or have been, under. */
  readonly #folders = new Set<string>();
  #gaps = false;

  /** Puts a layer on top; undefined stands for one that was not read. */
  add(layer: LayerIndex | undefined): void {
    if (layer === undefined) {
      this.#gaps = true;
      for (const [path, node] of this.#nodes) this.#nodes.set(path, { ...node, sure: false });
      return;
    }
    for (const path of layer.emptied) this.#removeUnder(this.#real(path));
    for (const path of layer.removed) {
      const real = this.#real(path);
      this.#nodes.delete(real);
      this.#removeUnder(real);
    }
    for (const entry of layer.entries) {
      const path = this.#real(entry.path);
      const { type, target, content } = entry;
      if (type === 'hardlink') {
        const to = relativePath(target ?? '');
        const first = to === undefined ? path : this.#real(to);
        this.#set(path, { first, ...(this.#nodes.get(first) ?? { type: 'file', sure: true }) });
      } else this.#set(path, { type, sure: true, ...(target !== undefined && { target }), content });
      if (type !== 'directory') this.#removeUnder(path);
    }
  }

  /** What is at a path, links followed; null: certainly nothing; undefined: not known. */
  find(path: string): Found {
    let parts = path.split('/');
    let at = '';
    for (let links = 0; parts.length > 0; ) {
      const here = at === '' ? parts[0]! : `${at}/${parts[0]}`;
      const node = this.#nodes.get(here);
      // Folders need no entry of their own.
      const inside = parts.length > 1;
      if (node === undefined && !inside) return this.#gaps || !isTracked(here) ? undefined : null;
      if (node && !node.sure && (!inside || node.type === 'symlink')) return undefined;
      if (node?.type === 'symlink') {
        if (++links > maxLinks) return null;
        parts = [...resolveLink(at, node.target ?? ''), ...parts.slice(1)];
        at = '';
        continue;
      }
      if (inside && node && node.type !== 'directory') return null;
      if (!inside && node) return { path: node.first ?? here, node };
      at = here;
      parts = parts.slice(1);
    }
    return null;
  }

  /** Absolute paths of what stands in some folders, but for folders in them; undefined where a layer was not read. */
  list(folders: readonly string[]): string[] | undefined {
    if (this.#gaps) return undefined;
    const found: string[] = [];
    for (const folder of folders) {
      const real = this.#real(`${folder}/x`).slice(0, -1);
      for (const [path, { type }] of this.#nodes) {
        const name = path.startsWith(real) ? path.slice(real.length) : '';
        if (type !== 'directory' && name !== '' && !name.includes('/')) found.push(`/${folder}/${name}`);
      }
    }
    return found.sort();
  }

  /** The path that an entry is written to: its folder's links are followed, its own is not. */
  #real(path: string): string {
    return writtenPath(path, (at) => {
      const node = this.#nodes.get(at);
      return node?.type === 'symlink' ? (node.target ?? '') : undefined;
    });
  }

  #set(path: string, node: Node): void {
    this.#nodes.set(path, node);
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      this.#folders.add(path.slice(0, slash));
    }
  }

  #removeUnder(folder: string): void {
    if (folder !== '' && !this.#folders.delete(folder)) return;
    const prefix = folder === '' ? '' : `${folder}/`;
    for (const path of this.#nodes.keys()) if (path.startsWith(prefix)) this.#nodes.delete(path);
  }
}

/** Puts the layers of an image together, the lowest first; undefined stands for a layer that was not read. */
export function filesOf(layers: readonly (LayerIndex | undefined)[]): ImageFiles {
  const tree = new Tree();
  for (const layer of layers) tree.add(layer);
  const text = (path: string): string | null | undefined => {
    const found = tree.find(path);
    if (!found) return found;
    return found.node.type === 'file' ? found.node.content : null;
  };
  const parsed = <T>(content: string | null | undefined, parse: (content: string) => T): T | null | undefined =>
    typeof content === 'string' ? parse(content) : content;
  const own = text('etc/os-release');
  return {
    osRelease: parsed(own === null ? text('usr/lib/os-release') : own, parseOsRelease),
    users: parsed(text('etc/passwd'), parseUsers),
    groups: parsed(text('etc/group'), parseGroups),
    programs: Object.fromEntries(
      programNames.map((name) => [name, programsNamed(tree, name)]),
    ) as ImageFiles['programs'],
    inPath: tree.list(programFolders),
    complete: layers.every((layer) => layer !== undefined),
  };
}

function programsNamed(tree: Tree, name: ProgramName): ImageProgram[] | undefined {
  const found: ImageProgram[] = [];
  let unknown = false;
  for (const folder of programFolders) {
    const at = tree.find(`${folder}/${name}`);
    if (at === undefined) unknown = true;
    else if (at !== null && at.node.type === 'file') found.push({ path: `/${folder}/${name}`, target: `/${at.path}` });
  }
  return found.length === 0 && unknown ? undefined : found;
}

/** Reads os-release(5): shell assignments without expansion. */
export function parseOsRelease(content: string): Record<string, string> {
  const found: Record<string, string> = Object.create(null);
  for (const line of content.split('\n')) {
    const match = /^\s*([A-Za-z_]\w*)=(.*)$/.exec(line.trimEnd());
    if (!match) continue;
    const [, name = '', value = ''] = match;
    const quote = value[0] === '"' || value[0] === "'" ? value[0] : '';
    const bare = quote !== '' && value.length > 1 && value.endsWith(quote) ? value.slice(1, -1) : value;
    found[name] = quote === "'" ? bare : bare.replace(/\\(["$`\\'])/g, '$1');
  }
  return { ...found };
}

function parseUsers(content: string): ImageUser[] {
  return content.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = '', shell = ''] = line.split(':');
    return name !== '' && /^\d+$/.test(uid) && /^\d+$/.test(gid) ? { name, uid: +uid, gid: +gid, home, shell } : [];
  });
}

function parseGroups(content: string): ImageGroup[] {
  return content.split('\n').flatMap((line) => {
    const [name = '', , gid = '', members = ''] = line.split(':');
    return name !== '' && /^\d+$/.test(gid) ? { name, gid: +gid, members: members.split(',').filter(Boolean) } : [];
  });
}
