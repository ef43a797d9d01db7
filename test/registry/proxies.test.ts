import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { proxyFromEnvironment } from '../../src/registry/proxy.ts';
import { clientOf, failure, lookupOf } from '../support/registry-client.ts';
import { FakeRegistry, TestServer } from '../support/registry-fake.ts';
import { imageOf, indexOf } from '../support/registry-images.ts';

const index = indexOf([imageOf()]);

describe('94: proxies from the environment', () => {
  const through = (env: Record<string, string>, url: string) => proxyFromEnvironment(env)(new URL(url))?.href;

  test('94: lower case wins, each scheme has its own, a bare host is http', () => {
    const env = { HTTPS_PROXY: 'http://upper:1', https_proxy: 'lower:2', HTTP_PROXY: 'http://plain:3' };
    expect(through(env, 'https://a.example/')).toBe('http://lower:2/');
    expect(through(env, 'http://a.example/')).toBe('http://plain:3/');
    expect(through({ HTTP_PROXY: 'http://plain:3' }, 'https://a.example/')).toBeUndefined();
    expect(through({ HTTPS_PROXY: '', https_proxy: '' }, 'https://a.example/')).toBeUndefined();
    expect(through({ HTTP_PROXY: 'http://evil:3', REQUEST_METHOD: 'GET' }, 'http://a.example/')).toBeUndefined();
  });

  test.each([
    ['a.example', 'https://a.example/', false],
    ['a.example', 'https://b.a.example/', false],
    ['a.example', 'https://ba.example/', true],
    ['.a.example', 'https://a.example/', true],
    ['.a.example', 'https://b.a.example/', false],
    ['*.a.example', 'https://b.a.example/', false],
    ['A.EXAMPLE', 'https://a.example/', false],
    ['a.example:443', 'https://a.example/', false],
    ['a.example:444', 'https://a.example/', true],
    ['a.example:5000', 'https://a.example:5000/', false],
    ['x, a.example', 'https://a.example/', false],
    ['x a.example', 'https://a.example/', false],
    ['10.0.0.0/8', 'https://10.1.2.3:5000/', false],
    ['10.0.0.0/8', 'https://11.1.2.3/', true],
    ['10.0.0.0/99', 'https://10.1.2.3/', true],
    ['10.1.2.3', 'https://10.1.2.3/', false],
    ['10.1.2.3:5000', 'https://10.1.2.3:5000/', false],
    ['fd00::/8', 'https://[fd12::1]:5000/', false],
    ['fd12::1', 'https://[fd12::1]/', false],
    ['[fd12::1]:5000', 'https://[fd12::1]:5000/', false],
    ['2.3', 'https://10.1.2.3/', true],
    ['*', 'https://a.example/', false],
    ['', 'https://localhost:5000/', false],
    ['', 'https://127.0.0.1/', false],
    ['', 'https://a.example/', true],
  ])('94: NO_PROXY=%s, %s: %s', (value, url, expected) => {
    expect(through({ NO_PROXY: value, HTTPS_PROXY: 'http://p:1' }, url) !== undefined).toBe(expected);
  });

  test('94: what is no proxy is an error without its value', () => {
    for (const value of ['socks5://user:secretword@p:1', 'http://user:secretword@[', 'ftp://p']) {
      expect(() => proxyFromEnvironment({ HTTPS_PROXY: value })).toThrow(/HTTPS_PROXY/);
      expect(() => proxyFromEnvironment({ HTTPS_PROXY: value })).not.toThrow(/secretword/);
    }
  });
});

