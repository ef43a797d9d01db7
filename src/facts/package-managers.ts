/**
 * What a verb of a package manager does. `query` reads the index; `install` and `upgrade` read it and change packages;
 * `none` neither reads nor changes it.
 */
export type PackageEffect = 'update' | 'install' | 'upgrade' | 'remove' | 'clean' | 'query' | 'none';

/** Package managers that share one index and one cache. */
export type PackageFamily = 'apt' | 'apk' | 'rpm' | 'zypper' | 'pip' | 'npm' | 'yarn';

/** One command line program that manages packages. */
export interface PackageManager {
  readonly name: string;
  readonly family: PackageFamily;
  /** Matches the base name of the program. */
  readonly programs: RegExp;
  /** What its verbs do; two words for a verb with a second one (`group install`). */
  readonly verbs: Readonly<Record<string, PackageEffect>>;
  /** The effect of a verb that is not listed. */
  readonly otherwise: PackageEffect;
  /** The effect of a call without any verb. */
  readonly bare: PackageEffect;
  /** Options that take the next word as their value. */
  readonly valued: ReadonlySet<string>;
  /** Directories with the index, or the cache, that an install leaves behind. */
  readonly cache: readonly string[];
}

type Verbs = PackageManager['verbs'];

function verbs(groups: Partial<Record<PackageEffect, string>>): Verbs {
  const entries = Object.entries(groups) as [PackageEffect, string][];
  return Object.fromEntries(
    entries.flatMap(([effect, names]) => names.split(' ').map((name) => [spaced(name), effect])),
  );
}

const spaced = (name: string): string => name.replace('+', ' ');

const aptLists = ['/var/lib/apt/lists'];
const aptValued = new Set(
  '-o --option -c --config-file -t --target-release --default-release -a --host-architecture'.split(' '),
);
const aptVerbs = verbs({
  update: 'update',
  install: 'install reinstall build-dep satisfy source download',
  upgrade: 'upgrade dist-upgrade full-upgrade dselect-upgrade',
  remove: 'remove purge autoremove autopurge',
  clean: 'distclean dist-clean',
  query: 'changelog indextargets policy search show list depends rdepends showsrc showpkg madison',
  none: 'clean autoclean auto-clean check moo help edit-sources markauto unmarkauto',
});
const rpmValued = new Set(
  '-c --config -x --exclude --excludepkgs --repo --repoid --enablerepo --disablerepo --installroot --releasever --setopt -d -e -R --comment --advisory --destdir --downloaddir --forcearch --color --nodocs-path --disableplugin --enableplugin --disableexcludes'.split(
    ' ',
  ),
);
const rpmVerbs = verbs({
  update: 'makecache makecache+fast makecache+timer check-update check-upgrade',
  install:
    'install localinstall reinstall downgrade swap groupinstall group+install group+upgrade module+install builddep build-dep download',
  upgrade: 'update upgrade upgrade-minimal update-minimal update-to distro-sync dist-sync groupupdate localupdate',
  remove: 'remove erase autoremove groupremove group+remove module+remove',
  clean: 'clean',
  query:
    'list info search provides whatprovides repoquery repolist repoinfo group+list group+info grouplist module+list deplist updateinfo',
  none: 'config-manager versionlock mark history help shell alias copr module+enable module+disable module+reset needs-restarting',
});
const rpmCache = ['/var/cache/dnf', '/var/cache/yum', '/var/cache/libdnf5', '/var/cache/tdnf'];

/**
 * The package managers whose calls are read. Written in November 2026 from the manual pages of apt 3.1, apk-tools 2.14,
 * yum 3.4, dnf 4 and 5, microdnf 3.10, tdnf 3.5, zypper 1.14, pip 26, npm 11 and Yarn 1.22.
 */
