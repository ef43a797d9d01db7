import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bot } from '../support/bot.ts';
import { DockerEngine, layOutRoot } from '../support/engines.ts';
import { FakeForge } from '../support/forge-fake.ts';
import { git } from '../support/git-http.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';

const parts = ['dockerd', 'busybox', 'nsenter', 'git'] as const;

const branch = 'dockmend/fixes';
const value = 'hunter2-s3cret-value';
const source = `FROM debian:12
ARG API_TOKEN
RUN apt-get update
RUN apt-get install -y curl
RUN echo "asking with $API_TOKEN" && test -e /usr/bin/curl-extras
ADD app.txt /app/
WORKDIR app
CMD cat app.txt
`;

const fixed = `FROM debian:12
ARG API_TOKEN
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
RUN echo "asking with $API_TOKEN" && test -e /usr/bin/curl-extras
COPY app.txt /app/
WORKDIR /app
CMD ["cat", "app.txt"]
`;

describeInFullSuite('pull requests that builds have proven', parts, () => {
  const folder = temporaryFolder();
  const engine = new DockerEngine(join(folder.path, 'engine'));
  const saved = process.env.API_TOKEN;
  let forge: FakeForge;
  beforeAll(async () => {
    process.env.API_TOKEN = value;
    forge = await FakeForge.start('github');
    await engine.start();
    const base = join(folder.path, 'base');
    mkdirSync(base);
    layOutRoot(join(base, 'rootfs'));
    writeFileSync(join(base, 'Dockerfile'), 'FROM scratch\nCOPY rootfs/ /\nCMD ["sh"]\n');
    engine.docker('build', '-t', 'debian:12', base);
  });
  afterAll(async () => {
    if (saved === undefined) delete process.env.API_TOKEN;
    await engine.stop();
    await forge.stop();
    folder.remove();
  });

  const flags = ['--verify=run', '--builder', 'docker', '--build-network', 'none', '--build-arg', 'API_TOKEN'];
  const run = (name: string) =>
    bot(forge, [
      '--repo',
      name,
      '--run-env',
      'API_TOKEN',
      '--secret',
      'id=key,env=API_TOKEN',
      ...flags,
      '--format',
      'json',
    ]);
  const nothingIsLeft = () => {
    expect(engine.docker('images', '-q').stdout.trim().split('\n')).toHaveLength(1);
    expect(engine.docker('ps', '-aq').stdout).toBe('');
    expect(readdirSync(tmpdir()).filter((each) => /^dockmend-(?:pr|proof)-/.test(each))).toEqual([]);
  };

  test('say what was built, seen and refused, and no secret', async () => {
    const repository = forge.repository('acme/app', { Dockerfile: source, 'app.txt': 'x\n' });
    const { code, stdout, stderr } = await run('acme/app');
    expect([code, stderr]).toEqual([0, '']);
    const [pull] = repository.pulls;
    const { body } = pull!;
    const proof = body.slice(body.indexOf('## Proof by build')).split('\n\n## ')[0]!;
    expect(proof).toMatch(
      /the image: [\d.]+ MiB before, [\d.]+ MiB after \(\d+ KiB smaller\); layers: 6 before, 5 after/,
    );
    expect(proof).toContain(
      'proven by run: started without capabilities and new privileges, with `API_TOKEN` set: it ends with 0',
    );
    expect(body).toContain('| `combine-update-and-install` | safe | text, build | 1 |');
    expect(body).toContain('Fixes that did not hold when they were tried (1)');
    expect(body).toContain('- `Dockerfile:4` `add-no-install-recommends`: with it, the build fails');
    expect(repository.file(branch, 'Dockerfile')).toBe(fixed);
    // Each commit holds what was proven, and no more.
    const log = git(repository.folder, 'log', '--reverse', '--format=%s', `main..${branch}`).trim().split('\n');
    expect(log).toHaveLength(5);
    expect(git(repository.folder, 'log', '-p', `main..${branch}`)).not.toContain('no-install-recommends');
    const everything = JSON.stringify(forge.writes.map((each) => each.body)) + stdout;
    expect(everything + git(repository.folder, 'log', '-p', '--all')).not.toContain(value);
    nothingIsLeft();
    forge.requests.length = 0;
    expect(JSON.parse((await run('acme/app')).stdout).outcomes[0]).toMatchObject({ status: 'unchanged' });
    expect(forge.writes).toEqual([]);
  });

  test('are not opened where nothing is proven, which is said', async () => {
    const text = `${source}RUN echo "$API_TOKEN" && false\n`;
    const repository = forge.repository('acme/broken', { Dockerfile: text, 'app.txt': 'x\n' });
    const { code, stdout, stderr } = await run('acme/broken');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout).outcomes[0]).toMatchObject({
      status: 'nothing',
      notices: ['Dockerfile: nothing is proven: the Dockerfile does not build as it is'],
    });
    expect(repository.pulls).toEqual([]);
    expect(stdout + stderr).not.toContain(value);
    nothingIsLeft();
  });

  test('stay open where the next run can prove nothing', async () => {
    const repository = forge.repository('acme/later', { Dockerfile: source, 'app.txt': 'x\n' });
    await run('acme/later');
    repository.commit('main', { Dockerfile: `${source}RUN false\n` });
    expect(JSON.parse((await run('acme/later')).stdout).outcomes[0]).toMatchObject({
      status: 'kept',
      detail: 'Dockerfile could not be proven',
    });
    const host = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = 'unix:///nowhere/docker.sock';
    const { code, stdout } = await run('acme/later');
    process.env.DOCKER_HOST = host;
    expect(code).toBe(3);
    expect(JSON.parse(stdout).outcomes).toMatchObject([
      {
        status: 'failed',
        detail: expect.stringMatching(/^the builder docker does not work here: .* reaches no Docker engine/),
      },
    ]);
    expect(repository.pulls).toMatchObject([{ state: 'open' }]);
    expect(repository.branches).toContain(branch);
    nothingIsLeft();
  });
});
