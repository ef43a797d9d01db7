import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What to make at a path: content of a file, a link, a mode, or (null) an empty directory. */
export type Plan = Record<string, string | Buffer | { link: string } | { mode: number; content?: string } | null>;

/** Makes a temporary directory of files; the path that it gives ends in no slash. */
export function makeTree(plan: Plan): string {
  const directory = mkdtempSync(join(tmpdir(), 'dockmend-context-'));
  for (const [path, what] of Object.entries(plan)) {
    const full = join(directory, path);
    mkdirSync(dirname(full), { recursive: true });
    if (what === null) mkdirSync(full, { recursive: true });
    else if (typeof what === 'string' || Buffer.isBuffer(what)) writeFileSync(full, what);
    else if ('link' in what) symlinkSync(what.link, full);
    else {
      writeFileSync(full, what.content ?? '');
      chmodSync(full, what.mode);
    }
  }
  return directory;
}

/** Runs with a directory of files that is gone afterwards. */
export function withTree<T>(plan: Plan, run: (directory: string) => T): T {
  const directory = makeTree(plan);
  try {
    return run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
