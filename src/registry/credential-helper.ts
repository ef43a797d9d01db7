import { spawn } from 'node:child_process';
import type { Credentials } from './credentials.ts';
import { RegistryError } from './errors.ts';
import type { Environment } from './proxy.ts';

const maxOutput = 256 * 1024;

// What helpers say when they have nothing for a server (docker-credential-helpers, `credentials/error.go`, and the
// texts of the macOS and Windows stores).
const nothingStored = [
  'credentials not found in native keychain',
  'credentials not found',
  'no credentials found',
  'the specified item could not be found in the keychain',
  'element not found',
];

function failure(helper: string, reason: string): RegistryError {
  return new RegistryError({
    kind: 'credentials',
    reason: `the credential helper \`docker-credential-${helper}\` ${reason}`,
    advice: 'repair it, or take it out of the configuration that names it',
  });
}

/**
 * Asks a credential helper for a server's credentials (docker-credential-helpers protocol: `get`, the server on standard
 * input, JSON on standard output); undefined where it has none. No shell is involved, and nothing the helper prints is
 * repeated.
 */
export async function askHelper(
  helper: string,
  server: string,
  env: Environment,
  timeout: number,
): Promise<Omit<Credentials, 'source'> | undefined> {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(helper)) throw failure(helper.replace(/[^\w.-]+/g, '?'), 'has an unusual name');
  const { code, output } = await run(helper, server, env, timeout);
  if (code !== 0) {
    const said = output.trim().toLowerCase();
    if (nothingStored.some((text) => said === text || said.endsWith(`: ${text}`))) return undefined;
    throw failure(helper, `failed (exit code ${code})`);
  }
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw failure(helper, 'did not answer with JSON');
  }
  const { Username, Secret } = (answer ?? {}) as { Username?: unknown; Secret?: unknown };
  if (typeof Username !== 'string' || typeof Secret !== 'string') throw failure(helper, 'gave no user name and secret');
  if (Secret === '') return undefined;
  return Username === '<token>'
    ? { username: '', password: '', identityToken: Secret }
    : { username: Username, password: Secret };
}

function run(
  helper: string,
  server: string,
  env: Environment,
  timeout: number,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${helper}`, ['get'], {
      env: { ...env },
      shell: false,
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let output = '';
    const end = (error?: Error) => {
      clearTimeout(timer);
      // A grandchild may hold the pipes open: they are given up, not waited for.
      child.stdin.destroy();
      child.stdout.destroy();
      child.unref();
      if (error) {
        child.kill('SIGKILL');
        reject(error);
      }
    };
    const timer = setTimeout(() => end(failure(helper, `did not answer in ${timeout / 1000} s`)), timeout);
    child.on('error', (error: NodeJS.ErrnoException) => {
      end(failure(helper, error.code === 'ENOENT' ? 'is not on the PATH' : 'could not be started'));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(server);
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (piece: string) => {
      output += piece;
      if (output.length > maxOutput) end(failure(helper, 'printed far too much'));
    });
    child.on('close', (code) => {
      end();
      resolve({ code: code ?? -1, output });
    });
  });
}
