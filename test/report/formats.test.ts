import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { Dockerfile, type Instruction } from '../../src/dockerfile/index.ts';
import { applyEdits } from '../../src/edit/index.ts';
import { fix } from '../../src/engine/index.ts';
import { githubReporter, gitlabReporter, rdjsonReporter } from '../../src/report/code-review.ts';
import { count, emptyTally, type FileReport, type Problem, type Reporter } from '../../src/report/index.ts';
import { sarifReporter, uriOf } from '../../src/report/sarif.ts';
import { suggestionEdit, suggestionsOf } from '../../src/report/suggestions.ts';
import { LineIndex } from '../../src/text/index.ts';
import type { Fix, Transform } from '../../src/transform/index.ts';
import { transforms } from '../../transforms/index.ts';
import { fixAt, planted, replacer } from '../support/planted.ts';
import { readFixtureCase } from '../support/testing.ts';

interface Sarif {
  runs: [
    {
      tool: { driver: { rules: { id: string }[] } };
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        message: { text: string };
        locations: [{ physicalLocation: { artifactLocation: { uri: string }; region: Region } }];
        partialFingerprints: { primaryLocationLineHash: string };
        fixes?: [{ artifactChanges: { artifactLocation: { uri: string }; replacements: Replacement[] }[] }];
      }[];
      invocations: [{ executionSuccessful: boolean; toolExecutionNotifications?: { message: { text: string } }[] }];
    },
  ];
}
interface Region {
  startLine: number;
  startColumn: number;
  endLine: number;
  endColumn: number;
}
interface Replacement {
  deletedRegion: Region & { charOffset?: number };
  insertedContent?: { text: string };
}

function reportOf(
  path: string,
  source: string,
  list: readonly Transform[] = transforms,
): FileReport & { result: unknown } {
  const result = fix(source, { transforms: list, choice: { safety: 'unsafe' } });
  const changes = result.output === source ? [] : [{ path, before: source, after: result.output }];
  for (const { path: name, before, after } of result.files) changes.push({ path: name, before: before!, after });
  return { path, diffPath: path, result, changes };
}

function render(reporter: Reporter, reports: readonly FileReport[], problems: readonly Problem[] = []): string {
  const tally = emptyTally();
  const begin = reporter.begin();
  const body = reports.map((each) => {
    count(tally, each);
    return reporter.file(each);
  });
  return begin + body.join('') + reporter.end(tally, problems);
}

const syntax = {
  kind: 'syntax',
  path: 'bad/Dockerfile',
  message: 'wrong: 100%\nreally',
  position: { line: 2, column: 3 },
} as const;
const bad: FileReport = { path: 'bad/Dockerfile', problem: syntax };

/** Every fixture of the project, with all transforms at once. */
const reports = readdirSync('fixtures').flatMap((id) => {
  const folder = join('fixtures', id);
  return readdirSync(folder).flatMap((name) => {
    try {
      return [reportOf(`${id}/${name}/Dockerfile`, readFixtureCase(folder, name).source)];
    } catch {
      return [];
    }
  });
});

describe('suggestions', () => {
  test('applied together give the output, for every fixture', () => {
    let number = 0;
    for (const { path, ...each } of reports) {
      if (!('result' in each)) continue;
      const { result } = each as Extract<FileReport, { changes: unknown }>;
      const lines = new LineIndex(result.source);
      const suggestions = suggestionsOf(result);
      number += suggestions.length;
      const edits = suggestions.map((suggestion) => suggestionEdit(suggestion, result.source, lines));
      expect(applyEdits(result.source, edits), path).toBe(result.output);
      // Each has what it comes from, and each fix of the text is in one.
      expect(
        suggestions.filter((suggestion) => suggestion.fixes.length === 0),
        path,
      ).toEqual([]);
      const named = new Set(suggestions.flatMap((suggestion) => suggestion.fixes));
      expect(
        result.applied.filter((each) => each.fix.edits.length > 0 && !named.has(each)),
        path,
      ).toEqual([]);
    }
    expect(number).toBeGreaterThan(100);
  });

  test('new lines at the top, in between, at the end, and lines that go', () => {
    const of = (source: string, output: string): string[] =>
      suggestionsOf({ ...fix(source, { transforms: [] }), output }).map(
        ({ startLine, endLine, text }) => `${startLine}-${endLine} ${JSON.stringify(text)}`,
      );
    expect(of('FROM a\nRUN b\n', '# x\nFROM a\nRUN b\n')).toEqual(['1-1 "# x\\nFROM a"']);
    expect(of('FROM a\nRUN b\n', 'FROM a\nRUN x\nRUN b\n')).toEqual(['1-1 "FROM a\\nRUN x"']);
    expect(of('FROM a\nRUN b\n', 'FROM a\nRUN b\nRUN c\n')).toEqual(['2-2 "RUN b\\nRUN c"']);
    expect(of('FROM a\nRUN b\nRUN c\n', 'FROM a\nRUN c\n')).toEqual(['2-2 ""']);
  });
});

