import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askHelper } from './credential-helper.ts';
import { RegistryError } from './errors.ts';
import type { Environment } from './proxy.ts';
import type { Redactor } from './redact.ts';

/** What a registry is shown to prove who asks. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Exchanged for access tokens instead of a password. */
  readonly identityToken?: string;
  /** An access token as it stands. */
  readonly registryToken?: string;
  /** Where they came from, for people: a path, or a helper's name. */
  readonly source: string;
}

interface Entry {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
  readonly identitytoken?: unknown;
  readonly registrytoken?: unknown;
}

interface Configuration {
  readonly source: string;
  /** podman asks helpers for `docker.io`, Docker for the URL that it stores Docker Hub under. */
  readonly flavour: 'docker' | 'podman';
  readonly auths: Readonly<Record<string, Entry>>;
  readonly credHelpers: Readonly<Record<string, unknown>>;
  readonly credsStore?: string;
}

const hub = 'docker.io';
const hubUrl = 'https://index.docker.io/v1/';
const hubNames = new Set([hub, 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);

/** What a key of `auths` stands for: a host, or a host and a path (`quay.io/org`). Old keys are URLs of an API. */
function keyScope(key: string): string {
  const bare = key.replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  const host = (slash === -1 ? bare : bare.slice(0, slash)).toLowerCase();
  const path = slash === -1 || bare !== key ? '' : bare.slice(slash + 1).replace(/\/+$/, '');
  const name = hubNames.has(host) ? hub : host;
  return path === '' || path === 'v1' || path === 'v2' ? name : `${name}/${path}`;
}

/** The scopes that may hold credentials for a repository, the closest first. */
function scopesOf(domain: string, path: string): string[] {
  const host = domain.toLowerCase();
  const name = hubNames.has(host) ? hub : host;
  const parts = path === '' ? [] : path.split('/');
  return Array.from({ length: parts.length + 1 }, (_, gone) =>
    [name, ...parts.slice(0, parts.length - gone)].join('/'),
  );
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function broken(source: string, what: string): RegistryError {
  const advice = 'repair it, or log in again';
  return new RegistryError({ kind: 'credentials', reason: `\`${source}\` ${what}`, advice });
}

function parse(text: string, source: string, flavour: 'docker' | 'podman' | 'dockercfg'): Configuration {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw broken(source, 'is not valid JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw broken(source, 'is no JSON object');
  const top = parsed as Record<string, unknown>;
  if (flavour === 'dockercfg') return { source, flavour: 'docker', auths: entries(top), credHelpers: {} };
  return {
    source,
    flavour,
    auths: entries(record(top.auths)),
    credHelpers: record(top.credHelpers),
    ...(typeof top.credsStore === 'string' && top.credsStore !== '' && { credsStore: top.credsStore }),
  };
}

function entries(auths: Record<string, unknown>): Record<string, Entry> {
  return Object.fromEntries(Object.entries(auths).map(([key, value]) => [key, record(value)]));
}

/** The credentials that an entry holds; undefined for the empty entries that mark what a helper keeps. */
function credentialsOf(entry: Entry, key: string, source: string): Credentials | undefined {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  let [username, password] = [text(entry.username), text(entry.password)];
  const auth = text(entry.auth);
  if (auth !== '') {
    const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = decoded.indexOf(':');
    if (colon < 1) throw broken(source, `holds an \`auth\` of \`${key}\` that is not a user name and a password`);
    [username, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
  }
  const identityToken = text(entry.identitytoken);
  const registryToken = text(entry.registrytoken);
  if (password === '' && identityToken === '' && registryToken === '') return undefined;
  return {
    username,
    password,
    source,
    ...(identityToken !== '' && { identityToken }),
    ...(registryToken !== '' && { registryToken }),
  };
}

/**
 * The user's credentials, as docker and podman keep them. Searched in order: DOCKER_AUTH_CONFIG, `config.json` of
 * Docker, the authentication files of podman (containers-auth.json(5)), `~/.dockercfg`. In each, `credHelpers` beats
 * `credsStore` beats `auths`, and the longest matching path wins. What cannot be read is an error, never "nobody".
 */
export class CredentialStore {
  readonly #env: Environment;
  readonly #home: string;
  readonly #redactor: Redactor;
  readonly #helperTimeout: number;
  readonly #asked = new Map<string, Promise<Credentials | undefined>>();
  readonly #found = new Map<string, Promise<Credentials | undefined>>();
  #configurations: Promise<Configuration[]> | undefined;

  /** The time-out of a helper is in milliseconds. */
  constructor(env: Environment, home: string, redactor: Redactor, helperTimeout: number) {
    this.#env = env;
    this.#home = home;
    this.#redactor = redactor;
    this.#helperTimeout = helperTimeout;
  }

  /** The credentials for a repository of a registry (`docker.io`, `host:port`); undefined where there are none. */
  find(domain: string, path: string): Promise<Credentials | undefined> {
    const key = `${domain}/${path}`;
    let found = this.#found.get(key);
    if (!found) {
      found = this.#find(domain, path);
      this.#found.set(key, found);
    }
    return found;
  }

  async #find(domain: string, path: string): Promise<Credentials | undefined> {
    this.#configurations ??= this.#read();
    for (const configuration of await this.#configurations) {
      const found = await this.#findIn(configuration, scopesOf(domain, path));
      if (!found) continue;
      for (const secret of [found.password, found.identityToken, found.registryToken]) this.#redactor.add(secret);
      this.#redactor.add(`${found.username}:${found.password}`);
      return found;
    }
    return undefined;
  }

  async #findIn(configuration: Configuration, scopes: readonly string[]): Promise<Credentials | undefined> {
    const { auths, credHelpers, credsStore, flavour, source } = configuration;
    const host = scopes.at(-1)!;
    const own = Object.entries(credHelpers).find(([key]) => keyScope(key) === host)?.[1];
    const helper = typeof own === 'string' && own !== '' ? own : credsStore;
    if (helper !== undefined) {
      const stored = await this.#ask(helper, host === hub && flavour === 'docker' ? hubUrl : host);
      if (stored) return stored;
    }
    for (const scope of scopes) {
      const keys = Object.keys(auths).filter((key) => keyScope(key) === scope);
      // Several spellings of Docker Hub may be there: what `docker login` writes first, then the plain name.
      const rank = (key: string) => (key === hubUrl ? 0 : key === scope ? 1 : 2);
      for (const key of keys.sort((a, b) => rank(a) - rank(b))) {
        const found = credentialsOf(auths[key]!, key, source);
        if (found) return found;
      }
    }
    return undefined;
  }

  #ask(helper: string, server: string): Promise<Credentials | undefined> {
    const key = `${helper} ${server}`;
    let asked = this.#asked.get(key);
    if (!asked) {
      asked = askHelper(helper, server, this.#env, this.#helperTimeout).then(
        (found) => found && { ...found, source: `docker-credential-${helper}` },
      );
      this.#asked.set(key, asked);
    }
    return asked;
  }

  async #read(): Promise<Configuration[]> {
    const env = this.#env;
    const found: Configuration[] = [];
    if (env.DOCKER_AUTH_CONFIG) found.push(parse(env.DOCKER_AUTH_CONFIG, 'DOCKER_AUTH_CONFIG', 'docker'));
    const config = env.XDG_CONFIG_HOME || join(this.#home, '.config');
    const files: [string | undefined, 'docker' | 'podman' | 'dockercfg'][] = [
      [join(env.DOCKER_CONFIG || join(this.#home, '.docker'), 'config.json'), 'docker'],
      [env.REGISTRY_AUTH_FILE, 'podman'],
      [env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, 'containers', 'auth.json'), 'podman'],
      [join(config, 'containers', 'auth.json'), 'podman'],
      [join(this.#home, '.dockercfg'), 'dockercfg'],
    ];
    for (const [path, flavour] of files) {
      if (!path) continue;
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') continue;
        throw broken(path, `cannot be read (${code ?? 'unknown'})`);
      }
      if (text.trim() !== '') found.push(parse(text, path, flavour));
    }
    return found;
  }
}

/** Tells owners of credentials apart in memory, without keeping what they prove themselves with. */
export function ownerKey(credentials: Credentials): string {
  const { source, username, password, identityToken = '', registryToken = '' } = credentials;
  const secret = createHash('sha256')
    .update(JSON.stringify([password, identityToken, registryToken]))
    .digest('base64');
  return JSON.stringify([source, username, secret]);
}
