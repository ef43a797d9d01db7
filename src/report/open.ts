import type { Transform } from '../transform/index.ts';
import { diffReporter } from './diff.ts';
import type { Page, Reporter } from './model.ts';
import { terminalReporter } from './terminal.ts';

export const formats = ['terminal', 'diff', 'json', 'sarif', 'github', 'rdjson', 'gitlab'] as const;
export type Format = (typeof formats)[number];

/** What the formats of a report have to know of a run. */
export interface ReportOptions {
  readonly toolVersion: string;
  /** Whether the fixes are written, or shown only. */
  readonly written: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly transforms: readonly Transform[];
}

/** The reporter of a format. What only one format needs is loaded with it. */
export async function openReporter(format: Format, options: ReportOptions): Promise<Reporter> {
  switch (format) {
    case 'terminal':
      return terminalReporter(options);
    case 'diff':
      return diffReporter();
    case 'json':
      return (await import('./json.ts')).jsonReporter(options);
    case 'sarif':
      return (await import('./sarif.ts')).sarifReporter(options);
    case 'github':
      return (await import('./code-review.ts')).githubReporter(options);
    case 'rdjson':
      return (await import('./code-review.ts')).rdjsonReporter(options);
    case 'gitlab':
      return (await import('./code-review.ts')).gitlabReporter(options);
  }
}

/** The page of a file by the end of its name; undefined where there is none of that kind. */
export async function openPage(path: string, options: ReportOptions): Promise<Page | undefined> {
  switch (/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase()) {
    case 'html':
    case 'htm':
      return (await import('./html.ts')).htmlPage(options);
    case 'md':
    case 'markdown':
      return (await import('./markdown.ts')).markdownPage(options);
    case 'json':
      return pageOf(await openReporter('json', options));
    case 'sarif':
      return pageOf(await openReporter('sarif', options));
    case 'diff':
    case 'patch':
      return pageOf(await openReporter('diff', options));
    default:
      return undefined;
  }
}

function pageOf(reporter: Reporter): Page {
  const before = reporter.begin();
  return {
    file: (report) => reporter.file(report),
    around: ({ tally, problems }) => ({ before, after: reporter.end(tally, problems) }),
  };
}
