import { posix } from 'node:path';
import type { SyncUse } from '../transform/index.ts';
import { asText, get, parseYaml, plain } from './yaml.ts';

/** Files that a development tool copies into running containers, and the image or Dockerfile that they are of. */
export interface SyncReading {
  readonly sync: SyncUse;
  readonly image: string | undefined;
  /** Relative to the root of the repository. */
  readonly dockerfile: string | undefined;
}

/** What reads such a file, told from its name; undefined for another. */
export function syncReaderOf(path: string): ((text: string, path: string) => SyncReading[]) | undefined {
  const name = posix.basename(path).toLowerCase();
  if (/^skaffold[\w.-]*\.ya?ml$/.test(name)) return readSkaffold;
  return /^tiltfile(?:\..*)?$|\.tiltfile$/.test(name) ? readTilt : undefined;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const fields = (value: unknown) =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const own = (file: string) => (posix.dirname(file) === '.' ? '' : posix.dirname(file));
const joined = (...parts: string[]) => posix.join(...parts).replace(/^\.\/|\/$/g, '');

/** Artifacts with `sync` (skaffold.dev/docs/filesync, November 2026): `manual` says where to, `infer` and `auto` do not. */
function readSkaffold(text: string, file: string): SyncReading[] {
  return parseYaml(text).flatMap(({ root, document, lineOf }) => {
    const artifacts = get(get(root, 'build'), 'artifacts') as { items?: readonly unknown[] } | undefined;
    return (artifacts?.items ?? []).flatMap((node) => {
      const artifact = fields(plain(node, document));
      const sync = fields(artifact.sync);
      const docker = fields(artifact.docker);
      if (Object.keys(sync).length === 0) return [];
      const dockerfile = joined(own(file), asText(artifact.context) ?? '.', asText(docker.dockerfile) ?? 'Dockerfile');
      const line = lineOf(get(node, 'sync'));
      const places = list(sync.manual).map((rule) => asText(fields(rule).dest));
      const isWorkedOut = sync.infer !== undefined || sync.auto !== undefined;
      return [...places, ...(isWorkedOut ? ['.'] : [])].map((path) => ({
        sync: { file, line, path, runs: undefined },
        image: asText(artifact.image),
        dockerfile,
      }));
    });
  });
}

/** `docker_build` with `live_update` (docs.tilt.dev/live_update_reference, November 2026). */
function readTilt(text: string, file: string): SyncReading[] {
  const found: SyncReading[] = [];
  for (const match of text.matchAll(/\bdocker_build(?:_with_restart)?\s*\(/g)) {
    const call = callAt(text, match.index + match[0].length);
    const [image, context] = [...call.matchAll(/(?:^|,)\s*(?:ref\s*=\s*|context\s*=\s*)?(['"])([^'"]*)\1/g)].map(
      (each) => each[2]!,
    );
    const updates = /\blive_update\s*=\s*(\[[\s\S]*)/.exec(call)?.[1];
    if (updates === undefined) continue;
    const named = /\bdockerfile\s*=\s*(['"])([^'"]*)\1/.exec(call)?.[2];
    const dockerfile = named === undefined ? joined(own(file), context ?? '.', 'Dockerfile') : joined(own(file), named);
    const line = text.slice(0, match.index).split('\n').length;
    const add = (path: string | undefined, runs: string | undefined) =>
      found.push({ sync: { file, line, path, runs }, image, dockerfile });
    for (const each of updates.matchAll(/\bsync\s*\(([^)]*)\)/g)) {
      const words = [...each[1]!.matchAll(/(['"])([^'"]*)\1/g)];
      add(words.length > 1 ? words.at(-1)![2] : undefined, undefined);
    }
    for (const each of updates.matchAll(/\brun\s*\(\s*(?:(['"])((?:(?!\1).)*)\1)?/g)) add(undefined, each[2] ?? '…');
  }
  return found;
}

/** The text of a call up to its closing bracket. */
function callAt(text: string, from: number): string {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return text.slice(from, at);
  }
  return text.slice(from);
}
