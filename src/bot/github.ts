import { setTimeout as wait } from 'node:timers/promises';
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/core';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { kindOfStatus, reasonOf } from './api-client.ts';
import type { Credentials, Forge, NewPull, Pull, PullChange, RepositoryInfo } from './forge.ts';
import { ForgeError, type ForgeErrorKind } from './forge-error.ts';
import type { Transport } from './transport.ts';

/** A GitHub App; its installation is found by the repository or the owner. */
export interface AppCredentials {
  readonly appId: string;
  /** PEM. */
  readonly privateKey: string;
}

export interface GitHubOptions {
  readonly transport: Transport;
  /** `https://api.github.com`, or `https://HOST/api/v3` of GitHub Enterprise Server. */
  readonly baseUrl: string;
  readonly userAgent: string;
  readonly token?: string | undefined;
  readonly app?: AppCredentials | undefined;
  readonly clean: (text: string) => string;
  /** Remembers a secret that `clean` takes out. */
  readonly keep: (secret: string) => void;
  /** The longest that one request waits because it was asked to, in seconds. */
  readonly longestWait: number;
  /** Options of the throttling plugin over its own: it has writes one at a time, at least a second apart. */
  readonly throttle?: Readonly<Record<string, unknown>>;
}

interface Repository {
  readonly full_name: string;
  readonly default_branch: string;
  readonly archived?: boolean;
  readonly disabled?: boolean;
  readonly fork?: boolean;
  readonly permissions?: { readonly push?: boolean };
}

interface PullRequest {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly merged_at?: string | null;
  readonly title: string;
  readonly body?: string | null;
  readonly base: { readonly ref: string; readonly repo?: { readonly full_name: string } | null };
  readonly head: { readonly ref: string; readonly repo?: { readonly full_name: string } | null };
}

const Client = Octokit.plugin(retry, throttling);
/** The throttling plugin keeps its queues by name in the module. */
let instances = 0;
/** Between two writes, in milliseconds: docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api. */
const writeInterval = 1000;
const pageLimit = 100;

/** GitHub's pull requests (docs.github.com/rest/pulls), and those of GitHub Enterprise Server. */
export class GitHub implements Forge {
  readonly kind = 'github';
  // From "body is too long (maximum is 65536 characters)" and "title is too long (maximum is 256 characters)".
  readonly limits = { title: 256, body: 65_536 };
  readonly webUrl: string;
  readonly #options: GitHubOptions;
  /** One client a token, so that writes are paced for all repositories together. */
  readonly #clients = new Map<string, Octokit>();
  readonly #id = ++instances;
  #app: Octokit | undefined;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #nextWrite = 0;

  constructor(webUrl: string, options: GitHubOptions) {
    this.webUrl = webUrl;
    this.#options = options;
  }

  async repository(name: string): Promise<RepositoryInfo> {
    const found = (await this.#request(name, 'GET /repos/{owner}/{repo}', {})) as Repository;
    return {
      name: found.full_name,
      defaultBranch: found.default_branch,
      closed: found.archived ? 'archived' : found.disabled ? 'disabled' : undefined,
      mayPush: found.permissions?.push,
    };
  }

  async repositoriesOf(owner: string): Promise<readonly string[]> {
    const client = await this.#clientFor(owner);
    const list = (route: string, pick: (data: unknown) => unknown = (data) => data) =>
      this.#pages(client, route, { owner }, pick);
    let found: unknown[];
    if (this.#options.app) {
      const pick = (data: unknown) => (data as { repositories: unknown }).repositories;
      found = await list('GET /installation/repositories', pick);
    } else {
      found = await list('GET /orgs/{owner}/repos').catch((error: unknown) => {
        if (error instanceof ForgeError && error.kind === 'not-found') return list('GET /users/{owner}/repos');
        throw error;
      });
    }
    return (found as Repository[])
      .filter((each) => !each.archived && !each.disabled && !each.fork)
      .map((each) => each.full_name);
  }

  async pulls(repository: string, branch: string): Promise<readonly Pull[]> {
    const [owner] = repository.split('/');
    const own = await this.#pulls(repository, { state: 'all', head: `${owner}:${branch}` }, branch);
    if (own.length > 0) return own;
    // The filter finds nothing where the owner has several repositories of one network.
    return this.#pulls(repository, { state: 'open' }, branch);
  }

  async #pulls(repository: string, query: Readonly<Record<string, string>>, branch: string): Promise<Pull[]> {
    const client = await this.#clientFor(repository);
    const found = await this.#pages(client, 'GET /repos/{owner}/{repo}/pulls', { ...parts(repository), ...query });
    return (found as PullRequest[])
      .filter(({ head, base }) => head.ref === branch && head.repo?.full_name === (base.repo?.full_name ?? repository))
      .map(pullOf)
      .sort((a, b) => b.number - a.number);
  }

