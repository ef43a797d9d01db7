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

/** Tools that Dockerfiles commonly use, or bring where an image does not have them. */
export const toolNames = ['curl', 'gosu', 'su-exec', 'sudo', 'tini', 'wget'] as const;

/** A program that is looked for in an image. */
export type ProgramName =
  | (typeof shellNames)[number]
  | (typeof packageManagerNames)[number]
  | (typeof userToolNames)[number]
  | (typeof toolNames)[number];

/** All programs that are looked for. */
export const programNames: readonly ProgramName[] = [
  ...shellNames,
  ...packageManagerNames,
  ...userToolNames,
  ...toolNames,
];
