import { describe, expect, test } from 'vitest';
import { fix } from '../../src/engine/index.ts';
import { htmlPage } from '../../src/report/html.ts';
import { count, emptyTally, type FileReport, type Page } from '../../src/report/index.ts';
import { markdownPage } from '../../src/report/markdown.ts';
import { type Side, sideBySide } from '../../src/report/side-by-side.ts';
import { bytes } from '../../src/report/totals.ts';
import { transforms as all } from '../../transforms/index.ts';

// Others would change the numbers.
const ids = [
  'combine-update-and-install',
  'use-absolute-workdir',
  'use-exec-form',
  'replace-add-with-copy',
  'remove-package-lists',
];
const transforms = all.filter((each) => ids.includes(each.id));
const options = { toolVersion: '0.0.0-test', written: true };

function reportOf(
  path: string,
  source: string,
  more: Partial<Extract<FileReport, { result: unknown }>> = {},
): FileReport {
  const result = fix(source, { transforms });
  const changes = result.output === source ? [] : [{ path, before: source, after: result.output }];
  return { path, diffPath: path, result, changes, ...more };
}

function whole(
  page: Page,
  reports: readonly FileReport[],
  problems: Parameters<Page['around']>[0]['problems'] = [],
): string {
  const tally = emptyTally();
  const body = reports.map((each) => {
    count(tally, each);
    return page.file(each);
  });
  const { before, after } = page.around({
    tally,
    problems,
    omitted: [{ path: 'vendor/Dockerfile', why: 'vendored' }],
    notices: ['r.example gave no answer'],
  });
  return before + body.join('') + after;
}

const digest = `sha256:${'0'.repeat(64)}`;
const one = reportOf(
  'a/Dockerfile',
  `FROM debian:12@${digest}\nWORKDIR app\nRUN apt-get update\nRUN apt-get install -y curl\n`,
  {
    repository: 'a',
    contextBytes: { before: 48_200_000, after: 1300 },
  },
);
const two = reportOf('b/Dockerfile', 'FROM debian:12\nADD x$Y /\nWORKDIR app\nCMD a | b\n', { repository: 'b' });
const quiet = reportOf('c/Dockerfile', `FROM scratch\nCOPY a /a\n`);

describe('totals', () => {
  const html = whole(htmlPage(options), [one, two, quiet]);
  const markdown = whole(markdownPage(options), [one, two, quiet]);

  test('files, fixes and repositories', () => {
    expect(html).toContain('<p>3 fixes in 2 of 3 Dockerfiles in 2 repositories, written.</p>');
    expect(markdown).toContain('3 fixes in 2 of 3 Dockerfiles in 2 repositories, written.');
  });

  test('pins, layers and context bytes before and after', () => {
    expect(html).toContain('<dt>Pinned references</dt><dd><b>1 → 1</b> of 2</dd>');
    expect(html).toContain('<dt>Layers</dt><dd><b>4 → 3</b> </dd>');
    expect(html).toContain('<dt>Build context</dt><dd><b>48.2 MB → 1.3 kB</b> in 1 context</dd>');
    expect(markdown).toContain('| Build context (1 context) | 48.2 MB | 1.3 kB |');
  });

  test('by transform, and by reason', () => {
    expect(html).toContain(
      '<tr><td><code>use-absolute-workdir</code></td><td class="number">2</td><td class="number">2</td>',
    );
    expect(markdown).toContain('| `use-absolute-workdir` | 2 | 2 | 0 | 0 |');
    expect(markdown).toContain('| the command uses shell syntax or variables, so it needs a shell | 1 |');
    expect(html).toMatch(
      /<td>the command uses shell syntax[^<]*<\/td><td class="number">1<\/td><td><code>use-exec-form/,
    );
  });

  test('each file has its fixes, its diff, and what was left with the reason', () => {
    expect(html).toContain('<h2>b</h2>');
    expect(html).toMatch(
      /line 2<\/span> <b>Write <code>WORKDIR<\/code> as <code>\/app<\/code><\/b> <code class="id">use-abs/,
    );
    expect(html).toContain('<td class="line">2</td><td class="del">WORKDIR <del>app</del></td>');
    expect(html).toContain('<td class="line">2</td><td class="ins">WORKDIR <ins>/app</ins></td>');
    expect(html).toContain('Refused: the command uses shell syntax or variables, so it needs a shell');
    expect(html).toContain('c/Dockerfile: nothing to do');
    expect(markdown).toContain('```diff\n@@ -1,4 +1,4 @@\n FROM debian:12\n');
    expect(markdown).not.toContain('c/Dockerfile');
  });

  test('bytes', () => {
    expect([0, 999, 1000, 99_949, 250_000_000, 3e12].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '99.9 kB',
      '250 MB',
      '3.0 TB',
    ]);
  });
});

