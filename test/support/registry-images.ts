import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

/** Bytes with their digest. */
export interface Blob {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly mediaType: string;
}

/** Something that can be pushed: a manifest or an index, and what it points to. */
export interface Pushable extends Blob {
  readonly blobs: readonly Blob[];
  readonly children: readonly Pushable[];
  readonly platform?: { os: string; architecture: string; variant?: string };
}

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

type Content = string | Buffer | Partial<Header>;

/** A tar archive of some paths; a path with `/` at the end is a folder, an object a tar header. The same each time. */
export async function tarOf(files: readonly (readonly [string, Content])[]): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of files) {
    const common = { name, mtime: new Date(0), mode: 0o755, uid: 0, gid: 0 };
    if (typeof content === 'string' || Buffer.isBuffer(content)) {
      if (name.endsWith('/')) archive.entry({ ...common, type: 'directory' });
      else archive.entry(common, content as string);
    } else archive.entry({ ...common, ...content } as Header);
  }
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** A valid zstd frame of uncompressed blocks (RFC 8878), as Node 20 cannot compress with zstd. */
export function zstdFrame(bytes: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(0xfd2fb528, 0);
  header[4] = 0xa0;
  header.writeUInt32LE(bytes.length, 5);
  const pieces = [header];
  const size = 100_000;
  for (let at = 0; at === 0 || at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    const last = at + size >= bytes.length ? 1 : 0;
    const head = Buffer.alloc(3);
    head.writeUIntLE(last | (piece.length << 3), 0, 3);
    pieces.push(head, piece);
  }
  return Buffer.concat(pieces);
}

export async function layerOf(
  files: readonly (readonly [string, Content])[],
  compression: 'gzip' | 'zstd' | 'none' = 'gzip',
): Promise<Blob> {
  const tar = await tarOf(files);
  const bytes = compression === 'gzip' ? gzipSync(tar) : compression === 'zstd' ? zstdFrame(tar) : tar;
  const suffix = compression === 'none' ? '' : `+${compression}`;
  return { bytes, digest: sha256(bytes), mediaType: `application/vnd.oci.image.layer.v1.tar${suffix}` };
}

function json(value: unknown, mediaType: string): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, digest: sha256(bytes), mediaType };
}

const pointer = ({ mediaType, digest, bytes }: Blob) => ({ mediaType, digest, size: bytes.length });

export interface ImageOptions {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly config?: Record<string, unknown>;
  readonly created?: string;
  readonly layers?: readonly Blob[];
  readonly format?: 'oci' | 'docker';
  /** Leaves `mediaType` out of the manifest, as OCI allows. */
  readonly untyped?: boolean;
  /** Makes images differ that are the same otherwise. */
  readonly note?: string;
}

export function imageOf(options: ImageOptions = {}): Pushable {
  const { os = 'linux', architecture = 'amd64', variant, config = {}, created, layers = [], note } = options;
  const platform = { os, architecture, ...(variant !== undefined && { variant }) };
  const docker = options.format === 'docker';
  const settings = json(
    {
      ...platform,
      config,
      ...(created && { created }),
      rootfs: { type: 'layers', diff_ids: [] },
      ...(note && { note }),
    },
    docker ? 'application/vnd.docker.container.image.v1+json' : 'application/vnd.oci.image.config.v1+json',
  );
  const mediaType = docker
    ? 'application/vnd.docker.distribution.manifest.v2+json'
    : 'application/vnd.oci.image.manifest.v1+json';
  const manifest = json(
    {
      schemaVersion: 2,
      ...(!options.untyped && { mediaType }),
      config: pointer(settings),
      layers: layers.map((layer) =>
        docker ? { ...pointer(layer), mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' } : pointer(layer),
      ),
    },
    mediaType,
  );
  return { ...manifest, blobs: [settings, ...layers], children: [], platform };
}

export interface IndexOptions {
  readonly format?: 'oci' | 'docker';
  readonly untyped?: boolean;
  readonly annotations?: Record<string, string>;
}

export function indexOf(children: readonly Pushable[], options: IndexOptions = {}): Pushable {
  const mediaType =
    options.format === 'docker'
      ? 'application/vnd.docker.distribution.manifest.list.v2+json'
      : 'application/vnd.oci.image.index.v1+json';
  const index = json(
    {
      schemaVersion: 2,
      ...(!options.untyped && { mediaType }),
      manifests: children.map((child) => ({ ...pointer(child), ...(child.platform && { platform: child.platform }) })),
      ...(options.annotations && { annotations: options.annotations }),
    },
    mediaType,
  );
  return { ...index, blobs: [], children };
}

/** An entry as BuildKit adds it for provenance: no image that could run. */
export function attestationOf(note: string): Pushable {
  return imageOf({ os: 'unknown', architecture: 'unknown', note });
}

/** Pushes to a registry over HTTP, all it points to first; `reference` is a tag or nothing for the digest alone. */
export async function push(
  root: string,
  repository: string,
  reference: string | undefined,
  thing: Pushable,
  headers: Record<string, string> = {},
): Promise<string> {
  for (const child of thing.children) await push(root, repository, undefined, child, headers);
  for (const blob of thing.blobs) {
    const base = `${root}/v2/${repository}/blobs`;
    if ((await fetch(`${base}/${blob.digest}`, { method: 'HEAD', headers })).ok) continue;
    const start = await fetch(`${base}/uploads/`, { method: 'POST', headers });
    if (start.status !== 202) throw new Error(`upload to ${repository}: ${start.status} ${await start.text()}`);
    const url = new URL(start.headers.get('location') ?? '', root);
    url.searchParams.set('digest', blob.digest);
    const type = { 'content-type': 'application/octet-stream' };
    const end = await fetch(url, { method: 'PUT', headers: { ...headers, ...type }, body: new Uint8Array(blob.bytes) });
    if (end.status !== 201) throw new Error(`blob of ${repository}: ${end.status} ${await end.text()}`);
  }
  const answer = await fetch(`${root}/v2/${repository}/manifests/${reference ?? thing.digest}`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': thing.mediaType },
    body: new Uint8Array(thing.bytes),
  });
  if (answer.status !== 201) throw new Error(`manifest of ${repository}: ${answer.status} ${await answer.text()}`);
  return thing.digest;
}
