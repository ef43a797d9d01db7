/**
 * Hosts that serve the same over HTTPS as over HTTP. None was asked: public Dockerfiles and build files fetch from each of
 * them by `https:` (most rows looked up in November 2026). Hosts that are gone, as `central.maven.org`, are left out.
 */
const alsoSecure = new Set(
  `github.com raw.githubusercontent.com codeload.github.com objects.githubusercontent.com gitlab.com bitbucket.org
  pypi.org pypi.python.org files.pythonhosted.org bootstrap.pypa.io registry.npmjs.org nodejs.org
  repo1.maven.org repo.maven.apache.org archive.apache.org downloads.apache.org dlcdn.apache.org
  www.apache.org dl.google.com storage.googleapis.com golang.org go.dev dl.k8s.io
  ftp.gnu.org www.openssl.org www.python.org www.sqlite.org sourceforge.net downloads.sourceforge.net
  getcomposer.org get.docker.com download.docker.com www.kernel.org cdn.kernel.org rubygems.org crates.io
  static.rust-lang.org sh.rustup.rs curl.se curl.haxx.se nginx.org dl-cdn.alpinelinux.org zlib.net www.zlib.net
  releases.hashicorp.com services.gradle.org repo.anaconda.com cran.r-project.org cloud.r-project.org`
    .trim()
    .split(/\s+/),
);

/** An address as it is written, where its host is. */
export interface Address {
  readonly scheme: string;
  /** Lower case, without a port; undefined where a variable takes part in it. */
  readonly host: string | undefined;
}

/** Reads an address; undefined for a text that is none. */
export function readAddress(text: string): Address | undefined {
  const match = /^["']?([a-z][a-z0-9+.-]*):\/\/(?:[^/@\s]*@)?([^/:\s"'?#]+)/i.exec(text);
  if (!match) return undefined;
  return { scheme: match[1]!.toLowerCase(), host: match[2]!.includes('$') ? undefined : match[2]!.toLowerCase() };
}

/** Whether a host is one of a private network, whose certificate no public authority vouches for. */
export function isPrivate(host: string): boolean {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host) || host.startsWith('[')) return true;
  return (
    !host.includes('.') || /\.(?:local|internal|lan|corp|intranet|home|localhost|test|example|invalid)$/.test(host)
  );
}

export function servesSecurely(host: string): boolean {
  return alsoSecure.has(host);
}
