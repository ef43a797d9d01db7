import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { decompressor, relativePath, writtenPath } from '../layer/index.ts';
import { BuildError } from './errors.ts';
import { configOf, type Image, type ImageNode } from './image.ts';
import { type Layer, readLayer } from './read-layer.ts';

const jsonLimit = 16 * 1024 * 1024;

/** Layers by the name that they have in archives, which is made from their content: images of one base share them. */
export type LayerCache = Map<string, Layer>;

/**
 * Reads an image from a docker archive or an OCI layout in a tar archive, whatever the order of its entries. Throws
 * BuildError, `unreadable`, for what is neither.
 */
export async function readImage(archive: Readable, cache: LayerCache): Promise<Image> {
  const documents = new Map<string, unknown>();
  const layers = new Map<string, Layer>();
  const links = new Map<string, string>();
  const outer = extract();
  outer.on('entry', (header, stream, done) => {
    const name = relativePath(header.name) ?? '';
    const known = cache.get(name);
    if (header.type === 'symlink') links.set(name, linkTarget(name, header.linkname ?? ''));
    if (header.type === 'link') links.set(name, relativePath(header.linkname ?? '') ?? '');
    if (header.type !== 'file' || known) {
      if (known) layers.set(name, known);
      stream.resume();
      stream.on('error', done);
      stream.on('end', done);
      return;
    }
    readEntry(stream as unknown as Readable).then((found) => {
      if ('layer' in found) {
        layers.set(name, found.layer);
        cache.set(name, found.layer);
      } else if ('document' in found) documents.set(name, found.document);
      done();
    }, done);
  });
  try {
    await pipeline(archive, outer as unknown as Writable);
  } catch (error) {
    if (error instanceof BuildError) throw error;
    throw new BuildError('unreadable', `the image cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  const { config, order } = manifestOf(documents);
  const found = order.map((name) => layers.get(name) ?? layers.get(links.get(name) ?? ''));
  const missing = order.find((_, index) => found[index] === undefined);
  if (missing !== undefined) throw new BuildError('unreadable', `the image's archive lacks the layer ${missing}`);
  const complete = found as Layer[];
  return {
    config: configOf(config),
    ...flatten(complete),
    layers: complete.length,
    size: complete.reduce((sum, layer) => sum + layer.size, 0),
  };
}

/** An entry of the archive is a JSON document, a layer, or of no interest. */
async function readEntry(stream: Readable): Promise<{ layer: Layer } | { document: unknown } | { other: true }> {
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let first: Buffer = Buffer.alloc(0);
  while (first.length < 512) {
    const { value, done } = await pieces.next();
    if (done) break;
    first = Buffer.concat([first, value]);
  }
  const rest: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => pieces };
  // A tar header has NULs in its first block, which JSON has nowhere.
  if ((first[0] === 0x7b || first[0] === 0x5b) && !first.subarray(0, 512).includes(0)) {
    const all = [first];
    let length = first.length;
    for await (const piece of rest) {
      length += piece.length;
      if (length <= jsonLimit) all.push(piece);
    }
    try {
      return { document: JSON.parse(Buffer.concat(all).toString('utf8')) };
    } catch {
      return { other: true };
    }
  }
  if (first.length < 512 && decompressor(first) === undefined) return { other: true };
  return { layer: await readLayer(first, rest) };
}

/** Layers that are equal are links to one of them in older docker archives. */
function linkTarget(name: string, target: string): string {
  const base = new URL(`file:///${encodeURI(name)}`);
  return decodeURI(new URL(encodeURI(target), base).pathname.slice(1));
}

interface Manifest {
  readonly config: unknown;
  /** Names of layers in the archive, the lowest first. */
  readonly order: readonly string[];
}

function manifestOf(documents: ReadonlyMap<string, unknown>): Manifest {
  // `manifest.json` is docker's (moby, `image/spec/v1.2.md`); newer engines and podman write it beside the OCI layout.
  const docker = documents.get('manifest.json') as { Config: string; Layers: string[] | null }[] | undefined;
  if (docker?.[0]) {
    return { config: documents.get(docker[0].Config), order: docker[0].Layers ?? [] };
  }
  const blob = (digest: string): string => `blobs/${digest.replace(':', '/')}`;
  let node = documents.get('index.json') as OciNode | undefined;
  for (let depth = 0; node?.manifests && depth < 4; depth++) {
    const image = node.manifests.find(({ platform }) => platform?.os !== 'unknown');
    node = image && (documents.get(blob(image.digest)) as OciNode | undefined);
  }
  if (!node?.config || !node.layers) throw new BuildError('unreadable', 'the builder gave no image that can be read');
  return { config: documents.get(blob(node.config.digest)), order: node.layers.map(({ digest }) => blob(digest)) };
}

/** An index or a manifest of an OCI layout. */
interface OciNode {
  readonly manifests?: readonly { readonly digest: string; readonly platform?: { readonly os?: string } }[];
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
}

/** Puts layers one upon the other (OCI image specification, `layer.md`). */
export function flatten(layers: readonly Layer[]): Required<Pick<Image, 'files' | 'origins' | 'removed' | 'covered'>> {
  const files = new Map<string, ImageNode>();
  const origins = new Map<string, number>();
  const removed = new Map<string, ImageNode>();
  const covered = new Map<string, ImageNode[]>();
  const linkAt = (path: string): string | undefined => files.get(path)?.target;
  for (const [number, { changes }] of layers.entries()) {
    // What a layer removes is of the layers below it, wherever the whiteout stands in the archive.
    const gone = new Set<string>();
    for (const change of changes) {
      if ('removed' in change) gone.add(writtenPath(change.removed, linkAt));
      else if ('emptied' in change) gone.add(`${writtenPath(change.emptied, linkAt)}/`);
    }
    removeAll(files, gone, removed);
    const replaced = new Set<string>();
    for (const change of changes) {
      if (!('path' in change)) continue;
      const path = writtenPath(change.path, linkAt);
      const node = 'node' in change ? change.node : files.get(writtenPath(change.hardlink, linkAt));
      if (!node) continue;
      if (node.type !== 'directory' && files.get(path)?.type === 'directory') replaced.add(`${path}/`);
      const old = files.get(path);
      if (old?.type === 'file' && old.hash !== node.hash && origins.get(path) !== number) {
        covered.set(path, [...(covered.get(path) ?? []), old]);
      }
      files.set(path, node);
      removed.delete(path);
      origins.set(path, number);
    }
    removeAll(files, replaced, removed);
  }
  return { files, origins, removed, covered };
}

/** Removes paths and all that is below them; one that ends in a slash names only what is below. */
function removeAll(files: Map<string, ImageNode>, gone: ReadonlySet<string>, removed: Map<string, ImageNode>): void {
  if (gone.size === 0) return;
  for (const [path, node] of files) {
    if (!gone.has(path) && !gone.has('/') && !isBelow(path, gone)) continue;
    files.delete(path);
    removed.set(path, node);
  }
}

function isBelow(path: string, gone: ReadonlySet<string>): boolean {
  for (let slash = path.lastIndexOf('/'); slash !== -1; slash = path.lastIndexOf('/', slash - 1)) {
    if (gone.has(path.slice(0, slash)) || gone.has(path.slice(0, slash + 1))) return true;
    if (slash === 0) break;
  }
  return false;
}
