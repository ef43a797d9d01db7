import { accessSync, constants, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';
import { noteOf, runsAll } from './sampled.ts';
import { keptFolder } from './temporary.ts';

/** Which of some programs are not on PATH. */
function missingParts(programs: readonly string[]): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return programs.filter((program) => !folders.some((folder) => isExecutable(join(folder, program))));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether every program is on PATH. With CI=true a missing one is an error, never a skip. */
export function hasParts(...programs: readonly string[]): boolean {
  const missing = missingParts(programs);
  if (missing.length > 0 && process.env.CI === 'true') throw new Error(`missing parts: ${missing.join(', ')}`);
  return missing.length === 0;
}

/** Why a suite that needs parts did not run. */
export function partsMissing(...programs: readonly string[]): string {
  const missing = missingParts(programs);
  return missing.length === 0 ? '' : ` (skipped: needs ${missing.join(', ')}; npm run test:all installs them)`;
}

/** Tests that need programs: skipped, and said, where one is missing; with CI=true that is an error. */
export function describeWithParts(title: string, programs: readonly string[], body: () => void): void {
  describe.skipIf(!hasParts(...programs))(title + partsMissing(...programs), body);
}

/** A program, or what tells why something else that a test needs is not here. */
export type Part = string | (() => string | undefined);

/** The same, of the full suite alone, as they take long for what they find. */
export function describeInFullSuite(title: string, parts: readonly Part[], body: () => void): void {
  const note = runsAll ? lackOf(parts) : noteOf('all');
  describe.skipIf(note !== '')(title + note, body);
}

function lackOf(parts: readonly Part[]): string {
  const programs = parts.filter((part) => typeof part === 'string');
  if (!hasParts(...programs)) return partsMissing(...programs);
  const lacks = parts.flatMap((part) => (typeof part === 'string' ? [] : (part() ?? [])));
  return lacks.length === 0 ? '' : ` (skipped: ${lacks.join(', ')})`;
}

/** The part that is the right to do what only root may. */
export function root(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

/** A temporary folder and the way to remove it; one that a skipped suite has made goes with the process. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = keptFolder('');
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
