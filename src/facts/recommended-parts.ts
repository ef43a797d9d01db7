import type { RecommendedPackage, Releases } from './recommended-packages.ts';

const list = (text: string): readonly string[] => text.trim().split(/\s+/);

type Rest = Partial<Omit<RecommendedPackage, 'name' | 'recommendedBy'>>;

const part = (name: string, recommendedBy: string, rest: Rest = {}): RecommendedPackage => ({
  name,
  recommendedBy: list(recommendedBy),
  dependedOnBy: [],
  program: '',
  ...rest,
});

/** A command of the shell, not a part of a longer word. */
const command = (names: string): RegExp => new RegExp(`(?:^|[\\s;&|("'/])(?:${names})(?=[\\s"';&|)]|$)`, 'm');

const stretch: Releases = { debian: 9, ubuntu: 18.04 };
const buster: Releases = { debian: 10, ubuntu: 18.04 };

const installsGems = /\bbundle\b|\bgem\s+install\b/;
const compiles = /\bpecl\b|\bphpize\b|\bpie\s+install\b|\.\/configure\b|(?:^|[\s;&|])make(?=\s|$)/m;
const buildsPackages = /\bdpkg-(?:buildpackage|checkbuilddeps)\b|\bdebuild\b|\bgbp\s+buildpackage\b/;
const readsDirectories = command('ldap(?:add|compare|delete|exop|modify|modrdn|passwd|search|url|whoami)');

/** Names of targets, and of their architecture in Debian. */
const targets: readonly (readonly [string, string])[] = [
  ['aarch64-linux-gnu', 'arm64'],
  ['arm-linux-gnueabihf', 'armhf'],
  ['arm-linux-gnueabi', 'armel'],
  ['i686-linux-gnu', 'i386'],
  ['powerpc64le-linux-gnu', 'ppc64el'],
  ['riscv64-linux-gnu', 'riscv64'],
  ['s390x-linux-gnu', 's390x'],
  ['mips-linux-gnu', 'mips'],
  ['mipsel-linux-gnu', 'mipsel'],
  ['mips64el-linux-gnuabi64', 'mips64el'],
];

/**
 * Parts that a program or a library does not work without, or that what is built with it needs. Read in the indexes of
 * Debian 12 and 13 (`apt-cache show`), December 2026: both have every name, Debian 13 with `t64` in those of some libraries.
 */
