import { mkdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseChallenges } from '../../src/registry/challenge.ts';
import { temporaryFolder } from '../support/parts.ts';
import { clientOf, FakeClock, failure } from '../support/registry-client.ts';
import { answerJson, complain, FakeRegistry, type Seen, TestServer } from '../support/registry-fake.ts';
import { imageOf, indexOf } from '../support/registry-images.ts';

const index = indexOf([imageOf()]);

describe('67: challenges', () => {
  const schemes = (value: string | string[]) => parseChallenges(value).map(({ scheme }) => scheme);

  test('67: several in one header', () => {
    expect(parseChallenges('Bearer realm="https://a/t",service="a,b",scope="x:y:pull,push", Basic realm="r"')).toEqual([
      { scheme: 'bearer', parameters: { realm: 'https://a/t', service: 'a,b', scope: 'x:y:pull,push' } },
      { scheme: 'basic', parameters: { realm: 'r' } },
    ]);
  });

  test('67: several headers, schemes without parameters, and token68', () => {
    expect(schemes(['Negotiate', 'Basic realm="x"'])).toEqual(['negotiate', 'basic']);
    expect(schemes('Negotiate, Basic realm="x", Bearer realm="https://a"')).toEqual(['negotiate', 'basic', 'bearer']);
    expect(schemes('Negotiate YIIabc==, Bearer realm="https://a"')).toEqual(['negotiate', 'bearer']);
    expect(parseChallenges('bearer REALM = "https://a" , Service=plain')).toEqual([
      { scheme: 'bearer', parameters: { realm: 'https://a', service: 'plain' } },
    ]);
  });

  test('67: an unterminated quote, escapes, empty parts, and a repeated parameter', () => {
    expect(parseChallenges('Bearer realm="https://a/t')).toEqual([
      { scheme: 'bearer', parameters: { realm: 'https://a/t' } },
    ]);
    expect(parseChallenges('Basic realm="a \\"b\\" c",,,')).toEqual([
      { scheme: 'basic', parameters: { realm: 'a "b" c' } },
    ]);
    expect(parseChallenges('Bearer realm="one", realm="two"')[0]?.parameters.realm).toBe('one');
    expect(parseChallenges('')).toEqual([]);
    expect(parseChallenges(undefined)).toEqual([]);
    expect(parseChallenges(',;;; (')).toEqual([]);
  });

  test('67: long nonsense costs linear time', () => {
    for (const piece of ['a=', '"', ',', 'a b ', 'a="', '\\']) parseChallenges(piece.repeat(50_000));
  });
});

