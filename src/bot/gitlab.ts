import { ApiClient, type ApiClientOptions, type Page } from './api-client.ts';
import type { Credentials, Forge, NewPull, Pull, PullChange, RepositoryInfo } from './forge.ts';
import { ForgeError } from './forge-error.ts';

const page: Page = { size: 'per_page', items: 100 };

interface Project {
  readonly id: number;
  readonly path_with_namespace: string;
  readonly default_branch?: string | null;
  readonly archived?: boolean;
  readonly empty_repo?: boolean;
  readonly merge_requests_enabled?: boolean;
  readonly merge_requests_access_level?: string;
  readonly mirror?: boolean;
  readonly forked_from_project?: object;
  readonly permissions?: Readonly<Record<'project_access' | 'group_access', { access_level?: number } | null>>;
}

interface MergeRequest {
  readonly iid: number;
  readonly web_url: string;
  readonly state: string;
  readonly title: string;
  readonly description?: string | null;
  readonly target_branch: string;
  readonly source_project_id: number | null;
  readonly target_project_id: number;
}

/** From "Roles and permissions" of GitLab's documentation: developers may push to branches that are not protected. */
const developer = 30;

/** GitLab's merge requests (docs.gitlab.com/api/merge_requests), version 4 of its API. */
export class GitLab implements Forge {
  readonly kind = 'gitlab';
  // "Maximum length" of titles and descriptions: docs.gitlab.com/administration/instance_limits and Issuable's model.
  readonly limits = { title: 255, body: 1_000_000 };
  readonly webUrl: string;
  readonly #api: ApiClient;
  readonly #token: string | undefined;

  constructor(webUrl: string, options: Omit<ApiClientOptions, 'headers' | 'kindOf'>, token: string | undefined) {
    this.webUrl = webUrl;
    this.#token = token;
    // A title that is too long and a conflict of merge requests both answer in the language of the server.
    this.#api = new ApiClient({ ...options, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  }

  async repository(name: string): Promise<RepositoryInfo> {
    const { data } = await this.#api.get(`/projects/${encodeURIComponent(name)}`);
    const project = data as Project;
    const { permissions } = project;
    const levels = permissions && [permissions.project_access, permissions.group_access];
    const level = levels && Math.max(...levels.map((each) => each?.access_level ?? 0));
    return {
      name: project.path_with_namespace,
      defaultBranch: project.default_branch ?? '',
      closed: closedWords(project),
      mayPush: level === undefined || level === 0 ? undefined : level >= developer,
    };
  }

  async repositoriesOf(owner: string): Promise<readonly string[]> {
    const list = (path: string, query = {}) => this.#api.list(path, { ...query, archived: 'false' }, page);
    const name = encodeURIComponent(owner);
    const found = await list(`/groups/${name}/projects`, { include_subgroups: 'true' }).catch((error: unknown) => {
      if (error instanceof ForgeError && error.kind === 'not-found') return list(`/users/${name}/projects`);
      throw error;
    });
    return (found as Project[]).filter((each) => !each.forked_from_project).map((each) => each.path_with_namespace);
  }

  async pulls(repository: string, branch: string): Promise<readonly Pull[]> {
    const query = { source_branch: branch, state: 'all', order_by: 'created_at', sort: 'desc' };
    const found = await this.#api.list(`${pathOf(repository)}/merge_requests`, query, page);
    return (found as MergeRequest[])
      .filter((each) => each.source_project_id === each.target_project_id)
      .map(pullOf)
      .sort((a, b) => b.number - a.number);
  }

  async comments(repository: string, number: number): Promise<readonly string[]> {
    const found = await this.#api.list(`${pathOf(repository)}/merge_requests/${number}/notes`, {}, page);
    return (found as { body: string }[]).map((each) => each.body);
  }

  async credentials(): Promise<Credentials | undefined> {
    return this.#token === undefined ? undefined : { user: 'oauth2', password: this.#token };
  }

  async createPull(repository: string, { branch, base, title, body, labels }: NewPull) {
    const { data } = await this.#api.post(`${pathOf(repository)}/merge_requests`, {
      source_branch: branch,
      target_branch: base,
      title,
      description: body,
      remove_source_branch: true,
      ...(labels.length > 0 && { labels: labels.join(',') }),
    });
    return { pull: pullOf(data as MergeRequest), notices: [] };
  }

  async updatePull(repository: string, number: number, { title, body, base, close }: PullChange): Promise<void> {
    await this.#api.put(`${pathOf(repository)}/merge_requests/${number}`, {
      ...(title !== undefined && { title }),
      ...(body !== undefined && { description: body }),
      ...(base !== undefined && { target_branch: base }),
      ...(close && { state_event: 'close' }),
    });
  }

  async comment(repository: string, number: number, body: string): Promise<void> {
    await this.#api.post(`${pathOf(repository)}/merge_requests/${number}/notes`, { body });
  }
}

function pathOf(repository: string): string {
  return `/projects/${encodeURIComponent(repository)}`;
}

function closedWords(project: Project): string | undefined {
  if (project.archived) return 'archived';
  if (project.empty_repo || !project.default_branch) return 'empty';
  if (project.mirror) return 'a mirror';
  const off = project.merge_requests_enabled === false || project.merge_requests_access_level === 'disabled';
  return off ? 'merge requests are turned off' : undefined;
}

function pullOf(merge: MergeRequest): Pull {
  const { iid, web_url: url, state, title, description, target_branch: base } = merge;
  const plain = state === 'opened' || state === 'locked' ? 'open' : state === 'merged' ? 'merged' : 'closed';
  return { number: iid, url, state: plain, title, body: description ?? '', base };
}
