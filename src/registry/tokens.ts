import type { AddressKind } from './address.ts';
import { type Credentials, ownerKey } from './credentials.ts';
import { RegistryError } from './errors.ts';
import type { Clock } from './host-state.ts';
import type { Http, HttpAnswer } from './http.ts';
import type { Redactor } from './redact.ts';
import { registryWords } from './registry-words.ts';

/** Where a registry sends its clients for tokens. */
export interface TokenServer {
  readonly realm: URL;
  readonly service: string;
  /** How far away the registry is: its token server may not be nearer. */
  readonly nearest: Exclude<AddressKind, 'forbidden'>;
  /** The registry that named it. */
  readonly registry: string;
}

/** A token, and until when it may be used, in milliseconds since the epoch. */
interface Token {
  readonly value: string;
  readonly expires: number;
}

/** Thrown where a token server does not accept the credentials, or grants nothing without. */
export class TokenRefused extends Error {
  readonly status: number;
  readonly words: string;

  constructor(status: number, words: string) {
    super(`the token server answered ${status}`);
    this.status = status;
    this.words = words;
  }
}

// A token of a large registry is some kilobytes long.
const maxTokenBytes = 128 * 1024;
// Distribution's token specification: a token without `expires_in` lasts a minute.
const defaultLifetime = 60;
const clientId = 'dockmend';

/**
 * Reads the realm of a Bearer challenge; throws where following it could hand credentials to somebody else: another
 * scheme, no TLS where the registry has it, or credentials in the URL. Addresses are checked when it is connected to.
 */
export function checkedRealm(realm: string | undefined, registry: URL): URL {
  const refuse = (reason: string) => {
    const advice = 'no credentials were sent';
    return new RegistryError({ kind: 'untrusted', host: registry.host, reason, advice });
  };
  if (realm === undefined || !URL.canParse(realm)) throw refuse('it names no token server that could be asked');
  const url = new URL(realm);
  if (url.username !== '' || url.password !== '') throw refuse('the URL of its token server holds credentials');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && registry.protocol === 'http:')) {
    throw refuse('its token server is not on https');
  }
  url.hash = '';
  return url;
}

/** Gets and keeps tokens: one for each token server, service, scope and owner of credentials, until it expires. */
export class Tokens {
  readonly #http: Http;
  readonly #clock: Clock;
  readonly #redactor: Redactor;
  readonly #kept = new Map<string, Promise<Token>>();

  constructor(http: Http, clock: Clock, redactor: Redactor) {
    this.#http = http;
    this.#clock = clock;
    this.#redactor = redactor;
  }

  /** A token for a scope. Throws TokenRefused, or a RegistryError where the token server cannot be asked. */
  async get(
    server: TokenServer,
    scope: string,
    credentials: Credentials | undefined,
  ): Promise<{ value: string; fresh: boolean }> {
    const key = this.#key(server, scope, credentials);
    const kept = this.#kept.get(key);
    if (kept) {
      const token = await kept;
      if (this.#clock.now() < token.expires) return { value: token.value, fresh: false };
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      return this.get(server, scope, credentials);
    }
    const asked = this.#ask(server, scope, credentials);
    this.#kept.set(key, asked);
    asked.catch(() => this.#kept.delete(key));
    return { value: (await asked).value, fresh: true };
  }

  /** Drops a token that turned out not to be accepted. */
  forget(server: TokenServer, scope: string, credentials: Credentials | undefined): void {
    this.#kept.delete(this.#key(server, scope, credentials));
  }

  #key({ realm, service }: TokenServer, scope: string, credentials: Credentials | undefined): string {
    const owner = credentials ? ownerKey(credentials) : '';
    return JSON.stringify([realm.href, service, scope, owner]);
  }

  async #ask(server: TokenServer, scope: string, credentials: Credentials | undefined): Promise<Token> {
    let answer: HttpAnswer | undefined;
    if (credentials?.identityToken !== undefined) {
      answer = await this.#post(server, scope, credentials.identityToken);
      // Older token servers know only GET.
      if (answer.status === 404 || answer.status === 405) answer = undefined;
    }
    answer ??= await this.#get(server, scope, credentials);
    const { realm, registry } = server;
    if (answer.status !== 200) {
      const words = registryWords(answer.body, this.#redactor);
      if (answer.status >= 400 && answer.status < 500) throw new TokenRefused(answer.status, words);
      const reason = `the token server of \`${registry}\` answers ${answer.status}`;
      throw new RegistryError({ kind: 'untrusted', host: realm.host, status: answer.status, reason });
    }
    return this.#token(answer.body, server);
  }

  #get({ realm, service, nearest }: TokenServer, scope: string, credentials?: Credentials): Promise<HttpAnswer> {
    const url = new URL(realm);
    if (service !== '') url.searchParams.append('service', service);
    for (const each of scope.split(' ')) if (each !== '') url.searchParams.append('scope', each);
    return this.#http.send({
      method: 'GET',
      url,
      kind: 'token',
      authorization: credentials && basicAuthorization(credentials),
      policy: { nearest },
      maxBytes: maxTokenBytes,
      redirects: 0,
    });
  }

  #post({ realm, service, nearest }: TokenServer, scope: string, refreshToken: string): Promise<HttpAnswer> {
    const form = { grant_type: 'refresh_token', service, scope, client_id: clientId, refresh_token: refreshToken };
    return this.#http.send({
      method: 'POST',
      url: realm,
      kind: 'token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      policy: { nearest },
      maxBytes: maxTokenBytes,
      redirects: 0,
    });
  }

  #token(body: Buffer, { realm, registry }: TokenServer): Token {
    const untrusted = (reason: string) =>
      new RegistryError({ kind: 'untrusted', host: realm.host, reason: `${reason} (token server of \`${registry}\`)` });
    let answer: Record<string, unknown>;
    try {
      answer = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    } catch {
      throw untrusted('its answer is not JSON');
    }
    const value = [answer?.token, answer?.access_token].find((each) => typeof each === 'string' && each !== '');
    // Anything else could smuggle another header in.
    if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw untrusted('its answer holds no token');
    this.#redactor.add(value);
    const seconds = Number(answer.expires_in ?? defaultLifetime);
    const lifetime = (seconds > 0 ? seconds : defaultLifetime) * 1000;
    // Counted from when it came, as clocks differ; a request that is under way when it ends would be refused.
    return { value, expires: this.#clock.now() + lifetime - Math.min(lifetime / 10, 5000) };
  }
}

/** The value of the Authorization header for a user name and password, or for an identity token in their place. */
export function basicAuthorization({ username, password, identityToken }: Credentials): string {
  const pair = identityToken === undefined ? `${username}:${password}` : `${username || '<token>'}:${identityToken}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
