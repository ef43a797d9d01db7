import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Reported, readReported } from '../../src/cli/reported.ts';
import { dockmend } from '../support/cli.ts';
import { temporaryFolder } from '../support/parts.ts';

let folder: ReturnType<typeof temporaryFolder>;
let cwd: string;
beforeEach(() => {
  folder = temporaryFolder();
  cwd = folder.path;
});
afterEach(() => folder.remove());

const write = (path: string, content: unknown): void => {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), typeof content === 'string' ? content : JSON.stringify(content));
};
const read = (path: string): string => readFileSync(join(cwd, path), 'utf8');

const hadolint = (...rules: readonly (readonly [code: string, line: number, file: string])[]): object[] =>
  rules.map(([code, line, file]) => ({ code, column: 1, file, level: 'warning', line, message: 'm' }));
const sarif = (
  name: string,
  ...results: readonly (readonly [rule: string, uri: string, region?: object])[]
): object => ({
  version: '2.1.0',
  runs: [
    {
      tool: { driver: { name, rules: [] } },
      results: results.map(([ruleId, uri, region]) => ({
        ruleId,
        message: { text: 'm' },
        locations: [{ physicalLocation: { artifactLocation: { uri }, ...(region && { region }) } }],
      })),
    },
  ],
});

const source = `FROM debian:12
MAINTAINER jane
WORKDIR one
WORKDIR two
RUN apt update && \\
    apt install -y a
RUN apt install -y b
`;

