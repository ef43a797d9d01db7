import { hostLibraries } from '../../src/facts/index.ts';
import type { Manifest } from '../../src/manifests/index.ts';
import { baseName, type RunUse } from '../../src/transform/index.ts';
import { copySteps } from './image-files.ts';
import { type Refusal, refusal } from './refusals.ts';
import { placesOf } from './servers.ts';
import type { Setting } from './setting.ts';

/** What other files of the repository do with the image. */
export function usageRefusal(setting: Setting): Refusal | undefined {
  const { usage, stage, file, context, instructions } = setting;
  if (file.descendants(stage).length > 0)
    return refusal('image-for-others', 'another stage of the file builds on this one');
  const name = baseName(context?.dockerfile ?? '');
  if (/^(?:Dockerfile\.base|base\.Dockerfile|Dockerfile[-_]base)$/i.test(name))
    return refusal('image-for-others', 'as its name says');
  const told = commentRefusal(file);
  if (told) return told;
  const trigger = instructions.find((each) => each.keyword === 'ONBUILD');
  if (trigger) return refusal('image-for-others', 'it has `ONBUILD`');
  const own = `${context?.directory ?? ''}/${context?.dockerfile ?? ''}`;
  if (/(?:^|\/)\.devcontainer\//.test(own)) return refusal('run-as-devcontainer', 'it lies in `.devcontainer`');
  const host = instructions.find((each) => hostTool(each.keyword, file.args(each)));
  if (host) return refusal('run-needs-host', hostTool(host.keyword, file.args(host)));
  for (const manifest of context?.manifests ?? []) {
    const library = hostLibraryOf(manifest);
    if (library !== undefined && placesOf(setting, manifest.path).length > 0)
      return refusal('run-needs-host', `\`${manifest.path}\` has ${library}`);
  }
  if (usage === undefined) return undefined;
  const [child] = usage.children;
  if (child !== undefined) return refusal('image-for-others', `\`${child}\` is FROM it`);
  const place = ({ file: path, line }: RunUse) => `\`${path}\` line ${line}`;
  const of = (test: (run: RunUse) => boolean) => usage.runs.find(test);
  const action = of(({ how }) => how === 'github-action');
  if (action) return refusal('run-as-github-action', place(action));
  const development = of(({ how }) => how === 'devcontainer');
  if (development) return refusal('run-as-devcontainer', place(development));
  const replaced = of(({ command }) => command);
  if (replaced) return refusal('start-replaced', place(replaced));
  const powerful = of(({ powers }) => powers.length > 0);
  if (powerful) return refusal('run-needs-host', `${place(powerful)}: ${powerful.powers.join(', ')}`);
  const named = of(
    ({ user, environment }) =>
      user !== undefined ||
      environment.some((name) =>
        /^(?:PUID|PGID|UID|GID|USER_ID|GROUP_ID|LOCAL_UID|HOST_UID|APP_UID|RUN_AS_USER)$/.test(name),
      ),
  );
  if (named) return refusal('run-sets-user', place(named));
  return undefined;
}

/** A library of a manifest that works on the host, for a sentence. */
function hostLibraryOf({ kind, path, facts }: Manifest): string | undefined {
  if (!facts.ok) return undefined;
  const found = (names: readonly string[], known: ReadonlyMap<string, string>) => {
    const name = names.find((each) => known.has(each.toLowerCase()));
    return name === undefined ? undefined : `${known.get(name.toLowerCase())}, \`${name}\``;
  };
  if (kind === 'package.json') return found(Object.keys(facts.value.dependencies), hostLibraries.npm);
  const isOwn = kind === 'requirements' && !/test|dev/i.test(path);
  return isOwn ? found(facts.value.names, hostLibraries.python) : undefined;
}

/** What comments of the file say of how it is run. */
function commentRefusal(file: Setting['file']): Refusal | undefined {
  const text = file.comments.map((comment) => comment.text.replace(/^#+\s?/, '')).join('\n');
  if (!/\b(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\b/.test(text)) return undefined;
  const power =
    /--privileged\b|--net(?:work)?[= ]"?host\b|\S*docker\.sock\b|--device\b|--cap-add\b|--pid[= ]"?host\b/.exec(
      text,
    )?.[0];
  if (power !== undefined) return refusal('run-needs-host', `a comment runs it with \`${power}\``);
  const home = /(?:-v|--volume|--mount)[= ]\S*:(\/root\b[^\s:]*)/.exec(text)?.[1];
  if (home !== undefined) return refusal('files-in-root-home', `a comment mounts \`${home}\``);
  const user = /\s(?:-u|--user)[= ]\S+/.exec(text)?.[0];
  return user === undefined ? undefined : refusal('run-sets-user', `a comment runs it with \`${user.trim()}\``);
}

/** Packages whose programs work on devices, on the kernel's network or on file systems, which takes powers of root. */
const HOST_PACKAGES =
  /(?<![\w.-])(?:rtl-sdr|libusb[\w.-]*|bluez|pcscd|i2c-tools|smartmontools|qemu-(?:kvm|system[\w-]*)|libvirt[\w-]*|wireguard-tools|openvpn|iptables|nftables|tcpdump|mdadm|lvm2|cryptsetup|fuse3?|sshfs|s3fs(?:-fuse)?|nfs-kernel-server|open-iscsi|strongswan|keepalived|hostapd|isc-dhcp-server|dnsmasq|kmod|open-vm-tools|kbd|console-setup)(?![\w.-])/;

/** What a step says of the host: a client of the engine needs its socket, and a service of LinuxKit is part of a system. */
function hostTool(keyword: string, text: string): string | undefined {
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

/** Whether the file goes back to root for nothing that it does before the start, or is filled with another root. */
export function purposeRefusal({ stage, base, file, facts, chain }: Setting): Refusal | undefined {
  const { instructions } = stage;
  const last = instructions.findLastIndex(({ keyword }) => keyword === 'USER');
  const needsRoot = instructions.slice(last + 1).some(({ keyword }) => /^(?:RUN|COPY|ADD)$/.test(keyword));
  if (last !== -1 && !needsRoot) return refusal('root-on-purpose', `\`USER ${file.args(instructions[last]!).trim()}\``);
  if (base !== 'scratch') return undefined;
  const whole = copySteps(file, chain, facts).find(
    ({ from, destination, sources }) =>
      from !== undefined &&
      destination === '/' &&
      sources.some((source) => /^\/(?:out|rootfs|root|target|install|image|dist|sysroot)?\/?$/.test(source)),
  );
  return whole && refusal('base-unknown', 'it is filled with the root of another stage');
}
