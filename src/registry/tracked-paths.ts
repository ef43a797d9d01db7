import { programNames } from '../facts/index.ts';

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

/** Whether what is at a path may change what is known of an image. */
export function isTracked(path: string): boolean {
  return tracked.has(path);
}
