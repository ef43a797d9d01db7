import { createHash } from 'node:crypto';
import type { Report } from '../engine/index.ts';
import { hasMarks } from '../secrets/index.ts';
import { skipReasons } from '../transform/index.ts';
import type { FileReport, Problem, Reporter } from './model.ts';
import { opaqueSentence, swallowedRule } from './prose.ts';
import { fingerprint } from './sarif.ts';
import { SourcePlaces, suggestionsOf } from './suggestions.ts';

export interface ReviewOptions {
  /** Refusals are told as well. */
  readonly verbose: boolean;
  /** The fixes were written: what is told of them is for information. */
  readonly written: boolean;
}

type Fixed = Extract<FileReport, { result: unknown }>;
type Level = 'error' | 'warning' | 'notice';

/** Something to say about lines of the source. */
interface Remark {
  readonly level: Level;
  readonly startLine: number;
  readonly endLine: number;
  readonly transforms: readonly string[];
  readonly message: string;
  /** What the lines should be; undefined where there is no fix to apply. */
  readonly text?: string;
}

/** What a file has to say, place by place: fixes joined to the lines that they change together, then the rest. */
function remarks(report: Fixed, { verbose, written }: ReviewOptions): Remark[] {
  const { result, changes, diffPath } = report;
  const places = new SourcePlaces(result);
  const found: Remark[] = suggestionsOf(result, places).map(({ startLine, endLine, text, fixes }) => ({
    level: written ? 'notice' : 'warning',
    startLine,
    endLine,
    transforms: [...new Set(fixes.map((each) => each.transform.id))],
    message: fixes
      .map(({ finding, fix }) => `${finding.message}. ${fix.title} (${fix.safety})`)
      .filter((each, index, all) => all.indexOf(each) === index)
      .join('\n'),
    text,
  }));
  for (const each of result.applied) {
    if (each.fix.edits.length > 0) continue;
    const names = changes.filter((change) => change.path !== diffPath).map((change) => `\`${change.path}\``);
    const message = `${each.finding.message}. ${each.fix.title} (${each.fix.safety}; changes ${names.join(', ')})`;
    found.push({ ...lineOf(each, places, each.pass), level: written ? 'notice' : 'warning', message });
  }
  for (const each of result.remaining) {
    const { finding } = each;
    const place = lineOf(each, places);
    if ('fix' in finding) {
      const { title, safety } = finding.fix;
      const flag = safety === 'manual' ? `--accept ${each.transform.id}` : '--unsafe';
      const how = safety === 'safe' ? 'left out' : `applied with \`${flag}\``;
      found.push({ ...place, level: 'notice', message: `${finding.message}. ${title} (${safety}: ${how})` });
    } else if (!('skipped' in finding)) found.push({ ...place, level: 'warning', message: finding.message });
    else if (verbose) {
      const detail = finding.detail === undefined ? '' : ` (${finding.detail})`;
      const message = `${finding.message}. Left as it is: ${skipReasons[finding.skipped]}${detail}`;
      found.push({ ...place, level: 'notice', message });
    }
  }
  for (const each of result.opaque) {
    if (!each.swallowed) continue;
    const at = { startLine: each.swallowed.line, endLine: each.swallowed.line, transforms: [swallowedRule] };
    found.push({ ...at, level: 'warning', message: opaqueSentence(each) });
  }
  return found.sort((a, b) => a.startLine - b.startLine);
}

function lineOf(
  { finding, transform }: Report,
  places: SourcePlaces,
  pass?: number,
): Pick<Remark, 'startLine' | 'endLine' | 'transforms'> {
  const startLine = places.position(finding.span.start, pass).line;
  const endLine = Math.max(startLine, places.position(finding.span.end, pass).line);
  return { startLine, endLine, transforms: [transform.id] };
}

