import type { ImageUser, System } from './images.ts';

/** How an image can be given a user: by shadow's or BusyBox's tools, or not at all. */
export type UserTools = 'shadow' | 'busybox' | 'none';

/** What the table knows of the users of a base image; there may be more than these. */
export interface BaseUsers {
  /** The user that the image has for what runs in it, though it starts as root. */
  readonly application: ImageUser | undefined;
  /** Other users with ids from 1000 on, whose names and ids are taken. */
  readonly others: readonly ImageUser[];
  readonly origin: string;
}

interface Row {
  /** Familiar repository names, without tag. */
  readonly repositories: readonly string[];
  /** Which tags the row is about; all if absent. The first row that fits decides. */
  readonly tags?: RegExp;
  /** The first version of which the row holds; of the users of earlier ones nothing is known. */
  readonly from?: string;
  readonly application?: ImageUser;
  readonly others?: readonly ImageUser[];
  readonly origin: string;
}

const user = (name: string, ids: `${number}:${number}`, home: string, shell = '/usr/sbin/nologin'): ImageUser => {
  const [uid, gid] = ids.split(':').map(Number);
  return { name, uid: uid!, gid: gid!, home, shell };
};

const dotnet = ['sdk', 'aspnet', 'runtime', 'runtime-deps', 'monitor'].map(
  (name) => `mcr.microsoft.com/dotnet/${name}`,
);
const ubuntuUser = user('ubuntu', '1000:1000', '/home/ubuntu', '/bin/bash');

/**
 * Read in November 2026 from the Dockerfiles of the images, and from their history, in the repositories that `origin`
 * names: nginx's numbers are fixed since June 2019, redis' on Alpine since December 2019, `node` is in every variant since
 * 2017, and Deno's number on Alpine is 1000 since May 2021.
 */
const rows: readonly Row[] = [
  {
    repositories: ['node'],
    from: '8',
    application: user('node', '1000:1000', '/home/node', '/bin/bash'),
    origin: 'github.com/nodejs/docker-node',
  },
  {
    repositories: ['php', 'wordpress', 'nextcloud', 'drupal', 'joomla'],
    tags: /alpine/,
    application: user('www-data', '82:82', '/home/www-data', '/sbin/nologin'),
    origin: 'github.com/docker-library/php',
  },
  {
    repositories: ['php', 'wordpress', 'nextcloud', 'drupal', 'joomla'],
    application: user('www-data', '33:33', '/var/www'),
    origin: 'github.com/docker-library/php',
  },
  {
    repositories: ['httpd'],
    tags: /alpine/,
    application: user('www-data', '82:82', '/home/www-data', '/sbin/nologin'),
    origin: 'github.com/docker-library/httpd',
  },
  {
    repositories: ['httpd'],
    application: user('www-data', '33:33', '/var/www'),
    origin: 'github.com/docker-library/httpd',
  },
  {
    repositories: ['nginx'],
    tags: /alpine/,
    from: '1.17.1',
    application: user('nginx', '101:101', '/var/cache/nginx', '/sbin/nologin'),
    origin: 'github.com/nginx/docker-nginx',
  },
  {
    repositories: ['nginx'],
    from: '1.17.1',
    application: user('nginx', '101:101', '/nonexistent', '/bin/false'),
    origin: 'github.com/nginx/docker-nginx',
  },
  {
    repositories: dotnet,
    // The images before .NET 8 have no user; `latest` and a bare major do.
    tags: /^(?:latest$|(?:[89]|1\d)(?:\.|-|$))/,
    application: user('app', '1654:1654', '/home/app', '/bin/false'),
    origin: 'github.com/dotnet/dotnet-docker',
  },
  {
    repositories: ['oven/bun'],
    application: user('bun', '1000:1000', '/home/bun', '/bin/sh'),
    origin: 'github.com/oven-sh/bun/tree/main/dockerhub',
  },
  {
    repositories: ['denoland/deno'],
    tags: /alpine/,
    from: '1.10',
    application: user('deno', '1000:1000', '/home/deno', '/bin/sh'),
    origin: 'github.com/denoland/deno_docker',
  },
  {
    repositories: ['denoland/deno'],
    application: user('deno', '1993:1993', '/home/deno', '/bin/sh'),
    origin: 'github.com/denoland/deno_docker',
  },
  {
    repositories: ['gradle'],
    tags: /^(?!.*ubi)/,
    from: '4',
    application: user('gradle', '1000:1000', '/home/gradle', '/bin/bash'),
    origin: 'github.com/gradle/docker-gradle',
  },
  {
    repositories: ['postgres'],
    tags: /alpine/,
    application: user('postgres', '70:70', '/var/lib/postgresql', '/bin/sh'),
    origin: 'github.com/docker-library/postgres',
  },
  {
    repositories: ['postgres'],
    application: user('postgres', '999:999', '/var/lib/postgresql', '/bin/bash'),
    origin: 'github.com/docker-library/postgres',
  },
  {
    repositories: ['redis'],
    tags: /alpine/,
    from: '6',
    application: user('redis', '999:1000', '/data', '/sbin/nologin'),
    origin: 'github.com/redis/docker-library-redis',
  },
  {
    repositories: ['redis'],
    from: '6',
    application: user('redis', '999:999', '/data', '/bin/sh'),
    origin: 'github.com/redis/docker-library-redis',
  },
  {
    repositories: ['mysql', 'mariadb'],
    application: user('mysql', '999:999', '/var/lib/mysql', '/bin/false'),
    origin: 'github.com/docker-library/mysql, github.com/MariaDB/mariadb-docker',
  },
  {
    repositories: ['mongo'],
    application: user('mongodb', '999:999', '/data/db', '/bin/false'),
    origin: 'github.com/docker-library/mongo',
  },
  {
    repositories: ['rabbitmq'],
    tags: /alpine/,
    application: user('rabbitmq', '100:101', '/var/lib/rabbitmq', '/bin/sh'),
    origin: 'github.com/docker-library/rabbitmq',
  },
  {
    repositories: ['rabbitmq'],
    application: user('rabbitmq', '999:999', '/var/lib/rabbitmq', '/bin/bash'),
    origin: 'github.com/docker-library/rabbitmq',
  },
  {
    repositories: ['ghost'],
    from: '1',
    application: user('node', '1000:1000', '/home/node', '/bin/bash'),
    origin: 'github.com/docker-library/ghost',
  },
  {
    repositories: ['ubuntu', 'buildpack-deps'],
    tags: /^(?:2[4-9]\.|latest$|rolling$|devel$|noble|oracular|plucky|questing|resolute)/,
    others: [ubuntuUser],
    origin: 'git.launchpad.net/cloud-images/+oci/ubuntu-base',
  },
  {
    repositories: ['eclipse-temurin', 'maven', 'mcr.microsoft.com/playwright', 'mcr.microsoft.com/playwright/python'],
    tags: /^(?!.*(?:alpine|ubi|jammy|focal))/,
    others: [ubuntuUser, user('pwuser', '1001:1001', '/home/pwuser', '/bin/bash')],
    origin: 'github.com/adoptium/containers, github.com/microsoft/playwright/tree/main/utils/docker',
  },
  {
    repositories: ['cgr.dev/chainguard/wolfi-base', 'chainguard/wolfi-base'],
    application: user('nonroot', '65532:65532', '/home/nonroot', '/bin/sh'),
    origin: 'github.com/chainguard-images/images',
  },
];

