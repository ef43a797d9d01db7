import { setTimeout as wait } from 'node:timers/promises';
import { ForgeError, type ForgeErrorKind } from './forge-error.ts';
import type { Transport } from './transport.ts';

/** An answer of an API: its status, headers, and JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: unknown;
}

export interface ApiClientOptions {
  readonly transport: Transport;
  /** Without a final `/`. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes a text from outside fit to be shown. */
  readonly clean: (text: string) => string;
  /** The longest that one request waits because it was asked to, in seconds. */
  readonly longestWait: number;
  /** Tells the kind of an answer that is no success, where its status alone does not. */
  readonly kindOf?: (status: number, words: string) => ForgeErrorKind | undefined;
}

const tries = 4;
const pageLimit = 100;

/**
 * A small client of JSON APIs: waits as it is asked to by 429 and Retry-After (or GitLab's RateLimit-Reset), tries reads
 * again after a passing fault, and writes never, because a write that failed may have been done.
 */
export class ApiClient {
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  async get(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const text = new URLSearchParams(query).toString();
    return this.#send('GET', text === '' ? path : `${path}?${text}`, undefined);
  }

  /** All items of a list, page by page, as long as the server says that there are more. */
  async list(path: string, query: Readonly<Record<string, string>>, page: Page): Promise<unknown[]> {
    const items: unknown[] = [];
    for (let number = 1; number <= pageLimit; number++) {
      const { data, headers } = await this.get(path, {
        ...query,
        page: String(number),
        [page.size]: String(page.items),
      });
      const found = Array.isArray(data) ? data : [];
      items.push(...found);
      const link = headers.get('link');
      const hasMore = link === null ? found.length === page.items : /\brel="?next\b/.test(link);
      if (found.length === 0 || !hasMore) break;
    }
    return items;
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.#send('POST', path, body);
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.#send('PUT', path, body);
  }

  patch(path: string, body: unknown): Promise<Answer> {
    return this.#send('PATCH', path, body);
  }

  async #send(method: string, path: string, body: unknown): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#once(method, path, body).catch((error: unknown) => {
        return new ForgeError('network', this.#options.clean(reasonOf(error)));
      });
      const isUnanswered = answer instanceof ForgeError;
      if (!isUnanswered && answer.status < 400) return answer;
      const again = method === 'GET' ? attempt : undefined;
      const seconds = isUnanswered ? again : waitOf(answer, method, attempt);
      if (seconds === undefined || attempt >= tries || seconds > this.#options.longestWait)
        throw isUnanswered ? answer : this.#error(answer);
      await wait(seconds * 1000);
    }
  }

  async #once(method: string, path: string, body: unknown): Promise<Answer> {
    const { transport, baseUrl, headers } = this.#options;
    const response = await transport.fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    let data: unknown = text;
    try {
      data = JSON.parse(text);
    } catch {
      // Proxies answer with pages of HTML.
    }
    return { status: response.status, headers: response.headers as unknown as Headers, data };
  }

  #error({ status, data }: Answer): ForgeError {
    const words = this.#options.clean(wordsOf(data));
    return new ForgeError(this.#options.kindOf?.(status, words) ?? kindOfStatus(status), `${status} ${words}`.trim());
  }
}

/** How a server names the size of a page, and the size to ask for. */
export interface Page {
  readonly size: string;
  readonly items: number;
}

/** What a status means where nothing else is known. */
export function kindOfStatus(status: number): ForgeErrorKind {
  if (status === 401) return 'authentication';
  if (status === 403) return 'permission';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 409) return 'exists';
  if (status === 413) return 'too-large';
  if (status === 423) return 'archived';
  if (status === 429) return 'rate-limited';
  return status >= 500 ? 'server' : 'invalid';
}

/** The seconds to wait before the next try; undefined where there should be none. */
function waitOf({ status, headers }: Answer, method: string, attempt: number): number | undefined {
  const asked = askedWait(headers);
  if (status === 429) return asked ?? 2 ** attempt;
  if (status === 503 && asked !== undefined) return asked;
  return status >= 500 && method === 'GET' ? attempt : undefined;
}

function askedWait(headers: Headers): number | undefined {
  const after = headers.get('retry-after');
  if (after !== null) {
    const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - Date.now()) / 1000;
    if (Number.isFinite(seconds)) return Math.max(0, seconds);
  }
  const reset = Number(headers.get('ratelimit-reset') ?? Number.NaN);
  return Number.isFinite(reset) ? Math.max(0, reset - Date.now() / 1000) : undefined;
}

/** What a body says is wrong: GitLab and Gitea write `message` or `error`, as text, lists or records. */
function wordsOf(data: unknown): string {
  if (typeof data === 'string') return data.replace(/<[^>]*>/g, ' ').slice(0, 300);
  const { message, error, error_description: description } = (data ?? {}) as Record<string, unknown>;
  const found = message ?? description ?? error ?? '';
  return typeof found === 'string' ? found : JSON.stringify(found);
}

/** The innermost reason of a failed request; fetch itself says no more than that it failed. */
export function reasonOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  if (!(innermost instanceof Error)) return String(innermost);
  return innermost.message || (innermost as NodeJS.ErrnoException).code || innermost.name;
}
