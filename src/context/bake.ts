/** What a bake file says of one target: where, and the values that are written there. */
export interface BakeTarget {
  /** 1-based. */
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Stands for a value that only bake can work out; it reads as a variable. */
export const NOT_LITERAL = '${?}';

/** Reads the targets of docker-bake.json by name; none where it is no JSON. */
export function readBakeJson(text: string): Map<string, BakeTarget> {
  const targets = new Map<string, BakeTarget>();
  let given: unknown;
  try {
    given = (JSON.parse(text) as { target?: unknown } | null)?.target;
  } catch {
    return targets;
  }
  if (typeof given !== 'object' || given === null) return targets;
  for (const [name, values] of Object.entries(given)) {
    if (typeof values !== 'object' || values === null) continue;
    const at = text.indexOf(`${JSON.stringify(name)}`, text.indexOf('"target"') + 8);
    targets.set(name, { line: text.slice(0, Math.max(at, 0)).split('\n').length, values });
  }
  return targets;
}

/**
 * Reads the targets of a bake file in HCL by name. Strings (with their interpolations as text), numbers, booleans, lists
 * and maps are read; any other expression is NOT_LITERAL. What cannot be made out is passed over.
 */
export function readBakeHcl(text: string): Map<string, BakeTarget> {
  return new HclReader(tokenize(text)).targets();
}

/** Adds to each target what it inherits, as bake does: the later one wins, arguments and contexts are merged by name. */
export function inherit(targets: ReadonlyMap<string, BakeTarget>): Map<string, BakeTarget> {
  const full = (name: string, above: readonly string[]): Readonly<Record<string, unknown>> => {
    const own = targets.get(name)?.values ?? {};
    const parents = Array.isArray(own.inherits) ? own.inherits.filter((parent) => !above.includes(parent)) : [];
    const layers = [...parents.map((parent: string) => full(parent, [...above, name])), own];
    const merged: Record<string, unknown> = {};
    for (const layer of layers) {
      for (const [key, value] of Object.entries(layer)) {
        const old = merged[key];
        merged[key] = isRecord(old) && isRecord(value) ? { ...old, ...value } : value;
      }
    }
    return merged;
  };
  return new Map([...targets].map(([name, { line }]) => [name, { line, values: full(name, [name]) }]));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Token {
  readonly kind: 'name' | 'text' | 'mark' | 'break';
  readonly text: string;
  readonly line: number;
}

const TOKEN =
  /(?:#|\/\/)[^\n]*|\/\*[\s\S]*?\*\/|<<-?(\w+)\n[\s\S]*?\n[ \t]*\1(?![^\n])|"(?:[^"\\$\n]|\\.|\$\{(?:[^{}"]|"[^"\n]*")*\}|\$(?!\{))*"|[A-Za-z_][\w-]*|\n|\S/g;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let counted = 0;
  for (const { 0: found, index } of text.matchAll(TOKEN)) {
    for (; counted < index; counted++) if (text[counted] === '\n') line++;
    if (found === '\n') tokens.push({ kind: 'break', text: '', line });
    else if (!/^(#|\/\/|\/\*)/.test(found)) {
      const kind = /^["<]./.test(found) ? 'text' : /^[A-Za-z_]/.test(found) ? 'name' : 'mark';
      tokens.push({ kind, text: found, line });
    }
  }
  return tokens;
}

class HclReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  targets(): Map<string, BakeTarget> {
    const targets = new Map<string, BakeTarget>();
    while (this.#at < this.#tokens.length) {
      const token = this.#take()!;
      if (token.kind !== 'name') continue;
      const label = this.#peek()?.kind === 'text' ? unquote(this.#take()!.text) : undefined;
      if (!this.#takeMark('{')) continue;
      const values = this.#body();
      if (token.text === 'target' && label !== undefined) targets.set(label, { line: token.line, values });
    }
    return targets;
  }

  /** The attributes up to the brace that closes them; blocks inside are passed over. */
  #body(): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    for (let token = this.#take(); token !== undefined && token.text !== '}'; token = this.#take()) {
      if (token.kind === 'break' || token.text === ',') continue;
      if (this.#takeMark('=') || this.#takeMark(':')) {
        values[token.kind === 'text' ? unquote(token.text) : token.text] = this.#value();
        continue;
      }
      if (this.#peek()?.kind === 'text') this.#take();
      if (this.#takeMark('{')) this.#body();
    }
    return values;
  }

  #value(): unknown {
    const start = this.#at;
    const token = this.#take();
    let value: unknown = NOT_LITERAL;
    if (token?.kind === 'text') value = unquote(token.text);
    else if (token?.text === 'true' || token?.text === 'false') value = token.text === 'true';
    else if (token?.text === 'null') value = undefined;
    else if (token?.text === '{') value = this.#body();
    else if (token?.text === '[') value = this.#list();
    const next = this.#peek();
    if (value !== NOT_LITERAL && (next === undefined || next.kind === 'break' || ',]}'.includes(next.text)))
      return value;
    this.#at = start;
    this.#skipExpression();
    return NOT_LITERAL;
  }

  #list(): unknown[] {
    const items: unknown[] = [];
    for (let token = this.#peek(); token !== undefined && token.text !== ']'; token = this.#peek()) {
      if (token.kind === 'break' || token.text === ',') this.#take();
      else items.push(this.#value());
    }
    this.#take();
    return items;
  }

  /** Passes over an expression: up to a line break, comma or closing mark that is not inside marks of its own. */
  #skipExpression(): void {
    let depth = 0;
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      if (depth === 0 && (token.kind === 'break' || ',]}'.includes(token.text))) return;
      if ('([{'.includes(token.text)) depth++;
      else if (')]}'.includes(token.text)) depth--;
      this.#take();
    }
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #take(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #takeMark(text: string): boolean {
    if (this.#peek()?.text !== text || this.#peek()?.kind !== 'mark') return false;
    this.#at++;
    return true;
  }
}

function unquote(text: string): string {
  if (text.startsWith('<')) return NOT_LITERAL;
  return text.slice(1, -1).replace(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t', r: '\r' })[c] ?? c);
}