/** Repository and tag of a reference as written: Docker Hub's own prefixes and the digest gone, `latest` where there is none. */
export function familiarName(reference: string): { readonly repository: string; readonly tag: string } {
  const undigested = reference.split('@')[0]!;
  const colon = undigested.lastIndexOf(':');
  const tagged = colon > undigested.lastIndexOf('/');
  const name = tagged ? undigested.slice(0, colon) : undigested;
  const repository = name.replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, '');
  return { repository, tag: tagged ? undigested.slice(colon + 1) : 'latest' };
}

/** What the table knows of the users of a base image; undefined for an image that it does not have. */
export function baseUsers(reference: string): BaseUsers | undefined {
  const { repository, tag } = familiarName(reference);
  if (/^gcr\.io\/distroless\//.test(repository)) {
    const application = user('nonroot', '65532:65532', '/home/nonroot', '/sbin/nologin');
    return { application, others: [], origin: 'github.com/GoogleContainerTools/distroless' };
  }
  const row = rows.find((each) => each.repositories.includes(repository) && (each.tags?.test(tag) ?? true));
  if (row === undefined || (row.from !== undefined && isBefore(tag, row.from))) return undefined;
  return { application: row.application, others: row.others ?? [], origin: row.origin };
}

/** Whether a tag begins with a version before another; what it leaves out is the newest, as `1.17` is of `1.17.10`. */
function isBefore(tag: string, version: string): boolean {
  const numbers = /^v?(\d+(?:\.\d+)*)/.exec(tag)?.[1]?.split('.').map(Number);
  if (numbers === undefined) return false;
  for (const [at, wanted] of version.split('.').map(Number).entries()) {
    const number = numbers[at] ?? Number.POSITIVE_INFINITY;
    if (number !== wanted) return number < wanted;
  }
  return false;
}

/**
 * The tools for users that the images of a system have, as of November 2026. Debian 13 no longer has `adduser`, and the
 * small Red Hat images, Amazon Linux 2023, Azure Linux and Photon have none (read from their package lists and from
 * issues of wildfly-container, amazonlinux/container-images and dotnet-docker).
 */
