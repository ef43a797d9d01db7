import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientOf, failure, lookupOf } from '../support/registry-client.ts';
import { TestServer } from '../support/registry-fake.ts';

let server: TestServer;
let answer: (path: string, response: ServerResponse) => unknown;

beforeEach(async () => {
  server = await TestServer.start(({ url }, response) => answer(url.pathname, response));
});
afterEach(() => server.stop());

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('a download', () => {
  test('is its hash and its size, behind redirects and broken tries as well', async () => {
    let tries = 0;
    answer = (path, response) => {
      if (path === '/a-1.0') response.writeHead(302, { location: '/b' }).end();
      else if (tries++ === 0) response.writeHead(503).end();
      else response.end('content');
    };
    const client = clientOf({ insecure: [server.host] });
    expect(await client.download(`${server.url}/a-1.0`)).toEqual({ sha256: sha256('content'), bytes: 7 });
    expect(client.requests.count({ kind: 'download' })).toBe(server.seen.length);
    expect(server.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await client.close();
  });

  test('of a file that is not there, too large, or not as asked has an error', async () => {
    answer = (path, response) => {
      if (path === '/gone') response.writeHead(404).end('no');
      else if (path === '/zipped') response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
      else response.end('0123456789');
    };
    const client = clientOf({ insecure: [server.host], downloadBytes: 9 });
    expect((await failure(client.download(`${server.url}/gone`))).kind).toBe('not-found');
    expect((await failure(client.download(`${server.url}/zipped`))).reason).toMatch(/encoding/);
    expect((await failure(client.download(`${server.url}/large`))).reason).toMatch(/larger than 9 bytes/);
    await client.close();
  });

  test('never asks this machine or the metadata service for a stranger', async () => {
    answer = (_, response) => response.end('secret');
    const client = clientOf({ lookup: lookupOf({ 'files.example': '127.0.0.1', 'meta.example': '169.254.169.254' }) });
    for (const url of [server.url, `http://files.example:${server.port}/a`, 'http://meta.example/a']) {
      await failure(client.download(`${url}/latest/meta-data-1.0`));
    }
    expect(server.seen).toEqual([]);
    await client.close();
  });

  test('is none offline', async () => {
    const client = clientOf({ offline: true, insecure: [server.host] });
    expect((await failure(client.download(`${server.url}/a`))).kind).toBe('offline');
    expect(server.seen).toEqual([]);
    await client.close();
  });
});
