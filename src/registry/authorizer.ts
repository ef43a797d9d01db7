import { type Challenge, parseChallenges } from './challenge.ts';
import { type CredentialStore, type Credentials, ownerKey } from './credentials.ts';
import type { Dispatchers } from './dispatchers.ts';
import { RegistryError } from './errors.ts';
import type { Endpoint } from './hosts.ts';
import type { HttpAnswer } from './http.ts';
import { basicAuthorization, checkedRealm, TokenRefused, type TokenServer, type Tokens } from './tokens.ts';

/** Where credentials stood when an answer came. */
export interface Authorized<T> {
  readonly answer: T;
  /** `none`: there are none for this repository; `refused`: there are, and they did not help. */
  readonly credentials: 'none' | 'unused' | 'used' | 'refused';
}

/** How a registry wants to be asked, learnt from its first refusal. */
type Scheme =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly server: TokenServer; readonly scopeFor: (path: string) => string | undefined };

/** One way of asking that was tried, or is to be. */
interface Attempt {
  readonly header?: string;
  readonly scope?: string;
  readonly as?: Credentials;
  /** The token was in use before, and may have been withdrawn since. */
  readonly kept?: boolean;
}

interface State {
  probe?: Promise<void>;
  scheme?: Scheme;
}

const pullScope = (path: string) => `repository:${path}:pull`;

/**
 * Authorizes requests to registries. The first request to each carries no credentials and teaches how the registry
 * wants to be asked; requests that come meanwhile wait for it, and later ones ask for their token before they are sent.
 * Credentials that are refused are left out once, as public images are readable without.
 */
export class Authorizer {
  readonly #tokens: Tokens;
  readonly #store: CredentialStore;
  readonly #dispatchers: Dispatchers;
  readonly #warn: (message: string) => void;
  readonly #states = new Map<string, State>();
  readonly #refused = new Set<string>();

  constructor(tokens: Tokens, store: CredentialStore, dispatchers: Dispatchers, warn: (message: string) => void) {
    this.#tokens = tokens;
    this.#store = store;
    this.#dispatchers = dispatchers;
    this.#warn = warn;
  }

  /** Sends a request about a repository until it is authorized, or nothing is left to try. */
  async run<T extends HttpAnswer>(
    endpoint: Endpoint,
    path: string,
    send: (authorization: string | undefined) => Promise<T>,
  ): Promise<Authorized<T>> {
    const state = this.#stateOf(endpoint);
    const tried: Attempt[] = [];
    let attempt: Attempt = {};
    let answer: T;
    if (state.probe) {
      await state.probe;
      attempt = await this.#predict(endpoint, path, state.scheme);
      answer = await send(attempt.header);
    } else {
      let done: () => void = () => undefined;
      state.probe = new Promise((resolve) => {
        done = resolve;
      });
      try {
        answer = await send(undefined);
        this.#learn(state, endpoint, path, answer);
      } finally {
        done();
      }
    }
    let lastRefused: Credentials | undefined;
    for (;;) {
      const refused = answer.status === 401 || (answer.status === 403 && attempt.as !== undefined);
      // What another origin asks for is no reason to show it anything.
      if (!refused || answer.elsewhere) break;
      tried.push(attempt);
      if (attempt.as) lastRefused = attempt.as;
      this.#learn(state, endpoint, path, answer);
      const next = await this.#next(endpoint, path, state.scheme, answer, tried);
      if (!next) break;
      attempt = next;
      answer = await send(attempt.header);
    }
    const accepted = answer.status !== 401 && answer.status !== 403;
    if (accepted && lastRefused && !attempt.as) this.#tellRefused(endpoint, lastRefused);
    if (attempt.as && accepted) return { answer, credentials: 'used' };
    const known = accepted ? undefined : await this.#store.find(endpoint.name, path);
    return { answer, credentials: accepted ? 'unused' : known || lastRefused ? 'refused' : 'none' };
  }

