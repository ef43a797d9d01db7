import { writeCalls, writesInText } from '../../src/facts/index.ts';
import type { ContextFile } from '../../src/transform/index.ts';
import { closing, type ExpressionScope, pathValue, splitAt } from './expressions.ts';
import { contributingStages, copySteps, placedFiles } from './image-files.ts';
import { baseName, parentOf, type Setting } from './setting.ts';

/** A path that a source file of the application writes. */
export interface SourceWrite {
  /** Absolute or relative to the working directory, perhaps `~`; undefined where the source does not say. */
  readonly path: string | undefined;
  /** Parts of it that are not known follow. */
  readonly open: boolean;
  /** A folder that is made, and not a file that is written. */
  readonly isFolder: boolean;
  /** The source file relative to the context, and its 1-based line. */
  readonly source: string;
  readonly line: number;
}

const SOURCE =
  /\.(?:[cm]?[jt]sx?|py|rb|ru|php|go|java|kt|scala|groovy|rs|cs|fs|properties|ya?ml|json|toml|env|xml|prisma)$/;
const CONFIGURATION =
  /(?:^|\/)(?:application[\w-]*\.(?:properties|ya?ml)|log(?:back|4j2?)[\w-]*\.xml|appsettings[\w.]*\.json|\.env|[\w-]*config[\w-]*\.(?:ya?ml|json|toml)|alembic\.ini)$/;
/** What is not part of what runs: tests, tools, other people's code, output. */
const APART =
  /(?:^|\/)(?:node_modules|vendor|\.venv|venv|__pycache__|\.git|\.github|tests?|__tests__|spec|specs|testdata|fixtures|examples?|docs?|e2e|cypress|scripts?|tools|hack|bench(?:mark)?s?|migrations|storybook|\.next|coverage)\/|(?:^|[._-])(?:test|spec|stories|conftest)[._][\w.]+$|_test\.(?:go|py|rb)$|(?:^|\/)(?:setup|conftest|noxfile|tasks|build|gulpfile|Gruntfile|webpack\.config[\w.]*|vite\.config|rollup\.config[\w.]*|jest\.config|next\.config)\.\w+$/i;

const FILE_CAP = 3000;
const BYTES_CAP = 24 << 20;

/** What a search of the sources found; `complete` is false where a limit ended it. */
export interface SourceWrites {
  readonly writes: readonly SourceWrite[];
  readonly complete: boolean;
}

