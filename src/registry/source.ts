import {
  type CanonicalReference,
  canonicalText,
  normalize,
  parseReference,
  referenceFaultText,
} from '../image/index.ts';
import type { Content, ManifestHead, RegistryApi } from './api.ts';
import { type Cache, digestOf } from './cache.ts';
import { RegistryError } from './errors.ts';
import type { Clock } from './host-state.ts';
import { checkAllowed, type Endpoint, endpointOf, type HostRules, mirrorsOf, upstreamOf } from './hosts.ts';
import type { Lock, LockedImage } from './lock.ts';
import { kindOfMediaType, type ManifestKind } from './manifest.ts';

/** What a tag or digest stands for, and how that is known. */
export interface Resolution {
  readonly digest: string;
  readonly mediaType: string;
  readonly kind: ManifestKind;
  /** The registry's Last-Modified header, ISO 8601. */
  readonly lastModified?: string;
  /** When the registry was asked, ISO 8601. */
  readonly at: string;
  /** `head`: the registry's word over TLS; `get`: the hash of what it sent; else what an earlier run kept of these. */
  readonly via: 'head' | 'get' | 'cache' | 'lock';
}

/** A reference, and where its content is asked for. */
export interface Place {
  /** As the caller wrote it. */
  readonly text: string;
  readonly reference: CanonicalReference;
  /** The repository's path at the endpoint. */
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly mirrors: readonly Endpoint[];
}

/** What a source is made of. */
export interface SourceParts {
  readonly api: RegistryApi;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly rules: HostRules;
  readonly hasCertificate: (host: string) => boolean;
  readonly lock: Lock;
  readonly offline: boolean;
  /** Milliseconds. */
  readonly tagLifetime: number;
  readonly warn: (message: string) => void;
}

/**
 * Answers from the lock, the cache and the registries, in this order, and asks for each thing once in a run, failures
 * included. Only digests that a registry gave, or a lock or cache kept from one, ever come out of it.
 */
export class Source {
  readonly #parts: SourceParts;
  readonly #asked = new Map<string, Promise<unknown>>();
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #resolved = new Map<string, LockedImage>();
  readonly #missing = new Set<string>();

  constructor(parts: SourceParts) {
    this.#parts = parts;
  }

  /** What tags meant in this run, for a lock. */
  get resolved(): Lock {
    return this.#resolved;
  }

  /** What could not be answered offline, sorted. */
  get missing(): string[] {
    return [...this.#missing].sort();
  }

  /** Reads a reference and decides who is asked; throws `invalid-reference` and `not-allowed`. */
  place(text: string): Place {
    const parsed = parseReference(text);
    if (!parsed.ok) {
      const reason = referenceFaultText(parsed.reason);
      throw new RegistryError({ kind: 'invalid-reference', reference: text, reason });
    }
    const { rules, hasCertificate } = this.#parts;
    const reference = normalize(parsed.reference);
    checkAllowed(reference, rules);
    const { domain, path } = upstreamOf(reference, rules);
    if (domain !== reference.domain) checkAllowed({ domain, path }, rules);
    let endpoint = this.#endpoints.get(domain);
    if (!endpoint) {
      endpoint = endpointOf(domain, rules, hasCertificate);
      this.#endpoints.set(domain, endpoint);
    }
    return { text, reference, path, endpoint, mirrors: mirrorsOf(domain, rules) };
  }

  /** Runs something about a place, so that its errors say which reference they are about. */
  async about<T>(text: string, work: (place: Place) => Promise<T>): Promise<T> {
    try {
      return await work(this.place(text));
    } catch (error) {
      throw error instanceof RegistryError && error.reference !== text ? error.of(text) : error;
    }
  }

  /** What a tag means. `fresh` asks the registry although the lock or the cache know. */
  async tag(place: Place, tag: string, fresh = false): Promise<Resolution> {
    const { domain, path } = place.reference;
    const name = canonicalText({ domain, path, tag });
    return this.#once(`${fresh ? 'fresh ' : ''}tag ${name}`, () => this.#tag(place, tag, name, fresh));
  }

  /** Notes what a tag means for a lock: tags that were only looked at on the way do not belong there. */
  record(place: Place, tag: string, { digest, mediaType, at }: Resolution): void {
    const { domain, path } = place.reference;
    this.#resolved.set(canonicalText({ domain, path, tag }), { digest, mediaType, resolvedAt: at });
  }

  async #tag(place: Place, tag: string, name: string, fresh: boolean): Promise<Resolution> {
    const { cache, clock, lock, offline, tagLifetime } = this.#parts;
    const locked = lock.get(name);
    const kind = locked && kindOfMediaType(locked.mediaType);
    if (locked && kind && !fresh) {
      return { digest: locked.digest, mediaType: locked.mediaType, kind, at: locked.resolvedAt, via: 'lock' };
    }
    // The upstream's name, as what is kept must not depend on how a proxy was mapped at the time.
    const key = `tag ${place.endpoint.root.host}/${place.path}:${tag}`;
    const cached = await cache.get(key);
    if (cached && !fresh && (offline || clock.now() - cached.at < tagLifetime) && cached.at <= clock.now()) {
      return { ...(cached.value as ManifestHead), at: new Date(cached.at).toISOString(), via: 'cache' };
    }
    this.#refuseOffline(name);
    const head = await this.#head(place, tag);
    const now = clock.now();
    await cache.set(key, head, now);
    return { ...head, at: new Date(now).toISOString() };
  }

