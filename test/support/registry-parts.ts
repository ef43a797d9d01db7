import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from './temporary.ts';

/** A running registry. */
export interface RunningRegistry {
  /** Host and port. */
  readonly host: string;
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts Debian's docker-registry on a free port, in memory or in a folder, with more of its configuration in YAML. */
export async function startRegistry(
  folder: string,
  { more = '', storage = '{inmemory: {}, delete: {enabled: true}}', http = '' } = {},
): Promise<RunningRegistry> {
  const config = join(mkdtempSync(join(folder, 'registry-')), 'config.yml');
  const settings = [
    'version: 0.1',
    'log: {level: info, formatter: json, accesslog: {disabled: true}}',
    `storage: ${storage}`,
    `http: {addr: "127.0.0.1:0"${http === '' ? '' : `, ${http}`}}`,
    more,
  ];
  writeFileSync(config, `${settings.join('\n')}\n`);
  const env = { PATH: process.env.PATH ?? '', OTEL_TRACES_EXPORTER: 'none' };
  const child: ChildProcess = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'], env });
  const end = () => void child.kill();
  const forget = atEnd(end);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let log = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr!.setEncoding('utf8').on('data', (piece: string) => {
      log += piece;
      const match = /listening on 127\.0\.0\.1:(\d+)/.exec(log);
      if (match) resolve(Number(match[1]));
    });
    child.once('exit', (code) => reject(new Error(`docker-registry ended with ${code}: ${log}`)));
  });
  const host = `127.0.0.1:${port}`;
  const scheme = http.includes('tls') ? 'https' : 'http';
  const stop = async () => {
    end();
    await gone;
    forget();
  };
  return { host, port, url: `${scheme}://${host}`, stop };
}

/** A certificate authority and a certificate of it for this machine; PEM texts and their paths. */
export interface TestCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** Makes certificates with openssl, for `localhost`, `registry.test` and 127.0.0.1. */
export function makeCertificates(folder: string, name = 'tls'): TestCertificates {
  const path = join(folder, name);
  mkdirSync(path);
  const file = (suffix: string) => join(path, suffix);
  const run = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = ['-x509', '-keyout', file('ca.key'), '-out', file('ca.crt'), '-days', '2', '-subj', '/CN=test ca'];
  run('req', ...curve, ...authority);
  run('req', ...curve, '-keyout', file('leaf.key'), '-out', file('leaf.csr'), '-subj', '/CN=registry.test');
  writeFileSync(file('san'), 'subjectAltName=DNS:localhost,DNS:registry.test,DNS:other.test,IP:127.0.0.1\n');
  const signer = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  run(
    'x509',
    '-req',
    '-in',
    file('leaf.csr'),
    ...signer,
    '-out',
    file('leaf.crt'),
    '-days',
    '2',
    '-extfile',
    file('san'),
  );
  const read = (suffix: string) => readFileSync(file(suffix), 'utf8');
  return {
    ca: read('ca.crt'),
    cert: read('leaf.crt'),
    key: read('leaf.key'),
    caPath: file('ca.crt'),
    certPath: file('leaf.crt'),
    keyPath: file('leaf.key'),
  };
}

/** The digest that skopeo finds for an image, the oracle of the tests. */
export async function skopeoDigest(image: string, ...flags: string[]): Promise<string> {
  const args = ['inspect', '--tls-verify=false', ...flags, '--format', '{{.Digest}}', `docker://${image}`];
  // Not in one go: it may ask a server of the test itself.
  const { stdout } = await promisify(execFile)('skopeo', args, { timeout: 30_000 });
  return stdout.trim();
}
