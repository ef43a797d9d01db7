import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ForgeKind } from '../../src/bot/index.ts';
import { type ModelFiles, type ModelPull, type ModelRepository, makeRepository } from './forge-model.ts';
import { serveGit } from './git-http.ts';
import { temporaryFolder } from './parts.ts';

/** One request as the fake saw it. */
export interface ForgeRequest {
  readonly method: string;
  /** The path below the API's root, or that of a git repository, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly isGit: boolean;
}

type Reply = { status: number; data?: unknown; headers?: Record<string, string> };

/** What a test makes the fake do instead; undefined leaves the request to it. */
export type ForgeHook = (request: ForgeRequest) => Reply | undefined | Promise<Reply | undefined>;

const roots: Readonly<Record<ForgeKind, string>> = { github: '/api/v3', gitlab: '/api/v4', gitea: '/api/v1' };

/** A forge in memory on a free port of this machine: three kinds of API and git, which all check the token. */
export class FakeForge {
  readonly kind: ForgeKind;
  readonly token = 'tok-3nS5fQ0b7Zx9';
  readonly requests: ForgeRequest[] = [];
  readonly repositories = new Map<string, ModelRepository>();
  hook: ForgeHook = () => undefined;
  /** Answers what an app asks for with its own token; undefined leaves the request to the fake. */
  app: (path: string, authorization: string) => Reply | undefined = () => undefined;
  readonly #folder = temporaryFolder();
  readonly #server: Server;
  #path = '';

  private constructor(kind: ForgeKind) {
    this.kind = kind;
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        this.#answer(request, Buffer.concat(pieces), response).catch((error: unknown) => {
          response.writeHead(500).end(JSON.stringify({ message: String(error) }));
        });
      });
    });
  }

  /** `path`: where on its host the forge is, such as `/gitlab`. */
  static async start(kind: ForgeKind, path = ''): Promise<FakeForge> {
    const forge = new FakeForge(kind);
    forge.#path = path;
    await new Promise<void>((resolve) => forge.#server.listen(0, '127.0.0.1', resolve));
    return forge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#path}`;
  }

  get apiUrl(): string {
    return this.url + roots[this.kind];
  }

  /** The requests that changed, or meant to change, something. */
  get writes(): ForgeRequest[] {
    return this.requests.filter(({ method, path, isGit }) =>
      isGit ? path.endsWith('/git-receive-pack') || path.endsWith('service=git-receive-pack') : method !== 'GET',
    );
  }

  repository(name: string, files: ModelFiles): ModelRepository {
    const made = makeRepository(this.#folder.path, this.repositories.size + 1, name, files);
    this.repositories.set(name.toLowerCase(), made);
    return made;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#folder.remove();
  }

  async #answer(request: IncomingMessage, bytes: Buffer, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.slice(this.#path.length);
    const isGit = /\.git\//.test(path);
    const below = isGit ? path : path.slice(roots[this.kind].length);
    const service = url.searchParams.get('service');
    const seen: ForgeRequest = {
      method: request.method ?? '',
      path: isGit && service ? `${below}?service=${service}` : below,
      query: url.searchParams,
      body: isGit || bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as Record<string, unknown>),
      isGit,
    };
    this.requests.push(seen);
    const reply = (await this.hook(seen)) ?? (isGit ? undefined : this.#api(seen, request));
    if (reply) {
      const headers = { 'content-type': 'application/json; charset=utf-8', ...reply.headers };
      response.writeHead(reply.status, headers).end(reply.data === undefined ? '' : JSON.stringify(reply.data));
      return;
    }
    const name = below.replace(/\.git\/.*$/, '').slice(1);
    const repository = this.repositories.get(decodeURIComponent(name).toLowerCase());
    const basic = Buffer.from(
      /^Basic (.*)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '',
      'base64',
    ).toString();
    const isKnown = basic.slice(basic.indexOf(':') + 1) === this.token;
    const isWrite = seen.path.includes('git-receive-pack');
    if (!isKnown) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('who are you');
    if (!repository) return void response.writeHead(404).end('Repository not found.');
    if (isWrite && !repository.mayPush) return void response.writeHead(403).end('denied');
    const real = {
      ...request,
      url: `/${repository.name}.git${(request.url ?? '').replace(/^.*?\.git/, '')}`,
    } as IncomingMessage;
    Object.assign(real, { headers: request.headers, method: request.method });
    await serveGit(this.#folder.path, 'bot', real, bytes, response);
    if (isWrite && seen.method === 'POST') repository.closeOrphans();
  }

  #api(seen: ForgeRequest, request: IncomingMessage): Reply {
    const given =
      (request.headers.authorization ?? '').replace(/^(?:bearer|token) /i, '') || request.headers['private-token'];
    const ofApp = this.app(seen.path, request.headers.authorization ?? '');
    if (ofApp) return ofApp;
    if (given !== this.token) return { status: 401, data: { message: 'Bad credentials' } };
    return this.kind === 'gitlab' ? gitlabApi(this, seen) : gitApi(this, seen);
  }
}

