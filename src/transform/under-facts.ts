import type { Facts } from './ports.ts';

/**
 * Keeps what follows from a part of a file and the facts of a pass: many transforms ask for the same. It lasts as long as
 * its key and the facts do.
 */
export class UnderFacts<K extends object, V> {
  readonly #known = new WeakMap<Facts, WeakMap<K, V>>();

  /** What is known of a key under the facts, made where it is not known yet. */
  of(facts: Facts, key: K, make: () => V): V {
    let byKey = this.#known.get(facts);
    if (!byKey) {
      byKey = new WeakMap();
      this.#known.set(facts, byKey);
    }
    let value = byKey.get(key);
    if (value === undefined && !byKey.has(key)) {
      value = make();
      byKey.set(key, value);
    }
    return value as V;
  }
}
