import { execFileSync } from 'node:child_process';
import { createSign, randomUUID, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerJson, type Seen, TestServer } from './registry-fake.ts';

/** Who may pull what from a token server: everybody `public/*`, alice everything, nobody else more than the public. */
const password = 'alice-password:with:colons';
const refreshToken = 'alice-refresh-token';
const publicPrefix = 'public/';
const service = 'test-service';
const issuer = 'test-issuer';

/** A token server as docker-registry trusts it (distribution's token specification), and what it was asked. */
export interface TokenServer {
  readonly seen: readonly Seen[];
  /** The `auth` part of the registry's configuration, YAML. */
  readonly settings: string;
  readonly password: string;
  readonly refreshToken: string;
  /** Whether the server knows POST, as newer ones do. */
  post: boolean;
  stop(): Promise<void>;
}

/** Starts a token server with a key of its own in a folder. */
export async function startTokenServer(folder: string): Promise<TokenServer> {
  const path = join(folder, 'tokens');
  mkdirSync(path);
  const [keyPath, certPath] = [join(path, 'key.pem'), join(path, 'cert.pem')];
  const subject = ['-subj', '/CN=token signer', '-days', '2'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', keyPath, '-out', certPath, ...subject];
  execFileSync('openssl', args, { stdio: 'ignore' });
  const key = readFileSync(keyPath, 'utf8');
  const x5c = [new X509Certificate(readFileSync(certPath)).raw.toString('base64')];
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const state = { post: true };

  const sign = (user: string, scopes: readonly string[]) => {
    const access = scopes.flatMap((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      const granted = user === 'alice' || name.startsWith(publicPrefix);
      return granted ? [{ type, name, actions: actions.split(',') }] : [];
    });
    const now = Math.floor(Date.now() / 1000);
    const times = { nbf: now - 10, iat: now, exp: now + 300 };
    const claims = { iss: issuer, aud: service, sub: user, jti: randomUUID(), access, ...times };
    const text = `${encode({ typ: 'JWT', alg: 'RS256', x5c })}.${encode(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
  };
  const server = await TestServer.start(({ method, url, headers, body }, response) => {
    const form = method === 'POST' ? new URLSearchParams(body) : url.searchParams;
    const refused = (status: number) =>
      answerJson(response, status, { errors: [{ code: 'UNAUTHORIZED', message: 'no' }] });
    let user = '';
    if (method === 'POST') {
      if (!state.post) return refused(404);
      if (form.get('refresh_token') !== refreshToken) return refused(401);
      user = 'alice';
    } else if (headers.authorization) {
      const pair = Buffer.from(headers.authorization.replace(/^Basic /, ''), 'base64').toString();
      if (pair !== `alice:${password}` && !pair.endsWith(`:${refreshToken}`)) return refused(401);
      user = 'alice';
    }
    const token = sign(user, form.getAll('scope').join(' ').split(' '));
    return answerJson(response, 200, { token, access_token: token, expires_in: 300 });
  });
  const settings = [
    'auth:',
    '  token:',
    `    realm: ${server.url}/token`,
    `    service: ${service}`,
    `    issuer: ${issuer}`,
    `    rootcertbundle: ${certPath}`,
  ].join('\n');
  return {
    seen: server.seen,
    settings,
    password,
    refreshToken,
    get post() {
      return state.post;
    },
    set post(value) {
      state.post = value;
    },
    stop: () => server.stop(),
  };
}

/** A token that may push to a repository, got the way a client gets one. */
export async function pushToken(server: TokenServer, repository: string): Promise<string> {
  const realm = /realm: (\S+)/.exec(server.settings)?.[1] ?? '';
  const url = new URL(realm);
  url.searchParams.set('scope', `repository:${repository}:pull,push`);
  const authorization = `Basic ${Buffer.from(`alice:${server.password}`).toString('base64')}`;
  const answer = (await (await fetch(url, { headers: { authorization } })).json()) as { token: string };
  return answer.token;
}
