import { Gitlab } from '@gitbeaker/rest';
import { Octokit } from '@octokit/rest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bot, outcomes } from '../support/bot.ts';
import { FakeForge } from '../support/forge-fake.ts';
import { describeInFullSuite } from '../support/parts.ts';

const dockerfile = 'FROM debian:12\nWORKDIR app\n';
const branch = 'dockmend/fixes';
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** Other people's complete clients speak to the same fake: what they read and write, ours must understand, and the reverse. */
describeInFullSuite('the fake is what independent clients take it for', ['git'], () => {
  describe('@octokit/rest', () => {
    let forge: FakeForge;
    let octokit: Octokit;
    const at = { owner: 'acme', repo: 'app' };
    beforeAll(async () => {
      forge = await FakeForge.start('github');
      octokit = new Octokit({ auth: forge.token, baseUrl: forge.apiUrl, log });
    });
    afterAll(() => forge.stop());

    test('134 reads what the bot opened, comments and closes; the bot takes that for a person’s will', async () => {
      forge.repository('acme/app', { Dockerfile: dockerfile });
      await bot(forge, ['--repo', 'acme/app', '--label', 'docker']);
      const { data: repository } = await octokit.rest.repos.get(at);
      expect(repository).toMatchObject({ full_name: 'acme/app', default_branch: 'main', permissions: { push: true } });
      const { data: pulls } = await octokit.rest.pulls.list({ ...at, head: `acme:${branch}`, state: 'open' });
      expect(pulls).toMatchObject([{ number: 1, head: { ref: branch }, labels: [{ name: 'docker' }] }]);
      await octokit.rest.issues.createComment({ ...at, issue_number: 1, body: 'No, thank you' });
      await octokit.rest.pulls.update({ ...at, pull_number: 1, state: 'closed' });
      expect(await octokit.paginate(octokit.rest.issues.listComments, { ...at, issue_number: 1 })).toHaveLength(1);
      expect(await outcomes(forge, ['--repo', 'acme/app'])).toMatchObject({ fixes: 'declined' });
    });

    test('118 opened by it from the bot’s branch, the bot updates it; a second one is a 422', async () => {
      const repository = forge.repository('acme/two', { Dockerfile: dockerfile });
      const two = { owner: 'acme', repo: 'two' };
      await bot(forge, ['--repo', 'acme/two']);
      repository.pulls.length = 0;
      const ask = { ...two, head: branch, base: 'main', title: 'By hand' };
      await octokit.rest.pulls.create(ask);
      await expect(octokit.rest.pulls.create(ask)).rejects.toMatchObject({
        status: 422,
        message: expect.stringContaining('A pull request already exists'),
      });
      // A title and a body without our mark are a person's.
      expect(await outcomes(forge, ['--repo', 'acme/two'])).toMatchObject({ fixes: 'unchanged' });
      expect(repository.pulls).toMatchObject([{ title: 'By hand' }]);
    });

    test('lists an organization page by page as the bot does', async () => {
      for (let index = 0; index < 120; index++) forge.repository(`many/app-${index}`, {});
      forge.repository('many/fork', {}).isFork = true;
      const seen = await octokit.paginate(octokit.rest.repos.listForOrg, { org: 'many', per_page: 100 });
      const { stdout } = await bot(forge, ['--org', 'many', '--dry-run', '--shard', '1/40', '--format', 'json']);
      const names = (JSON.parse(stdout) as { outcomes: { repository: string }[] }).outcomes.map(
        (each) => each.repository,
      );
      expect(seen).toHaveLength(121);
      expect(new Set(names).size).toBeGreaterThan(0);
      expect(names).not.toContain('many/fork');
      expect(seen.map((each) => each.full_name)).toEqual(expect.arrayContaining(names));
    });

    test('a wrong token is a 401 for both', async () => {
      const other = new Octokit({ auth: 'wrong', baseUrl: forge.apiUrl, log });
      await expect(other.rest.repos.get(at)).rejects.toMatchObject({ status: 401 });
      const result = await outcomes(forge, ['--repo', 'acme/app'], { environment: { DOCKMEND_TOKEN: 'wrong-token' } });
      expect(result['-']).toContain('the token is wrong');
    });
  });

  describe('@gitbeaker/rest, at a path of its host, in a subgroup', () => {
    let forge: FakeForge;
    let gitlab: InstanceType<typeof Gitlab>;
    const name = 'acme/web/team/app';
    beforeAll(async () => {
      forge = await FakeForge.start('gitlab', '/gitlab');
      gitlab = new Gitlab({ host: forge.url, token: forge.token });
    });
    afterAll(() => forge.stop());

    test('134 reads what the bot opened, and closes it; the bot takes that for a person’s will', async () => {
      forge.repository(name, { Dockerfile: dockerfile });
      expect(await outcomes(forge, ['--repo', name, '--label', 'docker'])).toMatchObject({ fixes: 'opened' });
      expect(await gitlab.Projects.show(name)).toMatchObject({ path_with_namespace: name, default_branch: 'main' });
      const found = await gitlab.MergeRequests.all({ projectId: name, sourceBranch: branch, state: 'opened' });
      expect(found).toMatchObject([{ iid: 1, target_branch: 'main', labels: ['docker'] }]);
      await gitlab.MergeRequestNotes.create(name, 1, 'No, thank you');
      await gitlab.MergeRequests.edit(name, 1, { stateEvent: 'close' });
      expect(await outcomes(forge, ['--repo', name])).toMatchObject({ fixes: 'declined' });
    });

    test('118 opened by it from the bot’s branch, the bot takes it; a second one is a 409 in another language', async () => {
      const repository = forge.repository('acme/web/two', { Dockerfile: dockerfile });
      await bot(forge, ['--repo', 'acme/web/two']);
      repository.pulls.length = 0;
      await gitlab.MergeRequests.create('acme/web/two', branch, 'main', 'By hand');
      await expect(gitlab.MergeRequests.create('acme/web/two', branch, 'main', 'By hand')).rejects.toMatchObject({
        cause: { response: expect.objectContaining({ status: 409 }) },
      });
      expect(await outcomes(forge, ['--repo', 'acme/web/two'])).toMatchObject({ fixes: 'unchanged' });
      expect(repository.pulls).toHaveLength(1);
    });

    test('lists a group with its subgroups as the bot does', async () => {
      const seen = await gitlab.Groups.allProjects('acme', { includeSubgroups: true });
      expect(seen.map((each) => each.path_with_namespace).sort()).toEqual([name, 'acme/web/two']);
      expect((await bot(forge, ['--org', 'acme', '--dry-run'])).stdout).toContain('2 repositories');
      forge.repositories.get('acme/web/two')!.isFork = true;
      expect((await bot(forge, ['--org', 'acme', '--dry-run'])).stdout).toContain('1 repository');
    });
  });
});
