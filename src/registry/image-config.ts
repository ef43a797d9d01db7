import { RegistryError } from './errors.ts';
import {
  chooseManifest,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  isVerifiable,
  maxManifestBytes,
  nestedIndexes,
  type Platform,
  parseManifest,
  platformsOf,
} from './manifest.ts';
import type { Place, Source } from './source.ts';

/** A health check of an image's configuration; durations are in nanoseconds. */
export interface Healthcheck {
  readonly Test: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/**
 * What an image hands down to one that is built from it, in the spelling of the OCI image specification (`config.md`) and
 * of Docker's additions to it. What is absent in the image is empty here, but for the fields that may be absent.
 */
export interface ImageConfig {
  /** `root` is the empty text, as a rule. */
  readonly User: string;
  /** `NAME=value`. */
  readonly Env: readonly string[];
  readonly WorkingDir: string;
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Shell?: readonly string[];
  /** `8080/tcp`. */
  readonly ExposedPorts: readonly string[];
  readonly Volumes: readonly string[];
  readonly OnBuild: readonly string[];
  readonly Healthcheck?: Healthcheck;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

/** One image of a reference: the manifest for a platform, and its configuration. */
export interface ImageDescription {
  /** What the reference stands for: an index where it has one. */
  readonly digest: string;
  /** The manifest for the platform. */
  readonly manifestDigest: string;
  readonly platform: Platform;
  readonly config: ImageConfig;
  /** When it was built, ISO 8601; absent where it is not said, or where the time is the epoch of reproducible builds. */
  readonly created?: string;
  readonly layers: readonly Descriptor[];
}

const maxConfigBytes = 8 * 1024 * 1024;
const maxDepth = 4;
const maxManifests = 32;
const configTypes = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  '',
]);

/** Where content is from. */
type Contents = Pick<Source, 'content'>;

/** The manifest of a digest or, where that is an index, of the index's entry for a platform. */
export async function manifestFor(
  source: Contents,
  place: Place,
  digest: string,
  platform: Platform,
): Promise<{ digest: string; manifest: ImageManifest }> {
  const found = await descend(source, place, digest, platform, 0, { left: maxManifests });
  if (found) return found;
  const { os, architecture, variant } = platform;
  const wanted = [os, architecture, variant].filter(Boolean).join('/');
  const root = await manifestOf(source, place, digest);
  const has = root.kind === 'index' ? platformsOf(root).join(', ') : '';
  const reason = `it has no image for ${wanted}`;
  throw new RegistryError({ kind: 'unsupported', reason, ...(has !== '' && { advice: `it has images for ${has}` }) });
}

async function descend(
  source: Contents,
  place: Place,
  digest: string,
  platform: Platform,
  depth: number,
  budget: { left: number },
): Promise<{ digest: string; manifest: ImageManifest } | undefined> {
  const found = await manifestOf(source, place, digest);
  if (found.kind === 'manifest') return { digest, manifest: found };
  if (depth >= maxDepth || --budget.left < 0)
    throw new RegistryError({ kind: 'untrusted', reason: 'its indexes are nested without end' });
  const entry = chooseManifest(found, platform);
  const candidates = entry ? [entry] : nestedIndexes(found);
  for (const candidate of candidates.filter(isVerifiable)) {
    const inner = await descend(source, place, candidate.digest, platform, depth + 1, budget);
    if (inner) return inner;
  }
  return undefined;
}

/** The parsed manifest of a digest. */
export async function manifestOf(source: Contents, place: Place, digest: string): Promise<ImageIndex | ImageManifest> {
  const { bytes, contentType } = await source.content(place, digest, 'manifest', maxManifestBytes);
  return parseManifest(bytes, contentType);
}

/** Describes the image of a digest for a platform. */
export async function describeImage(
  source: Contents,
  place: Place,
  digest: string,
  platform: Platform,
): Promise<ImageDescription> {
  const { digest: manifestDigest, manifest } = await manifestFor(source, place, digest, platform);
  const { config: pointer, layers } = manifest;
  if (!configTypes.has(pointer.mediaType) || !isVerifiable(pointer)) {
    throw new RegistryError({ kind: 'unsupported', reason: 'what it has there is not a container image' });
  }
  const { bytes } = await source.content(place, pointer.digest, 'config', maxConfigBytes);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new RegistryError({ kind: 'untrusted', reason: 'its configuration is not JSON' });
  }
  const { os, architecture, variant, created, config } = record(parsed);
  return {
    digest,
    manifestDigest,
    platform: {
      os: text(os) || platform.os,
      architecture: text(architecture) || platform.architecture,
      ...(text(variant) !== '' && { variant: text(variant) }),
    },
    config: readConfig(record(config)),
    ...createdAt(text(created)),
    layers,
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function createdAt(created: string): { created?: string } {
  const time = Date.parse(created);
  return Number.isNaN(time) || time < 86_400_000 ? {} : { created: new Date(time).toISOString() };
}

function readConfig(config: Record<string, unknown>): ImageConfig {
  const list = (name: string) => (Array.isArray(config[name]) ? { [name]: texts(config[name]) } : {});
  const check = record(config.Healthcheck);
  const numbers = Object.fromEntries(
    ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'].flatMap((name) =>
      typeof check[name] === 'number' ? [[name, check[name]]] : [],
    ),
  );
  return {
    User: text(config.User),
    Env: texts(config.Env),
    WorkingDir: text(config.WorkingDir),
    ...list('Entrypoint'),
    ...list('Cmd'),
    ...list('Shell'),
    ExposedPorts: Object.keys(record(config.ExposedPorts)),
    Volumes: Object.keys(record(config.Volumes)),
    OnBuild: texts(config.OnBuild),
    ...(Array.isArray(check.Test) && { Healthcheck: { Test: texts(check.Test), ...numbers } }),
    Labels: Object.fromEntries(Object.entries(record(config.Labels)).map(([name, value]) => [name, text(value)])),
    ...(text(config.StopSignal) !== '' && { StopSignal: text(config.StopSignal) }),
  };
}
