import type { Profile } from '../verify/index.ts';

/** The forms in which run-time settings are told. */
export const profileFormats = ['docker', 'compose', 'kubernetes', 'json'] as const;
export type ProfileFormat = (typeof profileFormats)[number];

/** Run-time settings as text, with comments that say what they rest on; `image` is the name to run it by. */
export async function renderProfile(profile: Profile, format: ProfileFormat, image: string): Promise<string> {
  if (format === 'json') return `${JSON.stringify({ image, ...profile }, null, 2)}\n`;
  const comments = commentLines(profile).map((line) => `# ${line}\n`);
  return comments.join('') + (await settingsText(profile, format, image));
}

async function settingsText(profile: Profile, format: Exclude<ProfileFormat, 'json'>, image: string): Promise<string> {
  if (format === 'docker') return dockerRun(profile, image);
  // The parser of YAML is not loaded for other commands.
  const { stringify } = await import('yaml');
  return stringify(format === 'compose' ? compose(profile, image) : kubernetes(profile, image));
}

function commentLines({ proof, relaxed, uid, volumes }: Profile): string[] {
  return [
    `proven by a run with these settings: ${proof}`,
    ...relaxed.map((why) => `not stricter, as ${why}`),
    ...(volumes.length > 0 ? [`its volumes need storage of their own: ${volumes.join(', ')}`] : []),
    ...(uid === 0 ? ['the image runs as root'] : []),
  ];
}

function dockerRun({ rights, mounts, ports }: Profile, image: string): string {
  const words = [
    ...(rights.readOnly ? ['--read-only'] : []),
    ...mounts.map((mount) => `--tmpfs ${quoted(mount)}`),
    ...(rights.hardened ? ['--cap-drop ALL', '--security-opt no-new-privileges'] : []),
    ...ports.map((port) => `-p ${port.replace(/^(\d+)(?:\/tcp)?/, '$1:$1')}`),
  ];
  return `docker run ${[...words, quoted(image)].join(' \\\n  ')}\n`;
}

function compose({ rights, mounts, ports }: Profile, image: string): object {
  return {
    services: {
      app: {
        image,
        ...(rights.readOnly && { read_only: true }),
        ...(mounts.length > 0 && { tmpfs: mounts }),
        ...(rights.hardened && { cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] }),
        ...(ports.length > 0 && { ports: ports.map((port) => port.replace(/^(\d+)(?:\/tcp)?/, '$1:$1')) }),
      },
    },
  };
}

/** A pod: the fields are those of the `restricted` Pod Security Standard, as far as the image works with them. */
function kubernetes({ rights, uid, gid, ports, volumes }: Profile, image: string): object {
  const writable = [...rights.tmpfs, ...(rights.readOnly ? volumes : [])];
  const name = (index: number): string => `writable-${index + 1}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app' },
    spec: {
      containers: [
        {
          name: 'app',
          image,
          ...(ports.length > 0 && { ports: ports.map((port) => ({ containerPort: Number.parseInt(port, 10) })) }),
          securityContext: {
            ...(uid !== undefined && uid !== 0 && { runAsNonRoot: true, runAsUser: uid }),
            ...(uid !== undefined && uid !== 0 && gid !== undefined && { runAsGroup: gid }),
            readOnlyRootFilesystem: rights.readOnly,
            allowPrivilegeEscalation: !rights.hardened,
            ...(rights.hardened && { capabilities: { drop: ['ALL'] } }),
            // Engines run containers under their default seccomp profile, and so did the proof.
            seccompProfile: { type: 'RuntimeDefault' },
          },
          ...(writable.length > 0 && {
            volumeMounts: writable.map((mountPath, at) => ({ name: name(at), mountPath })),
          }),
        },
      ],
      ...(writable.length > 0 && { volumes: writable.map((_, at) => ({ name: name(at), emptyDir: {} })) }),
    },
  };
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
