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

/** A call that writes: which of its words names the path. */
interface Pattern {
  readonly languages: RegExp;
  /** Ends before the bracket or the expression. */
  readonly call: RegExp;
  readonly word: number;
  readonly isFolder?: boolean;
  /** What the other words of the call must hold. */
  readonly only?: RegExp;
  /** The expression stands after `:` or `=` and not in a call. */
  readonly value?: boolean;
}

const JS = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const PY = /\.py$/;
const RB = /\.(?:rb|ru)$/;
const PHP = /\.php$/;
const GO = /\.go$/;
const JVM = /\.(?:java|kt|scala|groovy)$/;
const RS = /\.rs$/;
const CS = /\.(?:cs|fs)$/;

/** The calls that write files and folders, from the standard libraries and the common packages, November 2026. */
const patterns: readonly Pattern[] = [
  {
    languages: JS,
    call: /\b(?:writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|outputFile|outputFileSync|outputJson|writeJson|writeJsonSync|outputJsonSync)\s*(?=\()/g,
    word: 0,
  },
  {
    languages: JS,
    call: /\b(?:mkdir|mkdirSync|ensureDir|ensureDirSync|mkdirp|emptyDir)(?:\.sync)?\s*(?=\()/g,
    word: 0,
    isFolder: true,
  },
  { languages: JS, call: /\b(?:copyFile|copyFileSync|rename|renameSync)\s*(?=\()/g, word: 1 },
  { languages: JS, call: /\bopen(?:Sync)?\s*(?=\()/g, word: 0, only: /,\s*["'](?:w|a|r\+)/ },
  { languages: JS, call: /\bnew (?:sqlite3\.)?(?:Database|DatabaseSync)\s*(?=\()/g, word: 0 },
  { languages: JS, call: /\bmulter\s*(?=\(\s*\{)/g, word: 0, isFolder: true },
  { languages: PY, call: /(?<![.\w])open\s*(?=\()/g, word: 0, only: /,\s*(?:mode\s*=\s*)?["'](?:[wax]|r\+|rb\+)/ },
  { languages: PY, call: /\bos\.(?:makedirs|mkdir)\s*(?=\()/g, word: 0, isFolder: true },
  { languages: PY, call: /\bsqlite3\.connect\s*(?=\()/g, word: 0 },
  {
    languages: PY,
    call: /\b(?:FileHandler|RotatingFileHandler|TimedRotatingFileHandler|WatchedFileHandler)\s*(?=\()/g,
    word: 0,
  },
  { languages: PY, call: /\bshutil\.(?:copy|copyfile|copy2|move|copytree)\s*(?=\()/g, word: 1 },
  { languages: PY, call: /\b(?:UPLOAD_FOLDER|MEDIA_ROOT)["']?\]?\s*[=:]/g, word: 0, isFolder: true, value: true },
  { languages: PY, call: /["']NAME["']\s*:/g, word: 0, value: true, only: /sqlite3/ },
  {
    languages: RB,
    call: /\bFile\.(?:write|binwrite|new|open)\s*(?=\()/g,
    word: 0,
    only: /\.(?:write|binwrite)|,\s*["'](?:w|a)/,
  },
  { languages: RB, call: /\b(?:FileUtils\.mkdir_p|Dir\.mkdir|FileUtils\.mkdir)\s*(?=\()/g, word: 0, isFolder: true },
  { languages: RB, call: /\bSQLite3::Database\.new\s*(?=\()/g, word: 0 },
  { languages: RB, call: /\bLogger\.new\s*(?=\(\s*["'])/g, word: 0 },
  { languages: PHP, call: /\bfile_put_contents\s*(?=\()/g, word: 0 },
  { languages: PHP, call: /\bfopen\s*(?=\()/g, word: 0, only: /,\s*["'](?:[waxc]|r\+)/ },
  { languages: PHP, call: /\bmkdir\s*(?=\()/g, word: 0, isFolder: true },
  { languages: PHP, call: /\bmove_uploaded_file\s*(?=\()/g, word: 1 },
  { languages: PHP, call: /\bnew SQLite3\s*(?=\()/g, word: 0 },
  { languages: GO, call: /\b(?:os|ioutil)\.(?:WriteFile|Create)\s*(?=\()/g, word: 0 },
  { languages: GO, call: /\bos\.OpenFile\s*(?=\()/g, word: 0, only: /O_(?:CREATE|WRONLY|RDWR|APPEND)/ },
  { languages: GO, call: /\bos\.(?:MkdirAll|Mkdir)\s*(?=\()/g, word: 0, isFolder: true },
  { languages: GO, call: /\bos\.Rename\s*(?=\()/g, word: 1 },
  { languages: GO, call: /\bsql\.Open\s*(?=\(\s*"sqlite)/g, word: 1 },
  { languages: GO, call: /\b(?:bolt|bbolt|badger|leveldb|buntdb|pebble)\.(?:Open|OpenFile)\s*(?=\()/g, word: 0 },
  { languages: GO, call: /\bsqlite\.Open\s*(?=\()/g, word: 0 },
  {
    languages: JVM,
    call: /\bnew (?:FileWriter|FileOutputStream|PrintWriter|RandomAccessFile)\s*(?=\(\s*(?:"|[a-z]\w*[,)]))/g,
    word: 0,
  },
  {
    languages: JVM,
    call: /\bFiles\.(?:write|writeString|newOutputStream|newBufferedWriter|createFile)\s*(?=\()/g,
    word: 0,
  },
  { languages: JVM, call: /\bFiles\.(?:createDirectories|createDirectory)\s*(?=\()/g, word: 0, isFolder: true },
  { languages: RS, call: /\b(?:File::create|fs::write)\s*(?=\()/g, word: 0 },
  { languages: RS, call: /\b(?:create_dir_all|create_dir)\s*(?=\()/g, word: 0, isFolder: true },
  { languages: RS, call: /\bConnection::open\s*(?=\()/g, word: 0 },
  { languages: CS, call: /\bFile\.(?:WriteAll\w+|AppendAll\w+|Create|CreateText|OpenWrite)\s*(?=\()/g, word: 0 },
  { languages: CS, call: /\bDirectory\.CreateDirectory\s*(?=\()/g, word: 0, isFolder: true },
];

/** Databases of one file, as connection strings name them, and files in configuration. */
const inText: readonly RegExp[] = [
  /\bsqlite(?:\+\w+)?:\/\/\/(\/?[\w./~-]+)/g,
  /\bjdbc:sqlite:(?:file:)?([\w./~-]+)/g,
  /\bjdbc:h2:(?:file:)?(\.{0,2}\/[\w./~-]+|~\/[\w./-]+)/g,
  /\b(?:Data Source|DataSource|Filename)=([\w./~-]+\.(?:db|sqlite3?|sdb))/g,
];

const SOURCE = /\.(?:[cm]?[jt]sx?|py|rb|ru|php|go|java|kt|scala|groovy|rs|cs|fs|properties|ya?ml|json|toml|env)$/;
const CONFIGURATION =
  /(?:^|\/)(?:application[\w-]*\.(?:properties|ya?ml)|appsettings[\w.]*\.json|\.env|[\w-]*config[\w-]*\.(?:ya?ml|json|toml)|alembic\.ini)$/;
/** What is not part of what runs: tests, tools, other people's code, output. */
const APART =
  /(?:^|\/)(?:node_modules|vendor|\.venv|venv|__pycache__|\.git|\.github|tests?|__tests__|spec|specs|testdata|fixtures|examples?|docs?|e2e|cypress|scripts?|tools|hack|bench(?:mark)?s?|migrations|storybook|\.next|coverage)\/|(?:^|[._-])(?:test|spec|stories|conftest)[._][\w.]+$|_test\.(?:go|py|rb)$|(?:^|\/)(?:setup|conftest|noxfile|tasks|build|gulpfile|Gruntfile|webpack\.config[\w.]*|vite\.config|rollup\.config[\w.]*|jest\.config|next\.config)\.\w+$/i;

const FILE_CAP = 3000;
const BYTES_CAP = 24 << 20;

/** What a search of the sources found; `complete` is false where a limit ended it. */
export interface SourceWrites {
  readonly writes: readonly SourceWrite[];
  readonly complete: boolean;
  /** How many source files were read. */
  readonly read: number;
}

/** Reads the application's sources that come into the image, or are built into it, for what they write. */
export function sourceWrites(setting: Setting): SourceWrites {
  const { context } = setting;
  const writes: SourceWrite[] = [];
  const texts = new Map<string, { path: string; place: string | undefined; text: string }>();
  let bytes = 0;
  let complete = true;
  if (context === undefined) return { writes, complete, read: 0 };
  for (const { step, isOwn } of stepsOf(setting)) {
    for (const { path, file } of placedFiles(setting, step)) {
      if (file.type !== 'file' || !SOURCE.test(file.path) || APART.test(file.path) || texts.has(file.path)) continue;
      if (/\.(?:properties|ya?ml|json|toml|env)$/.test(file.path) && !CONFIGURATION.test(file.path)) continue;
      if (/\.min\.js$|\.d\.ts$/.test(file.path)) continue;
      if (texts.size >= FILE_CAP || bytes > BYTES_CAP) {
        complete = false;
        break;
      }
      const text = context.text(file.path);
      if (text === undefined) continue;
      bytes += text.length;
      texts.set(file.path, { path: file.path, place: isOwn ? path : undefined, text });
    }
  }
  const globals = globalNames([...texts.values()].map(({ text }) => text));
  for (const each of texts.values()) writes.push(...writesOf(each, setting, globals));
  return { writes, complete, read: texts.size };
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
  { path, place, text }: { path: string; place: string | undefined; text: string },
  setting: Setting,
  globals: ReadonlyMap<string, string>,
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
  for (const { languages, call, word, isFolder = false, only, value } of patterns) {
    if (!languages.test(path)) continue;
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
      if (/^multer/.test(match[0])) {
        const dest = /\bdest\s*:\s*([^,}]+)/.exec(inside)?.[1];
        if (dest !== undefined) add(dest, match.index, true);
        continue;
      }
      const expression = splitAt(inside, [','])[word]?.trim();
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
  if (PY.test(path)) {
    // `Path(...).mkdir()`, `(BASE / "x").write_text(...)`: the path is the receiver.
    for (const match of text.matchAll(
      /([\w.]+(?:\([^()\n]*\))?(?:\.parent)*|\([^()\n]*\))\.(mkdir|write_text|write_bytes|touch)\s*\(/g,
    )) {
      if (!inComment(text, match.index) && match[1] !== 'os') add(match[1]!, match.index, match[2] === 'mkdir');
    }
  }
  for (const pattern of inText) {
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