export const packageManagers: readonly PackageManager[] = [
  {
    name: 'apt-get',
    family: 'apt',
    programs: /^apt-get$/,
    verbs: aptVerbs,
    otherwise: 'query',
    bare: 'none',
    valued: aptValued,
    cache: aptLists,
  },
  {
    name: 'apt',
    family: 'apt',
    programs: /^apt$/,
    verbs: aptVerbs,
    otherwise: 'query',
    bare: 'none',
    valued: aptValued,
    cache: aptLists,
  },
  {
    name: 'aptitude',
    family: 'apt',
    programs: /^aptitude$/,
    verbs: verbs({
      update: 'update',
      install: 'install reinstall build-dep download build-depends',
      upgrade: 'upgrade safe-upgrade full-upgrade dist-upgrade',
      remove: 'remove purge',
      none: 'clean autoclean',
    }),
    otherwise: 'query',
    bare: 'query',
    valued: new Set(['-o', '-t', '--target-release', '-F', '-O', '-w']),
    cache: aptLists,
  },
  {
    name: 'apt-cache',
    family: 'apt',
    programs: /^(?:apt-cache|apt-file)$/,
    verbs: verbs({ none: 'gencaches' }),
    otherwise: 'query',
    bare: 'none',
    valued: aptValued,
    cache: aptLists,
  },
  {
    name: 'apk',
    family: 'apk',
    programs: /^apk$/,
    verbs: verbs({
      update: 'update',
      install: 'add fix',
      upgrade: 'upgrade',
      remove: 'del',
      query: 'fetch search list policy dot index info',
      none: 'version audit verify manifest stats cache',
    }),
    otherwise: 'query',
    bare: 'none',
    valued: new Set(
      '-X --repository -t --virtual -p --root --repositories-file --keys-dir --cache-dir --cache-max-age --arch --wait --progress-fd --timeout'.split(
        ' ',
      ),
    ),
    cache: ['/var/cache/apk', '/etc/apk/cache'],
  },
  ...(['yum', 'dnf', 'microdnf', 'tdnf'] as const).map((name) => ({
    name,
    family: 'rpm' as const,
    programs: name === 'dnf' ? /^dnf(?:-?[345])?$/ : new RegExp(`^${name}$`),
    verbs: rpmVerbs,
    otherwise: 'query' as const,
    bare: 'none' as const,
    valued: rpmValued,
    cache: rpmCache,
  })),
  {
    name: 'zypper',
    family: 'zypper',
    programs: /^zypper$/,
    verbs: verbs({
      update: 'refresh ref refresh-services refs',
      install: 'install in source-install si build-dep install-new-recommends inr',
      upgrade: 'update up patch dist-upgrade dup',
      remove: 'remove rm',
      clean: 'clean cc',
      none: 'addrepo ar removerepo rr modifyrepo mr renamerepo nr repos lr addservice as addlock al locks ll addkey verify ve help',
    }),
    otherwise: 'query',
    bare: 'none',
    valued: new Set(
      '-R --root --installroot --reposd-dir -D --cache-dir -C --raw-cache-dir --solv-cache-dir --pkg-cache-dir -c --config -r --repo --from -t --type -p --plus-repo --plus-content --gpg-key --releasever --priority'.split(
        ' ',
      ),
    ),
    cache: ['/var/cache/zypp'],
  },
  {
    name: 'pip',
    family: 'pip',
    programs: /^pip(?:\d+(?:\.\d+)?)?$/,
    verbs: verbs({ install: 'install download wheel', clean: 'cache+purge', remove: 'uninstall' }),
    otherwise: 'none',
    bare: 'none',
    valued: new Set(
      '-r --requirement -c --constraint -e --editable -t --target -i --index-url --extra-index-url -f --find-links --cache-dir --proxy --retries --timeout --trusted-host --cert --client-cert --log --root --prefix --src --platform --python --python-version --implementation --abi --progress-bar --report --upgrade-strategy --config-settings -C --global-option --install-option --build-option --no-binary --only-binary --use-feature --use-deprecated --exists-action --group'.split(
        ' ',
      ),
    ),
    cache: [],
  },
  {
    name: 'npm',
    family: 'npm',
    programs: /^npm$/,
    verbs: verbs({
      install:
        'install i in ins isntall add ci clean-install install-clean ic install-ci-test install-test it update up upgrade',
      clean: 'cache+clean',
      remove: 'uninstall remove rm prune',
    }),
    otherwise: 'none',
    bare: 'none',
    valued: new Set(
      '--prefix -C --registry --cache --loglevel --userconfig --globalconfig -w --workspace --omit --include --tag --fetch-timeout --fetch-retries --maxsockets --target --arch --python'.split(
        ' ',
      ),
    ),
    cache: [],
  },
  {
    name: 'yarn',
    family: 'yarn',
    programs: /^(?:yarn|yarnpkg)$/,
    verbs: verbs({
      install: 'install add upgrade global+add workspace+add',
      clean: 'cache+clean',
      remove: 'remove global+remove',
    }),
    otherwise: 'none',
    bare: 'install',
    valued: new Set(
      '--cwd --cache-folder --modules-folder --registry --network-timeout --network-concurrency --mutex --prefix --global-folder --proxy --https-proxy --use-yarnrc'.split(
        ' ',
      ),
    ),
    cache: [],
  },
];

