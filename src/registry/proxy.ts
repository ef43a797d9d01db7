import { BlockList, isIP } from 'node:net';
import { isLoopbackName, literalAddress } from './address.ts';
import { RegistryError } from './errors.ts';

/** The environment of a run; never written to. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Says which proxy a URL is reached through; undefined: none. */
export type ProxyFor = (url: URL) => URL | undefined;

interface Exception {
  readonly host?: string;
  /** `.example.com` and `*.example.com` stand for the names under it only. */
  readonly below?: boolean;
  readonly network?: BlockList;
  readonly port?: string;
}

function proxyUrl(value: string | undefined, variable: string): URL | undefined {
  if (value === undefined || value === '') return undefined;
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // The value may hold a password, so that it is not shown.
  }
  throw new RegistryError({ kind: 'network', reason: `the value of \`${variable}\` is not the URL of an HTTP proxy` });
}

function exception(entry: string): Exception {
  const slash = entry.indexOf('/');
  if (slash !== -1) {
    const address = entry.slice(0, slash);
    const bits = Number(entry.slice(slash + 1));
    const family = isIP(address);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) return {};
    const network = new BlockList();
    network.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
    return { network };
  }
  const port = isIP(entry) === 0 ? /:(\d{1,5})$/.exec(entry)?.[1] : undefined;
  const host = port === undefined ? entry : entry.slice(0, -port.length - 1);
  const below = host.startsWith('.') || host.startsWith('*.');
  const name = host.replace(/^\*?\.|^\[|\]$/g, '').toLowerCase();
  return { host: name, below, ...(port !== undefined && { port }) };
}

function matches(url: URL, { host, below, network, port }: Exception): boolean {
  const name = url.hostname.toLowerCase();
  const address = literalAddress(name);
  if (network) return address !== undefined && network.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  if (host === undefined || host === '') return false;
  if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false;
  if (address !== undefined) return address === host;
  return name.endsWith(`.${host}`) || (!below && name === host);
}

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY as the Go tools beside us do (golang.org/x/net/http/httpproxy): lower case
 * wins, each scheme has its own variable, loopback names go direct, and NO_PROXY knows names, `.names`, `*.names`, ports,
 * addresses, CIDR blocks and `*`.
 */
export function proxyFromEnvironment(env: Environment): ProxyFor {
  const pick = (name: string) => env[name.toLowerCase()] || env[name];
  const exceptions = (pick('NO_PROXY') ?? '')
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => (entry === '*' ? entry : exception(entry)));
  if (exceptions.includes('*')) return () => undefined;
  const https = proxyUrl(pick('HTTPS_PROXY'), 'HTTPS_PROXY');
  // A CGI server sets HTTP_PROXY from a request's header (httpoxy).
  const http = env.REQUEST_METHOD === undefined ? proxyUrl(pick('HTTP_PROXY'), 'HTTP_PROXY') : undefined;
  return (url) => {
    const proxy = url.protocol === 'https:' ? https : http;
    if (!proxy || isLoopbackName(url.hostname)) return undefined;
    return exceptions.some((each) => typeof each !== 'string' && matches(url, each)) ? undefined : proxy;
  };
}
