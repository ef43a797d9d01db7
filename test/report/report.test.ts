import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { fix } from '../../src/engine/index.ts';
import { githubReporter, gitlabReporter, rdjsonReporter } from '../../src/report/code-review.ts';
import { diffReporter } from '../../src/report/diff.ts';
import { htmlPage } from '../../src/report/html.ts';
import {
  count,
  emptyTally,
  type FileReport,
  paintFor,
  type Reporter,
  renderProblem,
  visible,
} from '../../src/report/index.ts';
import { jsonReporter } from '../../src/report/json.ts';
import { markdownPage } from '../../src/report/markdown.ts';
import { sarifReporter } from '../../src/report/sarif.ts';
import { terminalReporter } from '../../src/report/terminal.ts';
import { transforms } from '../../transforms/index.ts';

const source = 'FROM debian:12\nMAINTAINER Jane\nWORKDIR app\nRUN apt-get update && apt-get install curl\n';
const result = fix(source, { transforms });
const report: FileReport = {
  path: 'web/Dockerfile',
  diffPath: 'web/Dockerfile',
  result,
  changes: [{ path: 'web/Dockerfile', before: source, after: result.output }],
};
const problem = {
  path: 'bad/Dockerfile',
  problem: {
    kind: 'syntax' as const,
    path: 'bad/Dockerfile',
    message: 'wrong',
    position: { line: 2, column: 3 },
    lineText: '\tRNU',
  },
} satisfies FileReport;

function render(reporter: Reporter, reports: readonly FileReport[]): string {
  const tally = emptyTally();
  const texts = reports.map((each) => {
    count(tally, each);
    return reporter.file(each);
  });
  return reporter.begin() + texts.join('') + reporter.end(tally, []);
}

/** The third line is a part of the second. */
const swallowing = 'FROM debian:12\nRUN apt-get install -y curl \\\nCOPY . /app\nUSER 1000\n';
const swallowed: FileReport = {
  path: 'Dockerfile',
  diffPath: 'Dockerfile',
  result: fix(swallowing, { transforms }),
  changes: [],
};

test('an instruction that is a part of another is told in every format', () => {
  const terminal = { color: false, written: false, verbose: false, quiet: false };
  const review = { verbose: false, written: false };
  const page = { toolVersion: '1.0.0', written: false };
  const shown = [
    terminalReporter(terminal),
    jsonReporter({ toolVersion: '1.0.0', written: false }),
    sarifReporter({ toolVersion: '1.0.0', transforms }),
    githubReporter(review),
    rdjsonReporter(review),
    gitlabReporter(review),
  ].map((each) => render(each, [swallowed]));
  for (const text of shown) expect(text).toContain('The `COPY` on line 3 is a part of this `RUN`');
  expect(shown[0]).toMatch(/1 reported\n$/);
  for (const each of [markdownPage(page), htmlPage(page)]) {
    expect(each.file(swallowed)).toMatch(/COPY\S* on line 3 is a part of this/);
  }
});

describe('terminal', () => {
  const options = { color: false, written: false, verbose: false, quiet: false };

  test('each fix has its place, reason, safety, evidence and diff, and each refusal its sentence', () => {
    const text = render(terminalReporter(options), [report, problem]);
    expect(text).toContain('web/Dockerfile\n');
    expect(text).toMatch(/✔ 3:1 {4}Write `WORKDIR` as `\/app` {2}use-absolute-workdir\n.*\n +safe by text\n/);
    expect(text).toContain('           -WORKDIR app\n           +WORKDIR /app\n');
    expect(text).toMatch(/\? 4:\d+ .*remove-package-lists\n.*\n +unsafe by text: applied with --unsafe\n/);
    // A registry without an answer is said once a host at the end of a run; here only where all is wanted.
    expect(text).not.toContain('pin-image-digest');
    const all = render(terminalReporter({ ...options, verbose: true }), [report, problem]);
    expect(all).toMatch(/- 1:6 .*pin-image-digest\n +left as it is: the registry gave no answer/);
    expect(text.trimEnd().split('\n').at(-1)).toMatch(
      /^\d+ fixes in 1 of 2 files, not written: --write does; .*1 error$/,
    );
  });

  test('colours only where they are wanted', () => {
    expect(render(terminalReporter(options), [report])).not.toContain('\u001b');
    expect(render(terminalReporter({ ...options, color: true }), [report])).toContain('\u001b[32m');
  });

  test('quiet leaves the fixes, verbose adds what the safety means', () => {
    const quiet = render(terminalReporter({ ...options, quiet: true }), [report]);
    expect(quiet).toContain('Write `WORKDIR`');
    expect(quiet).not.toContain('left as it is');
    const verbose = render(terminalReporter({ ...options, verbose: true }), [report]);
    expect(verbose).toContain(transforms.find((each) => each.id === 'remove-package-lists')!.meta.safetyNote);
  });

  test('a file cannot steer the terminal', () => {
    expect(visible('\u001b[2Ja\tb\u202e')).toBe('␛[2Ja\tb\\u202e');
    const evil = 'FROM debian:12\nWORKDIR \u001b[31mapp\n';
    const fixed = fix(evil, { transforms });
    const changes = [{ path: 'D', before: evil, after: fixed.output }];
    expect(render(terminalReporter(options), [{ path: 'D', diffPath: 'D', result: fixed, changes }])).not.toContain(
      '\u001b',
    );
  });

  test('a problem has a frame whose caret stands below its character', () => {
    expect(renderProblem(problem.problem, paintFor(false))).toBe(
      'bad/Dockerfile:2:3: error: wrong\n  2 | \tRNU\n    | \t ^\n',
    );
  });
});

describe('diff', () => {
  test('is the diff and nothing else', () => {
    const text = render(diffReporter(), [problem, report]);
    expect(text.startsWith('diff --git a/web/Dockerfile b/web/Dockerfile\n')).toBe(true);
    expect(
      text
        .split('\n')
        .slice(1)
        .every((line) => /^[-+ @\\]|^$/.test(line)),
    ).toBe(true);
  });
});

describe('json', () => {
  const schema = JSON.parse(readFileSync('schema/report.schema.json', 'utf8'));
  const validate = new Ajv2020().compile(schema);

  test.each([
    ['no files', []],
    ['a result and a problem', [report, problem]],
  ] as const)('%s hold to the schema', (_, reports) => {
    const parsed = JSON.parse(render(jsonReporter({ toolVersion: '1.2.3', written: false }), [...reports]));
    validate(parsed);
    expect(validate.errors).toBe(null);
    expect(parsed.schemaVersion).toBe(1);
    expect(parsed.files).toHaveLength(reports.length);
  });

  test('lines are those of the file before any fix', () => {
    const twice = 'FROM debian:12\nRUN apt-get update\nRUN apt-get install curl\nWORKDIR app\nCMD ["a"]\nCMD ["b"]\n';
    const fixed = fix(twice, { transforms, choice: { safety: 'unsafe' } });
    const passes = new Set(fixed.applied.map((each) => each.pass));
    expect(passes.size).toBeGreaterThan(1);
    for (const { origin, finding, before, fix: own } of fixed.applied) {
      expect(origin.line, own.title).toBeLessThanOrEqual(6);
      // The line that a later pass speaks of begins as the line of the source does.
      const found = before.slice(finding.span.start).split(/\s/)[0]!;
      const begins = /^[A-Z]+$/.test(found) ? new RegExp(`^${found}`) : /RUN|WORKDIR|CMD/;
      expect(twice.split('\n')[origin.line - 1], `${own.title} (${found})`).toMatch(begins);
    }
  });
});
