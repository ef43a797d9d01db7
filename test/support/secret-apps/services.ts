import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A package registry, a package index, a Git server and a file, all of which want one token, on the loopback. */
export interface Services {
  /** Host and port. */
  readonly host: string;
  stop(): Promise<void>;
}

/** Starts the services; what they serve is made in a folder. */
export async function startServices(folder: string, token: string): Promise<Services> {
  const files = makeFiles(folder);
  const basic = `Basic ${Buffer.from(`ci:${token}`).toString('base64')}`;
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0]!);
    const given = request.headers.authorization ?? '';
    if (given !== `Bearer ${token}` && given !== basic) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end();
      return;
    }
    const origin = `http://${request.headers.host}`;
    const send = (text: string | Buffer, type = 'text/plain'): void => {
      response.writeHead(200, { 'content-type': type }).end(text);
    };
    if (path === '/file') send('what only the token opens');
    else if (path === '/npm/secret-lib') send(JSON.stringify(packument(origin)), 'application/json');
    else if (path === '/npm/secret-lib/-/secret-lib-1.0.0.tgz') send(readFileSync(files.npm));
    else if (path === '/simple/secret-lib/')
      send(`<a href="/files/secret_lib-1.0.0.tar.gz">secret_lib-1.0.0.tar.gz</a>`, 'text/html');
    else if (path === '/files/secret_lib-1.0.0.tar.gz') send(readFileSync(files.python));
    else if (path.startsWith('/git/private.git/') && !path.includes('..')) {
      try {
        send(readFileSync(join(files.git, path.slice('/git/private.git/'.length))), 'application/octet-stream');
      } catch {
        response.writeHead(404).end();
      }
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function packument(origin: string): object {
  const dist = { tarball: `${origin}/npm/secret-lib/-/secret-lib-1.0.0.tgz` };
  const version = { name: 'secret-lib', version: '1.0.0', main: 'index.js', dist };
  return { name: 'secret-lib', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } };
}

function makeFiles(folder: string): { npm: string; python: string; git: string } {
  const write = (path: string, text: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('npm/package/package.json', '{"name":"secret-lib","version":"1.0.0","main":"index.js"}');
  write('npm/package/index.js', 'module.exports = "from the private registry"\n');
  const [npm, python, git] = ['npm.tgz', 'python.tar.gz', 'private.git'].map((each) => join(folder, each)) as [
    string,
    string,
    string,
  ];
  execFileSync('tar', ['-czf', npm, '-C', join(folder, 'npm'), 'package']);
  write(
    'python/secret_lib-1.0.0/setup.py',
    'from setuptools import setup\nsetup(name="secret_lib", version="1.0.0", py_modules=["secret_lib"])\n',
  );
  write('python/secret_lib-1.0.0/PKG-INFO', 'Metadata-Version: 2.1\nName: secret_lib\nVersion: 1.0.0\n');
  write('python/secret_lib-1.0.0/secret_lib.py', 'text = "from the private index"\n');
  execFileSync('tar', ['-czf', python, '-C', join(folder, 'python'), 'secret_lib-1.0.0']);
  write('source/README', 'a private repository\n');
  const run = (...args: string[]): void => {
    execFileSync(
      'git',
      ['-c', 'user.name=a', '-c', 'user.email=a@b.example', '-c', 'init.defaultBranch=main', ...args],
      { stdio: 'ignore' },
    );
  };
  run('init', join(folder, 'source'));
  run('-C', join(folder, 'source'), 'add', '.');
  run('-C', join(folder, 'source'), 'commit', '-m', 'all');
  run('clone', '--bare', join(folder, 'source'), git);
  run('-C', git, 'update-server-info');
  return { npm, python, git };
}