/** Whether a source asks the system for the name of the user that it runs as, which a bare number does not have. */
export function asksForItsName(setting: Setting): boolean {
  for (const { text } of readSources(setting).texts) {
    if (
      /\buser\.(?:Current|LookupId)\(|\bos\.userInfo\(|\bgetpass\.getuser\(|\bpwd\.getpw|\bEtc\.getlogin|\bposix_getpwuid\(/.test(
        text,
      )
    )
      return true;
  }
  return false;
}

/** Reads the application's sources that come into the image, or are built into it, for what they write. */
export function sourceWrites(setting: Setting, collects: boolean): SourceWrites {
  const root = setting.context?.file('');
  if (!root) return { writes: [], complete: true };
  const key = JSON.stringify([collects, setting.workdir, [...setting.environment], sourcesOf(setting)]);
  const known = found.get(root);
  if (known?.key === key) return known.found;
  const { texts, complete } = readSources(setting);
  const globals = globalNames(texts.map(({ text }) => text));
  const writes = texts.flatMap((each) => writesOf(each, setting, globals, collects));
  found.set(root, { key, found: { writes, complete } });
  return { writes, complete };
}

/** What was found last in a context, by its root: a Dockerfile asks again in each pass, and its neighbours ask the same. */
const found = new WeakMap<ContextFile, { readonly key: string; readonly found: SourceWrites }>();

/** A source file of the context, and its path in the image where it is copied there. */
interface SourceFile {
  readonly path: string;
  readonly place: string | undefined;
}

interface SourceText extends SourceFile {
  readonly text: string;
}

/** What a setting was found to be made of, which several questions of a pass are about. */
const listed = new WeakMap<Setting, readonly SourceFile[]>();
const read = new WeakMap<Setting, { readonly texts: readonly SourceText[]; readonly complete: boolean }>();

function sourcesOf(setting: Setting): readonly SourceFile[] {
  const known = listed.get(setting);
  if (known) return known;
  const sources = new Map<string, SourceFile>();
  for (const { step, isOwn } of setting.context === undefined ? [] : stepsOf(setting)) {
    for (const { path, file } of placedFiles(setting, step)) {
      if (file.type !== 'file' || sources.has(file.path) || !isSource(file.path)) continue;
      sources.set(file.path, { path: file.path, place: isOwn ? path : undefined });
    }
  }
  const result = [...sources.values()];
  listed.set(setting, result);
  return result;
}

function readSources(setting: Setting): { readonly texts: readonly SourceText[]; readonly complete: boolean } {
  const known = read.get(setting);
  if (known) return known;
  const texts: SourceText[] = [];
  let bytes = 0;
  let complete = true;
  for (const source of sourcesOf(setting)) {
    if (texts.length >= FILE_CAP || bytes > BYTES_CAP) {
      complete = false;
      break;
    }
    const text = setting.context!.text(source.path);
    if (text === undefined) continue;
    bytes += text.length;
    texts.push({ ...source, text });
  }
  const result = { texts, complete };
  read.set(setting, result);
  return result;
}

function isSource(path: string): boolean {
  if (!SOURCE.test(path) || APART.test(path) || /\.min\.js$|\.d\.ts$/.test(path)) return false;
  return !/\.(?:properties|ya?ml|json|toml|env|xml)$/.test(path) || CONFIGURATION.test(path);
}

function stepsOf(setting: Setting): { step: ReturnType<typeof copySteps>[number]; isOwn: boolean }[] {
  const { file, facts, chain } = setting;
  const stages = contributingStages(setting);
  return copySteps(file, stages, facts).map((step) => ({ step, isOwn: chain.includes(step.stage) }));
}

/** Constants in capitals, which programs import from one file into another. */
function globalNames(texts: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const text of texts) {
    for (const match of text.matchAll(
      /^[ \t]*(?:export\s+)?(?:(?:public|private|static|final|const|let|var|pub)\s+)*(?:String\s+|string\s+)?([A-Z][A-Z0-9_]{2,})(?:\s*:\s*[\w&' ]+)?\s*:?=\s*(?!=)([^;\n]+)/gm,
    )) {
      if (!names.has(match[1]!)) names.set(match[1]!, match[2]!);
    }
  }
  return names;
}

function writesOf(
  { path, place, text }: SourceText,
  setting: Setting,
  globals: ReadonlyMap<string, string>,
  collects: boolean,
): SourceWrite[] {
  const { workdir, environment } = setting;
  const found: SourceWrite[] = [];
  const scope: ExpressionScope = {
    folder: place === undefined ? undefined : parentOf(place),
    workdir,
    // Whatever it says now, it will be the home of the user.
    environment: (name) => (name === 'HOME' ? '~' : environment.get(name)),
    assigned: (name) => assignment(text, name) ?? globals.get(name),
  };
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  const add = (expression: string, offset: number, isFolder: boolean): void => {
    const value = pathValue(expression, scope);
    found.push({ path: value?.text, open: value?.open ?? false, isFolder, source: path, line: lineAt(offset) });
  };
  for (const { languages, call, word, isFolder = false, only, value, atCollection, inObject, named } of writeCalls) {
    if (!languages.test(path) || (atCollection === true && !collects)) continue;
    for (const match of text.matchAll(call)) {
      const start = match.index + match[0].length;
      if (inComment(text, match.index)) continue;
      if (value) {
        const rest = text.slice(start, start + 400);
        const line = rest.slice(0, rest.search(/[\n,}]/) === -1 ? undefined : firstEnd(rest)).trim();
        if (only && !only.test(text.slice(Math.max(0, match.index - 300), start + 300))) continue;
        if (line !== '' && !/^(?:None|null|undefined|env|config)\b/.test(line)) add(line, match.index, isFolder);
        continue;
      }
      const end = closing(text, start);
      const inside = text.slice(start + 1, end);
      if (only && !only.test(match[0] + inside)) continue;
      if (inObject) {
        // The name stands in an object: `multer({ dest })`, `new transports.File({ filename })`.
        const [, key, given] = /\b(dest|destination|filename|dirname|path|dir)\s*:\s*([^,}]+)/.exec(inside) ?? [];
        if (given !== undefined) add(given, match.index, !/^(?:filename|path)$/.test(key!));
        continue;
      }
      const words = splitAt(inside, [',']);
      const byName =
        named === undefined
          ? undefined
          : words.map((each) => new RegExp(`^\\s*${named}\\s*[:=]\\s*(.+)$`, 's').exec(each)?.[1]);
      const expression = (byName ? byName.find((each) => each !== undefined) : words[word])?.trim();
      // What is defined here, as in `def open(path, mode)`, is no call.
      if (
        expression === undefined ||
        expression === '' ||
        /\b(?:def|func|function|fn)\s+$/.test(text.slice(Math.max(0, match.index - 12), match.index))
      )
        continue;
      if (/^["']:memory:["']$/.test(expression)) continue;
      add(expression, match.index, isFolder);
    }
  }
  // `Path(...).mkdir()`, `new File(...).mkdirs()`, `File("x").writeText(...)`: the path is the receiver.
  if (/\.(?:py|java|kt|scala|groovy)$/.test(path)) {
    for (const match of text.matchAll(
      /([\w.]+(?:\([^()\n]*\))?(?:\.parent)*|\([^()\n]*\))\.(mkdir|mkdirs|createNewFile|writeText|appendText|writeBytes|write_text|write_bytes|touch)\s*\(/g,
    )) {
      if (inComment(text, match.index) || /^(?:os|Files|fs)$/.test(match[1]!)) continue;
      add(match[1]!, match.index, /^mkdirs?$/.test(match[2]!));
    }
  }
  for (const pattern of writesInText) {
    for (const match of text.matchAll(pattern)) {
      if (inComment(text, match.index)) continue;
      found.push({ path: match[1]!, open: false, isFolder: false, source: path, line: lineAt(match.index) });
    }
  }
  return found;
}

/** Where a value ends: at a comma, a line end or a closing brace outside of brackets and strings. */
function firstEnd(text: string): number {
  const [first] = splitAt(text, [',', '\n']);
  const brace = splitAt(first!, ['}'])[0]!;
  return brace.length;
}

function inComment(text: string, offset: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^\s*(?:\/\/|#(?!\{|!)|\*|\/\*|--)/.test(line);
}

function assignment(text: string, name: string): string | undefined {
  const bare = name.replace(/^[$@]+/, '');
  if (!/^\w+$/.test(bare)) return undefined;
  const pattern = new RegExp(
    `(?:^|[\\s;({,])(?:[$@]{0,2}|self\\.|this\\.|\\$this->)["']?${bare}["']?(?:\\s*:\\s*[\\w<>&'\\[\\]]+)?(?:,\\s*(?:err|_))?\\s*(?::=|=(?![=>])|:(?![:=]))\\s*([^;\\n]+)`,
    'gm',
  );
  // Of several values the one that can be worked out by its own text is the default.
  const values = [...text.matchAll(pattern)].map((match) => endOfExpression(match[1]!));
  return values.length === 0 ? undefined : values.length === 1 ? values[0] : values.join(' || ');
}

const endOfExpression = (text: string): string =>
  splitAt(text.replace(/\s+(?:\/\/|#\s).*$/, ''), [','])[0]!.replace(/\)+$/, (close) => balanced(text, close));

function balanced(text: string, close: string): string {
  const opens = [...text].filter((char) => char === '(').length;
  const closes = [...text].filter((char) => char === ')').length;
  return close.slice(0, Math.max(0, close.length - Math.max(0, closes - opens)));
}

/** The name of a source file for a sentence. */
export const sourceName = ({ source }: SourceWrite): string => `\`${baseName(source)}\``;
