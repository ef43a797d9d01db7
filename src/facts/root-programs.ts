/** Programs that work as root alone, or as the user that what runs them has set up. */
export interface RootProgram {
  /** Base names, or absolute paths. */
  readonly programs: readonly string[];
  /** Ends a sentence that begins with the program. */
  readonly needs: string;
  readonly origin: string;
}

/** Written in December 2026 from general knowledge of the programs; `origin` names the pages that should say so, for whoever checks a row. */
export const rootPrograms: readonly RootProgram[] = [
  {
    programs: [
      'dnsmasq',
      'named',
      'unbound',
      'pdns_server',
      'pdns_recursor',
      'coredhcp',
      'dhcpd',
      'kea-dhcp4',
      'radvd',
    ],
    needs: 'begins as root and becomes a user of its own',
    origin: 'dnsmasq(8), named(8), unbound(8), dhcpd(8)',
  },
  {
    programs: [
      'wg',
      'wireguard-go',
      'boringtun',
      'ipsec',
      'charon',
      'swanctl',
      'xl2tpd',
      'pptpd',
      'pppd',
      'tincd',
      'zerotier-one',
      'ocserv',
      'openconnect',
      'hostapd',
      'wpa_supplicant',
    ],
    needs: 'sets up interfaces of the network',
    origin: 'wg(8), ipsec(8), pppd(8), ocserv(8)',
  },
  {
    programs: [
      'bird',
      'bird6',
      'zebra',
      'bgpd',
      'ospfd',
      'watchfrr',
      'gobgpd',
      'exabgp',
      'vrrpd',
      'conntrackd',
      'ipvsadm',
      'fail2ban-server',
      'fail2ban-client',
      'crowdsec-firewall-bouncer',
      'firewalld',
      'ufw',
      'redsocks',
    ],
    needs: 'changes routes or rules of the kernel',
    origin: 'bird(8), zebra(8), fail2ban-server(1), ufw(8)',
  },
  {
    programs: [
      'tcpdump',
      'tshark',
      'dumpcap',
      'wireshark',
      'ngrep',
      'arpwatch',
      'arping',
      'arp-scan',
      'hping3',
      'masscan',
      'zmap',
      'nethogs',
      'iftop',
      'ntopng',
      'suricata',
      'snort',
      'zeek',
      'softflowd',
      'pmacctd',
    ],
    needs: 'reads or sends raw packets',
    origin: 'tcpdump(8), tshark(1), suricata(1), arping(8)',
  },
  {
    programs: [
      'dovecot',
      'opensmtpd',
      'smtpd',
      'exim',
      'sendmail',
      'amavisd',
      'saslauthd',
      'pure-ftpd',
      'in.tftpd',
      'tftpd',
      'winbindd',
      'samba',
      'nscd',
      'nslcd',
      'sssd',
      'cupsd',
      'radiusd',
      'freeradius',
      'ntpdate',
      'ptp4l',
      'phc2sys',
      'openntpd',
      'dropbear',
      'xrdp',
      'xrdp-sesman',
      'auditd',
      'ganesha.nfsd',
      'rpc.nfsd',
      'rpc.mountd',
      'exportfs',
      'automount',
    ],
    needs: 'begins as root, and works for several users or as one of its own',
    origin: 'dovecot(1), smtpd(8), samba(8), cupsd(8)',
  },
  {
    programs: [
      'libvirtd',
      'virtqemud',
      'virtlogd',
      'multipathd',
      'iscsid',
      'tgtd',
      'lvm',
      'zpool',
      'zfs',
      'mdadm',
      'smartd',
      'smartctl',
      'upsd',
      'upsdrvctl',
      'apcupsd',
      'bluetoothd',
      'hciconfig',
      'btmgmt',
      'fuse-overlayfs',
      'mergerfs',
      's3fs',
      'sshfs',
      'gcsfuse',
      'ceph-osd',
    ],
    needs: 'works on devices or file systems of the host',
    origin: 'libvirtd(8), iscsid(8), smartd(8), upsd(8), bluetoothd(8), mount.fuse(8)',
  },
  {
    programs: [
      'bpftrace',
      'falco',
      'sysdig',
      'tracee',
      'cadvisor',
      'osqueryd',
      'lxd',
      'lxcfs',
      'kubelet',
      'kube-proxy',
      'cri-dockerd',
      'k3s',
      'flanneld',
      'calico-node',
      'cilium-agent',
      'dockerd-entrypoint.sh',
      'sysbox-runc',
      'criu',
    ],
    needs: 'works on the kernel, or on processes and containers of others',
    origin: 'bpftrace(8), falco.org/docs, docs.k3s.io',
  },
  {
    programs: ['certbot', 'letsencrypt', 'logrotate', 'run-parts', 'unattended-upgrade'],
    needs: 'writes to folders of the system',
    origin: 'certbot(7), logrotate(8)',
  },
  {
    programs: [
      '/opt/apache/beam/boot',
      '/opt/google/dataflow/python_template_launcher',
      '/opt/google/dataflow/java_template_launcher',
      '/opt/google/dataflow/go_template_launcher',
    ],
    needs: 'is started by the runner of Apache Beam, in folders that the runner mounts as root’s',
    origin: 'beam.apache.org/documentation/runtime/environments, cloud.google.com/dataflow/docs/guides/templates',
  },
  {
    programs: ['/lambda-entrypoint.sh', 'aws-lambda-ric', 'awslambdaric', 'aws-lambda-rie'],
    needs: 'is started by AWS Lambda, which has a user of its own for it',
    origin: 'docs.aws.amazon.com/lambda/latest/dg/images-create.html',
  },
];

