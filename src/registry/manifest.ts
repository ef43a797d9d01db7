import { isDigest } from '../image/index.ts';
import { RegistryError } from './errors.ts';

/** `index`: a list of manifests, one a platform; `manifest`: one image. */
export type ManifestKind = 'index' | 'manifest';

/** A pointer to content (OCI image specification, `descriptor.md`). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly platform?: Platform;
}

/** A platform in the words of Go: `linux`, `amd64`, `v7`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

export interface ImageManifest {
  readonly kind: 'manifest';
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const kinds: Readonly<Record<string, ManifestKind>> = {
  'application/vnd.oci.image.index.v1+json': 'index',
  'application/vnd.docker.distribution.manifest.list.v2+json': 'index',
  'application/vnd.oci.image.manifest.v1+json': 'manifest',
  'application/vnd.docker.distribution.manifest.v2+json': 'manifest',
};
const schema1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+(json|prettyjws)$/;

/** The types to ask for, all at once: a registry converts a manifest, with another digest, for a client that lacks one. */
export const acceptManifests = Object.keys(kinds).join(', ');

/** The largest manifest that is read, in bytes: what the distribution specification asks registries to take at least. */
export const maxManifestBytes = 4 * 1024 * 1024;

/** A Content-Type header's media type, in lower case and without parameters. */
export function mediaTypeOf(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** The kind of manifest that a media type stands for; undefined for any other type. */
export function kindOfMediaType(mediaType: string): ManifestKind | undefined {
  return Object.hasOwn(kinds, mediaType) ? kinds[mediaType] : undefined;
}

function untrusted(reason: string): RegistryError {
  return new RegistryError({ kind: 'untrusted', reason });
}

/** The error for a manifest of the format that Docker gave up in 2019. */
export function schema1Error(): RegistryError {
  const reason = 'the image is published in the retired format `schema1` only';
  return new RegistryError({ kind: 'unsupported', reason, advice: 'builders refuse it too: push it again' });
}

export function isSchema1(mediaType: string): boolean {
  return schema1.test(mediaType);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function descriptor(value: unknown): Descriptor {
  if (!isObject(value) || typeof value.digest !== 'string')
    throw untrusted('a descriptor of its manifest is malformed');
  const { mediaType, digest, size, platform, annotations } = value;
  const text = (part: unknown) => (typeof part === 'string' ? part : '');
  // Attestations are listed as images of a platform that nobody has (BuildKit, `attestation-storage.md`).
  const isAttestation = isObject(annotations) && annotations['vnd.docker.reference.type'] !== undefined;
  return {
    mediaType: mediaTypeOf(text(mediaType)),
    digest,
    size: typeof size === 'number' && size >= 0 ? size : 0,
    ...(isObject(platform) && {
      platform: {
        os: isAttestation ? 'unknown' : text(platform.os),
        architecture: isAttestation ? 'unknown' : text(platform.architecture),
        ...(text(platform.variant) !== '' && { variant: text(platform.variant) }),
      },
    }),
  };
}

/**
 * Reads a manifest. Its type is that of its body, or of its Content-Type where the body names none, and must be both
 * where both name one; a body that could be taken for two types is refused (CVE-2021-41190).
 * Throws a RegistryError, `untrusted` or `unsupported`.
 */
export function parseManifest(body: Buffer, contentType: string | undefined): ImageIndex | ImageManifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw untrusted('its manifest is not JSON');
  }
  if (!isObject(parsed)) throw untrusted('its manifest is not a JSON object');
  const header = mediaTypeOf(contentType);
  const own = typeof parsed.mediaType === 'string' ? mediaTypeOf(parsed.mediaType) : '';
  if (isSchema1(header) || isSchema1(own) || parsed.schemaVersion === 1) throw schema1Error();
  const headerKind = kindOfMediaType(header);
  if (headerKind !== undefined && own !== '' && own !== header) {
    throw untrusted(`its manifest says that it is \`${printable(own)}\`, and its header \`${header}\``);
  }
  const looksLikeIndex = Array.isArray(parsed.manifests);
  const looksLikeManifest = isObject(parsed.config) || Array.isArray(parsed.layers);
  if (looksLikeIndex === looksLikeManifest) throw notAnImage(own || header);
  const shape: ManifestKind = looksLikeIndex ? 'index' : 'manifest';
  const named = own === '' ? headerKind : kindOfMediaType(own);
  if (own !== '' && named === undefined) throw notAnImage(own);
  if (named !== undefined && named !== shape) throw untrusted('its manifest is not of the type that it claims');
  const mediaType = own || (headerKind ? header : `application/vnd.oci.image.${shape}.v1+json`);
  if (shape === 'index') return { kind: shape, mediaType, manifests: (parsed.manifests as unknown[]).map(descriptor) };
  if (!Array.isArray(parsed.layers)) throw untrusted('its manifest has no layers');
  return { kind: shape, mediaType, config: descriptor(parsed.config), layers: parsed.layers.map(descriptor) };
}

