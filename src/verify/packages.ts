import type { Image } from './image.ts';

/** Versions of installed packages by name; with an architecture where it is not the image's own. */
export type Packages = ReadonlyMap<string, string>;

/** The databases of package managers, which are compared as packages and not as text. */
const databases = ['var/lib/dpkg/status', 'lib/apk/db/installed', 'usr/lib/apk/db/installed'];
const distroless = 'var/lib/dpkg/status.d/';

/** Whether a path, without its leading slash, is a database that `packagesOf` reads. */
export function isPackageDatabase(path: string): boolean {
  return databases.includes(path) || path.startsWith(distroless);
}

/** What dpkg(1) and apk(8) have on record as installed. */
export function packagesOf({ files }: Image): Packages {
  const found = new Map<string, string>();
  for (const path of databases) {
    const text = files.get(path)?.text;
    if (text !== undefined) read(text, path.endsWith('status') ? dpkg : apk, found);
  }
  for (const [path, { text }] of files) {
    if (path.startsWith(distroless) && !path.endsWith('.md5sums') && text !== undefined) read(text, dpkg, found);
  }
  return found;
}

/** The keys of name and version, and how a package says that it is not there. */
interface Format {
  readonly name: RegExp;
  readonly version: RegExp;
  readonly absent?: RegExp;
}

const dpkg: Format = {
  name: /^Package: (.+)$/m,
  version: /^Version: (.+)$/m,
  absent: /^Status: .*(?:not-installed|config-files|half-installed)$/m,
};
const apk: Format = { name: /^P:(.+)$/m, version: /^V:(.+)$/m };

function read(text: string, { name, version, absent }: Format, found: Map<string, string>): void {
  for (const paragraph of text.split(/\n{2,}/)) {
    const own = name.exec(paragraph)?.[1];
    if (own !== undefined && !absent?.test(paragraph)) found.set(own, version.exec(paragraph)?.[1] ?? '');
  }
}

/** Packages that were installed because others wanted them (apt-mark(8)); none where apt keeps no record. */
export function automaticPackages({ files }: Image): Set<string> {
  const text = files.get('var/lib/apt/extended_states')?.text ?? '';
  const paragraphs = text.split(/\n{2,}/).filter((each) => /^Auto-Installed: 1$/m.test(each));
  return new Set(paragraphs.flatMap((each) => /^Package: (.+)$/m.exec(each)?.[1] ?? []));
}

/** Where dpkg lists the files of packages, without leading slashes. */
export function listsOf(image: Image, wanted: (name: string) => boolean): Set<string> {
  return new Set(recordsOfPackages(image, 'list', wanted));
}

/** The paths that packages own, without leading slashes, by dpkg's lists of files. */
export function filesOfPackages(image: Image, wanted: (name: string) => boolean): Set<string> {
  const owned = new Set<string>();
  for (const path of recordsOfPackages(image, 'list', wanted)) {
    for (const line of (image.files.get(path)?.text ?? '').split('\n')) {
      if (line === '' || line === '/.') continue;
      owned.add(line.slice(1));
      // Lists may be older than the merge of /usr (Debian wiki, UsrMerge).
      if (/^\/(?:bin|sbin|lib\w*)\//.test(line)) owned.add(`usr${line}`);
    }
  }
  return owned;
}

/**
 * The texts of the scripts that dpkg runs when it installs packages, and of what they name to systemd-sysusers(8) as users
 * to make.
 */
export function scriptsOfPackages(image: Image, wanted: (name: string) => boolean): string[] {
  const scripts = (['preinst', 'postinst'] as const).flatMap((kind) => recordsOfPackages(image, kind, wanted));
  const users = [...filesOfPackages(image, wanted)].filter((path) => path.startsWith('usr/lib/sysusers.d/'));
  return [...scripts, ...users].flatMap((path) => image.files.get(path)?.text ?? []);
}

function recordsOfPackages(
  { files }: Image,
  kind: 'list' | 'preinst' | 'postinst',
  wanted: (name: string) => boolean,
): string[] {
  const record = new RegExp(`^var/lib/dpkg/info/([^/:]+)(?::[^/]+)?\\.${kind}$`);
  return [...files.keys()].filter((path) => {
    const name = record.exec(path)?.[1];
    return name !== undefined && wanted(name);
  });
}
