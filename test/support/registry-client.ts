import type { Lookup } from '../../src/registry/dispatchers.ts';
import type { Clock } from '../../src/registry/host-state.ts';
import { createRegistry, type Registry, RegistryError, type RegistryOptions } from '../../src/registry/index.ts';

/** A clock that counts sleeps instead of sleeping. */
export class FakeClock implements Clock {
  readonly slept: number[] = [];
  #now = Date.parse('2026-11-21T00:00:00Z');

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.pass(milliseconds);
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/** A look-up that sends some names to some addresses, and finds no other. */
export function lookupOf(names: Readonly<Record<string, string | readonly string[]>>): Lookup {
  return (hostname, _, callback) => {
    const found = names[hostname];
    if (found === undefined) {
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), []);
      return;
    }
    const addresses = typeof found === 'string' ? [found] : found;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
}

/** A client that knows nothing of the machine it runs on: no cache, no credentials, no proxy; quick to give up. */
export function clientOf(options: RegistryOptions = {}): Registry {
  const { limits, ...rest } = options;
  return createRegistry({
    env: { PATH: process.env.PATH },
    home: '/nonexistent',
    cache: false,
    certificateFolders: [],
    limits: { backoff: 1, connectTimeout: 5000, idleTimeout: 5000, totalTimeout: 10_000, ...limits },
    ...rest,
  });
}

/** The RegistryError that some work ends with; an error of the test where it ends otherwise. */
export async function failure(work: Promise<unknown>): Promise<RegistryError> {
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
  throw new Error(`it did not fail: ${JSON.stringify(result)}`);
}
