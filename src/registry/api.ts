import { isDigest } from '../image/index.ts';
import { type Authorized, type Authorizer, loginAdvice } from './authorizer.ts';
import { digestOf } from './cache.ts';
import { RegistryError } from './errors.ts';
import type { Endpoint } from './hosts.ts';
import { type Http, type HttpAnswer, headerOf } from './http.ts';
import {
  acceptManifests,
  isSchema1,
  kindOfMediaType,
  type ManifestKind,
  maxManifestBytes,
  mediaTypeOf,
  parseManifest,
  schema1Error,
} from './manifest.ts';
import type { Redactor } from './redact.ts';
import { complaintCodes, registryWords } from './registry-words.ts';
import type { RequestKind } from './requests.ts';

/** What a registry says about a tag or a digest. */
export interface ManifestHead {
  readonly digest: string;
  readonly mediaType: string;
  readonly kind: ManifestKind;
  /** The Last-Modified header, ISO 8601. */
  readonly lastModified?: string;
  /** `head`: by the registry's own word; `get`: by the hash of what it sent. */
  readonly via: 'head' | 'get';
}

/** A verified body. */
export interface Content {
  readonly bytes: Buffer;
  readonly contentType: string;
}

const maxRedirects = 5;

/** The distribution API of one registry or mirror: authorized, verified, and with errors that say what to do. */
export class RegistryApi {
  readonly #http: Http;
  readonly #authorizer: Authorizer;
  readonly #redactor: Redactor;

  constructor(http: Http, authorizer: Authorizer, redactor: Redactor) {
    this.#http = http;
    this.#authorizer = authorizer;
    this.#redactor = redactor;
  }

  /**
   * What a tag or digest stands for: HEAD, or GET and the hash of the body where HEAD is not answered in full. Throws
   * `untrusted` where digests contradict each other, `unsupported` for what no builder takes.
   */
  async head(endpoint: Endpoint, path: string, reference: string): Promise<ManifestHead> {
    const head = await this.#manifest('HEAD', endpoint, path, reference);
    const { answer } = head;
    if ([401, 403].includes(answer.status)) throw this.#refusal(head, endpoint, path, reference);
    const digest = headerOf(answer.headers, 'docker-content-digest')?.trim() ?? '';
    const mediaType = mediaTypeOf(headerOf(answer.headers, 'content-type'));
    const kind = kindOfMediaType(mediaType);
    if (answer.status === 200 && isSchema1(mediaType)) throw schema1Error();
    // The word of a host that the registry redirects to is not the registry's.
    if (answer.status === 200 && isDigest(digest) && kind && !answer.elsewhere) {
      if (isDigest(reference) && reference !== digest) throw differs(endpoint, reference, digest);
      return { digest, mediaType, kind, via: 'head', ...lastModified(answer) };
    }
    return this.#headByGet(endpoint, path, reference);
  }

