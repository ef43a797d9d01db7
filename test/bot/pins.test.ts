import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { outcomes } from '../support/bot.ts';
import { FakeForge } from '../support/forge-fake.ts';
import type { ModelRepository } from '../support/forge-model.ts';
import { describeWithParts } from '../support/parts.ts';
import { FakeRegistry } from '../support/registry-fake.ts';
import { imageOf, indexOf } from '../support/registry-images.ts';

describeWithParts('pins', ['git'], () => {
  let forge: FakeForge;
  let registry: FakeRegistry;
  let repository: ModelRepository;
  let digest: string;
  let number = 0;
  let argv: string[];
  beforeAll(async () => {
    forge = await FakeForge.start('gitea');
    registry = await FakeRegistry.start();
    digest = registry.add('acme/base', ['1.2'], indexOf([imageOf({ note: 'one' })]));
  });
  afterAll(async () => {
    await forge.stop();
    await registry.stop();
  });
  beforeEach(() => {
    registry.hook = () => false;
    registry.seen.length = 0;
    const name = `acme/app-${++number}`;
    const from = `FROM ${registry.host}/acme/base:1.2`;
    repository = forge.repository(name, { Dockerfile: `${from}\nWORKDIR app\n`, 'web/Dockerfile': `${from} AS web\n` });
    argv = ['--repo', name, '--insecure', registry.host];
  });

  test('are a pull request of their own, with a table of digests, and say that nothing will move them', async () => {
    expect(await outcomes(forge, argv)).toEqual({ fixes: 'opened', pins: 'opened' });
    expect(repository.file('dockmend/pins', 'Dockerfile')).toContain(`acme/base:1.2@${digest}\nWORKDIR app\n`);
    expect(repository.file('dockmend/fixes', 'Dockerfile')).not.toContain('sha256');
    const { title, body } = repository.pulls.find((each) => each.head === 'dockmend/pins')!;
    expect(title).toBe('Pin images in Dockerfiles by digest');
    expect(body).toContain(
      `| \`${registry.host}/acme/base:1.2\` | \`${digest.slice(0, 19)}\` | \`Dockerfile:1\`, \`web/Dockerfile:1\` |`,
    );
    expect(body).toContain('Neither Dependabot nor Renovate is configured here');
    expect(body).toContain('"enabledManagers"');
    expect(await outcomes(forge, argv)).toEqual({ fixes: 'unchanged', pins: 'unchanged' });
  });

  test('one question a reference and repository, however many runs that takes', async () => {
    await outcomes(forge, argv);
    const asked = registry.seen.filter((each) => each.url.pathname.endsWith('/manifests/1.2'));
    expect(asked.length).toBe(1);
  });

  test('follow the tag while the pull request is open', async () => {
    await outcomes(forge, argv);
    const moved = registry.add('acme/base', ['1.2'], indexOf([imageOf({ note: 'two' })]));
    expect(await outcomes(forge, argv)).toMatchObject({ pins: 'updated' });
    expect(repository.file('dockmend/pins', 'Dockerfile')).toContain(moved);
    digest = moved;
  });

  test('a registry without an answer takes nothing back', async () => {
    await outcomes(forge, argv);
    const tip = repository.tip('dockmend/pins');
    registry.hook = (_seen, response) => response.writeHead(500).end();
    expect(await outcomes(forge, argv)).toMatchObject({ pins: 'kept' });
    expect(repository.tip('dockmend/pins')).toBe(tip);
    expect(repository.pulls.every((each) => each.state === 'open')).toBe(true);
  });

  test('an updater is a pull request of its own where it is asked for, and nothing where there is one', async () => {
    const words = [...argv, '--updater', 'dependabot'];
    expect(await outcomes(forge, words)).toMatchObject({ pins: 'opened', updater: 'opened' });
    expect(repository.file('dockmend/updater', '.github/dependabot.yml')).toBe(
      'version: 2\nupdates:\n  - package-ecosystem: docker\n    directories:\n      - /\n      - /web\n    schedule:\n      interval: weekly\n',
    );
    repository.merge(repository.pulls.find((each) => each.head === 'dockmend/updater')!.number, 'squash');
    expect(await outcomes(forge, words)).toMatchObject({ pins: 'updated', updater: 'nothing' });
    expect(repository.pulls.find((each) => each.head === 'dockmend/pins')!.body).toContain(
      'Dependabot is configured for Dockerfiles (`.github/dependabot.yml`)',
    );
  });

  test('a lock of one repository says nothing about another', async () => {
    const lie = `sha256:${'e'.repeat(64)}`;
    const lock = JSON.stringify({
      version: 1,
      images: {
        [`${registry.host}/acme/base:1.2`]: { digest: lie, mediaType: 'application/vnd.oci.image.index.v1+json' },
      },
    });
    forge.repository(`evil/app-${number}`, {
      Dockerfile: `FROM ${registry.host}/acme/base:1.2\n`,
      'dockmend.lock': lock,
    });
    await outcomes(forge, ['--repo', `evil/app-${number}`, ...argv, '--concurrency', '1']);
    expect(repository.file('dockmend/pins', 'Dockerfile')).toContain(digest);
    expect(repository.file('dockmend/pins', 'Dockerfile')).not.toContain(lie);
  });

  test('--split transform opens one for each, --split none one in all', async () => {
    const each = await outcomes(forge, [...argv, '--split', 'transform', '--branch-prefix', 'each/']);
    expect(each).toEqual({ 'pin-image-digest': 'opened', 'use-absolute-workdir': 'opened' });
    expect(await outcomes(forge, [...argv, '--split', 'transform', '--branch-prefix', 'each/'])).toEqual({
      'pin-image-digest': 'unchanged',
      'use-absolute-workdir': 'unchanged',
    });
    expect(await outcomes(forge, [...argv, '--split', 'none', '--commits', 'one'])).toEqual({ fixes: 'opened' });
    expect(repository.ahead('main', 'dockmend/fixes')).toBe(1);
    const limited = [...argv, '--split', 'transform', '--branch-prefix', 'few/', '--limit', '1'];
    expect(Object.values(await outcomes(forge, limited)).sort()).toEqual(['opened', 'waiting']);
  });
});
