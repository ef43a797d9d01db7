import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { client, type Daemon, startDaemon } from '../engine/daemon.ts';

/** What a build gave: the files of its image by path with what they hold, or what the engine said when it failed. */
export type Built = { readonly files: ReadonlyMap<string, string> } | { readonly error: string };

/** Debian's Docker engine without networks, in a folder of its own, for builds whose files are looked at. */
export class BuildEngine {
  readonly #daemon: Daemon;

  private constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  /** Throws where the engine does not answer. */
  static async start(folder: string): Promise<BuildEngine> {
    return new BuildEngine(await startDaemon(join(folder, 'data'), folder));
  }

  stop(): Promise<void> {
    return this.#daemon.stop();
  }

  docker(...args: readonly string[]): Promise<{ code: number; stdout: Buffer; stderr: string }> {
    const options = { env: this.#daemon.environment, encoding: 'buffer', maxBuffer: 1 << 28 } as const;
    return new Promise((resolve) => {
      execFile(client, args, options, (error, stdout, stderr) => {
        resolve({ code: error ? 1 : 0, stdout, stderr: stderr.toString('utf8') });
      });
    });
  }

  /** Builds a context and gives the files of the image below some folders. */
  async files(dockerfile: string, context: string): Promise<Built> {
    const output = ['--output', 'type=tar,dest=-'];
    const said = await this.docker('build', '-q', '--network', 'none', ...output, '-f', dockerfile, context);
    return said.code === 0 ? { files: filesOf(said.stdout) } : { error: said.stderr.slice(-2000) };
  }
}

/** The entries of a tar archive, by path without a slash at the end: type, mode and content or link. */
function filesOf(tar: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  let long: { path?: string; link?: string } = {};
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number): string => {
      const field = tar.subarray(at + from, at + from + length);
      const end = field.indexOf(0);
      return field.subarray(0, end === -1 ? length : end).toString('utf8');
    };
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    const type = text(156, 1) || '0';
    const body = tar.subarray(at + 512, at + 512 + size).toString('latin1');
    const prefix = text(345, 155);
    if (type === 'x') {
      const path = /\d+ path=([^\n]*)\n/.exec(body)?.[1];
      if (path !== undefined) long = { path: Buffer.from(path, 'latin1').toString('utf8') };
    } else if (type !== 'g') {
      const path = (long.path ?? (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100))).replace(/\/$/, '');
      files.set(path, `${type} ${text(100, 8)} ${type === '2' ? text(157, 100) : body}`);
      long = {};
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
