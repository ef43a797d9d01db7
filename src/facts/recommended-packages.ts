import { familiarName } from './base-users.ts';
import { recommendedParts } from './recommended-parts.ts';

/** A release of Debian and one of Ubuntu. */
export interface Releases {
  readonly debian: number;
  readonly ubuntu: number;
}

/** A package that comes along as recommended and that programs commonly need. */
export interface RecommendedPackage {
  readonly name: string;
  /** Packages that recommend it, or that depend on one that does; versions in names left out (`gcc` is `gcc-12` too). */
  readonly recommendedBy: readonly string[];
  /** Packages that recommended it in releases up to Debian 9 (packages.debian.org). */
  readonly recommendedBefore?: readonly string[];
  /** Common packages that depend on it, so that it comes with them in any case. */
  readonly dependedOnBy: readonly string[];
  /** Packages that do the same, none of which needs it beside them. */
  readonly orElse?: readonly string[];
  /** The program of it that shows that an image has it. */
  readonly program: string;
  /** Shell text that uses it; absent: it is needed wherever the package that recommends it is. */
  readonly uses?: RegExp;
  /** The first releases that have it as a package of its own (packages.debian.org, packages.ubuntu.com). */
  readonly since?: Releases;
}

/** Packages whose recommended ones are too many to name, and what goes with them. */
export interface UncountedRecommendations {
  readonly packages: RegExp;
  /** What it is, in the plural and without an article. */
  readonly brings: string;
  /** Shell text that needs it; absent: it may be needed in any case. */
  readonly uses?: RegExp;
  /** The first releases that recommend it. */
  readonly since?: Releases;
}

const list = (text: string): readonly string[] => text.trim().split(/\s+/);

const certified = list('openjdk-17-jdk openjdk-17-jre-headless openjdk-17-jdk-headless default-jdk default-jre');

/**
 * Read in the index of Debian 12 (`apt-cache show`, December 2026); Debian 11 and 13 and Ubuntu 22.04 and 24.04 have the
 * same names.
 */
