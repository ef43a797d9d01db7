import type { ContextFacts, ContextFile } from '../../src/transform/index.ts';
import type { Build, Call, Take } from './build.ts';
import { samples } from './table.ts';
import { toolRuns } from './tools.ts';

/** A call of git that reads a repository, in a shell or as the list of words of another language. */
const gitCall =
  /\bgit['"`,\s]+(?:(?:-[cC]\s+\S+|--[\w-]+(?:=\S+)?)['"`,\s]+)*(?:describe|rev-parse|rev-list|log|show|status|diff|submodule|branch|tag|symbolic-ref|ls-files|archive|checkout|stash|shortlog|for-each-ref|name-rev|cat-file|ls-tree|merge-base|fetch|pull|reset|lfs)\b/;
/** The same where the text makes a repository of its own first. */
const describing = /\bgit\s+(?:-\S+\s+)*(?:describe|rev-parse|rev-list|log|symbolic-ref|name-rev)\b/;
const gitFolder = /(?<![\w.\-/])(?:\.\/)?\.git(?:\/(?:HEAD|refs|objects|config|packed-refs|logs)|["'\s;)]|$)/m;

function readsIn(text: string): boolean {
  const kept = text.replace(/\brm\s+-\w+\s+[^\n;&|]*/g, '').replace(/(?:--exclude|-name|-path)[= ]\S+/g, '');
  const own = /\bgit\s+(?:-\S+\s+)*(?:clone|init)\b/.test(kept);
  return (own ? describing : gitCall).test(kept) || gitFolder.test(kept);
}

/** Files that a program reads by itself, and in which a call of git may stand. */
const readBy: readonly (readonly [program: RegExp, files: RegExp])[] = [
  [/^g?make$/, /^(?:GNUm|m|M)akefile$|\.mk$|^Makefile\.[\w-]+$/],
  [/^cmake$/, /^CMakeLists\.txt$|\.cmake$/],
  [/^meson$/, /^meson\.build$/],
  [/^just$/, /^\.?justfile$/i],
  [/^task$/, /^Taskfile\.ya?ml$/i],
  [/^cargo$/, /^build\.rs$/],
  [/^(?:python[\d.]*|pip[\d.]*|uv|poetry|pdm|hatch)$/, /^(?:setup\.(?:py|cfg)|_?version(?:ing)?\.py)$/],
  [/^(?:mvnw?|mvnd)$/, /^pom\.xml$/],
  [/^gradlew?$/, /\.gradle(?:\.kts)?$/],
  [/^sbt$/, /\.sbt$/],
  [/^bundle$/, /\.gemspec$/],
  [/^rake$/, /^Rakefile$|\.rake$/],
  [/^mage$/, /^magefile\.go$/],
  [
    /^(?:npm|npx|yarn|pnpm|bun|node)$/,
    /^(?:[\w-]+\.config|gulpfile|Gruntfile|webpack[\w.-]*|build|craco[\w.-]*)\.[cm]?[jt]s$/,
  ],
  [/^mkdocs$/, /^mkdocs\.ya?ml$/],
  [/^hugo$/, /^(?:hugo|config)\.(?:toml|ya?ml|json)$/],
];
const otherSigns =
  /setuptools[-_]scm|use_scm_version|versioneer|git-revision-date|enableGitInfo\W+true|git-authors|sbt-git|GitVersioning/;

/** Programs that read a repository wherever they run. */
const alwaysReads =
  /^(?:goreleaser|gitversion|semantic-release|nbgv|lerna|changeset|git-cliff|commitizen|standard-version)$/;

/** Why a build that takes the repository's Git data needs them; undefined where nothing in it reads them. */
export function gitReader(context: ContextFacts, build: Build, take: Take): string | undefined {
  const root = context.file('')!;
  const known = readers.get(take);
  if (known?.root === root) return known.reader;
  const reader = findReader(context, build, take);
  readers.set(take, { root, reader });
  return reader;
}

const readers = new WeakMap<Take, { readonly root: ContextFile; readonly reader: string | undefined }>();

function findReader(context: ContextFacts, build: Build, take: Take): string | undefined {
  const calls = [...build.steps.values()].flatMap((steps) => steps.calls);
  if (readsIn(build.commands)) return 'a command of the build reads them with `git`';
  const always = calls.find(({ name }) => alwaysReads.test(name));
  if (always) return `\`${always.name}\` reads them`;
  const stamped = stamps(context, build, take, calls);
  if (stamped) return stamped;
  const tools = new Set(toolRuns(calls).map(({ tool }) => tool));
  for (const { kind, path, facts } of context.manifests) {
    if (!facts.ok || !('readsGit' in facts.value) || facts.value.readsGit.length === 0 || samples.test(path)) continue;
    const used = kind === 'package.json' ? tools.has('node-script') || tools.has('node-install') : true;
    if (used) return `\`${facts.value.readsGit[0]}\` in \`${path}\` reads them`;
  }
  const reader = readingFile(context, build, calls);
  return reader === undefined ? undefined : `\`${reader}\` reads them`;
}

/** The most files whose texts are looked into. */
const FILES = 400;

/** A file that the build runs or reads, directly or through another one, and that calls git. */
function readingFile(context: ContextFacts, build: Build, calls: readonly Call[]): string | undefined {
  const patterns = readBy.filter(([program]) => calls.some(({ name }) => program.test(name))).map(([, files]) => files);
  const byName = new Map<string, string[]>();
  const own: string[] = [];
  for (const { path, type } of textFiles(context)) {
    if (type !== 'file' || samples.test(path)) continue;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (patterns.some((files) => files.test(name))) own.push(path);
    if (isScript.test(name) || !name.includes('.')) byName.set(name, [...(byName.get(name) ?? []), path]);
  }
  const scripts = scriptsRun(context, calls);
  const calling = scripts.find(({ text }) => readsIn(text));
  if (calling) return calling.path;
  const queue = [
    ...own,
    ...[build.commands, ...scripts.map(({ text }) => text)].flatMap((text) => namedIn(text, byName)),
  ];
  const seen = new Set<string>();
  for (let path = queue.shift(); path !== undefined && seen.size < FILES; path = queue.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = context.text(path);
    if (text === undefined) continue;
    if (readsIn(text) || otherSigns.test(text)) return path;
    queue.push(...namedIn(text, byName));
  }
  return undefined;
}

/** The scripts of package.json files that a build names, with what runs before and after them. */
function scriptsRun(context: ContextFacts, calls: readonly Call[]): { path: string; text: string }[] {
  const named = new Set(toolRuns(calls).flatMap(({ script }) => script?.split(/\s+/)[0] ?? []));
  return context.manifests.flatMap(({ kind, path, facts }) => {
    if (kind !== 'package.json' || !facts.ok || samples.test(path)) return [];
    const { scripts } = facts.value;
    const all = [...named].flatMap((name) => [`pre${name}`, name, `post${name}`]);
    return all.flatMap((name) => (Object.hasOwn(scripts, name) ? [{ path, text: scripts[name]! }] : []));
  });
}

const isScript = /\.(?:sh|bash|py|rb|pl|ps1|[cm]?js|ts|mk|cmake)$/;

/** The scripts and makefiles that a text names by their paths. */
function namedIn(text: string, byName: ReadonlyMap<string, readonly string[]>): string[] {
  const words = new Set(text.split(/[\s"'`;&|()=,<>]+/).map((word) => word.slice(word.lastIndexOf('/') + 1)));
  return [...words].flatMap((word) => byName.get(word) ?? []);
}

/** Files outside of what is installed, at most some thousands and none deep down. */
function* textFiles(context: ContextFacts): Generator<{ readonly path: string; readonly type: string }> {
  const queue = [''];
  let count = 0;
  for (let directory = queue.shift(); directory !== undefined && count < 20_000; directory = queue.shift()) {
    for (const child of context.children(directory)) {
      count++;
      const name = child.path.slice(child.path.lastIndexOf('/') + 1);
      if (child.type !== 'directory') yield child;
      else if (!/^(?:node_modules|vendor|\.git|\.?venv|target|dist|third_party)$/.test(name)) queue.push(child.path);
    }
  }
}

/**
 * What writes the commit into what it builds, if it finds it: Go since 1.18 (`go help build`, -buildvcs) where git is
 * installed, and the .NET SDK since 8.0 (Source Link).
 */
function stamps(context: ContextFacts, build: Build, take: Take, calls: readonly Call[]): string | undefined {
  const { file, commands } = build;
  const base = file.baseReference(file.rootStage(take.stage)) ?? '';
  const goes = calls.some(({ name, words }) => name === 'go' && /^(?:build|install|run)$/.test(words[0] ?? ''));
  if (goes && !/-buildvcs=false/.test(commands)) {
    const version = /(?:^|\/)golang:1\.(\d+)/.exec(base)?.[1];
    const lacksGit = /alpine|distroless/.test(base) && !/\bapk\b[^\n;&]*\bgit\b/.test(commands);
    if (!lacksGit && !(version !== undefined && Number(version) < 18))
      return '`go build` stamps the program with the commit';
  }
  const builds = calls.some(
    ({ name, words }) => name === 'dotnet' && /^(?:build|publish|pack|msbuild|run)$/.test(words[0] ?? ''),
  );
  const sdk = /\/sdk:(\d+)/.exec(base)?.[1];
  if (!builds || (sdk !== undefined && Number(sdk) < 8)) return undefined;
  const off = /<(?:EnableSourceControlManagerQueries|IncludeSourceRevisionInInformationalVersion)>\s*false/i;
  const settings = context.manifests.filter(({ kind }) => kind === 'dotnet').map(({ path }) => path);
  const isOff = [...settings, 'Directory.Build.props'].some((path) => off.test(context.text(path) ?? ''));
  return isOff ? undefined : '`dotnet` writes the commit into the version of what it builds';
}
