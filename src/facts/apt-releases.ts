import { familiarName } from './base-users.ts';
import type { ImageFacts } from './images.ts';

/** A release of a distribution with apt. */
interface AptRelease {
  readonly distribution: 'debian' | 'ubuntu';
  readonly number: string;
  readonly name: string;
  /** The version of apt that it came with: packages.debian.org and packages.ubuntu.com, source `apt`. */
  readonly apt: string;
  /** The last day of its archive's support, long-term support by volunteers included: wiki.debian.org/LTS, wiki.ubuntu.com/Releases. */
  readonly ends: string;
  /** It is on the main mirrors no more: archive.debian.org or old-releases.ubuntu.com has it, with signatures that expired. */
  readonly archived: boolean;
}

const release = (
  distribution: AptRelease['distribution'],
  number: string,
  name: string,
  apt: string,
  ends: string,
  archived = false,
): AptRelease => ({ distribution, number, name, apt, ends, archived });

/** Read in December 2026. */
const releases: readonly AptRelease[] = [
  release('debian', '6', 'squeeze', '0.8.10', '2016-02-29', true),
  release('debian', '7', 'wheezy', '0.9.7', '2018-05-31', true),
  release('debian', '8', 'jessie', '1.0.9', '2020-06-30', true),
  release('debian', '9', 'stretch', '1.4', '2022-06-30', true),
  release('debian', '10', 'buster', '1.8', '2024-06-30', true),
  release('debian', '11', 'bullseye', '2.2', '2026-08-31'),
  release('debian', '12', 'bookworm', '2.6', '2028-06-30'),
  release('debian', '13', 'trixie', '3.0', '2030-06-30'),
  release('ubuntu', '10.04', 'lucid', '0.7.25', '2015-04-30', true),
  release('ubuntu', '12.04', 'precise', '0.8.16', '2017-04-28', true),
  release('ubuntu', '14.04', 'trusty', '1.0.1', '2019-04-25'),
  release('ubuntu', '15.10', 'wily', '1.0.10', '2016-07-28', true),
  release('ubuntu', '16.04', 'xenial', '1.2', '2021-04-30'),
  release('ubuntu', '17.04', 'zesty', '1.4', '2018-01-13', true),
  release('ubuntu', '18.04', 'bionic', '1.6', '2023-05-31'),
  release('ubuntu', '20.04', 'focal', '2.0', '2025-05-31'),
  release('ubuntu', '22.04', 'jammy', '2.4', '2027-06-01'),
  release('ubuntu', '24.04', 'noble', '2.7', '2029-05-31'),
];

/** The release behind an image: by its files where they were looked at, else as its tag names it. */
function aptRelease(reference: string, image: Pick<ImageFacts, 'release'> | undefined): AptRelease | undefined {
  if (image?.release) {
    const { id, version } = image.release;
    return releases.find((each) => each.distribution === id && each.number === version);
  }
  const { repository, tag } = familiarName(reference);
  const words = tag.split(/[-_.]/);
  const named = releases.find(({ name }) => words.includes(name));
  if (named) return named;
  const distribution = repository.split('/').at(-1);
  return releases.find(
    (each) =>
      each.distribution === distribution && new RegExp(`^${each.number.replace('.', '\\.')}(?:[.-]|$)`).test(tag),
  );
}

/** Whether apt of an image is known to be older than 1.1, which brought `signed-by` (apt's changelog, November 2015). */
export function aptLacksSignedBy(reference: string, image: Pick<ImageFacts, 'release'> | undefined): boolean {
  const found = aptRelease(reference, image);
  return found !== undefined && /^0\.|^1\.0\b/.test(found.apt);
}

/** Whether the release of an image is known, so that it can be told whether that has ended. */
export function isKnownAptRelease(reference: string, image: Pick<ImageFacts, 'release'> | undefined): boolean {
  return aptRelease(reference, image) !== undefined;
}

/** Whether the release of an image is known to be older than one of Debian and one of Ubuntu. */
export function aptReleasePrecedes(
  reference: string,
  image: Pick<ImageFacts, 'release'> | undefined,
  than: { readonly debian: number; readonly ubuntu: number },
): boolean {
  const found = aptRelease(reference, image);
  return found !== undefined && Number(found.number) < than[found.distribution];
}

/** When the root certificate went that most servers were verified by: letsencrypt.org, "DST Root CA X3 Expiration". */
const rootExpired = '2021-09-30';

/**
 * Whether the release of an image has ended for good: its archive is moved, with signatures and keys that expired, or its
 * certificates are older than the root that most servers have now. All of CentOS has.
 */
export function archiveHasEnded(reference: string, image: Pick<ImageFacts, 'release'> | undefined): boolean {
  if (/(?:^|\/)centos$/.test(familiarName(reference).repository))
    return !/stream(?:9|10)/.test(familiarName(reference).tag);
  const found = aptRelease(reference, image);
  return found !== undefined && (found.archived || found.ends < rootExpired);
}

/**
 * Packages that write the list of their repository themselves, and their key: a second entry of the same repository with
 * another `signed-by` ends every update. Their maintainer scripts, read in November 2026.
 */
export const writeOwnSources =
  /^(?:google-(?:chrome|earth)-.*|microsoft-edge-.*|code|code-insiders|opera-.*|vivaldi-.*|slack-desktop|skypeforlinux|teams|teamviewer|steam-launcher|dropbox|mysql-apt-config|percona-release|packages-microsoft-prod)$/;
