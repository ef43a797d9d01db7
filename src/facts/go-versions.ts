import { familiarName } from './base-users.ts';

/** A version of Go, as `[1, 13]`. */
export type GoVersion = readonly [major: number, minor: number];

/** `-trimpath` came with Go 1.13: go.dev/doc/go1.13. Older ones end with "flag provided but not defined". */
export const goWithTrimpath: GoVersion = [1, 13];

/** Tags of `golang` without a version that stand for Go 1.13 or a later one: they are built anew, or were last with one. */
const unversioned =
  /^(?:latest|1|alpine|bookworm|bullseye|buster|trixie)$|^(?:1-)?(?:alpine(?:3\.(?:1[1-9]|[2-9]\d))?|bookworm|bullseye|buster|trixie)$/;

/** The first releases of distributions whose package of Go is 1.13 or later: packages.debian.org, packages.ubuntu.com, pkgs.alpinelinux.org; December 2026. */
const firstReleases: Readonly<Record<string, { readonly number: number; readonly names: RegExp }>> = {
  debian: { number: 11, names: /^(?:latest|stable|testing|sid|unstable|bullseye|bookworm|trixie|forky)(?:-|$)/ },
  ubuntu: { number: 20.04, names: /^(?:latest|focal|jammy|noble|plucky|questing|resolute)(?:-|$)/ },
  alpine: { number: 11, names: /^(?:latest|edge|3)$/ },
};

/** Whether the Go of an image, or the one that its distribution installs, is known to be 1.13 or later. */
export function hasTrimpath(reference: string): boolean {
  const { repository, tag } = familiarName(reference);
  if (repository.split('/').at(-1) === 'golang') {
    const version = /^(\d+)\.(\d+)/.exec(tag);
    return version ? isAtLeast([Number(version[1]), Number(version[2])], goWithTrimpath) : unversioned.test(tag);
  }
  const first = firstReleases[repository];
  if (!first) return false;
  const number = repository === 'alpine' ? /^3\.(\d+)/.exec(tag)?.[1] : /^\d+(?:\.\d+)?/.exec(tag)?.[0];
  return number === undefined ? first.names.test(tag) : Number(number) >= first.number;
}

/** Whether a version of Go is another one or a later one. */
export function isAtLeast(version: GoVersion, other: GoVersion): boolean {
  return version[0] > other[0] || (version[0] === other[0] && version[1] >= other[1]);
}
