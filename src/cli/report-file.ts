import { closeSync, mkdtempSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type FileReport, hidingPage, openPage, type Page, type ReportOptions, type RunEnd } from '../report/index.ts';
import { UsageError } from './usage.ts';

/**
 * A report on its way into a file. Its sections are kept on disk, as the page begins with what only the end of the run
 * knows; the file is there, whole, when the run has ended, and not before.
 */
export class ReportFile {
  readonly #path: string;
  readonly #page: Page;
  readonly #folder: string;
  readonly #body: number;
  /** Why a section could not be kept; the run goes on without it. */
  #fault: unknown;

  /** Takes an absolute path. Throws UsageError where there is no such kind of report, or its folder takes no file. */
  static async open(path: string, options: ReportOptions): Promise<ReportFile> {
    const page = await openPage(path, options);
    if (page) return new ReportFile(path, page);
    throw new UsageError(
      `--report takes a file that ends in .html, .md, .json, .sarif or .diff, not ${basename(path)}`,
    );
  }

  private constructor(path: string, page: Page) {
    this.#path = path;
    this.#page = hidingPage(page);
    try {
      this.#folder = mkdtempSync(join(dirname(path), '.dockmend-report-'));
    } catch (error) {
      throw new UsageError(`--report: ${dirname(path)} takes no file (${(error as NodeJS.ErrnoException).code})`);
    }
    process.once('exit', this.#remove);
    this.#body = openSync(join(this.#folder, 'body'), 'wx+');
  }

  add(report: FileReport): void {
    try {
      writeFileSync(this.#body, this.#page.file(report));
    } catch (error) {
      this.#fault ??= error;
    }
  }

  /** Writes the file; what was there is replaced at once. Throws UsageError where it cannot be written. */
  finish(end: RunEnd): void {
    try {
      if (this.#fault !== undefined) throw this.#fault;
      this.#write(end);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const why = code === 'ENOSPC' || code === 'EDQUOT' ? ', as its disk is full' : '';
      throw new UsageError(`--report: ${basename(this.#path)} cannot be written${why} (${code})`);
    }
  }

  #write(end: RunEnd): void {
    const { before, after } = this.#page.around(end);
    const whole = join(this.#folder, 'whole');
    writeFileSync(whole, before);
    const file = openSync(whole, 'a');
    const chunk = Buffer.alloc(1 << 16);
    for (let at = 0, read = -1; read !== 0; at += read) {
      read = readSync(this.#body, chunk, 0, chunk.length, at);
      writeFileSync(file, chunk.subarray(0, Math.max(read, 0)));
    }
    writeFileSync(file, after);
    closeSync(file);
    renameSync(whole, this.#path);
  }

  /** Leaves nothing behind but the file. */
  close(): void {
    closeSync(this.#body);
    this.#remove();
    process.removeListener('exit', this.#remove);
  }

  readonly #remove = (): void => rmSync(this.#folder, { recursive: true, force: true });
}