describe('what another tool reported is fixed', () => {
  const fixedIn = async (
    report: unknown,
    ...argv: string[]
  ): Promise<{ changed: string[]; stderr: string; code: number }> => {
    write('Dockerfile', source);
    write('report.json', report);
    const { stderr, code } = await dockmend(['--from', 'report.json', '--write', ...argv], { cwd });
    const before = source.split('\n');
    const changed = read('Dockerfile')
      .split('\n')
      .filter((line) => !before.includes(line));
    return { changed, stderr, code };
  };

  test('by the transforms that answer, whatever their preset, where it was reported and nowhere else', async () => {
    expect((await fixedIn(hadolint(['DL3000', 4, 'Dockerfile']))).changed).toEqual(['WORKDIR /one/two']);
    expect((await fixedIn(hadolint(['DL4000', 2, 'Dockerfile']))).changed).toEqual([
      'LABEL org.opencontainers.image.authors="jane"',
    ]);
    expect((await fixedIn(hadolint(['DL3027', 7, 'Dockerfile']))).changed).toEqual(['RUN apt-get install -y b']);
  });

  test('a line inside an instruction stands for the instruction', async () => {
    expect((await fixedIn(hadolint(['DL3027', 6, 'Dockerfile']))).changed).toEqual([
      'RUN apt-get update && \\',
      '    apt-get install -y a',
    ]);
  });

  test('what is not there is said, and what no transform answers', async () => {
    const { stderr, code } = await fixedIn(
      hadolint(
        ['DL3000', 1, 'Dockerfile'],
        ['SC2086', 5, 'Dockerfile'],
        ['SC2086', 7, 'Dockerfile'],
        ['DL3020', 1, 'gone'],
      ),
    );
    expect(code).toBe(0);
    expect(stderr).toContain('note: 2 findings that no transform answers: SC2086 (2)\n');
    expect(stderr).toContain('note: nothing to do for what was reported: DL3000 at Dockerfile:1\n');
    expect(stderr).toContain('note: reported on files that are not here: gone\n');
  });

  test('Trivy: its old spellings, findings without a place, and what passed', async () => {
    const result = (id: string, lines: object, status = 'FAIL'): object => ({
      SchemaVersion: 2,
      Results: [
        { Target: 'package-lock.json', Vulnerabilities: [] },
        {
          Target: 'Dockerfile',
          Class: 'config',
          Misconfigurations: [{ ID: id, Status: status, CauseMetadata: lines }],
        },
      ],
    });
    expect((await fixedIn(result('DS009', { StartLine: 3, EndLine: 3 }))).changed).toEqual(['WORKDIR /one']);
    expect((await fixedIn(result('AVD-DS-0009', {}))).changed).toEqual(['WORKDIR /one', 'WORKDIR /one/two']);
    expect((await fixedIn(result('DS-0009', {}, 'PASS'))).changed).toEqual([]);
  });

  test("BuildKit's checks", async () => {
    const report = {
      warnings: [
        {
          ruleName: 'WorkdirRelativePath',
          location: { ranges: [{ start: { line: 3 }, end: { line: 3 } }] },
        },
      ],
      sources: [{ filename: 'Dockerfile', language: 'Dockerfile', data: '' }],
    };
    expect((await fixedIn(report)).changed).toEqual(['WORKDIR /one']);
  });

  test('SARIF, by the name of its tool or by the rule alone, and of dockmend itself', async () => {
    const region = { startLine: 3, endLine: 3 };
    for (const [name, rule] of [
      ['Hadolint', 'DL3000'],
      ['Trivy', 'DS-0009'],
      ['checkov', 'CKV_DOCKER_10'],
      ['whatever', 'WorkdirRelativePath'],
      ['dockmend', 'use-absolute-workdir'],
    ] as const) {
      expect([name, (await fixedIn(sarif(name, [rule, 'Dockerfile', region]))).changed]).toEqual([
        name,
        ['WORKDIR /one'],
      ]);
    }
    const { stderr } = await fixedIn(sarif('Hadolint', ['DS-0009', 'Dockerfile', region]));
    expect(stderr).toContain('no transform answers: DS-0009');
  });

  test('its own report, read again, leads to the same text', async () => {
    write('Dockerfile', source);
    await dockmend(['--report', 'own.sarif', '--preset', 'all'], { cwd });
    await dockmend(['--from', 'own.sarif', '--write', '-q'], { cwd });
    const fixed = read('Dockerfile');
    write('Dockerfile', source);
    await dockmend(['--preset', 'all', '--write', '-q'], { cwd });
    expect(fixed).toBe(read('Dockerfile'));
  });

  test('several reports at once, a choice of transforms, and --check', async () => {
    write('more.json', hadolint(['DL4000', 2, 'Dockerfile']));
    const report = hadolint(['DL3000', 3, 'Dockerfile']);
    expect((await fixedIn(report, '--from', 'more.json')).changed).toHaveLength(2);
    expect((await fixedIn(report, '--from', 'more.json', '--skip', 'use-absolute-workdir')).changed).toHaveLength(1);
    write('Dockerfile', source);
    expect((await dockmend(['--from', 'report.json', '--check'], { cwd })).code).toBe(1);
    write('.dockmend.yaml', 'transforms:\n  use-absolute-workdir: false\n');
    expect((await dockmend(['--from', 'report.json', '--check'], { cwd })).code).toBe(0);
  });

  test('paths are those of where the tool ran, of the folder it scanned, or of standard input', async () => {
    const report = (file: string): object[] => hadolint(['DL3000', 3, file]);
    write('app/Dockerfile', source);
    write('other/Dockerfile', source);
    for (const [file, ...paths] of [
      ['app/Dockerfile'],
      [join(cwd, 'app/Dockerfile')],
      ['Dockerfile', 'app'],
      ['-', 'app/Dockerfile'],
    ] as const) {
      write('app/Dockerfile', source);
      write('report.json', report(file));
      await dockmend(['--from', 'report.json', '--write', '-q', ...paths], { cwd });
      expect([file, read('app/Dockerfile').includes('WORKDIR /one')]).toEqual([file, true]);
    }
    expect(read('other/Dockerfile')).toBe(source);
    write('report.json', report('-'));
    const { stdout } = await dockmend(['-', '--from', 'report.json', '--write'], { cwd, stdin: source });
    expect(stdout).toContain('WORKDIR /one\nWORKDIR two\n');
  });

  test('what is no report is a usage error', async () => {
    write('Dockerfile', source);
    for (const [content, message] of [
      ['{', 'is no JSON of hadolint'],
      ['{"a": 1}', 'is no JSON of hadolint'],
      ['[{"a": 1}]', 'is no JSON of hadolint'],
    ]) {
      write('report.json', content);
      const { code, stderr } = await dockmend(['--from', 'report.json'], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining(message!)]);
    }
    expect((await dockmend(['--from', 'nowhere.json'], { cwd })).stderr).toContain('cannot be read (ENOENT)');
  });
});

