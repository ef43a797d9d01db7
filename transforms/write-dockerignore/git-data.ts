import type { ContextFacts, ContextFile } from '../../src/transform/index.ts';
import { type Build, baseUnder, type Call, type Take } from './build.ts';
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
  const { texts, closed } = textsRead(context, build, calls);
  const reading = texts.find(({ text }) => readsIn(text) || otherSigns.test(text));
  if (reading) return `\`${reading.path}\` reads them`;
  if (closed !== undefined) return `\`${closed}\` cannot be read, and may need them`;
  const all = [build.commands, ...texts.map(({ text }) => text)].join('\n');
  const stamped = stamps(context, build, take, all);
  if (stamped) return stamped;
  const tools = new Set(toolRuns(calls).map(({ tool }) => tool));
  for (const { kind, path, facts } of context.manifests) {
    if (!facts.ok || !('readsGit' in facts.value) || facts.value.readsGit.length === 0 || samples.test(path)) continue;
    const used = kind === 'package.json' ? tools.has('node-script') || tools.has('node-install') : true;
    if (used) return `\`${facts.value.readsGit[0]}\` in \`${path}\` reads them`;
  }
  return undefined;
}

/** The most files whose texts are looked into. */
const FILES = 400;

interface TextRead {
  readonly path: string;
  readonly text: string;
}

/**
 * The files of the context that a build runs or that its programs read by themselves, directly or through one another.
 * `closed`: one whose text cannot be had.
 */
function textsRead(
  context: ContextFacts,
  build: Build,
  calls: readonly Call[],
): { readonly texts: readonly TextRead[]; readonly closed: string | undefined } {
  const files = ownFiles(context);
  const scripts = files.filter(({ name }) => isScript.test(name) || !name.includes('.'));
  const byName = new Map<string, string[]>();
  for (const { name, path } of scripts) byName.set(name, [...(byName.get(name) ?? []), path]);
  const texts: TextRead[] = [...scriptsRun(context, calls)];
  const seen = new Set<string>();
  const queue: string[] = [];
  const follow = (text: string): void => {
    const words = new Set(text.split(/[\s"'`;&|()=,<>@]+/).map((word) => word.slice(word.lastIndexOf('/') + 1)));
    for (const word of words) queue.push(...(byName.get(word) ?? []));
    for (const [program, own] of readBy) {
      if (![...words].some((word) => program.test(word))) continue;
      for (const { name, path } of files) if (own.test(name)) queue.push(path);
    }
  };
  for (const text of [build.commands, ...texts.map((each) => each.text)]) follow(text);
  let closed: string | undefined;
  for (const path of queue) {
    if (seen.size === FILES) break;
    if (seen.has(path)) continue;
    seen.add(path);
    const text = context.text(path);
    if (text !== undefined) {
      texts.push({ path, text });
      follow(text);
    } else if (path.includes('.') || /^[Mm]akefile$/.test(path)) closed ??= path;
  }
  return { texts, closed };
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

interface OwnFile {
  readonly path: string;
  readonly name: string;
}

const listed = new WeakMap<ContextFile, readonly OwnFile[]>();

function ownFiles(context: ContextFacts): readonly OwnFile[] {
  const root = context.file('')!;
  let files = listed.get(root);
  if (!files) {
    files = [...filesOf(context)];
    listed.set(root, files);
  }
  return files;
}

/** The files outside of what is installed and compiled, at most some thousands, without those of tests. */
function* filesOf(context: ContextFacts): Generator<OwnFile> {
  const queue = [''];
  let count = 0;
  for (let directory = queue.shift(); directory !== undefined && count < 20_000; directory = queue.shift()) {
    for (const { path, type } of context.children(directory)) {
      count++;
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (type === 'file' && !samples.test(path)) yield { path, name };
      else if (type === 'directory' && !notOwn.test(name)) queue.push(path);
    }
  }
}

const notOwn = /^(?:node_modules|vendor|\.git|\.?venv|target|dist|third_party)$/;

/**
 * What writes the commit into what it builds, if it finds it: Go since 1.18 (`go help build`, -buildvcs) where git is
 * installed, and the .NET SDK since 8.0 (Source Link).
 */
function stamps(context: ContextFacts, build: Build, take: Take, texts: string): string | undefined {
  const base = baseUnder(build, take.stage);
  if (/\bgo['"\s,]+(?:build|install|run)\b/.test(texts) && !/-buildvcs=false/.test(texts)) {
    const version = /(?:^|\/)golang:1\.(\d+)/.exec(base)?.[1];
    const lacksGit = /alpine|distroless/.test(base) && !/\bapk\b[^\n;&]*\bgit\b/.test(texts);
    if (!lacksGit && !(version !== undefined && Number(version) < 18))
      return '`go build` stamps programs with the commit';
  }
  if (!/\bdotnet['"\s,]+(?:build|publish|pack|msbuild|run)\b/.test(texts)) return undefined;
  const sdk = /\/sdk:(\d+)/.exec(base)?.[1];
  if (sdk !== undefined && Number(sdk) < 8) return undefined;
  const off = /<(?:EnableSourceControlManagerQueries|IncludeSourceRevisionInInformationalVersion)>\s*false/i;
  const settings = context.manifests.filter(({ kind }) => kind === 'dotnet').map(({ path }) => path);
  const isOff = [...settings, 'Directory.Build.props'].some((path) => off.test(context.text(path) ?? ''));
  return isOff ? undefined : '`dotnet` writes the commit into the version of what it builds';
}
