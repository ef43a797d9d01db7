import { among, jsonObject, type Read, reading, record, text, textRecord, texts } from './value.ts';

/** What package.json says. */
export interface NodePackage {
  readonly name: string | undefined;
  readonly private: boolean;
  /** `module` or `commonjs`. */
  readonly type: 'module' | 'commonjs';
  readonly main: string | undefined;
  /** The files that become commands, by name. */
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  /** Version ranges by name. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  /** `pnpm@9.1.0`, without the hash. */
  readonly packageManager: string | undefined;
  /** Patterns of the workspaces' directories; undefined where there are none. */
  readonly workspaces: readonly string[] | undefined;
  readonly files: readonly string[] | undefined;
  /** Dependencies that are directories or archives of the repository, by name. */
  readonly localDependencies: Readonly<Record<string, string>>;
  /** Scripts that run when the package is installed. */
  readonly installScripts: readonly string[];
  /** What makes an install compile: packages that build with node-gyp and the like. */
  readonly nativeBuild: readonly string[];
  /** Tools that read the repository's git data. */
  readonly readsGit: readonly string[];
}

/** Which package managers have left their lock files. */
export interface NodeLocks {
  readonly npm: boolean;
  readonly yarn: boolean;
  readonly pnpm: boolean;
  readonly bun: boolean;
}

const INSTALL = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'preprepare', 'postprepare'];
const NATIVE = new Set(
  `node-gyp node-addon-api nan bindings node-pre-gyp @mapbox/node-pre-gyp prebuild-install node-gyp-build bcrypt sqlite3
  better-sqlite3 canvas sharp grpc node-sass libxmljs libxmljs2 argon2 bufferutil utf-8-validate leveldown re2 zeromq
  node-rdkafka oracledb pg-native usb serialport keytar deasync cpu-features isolated-vm couchbase odbc robotjs`.split(
    /\s+/,
  ),
);
const GIT = new Set(
  `git-revision-webpack-plugin git-rev-sync git-last-commit git-describe git-repo-info git-commit-info git-rev
  vite-plugin-git-revision unplugin-info next-build-id`.split(/\s+/),
);
/** Scripts that a build runs, or that npm runs in one. */
const BUILD_SCRIPT = /^(pre|post)?(build|install|prepare|compile|generate|bundle)(:.*)?$/;

/** Reads package.json. */
export function readPackageJson(source: string): Read<NodePackage> {
  return reading(() => {
    const given = jsonObject(source);
    const dependencies = textRecord(given.dependencies);
    const devDependencies = textRecord(given.devDependencies);
    const optionalDependencies = textRecord(given.optionalDependencies);
    const all = { ...devDependencies, ...optionalDependencies, ...dependencies };
    const scripts = textRecord(given.scripts);
    const name = text(given.name);
    const workspaces = Array.isArray(given.workspaces) ? given.workspaces : record(given.workspaces).packages;
    const gitScripts = Object.keys(scripts).filter((name) => BUILD_SCRIPT.test(name) && /\bgit\s/.test(scripts[name]!));
    return {
      name,
      private: given.private === true,
      type: given.type === 'module' ? 'module' : 'commonjs',
      main: text(given.main),
      bin:
        typeof given.bin === 'string' ? { [name?.replace(/^@[^/]*\//, '') ?? '']: given.bin } : textRecord(given.bin),
      scripts,
      dependencies,
      devDependencies,
      optionalDependencies,
      peerDependencies: textRecord(given.peerDependencies),
      engines: textRecord(given.engines),
      packageManager: text(given.packageManager)?.replace(/\+.*$/, ''),
      workspaces: workspaces === undefined ? undefined : texts(workspaces),
      files: given.files === undefined ? undefined : texts(given.files),
      localDependencies: Object.fromEntries(
        Object.entries(all).filter(([, range]) => /^(file:|link:|portal:|workspace:|\.{0,2}\/)/.test(range)),
      ),
      installScripts: INSTALL.filter((script) => script in scripts),
      nativeBuild: [...among(Object.keys(all), NATIVE), ...(given.gypfile === true ? ['gypfile'] : [])],
      readsGit: [...among(Object.keys(all), GIT), ...gitScripts.map((script) => `script ${script}`)],
    };
  });
}

/** Tells the lock files from the names in the package's directory. */
export function nodeLocks(names: readonly string[]): NodeLocks {
  const has = (...locks: string[]) => locks.some((lock) => names.includes(lock));
  return {
    npm: has('package-lock.json', 'npm-shrinkwrap.json'),
    yarn: has('yarn.lock'),
    pnpm: has('pnpm-lock.yaml'),
    bun: has('bun.lock', 'bun.lockb'),
  };
}
