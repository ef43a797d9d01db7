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
  readonly why: string;
}

/**
 * What two builds of one Dockerfile differ in: measured by building Debian, npm, pip and Go images twice without a cache
 * (November 2026), and from the documentation of the programs named. Times are never compared. What else two builds of
 * a Dockerfile differ in is found by building the original twice, when there is a difference to explain.
 */
export const noise: readonly Noise[] = [
  { paths: ['/var/log/**'], ignores: 'presence', why: 'logs of package managers and services' },
  { paths: ['/etc/ld.so.cache', '/var/cache/ldconfig/aux-cache'], ignores: 'presence', why: 'made by ldconfig(8)' },
  {
    paths: ['/**/__pycache__/**', '/**/*.pyc'],
    ignores: 'presence',
    why: 'Python writes them when it imports a module',
  },
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
  { paths: ['/etc/ssl/certs/java/cacerts'], ignores: 'content', why: 'a key store, which holds times' },
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

const globsOf = (wanted: Noise['ignores']): string[] =>
  noise.filter((each) => each.ignores === wanted).flatMap((each) => each.paths);

const contentIsNoise = pathMatcher(globsOf('content'));
const presenceIsNoise = pathMatcher(globsOf('presence'));

const anyTypeIsNoise = pathMatcher(noise.filter((each) => each.ofAnyType).flatMap((each) => each.paths));

/** What does not count of what is at an absolute path. */
export function noiseAt(path: string, type: ImageNode['type']): Noise['ignores'] | undefined {
  if (anyTypeIsNoise(path)) return 'presence';
  if (type !== 'file') return undefined;
  if (presenceIsNoise(path)) return 'presence';
  return contentIsNoise(path) ? 'content' : undefined;
}

const texts = pathMatcher([
  '/var/lib/dpkg/status',
  '/var/lib/dpkg/status.d/*',
  '/var/lib/dpkg/info/*.{list,postinst}',
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
