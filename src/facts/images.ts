import { applicationImages, ownCommands } from './application-images.ts';
import { familiarName } from './base-users.ts';

/** The distribution family that an image's files come from. */
export type System =
  | 'debian'
  | 'ubuntu'
  | 'alpine'
  | 'wolfi'
  | 'busybox'
  | 'rhel'
  | 'fedora'
  | 'amazon'
  | 'azurelinux'
  | 'photon'
  | 'suse'
  | 'arch'
  | 'distroless'
  | 'windows';

/** What is known of an image. A field that is absent is not known. */
export interface ImageFacts {
  /** Where the facts come from: the registry's answer, or the table below. */
  readonly source: 'registry' | 'table';
  readonly system?: System;
  /** The configuration's User; the empty string is root. */
  readonly user?: string;
  /** The configuration's WorkingDir; the empty string is `/`. */
  readonly workingDir?: string;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** The configuration's Shell, where the image sets one. */
  readonly shell?: readonly string[];
  /** Names and values of the configuration's Env. */
  readonly env?: Readonly<Record<string, string>>;
  /** The configuration's ExposedPorts: `8080/tcp`. */
  readonly exposedPorts?: readonly string[];
  /** The configuration's Volumes: absolute paths. */
  readonly volumes?: readonly string[];
  /** The configuration's OnBuild: instructions that a build on this image runs first. */
  readonly onBuild?: readonly string[];
  /** Whether the configuration has a Healthcheck that does something. */
  readonly healthcheck?: boolean;
  readonly stopSignal?: string;
  /** What `/bin/sh` is in the end; `ash` is BusyBox's. */
  readonly sh?: 'dash' | 'bash' | 'ash' | 'other' | 'none';
  /** The assignments ID, VERSION_ID and VERSION_CODENAME of `/etc/os-release`; `version` is empty for a rolling release. */
  readonly release?: { readonly id: string; readonly version: string; readonly codename?: string };
  /** All of `/etc/passwd`, in order; empty where there is none. */
  readonly users?: readonly ImageUser[];
  /** All of `/etc/group`, in order; empty where there is none. */
  readonly groups?: readonly ImageGroup[];
  /**
   * Absolute paths of all that stands in the folders of the default PATH (`/usr/bin/curl`), links included, wherever they
   * lead. A merged `/bin` shows each program under both of its names.
   */
  readonly programs?: readonly string[];
}

/** A user of an image. */
export interface ImageUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** A group of an image. */
export interface ImageGroup {
  readonly name: string;
  readonly gid: number;
}

/** A row of the table of images. */
export interface ImageRow {
  /** Familiar repository names, without tag. */
  readonly repositories: readonly string[];
  /** The system by tag: the first pattern that matches decides; a row without a match is not known. */
  readonly systems: readonly (readonly [RegExp, System])[];
  /** Facts of every tag of the row. */
  readonly facts?: Omit<ImageFacts, 'source' | 'system'>;
  readonly origin: string;
}

const any = /^/;
const alpine = [/alpine/, 'alpine'] as const;
const windows = [/windowsservercore|nanoserver|ltsc20/, 'windows'] as const;
const rootEverywhere = { user: '', workingDir: '', entrypoint: [] } as const;

