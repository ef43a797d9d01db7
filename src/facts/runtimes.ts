import { type Libc, libcFits } from './builders.ts';

/** The day that the tables of run-time images were read; what had left its support by then is never introduced. */
export const runtimesReadOn = '2026-11-15';

/** What a program may need of the image that it runs in. */
export type Holding =
  | 'ca-certificates'
  | 'tzdata'
  | 'passwd'
  | 'tmp'
  | 'libc'
  | 'libssl'
  | 'libz'
  | 'libzstd'
  | 'libgcc'
  | 'libstdc++'
  | 'libgomp'
  | 'icu'
  | 'shell'
  | 'apt'
  | 'node'
  | 'npm'
  | 'python'
  | 'java'
  | 'ruby'
  | 'php'
  | 'dotnet'
  | 'nginx';

/** An image that finished programs run in. */
export interface Runtime {
  readonly reference: string;
  readonly family: 'distroless' | 'chainguard' | 'scratch' | 'slim' | 'chiseled';
  /** What a static program needs of it, when it holds no C library at all. */
  readonly libc: Libc | undefined;
  readonly holds: readonly Holding[];
  /** The configuration's user, where it is not root. */
  readonly user: { readonly uid: number; readonly gid: number; readonly name: string } | undefined;
  /** A user other than root that the image has and does not use. */
  readonly spareUser?: { readonly uid: number; readonly gid: number; readonly name: string };
  readonly workingDir: string;
  readonly entrypoint: readonly string[];
  /** Programs that are in it, by name. */
  readonly programs: Readonly<Record<string, string>>;
  /** Names and values of the configuration's Env that programs notice. */
  readonly env: Readonly<Record<string, string>>;
  /** Other parts of the configuration that it sets. */
  readonly brings?: readonly ('ExposedPorts' | 'StopSignal')[];
  /** The day after which it gets no fixes, as `YYYY-MM-DD`; undefined where none is set. */
  readonly supportEnds: string | undefined;
  readonly origin: string;
}

const glibc = (version: string): Libc => ({ kind: 'glibc', version });

