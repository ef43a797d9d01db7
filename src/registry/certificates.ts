import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { Environment } from './proxy.ts';

/** TLS material for one host, beyond what Node trusts by itself. */
export interface HostCertificates {
  /** PEM texts of every authority to trust: Node's own and the host's. */
  readonly ca: readonly string[];
  /** A client certificate and its key, PEM. */
  readonly cert?: string;
  readonly key?: string;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where Docker and podman look for certificates, a folder a host in each (containers-certs.d(5), Docker's manual). */
export function certificateFolders(env: Environment, home: string): string[] {
  const config = env.XDG_CONFIG_HOME || join(home, '.config');
  return [
    join(config, 'docker', 'certs.d'),
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'certs.d'),
    join(config, 'containers', 'certs.d'),
    '/etc/docker/certs.d',
    '/etc/containers/certs.d',
  ];
}

/**
 * The certificates of a host's folder in the first of some folders that has one: `*.crt` are authorities, `x.cert` with
 * `x.key` a client certificate. Undefined where there is none, so that Node's own defaults stay in force.
 */
export function hostCertificates(
  names: readonly string[],
  folders: readonly string[],
  env: Environment,
): HostCertificates | undefined {
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      let files: string[];
      try {
        files = readdirSync(path).sort();
      } catch {
        continue;
      }
      const pems = (suffix: string) => files.filter((file) => file.endsWith(suffix)).map((file) => join(path, file));
      const own = pems('.crt').flatMap((file) => read(file) ?? []);
      const certificate = pems('.cert').find((file) => files.some((key) => join(path, key) === keyOf(file)));
      const cert = certificate && read(certificate);
      const key = certificate && read(keyOf(certificate));
      if (own.length === 0 && !(cert && key)) continue;
      // A list of authorities replaces Node's own, NODE_EXTRA_CA_CERTS included, so both are put back.
      const extra = env.NODE_EXTRA_CA_CERTS ? read(env.NODE_EXTRA_CA_CERTS) : undefined;
      const ca = [...rootCertificates, ...(extra ? [extra] : []), ...own];
      return { ca, ...(cert && key && { cert, key }) };
    }
  }
  return undefined;
}

function keyOf(certificate: string): string {
  return certificate.replace(/\.cert$/, '.key');
}
