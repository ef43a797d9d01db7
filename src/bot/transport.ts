import type { Dispatcher, fetch as undiciFetch } from 'undici';
import { type Environment, proxyFromEnvironment } from '../registry/index.ts';

/** Requests of one run, through the proxies that the environment names; certificates are Node's own. */
export interface Transport {
  readonly fetch: typeof undiciFetch;
  close(): Promise<void>;
}

/** How long one request may take, in milliseconds. */
const requestTimeout = 60_000;

/** Opens a transport: undici's fetch with a dispatcher a call, and no global state. */
export async function openTransport(environment: Environment): Promise<Transport> {
  const { Agent, fetch, ProxyAgent } = await import('undici');
  const proxyFor = proxyFromEnvironment(environment);
  const dispatchers = new Map<string, Dispatcher>();
  const dispatcherFor = (url: URL): Dispatcher => {
    const proxy = proxyFor(url);
    const key = proxy?.href ?? '';
    let dispatcher = dispatchers.get(key);
    if (!dispatcher) {
      dispatcher = proxy
        ? new ProxyAgent({ uri: proxy.href, proxyTunnel: false })
        : new Agent({ connect: { timeout: 15_000 } });
      dispatchers.set(key, dispatcher);
    }
    return dispatcher;
  };
  const send: typeof fetch = (input, init = {}) => {
    const url = new URL(typeof input === 'string' ? input : input instanceof URL ? input.href : input.url);
    const timeout = AbortSignal.timeout(requestTimeout);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    return fetch(input, { ...init, dispatcher: dispatcherFor(url), signal });
  };
  return {
    fetch: send,
    close: async () => {
      await Promise.all([...dispatchers.values()].map((each) => each.destroy()));
    },
  };
}
