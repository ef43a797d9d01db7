import { writeCalls, writesInText } from '../facts/index.ts';
import { parentOf } from './image-paths.ts';
import { closing, type ExpressionScope, pathValue, splitAt } from './path-expressions.ts';

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

/** A source file or a file of settings, and its path in the image where it is copied there. */
export interface SourceText {
  readonly path: string;
  readonly place: string | undefined;
  readonly text: string;
}

/** What a container starts with, as far as the sources ask for it. */
export interface Running {
  readonly workdir: string | undefined;
  /** A variable of the environment; undefined where it is not set. */
  environment(name: string): string | undefined;
  /** The start collects static files. */
  readonly collects: boolean;
}

/** Reads sources of an application for the paths that it writes when it runs. */
export function sourceWrites(texts: readonly SourceText[], running: Running): SourceWrite[] {
  const plain = texts.map((each) => ({ ...each, text: withoutComments(each.text, each.path) }));
  const globals = globalNames(plain.map(({ text }) => text));
  return plain.flatMap((each) => writesOf(each, running, globals));
}

const SOURCE =
  /\.(?:[cm]?[jt]sx?|py|rb|ru|php|go|java|kt|scala|groovy|rs|cs|fs|properties|ya?ml|json|toml|env|xml|prisma)$/;
const CONFIGURATION =
  /(?:^|\/)(?:application[\w-]*\.(?:properties|ya?ml)|log(?:back|4j2?)[\w-]*\.xml|appsettings[\w.]*\.json|\.env|[\w-]*config[\w-]*\.(?:ya?ml|json|toml)|alembic\.ini)$/;
const SETTINGS = /\.(?:properties|ya?ml|json|toml|env|xml)$/;
/** What is not part of what runs: tests, tools, other people's code, output. */
const APART =
  /(?:^|\/)(?:node_modules|vendor|\.venv|venv|__pycache__|\.git|\.github|tests?|__tests__|spec|specs|testdata|fixtures|examples?|docs?|e2e|cypress|scripts?|tools|hack|bench(?:mark)?s?|migrations|storybook|\.next|coverage)\/|(?:^|[._-])(?:test|spec|stories|conftest)[._][\w.]+$|_test\.(?:go|py|rb)$|(?:^|\/)(?:setup|conftest|noxfile|tasks|build|gulpfile|Gruntfile|webpack\.config[\w.]*|vite\.config|rollup\.config[\w.]*|jest\.config|next\.config)\.\w+$/i;

/** Whether a path is one of the application's own sources or settings: no test, no tool, no output and nobody else's code. */
export function isOwnSource(path: string): boolean {
  if (!SOURCE.test(path) || APART.test(path) || /\.min\.js$|\.d\.ts$/.test(path)) return false;
  return !SETTINGS.test(path) || CONFIGURATION.test(path);
}

/** Whether a path is a file of settings that an application reads when it starts. */
export function isOwnSetting(path: string): boolean {
  return SETTINGS.test(path) && isOwnSource(path);
}

/** A source with blanks for its line comments on lines of their own and its block comments; strings with such marks stay. */
export function withoutComments(text: string, path: string): string {
  const blank = (comment: string) => comment.replace(/[^\n]/g, ' ');
  const isMarked = /\.(?:py|rb|rake|ru|gemspec|pyx|php|ya?ml|properties|toml|env)$/.test(path);
  const marked = isMarked ? text.replace(/^[ \t]*#.*$/gm, blank) : text;
  if (/\.(?:py|rb|rake|ru|gemspec|pyx|ya?ml|properties|toml|env)$/.test(path)) return marked;
  return marked.replace(/^[ \t]*\/\/.*$/gm, blank).replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, blank);
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
  { workdir, environment, collects }: Running,
  globals: ReadonlyMap<string, string>,
): SourceWrite[] {
  const found: SourceWrite[] = [];
  const scope: ExpressionScope = {
    folder: place === undefined ? undefined : parentOf(place),
    workdir,
    // Whatever it says now, it will be the home of the user.
    environment: (name) => (name === 'HOME' ? '~' : environment(name)),
    assigned: (name) => assignment(text, name) ?? globals.get(name),
  };
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  const add = (expression: string, offset: number, isFolder: boolean): void => {
    const value = pathValue(expression, scope);
    // A database in memory, and the settings behind the name of one in a file.
    if (value?.text.startsWith(':memory:')) return;
    found.push({
      path: value?.text.replace(/\?.*$/, ''),
      open: value?.open ?? false,
      isFolder,
      source: path,
      line: lineAt(offset),
    });
  };
  for (const { languages, call, word, isFolder = false, only, value, atCollection, inObject, named } of writeCalls) {
    if (!languages.test(path) || (atCollection === true && !collects)) continue;
    for (const match of text.matchAll(call)) {
      const start = match.index + match[0].length;
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
      add(expression, match.index, isFolder);
    }
  }
  // `Path(...).mkdir()`, `new File(...).mkdirs()`, `File("x").writeText(...)`: the path is the receiver.
  if (/\.(?:py|java|kt|scala|groovy)$/.test(path)) {
    for (const match of text.matchAll(
      /([\w.]+(?:\([^()\n]*\))?(?:\.parent)*|\([^()\n]*\))\.(mkdir|mkdirs|createNewFile|writeText|appendText|writeBytes|write_text|write_bytes|touch)\s*\(/g,
    )) {
      if (/^(?:os|Files|fs)$/.test(match[1]!)) continue;
      add(match[1]!, match.index, /^mkdirs?$/.test(match[2]!));
    }
  }
  for (const pattern of writesInText) {
    for (const match of text.matchAll(pattern)) {
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