describe('two blocks at one place', () => {
  const block = (
    id: string,
    text: string,
    offset: (file: Dockerfile) => number,
    more: Partial<Pick<Fix, 'edits'>> = {},
  ): Transform =>
    planted(id, function* (file) {
      if (file.source.includes(text)) return;
      const at = offset(file);
      const before = file.instructions.filter((each) => each.span.start < at).length;
      const keyword = text.trim().split(' ')[0]!;
      yield fixAt(file.instructions[0]!, {
        title: `Write \`${text.trim()}\``,
        edits: [{ start: at, end: at, text }, ...(more.edits ?? [])],
        changes: { edits: more.edits ? [0] : [], adds: [{ before, keyword }] },
      });
    });
  const found = (file: Dockerfile, keyword: string): Instruction =>
    file.instructions.find((each) => each.keyword === keyword)!;
  const source = 'FROM a\nRUN b\nCMD ["c"]\n';
  const lists = {
    'above the first line and below it': [
      block('use-a', 'ARG a=1\n', (file) => found(file, 'FROM').span.start),
      block('use-b', '\nUSER 1', (file) => found(file, 'FROM').extent.end),
    ],
    'in front of one instruction': [
      block('use-a', 'LABEL a=1\n', (file) => found(file, 'CMD').span.start),
      block('use-b', 'USER 1\n', (file) => found(file, 'CMD').span.start),
    ],
    'in front of one instruction, and something else': [
      block('use-a', 'LABEL a=1\n', (file) => found(file, 'CMD').span.start),
      block('use-b', 'USER 1\n', (file) => found(file, 'CMD').span.start, {
        edits: [{ start: 5, end: 6, text: 'z' }],
      }),
    ],
  };

  test.each(Object.entries(lists))('%s', (_, list) => {
    const report = reportOf('Dockerfile', source, list);
    const { result } = report as Extract<FileReport, { changes: unknown }>;
    expect(result.applied.map((each) => each.transform.id)).toEqual(['use-a', 'use-b']);
    const lines = new LineIndex(source);
    const suggestions = suggestionsOf(result);
    const edits = suggestions.map((each) => suggestionEdit(each, source, lines));
    for (const [index, edit] of edits.entries()) expect(edit.start).toBeGreaterThan(edits[index - 1]?.end ?? -1);
    expect(applyEdits(source, edits)).toBe(result.output);
    // The suggestion with a block names the fix that it is of.
    for (const { transform, fix: own } of result.applied) {
      const holding = suggestions.filter((each) => each.text.includes(own.edits[0]!.text.trim()));
      expect(holding.map(({ fixes }) => fixes.map((each) => each.transform.id))).toEqual([
        expect.arrayContaining([transform.id]),
      ]);
    }
    for (const reporter of [githubReporter, rdjsonReporter, gitlabReporter]) {
      const text = render(reporter({ verbose: false, written: false }), [report]);
      for (const { fix: own } of result.applied) expect(text).toContain(own.title);
    }
  });
});

