import { homedir } from 'node:os';
import { RegistryApi } from './api.ts';
import { Authorizer } from './authorizer.ts';
import { Cache, cacheFolder } from './cache.ts';
import { certificateFolders, type HostCertificates, hostCertificates } from './certificates.ts';
import { CredentialStore } from './credentials.ts';
import { Dispatchers, type Lookup } from './dispatchers.ts';
import { type DownloadedFile, hashOf } from './download.ts';
import { RegistryError } from './errors.ts';
import { type Clock, systemClock } from './host-state.ts';
import type { HostRules } from './hosts.ts';
import { defaultLimits, Http, type NetworkLimits } from './http.ts';
import { describeImage, type ImageDescription } from './image-config.ts';
import type { ImageFiles } from './image-files.ts';
import type { LayerIndex } from './layer.ts';
import type { Lock } from './lock.ts';
import { type Descriptor, isVerifiable, parsePlatform } from './manifest.ts';
import { checkPin, missingChildren, type PinState, sameImage, type VersionOfTag, versionOfTag } from './pins.ts';
import { type Environment, proxyFromEnvironment } from './proxy.ts';
import { Redactor } from './redact.ts';
import { RequestCounter } from './requests.ts';
import { type Place, type Resolution, Source } from './source.ts';
import { defaultTagLimits, listTags, type TagLimits, type TagList } from './tags.ts';
import { Tokens } from './tokens.ts';

/** How registries are asked. Everything is optional, and nothing of it may come from a repository that is not trusted. */
export interface RegistryOptions extends HostRules {
  /** Where credentials, proxies and folders are looked up; `process.env` by default. */
  readonly env?: Environment;
  readonly home?: string;
  /** The cache folder; `false` keeps nothing. By default the user's cache folder. */
  readonly cache?: string | false;
  /** How long the cache's word about a tag is good, in milliseconds; an hour by default. */
  readonly tagLifetime?: number;
  readonly lock?: Lock;
  /** Answers from the lock and the cache alone. */
  readonly offline?: boolean;
  readonly userAgent?: string;
  readonly limits?: Partial<NetworkLimits>;
  readonly tagLimits?: Partial<TagLimits>;
  /** Tags that are looked at to find the version behind `latest`; 30 by default. */
  readonly versionTries?: number;
  /** Bytes of layers that are read for one image, compressed; 256 MiB by default. */
  readonly layerBytes?: number;
  /** Bytes of layers that are fetched in all, compressed; no limit by default. Those in the cache do not count. */
  readonly allLayerBytes?: number;
  /** The largest file that is fetched for its hash; 256 MiB by default. */
  readonly downloadBytes?: number;
  /** Milliseconds for a credential helper; 30 s by default. */
  readonly helperTimeout?: number;
  /** Folders of certificates by host; those of Docker and podman by default. */
  readonly certificateFolders?: readonly string[];
  /** How names become addresses; the system's way by default. */
  readonly lookup?: Lookup;
  readonly clock?: Clock;
}

const hour = 3_600_000;
const megabyte = 1024 * 1024;
const unpackedFactor = 12;

