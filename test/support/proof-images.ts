import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { configOf, type Image, type ImageNode } from '../../src/verify/image.ts';
import { type LayerCache, readImage } from '../../src/verify/read-image.ts';
import { tarOf } from './registry-images.ts';

/** What an image of a test holds: text files, or nodes as they are. */
export type Files = Readonly<Record<string, string | Partial<ImageNode>>>;

/** An image without archive and engine. */
export function imageWith(files: Files, config: Record<string, unknown> = {}): Image {
  const nodes = Object.entries(files).map(([path, given]): [string, ImageNode] => {
    const own = typeof given === 'string' ? { text: given, size: given.length, hash: sha256(given) } : given;
    return [path, { type: 'file', mode: 0o644, uid: 0, gid: 0, ...own }];
  });
  return { config: configOf({ config }), files: new Map(nodes), layers: 1, size: 0 };
}

export function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

type Entries = Parameters<typeof tarOf>[0];

/** A docker archive (`docker save`) of some layers, each given by its name in the archive. */
export async function dockerArchive(
  layers: readonly (readonly [string, Buffer])[],
  config: Record<string, unknown> = {},
): Promise<Buffer> {
  const manifest = [{ Config: 'config.json', RepoTags: ['x:1'], Layers: layers.map(([name]) => name) }];
  const entries: Entries = [
    ...layers.map(([name, bytes]) => [name, bytes] as const),
    ['config.json', JSON.stringify({ config })],
    ['manifest.json', JSON.stringify(manifest)],
  ];
  return tarOf(entries);
}

export function read(archive: Buffer, cache: LayerCache = new Map()): Promise<Image> {
  return readImage(Readable.from([archive]), cache);
}
