import { ApiClient, type ApiClientOptions, type Page } from './api-client.ts';
import type { Credentials, Forge, NewPull, Pull, PullChange, RepositoryInfo } from './forge.ts';
import { ForgeError } from './forge-error.ts';

const page: Page = { size: 'limit', items: 50 };

interface Repository {
  readonly id: number;
  readonly full_name: string;
  readonly default_branch?: string;
  readonly archived?: boolean;
  readonly empty?: boolean;
  readonly mirror?: boolean;
  readonly fork?: boolean;
  readonly has_pull_requests?: boolean;
  readonly permissions?: { readonly push?: boolean };
}

interface PullRequest {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly merged?: boolean;
  readonly title: string;
  readonly body?: string;
  readonly base: { readonly ref: string; readonly repo_id?: number };
  readonly head: { readonly ref: string; readonly repo_id?: number };
}

/** The pull requests of Gitea and Forgejo, version 1 of their API (its description is at `/swagger.v1.json`). */
export class Gitea implements Forge {
  readonly kind = 'gitea';
  // The column of titles has 255 characters (models/issues/issue.go); that of bodies has no limit of its own.
  readonly limits = { title: 255, body: 65_000 };
  readonly webUrl: string;
  readonly #api: ApiClient;
  readonly #token: string | undefined;

  constructor(webUrl: string, options: Omit<ApiClientOptions, 'headers' | 'kindOf'>, token: string | undefined) {
    this.webUrl = webUrl;
    this.#token = token;
    this.#api = new ApiClient({
      ...options,
      headers: token === undefined ? {} : { authorization: `token ${token}` },
      kindOf: (status, words) => (status === 403 && /archived/i.test(words) ? 'archived' : undefined),
    });
  }

  async repository(name: string): Promise<RepositoryInfo> {
    const { data } = await this.#api.get(`/repos/${name}`);
    const found = data as Repository;
    return {
      name: found.full_name,
      defaultBranch: found.default_branch ?? '',
      closed: closedWords(found),
      mayPush: found.permissions?.push,
    };
  }

  async repositoriesOf(owner: string): Promise<readonly string[]> {
    const list = (path: string) => this.#api.list(`/${path}/${encodeURIComponent(owner)}/repos`, {}, page);
    const found = await list('orgs').catch((error: unknown) => {
      if (error instanceof ForgeError && error.kind === 'not-found') return list('users');
      throw error;
    });
    return (found as Repository[])
      .filter((each) => !each.archived && !each.fork && !each.mirror)
      .map((each) => each.full_name);
  }

  async pulls(repository: string, branch: string): Promise<readonly Pull[]> {
    const found = await this.#api.list(`/repos/${repository}/pulls`, { state: 'all', sort: 'recentupdate' }, page);
    return (found as PullRequest[])
      .filter(({ head, base }) => head.ref === branch && head.repo_id === base.repo_id)
      .map(pullOf)
      .sort((a, b) => b.number - a.number);
  }

  async comments(repository: string, number: number): Promise<readonly string[]> {
    // Gitea answers with all of them at once.
    const { data } = await this.#api.get(`/repos/${repository}/issues/${number}/comments`);
    return (data as { body: string }[]).map((each) => each.body);
  }

  async credentials(): Promise<Credentials | undefined> {
    return this.#token === undefined ? undefined : { user: 'oauth2', password: this.#token };
  }

  async createPull(repository: string, { branch, base, title, body, labels }: NewPull) {
    const { ids, notices } = await this.#labels(repository, labels);
    const { data } = await this.#api.post(`/repos/${repository}/pulls`, {
      head: branch,
      base,
      title,
      body,
      ...(ids.length > 0 && { labels: ids }),
    });
    return { pull: pullOf(data as PullRequest), notices };
  }

  async updatePull(repository: string, number: number, { title, body, base, close }: PullChange): Promise<void> {
    await this.#api.patch(`/repos/${repository}/pulls/${number}`, {
      ...(title !== undefined && { title }),
      ...(body !== undefined && { body }),
      ...(base !== undefined && { base }),
      ...(close && { state: 'closed' }),
    });
  }

  async comment(repository: string, number: number, body: string): Promise<void> {
    await this.#api.post(`/repos/${repository}/issues/${number}/comments`, { body });
  }

  /** A pull request takes the numbers of labels; those that do not exist are left out, as making some is another right. */
  async #labels(repository: string, names: readonly string[]): Promise<{ ids: number[]; notices: string[] }> {
    if (names.length === 0) return { ids: [], notices: [] };
    const known = (await this.#api.list(`/repos/${repository}/labels`, {}, page)) as { id: number; name: string }[];
    const notices = names
      .filter((name) => !known.some((each) => each.name === name))
      .map((name) => `there is no label ${JSON.stringify(name)}`);
    return { ids: known.filter((each) => names.includes(each.name)).map((each) => each.id), notices };
  }
}

function closedWords(found: Repository): string | undefined {
  if (found.archived) return 'archived';
  if (found.empty || !found.default_branch) return 'empty';
  if (found.mirror) return 'a mirror';
  return found.has_pull_requests === false ? 'pull requests are turned off' : undefined;
}

function pullOf({ number, html_url: url, state, merged, title, body, base }: PullRequest): Pull {
  const plain = merged ? 'merged' : state === 'open' ? 'open' : 'closed';
  return { number, url, state: plain, title, body: body ?? '', base: base.ref };
}