  #stateOf(endpoint: Endpoint): State {
    let state = this.#states.get(endpoint.root.href);
    if (!state) {
      state = {};
      this.#states.set(endpoint.root.href, state);
    }
    return state;
  }

  /** Takes the scheme from a refusal: Bearer before Basic; the realm is checked before anything is sent to it. */
  #learn(state: State, endpoint: Endpoint, path: string, answer: HttpAnswer): void {
    if (answer.status !== 401 || answer.elsewhere) return;
    const challenges = parseChallenges(answer.headers['www-authenticate']);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (!bearer) {
      if (challenges.some(({ scheme }) => scheme === 'basic')) state.scheme = { kind: 'basic' };
      return;
    }
    const { root } = endpoint;
    const realm = checkedRealm(bearer.parameters.realm, root);
    const server: TokenServer = {
      realm,
      service: bearer.parameters.service ?? '',
      nearest: this.#dispatchers.kindOf(root),
      registry: root.host,
    };
    state.scheme = { kind: 'bearer', server, scopeFor: scopePattern(bearer, path) };
  }

  /** How to ask for a repository that was not asked for yet. */
  async #predict(endpoint: Endpoint, path: string, scheme: Scheme | undefined): Promise<Attempt> {
    if (!scheme) return {};
    const credentials = await this.#usable(endpoint, path);
    if (scheme.kind === 'basic') return credentials ? basic(credentials) : {};
    const scope = scheme.scopeFor(path);
    if (scope === undefined) return {};
    return (await this.#bearer(endpoint, scheme.server, scope, credentials)) ?? {};
  }

  /** What to try after a refusal; undefined when all was tried. */
  async #next(
    endpoint: Endpoint,
    path: string,
    scheme: Scheme | undefined,
    answer: HttpAnswer,
    tried: readonly Attempt[],
  ): Promise<Attempt | undefined> {
    if (!scheme) return undefined;
    const credentials = await this.#usable(endpoint, path);
    const was = (as: Credentials | undefined, scope: string) =>
      tried.some((each) => each.as === as && each.scope === scope);
    if (scheme.kind === 'basic') {
      const last = tried.at(-1)!;
      if (credentials && !tried.some(({ as }) => as === credentials)) return basic(credentials);
      return last.as && !tried.some(({ as }) => as === undefined) ? {} : undefined;
    }
    const last = tried.at(-1)!;
    const bearer = parseChallenges(answer.headers['www-authenticate']).find((each) => each.scheme === 'bearer');
    const scope = bearer?.parameters.scope ?? last.scope ?? pullScope(path);
    if (last.kept && tried.length === 1) {
      this.#tokens.forget(scheme.server, last.scope ?? scope, last.as);
      return this.#bearer(endpoint, scheme.server, scope, last.as);
    }
    if (credentials && !was(credentials, scope)) return this.#bearer(endpoint, scheme.server, scope, credentials);
    return was(undefined, scope) ? undefined : this.#bearer(endpoint, scheme.server, scope, undefined);
  }

  /** Credentials for a repository, unless its registry has refused them before. */
  async #usable(endpoint: Endpoint, path: string): Promise<Credentials | undefined> {
    const found = await this.#store.find(endpoint.name, path);
    return found && !this.#refused.has(owner(endpoint, found)) ? found : undefined;
  }

  /** A token for a scope, once without credentials where they are refused; undefined where none is granted at all. */
  async #bearer(
    endpoint: Endpoint,
    server: TokenServer,
    scope: string,
    as: Credentials | undefined,
  ): Promise<Attempt | undefined> {
    if (as?.registryToken !== undefined) return { header: `Bearer ${as.registryToken}`, scope, as };
    try {
      const { value, fresh } = await this.#tokens.get(server, scope, as);
      return { header: `Bearer ${value}`, scope, ...(as && { as }), kept: !fresh };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      if (as) {
        if (error.status === 401 || error.status === 403) {
          this.#refused.add(owner(endpoint, as));
          this.#tellRefused(endpoint, as);
        }
        return this.#bearer(endpoint, server, scope, undefined);
      }
      const said = error.words === '' ? '' : `: ${error.words}`;
      throw new RegistryError({
        kind: 'denied',
        host: endpoint.root.host,
        status: error.status,
        reason: `its token server grants no access (${error.status})${said}`,
        advice: loginAdvice(endpoint),
      });
    }
  }

  #tellRefused(endpoint: Endpoint, { source }: Credentials): void {
    this.#warn(
      `\`${endpoint.root.host}\` refuses the credentials of \`${source}\`; it was asked without them. Log in again`,
    );
  }
}

/** What a user can do where access is denied. */
export function loginAdvice(endpoint: Endpoint): string {
  const name = endpoint.name === 'docker.io' ? '' : ` ${endpoint.name}`;
  return `if the image exists and is private, run \`docker login${name}\``;
}

function owner(endpoint: Endpoint, credentials: Credentials): string {
  return JSON.stringify([endpoint.root.href, ownerKey(credentials)]);
}

function basic(as: Credentials): Attempt {
  return { header: basicAuthorization(as), scope: 'basic', as };
}

/** How the scope of other repositories follows from the one that a challenge named for this one. */
function scopePattern(bearer: Challenge, path: string): (other: string) => string | undefined {
  const { scope } = bearer.parameters;
  if (scope === undefined || scope === '') return pullScope;
  const prefix = `repository:${path}:`;
  if (!scope.startsWith(prefix) || scope.includes(' ')) return () => undefined;
  // Listing tags may ask for more than reading manifests does; what is asked for first is the least.
  const actions = scope.slice(prefix.length);
  return (other) => `repository:${other}:${actions}`;
}
