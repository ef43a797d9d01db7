import { NotTheFormat, type Read, reading } from './value.ts';

/** What go.mod says. */
export interface GoModule {
  readonly path: string;
  /** The `go` line: `1.22` or `1.22.3`. */
  readonly go: string | undefined;
  /** The `toolchain` line, as `go1.22.3`. */
  readonly toolchain: string | undefined;
  /** Versions of the required modules, by path. */
  readonly requires: Readonly<Record<string, string>>;
  /** Directories of the repository that stand in for modules, by path. */
  readonly localReplacements: Readonly<Record<string, string>>;
}

/** Reads go.mod, by the grammar of the Go modules reference. */
export function readGoMod(source: string): Read<GoModule> {
  return reading(() => {
    let path: string | undefined;
    let go: string | undefined;
    let toolchain: string | undefined;
    const requires: Record<string, string> = {};
    const localReplacements: Record<string, string> = {};
    let block: string | undefined;
    for (const raw of source.split(/\r?\n/)) {
      const line = raw.replace(/\/\/.*$/, '').trim();
      if (line === '') continue;
      if (line === ')') {
        block = undefined;
        continue;
      }
      const words = line
        .replace(/\($/, ' (')
        .split(/\s+/)
        .map((word) => word.replace(/^["`](.*)["`]$/, '$1'));
      const verb = block ?? words.shift();
      if (words.at(-1) === '(' && block === undefined) {
        block = verb;
        continue;
      }
      if (verb === 'module') path = words[0];
      else if (verb === 'go') go = words[0];
      else if (verb === 'toolchain') toolchain = words[0];
      else if (verb === 'require' && words[0] !== undefined) requires[words[0]] = words[1] ?? '';
      else if (verb === 'replace') {
        const target = words[words.indexOf('=>') + 1];
        if (words[0] !== undefined && /^\.{1,2}(\/|$)/.test(target ?? '')) localReplacements[words[0]] = target!;
      }
    }
    if (path === undefined) throw new NotTheFormat();
    return { path, go, toolchain, requires, localReplacements };
  });
}

/** What the head of a Go file says: its package, what it imports and embeds. */
export interface GoFile {
  readonly package: string;
  readonly imports: readonly string[];
  /** The patterns of `//go:embed`. */
  readonly embeds: readonly string[];
  /** The `//go:build` line, as written. */
  readonly constraint: string | undefined;
}

/** Reads the head of a Go file; undefined where it has no package clause. */
export function readGoFile(source: string): GoFile | undefined {
  const bare = source.replace(/\/\*[\s\S]*?\*\//g, ' ');
  const clause = /^\s*package\s+(\w+)/m.exec(bare.replace(/^\s*\/\/[^\n]*$/gm, ''));
  if (clause === null) return undefined;
  const imports: string[] = [];
  const code = bare.replace(/^\s*\/\/[^\n]*$/gm, '');
  for (const [, group, single] of code.matchAll(/^\s*import\s+(?:\(([^)]*)\)|(?:[\w.]+\s+)?(["`][^"`\n]*["`]))/gm)) {
    for (const [, path] of (group ?? single ?? '').matchAll(/["`]([^"`\n]*)["`]/g)) imports.push(path!);
  }
  const embeds = [...source.matchAll(/^\/\/go:embed[ \t]+(.+)$/gm)].flatMap(([, patterns]) =>
    patterns!.trim().split(/\s+/),
  );
  return { package: clause[1]!, imports, embeds, constraint: /^\/\/go:build[ \t]+(.+)$/m.exec(source)?.[1]?.trim() };
}
