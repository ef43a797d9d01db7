import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CredentialStore } from '../../src/registry/credentials.ts';
import { RegistryError } from '../../src/registry/index.ts';
import type { Environment } from '../../src/registry/proxy.ts';
import { Redactor } from '../../src/registry/redact.ts';
import { temporaryFolder } from '../support/parts.ts';
import { failure } from '../support/registry-client.ts';
import { vectorPath } from '../support/registry-vectors.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

let folder: ReturnType<typeof temporaryFolder>;
let home: string;
let bin: string;
let count = 0;

beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.remove());
beforeEach(() => {
  home = join(folder.path, `home-${++count}`);
  bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
});

function write(path: string, content: unknown): string {
  const full = join(home, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content));
  return full;
}

function helper(name: string, script: string): void {
  const path = join(bin, `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function store(env: Environment = {}, timeout = 20_000): CredentialStore {
  return new CredentialStore({ PATH: `${bin}:/usr/bin:/bin`, ...env }, home, new Redactor(), timeout);
}

/** User name and password as one text; undefined where nothing is found. */
async function find(domain: string, path = 'x', env: Environment = {}): Promise<string | undefined> {
  const found = await store(env).find(domain, path);
  return found && `${found.username}:${found.password}`;
}

describe('files', () => {
  test('nobody is logged in', async () => expect(await find('ghcr.io')).toBeUndefined());

  test('78: the order of the places', async () => {
    const auth = (name: string) => ({ auths: { 'r.example': { auth: base64(`${name}:password`) } } });
    const runtime = join(home, 'run');
    const env = {
      DOCKER_AUTH_CONFIG: JSON.stringify(auth('env')),
      DOCKER_CONFIG: join(home, 'docker'),
      REGISTRY_AUTH_FILE: join(home, 'auth-file.json'),
      XDG_RUNTIME_DIR: runtime,
    };
    write('docker/config.json', auth('docker-config'));
    write('.docker/config.json', auth('home-docker'));
    write('auth-file.json', auth('auth-file'));
    write('run/containers/auth.json', auth('runtime'));
    write('.config/containers/auth.json', auth('config'));
    write('.dockercfg', { 'r.example': { auth: base64('dockercfg:password') } });
    const order: string[] = [];
    const left: Environment = { ...env };
    const drop = [
      'DOCKER_AUTH_CONFIG',
      'DOCKER_CONFIG',
      '.docker/config.json',
      'REGISTRY_AUTH_FILE',
      'XDG_RUNTIME_DIR',
    ];
    for (const name of [...drop, '.config/containers/auth.json', '.dockercfg']) {
      order.push((await find('r.example', 'x', left)) ?? '');
      if (name.startsWith('.')) write(name, {});
      else delete (left as Record<string, string>)[name];
    }
    expect(order.map((each) => each.split(':')[0])).toEqual([
      'env',
      'docker-config',
      'home-docker',
      'auth-file',
      'runtime',
      'config',
      'dockercfg',
    ]);
    expect(await find('r.example', 'x', left)).toBeUndefined();
  });

  test('78: what one place does not know, the next is asked for', async () => {
    write('.docker/config.json', { auths: { 'a.example': { auth: base64('a:password') } } });
    write('.config/containers/auth.json', { auths: { 'b.example': { auth: base64('b:password') } } });
    expect(await find('b.example', 'x', { DOCKER_AUTH_CONFIG: '{"auths":{}}' })).toBe('b:password');
  });

  test('78: broken JSON is an error that names the file, and no anonymous request', async () => {
    const path = write('.docker/config.json', '{"auths": {"x": {"auth": "c2VjcmV0OnNlY3JldA=="');
    const error = await failure(find('r.example'));
    expect(error).toMatchObject({ kind: 'credentials' });
    expect(error.message).toContain(path);
    expect(error.message).not.toContain('c2VjcmV0');
    for (const env of [{ DOCKER_AUTH_CONFIG: '{' }, { DOCKER_AUTH_CONFIG: '[]' }]) {
      expect((await failure(find('r.example', 'x', env))).message).toContain('DOCKER_AUTH_CONFIG');
    }
  });

  test('78: a file that cannot be read is an error, and an empty one is none', async () => {
    mkdirSync(join(home, '.docker', 'config.json'), { recursive: true });
    expect((await failure(find('r.example'))).message).toContain('EISDIR');
    expect(await find('r.example', 'x', { DOCKER_CONFIG: join(home, 'none') })).toBeUndefined();
    write('empty/config.json', '\n');
    expect(await find('r.example', 'x', { DOCKER_CONFIG: join(home, 'empty') })).toBeUndefined();
  });

  test('76: the spellings of a host', async () => {
    const keys: [string, string][] = [
      ['https://index.docker.io/v1/', 'docker.io'],
      ['index.docker.io', 'docker.io'],
      ['docker.io', 'docker.io'],
      ['registry-1.docker.io', 'docker.io'],
      ['https://r.example/v2', 'r.example'],
      ['http://r.example', 'r.example'],
      ['r.example/', 'r.example'],
      ['r.example/v1/', 'r.example'],
      ['R.example:5000', 'r.example:5000'],
      ['r.example:5000', 'R.EXAMPLE:5000'],
    ];
    for (const [key, domain] of keys) {
      write('.docker/config.json', { auths: { [key]: { auth: base64('user:password') } } });
      expect(await find(domain), key).toBe('user:password');
      expect(await find('r.example:1'), key).toBeUndefined();
    }
  });

  test('76: the longest path wins, and a path is no prefix of letters', async () => {
    write('.docker/config.json', {
      auths: {
        'r.example': { auth: base64('host:p') },
        'r.example/ns': { auth: base64('namespace:p') },
        'r.example/ns/repo': { auth: base64('repository:p') },
      },
    });
    expect(await find('r.example', 'ns/repo')).toBe('repository:p');
    expect(await find('r.example', 'ns/repo/deep')).toBe('repository:p');
    expect(await find('r.example', 'ns/repository')).toBe('namespace:p');
    expect(await find('r.example', 'nsx/repo')).toBe('host:p');
  });

  test('77: the forms of an entry', async () => {
    const forms: [Record<string, unknown>, string | undefined][] = [
      [{ auth: base64('user:pass:with:colons') }, 'user:pass:with:colons'],
      [{ auth: base64('user:pass\0\0') }, 'user:pass'],
      [{ username: 'user', password: 'pass' }, 'user:pass'],
      [{ auth: '', username: 'user', password: 'pass' }, 'user:pass'],
      [{ auth: base64('user:pässwörd') }, 'user:pässwörd'],
      [{}, undefined],
      [{ email: 'x@example.com' }, undefined],
      [{ auth: base64('user:') }, undefined],
    ];
    for (const [form, expected] of forms) {
      write('.docker/config.json', { auths: { 'r.example': form } });
      expect(await find('r.example'), JSON.stringify(form)).toBe(expected);
    }
    for (const auth of ['no-colon', ':password']) {
      write('.docker/config.json', { auths: { 'r.example': { auth: base64(auth) } } });
      const error = await failure(find('r.example'));
      expect(error.message).toContain('`r.example`');
      expect(error.message).not.toContain('password`');
      expect(error.message).not.toContain(base64(auth));
    }
    write('.docker/config.json', { auths: { 'r.example': { auth: base64('0000:'), identitytoken: 'identity' } } });
    expect(await store().find('r.example', 'x')).toMatchObject({ username: '0000', identityToken: 'identity' });
  });

  test('80: users that stand for a kind of token are plain users', async () => {
    write('.docker/config.json', {
      auths: {
        '123.dkr.ecr.eu-west-1.amazonaws.com': { auth: base64('AWS:ecr-token') },
        'gcr.io': { auth: base64('_json_key:{"private_key": "a:b"}') },
        'europe-docker.pkg.dev': { auth: base64('oauth2accesstoken:ya29') },
      },
    });
    expect(await find('123.dkr.ecr.eu-west-1.amazonaws.com')).toBe('AWS:ecr-token');
    expect(await find('gcr.io')).toBe('_json_key:{"private_key": "a:b"}');
    expect(await find('europe-docker.pkg.dev')).toBe('oauth2accesstoken:ya29');
  });
});