describe('sarif', () => {
  const text = render(sarifReporter({ toolVersion: '0.0.0', transforms }), [...reports, bad]);
  const sarif = JSON.parse(text) as Sarif;
  const { results, tool, invocations } = sarif.runs[0];

  test('is valid against the schema of 2.1.0', () => {
    const path = '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json';
    const schema = JSON.parse(readFileSync(createRequire(import.meta.url).resolve(path), 'utf8')) as Record<
      string,
      unknown
    >;
    // The schema is of draft 4, in which an id is `id`; nothing else of it differs in what it uses.
    const { id: _id, $schema: _schema, ...rest } = schema;
    const formats = {
      uri: (value: string) => URL.canParse(value),
      'uri-reference': (value: string) => URL.canParse(value, 'https://example.org/'),
      'date-time': (value: string) => !Number.isNaN(Date.parse(value)),
    };
    const validate = new Ajv({ strict: false, unicodeRegExp: false, formats, allErrors: true }).compile(rest);
    expect(validate(sarif) ? [] : validate.errors).toEqual([]);
    expect(validate({ ...sarif, version: '2.0' })).toBe(false);
    expect(results.length).toBeGreaterThan(200);
  });

  test('each rule is a transform, but for that of what is read, and each result has its rule', () => {
    const { rules } = tool.driver;
    expect(rules.map((each) => each.id)).toEqual([...transforms.map((each) => each.id), 'swallowed-instruction']);
    expect(results.filter((each) => rules[each.ruleIndex]?.id !== each.ruleId)).toEqual([]);
  });

  test('regions are real, and fixes of their own file give a Dockerfile', () => {
    const sources = new Map(reports.flatMap((each) => ('result' in each ? [[each.path, each]] : [])));
    let fixes = 0;
    for (const { locations, fixes: own = [] } of results) {
      const { artifactLocation, region } = locations[0].physicalLocation;
      const each = sources.get(decodeURIComponent(artifactLocation.uri)) as Extract<FileReport, { changes: unknown }>;
      const { source } = each.result;
      const lines = new LineIndex(source);
      const offset = (line: number, column: number): number => lines.lineStart(line) + column - 1;
      expect(offset(region.endLine, region.endColumn)).toBeGreaterThanOrEqual(
        offset(region.startLine, region.startColumn),
      );
      expect(offset(region.endLine, region.endColumn)).toBeLessThanOrEqual(source.length);
      for (const { artifactChanges } of own) {
        for (const change of artifactChanges.filter((item) => item.artifactLocation.uri === artifactLocation.uri)) {
          fixes++;
          const edits = change.replacements.map(({ deletedRegion: at, insertedContent }) => ({
            start: offset(at.startLine, at.startColumn),
            end: offset(at.endLine, at.endColumn),
            text: insertedContent?.text ?? '',
          }));
          expect(() => new Dockerfile(applyEdits(source, edits))).not.toThrow();
        }
      }
    }
    expect(fixes).toBeGreaterThan(100);
  });

  test('a fix that others had to make room for points to the source, and replaces lines of it', () => {
    const two = 'FROM a\nRUN one\nRUN x\n';
    const list = [
      replacer('use-two', 'one', 'two \\\n  more'),
      replacer('use-y', 'x', 'y'),
      replacer('use-z', 'y', 'z'),
    ];
    const { results: all } = (
      JSON.parse(
        render(sarifReporter({ toolVersion: '0', transforms: list }), [reportOf('Dockerfile', two, list)]),
      ) as Sarif
    ).runs[0];
    expect(all.map((each) => [each.ruleId, each.locations[0].physicalLocation.region.startLine])).toEqual([
      ['use-two', 2],
      ['use-y', 3],
      ['use-z', 3],
    ]);
    expect(all[2]!.fixes![0].artifactChanges[0]!.replacements).toEqual([
      {
        deletedRegion: { startLine: 2, startColumn: 1, endLine: 3, endColumn: 6 },
        insertedContent: { text: 'RUN two \\\n  more\nRUN z' },
      },
    ]);
  });

  test('fingerprints hold when lines move, and differ within a file', () => {
    const of = (source: string): string[] =>
      (
        JSON.parse(render(sarifReporter({ toolVersion: '0', transforms }), [reportOf('Dockerfile', source)])) as Sarif
      ).runs[0].results.map((each) => each.partialFingerprints.primaryLocationLineHash);
    const all = of('FROM debian:12\nWORKDIR a\nWORKDIR b\nRUN a | b\nRUN a | b\n');
    expect(new Set(all).size).toBe(all.length);
    expect(of('# comment\n\nFROM debian:12\nWORKDIR a\nWORKDIR b\nRUN a | b\nRUN a | b\n')).toEqual(all);
  });

  test('files that cannot be read are told as notifications', () => {
    expect(invocations[0].executionSuccessful).toBe(false);
    expect(invocations[0].toolExecutionNotifications?.map((each) => each.message.text)).toEqual([syntax.message]);
  });

  test('a fix of a file beside is in it', () => {
    const ignore = planted('write-ignore', function* (file) {
      const files = [{ path: '.dockerignore', before: undefined, after: '.git\n' }];
      yield fixAt(file.instructions[0]!, { edits: [], files });
    });
    const list = [ignore];
    const one = JSON.parse(
      render(sarifReporter({ toolVersion: '0', transforms: list }), [reportOf('Dockerfile', 'FROM a\n', list)]),
    ) as Sarif;
    expect(one.runs[0].results[0]!.fixes![0].artifactChanges).toEqual([
      {
        artifactLocation: { uri: '.dockerignore' },
        replacements: [{ deletedRegion: { charOffset: 0, charLength: 0 }, insertedContent: { text: '.git\n' } }],
      },
    ]);
  });

  test('paths are relative URI references', () => {
    expect(['a b/Dockerfile', 'x:y', 'é/%', 'a+b@c/#?'].map(uriOf)).toEqual([
      'a%20b/Dockerfile',
      './x:y',
      '%C3%A9/%25',
      'a+b@c/%23%3F',
    ]);
  });
});

