import { posix } from 'node:path';
import {
  covers,
  environmentValue,
  isOwnSetting,
  isProgramsEnvironment,
  type Layout,
  type SourceText,
  type SourceWrite,
  sourceWrites,
  withoutComments,
} from '../../src/transform/index.ts';
import type { Language } from './languages.ts';
import type { Subject } from './subject.ts';

/** A first argument of a call: its text where it is one plain string, undefined where it is worked out. */
export type Argument = string | undefined;

/** A path that is written, as far as it is known. */
export type Written = Pick<SourceWrite, 'path' | 'open' | 'isFolder'>;

/** What the source text of an application says about files and programs. */
export interface SourceReading {
  /** Every string in it. */
  readonly strings: ReadonlyMap<string, readonly string[]>;
  readonly opens: readonly Argument[];
  readonly writes: readonly Written[];
  readonly runs: readonly Argument[];
  /** Whether all of the text could be read. */
  readonly complete: boolean;
  /** The texts by their context paths. */
  readonly texts: ReadonlyMap<string, string>;
}

const maximumFiles = 3000;
const notOwn =
  /(?:^|\/)(?:node_modules|vendor|third_party|\.git|testdata|__tests__|tests?|spec|e2e|examples?|docs?|benches)\//;
const tests = /(?:_test\.go|\.(?:test|spec)\.[cm]?[jt]sx?|(?:^|\/)test_[^/]*\.py|_test\.py|_spec\.rb|Tests?\.java)$/;

/** Reads the application's own sources of a language that are copied into the stage, without its tests. */
export function readSources(
  subject: Subject,
  language: Language,
  isLeftOut: (path: string) => boolean = () => false,
): SourceReading {
  const layout = subject.layout!;
  const texts = new Map<string, string>();
  const settings = new Map<string, string>();
  let { complete } = layout;
  for (const path of layout.files()) {
    if (isOwnSetting(path)) settings.set(path, withoutComments(layout.context.text(path) ?? '', path));
    if (!language.sources.test(path) || notOwn.test(path) || tests.test(path) || isLeftOut(path)) continue;
    const text = texts.size < maximumFiles ? layout.context.text(path) : undefined;
    if (text === undefined) complete = false;
    else texts.set(path, withoutComments(text, path));
  }
  const strings = new Map<string, string[]>();
  const opens: Argument[] = [];
  const runs: Argument[] = [];
  for (const [path, text] of texts) {
    for (const [, a, b, c] of text.matchAll(
      /"((?:[^"\\\n]|\\.){1,200})"|'((?:[^'\\\n]|\\.){1,200})'|`([^`\n]{1,200})`/g,
    )) {
      const value = (a ?? b ?? c)!;
      if (!/^[\w./@*: ?=~+-]+$/.test(value)) continue;
      const at = strings.get(value);
      if (at) at.push(path);
      else strings.set(value, [path]);
    }
    opens.push(...calls(text, language.opens));
    if (language.runsIn?.test(text) !== false) runs.push(...calls(text, language.runs, language.runsItself));
  }
  const writes = writesOf(subject, language, new Map([...texts, ...settings]));
  return { strings, opens, writes, runs, complete, texts };
}

