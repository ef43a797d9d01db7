/** A call that writes: which of its words names the path. */
export interface WriteCall {
  readonly languages: RegExp;
  /** Ends before the bracket or the expression. */
  readonly call: RegExp;
  readonly word: number;
  readonly isFolder?: boolean;
  /** What the other words of the call must hold. */
  readonly only?: RegExp;
  /** The expression stands after `:` or `=` and not in a call. */
  readonly value?: boolean;
  /** The path stands in an object: `dest`, `filename` or `dirname`. */
  readonly inObject?: boolean;
  /** It is written where the start collects static files alone. */
  readonly atCollection?: boolean;
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
export const writeCalls: readonly WriteCall[] = [
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
  {
    languages: JS,
    call: /\b(?:multer|new (?:winston\.)?transports\.(?:File|DailyRotateFile)|new DailyRotateFile)\s*(?=\(\s*\{)/g,
    word: 0,
    inObject: true,
  },
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
  { languages: PY, call: /\bSTATIC_ROOT\s*=/g, word: 0, isFolder: true, value: true, atCollection: true },
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

/** Databases of one file and logs, as connection strings name them, and files in configuration. */
export const writesInText: readonly RegExp[] = [
  /\bsqlite(?:\+\w+)?:\/\/\/(\/?[\w./~-]+)/g,
  /\bjdbc:sqlite:(?:file:)?([\w./~-]+)/g,
  /\bjdbc:h2:(?:file:)?(\.{0,2}\/[\w./~-]+|~\/[\w./-]+)/g,
  /\b(?:Data Source|DataSource|Filename)=([\w./~-]+\.(?:db|sqlite3?|sdb))/g,
  // A database of one file by its name, as ORMs take it.
  /\b(?:storage|filename|database|dbPath|db_path|dbFile|DATABASE|DB_PATH|DB_FILE)["']?\s*[:=]\s*["'`](\.{0,2}[\w./-]*\w\.(?:db|sqlite3?))["'`]/g,
  // Logs of Spring Boot, Logback, Log4j and Serilog.
  /\blogging\.file(?:\.name)?\s*[=:]\s*([^\s${}]+\.\w+)/g,
  /<file>\s*([^<>${}\s]+)\s*<\/file>/g,
  /\bfileName="([^"${}]+)"/g,
  /"path(?:Format)?"\s*:\s*"([^"]+\.(?:txt|log|json))"/g,
];
