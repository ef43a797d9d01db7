import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/bot/api-client.ts';
import { openTransport, type Transport } from '../../src/bot/transport.ts';
import { answerJson, TestServer } from '../support/registry-fake.ts';

describe('ApiClient', () => {
  let server: TestServer;
  let transport: Transport;
  let client: ApiClient;
  let answers: ((response: Parameters<Parameters<typeof TestServer.start>[0]>[1]) => unknown)[] = [];
  beforeAll(async () => {
    server = await TestServer.start((_seen, response) =>
      (answers.length > 1 ? answers.shift()! : answers[0]!)(response),
    );
    transport = await openTransport({});
    const clean = (text: string): string => text.replaceAll('s3cret', '[redacted]');
    client = new ApiClient({
      transport,
      baseUrl: server.url,
      headers: { authorization: 'token s3cret' },
      clean,
      longestWait: 5,
    });
  });
  afterAll(async () => {
    await transport.close();
    await server.stop();
  });
  beforeEach(() => {
    server.seen.length = 0;
  });
  const say =
    (status: number, data: unknown, headers: Record<string, string> = {}) =>
    (response: Parameters<typeof answerJson>[0]) =>
      answerJson(response, status, data, headers);

  test('127 waits as it is asked to, by a write too, as it was not done', async () => {
    answers = [
      say(429, {}, { 'retry-after': '0' }),
      say(429, {}, { 'retry-after': new Date().toUTCString() }),
      say(200, { ok: true }),
    ];
    expect((await client.post('/x', {})).data).toEqual({ ok: true });
    expect(server.seen).toHaveLength(3);
    answers = [say(429, {}, { 'ratelimit-reset': String(Math.floor(Date.now() / 1000)) }), say(200, [1])];
    expect(await client.list('/x', {}, { size: 'per_page', items: 100 })).toEqual([1]);
  });

  test('127 does not wait longer than it may', async () => {
    answers = [say(429, { message: 'Retry later' }, { 'retry-after': '3600' })];
    await expect(client.get('/x')).rejects.toMatchObject({ kind: 'rate-limited', words: '429 Retry later' });
    expect(server.seen).toHaveLength(1);
  });

  test('reads are tried again after a passing fault, writes never', async () => {
    answers = [say(502, '<html>Bad Gateway</html>'), say(200, {})];
    await client.get('/x');
    expect(server.seen).toHaveLength(2);
    answers = [say(502, '<h1>Bad Gateway</h1>')];
    await expect(client.post('/x', {})).rejects.toMatchObject({ kind: 'server' });
    answers = [(response) => response.destroy()];
    await expect(client.put('/x', {})).rejects.toMatchObject({ kind: 'network' });
    expect(server.seen).toHaveLength(4);
  });

  test.each([
    [401, {}, 'authentication'],
    [403, { error: 'insufficient_scope', error_description: 'needs api' }, 'permission'],
    [404, { message: '404 Project Not Found' }, 'not-found'],
    [409, { message: ['Ya existe'] }, 'exists'],
    [413, 'too large', 'too-large'],
    [422, { message: 'no' }, 'invalid'],
    [423, { message: 'locked' }, 'archived'],
  ])('%i is told apart', async (status, data, kind) => {
    answers = [say(status, data)];
    await expect(client.get('/x')).rejects.toMatchObject({ name: 'ForgeError', kind });
  });

  test('pages are read while the server says that there are more, or while they are full', async () => {
    answers = [say(200, [1, 2], { link: '<x>; rel="next"' }), say(200, [3], { link: '<x>; rel="first"' })];
    expect(await client.list('/x', {}, { size: 'limit', items: 50 })).toEqual([1, 2, 3]);
    answers = [say(200, [1, 2]), say(200, [3])];
    expect(await client.list('/x', { a: 'b' }, { size: 'limit', items: 2 })).toEqual([1, 2, 3]);
    expect(server.seen.at(-1)!.url.search).toBe('?a=b&page=2&limit=2');
  });

  test('no secret in an error', async () => {
    answers = [say(403, { message: 'the token s3cret is not enough' })];
    await expect(client.get('/x')).rejects.toThrow('[redacted]');
  });
});