  async comments(repository: string, number: number): Promise<readonly string[]> {
    const client = await this.#clientFor(repository);
    const route = 'GET /repos/{owner}/{repo}/issues/{number}/comments';
    const found = await this.#pages(client, route, { ...parts(repository), number });
    return (found as { body?: string }[]).map((each) => each.body ?? '');
  }

  async credentials(repository: string): Promise<Credentials | undefined> {
    const token = await this.#tokenFor(repository);
    return token === undefined ? undefined : { user: 'x-access-token', password: token };
  }

  async createPull(repository: string, { branch: head, base, title, body, labels }: NewPull) {
    const route = 'POST /repos/{owner}/{repo}/pulls';
    const pull = pullOf((await this.#request(repository, route, { head, base, title, body })) as PullRequest);
    const notices = labels.length === 0 ? [] : await this.#label(repository, pull.number, labels);
    return { pull, notices };
  }

  async updatePull(repository: string, number: number, { title, body, base, close }: PullChange): Promise<void> {
    await this.#request(repository, 'PATCH /repos/{owner}/{repo}/pulls/{number}', {
      number,
      ...(title !== undefined && { title }),
      ...(body !== undefined && { body }),
      ...(base !== undefined && { base }),
      ...(close && { state: 'closed' }),
    });
  }

  async comment(repository: string, number: number, body: string): Promise<void> {
    // Not again after a fault: it may have been written.
    const route = 'POST /repos/{owner}/{repo}/issues/{number}/comments';
    await this.#request(repository, route, { number, body, request: { retries: 0 } });
  }

