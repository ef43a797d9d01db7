import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fix } from '../../src/engine/index.ts';
import { bot, outcomes } from '../support/bot.ts';
import { FakeForge } from '../support/forge-fake.ts';
import type { ModelFiles, ModelRepository } from '../support/forge-model.ts';
import { git } from '../support/git-http.ts';
import { describeWithParts } from '../support/parts.ts';

const dockerfile = 'FROM debian:12\nWORKDIR app\n';
const fixed = 'FROM debian:12\nWORKDIR /app\n';
const branch = 'dockmend/fixes';

describeWithParts('a repository that is not to be trusted, or only unusual', ['git'], () => {
  let forge: FakeForge;
  let outside: string;
  let number = 0;
  const repositoryOf = (files: ModelFiles): ModelRepository => forge.repository(`acme/app-${++number}`, files);
  const run = (repository: ModelRepository, ...words: string[]) =>
    outcomes(forge, ['--repo', repository.name, ...words]);
  beforeAll(async () => {
    forge = await FakeForge.start('gitlab');
    outside = mkdtempSync(join(tmpdir(), 'dockmend-outside-'));
    writeFileSync(join(outside, 'Dockerfile'), 'FROM debian:12\nLABEL secret="s3cr3t-of-the-host"\nWORKDIR app\n');
  });
  afterAll(async () => {
    await forge.stop();
    rmSync(outside, { recursive: true });
  });

  test('132 a symbolic link that leads out is not followed, to read or to write', async () => {
    const repository = repositoryOf({
      Dockerfile: { text: join(outside, 'Dockerfile'), mode: '120000' },
      'web/Dockerfile': dockerfile,
      deep: { text: outside, mode: '120000' },
      '.dockmend.yaml': { text: '/etc/passwd', mode: '120000' },
    });
    expect(await run(repository)).toMatchObject({ fixes: 'opened' });
    expect(readFileSync(join(outside, 'Dockerfile'), 'utf8')).toContain('WORKDIR app\n');
    expect(repository.pulls[0]!.body).not.toContain('s3cr3t');
    expect(git(repository.folder, 'diff', '--name-status', `main..${branch}`)).toBe('M\tweb/Dockerfile\n');
  });

  test('132 a link inside of the repository stays a link, and what it leads to is fixed', async () => {
    const repository = repositoryOf({
      Dockerfile: { text: 'docker/base.txt', mode: '120000' },
      'docker/base.txt': dockerfile,
    });
    expect(await run(repository)).toMatchObject({ fixes: 'opened' });
    expect(git(repository.folder, 'diff', '--name-status', `main..${branch}`)).toBe('M\tdocker/base.txt\n');
    expect(repository.file(branch, 'docker/base.txt')).toBe(fixed);
  });

  test('132 the executable bit, CRLF and attributes of a repository stay as they are', async () => {
    const crlf = dockerfile.replaceAll('\n', '\r\n');
    const repository = repositoryOf({
      Dockerfile: { text: dockerfile, mode: '100755' },
      'win/Dockerfile': crlf,
      'id.Dockerfile': `# $Id$\n${dockerfile}`,
      '.gitattributes': '* text=auto eol=lf\n*.Dockerfile ident filter=evil\nwin/* working-tree-encoding=UTF-16LE\n',
    });
    expect(await run(repository)).toMatchObject({ fixes: 'opened' });
    expect(git(repository.folder, 'ls-tree', branch, 'Dockerfile')).toMatch(/^100755/);
    expect(repository.file(branch, 'win/Dockerfile')).toBe(fixed.replaceAll('\n', '\r\n'));
    expect(repository.file(branch, 'id.Dockerfile')).toBe(`# $Id$\n${fixed}`);
    expect(git(repository.folder, 'diff', '--numstat', `main..${branch}`).trim().split('\n')).toHaveLength(3);
  });

  test('132 submodules are not fetched', async () => {
    const repository = repositoryOf({
      Dockerfile: dockerfile,
      '.gitmodules': `[submodule "x"]\n\tpath = sub\n\turl = ext::sh -c "touch ${outside}/run"\n`,
    });
    expect(await run(repository)).toMatchObject({ fixes: 'opened' });
    expect(() => readFileSync(join(outside, 'run'))).toThrow();
  });

  test('its configuration is data: what it turns off stays off, even what the bot is told to do', async () => {
    const repository = repositoryOf({
      Dockerfile: `${dockerfile}ADD a.txt /a/\n`,
      'a.txt': '',
      '.dockmend.yaml': 'transforms:\n  use-absolute-workdir: false\n',
    });
    expect(await run(repository, '--unsafe')).toMatchObject({ fixes: 'opened' });
    expect(repository.file(branch, 'Dockerfile')).toBe('FROM debian:12\nWORKDIR app\nCOPY a.txt /a/\n');
  });

  test('a configuration of one folder holds there alone, commit by commit', async () => {
    const repository = repositoryOf({
      Dockerfile: `${dockerfile}ADD a.txt /a/\n`,
      'a.txt': '',
      'web/Dockerfile': `${dockerfile}ADD a.txt /a/\n`,
      'web/a.txt': '',
      'web/.dockmend.yaml': 'transforms:\n  use-absolute-workdir: false\n',
    });
    expect(await run(repository)).toMatchObject({ fixes: 'opened' });
    expect(repository.ahead('main', branch)).toBe(2);
    expect(repository.file(branch, 'web/Dockerfile')).toContain('WORKDIR app');
    expect(repository.file(`${branch}~1`, 'web/Dockerfile')).toContain('COPY a.txt');
  });

  test.each([
    ['code', 'transforms: [./evil.js]\n'],
    ['code for a transform', 'transforms:\n  evil: {from: ./evil.js}\n'],
    ['a package', 'transforms:\n  evil: {from: evil}\n'],
    ['a registry', 'insecure: [evil.example.com]\n'],
    ['a context elsewhere', 'context: /etc\n'],
  ])('a configuration that names %s is refused, and what it is about is left alone', async (_what, text) => {
    const run = join(outside, 'evil');
    const evil = `require('node:fs').writeFileSync(${JSON.stringify(run)}, ''); module.exports = [];`;
    const files = { 'evil.js': evil, 'node_modules/evil/index.js': evil };
    const repository = repositoryOf({ Dockerfile: dockerfile, '.dockmend.yaml': text, ...files });
    const { stdout } = await bot(forge, ['--repo', repository.name]);
    expect(stdout).toContain(`${repository.name} fixes: nothing\n  .dockmend.yaml: `);
    expect(existsSync(run)).toBe(false);
    expect(forge.repositories.get(repository.name)!.pulls).toEqual([]);
  });

  test('126 names, issues, links and markup of a repository are inert in titles, bodies and commits', async () => {
    const repository = repositoryOf({
      '@torvalds #1 <b>/Dockerfile': 'FROM debian:12\nWORKDIR app\nRUN sudo @octocat x #2\n',
    });
    expect(await run(repository)).toMatchObject({ fixes: 'opened' });
    const outsideOfCode = repository.pulls[0]!.body.replace(/(`+)[^`](?:.*?[^`])?\1(?!`)/g, '');
    expect(outsideOfCode).not.toMatch(/@torvalds|@octocat|#1\b|<b>|https:\/\/evil/);
    const message = git(repository.folder, 'log', '-1', '--format=%B', branch);
    expect(message).not.toMatch(/(^|\W)@(?:torvalds|octocat)|(^|\W)#[12]\b/);
  });

  test('a secret of a Dockerfile is in no text that the bot writes', async () => {
    const secret = 'hunter2hunter2hunter2';
    const repository = repositoryOf({
      Dockerfile: `FROM debian:12\nENV DB_PASSWORD=${secret}\nWORKDIR ${secret}\n`,
    });
    expect(await run(repository)).toMatchObject({ fixes: 'opened' });
    expect(repository.pulls[0]!.body).not.toContain(secret);
    expect(repository.pulls[0]!.body).toContain('Write `WORKDIR` as `/');
    expect(git(repository.folder, 'log', '--format=%B', `main..${branch}`)).not.toContain(secret);
    expect(repository.file(branch, 'Dockerfile')).toContain(secret);
  });

  test('125 what is too long for the forge is cut, with a note, and stays in force', async () => {
    const long = 'FROM debian:12\nWORKDIR app\nRUN apt-get update\nRUN apt-get install -y curl\n';
    const files = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`${'long-'.repeat(40)}${index}/Dockerfile`, long]),
    );
    const github = await FakeForge.start('github');
    const repository = github.repository('acme/large', files);
    const argv = ['--repo', 'acme/large'];
    expect(await outcomes(github, argv)).toMatchObject({ fixes: 'opened' });
    const { body } = repository.pulls[0]!;
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toMatch(/and \d+ more/);
    expect(body.match(/^- `long/gm)!.length).toBeLessThan(200);
    expect(await outcomes(github, argv)).toMatchObject({ fixes: 'unchanged' });
    await github.stop();
  });

  test('files beside a Dockerfile are part of it, even what git is told to ignore', async () => {
    const repository = repositoryOf({ Dockerfile: fixed, '.gitignore': '.dockerignore\n' });
    const result = await outcomes(forge, ['--repo', repository.name], {
      openFixer: async (folder) => ({
        fix: async () => {
          writeFileSync(join(folder, '.dockerignore'), '.git\n');
          writeFileSync(join(folder, 'left.txt'), 'what nobody said');
          const changes = [{ path: '.dockerignore', before: undefined, after: '.git\n' }];
          const report = {
            path: 'Dockerfile',
            diffPath: 'Dockerfile',
            result: fix(fixed, { transforms: [] }),
            changes,
          };
          return { files: [report], problems: [], notices: [] };
        },
        close: async () => {},
      }),
    });
    expect(result).toMatchObject({ fixes: 'opened' });
    expect(git(repository.folder, 'diff', '--name-status', `main..${branch}`)).toBe('A\t.dockerignore\n');
  });

  test('a branch that is not there, and an empty repository', async () => {
    expect(await run(repositoryOf({}))).toEqual({ '-': 'skipped' });
    const repository = repositoryOf({ Dockerfile: dockerfile });
    expect(await run(repository, '--base', 'none')).toEqual({
      '-': expect.stringContaining("couldn't find remote ref"),
    });
    const { stderr, code } = await bot(forge, ['--repo', 'not-a-name']);
    expect({ stderr, code }).toMatchObject({ code: 2, stderr: expect.stringContaining('owner/name') });
  });

  test('another base than the default one', async () => {
    const repository = repositoryOf({ Dockerfile: fixed });
    repository.commit('release', { Dockerfile: dockerfile });
    expect(await run(repository, '--base', 'release')).toMatchObject({ fixes: 'opened' });
    expect(repository.pulls[0]!.base).toBe('release');
    expect(git(repository.folder, 'merge-base', 'release', branch).trim()).toBe(repository.tip('release'));
  });
});