const options = { verbose: false, written: false };
const source = 'FROM debian:12\nRUN one\nRUN left\n';
const list = [replacer('use-two', 'one', 'two'), replacer('use-right', 'left', 'right', { safety: 'manual' })];
const simple = reportOf('a b/Dockerfile,1', source, list);

describe('github', () => {
  test('fixes are warnings of their lines, what is left a notice, and nothing can end a command', () => {
    expect(
      render(githubReporter(options), [simple, bad], [{ kind: 'input', message: 'no such file', path: 'x' }]),
    ).toBe(
      [
        '::warning file=a b/Dockerfile%2C1,line=2,endLine=2,title=dockmend%3A use-two::planted. Planted (safe)',
        '::notice file=a b/Dockerfile%2C1,line=3,endLine=3,title=dockmend%3A use-right::planted. Planted (manual: applied with `--accept use-right`)',
        '::error file=bad/Dockerfile,line=2,col=3,title=dockmend::wrong: 100%25%0Areally',
        '::error file=x,title=dockmend::no such file',
        '',
      ].join('\n'),
    );
  });

  test('refusals are told with --verbose alone', () => {
    const refused = planted('refuse', function* (file) {
      yield { span: file.instructions[0]!.span, message: 'Bad', skipped: 'shell-unknown' };
    });
    const report = reportOf('Dockerfile', source, [refused]);
    expect(render(githubReporter(options), [report])).toBe('');
    expect(render(githubReporter({ ...options, verbose: true }), [report])).toMatch(
      /^::notice .*::Bad\. Left as it is: /,
    );
  });
});

describe('rdjson', () => {
  interface Rdjson {
    diagnostics: {
      location: { path: string; range?: { start: { line: number }; end?: { line: number } } };
      severity: string;
      suggestions?: [{ range: { start: { line: number }; end: { line: number } }; text: string }];
    }[];
  }

  test('suggestions replace whole lines, in the range of their comment, and together give the output', () => {
    for (const report of reports) {
      const { diagnostics } = JSON.parse(render(rdjsonReporter(options), [report])) as Rdjson;
      const { result } = report as Extract<FileReport, { changes: unknown }>;
      const lines = new LineIndex(result.source);
      const edits = diagnostics.flatMap(({ suggestions = [], location }) =>
        suggestions.map(({ range, text }) => {
          expect(range).toEqual(location.range);
          const suggestion = { startLine: range.start.line, endLine: range.end.line, text, fixes: [] };
          return suggestionEdit(suggestion, result.source, lines);
        }),
      );
      expect(applyEdits(result.source, edits)).toBe(result.output);
    }
  });

  test('what is written needs no suggestion, and problems are errors', () => {
    const { diagnostics } = JSON.parse(render(rdjsonReporter({ ...options, written: true }), [simple, bad])) as Rdjson;
    expect(diagnostics.map((each) => [each.severity, each.suggestions])).toEqual([
      ['INFO', undefined],
      ['INFO', undefined],
      ['ERROR', undefined],
    ]);
  });
});

describe('gitlab', () => {
  test('each issue has what GitLab reads, and a fingerprint of its own', () => {
    const issues = JSON.parse(render(gitlabReporter(options), [simple, bad, ...reports])) as Record<string, unknown>[];
    expect(issues[0]).toEqual({
      description: 'planted. Planted (safe)',
      check_name: 'use-two',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      severity: 'minor',
      location: { path: 'a b/Dockerfile,1', lines: { begin: 2 } },
    });
    expect(new Set(issues.map((each) => each.fingerprint)).size).toBe(issues.length);
    expect([...new Set(issues.map((each) => each.severity))].sort()).toEqual(['critical', 'info', 'minor']);
  });

  test('nothing to say is an empty list', () => {
    expect(JSON.parse(render(gitlabReporter(options), []))).toEqual([]);
    expect(JSON.parse(render(rdjsonReporter(options), [])).diagnostics).toEqual([]);
  });
});
