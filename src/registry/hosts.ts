import { isDomain, registryHost } from '../image/index.ts';
import type { AddressPolicy } from './address.ts';
import { isLoopbackName } from './address.ts';
import { RegistryError } from './errors.ts';

/** Who may be asked, and how, by the name of a registry. All of it comes from the user, none from a repository. */
export interface HostRules {
  /** Hosts, with their port where they have one, that are spoken to without TLS. */
  readonly insecure?: readonly string[];
  /** Patterns of registries that may be asked; absent: all. */
  readonly allowed?: readonly string[];
  /** Patterns of registries that may not be asked; they win over `allowed`. */
  readonly denied?: readonly string[];
  /**
   * Where the content of a repository comes from, by prefixes of `registry/path`: `{ 'proxy.corp/hub': 'docker.io' }`
   * looks `proxy.corp/hub/library/node` up as `docker.io/library/node`. The name in the file stays.
   */
  readonly upstreams?: Readonly<Record<string, string>>;
  /** Base URLs of mirrors by registry: asked for content by digest, never for what a tag means. */
  readonly mirrors?: Readonly<Record<string, readonly string[]>>;
}

/** An API root that answers for repositories. */
export interface Endpoint {
  /** What credentials are stored under: `docker.io`, `host:port`. */
  readonly name: string;
  /** Scheme, host, port, and the path before `/<repository>/manifests/...`, without a slash at the end. */
  readonly root: URL;
  /** The registry that it mirrors. */
  readonly mirrorOf?: string;
  /** The addresses that it may be at. */
  readonly policy: AddressPolicy;
}

/** A repository by the registry that its content comes from. */
export interface Repository {
  readonly domain: string;
  readonly path: string;
}

/**
 * Whether a pattern covers a repository: `ghcr.io`, `host:5000`, `*.example.com` (names under it), `*`, each with
 * an optional path prefix (`docker.io/library`).
 */
export function matchesRegistry(pattern: string, { domain, path }: Repository): boolean {
  const slash = pattern.indexOf('/');
  const host = (slash === -1 ? pattern : pattern.slice(0, slash)).toLowerCase();
  const prefix = slash === -1 ? '' : pattern.slice(slash + 1).replace(/\/+$|\/\*+$/, '');
  const name = domain.toLowerCase();
  const hostMatches = host === '*' || host === name || (host.startsWith('*.') && name.endsWith(host.slice(1)));
  return hostMatches && (prefix === '' || path === prefix || path.startsWith(`${prefix}/`));
}

/** Throws the error `not-allowed` where the lists forbid a repository. */
export function checkAllowed(repository: Repository, rules: HostRules): void {
  const covers = (pattern: string) => matchesRegistry(pattern, repository);
  const denied = rules.denied?.some(covers) ?? false;
  if (!denied && (rules.allowed === undefined || rules.allowed.some(covers))) return;
  throw new RegistryError({
    kind: 'not-allowed',
    host: repository.domain,
    reason: denied ? 'this registry is on the deny list' : 'this registry is not on the allow list',
  });
}

/** The repository that a name's content comes from: the longest prefix in `upstreams` wins. */
export function upstreamOf(repository: Repository, rules: HostRules): Repository {
  const full = `${repository.domain}/${repository.path}`;
  let best: [string, string] | undefined;
  for (const [prefix, target] of Object.entries(rules.upstreams ?? {})) {
    if (full.startsWith(`${prefix}/`) && prefix.length > (best?.[0].length ?? 0)) best = [prefix, target];
  }
  if (!best) return repository;
  const mapped = best[1] + full.slice(best[0].length);
  const slash = mapped.indexOf('/');
  return { domain: mapped.slice(0, slash), path: mapped.slice(slash + 1) };
}

/**
 * The API root of a registry. Without TLS only for hosts that are listed as insecure, and for this machine unless
 * it has a certificate of its own; never because TLS failed.
 */
export function endpointOf(domain: string, rules: HostRules, hasCertificate: (host: string) => boolean): Endpoint {
  const host = registryHost(domain);
  let url: URL;
  try {
    if (!isDomain(host)) throw new Error();
    url = new URL(`https://${host}/v2`);
  } catch {
    throw new RegistryError({ kind: 'invalid-reference', reason: `\`${host}\` is not a host that can be asked` });
  }
  const named = rules.insecure?.some((each) => each.toLowerCase() === host.toLowerCase()) ?? false;
  const here = isLoopbackName(url.hostname) && !hasCertificate(host);
  // The default port of https has been dropped from the URL, and would come back as port 80.
  if (named || here) url = new URL(`http://${host}/v2`);
  return {
    name: domain,
    root: url,
    policy: { nearest: 'loopback', ...(here && !named && { loopbackOnly: true }) },
  };
}

/** The API roots of a registry's mirrors, in order; a URL without a path stands for `/v2`. */
export function mirrorsOf(domain: string, rules: HostRules): Endpoint[] {
  return (rules.mirrors?.[domain] ?? []).map((text) => {
    let root: URL;
    try {
      root = new URL(text);
      if (root.protocol !== 'https:' && root.protocol !== 'http:') throw new Error();
      if (root.username !== '' || root.password !== '') throw new Error();
    } catch {
      throw new RegistryError({ kind: 'network', reason: `a mirror of \`${domain}\` is not the URL of a registry` });
    }
    root.pathname = root.pathname === '/' ? '/v2' : root.pathname.replace(/\/+$/, '');
    root.search = '';
    root.hash = '';
    return { name: root.host, root, mirrorOf: domain, policy: { nearest: 'loopback' } };
  });
}
