/** A variable that turns verification off. */
interface Variable {
  readonly name: string;
  /** The values that do; others are right. */
  readonly off: RegExp;
  /** What is no longer verified. */
  readonly what: string;
}

const no = /^(?:0|false|no|off|n)$/i;
const any = /./;

/**
 * Variables that the programs read. Those of Node, npm, Python, pip and Git are those of Checkov's CKV2_DOCKER_5, 6, 12, 14
 * and 16, and Yarn 1 reads them as `src/registries/base-registry.js` says (looked up in November 2026); uv's, conda's,
 * Bundler's and Go's are as their manuals are known, and were not looked up.
 */
export const variables: readonly Variable[] = [
  { name: 'NODE_TLS_REJECT_UNAUTHORIZED', off: /^0$/, what: 'Node no longer checks who it talks to' },
  { name: 'NPM_CONFIG_STRICT_SSL', off: no, what: 'npm no longer checks who it talks to' },
  { name: 'YARN_STRICT_SSL', off: no, what: 'Yarn no longer checks who it talks to' },
  { name: 'YARN_ENABLE_STRICT_SSL', off: no, what: 'Yarn no longer checks who it talks to' },
  // That it is set is enough, whatever to (git, http.c).
  { name: 'GIT_SSL_NO_VERIFY', off: /^/, what: 'Git no longer checks who it talks to' },
  { name: 'PYTHONHTTPSVERIFY', off: /^0$/, what: 'Python no longer checks who it talks to' },
  { name: 'PIP_TRUSTED_HOST', off: any, what: 'pip no longer checks who it talks to' },
  { name: 'UV_INSECURE_HOST', off: any, what: 'uv no longer checks who it talks to' },
  { name: 'CONDA_SSL_VERIFY', off: no, what: 'conda no longer checks who it talks to' },
  { name: 'BUNDLE_SSL_VERIFY_MODE', off: /^0$/, what: 'Bundler no longer checks who it talks to' },
  { name: 'GOINSECURE', off: any, what: 'Go fetches modules without checking who it talks to' },
  { name: 'GOSUMDB', off: /^off$/, what: 'Go no longer checks modules by their known hashes' },
];

/** An option of a program that turns verification off. */
export interface Switch {
  readonly programs: RegExp;
  /** The whole of a long option, with its value where one is written with `=`. */
  readonly long: RegExp;
  /** The letter of a short option. */
  readonly short?: string;
  /** Letters of short options that take a value, so that what follows in a cluster is that. */
  readonly valued?: string;
  /** The option takes the next word as its value. */
  readonly takesNext?: boolean;
  /** The option and its value in the next word. */
  readonly next?: RegExp;
  readonly what: string;
  /** Whether operands that are files would be refused for good with verification on. */
  readonly filesUnsigned?: boolean;
  /** The verbs that take packages from elsewhere; all where none are named. */
  readonly verbs?: RegExp;
}

const never = /(?!)/;

/**
 * Options of programs, from their manuals. curl's, wget's, pip's, npm's, apk's, apt's, dnf's and rpm's are those of Checkov's
 * CKV2_DOCKER_2 to 4, 7 to 11, 13 and 15 (compared in November 2026).
 */
export const switches: readonly Switch[] = [
  {
    programs: /^curl$/,
    long: /^--insecure$/,
    short: 'k',
    valued: 'AbcCdDeEFHKmoPQrtTuUwxXyYz',
    what: 'curl takes what anyone in between sends',
  },
  { programs: /^wget$/, long: /^--no-check-certificate$/, what: 'wget takes what anyone in between sends' },
  {
    programs: /^git$/,
    long: never,
    next: /^(?:-c|--config) ["']?http(?:\..+)?\.sslverify=(?:false|0|no|off)["']?$/i,
    what: 'Git takes what anyone in between sends',
  },
  {
    programs: /^pip[\d.]*$/,
    long: /^--trusted-host$/,
    takesNext: true,
    what: 'pip takes what anyone in between sends',
  },
  { programs: /^pip[\d.]*$/, long: /^--trusted-host=.+$/, what: 'pip takes what anyone in between sends' },
  { programs: /^uv$/, long: /^--allow-insecure-host=.+$/, what: 'uv takes what anyone in between sends' },
  {
    programs: /^(?:npm|yarn|pnpm)$/,
    long: /^--(?:strict-ssl=false|no-strict-ssl)$/,
    what: 'the package manager takes what anyone in between sends',
  },
  {
    programs: /^apk$/,
    long: /^--allow-untrusted$/,
    what: 'apk takes packages that no one signed',
    filesUnsigned: true,
    verbs: /^(?:add|update|upgrade|fetch|fix)$/,
  },
  {
    programs: /^apt(?:-get)?$/,
    long: /^--(?:allow-unauthenticated|allow-insecure-repositories|no-allow-authenticated)$/,
    next: /^(?:-o|--option) ["']?(?:Acquire::AllowInsecureRepositories|APT::Get::AllowUnauthenticated)=(?:true|1|yes)["']?$/i,
    what: 'apt takes packages that no one signed',
  },
  {
    programs: /^(?:yum|dnf|microdnf|tdnf)$/,
    long: /^--(?:nogpgcheck|setopt=(?:[^=]*\.)?(?:gpgcheck|sslverify)=(?:0|false|False))$/,
    what: 'packages that no one signed are taken',
    filesUnsigned: true,
  },
  {
    programs: /^zypper$/,
    long: /^--no-gpg-checks$/,
    what: 'zypper takes packages that no one signed',
    filesUnsigned: true,
  },
  {
    programs: /^rpm$/,
    long: /^--(?:nosignature|nodigest|noverify|nofiledigest|nogpg)$/,
    what: 'rpm takes packages that no one signed',
    filesUnsigned: true,
  },
  {
    programs: /^conda$/,
    long: /^--insecure$/,
    short: 'k',
    valued: 'ncp',
    what: 'conda takes what anyone in between sends',
  },
  { programs: /^helm$/, long: /^--insecure-skip-tls-verify$/, what: 'helm takes what anyone in between sends' },
];

/** Commands that turn verification off for all that follow: the program and its words, joined by blanks. */
export const settings: readonly { readonly command: RegExp; readonly what: string }[] = [
  {
    command: /^(?:npm|yarn|pnpm) (?:config )?set (?:.* )?strict-ssl[ =](?:false|0)/,
    what: 'the package manager no longer checks who it talks to',
  },
  {
    command: /^git config .*http(?:\.\S+)?\.sslverify["']? ["']?(?:false|0|no|off)/i,
    what: 'Git no longer checks who it talks to',
  },
  { command: /^conda config .*ssl_verify (?:false|no|0)/i, what: 'conda no longer checks who it talks to' },
  { command: /^composer config .*(?:disable-tls true|secure-http false)/, what: 'Composer talks without encryption' },
  { command: /^pip[\d.]* config set .*trusted-host/, what: 'pip no longer checks who it talks to' },
  {
    command: /^apt(?:-get)? (?=.*\b(?:install|upgrade|dist-upgrade)\b).*--force-yes/,
    what: 'apt takes packages that no one signed, and does whatever else it would ask about',
  },
  { command: /^ssh .*StrictHostKeyChecking[ =]no/, what: 'ssh no longer checks which machine it talks to' },
];
