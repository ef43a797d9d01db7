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
  /** The name of the argument, where it is given by name; a call without it is none. */
  readonly named?: string;
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
const C = /\.(?:c|cc|cpp|cxx|h|hh|hpp|hxx)$/;

/** A mode of opening that writes, among the arguments of a call: all of a text, as parts of paths stand there too. */
const asksToWrite = /,\s*(?:mode\s*[=:]\s*)?["'](?:[waxc][bts+x-]{0,3}|r[bts]{0,2}\+[bts]?)(?:[:|][\w:*-]*)?["']/;

/** The calls that write files and folders, from the standard libraries and the common packages, November 2026. */
export const writeCalls: readonly WriteCall[] = [
  // Node: databases and files of packages.
  {
    languages: JS,
    call: /\b(?:FileSync|FileAsync|JSONFile|JSONFileSync|JSONFilePreset|new Loki|new LowSync|new Level|level|pino\.destination|new JsonDB|new Keyv)\s*(?=\(\s*["'`])/g,
    word: 0,
  },
  { languages: JS, call: /\.(?:toFile|mv|writeFileXLSX|writeAsync)\s*(?=\(\s*(?:["'`]|path\.))/g, word: 0 },
  { languages: JS, call: /\b(?:XLSX|xlsx)\.writeFile\s*(?=\()/g, word: 1 },
  {
    languages: JS,
    call: /\b(?:diskStorage|new Datastore|new Nedb|open|screenshot|pdf|FileStore|createLogger|log4js\.configure)\s*(?=\(\s*\{)/g,
    word: 0,
    inObject: true,
  },
  { languages: JS, call: /\bfs(?:Promises|\.promises)?\.(?:symlink|symlinkSync|cp|cpSync)\s*(?=\()/g, word: 1 },
  // Python: the standard library and the common packages.
  { languages: PY, call: /\b(?:logging\.)?basicConfig\s*(?=\()/g, word: 0, named: 'filename' },
  { languages: PY, call: /["']filename["']\s*:/g, word: 0, value: true, only: /handlers|Handler/ },
  { languages: PY, call: /\blogger\.add\s*(?=\(\s*[frFR]?["'])/g, word: 0 },
  { languages: PY, call: /\b(?:shelve|dbm|dbm\.\w+|diskcache|lmdb|plyvel)\.(?:open|Cache|DB)\s*(?=\()/g, word: 0 },
  { languages: PY, call: /\b(?:TinyDB|FanoutCache|FileSystemCache|SqliteDict)\s*(?=\()/g, word: 0 },
  { languages: PY, call: /\bPersistentClient\s*(?=\()/g, word: 0, named: 'path', isFolder: true },
  { languages: PY, call: /\b(?:duckdb\.connect|aiosqlite\.connect)\s*(?=\(\s*[\w"'(])/g, word: 0 },
  {
    languages: PY,
    call: /\b(?:gzip|bz2|lzma|tarfile|codecs|io|aiofiles)\.open\s*(?=\()/g,
    word: 0,
    only: asksToWrite,
  },
  { languages: PY, call: /\b(?:zipfile\.)?ZipFile\s*(?=\()/g, word: 0, only: asksToWrite },
  { languages: PY, call: /\bh5py\.File\s*(?=\()/g, word: 0, only: asksToWrite },
  {
    languages: PY,
    call: /\.(?:to_csv|to_parquet|to_json|to_excel|to_pickle|to_feather|to_hdf|savefig)\s*(?=\(\s*[frFR]?["'\w])/g,
    word: 0,
  },
  { languages: PY, call: /\b(?:np|numpy)\.(?:save|savez|savez_compressed|savetxt)\s*(?=\()/g, word: 0 },
  { languages: PY, call: /\bcv2\.(?:imwrite|VideoWriter)\s*(?=\()/g, word: 0 },
  {
    languages: PY,
    call: /\b(?:torch\.save|joblib\.dump|urlretrieve|os\.rename|os\.replace|os\.symlink|os\.link|Repo\.clone_from)\s*(?=\()/g,
    word: 1,
  },
  {
    languages: PY,
    call: /\b(?:f|file|upload|image|photo|attachment|uploaded_file)\.save\s*(?=\(\s*(?:os\.path|[frFR]?["']|Path|[A-Z]))/g,
    word: 0,
  },
  // Ruby.
  {
    languages: RB,
    call: /\b(?:PStore|YAML::Store|Logger|SQLite3::Database)\.new\s*(?=\(\s*(?:["']|File\.|Rails|[A-Z]))/g,
    word: 0,
  },
  { languages: RB, call: /\b(?:IO\.write|FileUtils\.touch|Sequel\.sqlite|Dir\.mkdir)\s*(?=\()/g, word: 0 },
  { languages: RB, call: /\b(?:FileUtils\.(?:cp|mv|cp_r|ln_s)|File\.rename|IO\.copy_stream)\s*(?=\()/g, word: 1 },
  { languages: RB, call: /\bCSV\.open\s*(?=\()/g, word: 0, only: asksToWrite },
  // PHP.
  { languages: PHP, call: /(?<![\w>:])(?:copy|rename)\s*(?=\()/g, word: 1 },
  { languages: PHP, call: /(?<![\w>:])(?:touch|session_save_path|imagepng_to|unlink)\s*(?=\()/g, word: 0 },
  { languages: PHP, call: /(?<![\w>:])image(?:png|jpeg|gif|webp)\s*(?=\()/g, word: 1 },
  { languages: PHP, call: /\bnew \\?PDO\s*(?=\(\s*["']sqlite:)/g, word: 0 },
  // Go: packages.
  { languages: GO, call: /\b(?:Filename)\s*:/g, word: 0, value: true, only: /lumberjack/ },
  { languages: GO, call: /\bsqlx\.(?:Open|Connect|MustConnect)\s*(?=\(\s*"sqlite)/g, word: 1 },
  { languages: GO, call: /\bbadger\.DefaultOptions\s*(?=\()/g, word: 0, isFolder: true },
  { languages: GO, call: /\.SaveUploadedFile\s*(?=\()/g, word: 1 },
  { languages: GO, call: /\.SaveAs\s*(?=\(\s*")/g, word: 0 },
  // Java and Kotlin.
  {
    languages: JVM,
    call: /\bnew (?:FileWriter|FileOutputStream|PrintWriter|RandomAccessFile)\s*(?=\(\s*new File\()/g,
    word: 0,
  },
  { languages: JVM, call: /\bnew FileHandler\s*(?=\()/g, word: 0 },
  { languages: JVM, call: /\bFiles\.(?:copy|move)\s*(?=\()/g, word: 1 },
  { languages: JVM, call: /\bImageIO\.write\s*(?=\()/g, word: 2 },
  { languages: JVM, call: /\.transferTo\s*(?=\(\s*(?:new File|Path|Paths))/g, word: 0 },
  // Rust.
  {
    languages: RS,
    call: /\b(?:sled::open|DB::open_default|rolling::(?:daily|hourly|minutely|never))\s*(?=\()/g,
    word: 0,
    isFolder: true,
  },
  // The mode stands between the name and the path.
  {
    languages: RS,
    call: /\bOpenOptions::new\(\)(?:\s*\.\w+\([^()]*\))*\s*\.open\s*(?=\()/g,
    word: 0,
    only: /\.(?:write|append|create\w*)\(true\)/,
  },
  { languages: RS, call: /\bfs::(?:copy|rename)\s*(?=\()/g, word: 1 },
  // .NET.
  {
    languages: CS,
    call: /\bnew (?:FileStream|StreamWriter)\s*(?=\()/g,
    word: 0,
    only: /StreamWriter|FileMode\.(?:Create|CreateNew|Append|OpenOrCreate)/,
  },
  { languages: CS, call: /\b(?:new LiteDatabase|WriteTo\.File)\s*(?=\()/g, word: 0 },
  { languages: CS, call: /\b(?:File\.(?:Copy|Move)|ZipFile\.CreateFromDirectory)\s*(?=\()/g, word: 1 },
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
  { languages: JS, call: /\bopen(?:Sync)?\s*(?=\()/g, word: 0, only: asksToWrite },
  { languages: JS, call: /\bnew (?:sqlite3\.)?(?:Database|DatabaseSync)\s*(?=\()/g, word: 0 },
  {
    languages: JS,
    call: /\b(?:multer|new (?:winston\.)?transports\.(?:File|DailyRotateFile)|new DailyRotateFile)\s*(?=\(\s*\{)/g,
    word: 0,
    inObject: true,
  },
  { languages: PY, call: /(?<![.\w])open\s*(?=\()/g, word: 0, only: asksToWrite },
  { languages: PY, call: /\b(?:os\.(?:makedirs|mkdir)|(?<![\w.])makedirs)\s*(?=\()/g, word: 0, isFolder: true },
  { languages: PY, call: /\bsqlite3\.connect\s*(?=\()/g, word: 0 },
  {
    languages: PY,
    call: /\b(?:FileHandler|RotatingFileHandler|TimedRotatingFileHandler|WatchedFileHandler)\s*(?=\()/g,
    word: 0,
  },
  { languages: PY, call: /\bshutil\.(?:copy|copyfile|copy2|move|copytree)\s*(?=\()/g, word: 1 },
  { languages: PY, call: /\b(?:UPLOAD_FOLDER|MEDIA_ROOT)["']?\]?\s*[=:]/g, word: 0, isFolder: true, value: true },
  { languages: PY, call: /\bSTATIC_ROOT\s*=/g, word: 0, isFolder: true, value: true, atCollection: true },
  // Settings of Django name the classes of validators as well as databases.
  { languages: PY, call: /["']NAME["']\s*:(?!\s*["'][\w.]+\.[A-Z]\w*["'])/g, word: 0, value: true, only: /sqlite3/ },
  {
    languages: RB,
    call: /\bFile\.(?:write|binwrite|new|open)\s*(?=\()/g,
    word: 0,
    only: new RegExp(`\\.(?:write|binwrite)|${asksToWrite.source}`),
  },
  { languages: RB, call: /\b(?:FileUtils\.mkdir_p|Dir\.mkdir|FileUtils\.mkdir)\s*(?=\()/g, word: 0, isFolder: true },
  { languages: RB, call: /\bSQLite3::Database\.new\s*(?=\()/g, word: 0 },
  { languages: RB, call: /\bLogger\.new\s*(?=\(\s*["'])/g, word: 0 },
  { languages: PHP, call: /\bfile_put_contents\s*(?=\()/g, word: 0 },
  { languages: PHP, call: /\bfopen\s*(?=\()/g, word: 0, only: asksToWrite },
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
  { languages: C, call: /\b(?:fopen|freopen)\s*(?=\()/g, word: 0, only: /,\s*"(?:[wa]|r\+)/ },
  { languages: C, call: /\b(?:creat|ofstream(?:\s+\w+)?)\s*(?=\()/g, word: 0 },
  { languages: C, call: /(?<![\w.>:])mkdir\s*(?=\()/g, word: 0, isFolder: true },
  { languages: CS, call: /\bDirectory\.CreateDirectory\s*(?=\()/g, word: 0, isFolder: true },
];

/** The files that settings of Gunicorn name (docs.gunicorn.org/en/stable/settings.html); `-` is the output of the container. */
export const gunicornFiles = /^(?:pidfile|accesslog|errorlog)\s*=\s*["']([\w./~][\w./~-]*)["']/gm;

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
  // Settings of Gunicorn, which are a file of Python.
  gunicornFiles,
];
