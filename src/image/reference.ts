import type { Span } from '../text/index.ts';
import { isDomain, isIdentifier, matchGrammar, maxPathLength, type ReferenceFault } from './grammar.ts';

const defaultDomain = 'docker.io';
const legacyDomain = 'index.docker.io';
const officialPrefix = 'library/';

/** An image reference as it is written, in the way Docker reads it. Spans are offsets into the text that was parsed. */
export interface ImageReference {
  /** The registry as written, with its port; empty when none is written, which means Docker Hub. */
  readonly domain: string;
  /** The repository as written, without the registry. */
  readonly path: string;
  /** Registry and repository as written. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly spans: {
    /** Registry and repository. */
    readonly name: Span;
    /** The tag without its colon. */
    readonly tag?: Span;
    /** The digest without its `@`. */
    readonly digest?: Span;
  };
}

/** An image reference with Docker's defaults filled in. At least one of tag and digest is there. */
export interface CanonicalReference {
  /** `docker.io` for Docker Hub; else as written. */
  readonly domain: string;
  /** The repository's path in its registry: `library/ubuntu`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** What reading a text as an image reference gave. */
export type ParsedReference =
  | { readonly ok: true; readonly reference: ImageReference }
  | { readonly ok: false; readonly reason: ReferenceFault };

/** Whether Docker takes the first component of a name for a registry (distribution/reference, `splitDockerDomain`). */
function namesRegistry(first: string): boolean {
  return first === 'localhost' || first.includes('.') || first.includes(':') || first.toLowerCase() !== first;
}

function canonicalPath(domain: string, path: string): string {
  return domain === defaultDomain && !path.includes('/') ? officialPrefix + path : path;
}

function canonicalDomain(domain: string): string {
  return domain === '' || domain === legacyDomain ? defaultDomain : domain;
}

/**
 * Reads a text as an image reference, as Docker and BuildKit do (distribution/reference, `ParseNormalizedNamed`), except
 * that a registry which is not a valid host name (`foo_bar.com/x`) is refused.
 * Only sha256 digests are read; others are the fault `digest-unsupported`.
 */
export function parseReference(text: string): ParsedReference {
  if (isIdentifier(text)) return { ok: false, reason: 'identifier' };
  const match = matchGrammar(text);
  if (typeof match === 'string') return { ok: false, reason: match };
  const repository = text.slice(0, match.name.end);
  const slash = repository.indexOf('/');
  const first = slash === -1 ? '' : repository.slice(0, slash);
  const domain = first !== '' && namesRegistry(first) ? first : '';
  if (domain !== '' && !isDomain(domain)) return { ok: false, reason: 'format' };
  const path = domain === '' ? repository : repository.slice(slash + 1);
  if (canonicalPath(canonicalDomain(domain), path).length > maxPathLength) return { ok: false, reason: 'too-long' };
  const { tag, digest } = match;
  const reference: ImageReference = {
    domain,
    path,
    repository,
    ...(tag && { tag: text.slice(tag.start, tag.end) }),
    ...(digest && { digest: text.slice(digest.start, digest.end) }),
    spans: { name: match.name, ...(tag && { tag }), ...(digest && { digest }) },
  };
  return { ok: true, reference };
}

/** The reference with Docker's defaults: registry `docker.io`, `library/` for official images, and the tag `latest`. */
export function normalize(reference: ImageReference): CanonicalReference {
  const domain = canonicalDomain(reference.domain);
  const { digest } = reference;
  const tag = reference.tag ?? (digest === undefined ? 'latest' : undefined);
  return {
    domain,
    path: canonicalPath(domain, reference.path),
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

function suffix(reference: { readonly tag?: string; readonly digest?: string }): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  return reference.digest === undefined ? tag : `${tag}@${reference.digest}`;
}

/** The whole reference, spelled out: `docker.io/library/ubuntu:latest`. */
export function canonicalText(reference: CanonicalReference): string {
  return `${reference.domain}/${reference.path}${suffix(reference)}`;
}

/** The reference that builders act on: where a digest is written, the tag is ignored. */
export function effectiveText(reference: CanonicalReference): string {
  const { domain, path, digest } = reference;
  return digest === undefined ? canonicalText(reference) : `${domain}/${path}@${digest}`;
}

/** The repository as people write it: `ubuntu`, `org/app`, `ghcr.io/org/app`. */
export function familiarName(reference: CanonicalReference): string {
  if (reference.domain !== defaultDomain) return `${reference.domain}/${reference.path}`;
  const short = reference.path.startsWith(officialPrefix) ? reference.path.slice(officialPrefix.length) : '';
  return short !== '' && !short.includes('/') ? short : reference.path;
}

/** The reference as people write it, with its tag and digest. */
export function familiarText(reference: CanonicalReference): string {
  return familiarName(reference) + suffix(reference);
}

/** The text of a reference with this digest added or put in place of the one it has; all else as written. */
export function withDigest(text: string, reference: ImageReference, digest: string): string {
  return `${withoutDigest(text, reference)}@${digest}`;
}

/** The text of a reference without its digest. */
export function withoutDigest(text: string, reference: ImageReference): string {
  const { digest } = reference.spans;
  return digest ? text.slice(0, digest.start - 1) : text;
}

/** The text of a reference with this tag added or put in place of the one it has; all else as written. */
export function withTag(text: string, reference: ImageReference, tag: string): string {
  const { name, tag: old } = reference.spans;
  return `${text.slice(0, name.end)}:${tag}${text.slice(old ? old.end : name.end)}`;
}

/** The host and port that answer for a registry's name: `registry-1.docker.io` for Docker Hub. */
export function registryHost(domain: string): string {
  const name = canonicalDomain(domain);
  return name === defaultDomain ? 'registry-1.docker.io' : name;
}

/** A sentence for people that says what is wrong with a reference. */
export function referenceFaultText(reason: ReferenceFault): string {
  return faultTexts[reason];
}

const faultTexts: Record<ReferenceFault, string> = {
  empty: 'The image reference is empty',
  format: 'This is not a valid image reference',
  uppercase: 'The repository name must be lower case',
  'too-long': `The repository name is longer than ${maxPathLength} characters`,
  identifier: '64 hexadecimal digits are an image id, not a repository name',
  'digest-format': 'The digest is not of the form `algorithm:hex`',
  'digest-length': 'A sha256 digest has 64 hexadecimal digits',
  'digest-uppercase': 'A sha256 digest is written in lower case',
  'digest-unsupported': 'Only sha256 digests are supported',
};