/** A client for all registries of a run. Its methods throw RegistryError, and nothing else where the world is at fault. */
export class Registry {
  /** Every request that went out. */
  readonly requests = new RequestCounter();
  readonly #warnings = new Set<string>();
  readonly #dispatchers: Dispatchers;
  readonly #api: RegistryApi;
  readonly #source: Source;
  readonly #redactor = new Redactor();
  readonly #clock: Clock;
  readonly #tagLimits: TagLimits;
  readonly #versionTries: number;
  readonly #layerBytes: number;
  #layerBytesLeft: number;
  readonly #http: Http;
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions = {}) {
    const env = options.env ?? process.env;
    const home = options.home ?? homedir();
    const limits = { ...defaultLimits, ...options.limits };
    const warn = (message: string) => void this.#warnings.add(this.#redactor.clean(message));
    this.#clock = options.clock ?? systemClock;
    this.#tagLimits = { ...defaultTagLimits, ...options.tagLimits };
    this.#versionTries = options.versionTries ?? 30;
    this.#layerBytes = options.layerBytes ?? 256 * megabyte;
    this.#layerBytesLeft = options.allLayerBytes ?? Number.POSITIVE_INFINITY;

    const folders = options.certificateFolders ?? certificateFolders(env, home);
    const known = new Map<string, HostCertificates | undefined>();
    const certificatesOf = (host: string) => {
      if (!known.has(host)) {
        const names = [host, host === 'registry-1.docker.io' ? 'docker.io' : `${host}:443`];
        known.set(host, hostCertificates(names, folders, env));
      }
      return known.get(host);
    };
    const proxyFor = proxyFromEnvironment(env);
    this.#dispatchers = new Dispatchers({
      proxyFor,
      certificatesOf,
      connectTimeout: limits.connectTimeout,
      connectionsPerHost: limits.requestsPerHost,
      ...(options.lookup && { lookup: options.lookup }),
    });
    const http = new Http({
      dispatchers: this.#dispatchers,
      proxyFor,
      counter: this.requests,
      limits,
      clock: this.#clock,
      redactor: this.#redactor,
      userAgent: options.userAgent ?? 'dockmend',
    });
    this.#http = http;
    this.#options = options;
    const store = new CredentialStore(env, home, this.#redactor, options.helperTimeout ?? 30_000);
    const tokens = new Tokens(http, this.#clock, this.#redactor);
    this.#api = new RegistryApi(http, new Authorizer(tokens, store, this.#dispatchers, warn), this.#redactor);
    this.#source = new Source({
      api: this.#api,
      cache: new Cache(options.cache === false ? undefined : (options.cache ?? cacheFolder(env, home)), warn),
      clock: this.#clock,
      rules: options,
      hasCertificate: (host) => certificatesOf(host.toLowerCase()) !== undefined,
      lock: options.lock ?? new Map(),
      offline: options.offline ?? false,
      tagLifetime: options.tagLifetime ?? hour,
      warn,
    });
  }

  /** What the user should know although it stopped nothing, in order; no secrets in it. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** What offline mode could not answer, as canonical references, sorted. */
  get missing(): readonly string[] {
    return this.#source.missing;
  }

  /** What tags meant in this run, to be kept in a lock. */
  get resolved(): Lock {
    return this.#source.resolved;
  }

  /**
   * What a reference stands for: its digest where it has one, which is then looked for, else its tag (`latest` by
   * default). `fresh` passes over what the lock and the cache know of the tag.
   */
  resolveDigest(text: string, { fresh = false } = {}): Promise<Resolution> {
    return this.#source.about(text, (place) => {
      const { digest } = place.reference;
      return digest === undefined ? this.#tag(place, fresh) : this.#source.digest(place, digest);
    });
  }

  /** Whether the digest of a pinned reference is still there, and whether its tag still means it. */
  checkPin(text: string): Promise<PinState> {
    return this.#source.about(text, (place) => checkPin(this.#source, place));
  }

  /** The digests that the index of a reference lists and its registry does not have. */
  missingChildren(text: string): Promise<string[]> {
    return this.#source.about(text, async (place) => missingChildren(this.#source, place, await this.#digest(place)));
  }

  /** Whether another digest of the same repository stands for the same image on a platform. */
  sameImage(text: string, digest: string, platform = 'linux/amd64'): Promise<boolean> {
    return this.#source.about(text, async (place) =>
      sameImage(this.#source, place, await this.#digest(place), digest, parsePlatform(platform)),
    );
  }

  /** The tags of a reference's repository. */
  listTags(text: string): Promise<TagList> {
    return this.#source.about(text, (place) => this.#tags(place));
  }

  /** The most precise version tag that means the same as a reference's tag without a version. */
  versionOf(text: string): Promise<VersionOfTag> {
    return this.#source.about(text, async (place) => {
      if (place.reference.tag === undefined) {
        throw new RegistryError({ kind: 'invalid-reference', reason: 'it has a digest and no tag' });
      }
      return versionOfTag(this.#source, place, await this.#tags(place), this.#versionTries);
    });
  }

  /** The configuration of a reference's image for a platform (`os/architecture[/variant]`). */
  describeImage(text: string, platform = 'linux/amd64'): Promise<ImageDescription> {
    return this.#source.about(text, async (place) =>
      describeImage(this.#source, place, await this.#digest(place), parsePlatform(platform)),
    );
  }

  /** Whether `describeImage` gets by without content of a registry; what a tag means may be asked. */
  async isDescribed(text: string, platform = 'linux/amd64'): Promise<boolean> {
    const kept = { content: (place: Place, digest: string) => this.#source.keptContent(place, digest) };
    try {
      const place = this.#source.place(text);
      await describeImage(kept, place, await this.#digest(place), parsePlatform(platform));
      return true;
    } catch (error) {
      if (error instanceof RegistryError) return false;
      throw error;
    }
  }

  /**
   * When a reference's image was published, ISO 8601: the registry's Last-Modified, else the time in its configuration;
   * undefined where neither is known.
   */
  publishedAt(text: string, platform = 'linux/amd64'): Promise<string | undefined> {
    return this.#source.about(text, async () => {
      const { lastModified } = await this.resolveDigest(text);
      return lastModified ?? (await this.describeImage(text, platform)).created;
    });
  }

  /**
   * Files of a reference's image for a platform, read out of its layers, the smallest first, up to the limits of bytes.
   * With `whole` nothing is fetched, and nothing is known, where the limits do not allow all of it.
   */
  imageFiles(text: string, { platform = 'linux/amd64', whole = false } = {}): Promise<ImageFiles> {
    return this.#source.about(text, async (place) => {
      const { layers } = await describeImage(this.#source, place, await this.#digest(place), parsePlatform(platform));
      const { filesOf } = await import('./image-files.ts');
      const chosen = await this.#affordable(layers);
      if (whole && !layers.every(({ digest }) => chosen.has(digest))) return filesOf(layers.map(() => undefined));
      const read = new Map<string, LayerIndex>();
      await Promise.all(
        [...chosen].map(async ([digest, { layer, cost }]) => {
          this.#layerBytesLeft -= cost;
          read.set(digest, await this.#layer(place, layer));
        }),
      );
      return filesOf(layers.map(({ digest }) => read.get(digest)));
    });
  }

  /** The layers that the limits allow to read, by digest, each with the bytes that are fetched for it. */
  async #affordable(layers: readonly Descriptor[]): Promise<Map<string, { layer: Descriptor; cost: number }>> {
    const chosen = new Map<string, { layer: Descriptor; cost: number }>();
    let left = this.#layerBytes;
    let leftInAll = this.#layerBytesLeft;
    for (const layer of [...layers].filter(isReadable).sort((a, b) => a.size - b.size)) {
      if (chosen.has(layer.digest) || layer.size > left) continue;
      const cost = (await this.#source.isKept(layerKey(layer))) ? 0 : layer.size;
      if (cost > leftInAll) continue;
      left -= layer.size;
      leftInAll -= cost;
      chosen.set(layer.digest, { layer, cost });
    }
    return chosen;
  }

  /** Fetches a file of the web for its hash, up to 256 MiB unless the options say otherwise. */
  async download(url: string): Promise<DownloadedFile> {
    const { offline, downloadBytes = 256 * megabyte } = this.#options;
    if (offline)
      throw new RegistryError({ kind: 'offline', host: new URL(url).host, reason: 'nothing is fetched offline' });
    return hashOf(this.#http, url, this.#options, downloadBytes);
  }

  /** Ends all connections; the registry cannot be used after it. */
  close(): Promise<void> {
    return this.#dispatchers.close();
  }

  #layer(place: Place, layer: Descriptor): Promise<LayerIndex> {
    const { path } = place;
    return this.#source.derived(layerKey(layer), `${place.text} (${layer.digest})`, () =>
      this.#source.fromAny(place, (endpoint) =>
        this.#api.layer(endpoint, path, layer.digest, layer.size, async (body) => {
          const { readLayer } = await import('./layer.ts');
          return readLayer(body, layer, { unpacked: unpackedFactor * this.#layerBytes });
        }),
      ),
    );
  }

  #tags(place: Place): Promise<TagList> {
    const { endpoint, path } = place;
    const name = `${endpoint.root.host}/${path}`;
    return this.#source.listed(`tags ${name}`, `the tags of ${name}`, () =>
      listTags(this.#api, endpoint, path, this.#tagLimits, this.#clock, this.#redactor),
    );
  }

  async #digest(place: Place): Promise<string> {
    return place.reference.digest ?? (await this.#tag(place)).digest;
  }

  async #tag(place: Place, fresh = false): Promise<Resolution> {
    const { tag = 'latest' } = place.reference;
    const found = await this.#source.tag(place, tag, fresh);
    this.#source.record(place, tag, found);
    return found;
  }
}

/** What is read out of a layer is part of the key: a version that looks for more reads it again. */
function layerKey(layer: Descriptor): string {
  return `layer-index 2 ${layer.digest}`;
}

/** Layers that a registry need not have (`foreign`), and encrypted ones, cannot be read. */
function isReadable(layer: Descriptor): boolean {
  return isVerifiable(layer) && layer.size > 0 && !/foreign|nondistributable|encrypted/.test(layer.mediaType);
}

/** Makes the client through which registries are asked. */
export function createRegistry(options: RegistryOptions = {}): Registry {
  return new Registry(options);
}
