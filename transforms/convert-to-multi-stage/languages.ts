/** How a language's source text opens, writes and runs things. */
export interface Language {
  /** What source files are named. */
  readonly sources: RegExp;
  /** Files of the build that no program reads when it runs. */
  readonly buildFiles: RegExp;
  /** Calls whose first argument is a path that is read; each ends before its parenthesis. */
  readonly opens: RegExp;
  /** Calls whose first argument is a path that is written or made. */
  readonly writes: RegExp;
  /** Calls whose first argument is a program that is run. */
  readonly runs: RegExp;
  /** What stands in a file that has such calls. */
  readonly runsIn?: RegExp;
  /** First arguments of those that stand for the program itself. */
  readonly runsItself?: RegExp;
}

/** From the documentation of each standard library and of the frameworks that are named. November 2026. */
export const languages = {
  go: {
    sources: /\.(?:go|s|S|h|c|cc|cpp|hpp)$/,
    buildFiles: /(?:^|\/)(?:go\.(?:mod|sum|work|work\.sum)|\.golangci\.ya?ml|\.air\.toml)$|^vendor\//,
    opens:
      /\b(?:(?:os|ioutil)\.(?:Open|ReadFile|ReadDir|DirFS)|http\.(?:Dir|ServeFile)|template\.ParseFiles|\.ParseFiles|\.ParseGlob|\.LoadHTMLGlob|\.LoadHTMLFiles|\.Static|\.StaticFile|\.StaticFS|viper\.(?:AddConfigPath|SetConfigFile)|godotenv\.(?:Load|Overload)|toml\.DecodeFile|filepath\.(?:Glob|Walk|WalkDir))(?=\()/g,
    writes:
      /\b(?:(?:os|ioutil)\.(?:Create|WriteFile|Mkdir|MkdirAll|OpenFile)|bbolt\.Open|bolt\.Open|badger\.DefaultOptions)(?=\()/g,
    runs: /\bexec\.(?:Command|LookPath)(?=\()/g,
    runsItself: /^os\.(?:Args\[0\]|Executable)/,
  },
  rust: {
    sources: /\.(?:rs|c|h|cc|cpp)$/,
    buildFiles:
      /(?:^|\/)(?:Cargo\.(?:toml|lock)|rust-toolchain(?:\.toml)?|rustfmt\.toml|clippy\.toml|deny\.toml|build\.rs)$|^(?:target|\.cargo)\//,
    opens:
      /\b(?:File::open|fs::(?:read|read_to_string|read_dir)|read_to_string|ServeDir::new|ServeFile::new|Files::new|NamedFile::open|Tera::new|Config::File|File::with_name)(?=\()/g,
    writes: /\b(?:File::create|fs::(?:write|create_dir|create_dir_all)|OpenOptions::new)(?=\()/g,
    runs: /\bCommand::new(?=\()/g,
    runsItself: /^(?:std::)?env::current_exe/,
  },
  node: {
    sources: /\.(?:[cm]?[jt]sx?|vue|svelte|map)$/,
    buildFiles:
      /(?:^|\/)(?:tsconfig[^/]*\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|pnpm-workspace\.yaml|nodemon\.json|nest-cli\.json|[^/]*\.config\.[cm]?[jt]s)$|^node_modules\//,
    opens:
      /\b(?:readFile|readFileSync|createReadStream|readdir|readdirSync|openSync|sendFile|express\.static|serveStatic|existsSync|statSync)(?=\()/g,
    writes:
      /\b(?:writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|mkdir|mkdirSync|multer|new Database|new sqlite3\.Database)(?=\()/g,
    runs: /(?<![.\w])(?:child_process\.|cp\.|childProcess\.)?(?:exec|execSync|execFile|execFileSync|spawn|spawnSync|execa|execaSync)(?=\()/g,
    runsIn: /child_process|execa|shelljs/,
    runsItself: /^process\.(?:execPath|argv\[0\])/,
  },
  python: {
    sources: /\.(?:py|pyi|pyx)$/,
    buildFiles:
      /(?:^|\/)(?:requirements[^/]*\.txt|setup\.(?:py|cfg)|pyproject\.toml|tox\.ini|poetry\.lock|uv\.lock|Pipfile(?:\.lock)?)$/,
    opens: /\b(?:open|read_csv|read_json|Path|render_template|Jinja2Templates|StaticFiles|load_dotenv)(?=\()/g,
    writes:
      /\b(?:sqlite3\.connect|makedirs|os\.mkdir|FileHandler|RotatingFileHandler|TimedRotatingFileHandler|to_csv|shelve\.open|dbm\.open)(?=\()/g,
    runs: /\b(?:subprocess\.(?:run|call|check_call|check_output|Popen|getoutput)|os\.(?:system|popen|execv|execvp)|create_subprocess_(?:exec|shell))(?=\()/g,
    runsItself: /^\[?\s*sys\.executable/,
  },
  java: {
    sources: /\.(?:java|kt|kts|scala|groovy|class)$/,
    buildFiles:
      /(?:^|\/)(?:pom\.xml|build\.gradle(?:\.kts)?|settings\.gradle(?:\.kts)?|gradle\.properties|gradlew(?:\.bat)?|mvnw(?:\.cmd)?)$|^(?:gradle|\.mvn|target|build|out)\/|(?:^|\/)src\/(?:main|test)\//,
    opens:
      /\b(?:Path\.of|Paths\.get|new File|new FileReader|new FileInputStream|new Scanner|new RandomAccessFile)(?=\()/g,
    writes:
      /\b(?:new (?:FileWriter|FileOutputStream|PrintWriter|RandomAccessFile)|Files\.(?:write|writeString|createFile|createDirector(?:y|ies)|newBufferedWriter|newOutputStream))(?=\()/g,
    runs: /\b(?:new ProcessBuilder|Runtime\.getRuntime\(\)\.exec|\.exec)(?=\()/g,
  },
  c: {
    sources: /\.(?:c|cc|cpp|cxx|h|hh|hpp|hxx|s|S|asm)$/,
    buildFiles: /(?:^|\/)(?:CMakeLists\.txt|[^/]*\.cmake|[^/]*\.mk|configure(?:\.ac)?|[^/]*\.am|meson\.build)$/,
    opens: /\b(?:fopen|freopen|open|opendir|ifstream|dlopen)(?=\()/g,
    writes: /\b(?:creat|mkdir|ofstream)(?=\()/g,
    runs: /\b(?:system|popen|execl|execlp|execle|execv|execvp|posix_spawn)(?=\()/g,
  },
  php: {
    sources: /\.(?:php|phtml|inc)$/,
    buildFiles: /(?:^|\/)(?:composer\.(?:json|lock)|phpunit\.xml(?:\.dist)?)$/,
    opens: /\b(?:file_get_contents|fopen|include|require)(?=\()/g,
    writes: /\b(?:file_put_contents|mkdir|touch|move_uploaded_file)(?=\()/g,
    runs: /(?<![\w>:])(?:shell_exec|passthru|proc_open|popen|system)(?=\()/g,
  },
  dotnet: {
    sources: /\.(?:cs|fs|vb|cshtml|razor)$/,
    buildFiles: /(?:^|\/)(?:[^/]*\.(?:\w+proj|sln|slnx|props|targets)|nuget\.config|global\.json)$/i,
    opens: /\bFile\.(?:Open|OpenRead|ReadAllText|ReadAllLines|ReadAllBytes)(?=\()/g,
    writes:
      /\b(?:File\.(?:Create|WriteAllText|WriteAllLines|WriteAllBytes|AppendAllText)|Directory\.CreateDirectory)(?=\()/g,
    runs: /\b(?:Process\.Start|new ProcessStartInfo)(?=\()/g,
  },
  ruby: {
    sources: /\.(?:rb|rake|ru|gemspec)$/,
    buildFiles: /(?:^|\/)(?:Gemfile(?:\.lock)?|Rakefile)$/,
    opens: /\b(?:File\.(?:read|open|readlines)|IO\.read|YAML\.load_file)(?=\()/g,
    writes:
      /\b(?:File\.(?:write|binwrite)|FileUtils\.(?:mkdir|mkdir_p|touch)|Dir\.mkdir|SQLite3::Database\.new)(?=\()/g,
    runs: /(?<![.\w])(?:system|spawn|exec|Open3\.\w+|IO\.popen)(?=[(\s]\s*["'])/g,
  },
} as const satisfies Record<string, Language>;
