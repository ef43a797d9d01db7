import { dirname } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { Position } from '../text/index.ts';
import type { Option, Transform } from '../transform/index.ts';
import { ConfigError } from './config-error.ts';
import { type Config, type Key, keys } from './shape.ts';
import { didYouMean } from './suggest.ts';

/**
 * Reads a configuration: the whole text of a `.dockmend.yaml`, or the key `dockmend` of a package.json. Undefined where
 * that key is absent. Throws ConfigError, with the place, for everything that is not what it should be.
 */
export function parseConfig(
  path: string,
  text: string,
  transforms: readonly Transform[],
  own: readonly Transform[] = [],
): Config | undefined {
  return new ConfigReader(path, text, transforms, own).read();
}

/** A transform that a configuration brings along. */
export interface NamedCode {
  readonly id: string;
  /** A file relative to the configuration, or a package. */
  readonly from: string;
  /** An error at its place. */
  error(message: string): ConfigError;
}

/** The code that a configuration names; what else is wrong with it is left to `parseConfig`. */
export function namedCode(path: string, text: string): NamedCode[] {
  return new ConfigReader(path, text, [], []).code();
}

class ConfigReader {
  readonly #path: string;
  readonly #text: string;
  readonly #transforms: readonly Transform[];
  readonly #own: readonly Transform[];
  readonly #lines = new LineCounter();

  constructor(path: string, text: string, transforms: readonly Transform[], own: readonly Transform[]) {
    this.#path = path;
    this.#text = text;
    this.#transforms = [...transforms, ...own];
    this.#own = own;
  }

  code(): NamedCode[] {
    const root = this.#root();
    const transforms = root && isMap(root) ? root.get('transforms', true) : undefined;
    if (!isMap(transforms)) return [];
    return transforms.items.flatMap(({ key, value }) => {
      const from = isMap(value) ? value.get('from') : undefined;
      if (!isScalar(key) || typeof from !== 'string') return [];
      return [{ id: String(key.value), from, error: (message: string) => this.#error(message, start(key as Node)) }];
    });
  }

  /** The node that holds the configuration; undefined where a package.json has none. */
  #root(): Node | null | undefined {
    const isPackage = this.#path.endsWith('package.json');
    const document = this.#document(!isPackage);
    const [fault] = document.errors;
    // A package.json with faults of its own is npm's to judge.
    if (fault && isPackage) return undefined;
    if (fault) throw this.#error(sentence(fault.message), fault.pos[0]);
    const root = document.contents as Node | null;
    if (!isPackage) return root;
    const own = isMap(root) && root.items.find((pair) => isScalar(pair.key) && pair.key.value === 'dockmend');
    return own ? (own.value as Node | null) : undefined;
  }

  read(): Config | undefined {
    const root = this.#root();
    if (root === undefined) return undefined;
    const values: Record<string, unknown> = {};
    if (root !== null && !isEmpty(root)) {
      for (const [name, pair] of this.#entries(root, 'the configuration')) {
        if (!Object.hasOwn(keys, name)) throw this.#unknown('key', name, Object.keys(keys), pair);
        values[name] = this.#value(name, keys[name as keyof typeof keys], pair);
      }
    }
    const own = this.#own.length > 0 ? { own: this.#own } : {};
    return { ...values, ...own, file: this.#path, folder: dirname(this.#path) };
  }

  #document(uniqueKeys: boolean): ReturnType<typeof parseDocument> {
    try {
      return parseDocument(this.#text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys });
    } catch (error) {
      // Thousands of nested brackets exhaust the stack of the parser.
      if (error instanceof RangeError) throw new ConfigError('nested too deeply', { path: this.#path });
      throw error;
    }
  }

  #value(name: string, key: Key, pair: Pair): unknown {
    const node = pair.value as Node | null;
    switch (key.type) {
      case 'choice':
        return this.#choice(name, key.choices!, pair);
      case 'boolean':
        return this.#scalar(name, 'boolean', 'true or false', pair);
      case 'string':
        return this.#scalar(name, 'string', 'a string', pair);
      case 'strings':
        return this.#strings(name, pair).map(({ value }) => value);
      case 'ids':
        return this.#strings(name, pair).map(({ value, node: item }) => {
          this.#transform(value, item);
          return value;
        });
      case 'transforms': {
        const entries = this.#entries(node, `\`${name}\``).map(([id, entry]) => [id, this.#transformValue(id, entry)]);
        return Object.fromEntries(entries);
      }
    }
  }

  #transformValue(id: string, pair: Pair): boolean | Record<string, unknown> {
    const transform = this.#transform(id, pair.key as Node);
    const node = pair.value as Node | null;
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    if (!isMap(node))
      throw this.#error(`\`${id}\` takes true, false or its options`, start(node ?? (pair.key as Node)));
    const options = transform.options ?? {};
    const values: Record<string, unknown> = {};
    for (const [name, entry] of this.#entries(node, `\`${id}\``)) {
      if (name === 'from' && this.#own.includes(transform)) continue;
      if (!Object.hasOwn(options, name)) throw this.#unknown(`option of \`${id}\``, name, Object.keys(options), entry);
      values[name] = this.#option(name, options[name]!, entry);
    }
    return values;
  }

  #option(name: string, option: Option, pair: Pair): unknown {
    if (option.type === 'choice') return this.#choice(name, option.choices, pair);
    if (option.type === 'boolean') return this.#scalar(name, 'boolean', 'true or false', pair);
    if (option.type === 'string') return this.#scalar(name, 'string', 'a string', pair);
    return this.#strings(name, pair).map(({ value }) => value);
  }