  /** Whether the registry has a digest, and of which kind it is. Always asked anew, once a run. */
  async digest(place: Place, digest: string): Promise<Resolution> {
    const { domain, path } = place.reference;
    const name = canonicalText({ domain, path, digest });
    return this.#once(`digest ${name}`, async () => {
      this.#refuseOffline(name);
      const head = await this.#head(place, digest);
      return { ...head, at: new Date(this.#parts.clock.now()).toISOString() };
    });
  }

  /** Content by its digest: from the cache, a mirror, or the registry, and verified wherever it is from. */
  async content(place: Place, digest: string, what: 'manifest' | 'config', maxBytes: number): Promise<Content> {
    return this.#once(`content ${place.endpoint.root.host} ${digest}`, async () => {
      const { api, cache, clock } = this.#parts;
      const key = `content ${digest}`;
      const cached = await this.#cached(digest);
      if (cached) return cached;
      this.#refuseOffline(canonicalText({ domain: place.reference.domain, path: place.reference.path, digest }));
      const content = await this.fromAny(place, (endpoint) =>
        what === 'manifest'
          ? api.manifest(endpoint, place.path, digest)
          : api.blob(endpoint, place.path, digest, maxBytes),
      );
      await cache.set(key, { contentType: content.contentType, text: content.bytes.toString('utf8') }, clock.now());
      return content;
    });
  }

  /** Content by its digest that costs no request; throws `offline` for any other. */
  async keptContent(place: Place, digest: string): Promise<Content> {
    const asked = this.#asked.get(`content ${place.endpoint.root.host} ${digest}`) as Promise<Content> | undefined;
    const found = await (asked ?? this.#cached(digest));
    if (found) return found;
    throw new RegistryError({ kind: 'offline', reason: 'the cache does not know it' });
  }

  async #cached(digest: string): Promise<Content | undefined> {
    const cached = (await this.#parts.cache.get(`content ${digest}`))?.value;
    const { contentType, text } = (cached ?? {}) as { contentType: string; text: unknown };
    if (typeof text !== 'string' || digestOf(text) !== digest) return undefined;
    return { bytes: Buffer.from(text), contentType };
  }

  /** Asks the mirrors of a place in order, then its registry. Fit for content by digest only. */
  async fromAny<T>(place: Place, ask: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    for (const mirror of place.mirrors) {
      try {
        return await ask(mirror);
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        // A mirror that lacks something is what the registry behind it is for.
        if (error.kind !== 'not-found')
          this.#parts.warn(`Mirror \`${mirror.root.host}\` was passed over: ${error.reason}`);
      }
    }
    return ask(place.endpoint);
  }

  /** Whether a derived value is at hand, or on its way. */
  async isKept(key: string): Promise<boolean> {
    return this.#asked.has(key) || (await this.#parts.cache.get(key)) !== undefined;
  }

  /** A value that is derived from a digest and kept for good. */
  async derived<T>(key: string, name: string, make: () => Promise<T>): Promise<T> {
    return this.#once(key, async () => {
      const { cache, clock } = this.#parts;
      const cached = await cache.get(key);
      if (cached) return cached.value as T;
      this.#refuseOffline(name);
      const value = await make();
      await cache.set(key, value, clock.now());
      return value;
    });
  }

  /** A value that goes stale like a tag does. */
  async listed<T>(key: string, name: string, make: () => Promise<T>): Promise<T> {
    return this.#once(key, async () => {
      const { cache, clock, offline, tagLifetime } = this.#parts;
      const cached = await cache.get(key);
      if (cached && (offline || clock.now() - cached.at < tagLifetime)) return cached.value as T;
      this.#refuseOffline(name);
      const value = await make();
      await cache.set(key, value, clock.now());
      return value;
    });
  }

  async #head(place: Place, reference: string): Promise<ManifestHead> {
    return this.#parts.api.head(place.endpoint, place.path, reference);
  }

  #refuseOffline(name: string): void {
    if (!this.#parts.offline) return;
    this.#missing.add(name);
    const reason = 'neither the lock nor the cache knows it, and the network may not be used';
    throw new RegistryError({ kind: 'offline', reason, advice: 'run once without `--offline`' });
  }

  #once<T>(key: string, make: () => Promise<T>): Promise<T> {
    let asked = this.#asked.get(key) as Promise<T> | undefined;
    if (!asked) {
      asked = make();
      this.#asked.set(key, asked);
    }
    return asked;
  }
}