function calls(text: string, pattern: RegExp, except?: RegExp): Argument[] {
  const found: Argument[] = [];
  for (const match of text.matchAll(pattern)) {
    const rest = text.slice(match.index + match[0].length).replace(/^[(\s]*/, '');
    if (except?.test(rest)) continue;
    found.push(literalAt(rest));
  }
  return found;
}

/** The string that a text begins with, where nothing is joined to it. */
function literalAt(text: string): Argument {
  const rest = text
    .replace(/^\[\s*/, '')
    .replace(/^(?:Path|PurePath|pathlib\.Path|Path\.of|Paths\.get|new File|std::path::Path::new)\(/, '');
  const match = /^[rbuf]?(["'`])((?:(?!\1)[^\\\n]|\\.)*)\1\s*(.)?/.exec(rest);
  if (!match || (match[3] !== undefined && !/[,)\]]/.test(match[3]))) return undefined;
  return /\$\{|\{\w*\}|%[sdv]/.test(match[2]!) ? undefined : match[2];
}

/** Paths that are written, with an unknown one for every file that writes in a way that no path can be read of. */
function writesOf({ file, stage, layout, directory }: Subject, language: Language, texts: ReadonlyMap<string, string>) {
  const sources: SourceText[] = [...texts].map(([path, text]) => ({ path, text, place: layout!.imageOf(path) }));
  const end = stage.instructions.at(-1)!;
  const found: (Written & { readonly source: string })[] = sourceWrites(sources, {
    workdir: directory,
    environment: (name) => environmentValue(file, end, name),
    collects: false,
  });
  for (const { path, text } of sources) {
    const own = found.filter(({ source }) => source === path);
    const isHidden = text.search(language.writes) !== -1 || hiddenWrites.test(text);
    if (own.length === 0 && isHidden) found.push({ path: undefined, open: false, isFolder: false, source: path });
    // A file name that only databases have is opened to be written, whatever opens it.
    if (own.some((each) => /\.(?:sqlite3?|db)$/.test(each.path ?? ''))) continue;
    for (const [, , name] of text.matchAll(/(["'])([\w./-]+\.(?:sqlite3?|db))\1/g))
      found.push({ path: name, open: false, isFolder: false, source: path });
  }
  return found;
}

/** Uploads of Django and Flask, log files by name, methods of pathlib, databases in files, logs of Spring, Logback and Log4j. */
const hiddenWrites =
  /\b(?:open|fopen|File\.open)\(\s*[^()]*?\s*,\s*(?:mode\s*=\s*)?["'][rb]*[wax+][^"']*["']|\b(?:MEDIA_ROOT|UPLOAD_FOLDER|UPLOAD_DIR)\s*=|['"]logging(?:\.handlers)?\.\w*FileHandler['"]|\.(?:write_text|write_bytes|mkdir|touch)\(|\btransports\.File\(|\bDailyRotateFile\(|\bnew (?:Datastore|JSONFile|Low)\(|\bstorage:\s*['"]\.|jdbc:(?:h2:(?:file:|\.|~|\/)|sqlite:(?!:memory)|hsqldb:file|derby:(?!memory))|\blogging\.file|\blogging:[\s\S]{0,300}?\n\s+file:|FileAppender|<file>/;

const documents =
  /(?:^|\/)(?:readme|license|licence|changelog|contributing|authors|notice|todo|codeowners|security)[^/]*$|\.(?:md|rst|adoc)$/i;
const ofBuild =
  /(?:^|\/)(?:Dockerfile[^/]*|[^/]*\.[Dd]ockerfile|Containerfile[^/]*|docker-compose[^/]*|compose[^/]*\.ya?ml|Makefile|Taskfile\.ya?ml|Jenkinsfile|Procfile|Vagrantfile|skaffold\.yaml|renovate\.json|sonar-project\.properties|[^/]*\.(?:sh|bat|ps1|nix|lock|iml))$/;

/** Hidden files are of tools, but for those that set up the environment of the program. */
function isHidden(path: string): boolean {
  return /(?:^|\/)\.(?!env(?:\.|$))/.test(path) || /\.env\.(?:example|sample|template|dist|test)$/.test(path);
}

/** Context paths below the working directory that a program may read when it runs: neither source, nor build, nor text for people. */
export function dataFiles(layout: Layout, language: Language): string[] {
  const found: string[] = [];
  for (const path of layout.files()) {
    if (language.sources.test(path) || language.buildFiles.test(path) || notOwn.test(path)) continue;
    if (documents.test(path) || ofBuild.test(path) || isHidden(path)) continue;
    // What is a developer's own is missing elsewhere, and a COPY of it would fail.
    if (/(?:^|\/)\.env(?:\.|$)/.test(path) && !isProgramsEnvironment(layout.context, path)) continue;
    found.push(path);
  }
  return found;
}

/**
 * What a program reads when it runs, as absolute image paths: each string of its sources that names a file or directory
 * which the build has, and where some path is worked out, all that is no source, if that is not much.
 */
export function runtimeFiles(
  layout: Layout,
  language: Language,
  reading: SourceReading,
  directory: string,
  more: readonly string[] = [],
  notRead: ReadonlySet<string> = new Set(),
): { readonly paths: readonly string[] } | { readonly unknown: string } {
  const data = dataFiles(layout, language).filter((path) => !notRead.has(path));
  const wanted = new Set<string>();
  const want = (text: string, bases: readonly string[]): void => {
    const path = text
      .replace(/^file:\/\//, '')
      .replace(/\/?[^/]*\*.*$/, '')
      .replace(/[?#].*$/, '');
    if (path === '' || /^(?:\.{0,2}\/?|\/)$/.test(path)) return;
    for (const base of bases) {
      const image = posix.resolve(base, path);
      const context = image === directory || image === '/' ? undefined : layout.contextOf(image);
      if (context !== undefined && context !== '' && data.some((file) => covers(context, file))) wanted.add(image);
    }
  };
  for (const [text, places] of reading.strings) {
    const bases = new Set([directory]);
    for (const place of places) {
      const image = layout.imageOf(place);
      if (image === undefined) continue;
      bases.add(posix.dirname(image)).add(posix.dirname(posix.dirname(image)));
    }
    want(text, [...bases]);
  }
  for (const text of more) want(text, [directory]);
  // Frameworks look for these by their names alone.
  for (const path of data) {
    const top = topBelow(directory, layout.imageOf(path)!);
    if (byConvention.test(posix.basename(top)) && covers(directory, top)) wanted.add(top);
  }
  const isDynamic = reading.opens.some((each) => each === undefined);
  if (isDynamic || !reading.complete) {
    const left = data
      .map((path) => layout.imageOf(path)!)
      .filter((image) => ![...wanted].some((each) => covers(each, image)));
    const tops = new Set(left.map((image) => topBelow(directory, image)));
    if (tops.size + wanted.size > maximumEntries) return { unknown: [...tops].slice(0, 3).join(', ') };
    for (const top of tops) wanted.add(top);
  }
  // A directory stands for what is in it.
  const paths = [...wanted].filter((path) => ![...wanted].some((other) => other !== path && covers(other, path)));
  return { paths: paths.sort() };
}

/** Names of what is read at run time without a word of it in the sources. */
const byConvention =
  /^(?:conf|config|configs|configuration|public|static|assets|templates|views|www|web|webroot|locales?|i18n|lang|translations|migrations|data|resources|application(?:-\w+)?\.(?:ya?ml|properties)|(?:config|settings|app)\.(?:toml|ya?ml|json|ini|conf)|\.env(?:\.\w+)?|Rocket\.toml|appsettings(?:\.\w+)?\.json|log(?:back|4j2?)[\w.-]*\.(?:xml|properties))$/;

/** More than so many files and directories are more likely to be a repository than what a program reads. */
const maximumEntries = 8;

function topBelow(directory: string, image: string): string {
  const prefix = directory === '/' ? '/' : `${directory}/`;
  if (!image.startsWith(prefix)) return image;
  return prefix + image.slice(prefix.length).split('/')[0]!;
}
