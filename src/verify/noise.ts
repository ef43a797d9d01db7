import { pathMatcher } from './globs.ts';
import type { ImageNode } from './image.ts';

/** Differences between two builds of one Dockerfile that mean nothing. */
export interface Noise {
  /** Globs of absolute paths. */
  readonly paths: readonly string[];
  /**
   * `content`: the file is there in both images and differs within. `presence`: it may also be in one of them alone.
   * Owner, mode and type are compared all the same, and what is no regular file is no noise, unless it says so.
   */
  readonly ignores: 'content' | 'presence';
  /** Folders and devices are meant as well. */
  readonly ofAnyType?: true;
  /** A file of another size is meant to be another. */
  readonly ofSameSize?: true;
  /** Without its source in the image, a module is the program itself (PEP 3147). */
  readonly needsSource?: true;
  readonly why: string;
}

/**
 * What two builds of one Dockerfile differ in: measured by building Debian, npm, pip and Go images twice without a cache
 * (November 2026), and from the documentation of the programs named. Times are never compared. What else two builds of
 * a Dockerfile differ in is found by building the original twice, when there is a difference to explain.
 */
export const noise: readonly Noise[] = [
  {
    paths: [
      '/var/log/{alternatives,apk,bootstrap,dnf,dnf.librepo,dnf.rpm,dnf5,dpkg,fontconfig,hawkey,yum,zypper}.log',
      '/var/log/{btmp,faillog,lastlog,tallylog,wtmp}',
      '/var/log/{apt,zypp}/**',
    ],
    ignores: 'presence',
    why: 'logs of package managers and of the tools that make users',
  },
  { paths: ['/var/log/**'], ignores: 'content', why: 'other logs, which programs may want to find' },
  { paths: ['/var/cache/ldconfig/aux-cache'], ignores: 'presence', why: 'holds times (ldconfig(8))' },
  {
    paths: ['/**/__pycache__/**', '/**/*.pyc'],
    ignores: 'presence',
    needsSource: true,
    why: 'Python writes them when it imports a module',
  },
  { paths: ['/**/__pycache__'], ignores: 'presence', ofAnyType: true, why: 'the folder of these' },
  {
    paths: ['/var/lib/dpkg/*-old', '/var/cache/debconf/*-old', '/etc/{passwd,group,shadow,gshadow,subuid,subgid}-'],
    ignores: 'presence',
    why: 'backups that dpkg, debconf and shadow keep of the file before',
  },
  {
    paths: ['/var/cache/apt/*.bin'],
    ignores: 'presence',
    why: 'what apt makes of its lists (apt.conf(5), Dir::Cache)',
  },
  {
    paths: [
      '/var/lib/dpkg/lock*',
      '/var/lib/dpkg/triggers/**',
      '/var/cache/apt/archives/lock',
      '/var/lib/apt/lists/lock',
    ],
    ignores: 'presence',
    why: 'locks and triggers of dpkg and apt',
  },
  {
    paths: ['/var/lib/apt/lists/**', '/var/lib/apt/extended_states', '/var/cache/debconf/*.dat', '/var/lib/ucf/**'],
    ignores: 'content',
    why: 'lists are fetched anew, and the order in the others is that of installation',
  },
  { paths: ['/var/cache/man/**', '/var/cache/fontconfig/**'], ignores: 'presence', why: 'indexes that are made anew' },
  { paths: ['/etc/machine-id', '/var/lib/dbus/machine-id'], ignores: 'content', why: 'random (machine-id(5))' },
  {
    paths: ['/etc/ssh/ssh_host_*', '/etc/ssl/private/ssl-cert-snakeoil.key', '/etc/ssl/certs/ssl-cert-snakeoil.pem'],
    ignores: 'content',
    why: 'keys that are made at installation',
  },
  {
    paths: ['/etc/ssl/certs/java/cacerts'],
    ignores: 'content',
    ofSameSize: true,
    why: 'a key store, which holds times; with other certificates it has another size',
  },
  {
    paths: [
      '/**/.npm/_logs/**',
      '/**/.npm/_cacache/**',
      '/**/.npm/_update-notifier-last-checked',
      '/**/.cache/yarn/**',
    ],
    ignores: 'presence',
    why: 'logs and caches of npm and Yarn, which hold times',
  },
  { paths: ['/**/.cache/pip/**', '/**/.cache/uv/**'], ignores: 'presence', why: 'caches, which hold times' },
  { paths: ['/**/.cache/go-build/**'], ignores: 'presence', why: 'the build cache of Go, which holds times' },
  {
    paths: ['/**/.m2/**/_remote.repositories', '/**/.m2/**/*.lastUpdated', '/**/.m2/**/resolver-status.properties'],
    ignores: 'presence',
    why: 'times of look-ups in Maven repositories',
  },
  {
    paths: ['/**/.rustc_info.json'],
    ignores: 'content',
    why: 'what rustc says of itself, which Cargo keeps in a random order (Cargo, `util/rustc.rs`)',
  },
  {
    paths: ['/**/{.cargo,cargo}/.{global-cache,package-cache,package-cache-mutate}'],
    ignores: 'presence',
    why: 'locks of Cargo, and the times at which it used what it fetched (The Cargo Book, Cargo home)',
  },
  {
    paths: ['/**/node_modules/{.modules.yaml,.pnpm-workspace-state.json,.pnpm-workspace-state-v1.json}'],
    ignores: 'content',
    why: 'states of pnpm, which hold times',
  },
  {
    paths: ['/**/extensions/**/{gem_make.out,mkmf.log}'],
    ignores: 'content',
    why: 'logs of gems with extensions, which name temporary files',
  },
  { paths: ['/**/.gradle/**/*.lock', '/**/.gradle/**/*.bin'], ignores: 'presence', why: 'locks and states of Gradle' },
  {
    paths: [
      '/tmp/hsperfdata_*/**',
      '/tmp/v8-compile-cache-*/**',
      '/tmp/npm-*/**',
      '/tmp/tmp?*',
      '/tmp/node-compile-cache/**',
    ],
    ignores: 'presence',
    why: 'left in /tmp under names with process ids or random letters',
  },
  {
    paths: ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/.dockerenv', '/run/.containerenv'],
    ignores: 'presence',
    why: 'put there by the builder',
  },
  {
    paths: ['/{dev,proc,sys}/**'],
    ignores: 'presence',
    ofAnyType: true,
    why: 'mount points, which builders make for the first RUN on an empty base',
  },
  {
    paths: ['/root/.bash_history', '/root/.wget-hsts', '/root/.lesshst'],
    ignores: 'presence',
    why: 'kept by shells and tools',
  },
];

