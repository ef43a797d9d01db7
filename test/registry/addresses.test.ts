import { describe, expect, test } from 'vitest';
import { addressKind, isAllowedAddress, isLoopbackName } from '../../src/registry/address.ts';
import { checkedRealm } from '../../src/registry/tokens.ts';
import { clientOf, failure, lookupOf } from '../support/registry-client.ts';
import { FakeRegistry } from '../support/registry-fake.ts';
import { imageOf, indexOf } from '../support/registry-images.ts';

const index = indexOf([imageOf()]);

describe('82: addresses', () => {
  test.each([
    ['169.254.169.254', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['fd00:ec2::254', 'forbidden'],
    ['100.100.100.200', 'forbidden'],
    ['::ffff:169.254.169.254', 'forbidden'],
    ['::ffff:a9fe:a9fe', 'forbidden'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['2002:a9fe:a9fe::1', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['127.0.0.1', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['::1', 'loopback'],
    ['::', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['172.32.0.1', 'public'],
    ['8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
    ['::ffff:8.8.8.8', 'public'],
  ])('%s is %s', (address, kind) => expect(addressKind(address)).toBe(kind));

  test('a policy allows what is as near as it says, or loopback alone', () => {
    expect(isAllowedAddress('10.0.0.1', { nearest: 'public' })).toBe(false);
    expect(isAllowedAddress('10.0.0.1', { nearest: 'private' })).toBe(true);
    expect(isAllowedAddress('127.0.0.1', { nearest: 'private' })).toBe(false);
    expect(isAllowedAddress('127.0.0.1', { nearest: 'loopback' })).toBe(true);
    expect(isAllowedAddress('8.8.8.8', { nearest: 'loopback', loopbackOnly: true })).toBe(false);
    expect(isAllowedAddress('169.254.169.254', { nearest: 'loopback' })).toBe(false);
  });

  test('names that can only be this machine', () => {
    for (const name of ['localhost', 'LOCALHOST', 'foo.svc.localhost', 'localhost.', '127.0.0.1', '[::1]']) {
      expect(isLoopbackName(name), name).toBe(true);
    }
    for (const name of ['127.0.0.1.evil.com', 'localhost.evil.com', 'notlocalhost', '10.0.0.1', '0.0.0.0']) {
      expect(isLoopbackName(name), name).toBe(false);
    }
  });
});

describe('81: realms', () => {
  const https = new URL('https://registry.example/v2');
  const http = new URL('http://127.0.0.1:5000/v2');
  test.each([
    ['http://auth.example/token', https],
    ['https://user:pw@auth.example/token', https],
    ['https://user@auth.example/token', https],
    ['file:///etc/passwd', https],
    ['ftp://auth.example', http],
    ['not a url', https],
    ['', https],
    [undefined, https],
  ])('81: %s is refused', (realm, registry) => {
    expect(() => checkedRealm(realm, registry)).toThrow('no credentials were sent');
  });
  test('81: https, and http for a registry on http', () => {
    expect(checkedRealm('https://auth.example/token?x=1#y', https).href).toBe('https://auth.example/token?x=1');
    expect(checkedRealm('http://127.0.0.1:1/token', http).href).toBe('http://127.0.0.1:1/token');
  });
});

describe('hosts', () => {
  test('86: a Dockerfile that names a metadata address gets no connection at all', async () => {
    const client = clientOf({ insecure: ['169.254.169.254', '169.254.169.254:80', '[fd00:ec2::254]'] });
    for (const text of [
      '169.254.169.254/x',
      '169.254.169.254:80/latest/meta-data',
      '[fd00:ec2::254]/x',
      '2852039166:80/x',
    ]) {
      expect((await failure(client.resolveDigest(text))).kind).toBe('untrusted');
    }
    expect(client.requests.count()).toBe(0);
    await client.close();
  });

  test('82: a name that turns into such an address is refused when it is connected to', async () => {
    const lookup = lookupOf({ 'metadata.example': '169.254.169.254', 'mapped.example': '::ffff:169.254.169.254' });
    const client = clientOf({ lookup });
    for (const host of ['metadata.example', 'mapped.example']) {
      expect(await failure(client.resolveDigest(`${host}/x`))).toMatchObject({ kind: 'untrusted', host });
    }
    await client.close();
  });

  test('82: a name under localhost must be this machine, as it is asked without TLS', async () => {
    const fake = await FakeRegistry.start();
    fake.add('x', ['latest'], index);
    const { port } = fake.server;
    const client = clientOf({ lookup: lookupOf({ 'a.localhost': '127.0.0.1', 'b.localhost': '93.184.216.34' }) });
    expect((await client.resolveDigest(`a.localhost:${port}/x`)).digest).toBe(index.digest);
    expect((await failure(client.resolveDigest(`b.localhost:${port}/x`))).kind).toBe('untrusted');
    await client.close();
    await fake.stop();
  });

  test('86: allow and deny lists', async () => {
    const client = clientOf({
      allowed: ['docker.io/library', '*.corp.example', 'ghcr.io'],
      denied: ['bad.corp.example', 'ghcr.io/evil/*'],
      offline: true,
    });
    const kind = async (text: string) => (await failure(client.resolveDigest(text))).kind;
    for (const text of ['node', 'docker.io/library/node', 'a.corp.example/x', 'ghcr.io/good/x']) {
      expect(await kind(text), text).toBe('offline');
    }
    for (const text of [
      'org/app',
      'corp.example/x',
      'bad.corp.example/x',
      'ghcr.io/evil/x',
      'localhost:5000/x',
      'quay.io/x',
    ]) {
      expect(await kind(text), text).toBe('not-allowed');
    }
    await client.close();
  });
});
