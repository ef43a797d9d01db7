import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bot } from '../support/bot.ts';
import { FakeForge } from '../support/forge-fake.ts';
import { describeInFullSuite } from '../support/parts.ts';

const dockerfile = 'FROM debian:12\nWORKDIR app\n';
const length = 12;
const names = Array.from({ length }, (_, index) => `acme/app-${String(index).padStart(2, '0')}`);

describeInFullSuite('136 many repositories', ['git'], () => {
  let forge: FakeForge;
  let folder: string;
  beforeAll(async () => {
    forge = await FakeForge.start('gitea');
    folder = mkdtempSync(join(tmpdir(), 'dockmend-many-'));
  });
  afterAll(async () => {
    await forge.stop();
    rmSync(folder, { recursive: true });
  });
  test('one failure stops no other; the order is that of the words, whatever is done first', async () => {
    const argv: string[] = [];
    for (const name of names) {
      forge.repository(name, { Dockerfile: dockerfile });
      argv.push('--repo', name);
    }
    forge.hook = ({ path }) => (path === '/repos/acme/app-03' ? { status: 500, data: { message: 'oops' } } : undefined);
    const { stdout, stderr, code } = await bot(forge, [...argv, '--concurrency', '5']);
    forge.hook = () => undefined;
    expect(code).toBe(3);
    const shown = [...stdout.matchAll(/^(acme\/app-\d\d)\S* ?(?:fixes)?: (\w+)/gm)].map(
      (match) => `${match[1]} ${match[2]}`,
    );
    expect(shown).toEqual(names.map((name) => `${name} ${name.endsWith('03') ? 'failed' : 'opened'}`));
    expect(stdout).toContain(`${length} repositories: ${length - 1} opened, ${length - 1} nothing, 1 failed`);
    expect(stderr.trim().split('\n')).toHaveLength(length);
    expect(stderr).toContain(`${length} of ${length}`);
  });

  test('at most so many at a time', async () => {
    let open = 0;
    let most = 0;
    await bot(forge, ['--org', 'acme', '--concurrency', '3', '--dry-run'], {
      onStep: (_name, step) => {
        if (step === 'cloned') most = Math.max(most, ++open);
        if (step === 'planned') open = Math.max(0, open - 0.5);
      },
    });
    expect(most).toBeLessThanOrEqual(3);
    expect(most).toBeGreaterThan(1);
  });

  test('the shards are all of it, and no repository is in two', async () => {
    const all = Array.from({ length: 12 }, (_, index) => `shards/app-${index}`);
    // Which shard a repository is in hangs on its name alone.
    for (const name of all) forge.repository(name, {});
    const parts: string[][] = [];
    for (const shard of ['1/3', '2/3', '3/3']) {
      const { stdout } = await bot(forge, ['--org', 'shards', '--shard', shard, '--dry-run', '--format', 'json']);
      const { outcomes } = JSON.parse(stdout) as { outcomes: { repository: string }[] };
      parts.push([...new Set(outcomes.map((each) => each.repository))]);
    }
    expect(parts.flat().sort()).toEqual([...all].sort());
    expect(parts.every((part) => part.length > 0)).toBe(true);
    expect(await bot(forge, ['--org', 'acme', '--shard', '0/3'])).toMatchObject({ code: 2 });
  });

  test('a run that was ended goes on where it was, and does again what failed', async () => {
    const journal = join(folder, 'journal');
    const line = (name: string, status: string): string =>
      `${JSON.stringify([{ repository: name, group: 'fixes', status, notices: [] }])}\n`;
    writeFileSync(
      journal,
      line(names[0]!, 'opened') + line(names[1]!, 'failed') + line(names[2]!, 'opened').slice(0, 20),
    );
    forge.requests.length = 0;
    const { code } = await bot(forge, ['--org', 'acme', '--resume', journal]);
    expect(code).toBe(0);
    const asked = new Set(forge.requests.map((each) => /^\/repos\/(acme\/app-\d\d)/.exec(each.path)?.[1]));
    expect(asked.has(names[0])).toBe(false);
    expect(asked.has(names[1])).toBe(true);
    expect(asked.has(names[2])).toBe(true);
    expect(readFileSync(journal, 'utf8')).toContain('"finished":true');
    forge.requests.length = 0;
    await bot(forge, ['--org', 'acme', '--resume', journal, '--dry-run']);
    await bot(forge, ['--repo', names[0]!, '--resume', journal]);
    expect(forge.requests.some((each) => each.path === `/repos/${names[0]}`)).toBe(true);
  });
});