describe('what comes from files', () => {
  const evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
  const path = `${evil}\u202e/Dockerfile`;
  const source = `FROM debian:12\nRUN echo ${evil.replace('"', '').replaceAll(' ', '')} \u001b[2J</table>\`\`\`\nWORKDIR app\n# </details>\nADD ${evil} /x\n`;
  const reports: FileReport[] = [
    { ...reportOf(path, source), repository: evil },
    { path, problem: { kind: 'syntax', message: `wrong \`${evil}\` ${evil}`, path } },
  ];
  const problems = [{ kind: 'input', path, message: evil } as const];

  test('cannot become markup of the page', () => {
    const html = whole(htmlPage(options), reports, problems);
    const text = html.replace(/<style>[\s\S]*?<\/style>|<script>\nconst files[\s\S]*?<\/script>/g, '');
    expect(text).not.toMatch(/<script|<img|onerror=(?!alert\(2\)&gt;)|\u202e|\u001b/);
    expect(text.match(/<table/g)!.length).toBe(text.match(/<\/table>/g)!.length);
    expect(text.match(/<details/g)!.length).toBe(text.match(/<\/details>/g)!.length);
    expect(text).toContain('&lt;script&gt;');
    expect(html).toMatch(
      /Content-Security-Policy" content="default-src 'none'; [^"]*script-src 'sha256-[\w+/=]{44}'">/,
    );
    expect(html).not.toMatch(/https?:/);
  });

  test('cannot become markup of the Markdown', () => {
    const markdown = whole(markdownPage(options), reports, problems);
    const outside = markdown.replace(/^(`{3,})diff\n[\s\S]*?^\1$/gm, '').replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '');
    expect(outside).not.toMatch(/<script|<img/);
    expect(markdown).toContain('````diff');
    expect(markdown).not.toMatch(/\u202e|\u001b/);
  });
});

describe('side by side', () => {
  const show = (side: Side | undefined): string => (side ? `${side.number} ${side.parts.join('|')}` : '-');
  const rows = (before: string, after: string): string[] =>
    sideBySide(before, after, 1).flatMap((hunk) => hunk.map(({ left, right }) => `${show(left)} # ${show(right)}`));

  test('pairs lines, and cuts them at whole words where they differ', () => {
    expect(rows('a\nRUN pip install -r x\nb\n', 'a\nRUN pip install --no-cache-dir -r x\nb\n')).toEqual([
      '1 a|| # 1 a||',
      '2 RUN pip install ||-r x # 2 RUN pip install |--no-cache-dir |-r x',
      '3 b|| # 3 b||',
    ]);
    expect(rows('one two\n', 'one three\n')).toEqual(['1 one |two| # 1 one |three|']);
    expect(rows('ab\n', 'abc\n')).toEqual(['1 |ab| # 1 |abc|']);
    expect(rows('a b\n', 'a b c\n')).toEqual(['1 a b|| # 1 a b| c|']);
  });

  test('a side with more lines, new files, and other line endings', () => {
    expect(rows('x\na\nb\n', 'x\nc\n')).toEqual(['1 x|| # 1 x||', '2 |a| # 2 |c|', '3 |b| # -']);
    expect(rows('', 'a\nb\n')).toEqual(['- # 1 |a|', '- # 2 |b|']);
    expect(rows('a\r\n', 'b\r\n')).toEqual(['1 |a| # 1 |b|']);
    expect(rows('a', 'a\n')).toEqual(['1 a|| # 1 a||']);
  });
});