const byName = new Map(rootPrograms.flatMap((row) => row.programs.map((program) => [program, row] as const)));

/** What a program of the system, by its path as written, needs root for; undefined where nothing is known to. */
export function rootProgram(path: string): RootProgram | undefined {
  return byName.get(path) ?? byName.get(path.slice(path.lastIndexOf('/') + 1));
}

/** Libraries whose work takes powers over the host, by the kind of manifest that lists them. */
export const hostLibraries: Readonly<Record<'python' | 'npm', ReadonlyMap<string, string>>> = {
  python: new Map([
    ...['docker', 'docker-py', 'podman'].map((name) => [name, 'a client of the engine'] as const),
    ...'rpi.gpio rpi-gpio gpiozero spidev smbus smbus2 pigpio lgpio pyusb libusb1 bluepy pybluez evdev pyrtlsdr adafruit-blinka'
      .split(' ')
      .map((name) => [name, 'a library for devices'] as const),
    ...['scapy', 'pcapy', 'pypcap', 'pyshark', 'netfilterqueue', 'pyroute2', 'bcc'].map(
      (name) => [name, 'a library for raw packets, or for the network of the kernel'] as const,
    ),
  ]),
  npm: new Map([
    ['dockerode', 'a client of the engine'],
    ...'onoff rpi-gpio pigpio i2c-bus spi-device usb node-hid @abandonware/noble @abandonware/bluetooth-hci-socket noble'
      .split(' ')
      .map((name) => [name, 'a library for devices'] as const),
    ...['cap', 'pcap', 'raw-socket', 'net-ping'].map((name) => [name, 'a library for raw packets'] as const),
  ]),
};

/** A call in sources that takes root. */
export interface RootCall {
  readonly call: RegExp;
  /** `unless` fits a source that asks first who it is. */
  readonly unless?: RegExp;
  readonly needs: 'drops-privileges' | 'needs-root';
  readonly what: string;
}

/** From packet(7), raw(7), setuid(2), mount(2) and the standard libraries' documentation, November 2026. */
export const rootCalls: readonly RootCall[] = [
  {
    call: /\b(?:SOCK_RAW|AF_PACKET)\b|"github\.com\/(?:google\/)?gopacket(?:\/gopacket)?\/(?:pcap|afpacket)"|\bListenPacket\(\s*"ip[46]?:/,
    needs: 'needs-root',
    what: 'raw packets',
  },
  {
    call: /"github\.com\/(?:vishvananda\/netlink|coreos\/go-iptables\/iptables|google\/nftables)"|\b(?:syscall|unix)\.(?:Mount|Unmount|Chroot|PivotRoot|Reboot|Mknod)\(|\bos\.chroot\(/,
    needs: 'needs-root',
    what: 'the network or the file systems of the kernel',
  },
  {
    call: /\b(?:os\.setuid|os\.setgid|process\.setuid|process\.setgid|posix_setuid|posix_setgid|Process::Sys\.setuid|Process::UID\.change_privilege|syscall\.Setuid|syscall\.Setgid)\s*\(/,
    unless: /\bget(?:e)?uid\b|\bGet(?:e)?uid\b|\bIS_ROOT\b/i,
    needs: 'drops-privileges',
    what: 'another user',
  },
];