const certificates = { SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' };
const nonroot = { uid: 65532, gid: 65532, name: 'nonroot' } as const;
const distrolessOrigin = 'github.com/GoogleContainerTools/distroless, commit cd080764 of 2026-08-21';

const staticHoldings = ['ca-certificates', 'tzdata', 'passwd', 'tmp'] as const satisfies readonly Holding[];
const baseHoldings = [...staticHoldings, 'libc', 'libssl', 'libz', 'libzstd'] as const satisfies readonly Holding[];
const ccHoldings = [...baseHoldings, 'libgcc', 'libstdc++', 'libgomp'] as const satisfies readonly Holding[];

function distroless(
  name: string,
  holds: readonly Holding[],
  more: Partial<Pick<Runtime, 'entrypoint' | 'programs' | 'env' | 'supportEnds' | 'libc'>> = {},
): Runtime {
  return {
    reference: `gcr.io/distroless/${name}-debian13:nonroot`,
    family: 'distroless',
    libc: glibc('2.41'),
    holds,
    user: nonroot,
    workingDir: '/home/nonroot',
    entrypoint: [],
    programs: {},
    // Debian 14 is not out, and each image is kept for at least three months after it.
    supportEnds: undefined,
    origin: distrolessOrigin,
    ...more,
    env: { ...certificates, ...more.env },
  };
}

function distrolessNode(major: string, supportEnds: string): Runtime {
  const program = '/nodejs/bin/node';
  return distroless(`nodejs${major}`, [...ccHoldings, 'node'], {
    entrypoint: [program],
    programs: { [program]: program },
    supportEnds,
  });
}

function distrolessJava(major: string): Runtime {
  return distroless(`java${major}`, [...staticHoldings, 'libc', 'libz', 'libgcc', 'libstdc++', 'java'], {
    entrypoint: ['/usr/bin/java', '-jar'],
    programs: { java: '/usr/bin/java' },
    env: { LANG: 'C.UTF-8' },
  });
}

/** Distroless on Debian 13, in the variant that runs as `nonroot`: every other suffix is out of support. */
const distrolessImages: Readonly<Record<string, Runtime>> = {
  static: distroless('static', staticHoldings, { libc: undefined }),
  base: distroless('base', baseHoldings),
  cc: distroless('cc', ccHoldings),
  python3: distroless('python3', [...ccHoldings, 'python'], {
    entrypoint: ['/usr/bin/python3.13'],
    programs: { python: '/usr/bin/python', python3: '/usr/bin/python3', 'python3.13': '/usr/bin/python3.13' },
    env: { LANG: 'C.UTF-8' },
  }),
  // The ends of Node's lines: github.com/nodejs/Release.
  nodejs22: distrolessNode('22', '2027-04-30'),
  nodejs24: distrolessNode('24', '2028-04-30'),
  nodejs26: distrolessNode('26', '2029-04-30'),
  java17: distrolessJava('17'),
  java21: distrolessJava('21'),
  java25: distrolessJava('25'),
};

/** Chainguard's images whose one free tag is `latest`: github.com/chainguard-images/images, commit cd7edd23. */
const chainguardImages: Readonly<Record<string, Runtime>> = {
  static: {
    reference: 'cgr.dev/chainguard/static:latest',
    family: 'chainguard',
    libc: undefined,
    holds: staticHoldings,
    user: nonroot,
    workingDir: '/',
    entrypoint: [],
    programs: {},
    env: certificates,
    supportEnds: undefined,
    origin: 'github.com/chainguard-images/images, commit cd7edd23',
  },
};

/** An empty image; certificates, time zones and users come from the build stage. */
const scratchImage: Runtime = {
  reference: 'scratch',
  family: 'scratch',
  libc: undefined,
  holds: [],
  user: undefined,
  workingDir: '/',
  entrypoint: [],
  programs: {},
  env: {},
  supportEnds: undefined,
  origin: 'docs.docker.com/build/building/base-images',
};

/** Names of the distroless images on the list. */
export type DistrolessName = 'static' | 'base' | 'cc' | 'python3' | `nodejs${number}` | `java${number}`;

/** Why there is no run-time image for a program. */
export type NoRuntime =
  | 'no-runtime-image'
  | 'runtime-past-support'
  | 'libc-too-new'
  | 'libc-differs'
  | 'release-unknown';

/** What a program needs of the image that it runs in. */
export interface RuntimeNeeds {
  /** The C library that it was linked to; `static` for a program without one; undefined where that is not known. */
  readonly libc: Libc | 'static' | undefined;
  readonly holds?: readonly Holding[];
}

/** A run-time image on the list that is in support and holds what a program needs; else why not. */
export function distrolessRuntime(name: string, needs: RuntimeNeeds): Runtime | NoRuntime {
  const image = Object.hasOwn(distrolessImages, name) ? distrolessImages[name] : undefined;
  return image ? fitting(image, needs) : 'no-runtime-image';
}

/** Chainguard's image for static programs. */
export function chainguardRuntime(name: string, needs: RuntimeNeeds): Runtime | NoRuntime {
  const image = Object.hasOwn(chainguardImages, name) ? chainguardImages[name] : undefined;
  return image ? fitting(image, needs) : 'no-runtime-image';
}

/** The empty image, for a static program. */
export function scratchRuntime(needs: RuntimeNeeds): Runtime | NoRuntime {
  return fitting(scratchImage, needs);
}

function fitting(image: Runtime, needs: RuntimeNeeds): Runtime | NoRuntime {
  if (image.supportEnds !== undefined && image.supportEnds < runtimesReadOn) return 'runtime-past-support';
  if (needs.libc === undefined) return 'release-unknown';
  if (needs.libc !== 'static') {
    if (image.libc === undefined || image.libc.kind !== needs.libc.kind) return 'libc-differs';
    if (!libcFits(needs.libc, image.libc)) return 'libc-too-new';
  }
  return (needs.holds ?? []).every((each) => image.holds.includes(each)) ? image : 'no-runtime-image';
}

/** The lines of a language whose `-slim` images exist, and when each leaves its support. */
interface SlimRow {
  readonly lines: Readonly<Record<string, string>>;
  readonly holds: readonly Holding[];
  readonly entrypoint: readonly string[];
  readonly spareUser?: Runtime['spareUser'];
  readonly programs: readonly string[];
  readonly origin: string;
}

const slimHoldings = ['tzdata', 'passwd', 'tmp', 'libc', 'libgcc', 'libstdc++', 'shell', 'apt'] as const;

/** Ends of support: github.com/nodejs/Release, devguide.python.org/versions, ruby-lang.org/en/downloads/branches. */
const slimRows: Readonly<Record<string, SlimRow>> = {
  node: {
    lines: { '18': '2025-04-30', '20': '2026-04-30', '22': '2027-04-30', '24': '2028-04-30', '26': '2029-04-30' },
    holds: [...slimHoldings, 'node', 'npm'],
    entrypoint: ['docker-entrypoint.sh'],
    spareUser: { uid: 1000, gid: 1000, name: 'node' },
    programs: ['node', 'npm', 'npx', 'yarn', 'sh', 'bash', 'docker-entrypoint.sh'],
    origin: 'github.com/nodejs/docker-node, commit f27d936f',
  },
  python: {
    lines: {
      '3.8': '2024-10-07',
      '3.9': '2025-10-31',
      '3.10': '2026-10-31',
      '3.11': '2027-10-31',
      '3.12': '2028-10-31',
      '3.13': '2029-10-31',
      '3.14': '2030-10-31',
    },
    holds: [...slimHoldings, 'ca-certificates', 'libssl', 'libz', 'python'],
    entrypoint: [],
    programs: ['python', 'python3', 'pip', 'pip3', 'sh', 'bash'],
    origin: 'github.com/docker-library/python, commit 4f070595',
  },
  ruby: {
    lines: { '3.2': '2026-03-31', '3.3': '2027-03-31', '3.4': '2028-03-31', '4.0': '2029-03-31' },
    holds: [...slimHoldings, 'ca-certificates', 'libssl', 'libz', 'ruby'],
    entrypoint: [],
    programs: ['ruby', 'gem', 'bundle', 'bundler', 'irb', 'rake', 'sh', 'bash'],
    origin: 'github.com/docker-library/ruby, commit d55e25ae',
  },
};

/** A slim image of the same line and release as a builder, and whether that line is past its support. */
export interface SlimRuntime {
  readonly runtime: Runtime;
  readonly pastSupport: string | undefined;
  /** The builder's tag is this one. */
  readonly isSame: boolean;
}

const debianVariants = /^(?:buster|bullseye|bookworm|trixie)$/;

/**
 * The `-slim` image beside a tag of a Debian-based language image: same version, same release, so the same C library
 * and interpreter. Undefined for tags that have none.
 */
export function slimRuntime(repository: string, tag: string): SlimRuntime | undefined {
  const row = Object.hasOwn(slimRows, repository) ? slimRows[repository] : undefined;
  const parts = /^(\d+(?:\.\d+)*)((?:-[a-z]+)*)$/.exec(tag);
  if (!row || !parts) return undefined;
  const version = parts[1]!;
  const suffixes = parts[2]!.split('-').filter((each) => each !== '');
  const variant = suffixes.find((each) => debianVariants.test(each));
  if (suffixes.some((each) => each !== 'slim' && each !== variant)) return undefined;
  const supportEnds = supportEndOf(repository, version);
  if (supportEnds === undefined) return undefined;
  // The two suffixes stand in another order for Node: node:22-bookworm-slim, python:3.13-slim-bookworm.
  const slim = variant === undefined ? 'slim' : repository === 'node' ? `${variant}-slim` : `slim-${variant}`;
  return {
    pastSupport: supportEnds < runtimesReadOn ? supportEnds : undefined,
    isSame: suffixes.includes('slim'),
    runtime: {
      reference: `${repository}:${version}-${slim}`,
      family: 'slim',
      // The same release as the builder's, so whatever was linked there is at home.
      libc: glibc('2.41'),
      holds: row.holds,
      user: undefined,
      ...(row.spareUser && { spareUser: row.spareUser }),
      workingDir: '/',
      entrypoint: row.entrypoint,
      programs: Object.fromEntries(row.programs.map((name) => [name, name])),
      env: {},
      supportEnds,
      origin: row.origin,
    },
  };
}

/** The end of support of a language's line, as `YYYY-MM-DD`; undefined where the line is not on the list. */
export function supportEndOf(repository: string, version: string): string | undefined {
  const row = Object.hasOwn(slimRows, repository) ? slimRows[repository] : undefined;
  const line = Object.keys(row?.lines ?? {}).find((each) => version === each || version.startsWith(`${each}.`));
  return line === undefined ? undefined : row!.lines[line];
}

/** The slim image of a Debian release that is in support, for programs that bring all but their shared libraries. */
export function debianSlim(release: string): Runtime | undefined {
  // Ends of regular support: wiki.debian.org/DebianReleases.
  const ends: Readonly<Record<string, readonly [string, string]>> = {
    bookworm: ['2026-06-10', '2.36'],
    trixie: ['2028-08-09', '2.41'],
  };
  const row = Object.hasOwn(ends, release) ? ends[release] : undefined;
  if (!row || row[0] < runtimesReadOn) return undefined;
  return {
    reference: `debian:${release}-slim`,
    family: 'slim',
    libc: glibc(row[1]),
    holds: [...slimHoldings],
    user: undefined,
    workingDir: '/',
    entrypoint: [],
    programs: { sh: '/bin/sh', bash: '/bin/bash' },
    env: {},
    supportEnds: row[0],
    origin: 'wiki.debian.org/DebianReleases',
  };
}

/** A JRE of Eclipse Temurin on Ubuntu 24.04: unsuffixed tags move to a new Ubuntu. github.com/adoptium/containers. */
export function temurinJre(major: string): Runtime | undefined {
  // adoptium.net/support
  const ends: Readonly<Record<string, string>> = {
    '8': '2030-12-31',
    '11': '2027-10-31',
    '17': '2027-10-31',
    '21': '2029-12-31',
    '25': '2031-09-30',
  };
  const supportEnds = Object.hasOwn(ends, major) ? ends[major]! : undefined;
  if (supportEnds === undefined || supportEnds < runtimesReadOn) return undefined;
  return {
    reference: `eclipse-temurin:${major}-jre-noble`,
    family: 'slim',
    libc: glibc('2.39'),
    holds: ['ca-certificates', 'tzdata', 'passwd', 'tmp', 'libc', 'libz', 'shell', 'apt', 'java'],
    user: undefined,
    spareUser: { uid: 1000, gid: 1000, name: 'ubuntu' },
    workingDir: '/',
    entrypoint: ['/__cacert_entrypoint.sh'],
    programs: { java: 'java', sh: '/bin/sh', bash: '/bin/bash' },
    env: { LANG: 'en_US.UTF-8' },
    supportEnds,
    origin: 'github.com/adoptium/containers, commit d8d18d67',
  };
}

/** What a published .NET program runs on. */
export type DotnetKind = 'aspnet' | 'runtime' | 'runtime-deps';

/**
 * A chiseled .NET image: Ubuntu 24.04 up to version 10, 26.04 for 11, which has no other; `-extra` holds ICU and time
 * zones. github.com/dotnet/dotnet-docker, commit 3ed00b61.
 */
export function chiseledRuntime(kind: DotnetKind, version: string, extra: boolean): Runtime | undefined {
  // dotnet.microsoft.com/platform/support/policy/dotnet-core
  const lines: Readonly<Record<string, readonly [system: string, glibc: string, ends: string]>> = {
    '8.0': ['noble', '2.39', '2026-11-10'],
    '9.0': ['noble', '2.39', '2026-11-10'],
    '10.0': ['noble', '2.39', '2028-11-14'],
    '11.0': ['resolute', '2.43', '2028-05-09'],
  };
  const line = Object.hasOwn(lines, version) ? lines[version] : undefined;
  if (!line) return undefined;
  const [system, libc, supportEnds] = line;
  return {
    reference: `mcr.microsoft.com/dotnet/${kind}:${version}-${system}-chiseled${extra ? '-extra' : ''}`,
    family: 'chiseled',
    libc: glibc(libc),
    holds: [
      'ca-certificates',
      'passwd',
      'tmp',
      'libc',
      'libssl',
      'libgcc',
      'libstdc++',
      ...(extra ? (['icu', 'tzdata'] as const) : []),
      ...(kind === 'runtime-deps' ? [] : (['dotnet'] as const)),
    ],
    user: { uid: 1654, gid: 1654, name: 'app' },
    workingDir: '/',
    entrypoint: [],
    programs: kind === 'runtime-deps' ? {} : { dotnet: '/usr/bin/dotnet' },
    env: { ASPNETCORE_HTTP_PORTS: '8080' },
    supportEnds,
    origin: 'github.com/dotnet/dotnet-docker, commit 3ed00b61',
  };
}

/** nginx as an ordinary user, on port 8080: github.com/nginx/docker-nginx-unprivileged, commit e26803b. */
export const nginxUnprivileged: Runtime = {
  reference: 'nginxinc/nginx-unprivileged:stable',
  family: 'slim',
  libc: glibc('2.41'),
  holds: ['ca-certificates', 'tzdata', 'passwd', 'tmp', 'libc', 'shell', 'nginx'],
  user: { uid: 101, gid: 101, name: 'nginx' },
  workingDir: '/',
  entrypoint: ['/docker-entrypoint.sh'],
  programs: { nginx: '/usr/sbin/nginx', sh: '/bin/sh' },
  env: {},
  brings: ['ExposedPorts', 'StopSignal'],
  supportEnds: undefined,
  origin: 'github.com/nginx/docker-nginx-unprivileged, commit e26803b',
};
