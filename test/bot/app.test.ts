import { createVerify, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bot } from '../support/bot.ts';
import { FakeForge } from '../support/forge-fake.ts';
import { describeWithParts } from '../support/parts.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

describeWithParts('a GitHub App', ['git'], () => {
  let forge: FakeForge;
  const made: string[] = [];
  beforeAll(async () => {
    forge = await FakeForge.start('github');
    forge.app = (path, authorization) => {
      const [head, body, signature] = authorization.replace(/^bearer /i, '').split('.');
      if (!head || !body || !signature) return undefined;
      const verify = createVerify('RSA-SHA256').update(`${head}.${body}`);
      const isSigned = verify.verify(publicKey, Buffer.from(signature, 'base64url'));
      const { iss } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { iss: unknown };
      if (!isSigned || String(iss) !== '4242')
        return { status: 401, data: { message: 'A JSON web token could not be decoded' } };
      if (/^\/(?:repos\/acme\/app|orgs\/acme)\/installation$/.test(path)) return { status: 200, data: { id: 7 } };
      if (path !== '/app/installations/7/access_tokens') return { status: 404, data: { message: 'Not Found' } };
      made.push(path);
      return {
        status: 201,
        data: { token: forge.token, expires_at: new Date(Date.now() + 3_600_000).toISOString(), permissions: {} },
      };
    };
  });
  afterAll(() => forge.stop());

  const environment = {
    DOCKMEND_TOKEN: '',
    DOCKMEND_APP_ID: '4242',
    DOCKMEND_APP_PRIVATE_KEY: privateKey.replaceAll('\n', '\\n'),
  };

  test('a GitHub App opens a pull request by the token of its installation, asked for once', async () => {
    const repository = forge.repository('acme/app', { Dockerfile: 'FROM debian:12\nWORKDIR app\n' });
    const { code, stdout, stderr } = await bot(forge, ['--repo', 'acme/app'], { environment });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('acme/app fixes: opened');
    expect(repository.pulls).toHaveLength(1);
    expect(made).toHaveLength(1);
  });

  test('an app with another key is told so, and the key is not shown', async () => {
    const other = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const { code, stdout } = await bot(forge, ['--repo', 'acme/app'], {
      environment: { ...environment, DOCKMEND_APP_PRIVATE_KEY: other.privateKey },
    });
    expect(code).toBe(3);
    expect(stdout).toContain('the token is wrong, expired or revoked');
    expect(stdout).not.toContain('PRIVATE KEY');
  });
});
