import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { openContext } from '../../src/context/index.ts';
import { dockmend } from '../support/cli.ts';
import { compiled } from '../support/compiled.ts';
import { temporaryFolder } from '../support/parts.ts';

const dockerfile = 'FROM debian:12\nWORKDIR app\n';
const fixed = 'FROM debian:12\nWORKDIR /app\n';
const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('the image of dockmend itself', () => {
  const root = process.cwd();

  test.each([[[]], [['--unsafe']], [['--unsafe', '--preset', 'all']]])(
    'nothing is left to fix in its Dockerfile with %j',
    async (flags) => {
      const result = await dockmend(['--check', '--format', 'json', ...flags, 'Dockerfile'], { cwd: root });
      expect(result.code).toBe(0);
      const { files } = JSON.parse(result.stdout) as { files: { fixes: unknown[]; refused: { reason: string }[] }[] };
      expect(files[0]!.fixes).toEqual([]);
      // Its digests are those of the day of a release, when it is pinned by its registry.
      expect(new Set(files[0]!.refused.map((each) => each.reason))).toEqual(new Set(['registry-unavailable']));
    },
  );

  test('pinned as a release is, all its images are, and nothing is left', async () => {
    const place = join(folder.path, 'release');
    mkdirSync(place);
    cpSync('Dockerfile', join(place, 'Dockerfile'));
    const digests = new Map<string, { digest: string; kind: 'index' }>();
    const ports = () => ({
      digests: async (references: readonly string[]) => {
        for (const each of references)
          digests.set(each, { digest: `sha256:${'ab'.repeat(32)}`, kind: 'index' as const });
        return digests;
      },
    });
    const flags = ['--unsafe', '--context', root];
    expect((await dockmend(['--write', ...flags], { cwd: place, ports })).code).toBe(0);
    const text = readFileSync(join(place, 'Dockerfile'), 'utf8');
    expect(text.match(/@sha256:/g)).toHaveLength(3);
    expect(text.replace(/@sha256:(?:ab){32}/g, '')).toBe(readFileSync('Dockerfile', 'utf8'));
    const again = await dockmend(['--check', '--format', 'json', ...flags], { cwd: place, ports });
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ summary: { fixes: 0, refused: 0 } });
  });

  test('its build context has what is copied, and neither the history nor what npm installed', () => {
    const context = openContext(root);
    const copied = [...readFileSync('Dockerfile', 'utf8').matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap((line) =>
      line[1]!.split(' '),
    );
    expect(copied.length).toBeGreaterThan(6);
    for (const source of copied) expect([source, context.source(source)]).toMatchObject([source, { kind: 'taken' }]);
    for (const source of ['.git', 'node_modules', 'fixtures']) {
      expect([source, context.source(source)]).not.toMatchObject([source, { kind: 'taken' }]);
    }
  });
});

describe('140 the hooks of pre-commit', () => {
  const hooks = parse(readFileSync('.pre-commit-hooks.yaml', 'utf8')) as Record<string, unknown>[];

  test('are what pre-commit takes', () => {
    for (const hook of hooks) {
      expect(hook).toMatchObject({ language: 'node', types: ['dockerfile'], require_serial: true });
      expect(hook.entry).toMatch(/^dockmend .*--offline/);
    }
    expect(hooks.map((each) => each.id)).toEqual(['dockmend', 'dockmend-fix']);
  });

  test.each([
    ['dockmend', 1, dockerfile],
    ['dockmend-fix', 0, fixed],
  ])('%s, with the names of files after it', async (id, code, after) => {
    const place = join(folder.path, id);
    mkdirSync(place);
    mkdirSync(join(place, '.git'));
    for (const name of ['Dockerfile', 'web.Dockerfile']) writeFileSync(join(place, name), dockerfile);
    const [, ...words] = String(hooks.find((each) => each.id === id)!.entry).split(' ');
    const result = await dockmend([...words, 'Dockerfile', 'web.Dockerfile'], { cwd: place });
    expect(result.code).toBe(code);
    expect(readFileSync(join(place, 'web.Dockerfile'), 'utf8')).toBe(after);
    expect((await dockmend([...words, 'Dockerfile', 'web.Dockerfile'], { cwd: place })).code).toBe(code);
  });
});

describe('the template for GitLab CI', () => {
  const [spec, jobs] = parseAllDocuments(readFileSync('templates/dockmend.yml', 'utf8')).map((each) => each.toJS()) as [
    { spec: { inputs: Record<string, { default: unknown }> } },
    Record<string, { script: string[]; after_script?: string[]; rules: { if: string }[]; stage: string }>,
  ];
  const filled = (text: string, given: Record<string, string>): string =>
    text.replace(/\$\[\[ inputs\.(\w+) \]\]/g, (_all, name: string) => {
      expect(spec.spec.inputs).toHaveProperty(name);
      return given[name] ?? String(spec.spec.inputs[name]!.default);
    });

  test('names inputs that it has alone', () => {
    for (const job of Object.values(jobs)) for (const line of [...job.script, job.stage]) filled(line, {});
    expect(Object.keys(jobs)).toEqual(['dockmend', 'dockmend-merge-requests']);
    expect(jobs['dockmend-merge-requests']!.rules).toEqual([
      { if: '$CI_PIPELINE_SOURCE == "schedule" && $GITLAB_TOKEN' },
    ]);
  });

  test('its lines run in a shell, with reports beside', () => {
    const place = join(folder.path, 'gitlab');
    mkdirSync(place);
    writeFileSync(join(place, 'Dockerfile'), dockerfile);
    const command = join(folder.path, 'run-dockmend');
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${compiled('test/support/command.ts')}" "$@"\n`);
    chmodSync(command, 0o755);
    const script = jobs.dockmend!.script.map((line) => filled(line, { command, options: '--offline' })).join('\n');
    const result = spawnSync('sh', ['-e', '-c', script], { cwd: place, encoding: 'utf8' });
    expect({ status: result.status, stderr: result.stderr }).toMatchObject({ status: 1 });
    const after = spawnSync('sh', ['-e', '-c', jobs.dockmend!.after_script!.join('\n')], {
      cwd: place,
      encoding: 'utf8',
    });
    expect(after.stdout).toContain('+WORKDIR /app');
    expect(JSON.parse(readFileSync(join(place, 'gl-code-quality-report.json'), 'utf8'))).toContainEqual(
      expect.objectContaining({
        check_name: 'use-absolute-workdir',
        location: { path: 'Dockerfile', lines: { begin: 2 } },
      }),
    );
    expect(readFileSync(join(place, 'dockmend.md'), 'utf8')).toContain('# dockmend report');
    expect(JSON.parse(readFileSync(join(place, 'dockmend.json'), 'utf8'))).toMatchObject({ written: false });
  });
});
