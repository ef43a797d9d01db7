import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether every program is on PATH. With CI=true a missing one is an error, never a skip. */
export function hasParts(...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => spawnSync('sh', ['-c', 'command -v "$0"', program]).status !== 0);
  if (missing.length > 0 && process.env.CI === 'true') throw new Error(`missing parts: ${missing.join(', ')}`);
  return missing.length === 0;
}

/** Why a suite that needs parts did not run. */
export function partsMissing(...programs: readonly string[]): string {
  return hasParts(...programs) ? '' : ` (skipped: needs ${programs.join(', ')}; npm run test:all installs them)`;
}

/** A temporary folder and the way to remove it. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'dockmend-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
