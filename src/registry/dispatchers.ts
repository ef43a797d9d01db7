import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { type AddressKind, type AddressPolicy, farthest, isAllowedAddress, literalAddress } from './address.ts';
import type { HostCertificates } from './certificates.ts';
import type { ProxyFor } from './proxy.ts';

type Undici = typeof import('undici');

let undici: Promise<Undici> | undefined;

/** Loads undici once: it takes longer than all else in a run that the lock and the cache can answer. */
export function loadUndici(): Promise<Undici> {
  undici ??= import('undici');
  return undici;
}

/** The code of the error that a connection fails with when its address is not allowed. */
export const addressRefused = 'ERR_ADDRESS_REFUSED';

/** Looks up all addresses of a name. */
export type Lookup = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What connections are made of. */
export interface DispatcherOptions {
  readonly proxyFor: ProxyFor;
  readonly certificatesOf: (host: string) => HostCertificates | undefined;
  readonly lookup?: Lookup;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly connectionsPerHost: number;
}

function refused(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} is at an address that is not allowed here`), { code: addressRefused });
}

/**
 * The undici dispatchers of one run, made as they are needed. Addresses are checked where a name turns into them, in
 * the connector, so that a name cannot stand for one address when checked and another when used; connections are
 * shared only by requests with the same policy.
 */
export class Dispatchers {
  readonly #options: DispatcherOptions;
  readonly #made = new Map<string, Dispatcher>();
  readonly #kinds = new Map<string, Exclude<AddressKind, 'forbidden'>>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** The dispatcher for a URL; throws where the URL itself names an address that is not allowed. */
  async for(url: URL, policy: AddressPolicy): Promise<Dispatcher> {
    const address = literalAddress(url.hostname);
    if (address !== undefined && !isAllowedAddress(address, policy)) throw refused(url.hostname);
    const proxy = this.#options.proxyFor(url);
    const certificates = url.protocol === 'https:' ? this.#options.certificatesOf(url.host) : undefined;
    const key = [proxy?.href, certificates && url.host, policy.nearest, policy.loopbackOnly].join(' ');
    const undici = await loadUndici();
    let dispatcher = this.#made.get(key);
    if (!dispatcher) {
      dispatcher = proxy ? this.#proxied(undici, proxy, certificates) : this.#direct(undici, policy, certificates);
      this.#made.set(key, dispatcher);
    }
    return dispatcher;
  }

  /** How far away a host was when it was last reached; a host behind a proxy counts as public unless it is an address. */
  kindOf(url: URL): Exclude<AddressKind, 'forbidden'> {
    const address = literalAddress(url.hostname);
    return address === undefined ? (this.#kinds.get(url.hostname) ?? 'public') : farthest([address]);
  }

  async close(): Promise<void> {
    const all = [...this.#made.values()];
    this.#made.clear();
    await Promise.all(all.map((each) => each.destroy()));
  }

  #direct({ Agent }: Undici, policy: AddressPolicy, certificates: HostCertificates | undefined): Dispatcher {
    const { connectTimeout, connectionsPerHost } = this.#options;
    return new Agent({
      connections: connectionsPerHost,
      connect: { timeout: connectTimeout, lookup: this.#lookup(policy), ...mutable(certificates) },
    });
  }

  // Every connection goes to the proxy, which the user named, so that only the proxy sees the addresses.
  #proxied({ ProxyAgent }: Undici, proxy: URL, certificates: HostCertificates | undefined): Dispatcher {
    const { connectTimeout: timeout, connectionsPerHost } = this.#options;
    return new ProxyAgent({
      uri: proxy.href,
      proxyTunnel: false,
      connections: connectionsPerHost,
      proxyTls: { timeout },
      requestTls: { timeout, ...mutable(certificates) },
    });
  }

  #lookup(policy: AddressPolicy): LookupFunction {
    const lookup = this.#options.lookup ?? (systemLookup as Lookup);
    return (hostname, options, callback) => {
      lookup(hostname, { ...(options as LookupOptions), all: true }, (error, found) => {
        if (error) return callback(error, '', 0);
        const allowed = found.filter(({ address }) => isAllowedAddress(address, policy));
        const [first] = allowed;
        if (!first) return callback(refused(hostname), '', 0);
        this.#kinds.set(hostname, farthest(allowed.map(({ address }) => address)));
        if ((options as LookupOptions).all) {
          // With `all`, the callback takes the list, which Node's types of `LookupFunction` know only in part.
          (callback as unknown as (error: null, addresses: LookupAddress[]) => void)(null, allowed);
        } else callback(null, first.address, first.family);
      });
    };
  }
}

function mutable(certificates: HostCertificates | undefined) {
  return certificates && { ...certificates, ca: [...certificates.ca] };
}