const notFound: Reply = { status: 404, data: { message: 'Not Found' } };

/** The API that GitHub has and Gitea nearly has. */
function gitApi(forge: FakeForge, { method, path, query, body }: ForgeRequest): Reply {
  const isGitHub = forge.kind === 'github';
  const owned = /^\/(orgs|users)\/([^/]+)\/repos$/.exec(path);
  if (owned) {
    if (owned[1] === 'users') return notFound;
    const all = [...forge.repositories.values()].filter((each) => each.name.startsWith(`${owned[2]}/`));
    return pageOf(
      all.map((each) => repositoryData(forge, each)),
      query,
      isGitHub ? 'per_page' : 'limit',
      forge.apiUrl + path,
    );
  }
  const match = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(path);
  const repository = match && forge.repositories.get(match[1]!.toLowerCase());
  if (!match || !repository) return notFound;
  const rest = match[2] ?? '';
  const number = Number(/^\/(?:pulls|issues)\/(\d+)/.exec(rest)?.[1]);
  const pull = repository.pulls.find((each) => each.number === number);
  if (rest === '') return { status: 200, data: repositoryData(forge, repository) };
  if (repository.archived && method !== 'GET')
    return { status: 403, data: { message: 'Repository was archived so is read-only.' } };
  if (rest === '/labels') return { status: 200, data: repository.labels };
  if (rest === '/pulls' && method === 'GET') {
    const found = [...repository.pulls].reverse().filter((each) => {
      const wanted = query.get('state') ?? 'open';
      const state = each.state === 'open' ? 'open' : 'closed';
      const head = isGitHub ? query.get('head') : null;
      return (
        (wanted === 'all' || wanted === state) &&
        (head === null || head === `${each.headRepository.split('/')[0]}:${each.head}`)
      );
    });
    return pageOf(
      found.map((each) => pullData(forge, repository, each)),
      query,
      isGitHub ? 'per_page' : 'limit',
      forge.apiUrl + path,
    );
  }
  if (rest === '/pulls' && method === 'POST') return createPull(forge, repository, body);
  if (!pull) return notFound;
  if (rest === `/pulls/${number}`) {
    if (method === 'PATCH') {
      if (String(body.body ?? '').length > 65_536) return tooLong('body is too long (maximum is 65536 characters)');
      apply(pull, { title: body.title, body: body.body, base: body.base, close: body.state === 'closed' });
    }
    return { status: method === 'PATCH' && !isGitHub ? 201 : 200, data: pullData(forge, repository, pull) };
  }
  if (rest === `/issues/${number}/comments`) return commentsOf(pull, method, body, query);
  if (rest === `/issues/${number}/labels` && method === 'POST') {
    pull.labels.push(...(body.labels as string[]));
    return { status: 200, data: pull.labels.map((name) => ({ name })) };
  }
  return notFound;
}