const vectors = vectorPath('docker-auth');
describe.skipIf(vectors === undefined)('76: files of containers/image', () => {
  const load = (name: string) => write('.docker/config.json', readFileSync(join(vectors!, name), 'utf8'));

  test('76: full.json', async () => {
    load('full.json');
    expect(await find('example.org')).toBe('example:org');
    expect(await find('docker.io')).toBe('docker:io');
    expect(await find('index.docker.io')).toBe('docker:io');
    expect(await find('localhost')).toBe('local:host');
    expect(await find('localhost:5000')).toBe('local:host-5000');
    expect(await find('10.10.30.45')).toBe('10.10:30.45');
    expect(await find('10.10.30.45:5000')).toBe('10.10:30.45-5000');
    expect(await find('normalize.example.org')).toBe('normalize:example');
    expect(await find('none.example')).toBeUndefined();
  });

  test('76: abnormal.json', async () => {
    load('abnormal.json');
    expect(await find('docker.io')).toBe('index:docker.io');
    expect(await find('127.0.0.1:5000')).toBe('127.0:0.1-5000');
    expect(await find('localhost')).toBe('local:host');
    expect(await find('localhost:5001')).toBe('local:host-5001');
    expect(await find('localhost:5000')).toBe('local:host-5000');
  });

  test('76: legacy.json', async () => {
    write('.dockercfg', readFileSync(join(vectors!, 'legacy.json'), 'utf8'));
    expect(await find('docker.io')).toBe('docker:io-legacy');
    expect(await find('localhost')).toBe('local:host-legacy');
  });

  test('76: refpath.json', async () => {
    load('refpath.json');
    expect(await find('example.org', 'repo')).toBe('example:org');
    expect(await find('example.org', 'other')).toBe('local:host');
    expect(await find('docker.io', 'vendor/product')).toBe('first:level');
    expect(await find('docker.io', 'library/busybox')).toBe('library:busybox');
    expect(await find('docker.io', 'library/fedora')).toBe('library:other');
    expect(await find('docker.io', 'somevendor/product')).toBe('top:level');
  });

  test('76: the other files', async () => {
    load('empty.json');
    expect(await find('example.org')).toBeUndefined();
    load('example.json');
    expect(await find('example.org')).toBe('example:org');
    load('example_identitytoken.json');
    expect(await store().find('example.org', 'x')).toMatchObject({
      username: '00000000-0000-0000-0000-000000000000',
      identityToken: 'some very long identity token',
    });
    load('config.json');
    helper('helper-registry', 'cat > /dev/null; echo "credentials not found in native keychain"; exit 1');
    expect(await find('registry-no-creds.com')).toBeUndefined();
  });
});

