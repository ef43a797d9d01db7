import { dirname, resolve } from 'node:path';
import { repositoryRoot } from '../config/index.ts';
import type { AppliedFix, FixResult, Report } from '../engine/index.ts';
import { isWithin } from './paths.ts';
import { InputError } from './read-source.ts';

/** A file beside a Dockerfile that is to be written. */
export interface ChangeBeside {
  readonly absolute: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** The files beside Dockerfiles, as a run has left them so far: Dockerfiles with one context want the same changes. */
export class FilesBeside {
  readonly #texts = new Map<string, string>();
  /** Fixes of files alone that a report has told as available, by path and text. */
  readonly #told = new Set<string>();

  /**
   * The changes that no earlier Dockerfile wanted, and the result without what an earlier report has told. A fix of files
   * alone is rejected where an earlier Dockerfile had the file otherwise. Throws InputError for a file outside of the
   * build context and the repository, and where a fix with edits wants what an earlier one had otherwise.
   */
  judge(
    dockerfile: string,
    folder: string,
    result: FixResult,
  ): { readonly result: FixResult; readonly changes: readonly ChangeBeside[] } {
    const changes: ChangeBeside[] = [];
    const settled = new Map<string, 'same' | 'other'>();
    for (const { path, before, after } of result.files) {
      const absolute = resolve(folder, path);
      if (!isWithin(folder, absolute) && !isWithin(repositoryRoot(dirname(dockerfile)) ?? folder, absolute)) {
        throw new InputError(`a fix would change ${path}, outside of the build context`);
      }
      const known = this.#texts.get(absolute);
      if (known === undefined) changes.push({ absolute, before, after });
      else settled.set(path, known === after ? 'same' : 'other');
    }
    const remaining = result.remaining.filter((each) => !this.#isTold(folder, each));
    if (settled.size === 0) return { result: { ...result, remaining }, changes };
    const isOther = (each: AppliedFix) => each.fix.files?.some(({ path }) => settled.get(path) === 'other');
    const contested = result.applied.filter(isOther);
    if (contested.some((each) => each.fix.edits.length > 0)) {
      const [path] = [...settled].find(([, state]) => state === 'other')!;
      throw new InputError(`two Dockerfiles want ${path} to differ, and the first one has it`);
    }
    const applied = result.applied.filter((each) => {
      const { edits, files = [] } = each.fix;
      return edits.length > 0 || files.length === 0 || !files.every(({ path }) => settled.has(path));
    });
    const why = 'an earlier Dockerfile with the same build context has this file changed in another way';
    const rejected = [...result.rejected, ...contested.map((each) => ({ ...each, why }))];
    return { result: { ...result, applied, remaining, rejected }, changes };
  }

  /** Changes that were written, or shown. */
  settle(changes: readonly ChangeBeside[]): void {
    for (const { absolute, after } of changes) this.#texts.set(absolute, after);
  }

  #isTold(folder: string, { finding }: Report): boolean {
    if (!('fix' in finding) || finding.fix.edits.length > 0 || !finding.fix.files?.length) return false;
    const key = JSON.stringify(finding.fix.files.map(({ path, after }) => [resolve(folder, path), after]));
    if (this.#told.has(key)) return true;
    this.#told.add(key);
    return false;
  }
}

/** A result whose fixes of files alone are left out, as for a text that lies in no folder. */
export function withoutFiles(result: FixResult): FixResult {
  const hasText = (fix: { edits: readonly unknown[]; files?: readonly unknown[] }) =>
    fix.edits.length > 0 || (fix.files ?? []).length === 0;
  return {
    ...result,
    applied: result.applied.filter((each) => hasText(each.fix)),
    remaining: result.remaining.filter(({ finding }) => !('fix' in finding) || hasText(finding.fix)),
    files: [],
  };
}
