import type { Profile } from '../verify/index.ts';

/** The forms in which run-time settings are told. */
export const profileFormats = ['docker', 'compose', 'kubernetes', 'json'] as const;
export type ProfileFormat = (typeof profileFormats)[number];

/** Run-time settings as text, with comments that say what they rest on; `image` is the name to run it by. */
export async function renderProfile(profile: Profile, format: ProfileFormat, image: string): Promise<string> {
  if (format === 'json') return `${JSON.stringify({ image, ...profile }, null, 2)}\n`;
  const comments = commentLines(profile, format).map((line) => `# ${line}\n`);
  return comments.join('') + (await settingsText(profile, format, image));
}

async function settingsText(profile: Profile, format: Exclude<ProfileFormat, 'json'>, image: string): Promise<string> {
  if (format === 'docker') return dockerRun(profile, image);
  // The parser of YAML is not loaded for other commands.
  const { stringify } = await import('yaml');
  // Readers of YAML 1.1 take `22:22` for a number (YAML 1.1, integers to the base of 60).
  return stringify(format === 'compose' ? compose(profile, image) : kubernetes(profile, image), { version: '1.1' });
}

function commentLines({ proof, relaxed, uid, volumes, variables, network }: Profile, format: ProfileFormat): string[] {
  return [
    `proven by a run with these settings: ${proof}`,
    ...(variables.length > 0
      ? [
          `these variables were set: ${variables.join(', ')}${format === 'kubernetes' ? ', here from the Secret app' : ''}`,
        ]
      : []),
    ...(network !== undefined && format === 'kubernetes' ? [`it was on the network ${network}`] : []),
    ...relaxed.map((why) => `not stricter, as ${why}`),
    ...(volumes.length > 0 ? [`its volumes need storage of their own: ${volumes.join(', ')}`] : []),
    ...(uid === 0 ? ['the image runs as root'] : []),
  ];
}

function dockerRun({ rights, mounts, ports, variables, network }: Profile, image: string): string {
  const words = [
    ...(rights.readOnly ? ['--read-only'] : []),
    ...mounts.map((mount) => `--tmpfs ${quoted(mount)}`),
    ...(rights.hardened ? ['--cap-drop ALL', '--security-opt no-new-privileges'] : []),
    ...variables.map((name) => `-e ${name}`),
    ...(network === undefined ? [] : [`--network ${quoted(network)}`]),
    ...(publishes(network) ? ports.map((port) => `-p ${published(port)}`) : []),
  ];
  return `docker run ${[...words, quoted(image)].join(' \\\n  ')}\n`;
}

/** Containers in the network of the machine or of another container publish nothing of their own. */
function publishes(network: string | undefined): boolean {
  return network === undefined || !/^(?:host|none|container:.*)$/.test(network);
}

/** What is no network that has a name (Compose file reference, `network_mode`). */
const isMode = /^(?:host|none|bridge|container:.*)$/;

function published(port: string): string {
  return port.replace(/^(\d+)(?:\/tcp)?/, '$1:$1');
}

function compose({ rights, mounts, ports, variables, network }: Profile, image: string): object {
  const isNamed = network !== undefined && !isMode.test(network);
  return {
    services: {
      app: {
        image,
        ...(rights.readOnly && { read_only: true }),
        ...(mounts.length > 0 && { tmpfs: mounts }),
        ...(rights.hardened && { cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] }),
        // A name without a value is the environment's, or that of the file .env.
        ...(variables.length > 0 && { environment: variables }),
        ...(network !== undefined && (isNamed ? { networks: [network] } : { network_mode: network })),
        ...(ports.length > 0 && publishes(network) && { ports: ports.map(published) }),
      },
    },
    ...(isNamed && { networks: { [network]: { external: true } } }),
  };
}

/** Below it, ports take a capability (ip(7)). */
const firstFreePort = 1024;

/**
 * Docker's engine and podman let containers have any port without one, and not every runtime of Kubernetes does: this
 * setting is among those that pods may make for themselves (Kubernetes, sysctls, the safe set; Pod Security Standards).
 */
const openPorts = {
  securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
};

/** `53/udp` as a port of a container; TCP needs no mention. */
function containerPort(port: string): { readonly containerPort: number; readonly protocol?: string } {
  const [number = '', protocol = 'tcp'] = port.split('/');
  return { containerPort: Number(number), ...(protocol !== 'tcp' && { protocol: protocol.toUpperCase() }) };
}

/** A pod: the fields are those of the `restricted` Pod Security Standard, as far as the image works with them. */
function kubernetes({ rights, uid, gid, ports, volumes, variables }: Profile, image: string): object {
  const writable = [...rights.tmpfs, ...(rights.readOnly ? volumes : [])];
  const name = (index: number): string => `writable-${index + 1}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app' },
    spec: {
      ...(rights.hardened && ports.some((port) => Number.parseInt(port, 10) < firstFreePort) && openPorts),
      containers: [
        {
          name: 'app',
          image,
          ...(ports.length > 0 && { ports: ports.map(containerPort) }),
          ...(variables.length > 0 && {
            env: variables.map((name) => ({ name, valueFrom: { secretKeyRef: { name: 'app', key: name } } })),
          }),
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
