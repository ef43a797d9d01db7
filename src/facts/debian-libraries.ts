/** Releases of Debian that the table was read for. */
type DebianRelease = 'bullseye' | 'bookworm' | 'trixie';

/**
 * What a program that was linked against a development package needs when it runs: packages with blanks between them, by
 * release where the names differ. Read in Debian's package indexes (`apt-cache depends`), November 2026.
 */
const libraries: Readonly<Record<string, string | Readonly<Partial<Record<DebianRelease, string>>>>> = {
  'default-libmysqlclient-dev': 'libmariadb3',
  'freetds-dev': 'libct4 libsybdb5',
  'libaio-dev': { bullseye: 'libaio1', bookworm: 'libaio1', trixie: 'libaio1t64' },
  'libargon2-dev': 'libargon2-1',
  'libbrotli-dev': 'libbrotli1',
  'libbz2-dev': 'libbz2-1.0',
  'libc-ares-dev': { bullseye: 'libc-ares2', bookworm: 'libc-ares2', trixie: 'libcares2' },
  'libcairo2-dev': 'libcairo2',
  'libcap-dev': 'libcap2',
  'libcurl4-gnutls-dev': { bullseye: 'libcurl3-gnutls', bookworm: 'libcurl3-gnutls', trixie: 'libcurl3t64-gnutls' },
  'libcurl4-openssl-dev': { bullseye: 'libcurl4', bookworm: 'libcurl4', trixie: 'libcurl4t64' },
  'libdbus-1-dev': 'libdbus-1-3',
  'libedit-dev': 'libedit2',
  'libelf-dev': { bullseye: 'libelf1', bookworm: 'libelf1', trixie: 'libelf1t64' },
  'libev-dev': { bullseye: 'libev4', bookworm: 'libev4', trixie: 'libev4t64' },
  'libevent-dev': {
    bullseye: 'libevent-2.1-7 libevent-openssl-2.1-7 libevent-pthreads-2.1-7',
    bookworm: 'libevent-2.1-7 libevent-openssl-2.1-7 libevent-pthreads-2.1-7',
    trixie: 'libevent-2.1-7t64 libevent-openssl-2.1-7t64 libevent-pthreads-2.1-7t64',
  },
  'libexpat1-dev': 'libexpat1',
  'libffi-dev': { bullseye: 'libffi7', bookworm: 'libffi8', trixie: 'libffi8' },
  'libfreetype-dev': 'libfreetype6',
  'libfreetype6-dev': 'libfreetype6',
  'libgd-dev': 'libgd3',
  'libgdal-dev': { bullseye: 'libgdal28', bookworm: 'libgdal32', trixie: 'libgdal36' },
  'libgdbm-dev': { bullseye: 'libgdbm6', bookworm: 'libgdbm6', trixie: 'libgdbm6t64' },
  'libgeos-dev': { bullseye: 'libgeos-c1v5', bookworm: 'libgeos-c1v5', trixie: 'libgeos-c1t64' },
  'libgif-dev': 'libgif7',
  'libglib2.0-dev': { bullseye: 'libglib2.0-0', bookworm: 'libglib2.0-0', trixie: 'libglib2.0-0t64' },
  'libgmp-dev': 'libgmp10',
  'libgpgme-dev': { bullseye: 'libgpgme11', bookworm: 'libgpgme11', trixie: 'libgpgme11t64' },
  'libheif-dev': 'libheif1',
  'libhiredis-dev': { bullseye: 'libhiredis0.14', bookworm: 'libhiredis0.14', trixie: 'libhiredis1.1.0' },
  'libicu-dev': { bullseye: 'libicu67', bookworm: 'libicu72', trixie: 'libicu76' },
  'libjansson-dev': 'libjansson4',
  'libjemalloc-dev': 'libjemalloc2',
  'libjpeg-dev': 'libjpeg62-turbo',
  'libjpeg62-turbo-dev': 'libjpeg62-turbo',
  'libkrb5-dev': 'libgssapi-krb5-2',
  'liblcms2-dev': 'liblcms2-2',
  'libldap-dev': { bookworm: 'libldap-2.5-0', trixie: 'libldap2' },
  'libldap2-dev': { bullseye: 'libldap-2.4-2', bookworm: 'libldap-2.5-0', trixie: 'libldap2' },
  'liblz4-dev': 'liblz4-1',
  'liblzma-dev': 'liblzma5',
  'libmagic-dev': { bullseye: 'libmagic1', bookworm: 'libmagic1', trixie: 'libmagic1t64' },
  'libmariadb-dev': 'libmariadb3',
  'libmcrypt-dev': 'libmcrypt4',
  'libmemcached-dev': { bullseye: 'libmemcached11', bookworm: 'libmemcached11', trixie: 'libmemcached11t64' },
  'libmpfr-dev': 'libmpfr6',
  'libncurses-dev': 'libncurses6',
  'libncurses5-dev': { bullseye: 'libncurses6', bookworm: 'libncurses6' },
  'libncursesw5-dev': { bullseye: 'libncursesw6', bookworm: 'libncursesw6' },
  'libnghttp2-dev': 'libnghttp2-14',
  'libonig-dev': 'libonig5',
  'libopenblas-dev': 'libopenblas0',
  'libopenjp2-7-dev': 'libopenjp2-7',
  'libpango1.0-dev': 'libpangocairo-1.0-0',
  'libpcap-dev': { bullseye: 'libpcap0.8', bookworm: 'libpcap0.8', trixie: 'libpcap0.8t64' },
  'libpcre2-dev': 'libpcre2-8-0',
  'libpcre3-dev': { bullseye: 'libpcre3', bookworm: 'libpcre3' },
  'libpng-dev': { bullseye: 'libpng16-16', bookworm: 'libpng16-16', trixie: 'libpng16-16t64' },
  'libpq-dev': 'libpq5',
  'libproj-dev': { bullseye: 'libproj19', bookworm: 'libproj25', trixie: 'libproj25' },
  'librabbitmq-dev': 'librabbitmq4',
  'librdkafka-dev': 'librdkafka1',
  'libreadline-dev': { bullseye: 'libreadline8', bookworm: 'libreadline8', trixie: 'libreadline8t64' },
  'librsvg2-dev': 'librsvg2-2',
  'libsasl2-dev': 'libsasl2-2',
  'libseccomp-dev': 'libseccomp2',
  'libsnappy-dev': 'libsnappy1v5',
  'libsodium-dev': 'libsodium23',
  'libspatialindex-dev': {
    bullseye: 'libspatialindex-c6',
    bookworm: 'libspatialindex-c6',
    trixie: 'libspatialindex-c8',
  },
  'libsqlcipher-dev': { bullseye: 'libsqlcipher0', bookworm: 'libsqlcipher0', trixie: 'libsqlcipher1' },
  'libsqlite3-dev': 'libsqlite3-0',
  'libssh-dev': 'libssh-4',
  'libssh2-1-dev': { bullseye: 'libssh2-1', bookworm: 'libssh2-1', trixie: 'libssh2-1t64' },
  'libssl-dev': { bullseye: 'libssl1.1', bookworm: 'libssl3', trixie: 'libssl3t64' },
  'libsystemd-dev': 'libsystemd0',
  'libtidy-dev': { bullseye: 'libtidy5deb1', bookworm: 'libtidy5deb1', trixie: 'libtidy58' },
  'libtiff-dev': { bullseye: 'libtiff5', bookworm: 'libtiff6', trixie: 'libtiff6' },
  'libtiff5-dev': { bullseye: 'libtiff5', bookworm: 'libtiff6', trixie: 'libtiff6' },
  'libunwind-dev': 'libunwind8',
  'libusb-1.0-0-dev': 'libusb-1.0-0',
  'libuv1-dev': { bullseye: 'libuv1', bookworm: 'libuv1', trixie: 'libuv1t64' },
  'libvips-dev': { bullseye: 'libvips42', bookworm: 'libvips42', trixie: 'libvips42t64' },
  'libwebp-dev': {
    bullseye: 'libwebp6 libwebpdemux2 libwebpmux3',
    bookworm: 'libwebp7 libwebpdemux2 libwebpmux3',
    trixie: 'libwebp7 libwebpdemux2 libwebpmux3',
  },
  'libxcb1-dev': 'libxcb1',
  'libxml2-dev': 'libxml2',
  'libxmlsec1-dev': { bullseye: 'libxmlsec1-openssl', bookworm: 'libxmlsec1-openssl', trixie: 'libxmlsec1t64-openssl' },
  'libxslt-dev': 'libxslt1.1',
  'libxslt1-dev': 'libxslt1.1',
  'libyaml-dev': 'libyaml-0-2',
  'libzip-dev': { bullseye: 'libzip4', bookworm: 'libzip4', trixie: 'libzip5' },
  'libzmq3-dev': 'libzmq5',
  'libzstd-dev': 'libzstd1',
  'unixodbc-dev': { bullseye: 'libodbc1', bookworm: 'libodbc2 libodbcinst2', trixie: 'libodbc2 libodbcinst2' },
  'uuid-dev': 'libuuid1',
  'zlib1g-dev': 'zlib1g',
};

const releases: ReadonlySet<string> = new Set(['bullseye', 'bookworm', 'trixie'] satisfies DebianRelease[]);

/**
 * The run-time packages behind a development package of Debian in a release, or in all of them where it is not known or
 * may be an older one; undefined where that is not told, as for other distributions.
 */
export function debianLibraries(
  development: string,
  release: { readonly name: string; readonly exact: boolean } | undefined,
): readonly string[] | undefined {
  if ((release && !releases.has(release.name)) || !Object.hasOwn(libraries, development)) return undefined;
  const known = libraries[development]!;
  const names = typeof known === 'string' ? known : release?.exact ? known[release.name as DebianRelease] : undefined;
  return names?.split(' ');
}
