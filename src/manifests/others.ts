import { jsonObject, type Read, reading, record, text, textRecord, texts } from './value.ts';

/** What composer.json says. */
export interface ComposerPackage {
  readonly name: string | undefined;
  /** `project`, `library`, ... */
  readonly type: string | undefined;
  /** Version ranges by name; `php` and `ext-*` among them. */
  readonly require: Readonly<Record<string, string>>;
  readonly requireDev: Readonly<Record<string, string>>;
  /** The commands of each script. */
  readonly scripts: Readonly<Record<string, readonly string[]>>;
  /** The vendor directory, where it is not `vendor`. */
  readonly vendorDir: string | undefined;
  /** Paths of the repository that are package repositories. */
  readonly localRepositories: readonly string[];
}

/** Reads composer.json. */
export function readComposerJson(source: string): Read<ComposerPackage> {
  return reading(() => {
    const given = jsonObject(source);
    const scripts = Object.entries(record(given.scripts)).map(([name, value]) => {
      return [name, typeof value === 'string' ? [value] : texts(value)] as const;
    });
    const repositories = Object.values((given.repositories as object | null) ?? {}).map(record);
    return {
      name: text(given.name),
      type: text(given.type),
      require: textRecord(given.require),
      requireDev: textRecord(given['require-dev']),
      scripts: Object.fromEntries(scripts),
      vendorDir: text(record(given.config)['vendor-dir']),
      localRepositories: repositories
        .filter(({ type }) => type === 'path')
        .map(({ url }) => text(url))
        .filter((url) => url !== undefined),
    };
  });
}

/** The literal facts of a Gemfile. */
export interface Gemfile {
  readonly ruby: string | undefined;
  readonly gems: readonly string[];
  /** Gems of groups; the group of each, by gem. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Gems that are paths of the repository, by name. */
  readonly localGems: Readonly<Record<string, string>>;
  /** Whether a gemspec, another Gemfile or a version file is read. */
  readonly reads: readonly string[];
}

/** Reads the literal facts of a Gemfile, line by line; there is no parser for it on npm. */
export function readGemfile(source: string): Gemfile {
  const gems: string[] = [];
  const groups: Record<string, readonly string[]> = {};
  const localGems: Record<string, string> = {};
  const reads: string[] = [];
  let ruby: string | undefined;
  const open: (readonly string[] | undefined)[] = [];
  for (const raw of source.split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    const gem = /^gem\s*\(?\s*["']([^"'#]+)["'](.*)$/.exec(line);
    if (gem !== null) {
      const [, name, rest] = gem as unknown as [string, string, string];
      gems.push(name);
      const own = [...(/\bgroups?(?::|\s*=>)\s*(\[[^\]]*\]|:\w+|["']\w+["'])/.exec(rest)?.[1] ?? '').matchAll(/\w+/g)];
      const inside = [...open.flatMap((names) => names ?? []), ...own.map(([word]) => word)];
      if (inside.length > 0) groups[name] = inside;
      const path = /\bpath(?::|\s*=>)\s*["']([^"']+)["']/.exec(rest)?.[1];
      if (path !== undefined) localGems[name] = path;
    }
    const group = /^group\s*\(?([^)]*?)\)?\s*do\b/.exec(line);
    if (group !== null)
      open.push([...group[1]!.matchAll(/:(\w+)|["'](\w+)["']/g)].map((match) => (match[1] ?? match[2])!));
    else if (/\bdo(\s*\|[^|]*\|)?$/.test(line) || /^(if|unless|case|begin)\b/.test(line)) open.push(undefined);
    else if (/^end\b/.test(line)) open.pop();
    ruby ??= /^ruby\s*\(?\s*["']([^"'#]+)["']/.exec(line)?.[1];
    const other = /^(gemspec|eval_gemfile)\b/.exec(line)?.[1] ?? /\bfile:\s*["']([^"']+)["']/.exec(line)?.[1];
    if (other !== undefined) reads.push(other);
  }
  return { ruby, gems, groups, localGems, reads };
}

/** The literal facts of mix.exs. */
export interface MixProject {
  readonly app: string | undefined;
  readonly version: string | undefined;
  readonly elixir: string | undefined;
  readonly deps: readonly string[];
  /** Dependencies that are paths of the repository, by name. */
  readonly localDeps: Readonly<Record<string, string>>;
  /** The names of `releases:`. */
  readonly releases: readonly string[];
  readonly umbrella: boolean;
  /** Whether code in it runs git. */
  readonly readsGit: readonly string[];
}

/** Reads the literal facts of mix.exs; there is no parser for it on npm. */
export function readMixExs(source: string): MixProject {
  const code = source.replace(/^\s*#[^\n]*$/gm, '');
  const literal = (pattern: RegExp) => pattern.exec(code)?.[1];
  const deps = [...code.matchAll(/\{\s*:(\w+)\s*,([^{}]*)\}/g)];
  const releases = /\breleases:\s*\[([\s\S]*?)\n {0,6}\]/.exec(code)?.[1] ?? '';
  const local = deps.map(([, name, rest]) => [name!, /\bpath:\s*"([^"]+)"/.exec(rest!)?.[1]] as const);
  return {
    app: literal(/\bapp:\s*:(\w+)/),
    version: literal(/\bversion:\s*"([^"#]+)"/),
    elixir: literal(/\belixir:\s*"([^"#]+)"/),
    deps: [...new Set(deps.map(([, name]) => name!))],
    localDeps: Object.fromEntries(local.filter((entry): entry is [string, string] => entry[1] !== undefined)),
    releases: [...releases.matchAll(/(\w+):\s*\[/g)]
      .map((match) => match[1]!)
      .filter((name) => !/^(applications|steps|include_executables_for|config_providers)$/.test(name)),
    umbrella: /\bapps_path:/.test(code),
    readsGit: /System\.cmd\(\s*"git"|:os\.cmd\(\s*'git/.test(code) ? ['git'] : [],
  };
}