  #transform(id: string, node: Node): Transform {
    const found = this.#transforms.find((each) => each.id === id);
    if (found) return found;
    const hint = didYouMean(
      id,
      this.#transforms.map((each) => each.id),
    );
    throw this.#error(`there is no transform \`${id}\`${hint}`, start(node));
  }

  #choice(name: string, choices: readonly string[], pair: Pair): string {
    const node = pair.value as Node | null;
    if (isScalar(node) && typeof node.value === 'string' && choices.includes(node.value)) return node.value;
    const given = isScalar(node) ? didYouMean(String(node.value), choices) : '';
    throw this.#error(`\`${name}\` takes ${choices.join(', ')}${given}`, start(node ?? (pair.key as Node)));
  }

  #scalar(name: string, type: 'boolean' | 'string', wanted: string, pair: Pair): unknown {
    const node = pair.value as Node | null;
    if (isScalar(node) && typeof node.value === type) return node.value;
    throw this.#error(`\`${name}\` takes ${wanted}`, start(node ?? (pair.key as Node)));
  }

  #strings(name: string, pair: Pair): { value: string; node: Node }[] {
    const node = pair.value as Node | null;
    const bad = (at: Node): ConfigError => this.#error(`\`${name}\` takes a list of strings`, start(at));
    if (!isSeq(node)) throw bad(node ?? (pair.key as Node));
    return node.items.map((item) => {
      if (!isScalar(item) || typeof item.value !== 'string') throw bad((item as Node | null) ?? node);
      return { value: item.value, node: item };
    });
  }

  #entries(node: Node | null, what: string): [name: string, pair: Pair][] {
    if (isAlias(node)) throw this.#error('aliases are not read here', start(node));
    if (!isMap(node)) throw this.#error(`${what} takes keys and values`, node ? start(node) : 0);
    return (node as YAMLMap).items.map((pair) => {
      if (!isScalar(pair.key)) throw this.#error(`${what} takes plain keys`, start(pair.key as Node));
      return [String(pair.key.value), pair];
    });
  }

  #unknown(what: string, name: string, names: readonly string[], pair: Pair): ConfigError {
    const known = names.length === 0 ? '; it has none' : didYouMean(name, names) || `; known are ${names.join(', ')}`;
    return this.#error(`unknown ${what} \`${name}\`${known}`, start(pair.key as Node));
  }

  #error(message: string, offset: number): ConfigError {
    const { line, col } = this.#lines.linePos(offset);
    const position: Position = { line: Math.max(line, 1), column: Math.max(col, 1) };
    return new ConfigError(message, {
      path: this.#path,
      position,
      lineText: this.#text.split('\n')[position.line - 1] ?? '',
    });
  }
}

function start(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** A file of comments alone is an empty configuration. */
function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

/** A message of the YAML parser in the form of ours. */
function sentence(message: string): string {
  const text = message.split('\n')[0]!.replace(/\.$/, '');
  return `this is no YAML that can be read: ${text[0]?.toLowerCase()}${text.slice(1)}`;
}
