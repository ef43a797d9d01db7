/** Programs whose runs say that a build makes something itself. */
export type Tool =
  | 'node-install'
  | 'python-install'
  | 'python-build'
  | 'cargo'
  | 'maven'
  | 'gradle'
  | 'sbt'
  | 'dotnet'
  | 'composer'
  | 'bundle'
  | 'mix'
  | 'cmake'
  | 'swift'
  | 'dart'
  | 'zig'
  | 'stack'
  | 'cabal'
  | 'dune'
  | 'rebar'
  | 'lein';

/** A directory that a tool makes beside a manifest, and that a checkout holds after a build on the machine itself. */
export interface OutputRule {
  readonly name: string;
  /** The manifest beside it, by its file name. */
  readonly beside: RegExp;
  /** A file in it that nothing else than the tool writes. */
  readonly holds?: string;
  readonly tools: readonly Tool[];
  /** Where the tool runs: beside the manifest, there or in a directory above it, or anywhere in the stage. */
  readonly where: 'beside' | 'above' | 'anywhere';
  /** Others use the name too, so that git must ignore it. */
  readonly isCommon: boolean;
  /** What a finding says of it. */
  readonly what: string;
}

const installed = 'dependencies that the build installs itself';
const compiled = 'output that the build makes itself';
const gradleManifest = /^(?:build|settings)\.gradle(?:\.kts)?$/;
const dotnetManifest = /\.(?:cs|fs|vb)proj$/;

/**
 * Where tools put what they install and compile, from the documentation of each (read November 2026). The outputs of
 * Node's tools depend on scripts and settings and are read in node-outputs.ts.
 */
export const outputRules: readonly OutputRule[] = [
  {
    name: 'node_modules',
    beside: /^package\.json$/,
    tools: ['node-install'],
    where: 'above',
    isCommon: false,
    what: installed,
  },
  { name: 'vendor', beside: /^composer\.json$/, tools: ['composer'], where: 'beside', isCommon: true, what: installed },
  { name: 'deps', beside: /^mix\.exs$/, tools: ['mix'], where: 'beside', isCommon: true, what: installed },
  { name: '_build', beside: /^mix\.exs$/, tools: ['mix'], where: 'beside', isCommon: false, what: compiled },
  { name: '_build', beside: /^rebar\.config$/, tools: ['rebar'], where: 'beside', isCommon: false, what: compiled },
  { name: '_build', beside: /^dune-project$/, tools: ['dune'], where: 'beside', isCommon: false, what: compiled },
  { name: 'target', beside: /^Cargo\.toml$/, tools: ['cargo'], where: 'above', isCommon: false, what: compiled },
  { name: 'target', beside: /^pom\.xml$/, tools: ['maven'], where: 'above', isCommon: false, what: compiled },
  {
    name: 'target',
    beside: /^(?:build\.sbt|build\.properties)$/,
    tools: ['sbt'],
    where: 'above',
    isCommon: true,
    what: compiled,
  },
  { name: 'target', beside: /^project\.clj$/, tools: ['lein'], where: 'beside', isCommon: true, what: compiled },
  { name: 'build', beside: gradleManifest, tools: ['gradle'], where: 'above', isCommon: true, what: compiled },
  { name: '.gradle', beside: gradleManifest, tools: ['gradle'], where: 'above', isCommon: false, what: compiled },
  { name: 'bin', beside: dotnetManifest, tools: ['dotnet'], where: 'anywhere', isCommon: true, what: compiled },
  { name: 'obj', beside: dotnetManifest, tools: ['dotnet'], where: 'anywhere', isCommon: true, what: compiled },
  ...['.venv', 'venv', 'env'].map(
    (name): OutputRule => ({
      ...{ name, beside: /./, holds: 'pyvenv.cfg', tools: ['python-install'] },
      ...{ where: 'anywhere', isCommon: false, what: 'a virtual environment, which the build installs itself' },
    }),
  ),
  ...['dist', 'build'].map(
    (name): OutputRule => ({
      ...{ name, beside: /^(?:pyproject\.toml|setup\.py)$/, tools: ['python-build'] },
      ...{ where: 'beside', isCommon: true, what: compiled },
    }),
  ),
  { name: '.build', beside: /^Package\.swift$/, tools: ['swift'], where: 'beside', isCommon: false, what: compiled },
  { name: '.dart_tool', beside: /^pubspec\.yaml$/, tools: ['dart'], where: 'beside', isCommon: false, what: compiled },
  { name: '.zig-cache', beside: /^build\.zig$/, tools: ['zig'], where: 'beside', isCommon: false, what: compiled },
  { name: 'zig-cache', beside: /^build\.zig$/, tools: ['zig'], where: 'beside', isCommon: false, what: compiled },
  { name: 'zig-out', beside: /^build\.zig$/, tools: ['zig'], where: 'beside', isCommon: false, what: compiled },
  { name: '.stack-work', beside: /^stack\.yaml$/, tools: ['stack'], where: 'above', isCommon: false, what: compiled },
  {
    name: 'dist-newstyle',
    beside: /\.cabal$|^cabal\.project$/,
    tools: ['cabal'],
    where: 'above',
    isCommon: false,
    what: compiled,
  },
  ...['build', 'cmake-build-debug', 'cmake-build-release'].map(
    (name): OutputRule => ({
      ...{ name, beside: /^CMakeLists\.txt$/, holds: 'CMakeCache.txt', tools: ['cmake'] },
      ...{ where: 'anywhere', isCommon: false, what: compiled },
    }),
  ),
];

/** Version control data of any depth. */
export const versionControl: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', '.bzr', '.jj', '_darcs']);

/** Directories and files that tools write for themselves and write anew; no program reads them as its own. */
export const caches: ReadonlySet<string> = new Set([
  ...[
    '__pycache__',
    '.pytest_cache',
    '.mypy_cache',
    '.ruff_cache',
    '.tox',
    '.nox',
    '.hypothesis',
    '.ipynb_checkpoints',
  ],
  ...[
    '.nyc_output',
    '.eslintcache',
    '.stylelintcache',
    '.parcel-cache',
    '.turbo',
    '.sass-cache',
    '.phpunit.result.cache',
  ],
  ...['.php-cs-fixer.cache', '.terraform', '.phpunit.cache', '.angular'],
]);

/** Reports of tests and coverage, and other results of runs, where git ignores them. */
export const ignoredResults: ReadonlySet<string> = new Set([
  ...['coverage', 'htmlcov', '.coverage', 'test-results', 'playwright-report', 'lcov-report', 'junit.xml'],
  ...['coverage.xml', 'npm-debug.log', 'yarn-error.log', 'yarn-debug.log', 'pnpm-debug.log'],
]);

/** What editors and operating systems leave in a folder. */
export const residue: ReadonlySet<string> = new Set([
  ...['.idea', '.vscode', '.vs', '.fleet', '.zed', '.DS_Store', 'Thumbs.db', 'desktop.ini'],
]);

/** The files that describe builds and containers; an image has no use for them. */
export const dockerFile =
  /^(?:(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?|[\w-]+\.[Dd]ockerfile|(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml)$/;

/** Directories whose keys and environment files are made up for tests and examples. */
export const samples =
  /(?:^|\/)(?:tests?|testdata|__tests__|specs?|fixtures?|mocks?|examples?|samples?|e2e|docs?)(?:\/|$)/i;

/** Directories of other people's files, in which nothing is looked for. */
export const foreign: ReadonlySet<string> = new Set([
  ...['node_modules', 'bower_components', 'vendor', '.venv', 'venv', '.git', '.hg', '.svn', '.tox', '.yarn'],
]);