describe('helpers', () => {
  const answering =
    'read server; printf \'{"ServerURL":"%s","Username":"%s","Secret":"helper-secret"}\' "$server" "$server"';

  test('75: credHelpers beats credsStore beats auths; credHelpers may be absent', async () => {
    helper('own', answering.replace('"$server" "$server"', '"$server" own'));
    helper('all', answering.replace('"$server" "$server"', '"$server" all'));
    const auths = { 'r.example': { auth: base64('file:p') }, 'other.example': {} };
    write('.docker/config.json', { auths, credsStore: 'all', credHelpers: { 'r.example': 'own' } });
    expect(await find('r.example')).toBe('own:helper-secret');
    expect(await find('other.example')).toBe('all:helper-secret');
    write('.docker/config.json', { auths, credsStore: 'all' });
    expect(await find('r.example')).toBe('all:helper-secret');
    write('.docker/config.json', { auths });
    expect(await find('r.example')).toBe('file:p');
  });

  test('Docker Hub goes by its URL in helpers of Docker, and by its name in those of podman', async () => {
    helper('echo', answering);
    write('.docker/config.json', { credsStore: 'echo' });
    expect(await find('docker.io', 'library/node')).toBe('https://index.docker.io/v1/:helper-secret');
    expect(await find('r.example:5000')).toBe('r.example:5000:helper-secret');
    write('.docker/config.json', { credHelpers: { 'index.docker.io': 'echo' } });
    expect(await find('docker.io', 'library/node')).toBe('https://index.docker.io/v1/:helper-secret');
    write('.docker/config.json', {});
    write('.config/containers/auth.json', { credHelpers: { 'docker.io': 'echo' } });
    expect(await find('docker.io', 'library/node')).toBe('docker.io:helper-secret');
  });

  test('a helper is asked once a run for a server', async () => {
    helper('count', `echo x >> '${join(home, 'asked')}'; ${answering}`);
    write('.docker/config.json', { credsStore: 'count' });
    const one = store();
    await Promise.all(['a', 'b', 'c'].map((path) => one.find('r.example', path)));
    expect(readFileSync(join(home, 'asked'), 'utf8')).toBe('x\n');
  });

  test('72: the user `<token>` means an identity token', async () => {
    helper('token', 'echo \'{"ServerURL":"r","Username":"<token>","Secret":"identity"}\'');
    write('.docker/config.json', { credsStore: 'token' });
    expect(await store().find('r.example', 'x')).toEqual({
      username: '',
      password: '',
      identityToken: 'identity',
      source: 'docker-credential-token',
    });
  });

  test.each([
    'credentials not found in native keychain',
    '  credentials not found in native keychain  ',
    'Credentials not found',
    'error getting credentials - err: exit status 1, out: credentials not found in native keychain',
    'The specified item could not be found in the keychain',
  ])('73: `%s` means nobody', async (text) => {
    helper('none', `cat > /dev/null; echo '${text}'; exit 1`);
    write('.docker/config.json', { credsStore: 'none', auths: { 'r.example': { auth: base64('file:p') } } });
    expect(await find('r.example')).toBe('file:p');
    expect(await find('other.example')).toBeUndefined();
  });

  test('74: missing, junk, failing, too much, and an odd name: an error that names the helper and quotes nothing', async () => {
    const secret = 'leaked-secret-value';
    const cases: [string, string | undefined, string][] = [
      ['missing', undefined, 'is not on the PATH'],
      ['junk', `echo 'junk ${secret}'`, 'did not answer with JSON'],
      ['array', `echo '["${secret}"]'`, 'gave no user name'],
      ['failing', `echo '${secret}' >&2; echo '${secret}'; exit 3`, 'failed (exit code 3)'],
      ['flood', 'yes xxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'printed far too much'],
    ];
    for (const [name, script, reason] of cases) {
      if (script !== undefined) helper(name, script);
      write('.docker/config.json', { credsStore: name });
      const error = await failure(find('r.example'));
      expect(error.kind).toBe('credentials');
      expect(error.message).toContain(`docker-credential-${name}`);
      expect(error.message).toContain(reason);
      expect(error.message).not.toContain(secret);
    }
    for (const name of ['../evil', 'a b', 'x;touch y', '$(id)', '-x']) {
      write('.docker/config.json', { credsStore: name });
      await expect(find('r.example')).rejects.toThrow(RegistryError);
    }
  });

  test('74: a helper that hangs is ended, with what it started', async () => {
    helper('hanging', 'sleep 60 & sleep 60');
    write('.docker/config.json', { credsStore: 'hanging' });
    const error = await failure(store({}, 200).find('r.example', 'x'));
    expect(error.message).toContain('did not answer in 0.2 s');
  });

  test('79: what a store gives is known to its redactor', async () => {
    write('.docker/config.json', { auths: { 'r.example': { auth: base64('user:file-secret') } } });
    const redactor = new Redactor();
    await new CredentialStore({}, home, redactor, 1000).find('r.example', 'x');
    expect(redactor.clean(`x file-secret y ${base64('user:file-secret')} z`)).toBe('x [redacted] y [redacted] z');
  });
});
