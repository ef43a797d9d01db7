import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  link,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { FileEdit } from '../edit/index.ts';

/** A Dockerfile to build: its text, where it stands, and the build context, all paths absolute. */
export interface Original {
  readonly path: string;
  readonly source: string;
  readonly context: string;
}

/** What is built instead: another text, and other files in the context, by their paths relative to it. */
export interface Candidate {
  readonly text: string;
  readonly files: readonly FileEdit[];
}

/** Where a builder finds a candidate. */
export interface Staged {
  readonly dockerfile: string;
  readonly context: string;
}

/**
 * Lays a candidate out in a folder, beside the original, which is not touched. The Dockerfile stands outside of the
 * context, with the .dockerignore that is in force beside it. Where files of the context differ, the whole context is
 * laid out by hard links, so that `COPY . .` takes the changed ones.
 */
export async function stageContext(original: Original, candidate: Candidate, folder: string): Promise<Staged> {
  await mkdir(folder, { recursive: true });
  const dockerfile = join(folder, 'Dockerfile');
  await writeFile(dockerfile, candidate.text);
  const edits = new Map(candidate.files.map((each) => [join(original.context, each.path), each.after]));
  // `<Dockerfile>.dockerignore` wins over the context's, even when it is empty (docs.docker.com/build/concepts/context).
  const ignore =
    (await textAt(`${original.path}.dockerignore`, edits)) ??
    (await textAt(join(original.context, '.dockerignore'), edits));
  if (ignore !== undefined) await writeFile(`${dockerfile}.dockerignore`, ignore);
  // What is made here is no part of what is built.
  const isWithin = `${folder}${sep}`.startsWith(`${original.context}${sep}`);
  if (edits.size === 0 && !isWithin) return { dockerfile, context: original.context };
  if (edits.size > 0) edits.set(original.path, candidate.text);
  const context = join(folder, 'context');
  await mirror(original.context, context, isWithin ? dirname(folder) : undefined);
  for (const [path, text] of edits) {
    const inside = relative(original.context, path);
    if (inside.startsWith(`..${sep}`) || inside === '..') continue;
    await replaceWith(join(context, inside), text);
  }
  return { dockerfile, context };
}

/** Stands for all that a build of an original depends on: its text, and each file of its context by size, time and mode. */
export async function fingerprint({ path, source, context }: Original): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([path, source, context]));
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const at = join(folder, entry.name);
      const { size, mtimeMs, ctimeMs, mode } = await lstat(at);
      if (entry.isDirectory()) await walk(at);
      else hash.update(JSON.stringify([at, size, mtimeMs, ctimeMs, mode]));
    }
  };
  await walk(context);
  return hash.digest('hex');
}

/** SHA-256 of the files that a candidate changes, before and after, as images may hold copies of them. */
export function replacedFiles(
  { source }: Original,
  { text, files }: Candidate,
): { readonly before: string | undefined; readonly after: string }[] {
  const pairs = files.map(({ before, after }) => ({
    before: before === undefined ? undefined : sha256(before),
    after: sha256(after),
  }));
  return [{ before: sha256(source), after: sha256(text) }, ...pairs];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function textAt(path: string, edits: ReadonlyMap<string, string>): Promise<string | undefined> {
  const edited = edits.get(path);
  if (edited !== undefined) return edited;
  return readFile(path, 'utf8').catch(() => undefined);
}

async function mirror(from: string, to: string, omitted: string | undefined): Promise<void> {
  const { mode, atime, mtime } = await lstat(from);
  await mkdir(to, { recursive: true });
  // The mask of this process would take bits away.
  await chmod(to, mode & 0o7777);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (source === omitted) continue;
    if (entry.isDirectory()) await mirror(source, target, omitted);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    // A hard link keeps mode, owner and times, and takes no space; across disks, or for another's file, a copy must do.
    else if (entry.isFile())
      await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_FICLONE));
  }
  await lutimes(to, atime, mtime).catch(() => {});
}

/** The link goes first, so that the original behind it stays as it is. */
async function replaceWith(path: string, text: string): Promise<void> {
  const old = await lstat(path).catch(() => undefined);
  if (old) await unlink(path);
  else await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  // The mask of this process would take bits away.
  if (old) await chmod(path, old.mode & 0o7777);
}
