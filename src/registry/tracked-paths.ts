/** Shells that an image may have. */
export const shellNames = ['sh', 'bash', 'dash', 'ash', 'busybox', 'zsh', 'ksh', 'mksh'] as const;

/** Package managers that an image may have. */
export const packageManagerNames = [
  'apk',
  'apt',
  'apt-get',
  'dnf',
  'dpkg',
  'microdnf',
  'opkg',
  'pacman',
  'rpm',
  'tdnf',
  'yum',
  'zypper',
] as const;

/** Tools that add users and groups. */
export const userToolNames = ['addgroup', 'adduser', 'groupadd', 'useradd'] as const;

/** A program that is looked for in an image. */
export type ProgramName =
  | (typeof shellNames)[number]
  | (typeof packageManagerNames)[number]
  | (typeof userToolNames)[number];

/** All programs that are looked for. */
export const programNames: readonly ProgramName[] = [...shellNames, ...packageManagerNames, ...userToolNames];

/**
 * Where programs are looked for: the folders of the PATH that builders set by default (BuildKit, `util/system/path.go`),
 * and `/busybox`, where the debug images of distroless have their shell.
 */
export const programFolders = ['usr/local/sbin', 'usr/local/bin', 'usr/sbin', 'usr/bin', 'sbin', 'bin', 'busybox'];

/** The files whose text is read. */
export const contentPaths: ReadonlySet<string> = new Set([
  'etc/os-release',
  'usr/lib/os-release',
  'etc/passwd',
  'etc/group',
]);

const tracked = new Set<string>(contentPaths);
for (const folder of programFolders) for (const name of programNames) tracked.add(`${folder}/${name}`);
// A folder may turn out to be a link, or be taken away as a whole.
for (const path of [...tracked]) {
  for (let slash = path.lastIndexOf('/'); slash !== -1; slash = path.lastIndexOf('/', slash - 1)) {
    tracked.add(path.slice(0, slash));
  }
}
tracked.add('lib');
tracked.add('');

/** Programs that the alternatives system of Debian and Fedora links to, and all that stands beside the programs. */
const besides = new Set([...programFolders, 'etc/alternatives']);
tracked.add('etc/alternatives');

/** Whether what is at a path may change what is known of an image. */
export function isTracked(path: string): boolean {
  return tracked.has(path) || besides.has(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
}
