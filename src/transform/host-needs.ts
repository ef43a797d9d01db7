import type { Dockerfile, Instruction } from '../dockerfile/index.ts';
import { hostLibraries } from '../facts/index.ts';
import type { Manifest } from '../manifests/index.ts';
import { isAvailable, type Unavailable, type Usage } from './ports.ts';

/*
 * What says that a container works on the host, which takes the powers of root. Each gives a detail for `run-needs-host`.
 */

/** What comments, steps or other files of the repository say. */
export function hostNeed(
  file: Dockerfile,
  instructions: readonly Instruction[],
  usage: Usage | Unavailable,
): string | undefined {
  return (
    powerIn(commentedRuns(file)) ??
    hostTool(file, instructions) ??
    (isAvailable(usage) ? powersOfRuns(usage) : undefined)
  );
}

/** What a step says: a client of the engine needs its socket, and a service of LinuxKit is part of a system. */
export function hostTool(file: Dockerfile, instructions: readonly Instruction[]): string | undefined {
  return instructions.flatMap((each) => toolOf(each.keyword, file.args(each)) ?? [])[0];
}

/** A library of the host in a manifest that the image has. */
export function hostLibrary(
  manifests: readonly Manifest[],
  isInImage: (manifest: Manifest) => boolean,
): string | undefined {
  for (const manifest of manifests) {
    const library = libraryOf(manifest);
    if (library !== undefined && isInImage(manifest)) return `\`${manifest.path}\` has ${library}`;
  }
  return undefined;
}

/** Powers that another file of the repository runs the image with. */
export function powersOfRuns({ runs }: Usage): string | undefined {
  const found = runs.find(({ powers }) => powers.length > 0);
  return found && `\`${found.file}\` line ${found.line}: ${found.powers.join(', ')}`;
}

/** The text of comments where they tell how to run the image; empty where they do not. */
export function commentedRuns(file: Dockerfile): string {
  const text = file.comments.map((comment) => comment.text.replace(/^#+\s?/, '')).join('\n');
  return /\b(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\b/.test(text) ? text : '';
}

/** Powers in what `commentedRuns` gives. */
export function powerIn(text: string): string | undefined {
  const power =
    /--privileged\b|--net(?:work)?[= ]"?host\b|\S*docker\.sock\b|--device\b|--cap-add\b|--pid[= ]"?host\b/.exec(
      text,
    )?.[0];
  return power === undefined ? undefined : `a comment runs it with \`${power}\``;
}

function libraryOf({ kind, path, facts }: Manifest): string | undefined {
  if (!facts.ok) return undefined;
  const found = (names: readonly string[], known: ReadonlyMap<string, string>) => {
    const name = names.find((each) => known.has(each.toLowerCase()));
    return name === undefined ? undefined : `${known.get(name.toLowerCase())}, \`${name}\``;
  };
  if (kind === 'package.json') return found(Object.keys(facts.value.dependencies), hostLibraries.npm);
  const isOwn = kind === 'requirements' && !/test|dev/i.test(path);
  return isOwn ? found(facts.value.names, hostLibraries.python) : undefined;
}

/** Packages whose programs work on devices, on the kernel's network or on file systems, which takes powers of root. */
const HOST_PACKAGES =
  /(?<![\w.-])(?:rtl-sdr|libusb[\w.-]*|bluez|pcscd|i2c-tools|smartmontools|qemu-(?:kvm|system[\w-]*)|libvirt[\w-]*|wireguard-tools|openvpn|iptables|nftables|tcpdump|mdadm|lvm2|cryptsetup|fuse3?|sshfs|s3fs(?:-fuse)?|nfs-kernel-server|open-iscsi|strongswan|keepalived|hostapd|isc-dhcp-server|dnsmasq|kmod|open-vm-tools|kbd|console-setup)(?![\w.-])/;

function toolOf(keyword: string, text: string): string | undefined {
  if (keyword === 'LABEL' && /\borg\.mobyproject\.config\b/.test(text)) return 'a label for LinuxKit';
  if (keyword !== 'RUN') return undefined;
  const client = /\b(?:docker-ce-cli|docker-ce|docker\.io|docker-cli|moby-cli|moby-engine|docker-engine)\b/.exec(
    text,
  )?.[0];
  // By name, by path or by address: `docker`, `docker==7.1`, `git+https://…/docker-py.git`.
  const library =
    /\bpip[\d.]*\s+install\b[^;&|]*?[\s/"'](docker(?:-py)?|podman)(?:\.git)?(?![\w.-])|\b(?:npm|yarn|pnpm)\s+(?:i|install|add)\b[^;&|]*?\s(dockerode)(?![\w.-])/.exec(
      text,
    );
  if (library) return `the engine’s client \`${library[1] ?? library[2]}\` is installed`;
  const found = client ?? HOST_PACKAGES.exec(text)?.[0];
  return found && /\b(?:apt|apt-get|apk|dnf|yum|microdnf|tdnf|zypper)\b[^;&|]*\b(?:install|add)\b/s.test(text)
    ? `\`${found}\` is installed`
    : undefined;
}
