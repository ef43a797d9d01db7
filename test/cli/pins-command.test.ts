import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pinsCommand } from '../../src/cli/pins-command.ts';
import type { Wiring } from '../../src/cli/wiring.ts';
import { describeWithParts, temporaryFolder } from '../support/parts.ts';
import { imageOf, indexOf, push } from '../support/registry-images.ts';
import { type RunningRegistry, startRegistry } from '../support/registry-parts.ts';

describeWithParts('dockmend pins against a registry', ['docker-registry'], () => {
  const old = indexOf([imageOf({ config: { User: 'one' } })]);
  const fresh = indexOf([imageOf({ config: { User: 'two' } })]);
  let registry: RunningRegistry;
  let folder: ReturnType<typeof temporaryFolder>;
  let dockerfile: string;

  const wiring = (): Wiring => ({
    transforms: [],
    version: () => '0',
    openPorts: () => Promise.reject(new Error('not asked')),
    cwd: folder.path,
    environment: { HOME: folder.path, XDG_CACHE_HOME: join(folder.path, 'cache') },
    stdin: (async function* () {})(),
    stdout: { write: () => true },
    stderr: { write: () => true },
  });
  const run = (...argv: string[]) => pinsCommand(argv, wiring());

  beforeAll(async () => {
    folder = temporaryFolder();
    registry = await startRegistry(folder.path);
    await push(registry.url, 'app', '1', fresh);
    await push(registry.url, 'app', 'old', old);
    mkdirSync(join(folder.path, 'service'));
    dockerfile = join(folder.path, 'service', 'Dockerfile');
  });
  afterAll(async () => {
    await registry.stop();
    folder.remove();
  });

  test('E: check, update, lock and unpin', async () => {
    const image = `${registry.host}/app:1`;
    writeFileSync(dockerfile, `FROM ${image}@${old.digest} AS a\nFROM ${image}\n`);
    expect((await run()).text).toBe(
      `service/Dockerfile:1 pinned ${image}@${old.digest}\nservice/Dockerfile:2 unpinned ${image}\n`,
    );
    const checked = await run('--check', '--format', 'json');
    expect(checked.code).toBe(1);
    expect((JSON.parse(checked.text) as { pins: { state: string }[] }).pins.map((each) => each.state)).toEqual([
      'behind',
      'unpinned',
    ]);
    const diff = await run('--update');
    expect(diff.text).toContain(`+FROM ${image}@${fresh.digest} AS a\n`);
    expect(readFileSync(dockerfile, 'utf8')).toContain(old.digest);
    await run('--update', '--write', '--lock');
    expect(readFileSync(dockerfile, 'utf8')).toBe(`FROM ${image}@${fresh.digest} AS a\nFROM ${image}\n`);
    expect(readFileSync(join(folder.path, 'dockmend.lock'), 'utf8')).toContain(fresh.digest);
    await run('--unpin', '--write');
    expect(readFileSync(dockerfile, 'utf8')).toBe(`FROM ${image} AS a\nFROM ${image}\n`);
  });

  test('112: a dead pin, and a registry that is gone', async () => {
    const dead = `sha256:${'0'.repeat(64)}`;
    writeFileSync(dockerfile, `FROM ${registry.host}/app:1@${dead}\n`);
    const checked = await run('--check');
    expect([checked.code, checked.text]).toEqual([
      1,
      `service/Dockerfile:1 dead ${registry.host}/app:1@${dead} (now ${fresh.digest})\n`,
    ]);
    writeFileSync(dockerfile, `FROM 127.0.0.1:1/app:1@${dead}\n`);
    expect((await run('--check')).code).toBe(3);
  });

  test('59: `--deep` finds that an image of the index is gone', async () => {
    const child = imageOf({ architecture: 's390x', note: 'doomed' });
    const parent = indexOf([child, imageOf({ note: 'alive' })]);
    await push(registry.url, 'broken', '1', parent);
    writeFileSync(dockerfile, `FROM ${registry.host}/broken:1@${parent.digest}\n`);
    expect((await run('--check', '--deep')).code).toBe(0);
    await fetch(`${registry.url}/v2/broken/manifests/${child.digest}`, { method: 'DELETE' });
    expect((await run('--check')).code).toBe(0);
    const deep = await run('--check', '--deep');
    expect([deep.code, deep.text]).toEqual([1, expect.stringContaining(`incomplete ${registry.host}/broken:1`)]);
    expect(deep.text).toContain(child.digest);
  });

  test('86: registries that are not allowed are not asked', async () => {
    writeFileSync(dockerfile, `FROM ${registry.host}/app:1@${fresh.digest}\n`);
    const denied = await run('--check', '--deny-registry', registry.host);
    expect([denied.code, denied.text]).toEqual([3, expect.stringContaining('this registry is on the deny list')]);
  });

  test('says how many there are of each state', async () => {
    writeFileSync(dockerfile, `FROM ${registry.host}/app:1@${old.digest}\nFROM ${registry.host}/app:1\n`);
    expect((await run('--check')).notices).toEqual(['2 image references: 1 behind, 1 unpinned']);
    const update = await run('--update');
    expect(update.notices).toEqual(['2 image references: 1 behind, 1 unpinned; nothing is written without `--write`']);
  });

  test('verbs exclude each other, and unknown options are told', async () => {
    await expect(run('--check', '--unpin')).rejects.toThrow('exclude each other');
    await expect(run('--chek')).rejects.toThrow('chek');
    expect((await run('--help')).text).toContain('--update');
  });
});
