import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgeKinds } from '../../src/bot/index.ts';
import { bot, outcomes } from '../support/bot.ts';
import { FakeForge } from '../support/forge-fake.ts';
import type { ModelRepository } from '../support/forge-model.ts';
import { git } from '../support/git-http.ts';
import { describeWithParts } from '../support/parts.ts';
import { sampled } from '../support/sampled.ts';

const first = 'FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\nADD app.txt /app/\nWORKDIR app\n';
const fixed = 'FROM debian:12\nRUN apt-get update && apt-get install -y curl\nCOPY app.txt /app/\nWORKDIR /app\n';
const branch = 'dockmend/fixes';

const kinds = sampled(forgeKinds, 3);

describeWithParts(`the life of a pull request${kinds.note}`, ['git'], () => {
  describe.each(kinds.items)('%s', (kind) => {
    let forge: FakeForge;
    let repository: ModelRepository;
    let number = 0;
    /** A repository of its own for each test, on which the bot ran once where that is wanted. */
    async function repositoryOf(files: Record<string, string> = {}, runs = 0): Promise<string[]> {
      const name = `acme/app-${++number}`;
      repository = forge.repository(name, { Dockerfile: first, 'app.txt': 'x\n', ...files });
      const argv = ['--repo', name];
      for (let run = 0; run < runs; run++) expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'opened' });
      forge.requests.length = 0;
      return argv;
    }
    beforeAll(async () => {
      forge = await FakeForge.start(kind);
    });
    afterAll(() => forge.stop());

    test('118 opens one pull request, with one commit a transform, and the second run writes nothing', async () => {
      const argv = await repositoryOf({}, 1);
      expect(repository.file(branch, 'Dockerfile')).toBe(fixed);
      const subjects = git(repository.folder, 'log', '--reverse', '--format=%s', `main..${branch}`).trim().split('\n');
      expect(subjects).toEqual([
        'Replace ADD with COPY where ADD does nothing more',
        'Update package lists in the RUN that installs',
        'Use absolute paths in WORKDIR',
      ]);
      const [pull] = repository.pulls;
      expect(pull).toMatchObject({ title: 'Harden Dockerfiles', base: 'main', head: branch, state: 'open' });
      expect(await outcomes(forge, argv)).toEqual({ fixes: 'unchanged', pins: 'nothing' });
      expect(forge.writes).toEqual([]);
      expect(repository.pulls).toHaveLength(1);
    });

    test('118 told that it exists already, it finds and updates the one that is open', async () => {
      const argv = await repositoryOf();
      let hides = true;
      forge.hook = ({ method, path, query, isGit }) => {
        if (path.endsWith(kind === 'gitlab' ? '/merge_requests' : '/pulls') && method === 'GET' && hides) {
          if (query.get('page') === '1') return { status: 200, data: [] };
        }
        if (method === 'POST' && !isGit) hides = false;
        return undefined;
      };
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'opened' });
      repository.pulls[0]!.base = 'main';
      hides = true;
      repository.commit('main', { Dockerfile: `${first}EXPOSE 80\n` });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'updated' });
      expect(hides).toBe(false);
      forge.hook = () => undefined;
      expect(repository.pulls).toHaveLength(1);
    });

    test('119 a branch without a pull request, left by a run that crashed, is taken up without a push', async () => {
      const argv = await repositoryOf({}, 1);
      const tip = repository.tip(branch);
      repository.pulls.length = 0;
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'opened' });
      expect(repository.tip(branch)).toBe(tip);
      expect(forge.writes.filter((each) => each.isGit)).toEqual([]);
    });

    test('120 commits of a person on the branch are never overwritten, and said once', async () => {
      const argv = await repositoryOf({}, 1);
      const tip = repository.commit(branch, { 'app.txt': 'by hand\n' });
      repository.commit('main', { Dockerfile: `${first}ADD other.txt /app/\n`, 'other.txt': '' });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'paused' });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'paused' });
      expect(repository.tip(branch)).toBe(tip);
      expect(repository.pulls[0]!.comments).toHaveLength(1);
      expect(repository.pulls[0]).toMatchObject({ state: 'open' });
    });

    test.each([
      ['amended', ['commit', '--amend', '--no-edit', '--allow-empty']],
      ['amended as if by the bot', ['commit', '--amend', '--reset-author', '-m', 'Other words']],
    ])('120 a commit that a person %s is a person’s', async (_what, amend) => {
      const argv = await repositoryOf({}, 1);
      const copy = `${repository.folder}-copy`;
      git('/', 'clone', '--quiet', '--branch', branch, repository.folder, copy);
      git(copy, ...amend);
      git(copy, 'push', '--quiet', '--force', 'origin', branch);
      repository.commit('main', { Dockerfile: `${first}ADD other.txt /app/\n`, 'other.txt': '' });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'paused' });
    });

    test('120 a push of a person between the look and the push wins', async () => {
      const argv = await repositoryOf({}, 1);
      repository.commit('main', { Dockerfile: `${first}ADD other.txt /app/\n`, 'other.txt': '' });
      let tip: string | undefined;
      const result = await outcomes(forge, argv, {
        onStep: (_repository, step) => {
          if (step === 'committed') tip = repository.commit(branch, { 'app.txt': 'by hand\n' });
        },
      });
      expect(result.fixes).toContain('failed: the branch changed while this ran');
      expect(repository.tip(branch)).toBe(tip);
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'paused' });
    });

    test('121 what a person closed stays closed, whatever changes, until it is asked for again', async () => {
      const argv = await repositoryOf({}, 1);
      repository.pulls[0]!.state = 'closed';
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'declined' });
      repository.commit('main', { Dockerfile: `${first}ADD other.txt /app/\n`, 'other.txt': '' });
      git(repository.folder, 'update-ref', '-d', `refs/heads/${branch}`);
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'declined' });
      expect(forge.writes).toEqual([]);
      expect(await outcomes(forge, [...argv, '--again'])).toMatchObject({ fixes: 'opened' });
      expect(repository.pulls).toHaveLength(2);
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'unchanged' });
    });

    test.each(['merge', 'squash'] as const)(
      '122 merged by %s, the branch left: nothing is proposed twice',
      async (how) => {
        const argv = await repositoryOf({}, 1);
        repository.merge(1, how, { keepBranch: true });
        expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'nothing' });
        expect(repository.branches).toEqual(['main']);
        expect(repository.pulls).toHaveLength(1);
      },
    );

    test('122 merged, the branch left, and more to do: the branch is made anew from the base', async () => {
      const argv = await repositoryOf({}, 1);
      repository.merge(1, 'squash', { keepBranch: true });
      repository.commit('main', { Dockerfile: `${fixed}ADD other.txt /app/\n`, 'other.txt': '' });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'opened' });
      expect(repository.ahead('main', branch)).toBe(1);
      expect(git(repository.folder, 'diff', '--stat', `main..${branch}`)).toContain(
        '1 file changed, 1 insertion(+), 1 deletion(-)',
      );
    });

    test('122 a merge that was taken back is proposed again, as commits that were not merged yet', async () => {
      const argv = await repositoryOf({}, 1);
      repository.merge(1, 'merge', { keepBranch: true });
      repository.commit('main', { Dockerfile: first }, 'Revert');
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'opened' });
      expect(repository.ahead('main', branch)).toBe(3);
    });

    test('123 the base moved elsewhere: nothing is pushed', async () => {
      const argv = await repositoryOf({}, 1);
      repository.commit('main', { 'README.md': 'new\n' });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'unchanged' });
      expect(forge.writes).toEqual([]);
    });

    test('123 the base moved under it: the branch follows', async () => {
      const argv = await repositoryOf({}, 1);
      repository.commit('main', { Dockerfile: `${first}EXPOSE 80\n` });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'updated' });
      expect(repository.file(branch, 'Dockerfile')).toBe(`${fixed}EXPOSE 80\n`);
      expect(git(repository.folder, 'merge-base', 'main', branch).trim()).toBe(repository.tip('main'));
    });

    test('123 a part was merged elsewhere: the rest stays proposed', async () => {
      const argv = await repositoryOf({}, 1);
      repository.commit('main', { Dockerfile: first.replace('ADD app', 'COPY app') });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'updated' });
      expect(repository.ahead('main', branch)).toBe(2);
      expect(repository.pulls[0]!.body).not.toContain('replace-add-with-copy');
    });

    test('123 nothing is left: closed with a comment, its branch gone, and opened anew when there is something', async () => {
      const argv = await repositoryOf({}, 1);
      repository.commit('main', { Dockerfile: fixed });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'closed' });
      expect(repository.pulls[0]).toMatchObject({
        state: 'closed',
        comments: [expect.stringContaining('Nothing of this is left')],
      });
      expect(repository.branches).toEqual(['main']);
      repository.commit('main', { Dockerfile: first });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'opened' });
      expect(repository.pulls.map((each) => each.state)).toEqual(['closed', 'open']);
    });

    test('124 a branch named like the prefix is in the way: all names are written with a dash', async () => {
      const argv = await repositoryOf();
      repository.commit('dockmend', { x: '' });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'opened' });
      expect(repository.pulls[0]!.head).toBe('dockmend-fixes');
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'unchanged' });
    });

    test('124 both names are in the way: an error that says how to choose another', async () => {
      const argv = await repositoryOf();
      repository.commit('dockmend', { x: '' });
      repository.commit('dockmend-fixes/other', { x: '' });
      const { fixes } = await outcomes(forge, argv);
      expect(fixes).toContain('--branch-prefix');
      expect(await outcomes(forge, [...argv, '--branch-prefix', 'bot/'])).toMatchObject({ fixes: 'opened' });
    });

    test('135 a dry run makes no write request, and says what it would write', async () => {
      const argv = await repositoryOf();
      const { stderr, stdout } = await bot(forge, [...argv, '--dry-run']);
      expect(stderr).toMatch(/would push fixes to dockmend\/fixes[\s\S]*would open "Harden Dockerfiles"/);
      expect(stdout).toContain('would be opened');
      expect(forge.writes).toEqual([]);
      expect(repository.branches).toEqual(['main']);
      await bot(forge, argv);
      repository.commit('main', { Dockerfile: fixed });
      forge.requests.length = 0;
      expect((await bot(forge, [...argv, '--dry-run'])).stderr).toMatch(
        /would comment[\s\S]*would close #1[\s\S]*would delete/,
      );
      expect(forge.writes).toEqual([]);
      expect(forge.requests.length).toBeGreaterThan(0);
    });

    test('a title and a body that a person wrote are kept', async () => {
      const argv = await repositoryOf({}, 1);
      const [pull] = repository.pulls;
      Object.assign(pull!, { title: 'Ours now', body: pull!.body.replace('## What', 'Reviewed by hand\n\n## What') });
      repository.commit('main', { Dockerfile: `${first}ADD other.txt /app/\n`, 'other.txt': '' });
      expect(await outcomes(forge, argv)).toMatchObject({ fixes: 'updated' });
      expect(repository.pulls[0]!.title).toBe('Ours now');
      expect(repository.pulls[0]!.body).toContain('Reviewed by hand');
    });
  });
});
