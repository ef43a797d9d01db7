import { posix } from 'node:path';

/**
 * A path as a build file writes it, relative to the root of the repository and cleaned: the root is the empty string, a
 * path above it begins with `..`, and a variable stands between two NUL characters.
 */
export type PathTemplate = string;

/** What a build file says of one build. */
export interface BuildReading {
  /** The file that says it, relative to the root of the repository, and the 1-based line. */
  readonly file: string;
  readonly line: number;
  readonly how: 'compose' | 'bake' | 'workflow' | 'action' | 'command';
  readonly engine: 'docker' | 'podman';
  /** Tells builds of one line apart. One build has a reading for each directory that it may run in. */
  readonly build: string;
  /** The directory that this reading takes it to run in. */
  readonly base: string;
  /** The Dockerfile; undefined where the text does not tell. */
  readonly dockerfile: PathTemplate | undefined;
  /** The directory that is the context. */
  readonly context: PathTemplate | 'remote' | undefined;
  readonly target: string | undefined;
  /** Build arguments, which may be secrets; undefined for one whose value is not written there. */
  readonly args: Readonly<Record<string, string | undefined>>;
  /** Named contexts (`--build-context`), as written. */
  readonly contexts: Readonly<Record<string, string>>;
  /** The names that the image is given, as written. */
  readonly names: readonly string[];
}

/** Where relative paths of a build file start, and what the well-known variables stand for. */
export interface Place {
  /** The directory in which the command runs or which the file's paths are relative to. */
  readonly base: string;
  /** The directory of the file itself. */
  readonly own: string;
}

const VARIABLE =
  /\$\{\{[^}]*\}\}|\{\{[^}]*\}\}|\$\$?\{[^}]*\}|\$\$?\((?:[^()]|\([^()]*\))*\)|`[^`]*`|\$\$?[A-Za-z_@<^*?!#0-9]\w*/g;
const ROOT =
  /^\$\{\{\s*github\.workspace\s*\}\}$|^\$\$?[({]?(GITHUB_WORKSPACE|CI_PROJECT_DIR|BITBUCKET_CLONE_DIR)[)}]?$|rev-parse --show-toplevel/;
const HERE = /^\$\$?[({]?(PWD|CURDIR|pwd|shell pwd)[)}]?$|^`pwd`$/;
const OWN = /dirname .*(\$0|BASH_SOURCE|MAKEFILE_LIST)/;

/** Whether a text holds something that is known only when it runs. */
export function isVariable(text: string): boolean {
  return text.search(VARIABLE) !== -1;
}

/** A path with each of its variables as a `*`, which is how it is looked for. */
export function withWildcards(text: string): string {
  return text.replace(VARIABLE, '*');
}

/** Whether a context or a source names another place than the machine's own files. */
export function isRemote(text: string): boolean {
  return /^(https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/|docker-image:\/\/|oci-layout:\/\/|target:|service:)/.test(
    text,
  );
}

/** Reads a path of a build file; undefined for one outside the repository's control, as `/srv` or `$X/..`. */
export function readPath(text: string, place: Place): PathTemplate | undefined {
  let base = place.base;
  const marked = text.replace(VARIABLE, (variable, at: number) => {
    if (at === 0 && ROOT.test(variable)) {
      base = '';
      return '.';
    }
    if (at === 0 && HERE.test(variable)) return '.';
    if (at === 0 && OWN.test(variable)) {
      base = place.own;
      return '.';
    }
    if (at === 0) base = '';
    return `\0${variable
      .replace(/^\$\$/, '$')
      .replace(/\s|[{}()]/g, '')
      .replaceAll('/', '|')}\0`;
  });
  // A variable that is not closed, or that is cut off, is none.
  if (/[$`"'<>]/.test(marked.replace(/\0[^\0]*\0/g, ''))) return undefined;
  if (/^[/~]/.test(marked) || /\0[^/]*\/+\.\.(\/|$)/.test(marked)) return undefined;
  return clean(posix.join(base, marked));
}

/** Joins a directory and a path below it, both templates. */
export function below(directory: PathTemplate, path: string): PathTemplate {
  return clean(posix.join(directory, path));
}

function clean(path: string): string {
  const normal = posix.normalize(path).replace(/\/$/, '');
  return normal === '.' ? '' : normal;
}

/**
 * Holds the template of a Dockerfile's path against a real path. Gives what its variables must stand for, or undefined
 * where it cannot be that path. A variable stands for several directories only if it is the only one.
 */
export function unify(template: PathTemplate, path: string): ReadonlyMap<string, string> | undefined {
  if (!template.includes('\0')) return template === path ? new Map() : undefined;
  const names: string[] = [];
  const parts = template.split('\0');
  const many = new Set(parts.filter((_, index) => index % 2 === 1)).size > 1;
  const pattern = parts.map((part, index) => {
    if (index % 2 === 0) return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    const known = names.indexOf(part);
    if (known !== -1) return `\\${known + 1}`;
    names.push(part);
    return many ? '([^/]+)' : '(.+)';
  });
  const match = new RegExp(`^${pattern.join('')}$`).exec(path) ?? atRoot(template, parts, path);
  return match && new Map(names.map((name, index) => [name, match[index + 1]!]));
}

/** `$ROOT/Dockerfile` is also the Dockerfile at the root. */
function atRoot(template: string, parts: string[], path: string): string[] | undefined {
  return parts.length === 3 && parts[0] === '' && template.endsWith(`\0/${path}`) ? ['', ''] : undefined;
}

/** Puts values for variables into a template; undefined where one is not known. */
export function substitute(template: PathTemplate, values: ReadonlyMap<string, string>): string | undefined {
  const parts = template.split('\0');
  const filled = parts.map((part, index) => (index % 2 === 0 ? part : values.get(part)));
  return filled.includes(undefined) ? undefined : clean(filled.join('').replace(/^\//, ''));
}
