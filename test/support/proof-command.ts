import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled } from './compiled.ts';

/** How a command ended, and what it printed and left. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a process of its own in a folder with one Dockerfile. */
export function startCommand(
  folder: string,
  dockerfile: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended>; readonly text: () => string } {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'Dockerfile'), dockerfile);
  const command = [compiled('test/support/command.ts'), '--offline', '--write', ...args];
  const child = spawn(process.execPath, command, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', ...environment },
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      printed[name] += piece;
    });
  }
  const ended = new Promise<Ended>((done) => child.once('close', (code, signal) => done({ code, signal, ...printed })));
  return { child, ended, text: () => readFileSync(join(folder, 'Dockerfile'), 'utf8') };
}

/** Folders of proofs that are there now. */
export function proofFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('dockmend-proof-'));
}