export const recommendedPackages: readonly RecommendedPackage[] = [
  {
    name: 'ca-certificates',
    recommendedBy: list(
      `curl wget git git-core git-lfs mercurial cargo rustc cmake aria2 python3 python3-dev php php-curl docker.io libcurl4
      libcurl4-openssl-dev libcurl4-gnutls-dev libcurl3-gnutls nodejs postfix exim4-daemon-light msmtp fetchmail squid opam
      w3m links links2 wget2 weasyprint clamav clamav-freshclam clamav-daemon openconnect ocserv weechat transmission-cli
      transmission-daemon supervisor ffmpeg s3cmd awscli yamllint apt-cacher-ng apache2 libapache2-mod-php smbclient
      swi-prolog firewalld luarocks clang llvm lldb gdb valgrind cppcheck meson scons gettext debhelper valac texinfo
      gobject-introspection libglib2.0-dev libgtk-3-dev libboost-all-dev libvulkan1`,
    ),
    dependedOnBy: list(
      `software-properties-common python3-pip python3-venv python3-requests python3-virtualenv pipx npm maven ruby
      ruby-full ruby-dev composer ansible certbot yt-dlp ca-certificates-java`,
    ).concat(certified),
    recommendedBefore: ['apt-transport-https'],
    program: 'update-ca-certificates',
    uses: /https:|\$\{?\w*(?:URL|REPO|HOST|MIRROR)|\b(?:curl|wget|git|hg|svn|pip[\d.]*|pipx|poetry|uv|npm|npx|yarn|pnpm|bun|node|nodejs|go|cargo|rustup|gem|bundle|mvn|mvnw|gradle|gradlew|composer|php|opam|cabal|stack|mix|rebar3|cpanm|sbt|lein|Rscript|bazel|conda|mamba|dotnet|aria2c|python[\d.]*|ruby|perl|java|cmake|make|docker|sh|bash)\b|(?:^|[\s;&|])\.{0,2}\/[\w./-]+/,
  },
  {
    name: 'gcc',
    recommendedBy: ['cmake', 'meson', 'flex', 'valac', 'luarocks', 'cython3'],
    dependedOnBy: ['build-essential', 'g++', 'gfortran', 'libtool', 'cargo', 'rustc', 'debhelper'],
    orElse: ['clang', 'tcc', 'gcc-aarch64-linux-gnu', 'gcc-arm-none-eabi', 'gcc-arm-linux-gnueabihf', 'mingw-w64'],
    program: 'gcc',
  },
  {
    name: 'libc6-dev',
    recommendedBy: ['gcc', 'tcc', 'cmake', 'flex'],
    dependedOnBy: list(
      `build-essential g++ clang gfortran libtool cargo rustc zlib1g-dev python3-dev libbz2-dev libglib2.0-dev libxml2-dev
      libicu-dev libsqlite3-dev libpcre2-dev libpcre3-dev libreadline-dev uuid-dev libpng-dev libjpeg-dev libfreetype6-dev
      libncurses-dev libncurses5-dev libkrb5-dev libxslt1-dev libmariadb-dev default-libmysqlclient-dev libzip-dev
      libprotobuf-dev libboost-dev libssh2-1-dev libcups2-dev libedit-dev libelf-dev`,
    ),
    orElse: ['libc-dev', 'musl-dev'],
    program: 'gencat',
  },
  {
    name: 'make',
    recommendedBy: ['cmake'],
    dependedOnBy: ['build-essential', 'dpkg-dev', 'debhelper', 'devscripts'],
    orElse: ['ninja-build'],
    program: 'make',
  },
  {
    name: 'automake',
    recommendedBy: ['autoconf', 'libtool', 'autoconf-archive'],
    dependedOnBy: ['debhelper', 'libltdl-dev'],
    program: 'automake',
  },
  {
    name: 'python3-dev',
    recommendedBy: ['python3-pip', 'python3-virtualenv', 'virtualenv'],
    dependedOnBy: ['python3-all-dev'],
    program: 'python3-config',
    uses: /(?:\bpip[\d.]*|\bpipenv|\bpoetry|\buv)\s(?:[^;&|]*\s)?(?:install|sync)\b/,
  },
  {
    name: 'libfl-dev',
    recommendedBy: ['flex'],
    dependedOnBy: [],
    program: '',
    uses: /-lfl\b|FlexLexer/,
  },
  { name: 'xauth', recommendedBy: ['xvfb'], dependedOnBy: [], program: 'xauth' },
  {
    name: 'openssh-client',
    recommendedBy: ['git', 'git-lfs', 'mercurial', 'docker.io', 'composer'],
    dependedOnBy: ['openssh-server', 'ansible', 'ansible-core'],
    program: 'ssh',
    uses: /\bssh:|\bgit\+ssh|\bgit@|(?:^|[\s"'/])(?:ssh|scp|sftp|ssh-[a-z]+)(?=[\s"'&;|]|$)|\.ssh\b|\bid_(?:rsa|ed25519|ecdsa)|known_hosts|GIT_SSH|type=ssh/,
  },
  { name: 'openssh-client', recommendedBy: ['sshpass'], dependedOnBy: ['openssh-server', 'ansible'], program: 'ssh' },
  {
    name: 'patch',
    recommendedBy: ['git'],
    dependedOnBy: ['build-essential', 'dpkg-dev', 'debhelper', 'devscripts'],
    program: 'patch',
    uses: /(?:^|[\s;&|(])patch(?=\s|$)/,
  },
  {
    name: 'unzip',
    recommendedBy: ['zip', 'ruby', 'ruby-dev', 'ruby-full', 'composer'],
    dependedOnBy: ['luarocks'],
    program: 'unzip',
    uses: /\bunzip\b|\bcomposer\b/,
  },
  {
    name: 'psmisc',
    recommendedBy: ['procps'],
    dependedOnBy: [],
    program: 'killall',
    uses: /\b(?:killall|fuser|pstree)\b/,
  },
  {
    name: 'gnupg',
    recommendedBy: ['build-essential', 'dpkg-dev', 'debhelper'],
    dependedOnBy: ['gnupg2', 'devscripts'],
    program: 'gpg-agent',
    uses: /\b(?:gpg2?|apt-key|debsign|add-apt-repository)\b/,
  },
  {
    name: 'gnupg',
    recommendedBy: ['software-properties-common', 'gpg', 'dirmngr'],
    dependedOnBy: ['gnupg2', 'devscripts'],
    program: 'gpg-agent',
    uses: /\b(?:apt-add-repository|add-apt-repository|debsign)\b|--(?:recv|keyserver|sign|detach-sign|gen-key|full-gen|quick-gen|decrypt)/,
  },
  {
    name: 'fakeroot',
    recommendedBy: ['build-essential', 'dpkg-dev', 'debhelper'],
    dependedOnBy: ['devscripts'],
    program: 'fakeroot',
    uses: /\b(?:fakeroot|dpkg-buildpackage|debuild|dpkg-deb)\b/,
  },
  {
    name: 'equivs',
    recommendedBy: ['devscripts'],
    dependedOnBy: [],
    program: 'equivs-build',
    uses: /\b(?:mk-build-deps|equivs-\w+)\b/,
  },
  {
    name: 'lintian',
    recommendedBy: ['devscripts'],
    dependedOnBy: [],
    program: 'lintian',
    uses: /\blintian\b/,
  },
  {
    name: 'ssl-cert',
    recommendedBy: ['apache2'],
    dependedOnBy: ['postgresql'],
    program: 'make-ssl-cert',
    uses: /snakeoil|default-ssl|ssl-cert/,
  },
  { name: 'poppler-data', recommendedBy: ['poppler-utils'], dependedOnBy: ['ghostscript'], program: '' },
  {
    name: 'qemu-utils',
    recommendedBy: ['qemu-system-x86', 'qemu-system'],
    dependedOnBy: ['libguestfs-tools'],
    program: 'qemu-img',
  },
  ...recommendedParts,
];

/** Debian 13, and the release of Ubuntu that followed on 24.10. */
const debian13: Releases = { debian: 13, ubuntu: 25.04 };

/** Read in the indexes of Debian 12 and 13 (`apt-cache show`), Docker's in github.com/docker/docker-ce-packaging; December 2026. */
export const uncountedRecommendations: readonly UncountedRecommendations[] = [
  { packages: /^(?:texlive|texlive-.*|biber|latexmk|lyx)$/, brings: 'fonts and packages that documents use' },
  {
    packages: /^(?:chromium|chromium-.*|python3-selenium|firefox|firefox-esr|google-chrome-.*|microsoft-edge-.*)$/,
    brings: 'fonts and libraries that pages need',
  },
  { packages: /^(?:libreoffice|libreoffice-.*|unoconv)$/, brings: 'fonts and filters that documents need' },
  {
    packages: /^(?:r-base|r-base-.*|r-recommended|r-cran-.*|octave)$/,
    brings: 'packages and compilers that scripts use',
  },
  {
    packages:
      /^(?:task-.*|.*-desktop(?:-.*)?|xfce4|xfce4-.*|lxde|lxde-.*|lxqt|gnome|gnome-.*|kde-.*|mate-.*|cinnamon|xorg|xserver-xorg|wine|wine\d*|winehq-.*|steam)$/,
    brings: 'programs and fonts',
  },
  { packages: /^npm$/, brings: 'compilers and tools that packages are built with' },
  {
    packages: /^(?:imagemagick(?:-.*)?|libmagick(?:core|wand|\+\+).*|php-imagick|python3-wand)$/,
    brings: 'programs and modules that read some formats',
  },
  { packages: /^(?:mailutils|bsd-mailx|s-nail|heirloom-mailx)$/, brings: 'programs that deliver mail' },
  {
    packages: /^(?:libguestfs.*|guestfs-tools|lxc|libvirt-.*|virt-.*|gimp|inkscape)$/,
    brings: 'parts that they work with',
  },
  { packages: /^docker-ce(?:-cli)?$/, brings: 'plugins as `buildx` and `compose`' },
  { packages: /^(?:podman|buildah)$/, brings: 'run times, networks and storage, other ones in each release' },
  { packages: /^docker\.io$/, brings: 'the command `docker`', since: debian13 },
  { packages: /^composer$/, brings: 'extensions of PHP', since: debian13 },
  {
    packages: /^(?:clang|clang-tools)$/,
    brings: 'run times of sanitizers and tools of LLVM',
    uses: /-fsanitize|-fprofile|-fcoverage|rtlib=compiler-rt|\bllvm-[a-z]+-\d/,
  },
  { packages: /^strongswan(?:-.*)?$|^charon-.*$/, brings: 'plugins that it authenticates with' },
  { packages: /^fonts-noto$/, brings: 'the fonts of most scripts' },
  { packages: /^fail2ban$/, brings: 'the firewall that it bans with' },
  { packages: /^samba$/, brings: 'parts of a domain controller', uses: /\bsamba-tool\b|active directory/ },
  {
    packages: /^postgis$/,
    brings: 'the extension of a server',
    uses: /\b(?:postgres|pg_ctl|pg_ctlcluster|initdb|CREATE EXTENSION)\b/i,
  },
  { packages: /^(?:tigervnc-.*|tightvncserver|xpra)$/, brings: 'programs and fonts that a session needs' },
  { packages: /^(?:flatpak|flatpak-builder|mmdebstrap)$/, brings: 'programs that it works with' },
  { packages: /^(?:collectd|collectd-core)$/, brings: 'libraries that its plugins need' },
  { packages: /^(?:spamassassin|duplicity|python3-pandas)$/, brings: 'modules that it loads where they are there' },
  { packages: /^kicad$/, brings: 'libraries of parts' },
];

const toolchain = list(
  `ca-certificates curl wget gnupg git mercurial openssh-client subversion procps autoconf automake dpkg-dev file g++ gcc
  libc6-dev make patch unzip xz-utils bzip2`,
);

interface Contents {
  readonly repositories: readonly string[];
  readonly tags?: RegExp;
  readonly packages: readonly string[];
}

const slim = /(?:^|-)slim(?:-|$)/;

/**
 * Packages that images on Debian and Ubuntu have, of those named here; the first row that fits decides. From the
 * Dockerfiles in github.com/docker-library, adoptium/containers, nginx/docker-nginx and dotnet/dotnet-docker, November 2026.
 */
const contents: readonly Contents[] = [
  { repositories: ['python', 'ruby'], tags: slim, packages: ['ca-certificates'] },
  { repositories: ['rust'], tags: slim, packages: ['ca-certificates', 'gcc', 'libc6-dev'] },
  { repositories: ['node', 'perl', 'erlang', 'elixir', 'haskell', 'openjdk'], tags: slim, packages: [] },
  {
    repositories: ['golang'],
    packages: list('ca-certificates curl wget gnupg git mercurial openssh-client subversion g++ gcc libc6-dev make'),
  },
  {
    repositories: ['buildpack-deps'],
    tags: /curl$/,
    packages: list('ca-certificates curl wget gnupg'),
  },
  {
    repositories: ['buildpack-deps'],
    tags: /scm$/,
    packages: list('ca-certificates curl wget gnupg git mercurial openssh-client subversion procps'),
  },
  {
    repositories: ['buildpack-deps', 'python', 'ruby', 'rust', 'node', 'perl', 'erlang', 'elixir', 'gcc'],
    packages: toolchain,
  },
  {
    repositories: ['php'],
    packages: list('ca-certificates curl xz-utils autoconf dpkg-dev file g++ gcc libc6-dev make patch'),
  },
  {
    repositories: ['nginx', 'httpd', 'eclipse-temurin', 'maven', 'gradle', 'julia'],
    packages: ['ca-certificates'],
  },
  {
    repositories: ['sdk', 'aspnet', 'runtime', 'runtime-deps'].map((name) => `mcr.microsoft.com/dotnet/${name}`),
    packages: ['ca-certificates'],
  },
];

/** Packages that an image is known to have, of those in the tables of recommended ones; there may be more. */
export function packagesOfImage(reference: string): readonly string[] {
  const { repository, tag } = familiarName(reference);
  const row = contents.find((each) => each.repositories.includes(repository) && (each.tags?.test(tag) ?? true));
  return row?.packages ?? [];
}
