import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcomes } from '../support/bot.ts';
import { compiled } from '../support/compiled.ts';
import { FakeForge } from '../support/forge-fake.ts';
import type { ModelRepository } from '../support/forge-model.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';

const first = 'FROM debian:12\nADD app.txt /app/\nWORKDIR app\n';
const fixed = 'FROM debian:12\nCOPY app.txt /app/\nWORKDIR /app\n';
const branch = 'dockmend/fixes';

describeInFullSuite('killed at any step, the next run comes to the same end', ['git'], () => {
  const folder = temporaryFolder();
  let forge: FakeForge;
  let number = 0;
  beforeAll(async () => {
    forge = await FakeForge.start('gitlab');
  });
  afterAll(async () => {
    await forge.stop();
    folder.remove();
  });

  /** Runs the bot in a process that dies at a step; gives the signal that ended it. */
  function dying(name: string, step: string): Promise<NodeJS.Signals | null> {
    const words = ['--url', forge.url, '--forge', forge.kind, '--offline', '--repo', name];
    const child = spawn(process.execPath, [compiled('test/support/bot-child.ts'), ...words], {
      env: { ...process.env, TMPDIR: folder.path, DOCKMEND_TOKEN: forge.token, DOCKMEND_DIE_AT: step },
      stdio: 'ignore',
    });
    return new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
  }

  const make = (): ModelRepository => forge.repository(`acme/app-${++number}`, { Dockerfile: first, 'app.txt': '' });

  function expectOne(repository: ModelRepository, text: string): void {
    expect(repository.pulls).toHaveLength(1);
    expect(repository.pulls[0]).toMatchObject({ state: 'open', head: branch });
    expect(repository.branches).toEqual([branch, 'main']);
    expect(repository.file(branch, 'Dockerfile')).toBe(text);
    expect(repository.ahead('main', branch)).toBe(2);
  }

  const ofFirst = ['cloned', 'planned fixes', 'committed fixes', 'pushed fixes', 'creating fixes', 'created fixes'];
  test.each(ofFirst)('119 at `%s` of the first run', async (step) => {
    const repository = make();
    expect(await dying(repository.name, step)).toBe('SIGKILL');
    const { fixes } = await outcomes(forge, ['--repo', repository.name]);
    expect(fixes).toBe(step === 'created fixes' ? 'unchanged' : 'opened');
    expectOne(repository, fixed);
  });

  const ofUpdate = ['committed fixes', 'pushed fixes', 'updating fixes', 'updated fixes'];
  test.each(ofUpdate)('119 at `%s` of an update', async (step) => {
    const repository = make();
    await outcomes(forge, ['--repo', repository.name]);
    repository.commit('main', { Dockerfile: `${first}EXPOSE 80\n` });
    expect(await dying(repository.name, step)).toBe('SIGKILL');
    const { fixes } = await outcomes(forge, ['--repo', repository.name]);
    expect(fixes).toBe(step === 'committed fixes' ? 'updated' : 'unchanged');
    expectOne(repository, `${fixed}EXPOSE 80\n`);
  });

  const ofEnd = ['closing fixes', 'closed fixes', 'deleted fixes'];
  test.each(ofEnd)('123 at `%s` when nothing is left', async (step) => {
    const repository = make();
    await outcomes(forge, ['--repo', repository.name]);
    repository.commit('main', { Dockerfile: fixed });
    expect(await dying(repository.name, step)).toBe('SIGKILL');
    await outcomes(forge, ['--repo', repository.name]);
    expect(repository.pulls).toHaveLength(1);
    expect(repository.pulls[0]).toMatchObject({ state: 'closed' });
    expect(repository.pulls[0]!.comments).toHaveLength(1);
    expect(repository.branches).toEqual(['main']);
    repository.commit('main', { Dockerfile: first });
    expect(await outcomes(forge, ['--repo', repository.name])).toMatchObject({ fixes: 'opened' });
  });
});
