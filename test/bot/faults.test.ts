import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bot, outcomes } from '../support/bot.ts';
import { FakeForge, type ForgeHook } from '../support/forge-fake.ts';
import { git } from '../support/git-http.ts';
import { describeWithParts } from '../support/parts.ts';

const dockerfile = 'FROM debian:12\nWORKDIR app\n';
const fixed = 'FROM debian:12\nWORKDIR /app\n';
const branch = 'dockmend/fixes';

describeWithParts('a forge that refuses or fails', ['git'], () => {
  let forge: FakeForge;
  let number = 0;
  const repositoryOf = (files: Record<string, string> = {}) =>
    forge.repository(`acme/app-${++number}`, { Dockerfile: dockerfile, ...files });
  beforeAll(async () => {
    forge = await FakeForge.start('github');
  });
  afterEach(() => {
    forge.hook = () => undefined;
  });
  afterAll(() => forge.stop());

  const creating: (reply: Awaited<ReturnType<ForgeHook>>) => ForgeHook = (reply) => (request) =>
    request.method === 'POST' && request.path.endsWith('/pulls') ? reply : undefined;

  test.each([
    ['401', { status: 401, data: { message: 'Bad credentials' } }, 'the token is wrong, expired or revoked'],
    [
      '403 of a token without the right',
      {
        status: 403,
        data: { message: 'Resource not accessible by personal access token' },
        headers: { 'x-accepted-github-permissions': 'pull_requests=write' },
      },
      /the token may not do this.*pull_requests=write/,
    ],
    [
      '403 of a setting',
      { status: 403, data: { message: 'GitHub Actions is not permitted to create or approve pull requests.' } },
      'a setting of the repository or its organization',
    ],
    [
      '403 of single sign-on',
      {
        status: 403,
        data: { message: 'Resource protected by organization SAML enforcement.' },
        headers: { 'x-github-sso': 'required' },
      },
      'single sign-on',
    ],
    [
      '404',
      { status: 404, data: { message: 'Not Found' } },
      'there is no such repository, or the token does not show it',
    ],
    [
      '422',
      { status: 422, data: { message: 'Validation Failed', errors: [{ message: 'base is invalid' }] } },
      'invalid',
    ],
    [
      '422 of a size',
      { status: 422, data: { message: 'Validation Failed', errors: [{ message: 'body is too long' }] } },
      'for its size',
    ],
  ])('130 told apart: %s', async (_name, reply, words) => {
    const { name } = repositoryOf();
    forge.hook = creating(reply);
    const { fixes } = await outcomes(forge, ['--repo', name]);
    expect(fixes).toMatch(/^failed/);
    if (typeof words === 'string') expect(fixes).toContain(words);
    else expect(fixes).toMatch(words);
  });

  test.each([
    [
      'a protected branch',
      'GH006: Protected branch update failed for refs/heads/dockmend/fixes.',
      'a rule of the repository refuses',
    ],
    [
      'a rule set',
      'GH013: Repository rule violations found for refs/heads/dockmend/fixes.',
      'a rule of the repository refuses',
    ],
    ['a hook of the server', 'Signed-off-by is missing', 'a rule of the repository refuses'],
  ])('130 a push is refused by %s', async (_name, message, words) => {
    const repository = repositoryOf();
    writeFileSync(join(repository.folder, 'hooks', 'pre-receive'), `#!/bin/sh\necho "${message}" >&2\nexit 1\n`, {
      mode: 0o755,
    });
    const { fixes } = await outcomes(forge, ['--repo', repository.name]);
    expect(fixes).toContain(words);
    expect(fixes).toContain(message);
  });

  test('130 a token that may only read is told before anything is cloned; a dry run goes on', async () => {
    const repository = repositoryOf();
    repository.mayPush = false;
    expect(await outcomes(forge, ['--repo', repository.name])).toEqual({
      '-': expect.stringContaining('it may only read'),
    });
    expect(await outcomes(forge, ['--repo', repository.name, '--dry-run'])).toMatchObject({ fixes: 'opened' });
  });

  test('130 a repository that is archived or not there', async () => {
    const repository = repositoryOf();
    repository.archived = true;
    const argv = ['--repo', repository.name, '--repo', 'acme/none'];
    const { stdout, code } = await bot(forge, argv);
    expect(stdout).toContain(`${repository.name}: skipped (archived)`);
    expect(stdout).toContain('acme/none: failed (there is no such repository, or the token does not show it');
    expect(code).toBe(3);
  });

  test('127 a secondary rate limit is waited for, as long as it asks', async () => {
    const { name } = repositoryOf();
    let times = 0;
    const limited = {
      status: 403,
      data: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' },
      headers: { 'retry-after': '1' },
    };
    forge.hook = (request) => (times < 1 && creating(limited)(request) && ++times ? limited : undefined);
    const before = performance.now();
    expect(await outcomes(forge, ['--repo', name])).toMatchObject({ fixes: 'opened' });
    expect(performance.now() - before).toBeGreaterThan(990);
    expect(times).toBe(1);
  });

  test('127 a wait that is longer than allowed is a failure that says so, and the next run goes on', async () => {
    const { name } = repositoryOf();
    const reset = String(Math.floor(Date.now() / 1000) + 3000);
    forge.hook = creating({
      status: 403,
      data: { message: 'API rate limit exceeded for installation' },
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
    });
    expect((await outcomes(forge, ['--repo', name])).fixes).toContain('the forge asks to wait longer');
    forge.hook = () => undefined;
    expect(await outcomes(forge, ['--repo', name])).toMatchObject({ fixes: 'opened' });
  });

  test('127 writes of one run are at least a second apart', async () => {
    const { name } = repositoryOf();
    const times: number[] = [];
    forge.hook = ({ method, isGit }) => {
      if (method !== 'GET' && !isGit) times.push(performance.now());
      return undefined;
    };
    await bot(forge, ['--repo', name, '--label', 'docker']);
    expect(times.length).toBe(2);
    expect(times[1]! - times[0]!).toBeGreaterThan(950);
  });

  test('128 labels of a pull request that is not known everywhere yet are tried again', async () => {
    const repository = repositoryOf();
    let times = 0;
    forge.hook = ({ path }) =>
      path.endsWith('/labels') && ++times === 1
        ? { status: 422, data: { message: 'Could not resolve to a node with the global id' } }
        : undefined;
    expect(await outcomes(forge, ['--repo', repository.name, '--label', 'docker'])).toMatchObject({ fixes: 'opened' });
    expect(repository.pulls[0]!.labels).toEqual(['docker']);
  });

  test('128 labels that a person takes away stay away', async () => {
    const repository = repositoryOf();
    const argv = ['--repo', repository.name, '--label', 'docker'];
    await bot(forge, argv);
    repository.pulls[0]!.labels.length = 0;
    repository.commit('main', { Dockerfile: `${dockerfile}EXPOSE 80\n` });
    expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'updated' });
    expect(repository.pulls[0]!.labels).toEqual([]);
  });

  test('129 a branch of the same name in a fork of the same owner is another', async () => {
    const repository = repositoryOf();
    const fork = { number: 1, head: branch, headRepository: 'acme/fork', base: 'main', title: 'Theirs', body: '' };
    repository.pulls.push({ ...fork, state: 'closed', labels: [], comments: [] });
    expect(await outcomes(forge, ['--repo', repository.name])).toMatchObject({ fixes: 'opened' });
    expect(repository.pulls).toHaveLength(2);
  });

  test('129 a list that is filtered by its head and finds nothing is looked at again without', async () => {
    const repository = repositoryOf();
    const argv = ['--repo', repository.name];
    await bot(forge, argv);
    forge.hook = ({ query }) => (query.has('head') ? { status: 200, data: [] } : undefined);
    expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'unchanged' });
  });

  test('131 a pull request from a fork has a token that only reads: nothing is written', async () => {
    const { name } = repositoryOf();
    const folder = mkdtempSync(join(tmpdir(), 'dockmend-event-'));
    const path = join(folder, 'event.json');
    const event = { pull_request: { head: { repo: { full_name: 'eve/app' } }, base: { repo: { full_name: name } } } };
    writeFileSync(path, JSON.stringify(event));
    const environment = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: path };
    forge.requests.length = 0;
    const { stderr, stdout, code } = await bot(forge, ['--repo', name], { environment });
    rmSync(folder, { recursive: true });
    expect(stderr).toContain('a pull request from a fork, so this is a dry run');
    expect(stdout).toContain('would be opened');
    expect(code).toBe(0);
    expect(forge.writes).toEqual([]);
  });

  test('133 the token is in no argument, no file, no URL and no output, whatever fails', async () => {
    const repository = repositoryOf();
    const leaks: string[] = [];
    const look = (folder: string): void => {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const text = readFileSync(join(entry.parentPath, entry.name), 'latin1');
        if (text.includes(forge.token) || text.includes(basic)) leaks.push(join(entry.parentPath, entry.name));
      }
    };
    const basic = Buffer.from(`x-access-token:${forge.token}`).toString('base64');
    let folder = '';
    const { openFixer } = await import('../../bin/pr.ts');
    const words = await bot(forge, ['--repo', repository.name], {
      openFixer: async (path, options) => {
        folder = path;
        return openFixer(path, options, () => '0', {});
      },
      onStep: (_name, step) => {
        if (step === 'cloned' || step === 'pushed') processArguments(leaks, forge.token, basic);
        if (folder !== '') look(folder);
      },
    });
    expect(folder).not.toBe('');
    expect(leaks).toEqual([]);
    const echo = `#!/bin/sh\necho "remote: denied for ${forge.token} ${basic}" >&2\nexit 1\n`;
    writeFileSync(join(repository.folder, 'hooks', 'pre-receive'), echo, { mode: 0o755 });
    repository.commit('main', { Dockerfile: `${dockerfile}EXPOSE 80\n` });
    const failed = await bot(forge, ['--repo', repository.name]);
    expect(failed.stdout).toContain('failed');
    for (const each of [words, failed]) {
      expect(each.stdout + each.stderr).not.toContain(forge.token);
      expect(each.stdout + each.stderr).not.toContain(basic);
    }
    expect(JSON.stringify(repository.pulls)).not.toContain(forge.token);
  });

  test('133 a header that the machine’s own configuration has for the forge is not sent beside ours', async () => {
    const repository = repositoryOf();
    const home = mkdtempSync(join(tmpdir(), 'dockmend-home-'));
    const origin = new URL(forge.url).origin;
    writeFileSync(
      join(home, '.gitconfig'),
      `[http "${origin}/"]\n\textraheader = Authorization: Basic bm9ib2R5Om5vYm9keQ==\n[core]\n\tautocrlf = true\n\thooksPath = ${home}/hooks\n[commit]\n\tgpgsign = true\n`,
    );
    const result = await outcomes(forge, ['--repo', repository.name], { environment: { HOME: home } });
    rmSync(home, { recursive: true });
    expect(result).toMatchObject({ fixes: 'opened' });
    expect(repository.file(branch, 'Dockerfile')).toBe(fixed);
  });

  test('no token is a usage error that names the variables; a dry run needs none', async () => {
    const { name } = repositoryOf();
    const none = await bot(forge, ['--repo', name], { environment: { DOCKMEND_TOKEN: '' } });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('DOCKMEND_TOKEN, GH_TOKEN, GITHUB_TOKEN') });
  });

  test.each([
    ['--base x --base y', '--base is given twice'],
    ['--dry-run --dry-run', '--dry-run is given twice'],
    ['--limit 1 --limit=2', '--limit is given twice'],
    ['--split one --split pins', '--split is given twice'],
    ['--maxWait 1 --max-wait 2', '--max-wait is given twice'],
    ['--split two', '--split takes pins, transform, none'],
    ['--max-wait soon', '--max-wait takes a number of seconds'],
    ['--max-wait=-1', '--max-wait takes a number of seconds'],
    ['--concurrency many', '--concurrency takes a number from 1 to 64'],
  ])('%s is a usage error of one line', async (words, message) => {
    const given = await bot(forge, ['--repo', 'a/b', ...words.split(' ')]);
    expect(given).toMatchObject({ code: 2, stdout: '', stderr: `usage error: ${message}\n` });
  });

  test('a list is given as often as is wanted, and a value may look like an option', async () => {
    const { name } = repositoryOf();
    const words = ['--label', 'a', '--label', 'b', '--subject-prefix', '--base', '--base', 'main', '--dry-run'];
    expect((await bot(forge, ['--repo', name, ...words])).stderr).not.toContain('twice');
  });

  test.each(['github', 'gitlab', 'gitea'])('a forge that is not there: %s', async (kind) => {
    const nowhere = createServer();
    await new Promise<void>((resolve) => nowhere.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(nowhere.address() as AddressInfo).port}`;
    await new Promise((resolve) => nowhere.close(resolve));
    const words = ['--forge', kind, '--url', url, '--max-wait', '1'];
    const one = await bot(forge, ['--repo', 'a/b', ...words]);
    expect(one).toMatchObject({ code: 3, stderr: '' });
    expect(one.stdout).toMatch(
      /^a\/b: failed \(the forge cannot be reached \(.*ECONNREFUSED.*\)\)\n1 repository: 1 failed\n$/,
    );
    const all = await bot(forge, ['--org', 'a', ...words]);
    expect(all).toMatchObject({ code: 3, stdout: '' });
    expect(all.stderr).toMatch(/^forge error: the forge cannot be reached \(.*ECONNREFUSED.*\)\n$/);
  });

  test('132 the checkout that it runs in is left alone: detached, shallow, dirty', async () => {
    const repository = repositoryOf();
    const copy = `${repository.folder}-checkout`;
    git('/', 'clone', '--quiet', '--depth=1', `file://${repository.folder}`, copy);
    git(copy, 'checkout', '--quiet', '--detach');
    git(copy, 'remote', 'set-url', 'origin', `${forge.url}/${repository.name}.git`);
    writeFileSync(join(copy, 'Dockerfile'), 'half written');
    const before = git(copy, 'status', '--porcelain=v2', '--branch');
    expect(await outcomes(forge, [], { cwd: copy })).toMatchObject({ fixes: 'opened' });
    expect(git(copy, 'status', '--porcelain=v2', '--branch')).toBe(before);
    expect(readFileSync(join(copy, 'Dockerfile'), 'utf8')).toBe('half written');
    expect(repository.file(branch, 'Dockerfile')).toBe(fixed);
  });
});

/** Looks for secrets in the command lines of all processes. */
function processArguments(leaks: string[], ...secrets: string[]): void {
  for (const id of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const line = readFileSync(`/proc/${id}/cmdline`, 'latin1');
      if (secrets.some((secret) => line.includes(secret))) leaks.push(line);
    } catch {
      // It ended.
    }
  }
}
