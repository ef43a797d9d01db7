import type { Dispatcher } from 'undici';
import type { AddressPolicy } from './address.ts';
import { type Dispatchers, loadUndici } from './dispatchers.ts';
import { RegistryError } from './errors.ts';
import { type Clock, durationText, HostState, retryAfter } from './host-state.ts';
import { isGarbled, isTransient, networkError } from './network-errors.ts';
import type { ProxyFor } from './proxy.ts';
import type { Redactor } from './redact.ts';
import { registryWords } from './registry-words.ts';
import type { RequestCounter, RequestKind } from './requests.ts';

/** How long and how often the network is tried. Times are in milliseconds. */
export interface NetworkLimits {
  readonly connectTimeout: number;
  /** Until the headers have come, and between two pieces of a body. */
  readonly idleTimeout: number;
  /** For a whole answer, a layer aside. */
  readonly totalTimeout: number;
  /** For one layer or download. */
  readonly layerTimeout: number;
  /** Tries of one request, the first included. */
  readonly tries: number;
  /** The first wait between tries; each later one is twice as long. */
  readonly backoff: number;
  /** The longest wait that a host may ask for. */
  readonly longestWait: number;
  readonly requestsPerHost: number;
}

export const defaultLimits: NetworkLimits = {
  connectTimeout: 10_000,
  idleTimeout: 30_000,
  totalTimeout: 60_000,
  layerTimeout: 300_000,
  tries: 3,
  backoff: 500,
  longestWait: 60_000,
  requestsPerHost: 4,
};

/** One request as its sender means it; Authorization goes to the URL's own origin only. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly kind: RequestKind;
  readonly headers?: Readonly<Record<string, string>>;
  readonly authorization?: string | undefined;
  readonly body?: string;
  readonly policy: AddressPolicy;
  /** The largest body that is read, in bytes; a larger one is an error where the status is 200. */
  readonly maxBytes: number;
  /** How many redirects are followed. */
  readonly redirects: number;
}

type Headers = Dispatcher.ResponseData['headers'];

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Host and port that were asked first. */
  readonly host: string;
  /** A redirect led to another origin, so that the headers are not the first host's word. */
  readonly elsewhere: boolean;
}

const maxErrorBytes = 64 * 1024;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const retryStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** A header's value, its first where it came several times. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** What the transport is made of. */
export interface HttpParts {
  readonly dispatchers: Dispatchers;
  readonly proxyFor: ProxyFor;
  readonly counter: RequestCounter;
  readonly limits: NetworkLimits;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly userAgent: string;
}

type Body = Dispatcher.ResponseData['body'];

/** Reads the body of an answer with status 200; called anew for each try. */
type Consume<T> = (body: AsyncIterable<Buffer>) => Promise<T>;

/** Sends requests: bounded in time, size and number a host, tried again where that helps, redirected with care. */
export class Http {
  readonly #parts: HttpParts;
  readonly #hosts = new Map<string, HostState>();

  constructor(parts: HttpParts) {
    this.#parts = parts;
  }

