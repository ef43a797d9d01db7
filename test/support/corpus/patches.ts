import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unifiedDiff } from '../../../src/report/index.ts';
import { keptFolder } from '../temporary.ts';

/** The diff of a text, as the command prints it. */
export function patchOf(path: string, before: string, after: string): string {
  return unifiedDiff({ path, before, after });
}

/** A text, what it is to become, and the diff between them, made for the path that it is asked for. */
export interface Patched {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly patch: (path: string) => string;
}

/** The files whose diff `git apply` does not take, or takes to another text; all are tried in one run of it. */
export function failingPatches(files: readonly Patched[]): { path: string; detail: string }[] {
  if (files.length === 0) return [];
  const folder = keptFolder();
  const git = (...args: string[]): { status: number | null; stderr: string } =>
    spawnSync('git', ['-c', 'core.autocrlf=false', ...args], { cwd: folder, encoding: 'utf8' });
  try {
    git('init', '--quiet');
    mkdirSync(join(folder, 'files'));
    for (const [index, { before }] of files.entries()) writeFileSync(join(folder, 'files', String(index)), before);
    const patches = files.map(({ patch }, index) => patch(`files/${index}`));
    writeFileSync(join(folder, 'all.patch'), patches.join(''));
    // One patch that fails keeps all others from being applied; then each is tried alone.
    if (git('apply', '--whitespace=nowarn', 'all.patch').status !== 0) {
      return files.flatMap(({ path }, index) => {
        writeFileSync(join(folder, 'one.patch'), patches[index]!);
        const { status, stderr } = git('apply', '--whitespace=nowarn', 'one.patch');
        return status === 0 ? [] : [{ path, detail: stderr.trim().split('\n')[0]! }];
      });
    }
    return files.flatMap(({ path, after }, index) =>
      readFileSync(join(folder, 'files', String(index)), 'utf8') === after ? [] : [{ path, detail: 'another text' }],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