describe('reading reports', () => {
  const rules = (json: unknown): Reported[] | undefined => readReported(JSON.stringify(json));

  test('SARIF has rules by their index, locations by the dozen, and results that count for nothing', () => {
    const location = (uri: string): object => ({
      physicalLocation: { artifactLocation: { uri }, region: { startLine: 2 } },
    });
    const base = { locations: [location('a%20b/Dockerfile'), location('file:///c')] };
    expect(
      rules({
        runs: [
          {
            tool: { driver: { name: 'Hadolint', rules: [{ id: 'DL3000' }, { id: 'DL3001' }] } },
            results: [
              { ...base, ruleIndex: 1 },
              { ...base, rule: { id: 'DL3002' }, suppressions: [{ kind: 'inSource' }] },
              { ...base, ruleId: 'DL3003', kind: 'pass' },
              { ruleId: 'DL3004', locations: [{}] },
            ],
          },
        ],
      }),
    ).toEqual([
      { tool: 'hadolint', rule: 'DL3001', path: 'a b/Dockerfile', lines: [2, 2] },
      { tool: 'hadolint', rule: 'DL3001', path: '/c', lines: [2, 2] },
      { tool: 'hadolint', rule: 'DL3004', path: '-', lines: undefined },
    ]);
  });

  test('what Trivy puts at the first column of the first line has no place', () => {
    const region = { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 };
    expect(rules(sarif('Trivy', ['DS-0002', 'Dockerfile', region]))?.[0]?.lines).toBeUndefined();
    expect(rules(sarif('Hadolint', ['DL3006', 'Dockerfile', region]))?.[0]?.lines).toEqual([1, 1]);
  });

  test('anything may be missing, and nothing is trusted', () => {
    for (const json of [
      { runs: [null, {}, { results: [null, 1, {}] }] },
      { warnings: [{}, { ruleName: 1 }] },
      { Results: [{}] },
      [],
    ]) {
      expect(rules(json)).toEqual([]);
    }
    for (const json of [null, 1, 'x', { __proto__: null }, [null]]) expect(rules(json)).toBeUndefined();
    expect(readReported('\uFEFF[]')).toEqual([]);
  });
});

describe('--shard', () => {
  const fixable = 'FROM debian:12\nWORKDIR app\n';

  test('the parts together are the whole, each repository in one part', async () => {
    for (let at = 0; at < 7; at++) {
      write(`r${at}/.git/HEAD`, '');
      write(`r${at}/a/Dockerfile`, fixable);
      write(`r${at}/b/Dockerfile`, fixable);
    }
    const seen = new Map<string, number>();
    for (let part = 1; part <= 3; part++) {
      const { stdout } = await dockmend(['--shard', `${part}/3`], { cwd });
      for (const [, path] of stdout.matchAll(/^diff --git a\/(\S+)/gm)) {
        expect(seen.has(path!)).toBe(false);
        seen.set(path!, part);
      }
    }
    expect(seen.size).toBe(14);
    for (let at = 0; at < 7; at++) expect(seen.get(`r${at}/a/Dockerfile`)).toBe(seen.get(`r${at}/b/Dockerfile`));
    expect(new Set(seen.values()).size).toBe(3);
  });

  test('one repository is parted by its files; a part may have nothing to do', async () => {
    write('.git/HEAD', '');
    for (const name of ['a', 'b']) write(`${name}/Dockerfile`, fixable);
    const [one, two, three] = await Promise.all([1, 2, 3].map((part) => dockmend(['--shard', `${part}/3`], { cwd })));
    expect([one!.stdout, two!.stdout].map((text) => text.match(/^diff/gm)?.length)).toEqual([1, 1]);
    expect(three).toMatchObject({ code: 0, stdout: '' });
  });

  test.each(['0/4', '5/4', '1', 'a/b', '1/0', '-1/2'])('%s is no part', async (part) => {
    write('Dockerfile', fixable);
    expect((await dockmend([`--shard=${part}`], { cwd })).code).toBe(2);
  });
});