  /** Sends a request and reads its answer, whatever its status. Throws a RegistryError where there is none. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { result, ...answer } = await this.stream(request, (body) => readAll(body, request));
    return result === undefined ? answer : { ...answer, body: result };
  }

  /**
   * Sends a request and hands the body of an answer with status 200 to a reader, whose result comes back; the answer's
   * own `body` is then empty. Throws as `send` does.
   */
  async stream<T>(request: HttpRequest, consume: Consume<T>): Promise<HttpAnswer & { result?: T }> {
    const { limits, clock, redactor } = this.#parts;
    const { host } = request.url;
    const state = this.#state(host);
    let garbled = 0;
    for (let tries = 1; ; tries++) {
      let answer: HttpAnswer & { result?: T };
      const leave = await state.gate.enter();
      try {
        await state.settle();
        state.check(request.method === 'GET' && request.kind === 'manifest');
        answer = await this.#try(request, consume);
      } catch (error) {
        if (error instanceof RegistryError) throw error;
        if (isGarbled(error)) {
          state.sendsBodyToHead = true;
          // As many connections as are kept may hold the body of an earlier answer.
          if (garbled++ < limits.requestsPerHost) {
            tries--;
            continue;
          }
        }
        if (tries < limits.tries && isTransient(error)) {
          state.waitFor(limits.backoff * 2 ** (tries - 1));
          continue;
        }
        const known = networkError(error, host, this.#parts.proxyFor(request.url) !== undefined);
        if (known.kind !== 'untrusted') state.failed(known);
        throw known;
      } finally {
        leave();
      }
      const { status, headers } = answer;
      state.answered(headerOf(headers, 'ratelimit-remaining'));
      if (redirectStatuses.has(status) && headers.location !== undefined) return this.#follow(request, answer, consume);
      if (!retryStatuses.has(status)) return answer;

      const asked = retryAfter(headerOf(headers, 'retry-after'), clock.now());
      const wait = asked || limits.backoff * 2 ** (tries - 1);
      if (tries < limits.tries && wait <= limits.longestWait) {
        state.waitFor(wait);
        continue;
      }
      const words = registryWords(answer.body, redactor);
      const error = busyError(status, host, words, asked);
      if (status === 429) state.block(Math.max(wait, limits.longestWait), error);
      else state.failed(error);
      throw error;
    }
  }

  /** One try. */
  async #try<T>(request: HttpRequest, consume: Consume<T>): Promise<HttpAnswer & { result?: T }> {
    const { method, url, kind, authorization, policy } = request;
    const { limits, dispatchers, counter, userAgent } = this.#parts;
    const [dispatcher, undici] = await Promise.all([dispatchers.for(url, policy), loadUndici()]);
    counter.record({ host: url.host, method, kind, authorized: authorization !== undefined });
    const response = await undici.request(url, {
      dispatcher,
      method,
      // undici closes the connection after each HEAD, as some servers send a body with it; it is kept here until one does.
      reset: method === 'HEAD' && this.#state(url.host).sendsBodyToHead,
      headers: {
        'user-agent': userAgent,
        ...request.headers,
        ...(authorization !== undefined && { authorization }),
      },
      ...(request.body !== undefined && { body: request.body }),
      headersTimeout: limits.idleTimeout,
      bodyTimeout: limits.idleTimeout,
      signal: AbortSignal.timeout(kind === 'layer' || kind === 'download' ? limits.layerTimeout : limits.totalTimeout),
    });
    const { statusCode: status, headers } = response;
    const answer = { status, headers, host: url.host, elsewhere: false };
    // A body that is destroyed before its end says so with an error that nobody else hears.
    response.body.on('error', () => undefined);
    try {
      if (status !== 200 || method === 'HEAD') return { ...answer, body: await readSome(response.body) };
      const length = Number(headerOf(headers, 'content-length') ?? 0);
      if (length > request.maxBytes) throw tooLarge(request);
      return { ...answer, body: Buffer.alloc(0), result: await consume(response.body) };
    } finally {
      response.body.destroy();
    }
  }

  async #follow<T>(
    request: HttpRequest,
    answer: HttpAnswer,
    consume: Consume<T>,
  ): Promise<HttpAnswer & { result?: T }> {
    const { url } = request;
    const untrusted = (reason: string) => new RegistryError({ kind: 'untrusted', host: url.host, reason });
    if (request.redirects === 0) {
      throw untrusted(
        request.kind === 'token' ? 'the token server redirects, which it must not' : 'it redirects on and on',
      );
    }
    const location = headerOf(answer.headers, 'location') ?? '';
    if (!URL.canParse(location, url.href)) throw untrusted('it redirects to something that is no URL');
    const target = new URL(location, url);
    const sameOrigin = target.origin === url.origin;
    if (target.protocol !== 'https:' && !(target.protocol === 'http:' && url.protocol === 'http:')) {
      throw untrusted(`it redirects from ${url.protocol.slice(0, -1)} to ${target.protocol.slice(0, -1)}`);
    }
    if (target.username !== '' || target.password !== '') throw untrusted('it redirects to a URL with credentials');
    const next: HttpRequest = {
      ...request,
      url: target,
      redirects: request.redirects - 1,
      authorization: sameOrigin ? request.authorization : undefined,
      policy: sameOrigin ? request.policy : { nearest: this.#parts.dispatchers.kindOf(url) },
    };
    const { elsewhere, ...rest } = await this.stream(next, consume);
    return { ...rest, host: url.host, elsewhere: elsewhere || !sameOrigin };
  }

  #state(host: string): HostState {
    let state = this.#hosts.get(host);
    if (!state) {
      state = new HostState(host, this.#parts.limits.requestsPerHost, this.#parts.clock);
      this.#hosts.set(host, state);
    }
    return state;
  }
}

function tooLarge({ url, maxBytes }: HttpRequest): RegistryError {
  return new RegistryError({
    kind: 'untrusted',
    host: url.host,
    reason: `its answer is larger than ${maxBytes} bytes`,
  });
}

async function readAll(body: AsyncIterable<Buffer>, request: HttpRequest): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > request.maxBytes) throw tooLarge(request);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

/** The beginning of a body that only explains a status. */
async function readSome(body: Body): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    if (size >= maxErrorBytes) break;
  }
  return Buffer.concat(pieces, size).subarray(0, maxErrorBytes);
}

function busyError(status: number, host: string, words: string, wait: number | undefined): RegistryError {
  const said = words === '' ? '' : `: ${words}`;
  if (status !== 429)
    return new RegistryError({ kind: 'network', host, status, reason: `it answers ${status}${said}` });
  const until = wait ? ` for ${durationText(wait)}` : '';
  const advice = 'log in for a higher limit, or try again later';
  return new RegistryError({ kind: 'rate-limited', host, status, reason: `too many requests${until}${said}`, advice });
}