/** A registry that grants by token, and its token server; both say what they were asked. */
describe('tokens', () => {
  let fake: FakeRegistry;
  let tokens: TestServer;
  let folder: ReturnType<typeof temporaryFolder>;
  let answerToken: (seen: Seen, response: ServerResponse) => unknown;
  /** Which tokens open which repositories. */
  let accepts: (authorization: string | undefined, path: string) => boolean;
  let challenge: (path: string) => string;

  beforeAll(() => {
    folder = temporaryFolder();
  });
  afterAll(() => folder.remove());

  beforeEach(async () => {
    fake = await FakeRegistry.start();
    for (const name of ['acme/a', 'acme/b', 'acme/c']) fake.add(name, ['1', '2'], index);
    answerToken = ({ url }, response) =>
      answerJson(response, 200, { token: `token-for-${url.searchParams.get('scope')}`, expires_in: 300 });
    tokens = await TestServer.start((seen, response) => answerToken(seen, response));
    accepts = (authorization, path) => authorization === `Bearer token-for-repository:${path}:pull`;
    challenge = (path) => `Bearer realm="${tokens.url}/token",service="fake",scope="repository:${path}:pull"`;
    fake.hook = ({ url, headers }, response) => {
      const path = /^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(url.pathname)?.[1] ?? '';
      if (accepts(headers.authorization, path)) return false;
      complain(response, 401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge(path) });
      return true;
    };
  });
  afterEach(async () => {
    await fake.stop();
    await tokens.stop();
  });

  /** A home with a config.json that holds one login for the fake registry. */
  function home(auth: Record<string, unknown>): string {
    const path = join(folder.path, String(Math.random()));
    mkdirSync(join(path, '.docker'), { recursive: true });
    writeFileSync(join(path, '.docker', 'config.json'), JSON.stringify({ auths: { [fake.host]: auth } }));
    return path;
  }
  const basic = (pair: string) => Buffer.from(pair).toString('base64');

  test('65: the first request carries no credentials although there are some', async () => {
    const client = clientOf({ home: home({ auth: basic('user:secret-password') }) });
    await client.resolveDigest(`${fake.host}/acme/a:1`);
    expect(fake.seen[0]?.headers.authorization).toBeUndefined();
    expect(tokens.seen[0]?.headers.authorization).toBe(`Basic ${basic('user:secret-password')}`);
    expect(fake.seen[1]?.headers.authorization).toBe('Bearer token-for-repository:acme/a:pull');
    await client.close();
  });

  test('92: many references cost one HEAD each, one anonymous request, and one token a scope', async () => {
    const client = clientOf();
    const names = ['acme/a:1', 'acme/a:2', 'acme/b:1', 'acme/b:2', 'acme/c:1', 'acme/c:2'];
    const twice = [...names, ...names].map((name) => client.resolveDigest(`${fake.host}/${name}`));
    for (const found of await Promise.all(twice)) expect(found.digest).toBe(index.digest);
    expect(client.requests.count({ method: 'HEAD', authorized: false })).toBe(1);
    expect(client.requests.count({ method: 'HEAD', authorized: true })).toBe(6);
    expect(client.requests.count({ kind: 'token' })).toBe(3);
    expect(client.requests.count()).toBe(10);
    expect(fake.seen).toHaveLength(7);
    await client.close();
  });

  test('66: a challenge without a scope means `repository:<path>:pull`', async () => {
    challenge = () => `Bearer realm="${tokens.url}/token",service="fake"`;
    const client = clientOf();
    expect((await client.resolveDigest(`${fake.host}/acme/a:1`)).digest).toBe(index.digest);
    expect(tokens.seen[0]?.url.searchParams.getAll('scope')).toEqual(['repository:acme/a:pull']);
    expect(tokens.seen[0]?.url.searchParams.get('service')).toBe('fake');
    await client.close();
  });

  test('66: a scope of another shape is asked for as it is, and never guessed for other repositories', async () => {
    challenge = (path) => `Bearer realm="${tokens.url}/token",scope="plugin:${path}:x other:y:z"`;
    accepts = (authorization, path) => authorization === `Bearer token-for-plugin:${path}:x`;
    const client = clientOf();
    await client.resolveDigest(`${fake.host}/acme/a:1`);
    await client.resolveDigest(`${fake.host}/acme/b:1`);
    expect(tokens.seen.map(({ url }) => url.searchParams.getAll('scope'))).toEqual([
      ['plugin:acme/a:x', 'other:y:z'],
      ['plugin:acme/b:x', 'other:y:z'],
    ]);
    expect(tokens.seen[0]?.url.searchParams.has('service')).toBe(false);
    await client.close();
  });

  test('68: `access_token` will do, and `expires_in` that is absent is a minute, never stretched', async () => {
    answerToken = ({ url }, response) =>
      answerJson(response, 200, { access_token: `token-for-${url.searchParams.get('scope')}` });
    const clock = new FakeClock();
    const client = clientOf({ clock });
    await client.resolveDigest(`${fake.host}/acme/a:1`);
    clock.pass(50_000);
    await client.resolveDigest(`${fake.host}/acme/a:2`);
    expect(tokens.seen).toHaveLength(1);
    clock.pass(10_000);
    await client.resolveDigest(`${fake.host}/acme/a:2`, { fresh: true });
    expect(tokens.seen).toHaveLength(2);
    await client.close();
  });

  test('68: listing tags asks for the scope that it is challenged for', async () => {
    accepts = (authorization, path) => authorization === `Bearer token-for-repository:${path}:metadata_read`;
    challenge = (path) => `Bearer realm="${tokens.url}/token",scope="repository:${path}:metadata_read"`;
    const client = clientOf();
    expect((await client.listTags(`${fake.host}/acme/a`)).tags).toEqual(['1', '2']);
    await client.close();
  });

  test('69: a token that opens nothing means denied, not missing', async () => {
    accepts = () => false;
    challenge = (path) =>
      `Bearer realm="${tokens.url}/token",scope="repository:${path}:pull",error="insufficient_scope"`;
    const client = clientOf();
    const error = await failure(client.resolveDigest(`${fake.host}/acme/a:1`));
    expect(error).toMatchObject({ kind: 'denied', status: 401, reference: `${fake.host}/acme/a:1` });
    expect(error.advice).toContain(`docker login ${fake.host}`);
    expect(fake.seen.length).toBeLessThanOrEqual(3);
    await client.close();
  });

  test('70: stale credentials at the token server: once more without, and the user is told', async () => {
    answerToken = ({ url, headers }, response) => {
      if (headers.authorization) complain(response, 403, 'DENIED', 'personal access token is expired');
      else answerJson(response, 200, { token: `token-for-${url.searchParams.get('scope')}` });
    };
    const client = clientOf({ home: home({ auth: basic('user:stale-password') }) });
    for (const name of ['acme/a:1', 'acme/b:1', 'acme/c:1']) await client.resolveDigest(`${fake.host}/${name}`);
    expect(tokens.seen.filter(({ headers }) => headers.authorization)).toHaveLength(1);
    expect(client.warnings).toHaveLength(1);
    expect(client.warnings[0]).toContain(fake.host);
    expect(client.warnings.join()).not.toContain('stale-password');
    await client.close();
  });

  test('70: credentials that the registry refuses on use: once more without', async () => {
    answerToken = ({ url, headers }, response) =>
      answerJson(response, 200, {
        token: `${headers.authorization ? 'user-' : ''}token-for-${url.searchParams.get('scope')}`,
      });
    const client = clientOf({ home: home({ auth: basic('user:other-password') }) });
    expect((await client.resolveDigest(`${fake.host}/acme/a:1`)).digest).toBe(index.digest);
    expect(client.warnings).toHaveLength(1);
    await client.close();
  });

  test('70: refused with and without: denied, and it is said that there are credentials', async () => {
    accepts = () => false;
    const client = clientOf({ home: home({ auth: basic('user:secret-password') }) });
    const error = await failure(client.resolveDigest(`${fake.host}/acme/a:1`));
    expect(error.kind).toBe('denied');
    expect(error.message).toContain('the credentials at hand do not give access');
    expect(error.message).not.toContain('secret-password');
    await client.close();
  });

  test('71: an identity token is exchanged by POST; 404 there means GET', async () => {
    const client = clientOf({ home: home({ auth: basic('0000:'), identitytoken: 'identity/+&=secret' }) });
    await client.resolveDigest(`${fake.host}/acme/a:1`).catch(() => undefined);
    expect(tokens.seen[0]).toMatchObject({ method: 'POST' });
    expect(tokens.seen[0]?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(tokens.seen[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      service: 'fake',
      scope: 'repository:acme/a:pull',
      client_id: 'dockmend',
      refresh_token: 'identity/+&=secret',
    });
    expect(tokens.seen[0]?.url.search).toBe('');
    await client.close();

    answerToken = ({ method, url }, response) => {
      if (method === 'POST') response.writeHead(404).end();
      else answerJson(response, 200, { token: `token-for-${url.searchParams.get('scope')}` });
    };
    const older = clientOf({ home: home({ auth: basic('0000:'), identitytoken: 'identity-secret' }) });
    expect((await older.resolveDigest(`${fake.host}/acme/a:1`)).digest).toBe(index.digest);
    expect(tokens.seen.at(-1)?.headers.authorization).toBe(`Basic ${basic('0000:identity-secret')}`);
    await older.close();
  });

  test('a registry token of the configuration is used as it is', async () => {
    accepts = (authorization) => authorization === 'Bearer given-token';
    const client = clientOf({ home: home({ registrytoken: 'given-token' }) });
    expect((await client.resolveDigest(`${fake.host}/acme/a:1`)).digest).toBe(index.digest);
    expect(tokens.seen).toHaveLength(0);
    await client.close();
  });

  test('a token that was withdrawn while it was kept is fetched once more', async () => {
    let generation = 1;
    answerToken = (_, response) => answerJson(response, 200, { token: `generation-${generation}`, expires_in: 300 });
    accepts = (authorization) => authorization === `Bearer generation-${generation}`;
    const client = clientOf();
    await client.resolveDigest(`${fake.host}/acme/a:1`);
    generation = 2;
    expect((await client.resolveDigest(`${fake.host}/acme/a:2`)).digest).toBe(index.digest);
    expect(tokens.seen).toHaveLength(2);
    await client.close();
  });

  test('nonsense from the token server is no token', async () => {
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => response.writeHead(200).end('<html>'),
      (response) => answerJson(response, 200, {}),
      (response) => answerJson(response, 200, { token: 'a\r\nx-injected: yes' }),
      (response) => answerJson(response, 200, { token: '' }),
      (response) => answerJson(response, 200, null),
    ];
    for (const answer of answers) {
      answerToken = (_, response) => answer(response);
      const client = clientOf();
      expect((await failure(client.resolveDigest(`${fake.host}/acme/a:1`))).kind).toBe('untrusted');
      await client.close();
    }
  });

  test('Basic: credentials for this host alone; without any, denied', async () => {
    challenge = () => 'Basic realm="test"';
    accepts = (authorization) => authorization === `Basic ${basic('user:secret:with:colons')}`;
    const client = clientOf({ home: home({ auth: basic('user:secret:with:colons') }) });
    for (const name of ['acme/a:1', 'acme/b:1']) await client.resolveDigest(`${fake.host}/${name}`);
    expect(fake.seen.map(({ headers }) => headers.authorization !== undefined)).toEqual([false, true, true]);
    await client.close();
    const nobody = clientOf();
    expect((await failure(nobody.resolveDigest(`${fake.host}/acme/a:1`))).kind).toBe('denied');
    await nobody.close();
  });

  test('67: Bearer comes before Basic where both are offered', async () => {
    const bearer = challenge;
    challenge = (path) => `Basic realm="x", ${bearer(path)}`;
    const client = clientOf({ home: home({ auth: basic('user:secret-password') }) });
    await client.resolveDigest(`${fake.host}/acme/a:1`);
    for (const { headers } of fake.seen) expect(headers.authorization ?? 'Bearer').toContain('Bearer');
    await client.close();
  });

  test('a registry that asks nobody is not asked for tokens', async () => {
    accepts = () => true;
    const client = clientOf();
    for (const name of ['acme/a:1', 'acme/b:1', 'acme/c:1']) await client.resolveDigest(`${fake.host}/${name}`);
    expect(client.requests.count()).toBe(3);
    await client.close();
  });
});