function gitlabApi(forge: FakeForge, { method, path, query, body }: ForgeRequest): Reply {
  const group = /^\/groups\/([^/]+)\/projects$/.exec(path);
  if (group) {
    const prefix = `${decodeURIComponent(group[1]!)}/`;
    const all = [...forge.repositories.values()].filter((each) => each.name.startsWith(prefix) && !each.archived);
    return pageOf(
      all.map((each) => repositoryData(forge, each)),
      query,
      'per_page',
      forge.apiUrl + path,
    );
  }
  const match = /^\/projects\/([^/]+)(\/.*)?$/.exec(path);
  const id = decodeURIComponent(match?.[1] ?? '');
  const repository =
    forge.repositories.get(id.toLowerCase()) ?? [...forge.repositories.values()].find((each) => String(each.id) === id);
  if (!match || !repository) return { status: 404, data: { message: '404 Project Not Found' } };
  const rest = match[2] ?? '';
  if (rest === '') return { status: 200, data: repositoryData(forge, repository) };
  if (rest === '/merge_requests' && method === 'GET') {
    const state = query.get('state') ?? 'all';
    const found = [...repository.pulls]
      .reverse()
      .filter(
        (each) =>
          (state === 'all' || state === gitlabState(each)) &&
          (query.get('source_branch') === null || query.get('source_branch') === each.head),
      );
    return pageOf(
      found.map((each) => mergeData(forge, repository, each)),
      query,
      'per_page',
      forge.apiUrl + path,
    );
  }
  if (rest === '/merge_requests' && method === 'POST') {
    const given = { head: body.source_branch, base: body.target_branch, title: body.title, body: body.description };
    const labels = typeof body.labels === 'string' ? body.labels.split(',') : [];
    return createPull(forge, repository, { ...given, labels });
  }
  const iid = Number(/^\/merge_requests\/(\d+)/.exec(rest)?.[1]);
  const pull = repository.pulls.find((each) => each.number === iid);
  if (!pull) return notFound;
  if (rest === `/merge_requests/${iid}`) {
    const { title, description, target_branch: base, state_event: event } = body;
    if (method === 'PUT') apply(pull, { title, body: description, base, close: event === 'close' });
    return { status: 200, data: mergeData(forge, repository, pull) };
  }
  return rest === `/merge_requests/${iid}/notes` ? commentsOf(pull, method, body, query) : notFound;
}

function createPull(forge: FakeForge, repository: ModelRepository, body: Record<string, unknown>): Reply {
  const { head, base, title, body: text = '', labels = [] } = body as Record<string, string>;
  const isGitHub = forge.kind === 'github';
  const branches = repository.branches;
  if (!branches.includes(head!) || !branches.includes(base!))
    return { status: isGitHub ? 422 : 404, data: { message: 'Validation Failed' } };
  if (repository.pulls.some((each) => each.state === 'open' && each.head === head && each.base === base)) {
    // GitLab answers in the language of the user.
    const words = isGitHub
      ? {
          message: 'Validation Failed',
          errors: [{ message: `A pull request already exists for ${repository.name.split('/')[0]}:${head}.` }],
        }
      : { message: ['Un autre merge request ouvert existe'] };
    return { status: isGitHub ? 422 : 409, data: words };
  }
  if (repository.ahead(base!, head!) === 0)
    return { status: 422, data: { message: `No commits between ${base} and ${head}` } };
  if (title!.length > (isGitHub ? 256 : 255)) return tooLong('title is too long');
  if (isGitHub && text.length > 65_536) return tooLong('body is too long (maximum is 65536 characters)');
  const names = (labels as unknown as (string | number)[]).map((each) =>
    typeof each === 'number' ? repository.labels.find(({ id }) => id === each)!.name : each,
  );
  const pull: ModelPull = {
    number: repository.pulls.length + 1,
    head: head!,
    headRepository: repository.name,
    base: base!,
    title: title!,
    body: text,
    state: 'open',
    labels: forge.kind === 'github' ? [] : names,
    comments: [],
  };
  repository.pulls.push(pull);
  return {
    status: 201,
    data: forge.kind === 'gitlab' ? mergeData(forge, repository, pull) : pullData(forge, repository, pull),
  };
}