/** Workflow commands of GitHub Actions, which show as annotations of the lines. */
export function githubReporter(options: ReviewOptions): Reporter {
  const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const command = (level: Level, properties: Record<string, string | number | undefined>, message: string): string => {
    const list = Object.entries(properties).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${property(String(value))}`],
    );
    return `::${level} ${list.join(',')}::${data(message)}\n`;
  };
  const problem = ({ message, path, position }: Problem): string =>
    command('error', { file: path, line: position?.line, col: position?.column, title: 'dockmend' }, message);
  return {
    begin: () => '',
    file(report) {
      if ('problem' in report) return problem(report.problem);
      return remarks(report, options)
        .map(({ level, startLine, endLine, transforms, message }) => {
          const title = `dockmend: ${transforms.join(', ')}`;
          return command(level, { file: report.diffPath, line: startLine, endLine, title }, message);
        })
        .join('');
    },
    end: (_tally, problems) => problems.map(problem).join(''),
  };
}

/** Diagnostics in reviewdog's RDFormat, with suggestions that replace whole lines. */
export function rdjsonReporter(options: ReviewOptions): Reporter {
  const severities = { error: 'ERROR', warning: 'WARNING', notice: 'INFO' } as const;
  let first = true;
  const problem = ({ message, path, position }: Problem): object => ({
    message,
    location: { path: path ?? '', ...(position && { range: { start: { line: position.line } } }) },
    severity: 'ERROR',
  });
  const print = (diagnostics: readonly object[]): string =>
    diagnostics
      .map((each) => {
        const text = `${first ? '' : ','}\n${JSON.stringify(each)}`;
        first = false;
        return text;
      })
      .join('');
  return {
    begin: () => '{"source":{"name":"dockmend"},"severity":"WARNING","diagnostics":[',
    file(report) {
      if ('problem' in report) return print([problem(report.problem)]);
      return print(
        remarks(report, options).map(({ level, startLine, endLine, transforms, message, text }) => {
          // Lines alone, without columns, are whole lines to reviewdog; a suggestion has to have the range of its comment.
          const range = { start: { line: startLine }, end: { line: endLine } };
          return {
            message,
            location: { path: report.diffPath, range },
            severity: severities[level],
            code: { value: transforms.join(',') },
            ...(text !== undefined && !options.written && !hasMarks(text) && { suggestions: [{ range, text }] }),
          };
        }),
      );
    },
    end: (_tally, problems) => `${print(problems.map(problem))}\n]}\n`,
  };
}

/** GitLab's code quality report: its subset of the Code Climate format. */
export function gitlabReporter(options: ReviewOptions): Reporter {
  const severities = { error: 'critical', warning: 'minor', notice: 'info' } as const;
  let first = true;
  const print = (issues: readonly object[]): string =>
    issues
      .map((each) => {
        const text = `${first ? '' : ','}\n${JSON.stringify(each)}`;
        first = false;
        return text;
      })
      .join('');
  const issue = (path: string, line: number, name: string, level: Level, description: string, key: string): object => ({
    description,
    check_name: name,
    fingerprint: createHash('sha256').update(`${path}\0${key}`).digest('hex'),
    severity: severities[level],
    location: { path, lines: { begin: line } },
  });
  const problem = ({ message, path = '', position, kind }: Problem): object =>
    issue(path, position?.line ?? 1, kind, 'error', message, `${kind}\0${message}`);
  return {
    begin: () => '[',
    file(report) {
      if ('problem' in report) return print([problem(report.problem)]);
      const places = new SourcePlaces(report.result);
      const seen = new Map<string, number>();
      return print(
        remarks(report, options).map(({ level, startLine, transforms, message }) => {
          const name = transforms.join(',');
          const key = fingerprint(name, places.line(startLine), seen);
          return issue(report.diffPath, startLine, name, level, message.replaceAll('\n', ' '), key);
        }),
      );
    },
    end: (_tally, problems) => `${print(problems.map(problem))}\n]\n`,
  };
}
