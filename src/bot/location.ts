import type { Environment } from '../registry/index.ts';
import type { ForgeKind } from './forge.ts';

/** Where a forge is. */
export interface ForgeLocation {
  readonly kind: ForgeKind;
  /** Where its pages and repositories are, without a final `/`. */
  readonly webUrl: string;
  /** The root of its API, without a final `/`. */
  readonly apiUrl: string;
}

/** A forge or a repository that cannot be told from what was given. */
export class LocationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LocationError';
  }
}

const hosts: Readonly<Record<string, ForgeKind>> = {
  'github.com': 'github',
  'gitlab.com': 'gitlab',
  'codeberg.org': 'gitea',
};

/**
 * Finds the forge: as given, else the one that runs this job, else that of the checkout's remote, else github.com. The
 * URL may be that of its pages or that of its API. Throws LocationError.
 */
export function locateForge(given: {
  readonly kind?: ForgeKind | undefined;
  readonly url?: string | undefined;
  readonly remote?: string | undefined;
  readonly environment: Environment;
}): ForgeLocation {
  const { environment, remote } = given;
  const [jobKind, jobUrl] = given.url === undefined && remote === undefined ? jobForge(environment) : [];
  const text = given.url ?? (remote === undefined ? undefined : webOfRemote(remote)) ?? jobUrl;
  const fallback = given.kind === 'gitlab' ? 'https://gitlab.com' : 'https://github.com';
  if (text === undefined && given.kind === 'gitea') throw new LocationError('--url says where the forge is');
  const url = parsed(text ?? fallback);
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api\/v[134]$/, '');
  const host = url.host === 'api.github.com' ? 'github.com' : url.host.replace(/^api\.(?=[^.]+\.ghe\.com$)/, '');
  const webUrl = `${url.protocol}//${host}${remote !== undefined && given.url === undefined ? rootPath(host, environment) : path}`;
  const kind = given.kind ?? jobKind ?? kindOfHost(host, environment);
  return { kind, webUrl, apiUrl: apiOf(kind, webUrl, host) };
}

function parsed(text: string): URL {
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `https://${text}`);
  } catch {
    throw new LocationError(`${JSON.stringify(text)} is not the URL of a forge`);
  }
  if (url.username !== '' || url.password !== '') throw new LocationError('the URL of the forge must hold no password');
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new LocationError('a forge is spoken to over https alone, as the token would be seen');
  }
  return url;
}

function apiOf(kind: ForgeKind, webUrl: string, host: string): string {
  if (kind === 'gitlab') return `${webUrl}/api/v4`;
  if (kind === 'gitea') return `${webUrl}/api/v1`;
  if (host === 'github.com') return 'https://api.github.com';
  return host.endsWith('.ghe.com') ? `https://api.${host}` : `${webUrl}/api/v3`;
}

/** The forge whose runner started this, from the variables that it sets. */
function jobForge(environment: Environment): [ForgeKind?, string?] {
  const { GITHUB_SERVER_URL: server, CI_SERVER_URL: gitlab } = environment;
  if (environment.GITLAB_CI && gitlab) return ['gitlab', gitlab];
  if ((environment.GITEA_ACTIONS || environment.FORGEJO_ACTIONS) && server) return ['gitea', server];
  return environment.GITHUB_ACTIONS && server ? ['github', server] : [];
}

function kindOfHost(host: string, environment: Environment): ForgeKind {
  const known = hosts[host];
  if (known) return known;
  const [kind, url] = jobForge(environment);
  if (kind && url && new URL(url).host === host) return kind;
  for (const [pattern, named] of [
    [/gitlab/, 'gitlab'],
    [/gitea|forgejo/, 'gitea'],
    [/github|\.ghe\.com$/, 'github'],
  ] as const) {
    if (pattern.test(host)) return named;
  }
  throw new LocationError(`what kind of forge ${host} is cannot be told: --forge says it`);
}

/** A GitLab may be at a path of its host, which the URL of a remote does not tell from a group. */
function rootPath(host: string, environment: Environment): string {
  const [, url] = jobForge(environment);
  if (!url || new URL(url).host !== host) return '';
  return new URL(url).pathname.replace(/\/+$/, '');
}

/** The host of a remote as a URL: of `https://host/...`, `ssh://git@host/...` and `git@host:...`. */
function webOfRemote(remote: string): string {
  const web = /^(https?):\/\/(?:[^@/]*@)?([^/]+)/.exec(remote);
  if (web) return `${web[1]}://${web[2]}`;
  const ssh = /^(?:ssh:\/\/)?(?:[^@/]+@)([^:/]+)(?::\d+(?=\/))?[:/]/.exec(remote);
  if (ssh) return `https://${ssh[1]}`;
  throw new LocationError('the remote of this checkout is at no forge: --repo and --url say which repository is meant');
}

/**
 * The full path of a repository: of `owner/name`, of the URL of a page or a clone, or of a remote for ssh. Throws
 * LocationError where it is none, or of another forge.
 */
export function repositoryName(text: string, { webUrl, kind }: ForgeLocation): string {
  const root = new URL(webUrl);
  let path = text;
  if (/^[a-z+]+:\/\//i.test(text) || /^[^/]+@[^/]+:/.test(text)) {
    const host = new URL(webOfRemote(text)).hostname;
    if (host !== root.hostname) throw new LocationError(`${host} is not the forge ${root.host}`);
    path = text.replace(/^[a-z+]+:\/\/[^/]+\//i, '').replace(/^[^/]+@[^/:]+:/, '');
    const below = root.pathname.replace(/^\/|\/$/g, '');
    if (below !== '' && path.startsWith(`${below}/`)) path = path.slice(below.length + 1);
  }
  const name = path.replace(/\.git$|\/+$/g, '').replace(/^\/+/, '');
  const segments = name.split('/');
  const isPlain = segments.every((each) => /^[\w.-]+$/.test(each) && !/^\.{1,2}$/.test(each));
  if (!isPlain || segments.length < 2 || (kind !== 'gitlab' && segments.length !== 2)) {
    throw new LocationError(`${JSON.stringify(text)} is no repository: it is written as owner/name`);
  }
  return name;
}