export const recommendedParts: readonly RecommendedPackage[] = [
  // Compilers and what they compile with.
  ...targets.map(([target, architecture]) =>
    part(`libc6-dev-${architecture}-cross`, `gcc-${target}`, {
      dependedOnBy: [`g++-${target}`],
      orElse: [`crossbuild-essential-${architecture}`],
    }),
  ),
  part('libnewlib-arm-none-eabi', 'gcc-arm-none-eabi'),
  part('libstdc++-arm-none-eabi-newlib', 'gcc-arm-none-eabi'),
  part('libprotobuf-dev', 'protobuf-compiler protobuf-compiler-grpc nanopb', { dependedOnBy: ['libprotoc-dev'] }),
  part('cargo', 'rustc', { dependedOnBy: ['rust-all'], program: 'cargo', uses: command('cargo') }),
  part('python3-dev', 'cython3', { dependedOnBy: ['python3-all-dev'], program: 'python3-config' }),
  part('build-essential', 'bundler', { dependedOnBy: ['opam'], uses: installsGems }),
  part('ruby-dev', 'bundler', { dependedOnBy: ['ruby-full'], uses: installsGems }),
  part('build-essential', 'node-gyp nim', { dependedOnBy: ['opam'] }),
  part('build-essential', 'dpkg-dev debhelper devscripts dh-make', { dependedOnBy: ['opam'], uses: buildsPackages }),
  part('build-essential', 'php-dev', { dependedOnBy: ['opam'], uses: compiles }),
  part('make', 'cpanminus', {
    dependedOnBy: list('build-essential dpkg-dev debhelper opam'),
    program: 'make',
    uses: command('cpanm'),
  }),
  part('make', 'python3-sphinx', {
    dependedOnBy: list('build-essential dpkg-dev debhelper opam'),
    program: 'make',
    uses: command('make'),
  }),
  part('pkg-config', 'golang-go golang', {
    orElse: ['pkgconf', 'libglib2.0-dev', 'libgtk-3-dev'],
    program: 'pkg-config',
    uses: /\bgo\s+(?:build|install|test|run|get|generate)\b/,
  }),
  part('libltdl-dev', 'libtool', { uses: /ltdl/i }),
  part('libsystemc-dev', 'verilator', { uses: /--sc\b|systemc/i }),
  part('ant-optional', 'ant'),
  ...['git', 'm4', 'rsync', 'ocaml'].map((name) => part(name, 'opam', { program: name })),
  part('git', 'composer docker.io devscripts', {
    dependedOnBy: list('git-lfs git-buildpackage'),
    program: 'git',
    uses: command('composer|git'),
  }),
  part('docbook-xml', 'docbook-xsl', { dependedOnBy: ['xmlto'] }),
  part('xmlto', 'asciidoc asciidoc-base', { program: 'xmlto', uses: command('a2x|xmlto|make') }),
  part('pandoc', 'python3-nbconvert jupyter-nbconvert', { program: 'pandoc' }),

  // What a library loads when it runs.
  part('mesa-vulkan-drivers', 'libvulkan1 libvulkan-dev vulkan-tools'),
  part('va-driver-all', 'ffmpeg vainfo libva2 libva-drm2 libva-dev mpv', {
    orElse: list('intel-media-va-driver intel-media-va-driver-non-free i965-va-driver mesa-va-drivers'),
    uses: /vaapi|\bqsv\b|\/dev\/dri|\bvainfo\b|LIBVA_/i,
  }),
  part('qt6-qpa-plugins', 'libqt6gui6 libqt6widgets6 python3-pyqt6', { dependedOnBy: ['qt6-base-dev'] }),
  part('libldap-common', 'libldap2-dev libldap-dev ldap-utils slapd php-ldap python3-ldap libnss-ldapd libpam-ldapd', {
    since: stretch,
  }),
  part(
    'libsasl2-modules',
    `libsasl2-dev libsasl2-2 sasl2-bin postfix libldap2-dev libldap-dev ldap-utils slapd php-ldap python3-ldap mutt isync
    libmemcached-dev libmemcached11 php-memcached librdkafka-dev libmongoc-dev`,
    { dependedOnBy: ['cyrus-imapd'] },
  ),
  part('libqt5sql5-sqlite', 'libqt5sql5 qtbase5-dev python3-pyqt5.qtsql'),
  part('libqt6sql6-sqlite', 'libqt6sql6'),
  part('gstreamer1.0-plugins-base', 'libgstreamer-plugins-base1.0-0 libgstreamer-plugins-base1.0-dev'),
  part('ibverbs-providers', 'libibverbs1 ibverbs-utils', { dependedOnBy: ['libibverbs-dev'], since: buster }),
  part('shared-mime-info', 'libglib2.0-0 libglib2.0-dev', {
    dependedOnBy: list('libvips42 libvips-dev libgtk-3-0 libgtk-3-dev'),
    program: 'update-mime-database',
    uses: /\bmimemagic\b|\bgio\s|\bxdg-mime\b/,
  }),
  part('geoip-database', 'libgeoip1 libgeoip-dev geoip-bin libnginx-mod-http-geoip libapache2-mod-geoip'),
  part('aspell-en', 'aspell libaspell15 libaspell-dev libpspell-dev php-pspell', {
    orElse: 'de es fr it nl pl pt-br pt-pt ru sv uk'.split(' ').map((language) => `aspell-${language}`),
  }),
  part('hunspell-en-us', 'libhunspell-1.7-0 libhunspell-dev', {
    dependedOnBy: list('hunspell enchant-2 libenchant-2-dev'),
    orElse: 'de-de en-gb es fr it nl pl pt-br ru'.split(' ').map((language) => `hunspell-${language}`),
  }),
  part('python3-lxml', 'python3-bs4'),
  part('erlang-crypto', 'erlang-base erlang-dev', { dependedOnBy: list('erlang erlang-nox elixir rabbitmq-server') }),
  part('ca-certificates-mono', 'mono-runtime mono-mcs', { dependedOnBy: list('mono-devel mono-complete') }),

  // What a program runs or reads.
  part('xxd', 'vim vim-common vim-nox vim-gtk3', { program: 'xxd', uses: command('xxd'), since: stretch }),
  part('ffmpeg', 'yt-dlp youtube-dl', { program: 'ffmpeg' }),
  part('fluid-soundfont-gm', 'timidity', { orElse: ['freepats', 'timgm6mb-soundfont'] }),
  part('festvox-kallpc16k', 'festival'),
  part('povray-includes', 'povray'),
  part('unpaper', 'ocrmypdf', { program: 'unpaper' }),
  part('pngquant', 'ocrmypdf', { program: 'pngquant' }),
  part('ansible', 'ansible-core'),
  part('python3-jmespath', 'ansible ansible-core'),
  part('python3-passlib', 'ansible ansible-core'),
  part('python3-winrm', 'ansible ansible-core', { uses: /winrm/i }),
  part('syslinux-common', 'syslinux isolinux extlinux pxelinux syslinux-efi'),
  part('ipxe-qemu', 'qemu-system-arm qemu-system-misc qemu-system-ppc qemu-system-mips', {
    dependedOnBy: list('qemu-system-x86 qemu-system'),
  }),
  part('qemu-utils', 'qemu-system-arm qemu-system-misc qemu-system-ppc qemu-system-mips qemu-system-s390x qemu-kvm', {
    program: 'qemu-img',
  }),
  part('qemu-efi-aarch64', 'qemu-system-arm qemu-system', { uses: /QEMU_EFI|AAVMF|qemu-efi/, since: buster }),
  part('ovmf', 'qemu-system-x86 qemu-system qemu-kvm', { uses: /OVMF/i }),

  // Services.
  part('dbus', 'systemd systemd-sysv', { dependedOnBy: ['dbus-user-session'], program: 'dbus-daemon' }),
  part('nftables', 'wireguard wireguard-tools', { orElse: ['iptables'], program: 'nft' }),
  part('easy-rsa', 'openvpn', { uses: /easy-?rsa|make-cadir/i }),
  part('ldap-utils', 'slapd', { program: 'ldapsearch', uses: readsDirectories }),
  part('libnss-ldapd', 'nslcd'),
  part('libpam-ldapd', 'nslcd'),
  part('samba-vfs-modules', 'samba', { dependedOnBy: ['samba-ad-dc'] }),
  part('dns-root-data', 'unbound'),
  part('dns-root-data', 'dnsmasq dnsmasq-base', { uses: /dnssec|trust-anchor/i }),
  part('clamdscan', 'clamav-daemon', { program: 'clamdscan', uses: command('clamdscan') }),
  part('transmission-cli', 'transmission-daemon', { uses: command('transmission-(?:cli|create|edit|remote|show)') }),
  part('tor-geoipdb', 'tor'),
  part('torsocks', 'tor', { program: 'torsocks', uses: command('torify|torsocks') }),
  part('xorgxrdp', 'xrdp', { since: stretch }),
];