/** Read in November 2026 from the Dockerfiles of the images named by `origin`. */
const table: readonly ImageRow[] = [
  {
    repositories: ['debian'],
    systems: [[any, 'debian']],
    facts: rootEverywhere,
    origin: 'github.com/debuerreotype/docker-debian-artifacts',
  },
  {
    repositories: ['buildpack-deps'],
    systems: [
      [/^(?:focal|jammy|noble|plucky|questing|resolute|2[0-9]\.)/, 'ubuntu'],
      [any, 'debian'],
    ],
    facts: rootEverywhere,
    origin: 'github.com/docker-library/buildpack-deps',
  },
  {
    repositories: ['ubuntu'],
    systems: [[any, 'ubuntu']],
    facts: rootEverywhere,
    origin: 'git.launchpad.net/cloud-images/+oci/ubuntu-base',
  },
  {
    repositories: ['alpine'],
    systems: [[any, 'alpine']],
    facts: rootEverywhere,
    origin: 'github.com/alpinelinux/docker-alpine',
  },
  {
    repositories: ['busybox'],
    systems: [[any, 'busybox']],
    facts: rootEverywhere,
    origin: 'github.com/docker-library/busybox',
  },
  {
    repositories: [
      'fedora',
      'registry.fedoraproject.org/fedora',
      'registry.fedoraproject.org/fedora-minimal',
      'quay.io/fedora/fedora',
    ],
    systems: [[any, 'fedora']],
    facts: rootEverywhere,
    origin: 'registry.fedoraproject.org',
  },
  {
    repositories: [
      'centos',
      'quay.io/centos/centos',
      'rockylinux',
      'rockylinux/rockylinux',
      'almalinux',
      'oraclelinux',
    ],
    systems: [[any, 'rhel']],
    facts: rootEverywhere,
    origin: 'github.com/docker-library/official-images',
  },
  {
    repositories: [
      'registry.access.redhat.com/ubi8',
      'registry.access.redhat.com/ubi8/ubi',
      'registry.access.redhat.com/ubi8/ubi-minimal',
      'registry.access.redhat.com/ubi9',
      'registry.access.redhat.com/ubi9/ubi',
      'registry.access.redhat.com/ubi9/ubi-minimal',
      'registry.access.redhat.com/ubi10/ubi',
      'registry.access.redhat.com/ubi10/ubi-minimal',
      'redhat/ubi8',
      'redhat/ubi8-minimal',
      'redhat/ubi9',
      'redhat/ubi9-minimal',
      'redhat/ubi10',
      'redhat/ubi10-minimal',
    ],
    systems: [[any, 'rhel']],
    facts: { user: '', workingDir: '', entrypoint: [], cmd: ['/bin/bash'] },
    origin: 'catalog.redhat.com',
  },
  {
    repositories: ['amazonlinux', 'public.ecr.aws/amazonlinux/amazonlinux'],
    systems: [[any, 'amazon']],
    facts: rootEverywhere,
    origin: 'github.com/amazonlinux/container-images',
  },
  {
    repositories: ['archlinux', 'archlinux/archlinux'],
    systems: [[any, 'arch']],
    facts: rootEverywhere,
    origin: 'gitlab.archlinux.org/archlinux/archlinux-docker',
  },
  {
    repositories: [
      'opensuse/leap',
      'opensuse/tumbleweed',
      'registry.opensuse.org/opensuse/leap',
      'registry.opensuse.org/opensuse/tumbleweed',
      'registry.suse.com/bci/bci-base',
    ],
    systems: [[any, 'suse']],
    facts: rootEverywhere,
    origin: 'registry.opensuse.org',
  },
  { repositories: ['photon'], systems: [[any, 'photon']], facts: rootEverywhere, origin: 'github.com/vmware/photon' },
  {
    repositories: ['mcr.microsoft.com/azurelinux/base/core', 'mcr.microsoft.com/cbl-mariner/base/core'],
    systems: [[any, 'azurelinux']],
    facts: rootEverywhere,
    origin: 'github.com/microsoft/azurelinux',
  },
  {
    repositories: ['golang'],
    systems: [alpine, windows, [any, 'debian']],
    facts: { user: '', workingDir: '/go', entrypoint: [] },
    origin: 'github.com/docker-library/golang',
  },
  {
    repositories: ['rust'],
    systems: [alpine, [any, 'debian']],
    facts: rootEverywhere,
    origin: 'github.com/rust-lang/docker-rust',
  },
  {
    repositories: ['python', 'ruby', 'gcc', 'erlang', 'elixir', 'julia', 'haskell'],
    systems: [alpine, windows, [any, 'debian']],
    facts: { user: '', workingDir: '', entrypoint: [] },
    origin: 'github.com/docker-library/official-images',
  },
  {
    repositories: ['node'],
    systems: [alpine, [any, 'debian']],
    facts: { user: '', workingDir: '', entrypoint: ['docker-entrypoint.sh'], cmd: ['node'] },
    origin: 'github.com/nodejs/docker-node',
  },
  {
    repositories: ['php'],
    systems: [alpine, [any, 'debian']],
    facts: { user: '', entrypoint: ['docker-php-entrypoint'] },
    origin: 'github.com/docker-library/php',
  },
  {
    repositories: ['nginx'],
    systems: [alpine, [any, 'debian']],
    facts: { user: '', workingDir: '', entrypoint: ['/docker-entrypoint.sh'] },
    origin: 'github.com/nginx/docker-nginx',
  },
  {
    repositories: ['httpd'],
    systems: [alpine, [any, 'debian']],
    facts: { user: '', workingDir: '/usr/local/apache2', entrypoint: [], cmd: ['httpd-foreground'] },
    origin: 'github.com/docker-library/httpd',
  },
  {
    repositories: ['redis'],
    systems: [alpine, [any, 'debian']],
    facts: { user: '', workingDir: '/data', entrypoint: ['docker-entrypoint.sh'], cmd: ['redis-server'] },
    origin: 'github.com/redis/docker-library-redis',
  },
  {
    repositories: ['postgres'],
    systems: [alpine, [any, 'debian']],
    facts: { user: '', workingDir: '', entrypoint: ['docker-entrypoint.sh'], cmd: ['postgres'] },
    origin: 'github.com/docker-library/postgres',
  },
  {
    repositories: ['haproxy'],
    systems: [alpine, [any, 'debian']],
    facts: { user: 'haproxy', entrypoint: ['docker-entrypoint.sh'] },
    origin: 'github.com/docker-library/haproxy',
  },
  {
    repositories: ['composer'],
    systems: [[any, 'alpine']],
    facts: { user: '', workingDir: '/app', entrypoint: ['/docker-entrypoint.sh'], cmd: ['composer'] },
    origin: 'github.com/composer/docker',
  },
  {
    repositories: ['perl'],
    systems: [[any, 'debian']],
    facts: { user: '', entrypoint: [] },
    origin: 'github.com/perl/docker-perl',
  },
  {
    repositories: ['mysql'],
    systems: [
      [/debian/, 'debian'],
      [/^(?:8\.[4-9]|9)|oracle|latest|lts|innovation/, 'rhel'],
    ],
    facts: { user: '', workingDir: '', entrypoint: ['docker-entrypoint.sh'], cmd: ['mysqld'] },
    origin: 'github.com/docker-library/mysql',
  },
  {
    repositories: ['mariadb'],
    systems: [
      [/ubi/, 'rhel'],
      [any, 'ubuntu'],
    ],
    facts: { user: '', workingDir: '', entrypoint: ['docker-entrypoint.sh'] },
    origin: 'github.com/MariaDB/mariadb-docker',
  },
  {
    repositories: ['openjdk'],
    systems: [
      alpine,
      windows,
      [/oracle/, 'rhel'],
      [/slim|buster|bullseye|bookworm/, 'debian'],
      [/^(?:8|11)(?:[.-]|$)/, 'debian'],
    ],
    facts: rootEverywhere,
    origin: 'github.com/docker-library/openjdk',
  },
  {
    repositories: ['eclipse-temurin'],
    systems: [alpine, windows, [/ubi|centos/, 'rhel'], [any, 'ubuntu']],
    facts: { user: '', workingDir: '', entrypoint: ['/__cacert_entrypoint.sh'] },
    origin: 'github.com/adoptium/containers',
  },
  {
    repositories: ['maven', 'gradle'],
    systems: [alpine, windows, [/amazoncorretto|al20/, 'amazon'], [/oracle|ubi/, 'rhel'], [any, 'ubuntu']],
    origin: 'github.com/docker-library/official-images',
  },
  {
    repositories: [
      'mcr.microsoft.com/dotnet/sdk',
      'mcr.microsoft.com/dotnet/aspnet',
      'mcr.microsoft.com/dotnet/runtime',
      'mcr.microsoft.com/dotnet/runtime-deps',
    ],
    systems: [
      alpine,
      windows,
      [/chiseled|distroless/, 'distroless'],
      [/azurelinux|mariner|cbl/, 'azurelinux'],
      [/noble|jammy|resolute|focal/, 'ubuntu'],
      [/bookworm|bullseye|buster/, 'debian'],
      [/^(?:10|11)\./, 'ubuntu'],
      [/^\d/, 'debian'],
    ],
    origin: 'github.com/dotnet/dotnet-docker',
  },
  {
    repositories: [
      'mcr.microsoft.com/windows/servercore',
      'mcr.microsoft.com/windows/nanoserver',
      'mcr.microsoft.com/windows',
      'mcr.microsoft.com/dotnet/framework/sdk',
      'mcr.microsoft.com/dotnet/framework/runtime',
      'mcr.microsoft.com/dotnet/framework/aspnet',
    ],
    systems: [[any, 'windows']],
    origin: 'mcr.microsoft.com',
  },
  {
    repositories: ['cgr.dev/chainguard/wolfi-base', 'chainguard/wolfi-base'],
    systems: [[any, 'wolfi']],
    facts: { user: '', workingDir: '', entrypoint: [] },
    origin: 'images.chainguard.dev',
  },
];

