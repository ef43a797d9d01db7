import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bundleAction } from '../../bin/bundle-action.ts';
import { FakeForge } from '../support/forge-fake.ts';
import { hasParts, partsMissing, temporaryFolder } from '../support/parts.ts';

interface ActionFile {
  readonly inputs: Record<string, { default: string; description: string; required?: boolean }>;
  readonly outputs: Record<string, { description: string }>;
  readonly runs: { using: string; main: string };
}

const action = parse(readFileSync('action.yml', 'utf8')) as ActionFile;
const dockerfile = 'FROM debian:12\nWORKDIR app\n';
const fixed = 'FROM debian:12\nWORKDIR /app\n';

describe('141 the action, as one bundled file in a process of its own', () => {
  const folder = temporaryFolder();
  const bundle = join(folder.path, 'action', 'index.mjs');
  let number = 0;
  let forge: FakeForge;
  beforeAll(async () => {
    forge = await FakeForge.start('github');
    await bundleAction(process.cwd(), bundle);
  });
  afterAll(async () => {
    await forge.stop();
    folder.remove();
  });

  interface ActionResult {
    readonly code: number;
    readonly log: string;
    readonly outputs: Record<string, string>;
    readonly summary: string;
    readonly folder: string;
  }

  /** Runs it as a runner does: all inputs are variables, those that are not given have their defaults. */
  async function run(
    files: Record<string, string>,
    inputs: Record<string, string> = {},
    environment: Record<string, string> = {},
  ): Promise<ActionResult> {
    const cwd = join(folder.path, `job-${++number}`);
    for (const name of [...Object.keys(files), '.git/HEAD']) mkdirSync(join(cwd, name, '..'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    const [output, summary] = [join(folder.path, `output-${number}`), join(folder.path, `summary-${number}`)];
    const all = Object.entries(action.inputs).map(([name, input]) => [name, inputs[name] ?? input.default] as const);
    expect(Object.keys(inputs).filter((name) => !action.inputs[name])).toEqual([]);
    const child = spawn(process.execPath, [bundle], {
      cwd: '/',
      env: {
        PATH: process.env.PATH,
        HOME: folder.path,
        GITHUB_WORKSPACE: cwd,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        RUNNER_TEMP: folder.path,
        ...Object.fromEntries(
          all.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value.replace(/^\$\{\{.*/, '')]),
        ),
        ...environment,
      },
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => {
        log += piece.toString();
      });
    }
    const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)));
    const text = existsSync(output) ? readFileSync(output, 'utf8') : '';
    const outputs = Object.fromEntries(
      [...text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map((match) => [match[1], match[3]]),
    ) as Record<string, string>;
    expect(Object.keys(outputs).filter((name) => !action.outputs[name])).toEqual([]);
    return { code, log, outputs, summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '', folder: cwd };
  }

  test('its file says what a runner has to know', () => {
    expect(action.runs).toEqual({ using: 'node24', main: 'action/index.mjs' });
    for (const input of Object.values(action.inputs)) {
      expect(typeof input.default).toBe('string');
      expect(input.description).not.toBe('');
    }
  });

  test('check: annotations, outputs, a summary, and a failure; nothing is written', async () => {
    const result = await run({ 'a b/Dockerfile': dockerfile }, { offline: 'true' });
    expect(result.code).toBe(1);
    expect(result.log).toMatch(
      /^::warning file=a b\/Dockerfile,line=2,endLine=2,title=dockmend%3A use-absolute-workdir::/m,
    );
    expect(result.log).toMatch(/^::group::Changes\n::stop-commands::\S+\ndiff --git /m);
    expect(result.outputs).toMatchObject({ changed: '1', fixes: '1', available: '0' });
    expect(Number(result.outputs.refused)).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(result.outputs.report!, 'utf8'))).toMatchObject({ written: false });
    expect(result.summary).toContain('# dockmend report');
    expect(readFileSync(join(result.folder, 'a b/Dockerfile'), 'utf8')).toBe(dockerfile);
    expect((await run({ Dockerfile: fixed }, { offline: 'true' })).code).toBe(0);
    const lenient = await run(
      { Dockerfile: dockerfile },
      { offline: 'true', fail: 'false', annotations: 'false', summary: 'false' },
    );
    expect(lenient).toMatchObject({ code: 0, summary: '' });
    expect(lenient.log).not.toContain('::warning');
  });

  test('fix: the files of the workspace are fixed; lists are lines or commas', async () => {
    const files = { Dockerfile: dockerfile, 'web/Dockerfile': dockerfile, 'old/Dockerfile': dockerfile };
    const inputs = {
      mode: 'fix',
      offline: 'True',
      paths: 'Dockerfile\n\n  web  \n',
      skip: 'set-pipefail, remove-sudo\nuse-exec-form',
    };
    const result = await run(files, inputs);
    expect({ code: result.code, changed: result.outputs.changed }).toEqual({ code: 0, changed: '2' });
    expect(readFileSync(join(result.folder, 'web/Dockerfile'), 'utf8')).toBe(fixed);
    expect(readFileSync(join(result.folder, 'old/Dockerfile'), 'utf8')).toBe(dockerfile);
  });

  test('what a file holds is no command of the runner', async () => {
    const evil = '::error::from a file\n##[set-output name=x]y\n';
    const result = await run(
      { Dockerfile: `# ${evil}FROM debian:12\nWORKDIR ::set-env name=A::b\n` },
      { offline: 'true' },
    );
    const [, outside = ''] = /^(?!.*::stop)([\s\S]*)$/.exec(result.log) ?? [];
    expect(outside).not.toContain('::set-env');
    const open = /::stop-commands::(\S+)\n[\s\S]*?\n::\1::/g;
    expect(result.log.replace(open, '')).not.toMatch(/^::(?:error::from|set-env)/m);
  });

  test.each([
    [{ mode: 'chekc' }, 'mode takes check, fix, pr'],
    [{ unsafe: 'yes' }, 'unsafe takes true or false'],
    [{ only: 'remove-sodu' }, 'did you mean `remove-sudo`'],
  ])('inputs that are wrong say so: %j', async (inputs, words) => {
    const result = await run({ Dockerfile: dockerfile }, { offline: 'true', ...inputs });
    expect(result.code).toBe(2);
    expect(result.log).toMatch(/^::error::/m);
    expect(result.log).toContain(words);
  });

  test('a configuration names no code to it', async () => {
    const files = {
      Dockerfile: dockerfile,
      'evil.js': `require('node:fs').writeFileSync(${JSON.stringify(join(folder.path, 'evil'))}, '')`,
      '.dockmend.yaml': 'transforms:\n  evil: {from: ./evil.js}\n',
    };
    const { code } = await run(files, { offline: 'true' });
    expect(code).toBe(2);
    expect(existsSync(join(folder.path, 'evil'))).toBe(false);
  });

  describe.skipIf(!hasParts('git'))(`pr${partsMissing('git')}`, () => {
    const job = (name: string): Record<string, string> => ({
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: forge.url,
      GITHUB_REPOSITORY: name,
    });

    test('opens a pull request for the repository of the job, and says which', async () => {
      const repository = forge.repository('acme/app', { Dockerfile: dockerfile });
      const result = await run(
        {},
        { mode: 'pr', token: forge.token, offline: 'true', labels: 'docker\nsecurity' },
        job('acme/app'),
      );
      expect({ code: result.code, log: result.log }).toMatchObject({ code: 0 });
      expect(repository.pulls).toMatchObject([{ labels: ['docker', 'security'], state: 'open' }]);
      expect(JSON.parse(result.outputs['pull-requests']!)).toContainEqual({
        repository: 'acme/app',
        group: 'fixes',
        status: 'opened',
        url: `${forge.url}/acme/app/pull/1`,
      });
      expect(result.summary).toContain('| acme/app | fixes | opened |');
      expect(result.log).not.toContain(forge.token);
    });

    test('131 on a pull request from a fork it only reads', async () => {
      forge.repository('acme/forked', { Dockerfile: dockerfile });
      const path = join(folder.path, 'event.json');
      const sides = { head: { repo: { full_name: 'eve/forked' } }, base: { repo: { full_name: 'acme/forked' } } };
      writeFileSync(path, JSON.stringify({ pull_request: sides }));
      forge.requests.length = 0;
      const event = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: path };
      const result = await run(
        {},
        { mode: 'pr', token: forge.token, offline: 'true' },
        { ...job('acme/forked'), ...event },
      );
      expect(result.code).toBe(0);
      expect(result.log).toContain('so this is a dry run');
      expect(forge.writes).toEqual([]);
    });

    test('without the right to open pull requests it fails, and says which setting', async () => {
      forge.repository('acme/barred', { Dockerfile: dockerfile });
      forge.hook = ({ method, path }) =>
        method === 'POST' && path.endsWith('/pulls')
          ? { status: 403, data: { message: 'GitHub Actions is not permitted to create or approve pull requests.' } }
          : undefined;
      const result = await run({}, { mode: 'pr', token: forge.token, offline: 'true' }, job('acme/barred'));
      forge.hook = () => undefined;
      expect(result.code).toBe(3);
      expect(result.log).toMatch(/^::error::acme\/barred fixes: a setting of the repository/m);
    });
  });
});