describe('95: through a proxy', () => {
  let fake: FakeRegistry;
  let proxy: TestServer;
  let tunnels: { url: string; authorization: string | undefined }[];

  beforeEach(async () => {
    fake = await FakeRegistry.start();
    fake.add('acme/app', ['1'], index);
    tunnels = [];
    proxy = await TestServer.start(({ url, headers }, response) => {
      if (headers['proxy-authorization'] === undefined) response.writeHead(407).end();
      else fake.answer({ method: 'HEAD', url, headers, body: '' }, response);
    });
    proxy.server.on('connect', (request: IncomingMessage, socket: Socket) => {
      tunnels.push({ url: request.url ?? '', authorization: request.headers['proxy-authorization'] });
      if (request.url?.startsWith('refused.')) socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      else {
        const onward = connect(fake.server.port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          onward.pipe(socket).pipe(onward);
        });
        onward.on('error', () => socket.destroy());
      }
      socket.on('error', () => undefined);
    });
  });
  afterEach(async () => {
    await fake.stop();
    await proxy.stop();
  });
  const env = (userinfo = 'user:proxy-secret@') => ({
    HTTP_PROXY: `http://${userinfo}${proxy.host}`,
    HTTPS_PROXY: `http://${userinfo}${proxy.host}`,
  });

  test('95: a registry without TLS is asked through the proxy without CONNECT', async () => {
    const client = clientOf({ env: env(), insecure: ['plain.example:5000'] });
    expect((await client.resolveDigest('plain.example:5000/acme/app:1')).digest).toBe(index.digest);
    expect(tunnels).toEqual([]);
    expect(proxy.seen[0]?.url.href).toBe('http://plain.example:5000/v2/acme/app/manifests/1');
    expect(proxy.seen[0]?.headers['proxy-authorization']).toMatch(/^Basic /);
    await client.close();
  });

  test('95: a registry with TLS is asked by CONNECT, and what is no TLS behind it is an error', async () => {
    const client = clientOf({ env: env() });
    const error = await failure(client.resolveDigest('tls.example/acme/app:1'));
    expect(['tls', 'network']).toContain(error.kind);
    expect(tunnels[0]?.url).toBe('tls.example:443');
    expect(tunnels[0]?.authorization).toMatch(/^Basic /);
    expect(error.message).not.toContain('proxy-secret');
    await client.close();
  });

  test('94, 98: a proxy that refuses or is gone is said, without its password', async () => {
    const client = clientOf({ env: env() });
    const refused = await failure(client.resolveDigest('refused.example/acme/app:1'));
    expect(refused).toMatchObject({ kind: 'network', host: 'refused.example' });
    expect(refused.message).toContain('the proxy refused (403)');
    await client.close();

    const nobody = clientOf({ env: env(''), insecure: ['plain.example'] });
    const unauthorized = await failure(nobody.resolveDigest('plain.example/acme/app:1'));
    expect(unauthorized.message).toContain('407');
    await nobody.close();

    const url = env();
    await proxy.stop();
    const gone = clientOf({ env: url });
    const error = await failure(gone.resolveDigest('tls.example/acme/app:1'));
    expect(error).toMatchObject({ kind: 'network', host: 'tls.example' });
    expect(error.message).toContain('proxy');
    expect(error.message).not.toContain('proxy-secret');
    await gone.close();
  });

  test('94: loopback registries and NO_PROXY go direct', async () => {
    const client = clientOf({
      env: { ...env(), no_proxy: 'plain.example' },
      insecure: [`plain.example:${fake.server.port}`],
      lookup: lookupOf({ 'plain.example': '127.0.0.1' }),
    });
    expect((await client.resolveDigest(`${fake.host}/acme/app:1`)).digest).toBe(index.digest);
    expect((await client.resolveDigest(`plain.example:${fake.server.port}/acme/app:1`)).digest).toBe(index.digest);
    expect(proxy.seen).toEqual([]);
    await client.close();
  });

  test('86: a metadata address is not asked through a proxy either', async () => {
    const client = clientOf({ env: env(), insecure: ['169.254.169.254'] });
    expect((await failure(client.resolveDigest('169.254.169.254/x'))).kind).toBe('untrusted');
    expect(proxy.seen).toEqual([]);
    await client.close();
  });
});