  async #headByGet(endpoint: Endpoint, path: string, reference: string): Promise<ManifestHead> {
    const authorized = await this.#manifest('GET', endpoint, path, reference);
    const { answer } = authorized;
    if (answer.status !== 200) throw this.#refusal(authorized, endpoint, path, reference);
    const digest = digestOf(answer.body);
    const claimed = headerOf(answer.headers, 'docker-content-digest')?.trim() ?? '';
    if (isDigest(claimed) && claimed !== digest) throw differs(endpoint, claimed, digest);
    if (isDigest(reference) && reference !== digest) throw differs(endpoint, reference, digest);
    const { kind, mediaType } = parseManifest(answer.body, headerOf(answer.headers, 'content-type'));
    return { digest, mediaType, kind, via: 'get', ...lastModified(answer) };
  }

  /** The manifest of a digest, verified. */
  async manifest(endpoint: Endpoint, path: string, digest: string): Promise<Content> {
    const authorized = await this.#manifest('GET', endpoint, path, digest);
    return this.#verified(authorized, endpoint, path, digest);
  }

  /** A small blob, verified. */
  async blob(endpoint: Endpoint, path: string, digest: string, maxBytes: number): Promise<Content> {
    const authorized = await this.#authorizer.run(endpoint, path, (authorization) =>
      this.#http.send({
        method: 'GET',
        url: this.#url(endpoint, path, `blobs/${digest}`),
        kind: 'config',
        authorization,
        policy: endpoint.policy,
        maxBytes,
        redirects: maxRedirects,
      }),
    );
    return this.#verified(authorized, endpoint, path, digest);
  }

  /** Streams a layer through a reader, which has to verify it; the reader may be called again after a broken try. */
  async layer<T>(
    endpoint: Endpoint,
    path: string,
    digest: string,
    maxBytes: number,
    consume: (body: AsyncIterable<Buffer>) => Promise<T>,
  ): Promise<T> {
    const authorized = await this.#authorizer.run(endpoint, path, (authorization) =>
      this.#http.stream(
        {
          method: 'GET',
          url: this.#url(endpoint, path, `blobs/${digest}`),
          kind: 'layer',
          authorization,
          policy: endpoint.policy,
          maxBytes,
          redirects: maxRedirects,
        },
        async (body) => ({ read: await consume(body) }),
      ),
    );
    const { result, ...answer } = authorized.answer;
    if (result === undefined) throw this.#refusal({ ...authorized, answer }, endpoint, path, digest);
    return result.read;
  }

  /** One answer of `tags/list`, whatever its status. */
  async tags(endpoint: Endpoint, path: string, query: string, maxBytes: number): Promise<Authorized<HttpAnswer>> {
    const url = this.#url(endpoint, path, 'tags/list');
    url.search = query;
    return this.#authorizer.run(endpoint, path, (authorization) =>
      this.#http.send({
        method: 'GET',
        url,
        kind: 'tags' satisfies RequestKind,
        authorization,
        policy: endpoint.policy,
        maxBytes,
        redirects: maxRedirects,
      }),
    );
  }

  #manifest(method: 'GET' | 'HEAD', endpoint: Endpoint, path: string, reference: string) {
    return this.#authorizer.run(endpoint, path, (authorization) =>
      this.#http.send({
        method,
        url: this.#url(endpoint, path, `manifests/${reference}`),
        kind: 'manifest',
        headers: { accept: acceptManifests },
        authorization,
        policy: endpoint.policy,
        maxBytes: maxManifestBytes,
        redirects: maxRedirects,
      }),
    );
  }

  #url({ root, mirrorOf }: Endpoint, path: string, rest: string): URL {
    const url = new URL(root);
    url.pathname = `${root.pathname}/${path}/${rest}`;
    // The way a mirror of several registries is told which one is meant (containerd, `docs/hosts.md`).
    if (mirrorOf !== undefined) url.searchParams.set('ns', mirrorOf);
    return url;
  }

  #verified(authorized: Authorized<HttpAnswer>, endpoint: Endpoint, path: string, digest: string): Content {
    const { answer } = authorized;
    if (answer.status !== 200) throw this.#refusal(authorized, endpoint, path, digest);
    const found = digestOf(answer.body);
    if (found !== digest) throw differs(endpoint, digest, found);
    return { bytes: answer.body, contentType: headerOf(answer.headers, 'content-type') ?? '' };
  }

  /** The error for an answer that is not what was asked for. */
  #refusal(
    { answer, credentials }: Authorized<HttpAnswer>,
    endpoint: Endpoint,
    path: string,
    subject: string,
  ): RegistryError {
    return refusal({ answer, credentials }, endpoint, path, subject, this.#redactor);
  }
}

function lastModified(answer: HttpAnswer): { lastModified?: string } {
  const time = Date.parse(headerOf(answer.headers, 'last-modified') ?? '');
  // The epoch and what is close to it stand for "not known" in reproducible images.
  return Number.isNaN(time) || time < 86_400_000 ? {} : { lastModified: new Date(time).toISOString() };
}

function differs(endpoint: Endpoint, expected: string, found: string): RegistryError {
  const reason = `the digest does not match: \`${expected}\` was announced, and \`${found}\` is there`;
  return new RegistryError({ kind: 'untrusted', host: endpoint.root.host, reason });
}

/** The error that an answer with another status than 200 stands for; `subject` is a tag, a digest or `tags`. */
export function refusal(
  { answer, credentials }: Authorized<HttpAnswer>,
  endpoint: Endpoint,
  path: string,
  subject: string,
  redactor: Redactor,
): RegistryError {
  const { status, body } = answer;
  const { host } = endpoint.root;
  const words = registryWords(body, redactor);
  const said = words === '' ? '' : `: ${words}`;
  if (status === 401 || status === 403) {
    const how = credentials === 'refused' ? 'the credentials at hand do not give access' : 'access is denied';
    return new RegistryError({ kind: 'denied', host, status, reason: how + said, advice: loginAdvice(endpoint) });
  }
  if (status === 404) {
    const codes = complaintCodes(body);
    const thing = isDigest(subject) ? 'digest' : 'tag';
    const reason =
      codes.includes('NAME_UNKNOWN') || subject === 'tags'
        ? 'there is no such repository, or it is hidden'
        : codes.includes('MANIFEST_UNKNOWN') || codes.includes('BLOB_UNKNOWN')
          ? `there is no such ${thing}`
          : `there is no such ${thing} or repository`;
    const [first, second, ...more] = path.split('/');
    const proxied = second !== undefined && more.length === 0 && endpoint.name !== 'docker.io' && first !== 'library';
    const advice = `if this is a proxy of Docker Hub, official images need \`${first}/library/${second}\``;
    return new RegistryError({ kind: 'not-found', host, status, reason, ...(proxied && { advice }) });
  }
  if (status === 400 && /HTTPS? server/i.test(words) && endpoint.root.protocol === 'http:') {
    const advice = 'put its certificate authority into `certs.d`';
    return new RegistryError({ kind: 'tls', host, status, reason: 'the host speaks TLS only', advice });
  }
  return new RegistryError({ kind: 'unsupported', host, status, reason: `it answers ${status}${said}` });
}
