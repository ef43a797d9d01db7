/** A C library that programs are linked to; `version` is `major.minor` of glibc. */
export type Libc = { readonly kind: 'glibc'; readonly version: string } | { readonly kind: 'musl' };

/** The release of a distribution, by the name that image tags use: `trixie`, `noble`, `alpine`. */
export interface Release {
  readonly name: string;
  readonly libc: Libc;
}

const glibc = (version: string): Libc => ({ kind: 'glibc', version });

/**
 * The C library of each release that image tags name. Debian: tracker.debian.org/pkg/glibc; Ubuntu:
 * launchpad.net/ubuntu/+source/glibc; Red Hat, Fedora and Amazon: the package lists of each release. November 2026.
 */
const releases: Readonly<Record<string, Libc>> = {
  buster: glibc('2.28'),
  bullseye: glibc('2.31'),
  bookworm: glibc('2.36'),
  trixie: glibc('2.41'),
  focal: glibc('2.31'),
  jammy: glibc('2.35'),
  noble: glibc('2.39'),
  plucky: glibc('2.41'),
  questing: glibc('2.42'),
  resolute: glibc('2.43'),
  alpine: { kind: 'musl' },
  ubi8: glibc('2.28'),
  ubi9: glibc('2.34'),
  ubi10: glibc('2.39'),
  al2023: glibc('2.34'),
};

const debianNumbers: Readonly<Record<string, string>> = {
  '10': 'buster',
  '11': 'bullseye',
  '12': 'bookworm',
  '13': 'trixie',
};
const ubuntuNumbers: Readonly<Record<string, string>> = {
  '20.04': 'focal',
  '22.04': 'jammy',
  '24.04': 'noble',
  '25.04': 'plucky',
  '25.10': 'questing',
  '26.04': 'resolute',
};

/**
 * The release behind a tag that names none, by repository: the newest that such a tag of it stands for, since an older
 * tag is on the same release or an older one. From the library files of github.com/docker-library/official-images,
 * commit 37079fb3, and github.com/dotnet/dotnet-docker, commit 3ed00b61, of August 2026.
 */
const unsuffixed: Readonly<Record<string, (tag: string) => string | undefined>> = {
  golang: () => 'trixie',
  python: () => 'trixie',
  ruby: () => 'trixie',
  rust: () => 'trixie',
  php: () => 'trixie',
  gcc: () => 'trixie',
  erlang: () => 'trixie',
  'buildpack-deps': () => 'trixie',
  node: (tag) => (/^(?:1\d|2[0-5])(?:\.|-|$)/.test(tag) ? 'bookworm' : /^(?:lts|26)/.test(tag) ? 'trixie' : undefined),
  debian: (tag) =>
    debianNumbers[/^(\d+)/.exec(tag)?.[1] ?? ''] ?? (/^(?:latest|stable)/.test(tag) ? 'trixie' : undefined),
  ubuntu: (tag) => ubuntuNumbers[/^\d+\.\d+/.exec(tag)?.[0] ?? ''] ?? (tag === 'latest' ? 'resolute' : undefined),
  alpine: () => 'alpine',
  'eclipse-temurin': () => 'resolute',
  maven: (tag) => (/eclipse-temurin/.test(tag) ? 'resolute' : undefined),
  'mcr.microsoft.com/dotnet/sdk': (tag) => (/^[89]\./.test(tag) ? 'bookworm' : /^10\./.test(tag) ? 'noble' : undefined),
};

/** The distribution release of a builder image; undefined where it is not known, which no runtime fits. */
export function releaseOf(repository: string, tag: string): Release | undefined {
  const name = named(tag) ?? unsuffixed[repository]?.(tag);
  const libc = name === undefined ? undefined : releases[name];
  return libc && { name: name!, libc };
}

function named(tag: string): string | undefined {
  if (/(?:^|[-.])alpine/.test(tag)) return 'alpine';
  return Object.keys(releases).find((name) => new RegExp(`(?:^|-)${name}(?:-|$)`).test(tag));
}

/** Whether a program that was linked on one C library runs on another: glibc only grows, and musl is another one. */
export function libcFits(builder: Libc, runtime: Libc): boolean {
  if (builder.kind === 'musl' || runtime.kind === 'musl') return builder.kind === runtime.kind;
  const [[a, b], [c, d]] = [builder.version, runtime.version].map((each) => each.split('.').map(Number)) as [
    [number, number],
    [number, number],
  ];
  return a < c || (a === c && b <= d);
}