function tooLong(message: string): Reply {
  return { status: 422, data: { message: 'Validation Failed', errors: [{ message }] } };
}

function apply(
  pull: ModelPull,
  { title, body, base, close }: { title: unknown; body: unknown; base: unknown; close: boolean },
): void {
  if (typeof title === 'string') pull.title = title;
  if (typeof body === 'string') pull.body = body;
  if (typeof base === 'string') pull.base = base;
  if (close) pull.state = 'closed';
}

function commentsOf(pull: ModelPull, method: string, body: Record<string, unknown>, query: URLSearchParams): Reply {
  if (method === 'POST') {
    pull.comments.push(String(body.body));
    return { status: 201, data: { id: pull.comments.length, body: body.body } };
  }
  const all = pull.comments.map((text, index) => ({ id: index + 1, body: text }));
  return pageOf(all, query, 'per_page', '');
}

/** A page of a list, with the Link header that says whether there are more. */
function pageOf(items: readonly unknown[], query: URLSearchParams, sizeName: string, url: string): Reply {
  const size = Math.min(Number(query.get(sizeName) ?? 30), 50);
  const page = Number(query.get('page') ?? 1);
  const more = items.length > page * size;
  const link = more ? { link: `<${url}?page=${page + 1}&${sizeName}=${size}>; rel="next"` } : {};
  return { status: 200, data: items.slice((page - 1) * size, page * size), headers: { ...link } };
}

function repositoryData(forge: FakeForge, repository: ModelRepository): object {
  const { id, name, archived, isFork, mayPush, defaultBranch } = repository;
  const clone = `${forge.url}/${name}.git`;
  const common = { id, archived, default_branch: defaultBranch };
  if (forge.kind === 'gitlab') {
    const access = { access_level: mayPush ? 40 : 20 };
    const path = { path: name.split('/').at(-1), path_with_namespace: name, http_url_to_repo: clone };
    const origin = isFork ? { forked_from_project: { id: 999 } } : {};
    return {
      ...common,
      ...path,
      ...origin,
      empty_repo: false,
      permissions: { project_access: access, group_access: null },
    };
  }
  const [owner, short] = name.split('/');
  const rights = { permissions: { pull: true, push: mayPush, admin: false } };
  return {
    ...common,
    fork: isFork,
    name: short,
    full_name: name,
    owner: { login: owner },
    clone_url: clone,
    ...rights,
  };
}

function pullData(forge: FakeForge, repository: ModelRepository, pull: ModelPull): object {
  const { number, title, body, state, head, base, headRepository, labels } = pull;
  const headData = {
    ref: head,
    label: head,
    repo: { full_name: headRepository },
    repo_id: headRepository === repository.name ? repository.id : 999,
  };
  return {
    number,
    html_url: `${forge.url}/${repository.name}/pull/${number}`,
    state: state === 'open' ? 'open' : 'closed',
    merged_at: state === 'merged' ? '2026-11-01T00:00:00Z' : null,
    merged: state === 'merged',
    title,
    body,
    labels: labels.map((name) => ({ name })),
    head: headData,
    base: { ref: base, repo: { full_name: repository.name }, repo_id: repository.id },
  };
}

function gitlabState({ state }: ModelPull): string {
  return state === 'open' ? 'opened' : state;
}

function mergeData(forge: FakeForge, repository: ModelRepository, pull: ModelPull): object {
  const { number, title, body, head, base, headRepository, labels } = pull;
  return {
    id: 1000 + number,
    iid: number,
    web_url: `${forge.url}/${repository.name}/-/merge_requests/${number}`,
    state: gitlabState(pull),
    title,
    description: body,
    labels,
    source_branch: head,
    target_branch: base,
    source_project_id: headRepository === repository.name ? repository.id : 999,
    target_project_id: repository.id,
  };
}