function printable(mediaType: string): string {
  return mediaType.replace(/[^\w.+/-]+/g, '?').slice(0, 100);
}

function notAnImage(mediaType: string): RegistryError {
  const what = mediaType === '' ? '' : ` (\`${printable(mediaType)}\`)`;
  return new RegistryError({ kind: 'unsupported', reason: `what it has there is not a container image${what}` });
}

const architectures: Readonly<Record<string, string>> = { x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64' };

/** Reads `os/architecture[/variant]`; aliases of architectures are put right. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.toLowerCase().split('/');
  return normalPlatform({ os, architecture, ...(variant && { variant }) });
}

/** Spells a platform as containerd compares it: `arm` is v7 and `arm64` v8 where no variant is written. */
function normalPlatform({ os, architecture, variant = '' }: Platform): Required<Platform> {
  const name = architectures[architecture.toLowerCase()] ?? architecture.toLowerCase();
  const usual = name === 'arm' ? 'v7' : name === 'arm64' ? 'v8' : name === 'amd64' ? 'v1' : '';
  const spelled = variant.toLowerCase().replace(/^(\d)/, 'v$1');
  return { os: os.toLowerCase(), architecture: name, variant: spelled === '' ? usual : spelled };
}

/**
 * The entry of an index for a platform: the exact variant, else the highest lower one, as a v7 machine runs v6 code; the
 * first of equals. Attestations and indexes in the index are never chosen.
 */
export function chooseManifest(index: ImageIndex, platform: Platform): Descriptor | undefined {
  const wanted = normalPlatform(platform);
  const level = (variant: string) => Number(/^v(\d+)/.exec(variant)?.[1] ?? 0);
  let best: Descriptor | undefined;
  let bestLevel = -1;
  for (const entry of index.manifests) {
    if (!entry.platform || kindOfMediaType(entry.mediaType) === 'index') continue;
    const { os, architecture, variant } = normalPlatform(entry.platform);
    if (os !== wanted.os || architecture !== wanted.architecture) continue;
    if (variant === wanted.variant) return entry;
    const its = level(variant);
    if (its < level(wanted.variant) && its > bestLevel) [best, bestLevel] = [entry, its];
  }
  return best;
}

/** The indexes that an index lists. */
export function nestedIndexes(index: ImageIndex): Descriptor[] {
  return index.manifests.filter((entry) => kindOfMediaType(entry.mediaType) === 'index');
}

/** The platforms of an index, attestations left out, as `os/architecture[/variant]`. */
export function platformsOf(index: ImageIndex): string[] {
  const all = index.manifests.flatMap(({ platform }) =>
    platform && platform.os !== '' && platform.os !== 'unknown'
      ? [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')
      : [],
  );
  return [...new Set(all)];
}

/** Whether a descriptor's content can be fetched and verified here. */
export function isVerifiable({ digest }: Descriptor): boolean {
  return isDigest(digest);
}