const rows = new Map(
  [...table, ...applicationImages].flatMap((row) => row.repositories.map((name) => [name, row] as const)),
);

/** What the table knows of an image by its reference as written, tag and digest included. */
export function imageFacts(reference: string): ImageFacts | undefined {
  const { repository, tag } = familiarName(reference);
  if (/distroless/.test(repository))
    return { source: 'table', system: 'distroless', ...distrolessFacts(repository, tag) };
  const row = rows.get(repository);
  if (!row) return undefined;
  const system = row.systems.find(([pattern]) => pattern.test(tag))?.[1];
  if (system === undefined) return undefined;
  if (system === 'windows') return { source: 'table', system };
  return { source: 'table', system, ...commandOf(repository, tag), ...row.facts, ...dotnetFacts(repository, tag) };
}

/** PHP's variants each start their own server. */
function commandOf(repository: string, tag: string): Pick<ImageFacts, 'cmd'> {
  if (repository === 'php') {
    if (/apache/.test(tag)) return { cmd: ['apache2-foreground'] };
    return { cmd: /fpm/.test(tag) ? ['php-fpm'] : ['php', '-a'] };
  }
  const cmd = ownCommands[repository];
  return cmd ? { cmd } : {};
}

/** Google's images: `:nonroot` has a user by its number, all other tags are root's (static/static.bzl, November 2026). */
function distrolessFacts(repository: string, tag: string): Partial<ImageFacts> {
  if (!repository.startsWith('gcr.io/distroless/')) return {};
  const nonroot = /nonroot/.test(tag);
  const place = nonroot ? { user: '65532', workingDir: '/home/nonroot' } : { user: '', workingDir: '/' };
  const name = repository.slice('gcr.io/distroless/'.length);
  if (/^nodejs/.test(name)) return { ...place, entrypoint: ['/nodejs/bin/node'] };
  if (/^java\d/.test(name)) return { ...place, entrypoint: ['/usr/bin/java', '-jar'] };
  if (/^python3/.test(name)) return { ...place, entrypoint: ['/usr/bin/python3'] };
  return { ...place, entrypoint: [] };
}

/** Chiseled and distroless tags of .NET have their user set, all others are root's. */
function dotnetFacts(repository: string, tag: string): Partial<ImageFacts> {
  if (!/^mcr\.microsoft\.com\/dotnet\/(?:sdk|aspnet|runtime|runtime-deps)$/.test(repository)) return {};
  return { user: /chiseled|distroless/.test(tag) ? '1654' : '', workingDir: '', entrypoint: [] };
}
