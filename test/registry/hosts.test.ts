import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { certificateFolders, hostCertificates } from '../../src/registry/certificates.ts';
import { endpointOf, mirrorsOf, upstreamOf } from '../../src/registry/hosts.ts';
import { matchesRegistry, RegistryError } from '../../src/registry/index.ts';
import { temporaryFolder } from '../support/parts.ts';

const nothing = () => false;
const root = (domain: string, insecure: string[] = [], hasCertificate: (host: string) => boolean = nothing) =>
  endpointOf(domain, { insecure }, hasCertificate).root.href;

describe('45: with or without TLS', () => {
  test.each([
    ['localhost', 'http://localhost/v2'],
    ['localhost:5000', 'http://localhost:5000/v2'],
    ['foo.svc.localhost:1', 'http://foo.svc.localhost:1/v2'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000/v2'],
    ['127.0.0.1:443', 'http://127.0.0.1:443/v2'],
    ['[::1]:5000', 'http://[::1]:5000/v2'],
    ['127.0.0.1.evil.com', 'https://127.0.0.1.evil.com/v2'],
    ['localhost.evil.com:5000', 'https://localhost.evil.com:5000/v2'],
    ['10.0.0.1:5000', 'https://10.0.0.1:5000/v2'],
    ['192.168.1.1', 'https://192.168.1.1/v2'],
    ['registry.local', 'https://registry.local/v2'],
    ['0.0.0.0:5000', 'https://0.0.0.0:5000/v2'],
    ['ghcr.io', 'https://ghcr.io/v2'],
    ['LOCALDOMAIN', 'https://localdomain/v2'],
  ])('45: %s is asked at %s', (domain, expected) => expect(root(domain)).toBe(expected));

  test('46: Docker Hub is asked at registry-1.docker.io', () => {
    expect(root('docker.io')).toBe('https://registry-1.docker.io/v2');
    expect(root('index.docker.io')).toBe('https://registry-1.docker.io/v2');
  });

  test('97: hosts that are named, with their port, and this machine without a certificate of its own', () => {
    expect(root('r.example:5000', ['r.example:5000'])).toBe('http://r.example:5000/v2');
    expect(root('R.example:5000', ['r.EXAMPLE:5000'])).toBe('http://r.example:5000/v2');
    expect(root('r.example:5001', ['r.example:5000'])).toBe('https://r.example:5001/v2');
    expect(root('r.example:443', ['r.example:443'])).toBe('http://r.example:443/v2');
    expect(root('localhost:5000', [], (host) => host === 'localhost:5000')).toBe('https://localhost:5000/v2');
  });

  test('97: what must be this machine may be nowhere else', () => {
    expect(endpointOf('a.localhost', {}, nothing).policy.loopbackOnly).toBe(true);
    expect(endpointOf('a.localhost', { insecure: ['a.localhost'] }, nothing).policy.loopbackOnly).toBeUndefined();
    expect(endpointOf('ghcr.io', {}, nothing).policy.loopbackOnly).toBeUndefined();
  });

  test.each(['192.168.1.1:75050', '[fd00123123123]:80', '[::1]:99999'])('%s is no host that can be asked', (domain) => {
    expect(() => root(domain)).toThrow(RegistryError);
  });
});

describe('86: patterns', () => {
  test.each([
    ['ghcr.io', 'ghcr.io', 'a/b', true],
    ['GHCR.io', 'ghcr.IO', 'a/b', true],
    ['ghcr.io', 'ghcr.io.evil.com', 'a', false],
    ['host:5000', 'host:5000', 'a', true],
    ['host', 'host:5000', 'a', false],
    ['*.example.com', 'a.example.com', 'x', true],
    ['*.example.com', 'a.b.example.com', 'x', true],
    ['*.example.com', 'example.com', 'x', false],
    ['*.example.com', 'aexample.com', 'x', false],
    ['*', 'anything:1', 'x', true],
    ['docker.io/library', 'docker.io', 'library/node', true],
    ['docker.io/library/', 'docker.io', 'library/node', true],
    ['docker.io/library/*', 'docker.io', 'library/node', true],
    ['docker.io/library', 'docker.io', 'library', true],
    ['docker.io/library', 'docker.io', 'libraryx/node', false],
    ['docker.io/library', 'quay.io', 'library/node', false],
  ])('86: %s, %s/%s: %s', (pattern, domain, path, expected) => {
    expect(matchesRegistry(pattern, { domain, path })).toBe(expected);
  });
});

describe('101: where content comes from', () => {
  test('101: the longest prefix wins, and a prefix ends with a component', () => {
    const rules = { upstreams: { 'p.corp': 'a.example', 'p.corp/hub': 'docker.io', 'p.corp/hub/x': 'ghcr.io/y' } };
    const mapped = (domain: string, path: string) => upstreamOf({ domain, path }, rules);
    expect(mapped('p.corp', 'hub/library/node')).toEqual({ domain: 'docker.io', path: 'library/node' });
    expect(mapped('p.corp', 'hub/x/z')).toEqual({ domain: 'ghcr.io', path: 'y/z' });
    expect(mapped('p.corp', 'hubble/x')).toEqual({ domain: 'a.example', path: 'hubble/x' });
    expect(mapped('q.corp', 'hub/x')).toEqual({ domain: 'q.corp', path: 'hub/x' });
  });

  test('102: roots of mirrors', () => {
    const mirrors = {
      'docker.io': ['https://m.example', 'https://h.example:8443/v2/proxy/', 'http://plain.example/x?y#z'],
    };
    expect(mirrorsOf('docker.io', { mirrors }).map(({ root: { href } }) => href)).toEqual([
      'https://m.example/v2',
      'https://h.example:8443/v2/proxy',
      'http://plain.example/x',
    ]);
    expect(mirrorsOf('ghcr.io', { mirrors })).toEqual([]);
  });

  test('103: a mirror is its own host to credentials', () => {
    const [mirror] = mirrorsOf('docker.io', { mirrors: { 'docker.io': ['https://m.example:8443/v2/hub'] } });
    expect(mirror).toMatchObject({ name: 'm.example:8443', mirrorOf: 'docker.io' });
  });
});

describe('96: certificates', () => {
  test('96: authorities join those of Node and of NODE_EXTRA_CA_CERTS; a client certificate needs its key', () => {
    const folder = temporaryFolder();
    const write = (path: string, text: string) => {
      mkdirSync(join(folder.path, path, '..'), { recursive: true });
      writeFileSync(join(folder.path, path), text);
      return join(folder.path, path);
    };
    const extra = write('extra.pem', 'EXTRA');
    write('certs.d/r.example:5000/ca.crt', 'OWN');
    write('certs.d/r.example:5000/client.cert', 'CERT');
    write('certs.d/r.example:5000/client.key', 'KEY');
    write('certs.d/r.example:5000/other.cert', 'NO KEY');
    write('certs.d/empty.example/readme.txt', '');
    write('certs.d/half.example/x.cert', 'NO KEY');
    const folders = [join(folder.path, 'none'), join(folder.path, 'certs.d')];
    const of = (name: string) => hostCertificates([name], folders, { NODE_EXTRA_CA_CERTS: extra });
    expect(of('r.example:5000')).toEqual({ ca: [...rootCertificates, 'EXTRA', 'OWN'], cert: 'CERT', key: 'KEY' });
    for (const name of ['empty.example', 'half.example', 'none.example', '..']) expect(of(name)).toBeUndefined();
    folder.remove();
  });

  test('96: where they are looked for', () => {
    const folders = certificateFolders({ XDG_CONFIG_HOME: '/config', DOCKER_CONFIG: '/docker' }, '/home/u');
    expect(folders).toEqual([
      '/config/docker/certs.d',
      '/docker/certs.d',
      '/config/containers/certs.d',
      '/etc/docker/certs.d',
      '/etc/containers/certs.d',
    ]);
  });
});