  /** A pull request that is new may not be known to all of GitHub yet ("Could not resolve to a node"). */
  async #label(repository: string, number: number, labels: readonly string[]): Promise<string[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        const route = 'POST /repos/{owner}/{repo}/issues/{number}/labels';
        await this.#request(repository, route, { number, labels });
        return [];
      } catch (error) {
        if (!(error instanceof ForgeError)) throw error;
        const isEarly = error.kind === 'invalid' || error.kind === 'not-found';
        if (!isEarly || attempt === 3) return [`the labels could not be set: ${error.message}`];
        await wait(attempt * 300);
      }
    }
  }

  async #request(repository: string, route: string, parameters: Record<string, unknown>): Promise<unknown> {
    const client = await this.#clientFor(repository);
    return (await this.#send(client, route, { ...parts(repository), ...parameters })).data;
  }

  async #pages(
    client: Octokit,
    route: string,
    parameters: Record<string, unknown>,
    pick: (data: unknown) => unknown = (data) => data,
  ): Promise<unknown[]> {
    const items: unknown[] = [];
    for (let page = 1; page <= pageLimit; page++) {
      const { data, link } = await this.#send(client, route, { ...parameters, per_page: 100, page });
      items.push(...(pick(data) as unknown[]));
      if (!/\brel="next"/.test(link ?? '')) break;
    }
    return items;
  }

  async #send(client: Octokit, route: string, parameters: Record<string, unknown>) {
    try {
      const { data, headers } = await client.request(route, parameters);
      return { data: data as unknown, link: headers.link };
    } catch (error) {
      throw this.#error(error);
    }
  }

  async #clientFor(repository: string): Promise<Octokit> {
    const token = await this.#tokenFor(repository);
    const key = token ?? '';
    let client = this.#clients.get(key);
    if (!client) {
      client = this.#client(token === undefined ? {} : { auth: token }, String(this.#clients.size));
      this.#clients.set(key, client);
    }
    return client;
  }

  /** The token, or that of the app's installation for a repository or an owner; the library keeps it while it is good. */
  async #tokenFor(repository: string): Promise<string | undefined> {
    const { app, token, keep } = this.#options;
    if (!app) return token;
    this.#app ??= this.#client(
      { authStrategy: createAppAuth, auth: { appId: app.appId, privateKey: app.privateKey } },
      'app',
    );
    const installationId = await this.#installation(this.#app, repository);
    try {
      const { token: made } = (await this.#app.auth({ type: 'installation', installationId })) as { token: string };
      keep(made);
      return made;
    } catch (error) {
      throw this.#error(error);
    }
  }

  readonly #installations = new Map<string, Promise<number>>();

  #installation(client: Octokit, repository: string): Promise<number> {
    const owner = repository.split('/')[0]!;
    let found = this.#installations.get(owner);
    if (!found) {
      const look = async (): Promise<number> => {
        const ask = async (route: string) => {
          const { data } = await this.#send(client, route, { ...parts(repository) });
          return (data as { id: number }).id;
        };
        if (repository.includes('/')) return ask('GET /repos/{owner}/{repo}/installation');
        return ask('GET /orgs/{owner}/installation').catch((error: unknown) => {
          if (error instanceof ForgeError && error.kind === 'not-found') return ask('GET /users/{owner}/installation');
          throw error;
        });
      };
      found = look();
      found.catch(() => this.#installations.delete(owner));
      this.#installations.set(owner, found);
    }
    return found;
  }

  #client(auth: Record<string, unknown>, id: string): Octokit {
    const { transport, baseUrl, userAgent, longestWait, throttle } = this.#options;
    const waits = (seconds: number, _options: unknown, _client: unknown, retryCount: number): boolean =>
      seconds <= longestWait && retryCount < 3;
    return new Client({
      ...auth,
      baseUrl,
      userAgent,
      request: { fetch: this.#paced(transport.fetch) },
      // Warnings would go to the console by themselves; what matters comes back as an error.
      log: { debug() {}, info() {}, warn() {}, error() {} },
      // After this long, and four times as long.
      retry: {
        doNotRetry: [400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 451],
        retries: 2,
        retryAfterBaseValue: Math.min(1000, (longestWait * 1000) / 4),
      },
      throttle: { id: `${this.#id} ${id}`, onRateLimit: waits, onSecondaryRateLimit: waits, ...throttle },
    });
  }

  /** The plugin spaces writes when it schedules them, and may then hold one back; this spaces them when they are sent. */
  #paced(send: Transport['fetch']): Transport['fetch'] {
    return async (input, init) => {
      if (['GET', 'HEAD', undefined].includes(init?.method)) return send(input, init);
      const answer = this.#lastWrite.then(async () => {
        await wait(Math.max(0, this.#nextWrite - performance.now()));
        return send(input, init).finally(() => {
          this.#nextWrite = performance.now() + writeInterval;
        });
      });
      this.#lastWrite = answer.catch(() => undefined);
      return answer;
    };
  }

  #error(error: unknown): ForgeError {
    if (error instanceof ForgeError) return error;
    const { status, response, message } = error as {
      status?: number;
      response?: { headers?: Record<string, string>; data?: unknown };
      message?: string;
    };
    if (response === undefined || status === undefined) {
      return new ForgeError('network', this.#options.clean(reasonOf(error)));
    }
    const words = this.#options.clean(message ?? '');
    const needed = response.headers?.['x-accepted-github-permissions'];
    const kind = kindOf(status, words, response.headers ?? {});
    const hint = kind === 'permission' && needed ? `; it needs ${needed}` : '';
    return new ForgeError(kind, `${status} ${words}${hint}`);
  }
}

function kindOf(status: number, words: string, headers: Readonly<Record<string, string>>): ForgeErrorKind {
  if (status === 403 || status === 429) {
    if (/rate limit/i.test(words) || headers['x-ratelimit-remaining'] === '0') return 'rate-limited';
    if (headers['x-github-sso'] !== undefined) return 'single-sign-on';
    if (/not permitted to create or approve pull requests/i.test(words)) return 'pulls-not-allowed';
    if (/archived/i.test(words)) return 'archived';
  }
  if (status === 422) {
    if (/pull request already exists/i.test(words)) return 'exists';
    return /too long|too large/i.test(words) ? 'too-large' : 'invalid';
  }
  return kindOfStatus(status);
}

function parts(repository: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = repository.split('/');
  return { owner, repo };
}

function pullOf({ number, html_url: url, state, merged_at: merged, title, body, base }: PullRequest): Pull {
  const plain = merged ? 'merged' : state === 'open' ? 'open' : 'closed';
  return { number, url, state: plain, title, body: body ?? '', base: base.ref };
}