/**
 * Programs that never install distribution packages, so that they need no package index. A program that is not here
 * may do anything, and so may a script.
 */
export const programsWithoutIndex: ReadonlySet<string> = new Set(
  `: [ [[ addgroup adduser ant apt-config apt-key apt-mark ar arch autoconf automake autoreconf awk base32 base64 basename bg
  bison break bundle bunzip2 bzip2 c++ ca-certificates-java cargo cat cc cd chgrp chmod chown chpasswd chsh clang clang++
  cmake cmp comm command composer conda configure continue corepack cp cpio cpan cpanm crontab curl cut cython date dd
  deb-systemd-helper debconf-set-selections deluser delgroup df diff dig dircolors dirname dos2unix dotnet
  docker-php-ext-configure docker-php-ext-enable docker-php-ext-install dpkg dpkg-architecture dpkg-deb dpkg-divert
  dpkg-query dpkg-reconfigure dpkg-statoverride du echo egrep env envsubst exec exit export expr false fc-cache fgrep file
  find flex fold g++ gcc gdb gem getconf getent gettext git git-lfs go gosu gpasswd gpg gpg2 gpgconf grep groupadd groupdel
  groupmod gunzip gzip hash head hexdump hostname iconv id in install install_packages clean-install java javac jlink jq
  kill killall ld ldconfig ldd less let libtool libtoolize ln local locale locale-gen localedef logger ls lsb_release lua
  luarocks mamba md5sum meson micromamba mkdir mkfifo mknod mktemp more msgfmt mv mvn nc nice ninja nm node nohup npm nproc
  nslookup od openssl pandoc passwd paste patch patchelf pear pecl perl phpenmod phpdismod php phpize pip pipenv pipx
  pkg-config pnpm poetry popd printenv printf ps pushd pwd pwsh pyenv python python2 python3 R rails rake ranlib read
  readelf readlink readonly realpath rename return rm rmdir rsync ruby rust rustc rustup seq set setcap setfacl sha1sum
  sha256sum sha512sum shasum shift shopt sleep sort split ssh-keygen ssh-keyscan stat strip su-exec sync sysctl tail tar
  tee test tic time timeout touch tput tr trap true truncate ttf tty tzdata ulimit umask uname unalias uniq unlink unset
  unxz unzip update-alternatives update-ca-certificates update-locale update-rc.d useradd userdel usermod usleep uuidgen uv
  wait wc wget which whoami xargs xz yarn yes zcat zip zipinfo zstd a2enmod a2dismod a2ensite a2dissite a2enconf a2disconf
  add-apt-repository apt-add-repository nginx apache2ctl service ssh-agent ssh-add sass sed sha384sum sha224sum svn hg certutil protoc dpkg-buildflags dpkg-source dub raco julia jar javadoc keytool tsc npx bower gulp grunt mount
  umount xz-utils getcap sqlite3 luajit erl mix elixir stack cabal ghc swift zig gradle sbt lein gpgv python3-config`
    .trim()
    .split(/\s+/),
);