const matcherOf = (isMeant: (each: Noise) => boolean): ((path: string) => boolean) =>
  pathMatcher(noise.filter(isMeant).flatMap((each) => each.paths));

const contentIsNoise = matcherOf(({ ignores }) => ignores === 'content');
const presenceIsNoise = matcherOf(({ ignores }) => ignores === 'presence');
const anyTypeIsNoise = matcherOf(({ ofAnyType }) => ofAnyType === true);
const sizeCounts = matcherOf(({ ofSameSize }) => ofSameSize === true);
const sourceCounts = matcherOf(({ needsSource }) => needsSource === true);

/** What is at a path in two images, and what else is in the second. */
export interface Pair {
  readonly was: ImageNode | undefined;
  readonly is: ImageNode | undefined;
  readonly has: (path: string) => boolean;
}

/** What does not count of what is at an absolute path of one image, or of two. */
export function noiseAt(
  path: string,
  type: ImageNode['type'],
  { was, is, has }: Partial<Pair> = {},
): Noise['ignores'] | undefined {
  if (anyTypeIsNoise(path)) return 'presence';
  if (type !== 'file') return undefined;
  if (presenceIsNoise(path)) return has && sourceCounts(path) && isOnlyForm(path, has) ? undefined : 'presence';
  if (!contentIsNoise(path)) return undefined;
  return was && is && was.size !== is.size && sizeCounts(path) ? undefined : 'content';
}

/** Whether a compiled module of Python is where it is loaded without its source, and has none (PEP 3147, flow chart). */
function isOnlyForm(path: string, has: (path: string) => boolean): boolean {
  return /\.pyc$/.test(path) && !path.includes('/__pycache__/') && !has(path.replace(/\.pyc$/, '.py'));
}

const texts = pathMatcher([
  '/var/lib/dpkg/status',
  '/var/lib/dpkg/status.d/*',
  '/var/lib/dpkg/info/*.{list,preinst,postinst}',
  '/usr/lib/sysusers.d/*.conf',
  '/var/lib/apt/extended_states',
  '/lib/apk/db/installed',
  '/usr/lib/apk/db/installed',
  '/etc/shadow',
  '/etc/passwd',
  '/etc/group',
]);

/** Whether a file is compared by its meaning, so that its text is kept. */
export function isText(path: string): boolean {
  return texts(`/${path}`);
}

/** The text of a file without what differs by the day of the build: the third field of shadow(5). */
export function meaningOf(path: string, text: string): string {
  if (path !== 'etc/shadow') return text;
  return text.replace(/^([^:\n]*:[^:\n]*):[^:\n]*/gm, '$1:');
}
