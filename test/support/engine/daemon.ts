import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from '../temporary.ts';

/** A Docker engine that runs. */
export interface Daemon {
  /** For Debian's client: a newer one that is found first may want a plugin for builds. */
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** Debian's client of the engine. */
export const client = '/usr/bin/docker';

/**
 * Starts Debian's Docker engine with its images in one folder and all else in another, which holds its log. It has no
 * network but the machine's own (`--network host`) or none. Throws where it does not answer within a minute.
 */
export async function startDaemon(data: string, folder: string): Promise<Daemon> {
  const host = `unix://${join(folder, 'docker.sock')}`;
  const places = ['--data-root', data, '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid')];
  const log = openSync(join(folder, 'log'), 'w');
  const daemon = spawn('dockerd', [...places, '--host', host, '--iptables=false', '--bridge=none'], {
    stdio: ['ignore', log, log],
  });
  let ended = false;
  const end = new Promise<void>((resolve) => {
    daemon.once('error', () => resolve());
    daemon.once('exit', () => resolve());
  }).then(() => {
    ended = true;
  });
  // A process that is stopped by a signal or an error takes its engine along.
  const kill = () => void daemon.kill('SIGTERM');
  const forget = atEnd(kill);
  const environment = { PATH: process.env.PATH, HOME: '/nonexistent', DOCKER_HOST: host, DOCKER_BUILDKIT: '1' };
  const stop = async () => {
    forget();
    kill();
    await end;
  };
  const answers = () =>
    new Promise<boolean>((resolve) => {
      execFile(client, ['version'], { env: environment }, (error) => resolve(error === null));
    });
  for (let waited = 0; waited < 600 && !ended; waited++) {
    if (await answers()) return { environment, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error('the Docker engine did not start');
}
