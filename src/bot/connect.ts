import { readFileSync } from 'node:fs';
import type { Environment, Redactor } from '../registry/index.ts';
import type { Forge } from './forge.ts';
import type { ForgeLocation } from './location.ts';
import type { Transport } from './transport.ts';

/** The variables that a token is looked for in, first ours. */
const tokenVariables = {
  github: ['DOCKMEND_TOKEN', 'GH_TOKEN', 'GITHUB_TOKEN'],
  gitlab: ['DOCKMEND_TOKEN', 'GITLAB_TOKEN', 'GITLAB_ACCESS_TOKEN'],
  gitea: ['DOCKMEND_TOKEN', 'GITEA_TOKEN', 'FORGEJO_TOKEN', 'GITHUB_TOKEN'],
} as const;

export interface ConnectOptions {
  readonly environment: Environment;
  readonly transport: Transport;
  readonly redactor: Redactor;
  readonly userAgent: string;
  /** The longest that one request waits because it was asked to, in seconds. */
  readonly longestWait: number;
}

/** What a person needs to know where there is no token. */
export function tokenAdvice({ kind }: ForgeLocation): string {
  const names = tokenVariables[kind].join(', ');
  const app = kind === 'github' ? '; an app is DOCKMEND_APP_ID and DOCKMEND_APP_PRIVATE_KEY' : '';
  const job = kind === 'gitlab' ? '; CI_JOB_TOKEN may not open merge requests, so that it is not one of them' : '';
  return `no token: it is read from ${names}${app}${job}`;
}

/** Whether the environment has a token or an app for a forge. */
export function hasCredentials(location: ForgeLocation, environment: Environment): boolean {
  return tokenOf(location, environment) !== undefined || appOf(location, environment) !== undefined;
}

/** The client of a forge, with the token or the app of the environment. */
export async function connect(location: ForgeLocation, options: ConnectOptions): Promise<Forge> {
  const { environment, transport, redactor, userAgent, longestWait } = options;
  const clean = (text: string): string => redactor.clean(text);
  const token = tokenOf(location, environment);
  redactor.add(token);
  const { kind, webUrl, apiUrl: baseUrl } = location;
  if (kind === 'github') {
    const { GitHub } = await import('./github.ts');
    const app = appOf(location, environment);
    redactor.add(app?.privateKey);
    const keep = (secret: string): void => redactor.add(secret);
    return new GitHub(webUrl, { transport, baseUrl, userAgent, token, app, clean, keep, longestWait });
  }
  if (kind === 'gitlab') {
    const { GitLab } = await import('./gitlab.ts');
    return new GitLab(webUrl, { transport, baseUrl, clean, longestWait }, token);
  }
  const { Gitea } = await import('./gitea.ts');
  return new Gitea(webUrl, { transport, baseUrl, clean, longestWait }, token);
}

function tokenOf({ kind }: ForgeLocation, environment: Environment): string | undefined {
  const found = tokenVariables[kind].map((name) => environment[name]?.trim()).find((value) => value);
  return found === '' ? undefined : found;
}

function appOf({ kind }: ForgeLocation, environment: Environment): { appId: string; privateKey: string } | undefined {
  const { DOCKMEND_APP_ID: appId, DOCKMEND_APP_PRIVATE_KEY: key, DOCKMEND_APP_PRIVATE_KEY_FILE: file } = environment;
  if (kind !== 'github' || !appId) return undefined;
  const privateKey = key ?? (file ? readFileSync(file, 'utf8') : undefined);
  // Secrets of CI systems come with their ends of line written out.
  return privateKey ? { appId, privateKey: privateKey.replaceAll('\\n', '\n') } : undefined;
}