export function userTools(reference: string, system: System): UserTools | undefined {
  const { repository, tag } = familiarName(reference);
  switch (system) {
    case 'debian':
    case 'ubuntu':
    case 'arch':
    case 'suse':
      return 'shadow';
    case 'fedora':
      return /minimal/.test(repository + tag) ? undefined : 'shadow';
    case 'rhel':
      if (/ubi\d*[-/]?(?:ubi-)?(?:minimal|micro)/.test(`${repository}-${tag}`)) return 'none';
      return /minimal|micro/.test(repository + tag) ? undefined : 'shadow';
    case 'amazon':
      return 'none';
    case 'azurelinux':
    case 'photon':
    case 'distroless':
      return 'none';
    case 'alpine':
    case 'wolfi':
    case 'busybox':
      return 'busybox';
    case 'windows':
      return undefined;
  }
}

const nobody = (home: string, shell: string): ImageUser => user('nobody', '65534:65534', home, shell);

/**
 * Users that every image of a system has and that applications are given to, as of November 2026: Debian's base-passwd
 * (`passwd.master`), Alpine's alpine-baselayout and Wolfi's wolfi-baselayout. Empty for a system that is not read.
 */
export function systemUsers(system: System | undefined): readonly ImageUser[] {
  switch (system) {
    case 'debian':
    case 'ubuntu':
      return [user('www-data', '33:33', '/var/www'), nobody('/nonexistent', '/usr/sbin/nologin')];
    case 'alpine':
    case 'wolfi':
      return [nobody('/', '/sbin/nologin')];
    default:
      return [];
  }
}

/** Base images whose entrypoint leaves root by itself, and the first words for which it does. */
const privilegeDrops: readonly {
  readonly repositories: readonly string[];
  readonly programs: RegExp;
  readonly origin: string;
}[] = [
  {
    repositories: ['redis', 'valkey/valkey'],
    programs: /^(?:redis-server|valkey-server|-.*|.*\.conf)$/,
    origin: 'github.com/redis/docker-library-redis',
  },
  {
    repositories: ['postgres', 'postgis/postgis', 'timescale/timescaledb', 'pgvector/pgvector'],
    programs: /^(?:postgres|-.*)$/,
    origin: 'github.com/docker-library/postgres',
  },
  { repositories: ['mysql'], programs: /^(?:mysqld|-.*)$/, origin: 'github.com/docker-library/mysql' },
  { repositories: ['mariadb'], programs: /^(?:mariadbd|mysqld|-.*)$/, origin: 'github.com/MariaDB/mariadb-docker' },
  { repositories: ['mongo'], programs: /^(?:mongo.*|-.*)$/, origin: 'github.com/docker-library/mongo' },
  { repositories: ['rabbitmq'], programs: /^rabbitmq/, origin: 'github.com/docker-library/rabbitmq' },
  { repositories: ['ghost'], programs: /^node$/, origin: 'github.com/docker-library/ghost' },
  { repositories: ['influxdb'], programs: /^(?:influxd|-.*)$/, origin: 'github.com/influxdata/influxdata-docker' },
  { repositories: ['neo4j'], programs: /^neo4j/, origin: 'github.com/neo4j/docker-neo4j' },
  { repositories: ['cassandra'], programs: /^(?:cassandra|-.*)$/, origin: 'github.com/docker-library/cassandra' },
  { repositories: ['zookeeper'], programs: /^zkServer\.sh$/, origin: 'github.com/31z4/zookeeper-docker' },
  {
    repositories: ['vault', 'hashicorp/vault', 'consul', 'hashicorp/consul'],
    programs: /^(?:server|agent|vault|consul|-.*)$/,
    origin: 'github.com/hashicorp/docker-vault',
  },
  {
    repositories: ['couchdb'],
    programs: /^(?:\/opt\/couchdb\/bin\/couchdb|-.*|\+.*)$/,
    origin: 'github.com/apache/couchdb-docker',
  },
];

/** Whether a base image's own entrypoint, started as root, runs a command as another user. */
export function dropsPrivileges(reference: string, command: readonly string[]): boolean {
  const { repository } = familiarName(reference);
  const row = privilegeDrops.find((each) => each.repositories.includes(repository));
  return row?.programs.test(command[0] ?? '') ?? false;
}

/** Base images whose entrypoint only passes on to the command, and so says nothing of what it needs. */
const passThrough = new Map<string, RegExp>([
  ['node', /(?:^|\/)docker-entrypoint\.sh$/],
  ['php', /(?:^|\/)docker-php-entrypoint$/],
  ['nginx', /^\/docker-entrypoint\.sh$/],
  ['eclipse-temurin', /^\/__cacert_entrypoint\.sh$/],
  ['denoland/deno', /^(?:\/tini|\/bin\/tini|docker-entrypoint\.sh)$/],
  ['oven/bun', /docker-entrypoint\.sh$/],
]);

/** Whether a base image's entrypoint is a script that does nothing but run its arguments, or would do so without root. */
export function passesThrough(reference: string, entrypoint: string): boolean {
  return passThrough.get(familiarName(reference).repository)?.test(entrypoint) ?? false;
}
