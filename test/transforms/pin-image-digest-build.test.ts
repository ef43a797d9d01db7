import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fix, tableFacts } from '../../src/engine/index.ts';
import { pinImageDigest } from '../../transforms/pin-image-digest.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';
import { type RunningRegistry, startRegistry } from '../support/registry-parts.ts';

const parts = ['buildah', 'docker-registry', 'skopeo', 'busybox'] as const;

describeInFullSuite('pins in real builds', parts, () => {
  const folder = temporaryFolder();
  let registry: RunningRegistry;

  const run = (program: string, args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ${args[0]}: ${stderr}\n${stdout}`);
    return stdout;
  };
  const buildah = (...args: string[]): string =>
    run('buildah', [
      '--root',
      join(folder.path, 'root'),
      '--runroot',
      join(folder.path, 'run'),
      '--storage-driver',
      'vfs',
      ...args,
    ]);
  const build = (name: string, source: string): string => {
    const context = join(folder.path, name);
    mkdirSync(context, { recursive: true });
    copyFileSync(
      spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim(),
      join(context, 'busybox'),
    );
    writeFileSync(join(context, 'Dockerfile'), source);
    return buildah(
      'bud',
      '--isolation',
      'chroot',
      '--network',
      'host',
      '--tls-verify=false',
      '--no-cache',
      '--pull-always',
      '-t',
      name,
      context,
    );
  };
  const publish = (version: string): void => {
    const tag = `${registry.host}/base:1`;
    build(
      `base-${version}`,
      `FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/cat\nCOPY busybox /bin/cp\nRUN echo ${version} > /version\n`,
    );
    buildah('push', '--tls-verify=false', `base-${version}`, `docker://${tag}`);
  };

  beforeAll(async () => {
    registry = await startRegistry(folder.path);
  });
  afterAll(async () => {
    await registry.stop();
    folder.remove();
  });

  test('FROM, ARG in FROM, COPY --from and mounts build, and keep the image when the tag moves', () => {
    publish('old');
    const image = `${registry.host}/base:1`;
    const source = [
      `ARG BASE=${image}`,
      'ARG TAG=1',
      'FROM ${BASE} AS one',
      'RUN cat /version > /one',
      `FROM ${registry.host}/base:$TAG AS two`,
      'RUN cat /version > /two',
      `FROM ${image}`,
      `COPY --from=${image} /version /copied`,
      `RUN --mount=type=bind,from=${image},target=/mounted cp /mounted/version /from-mount`,
      'COPY --from=one /one /one',
      'COPY --from=two /two /two',
      'RUN cat /version /copied /from-mount /one /two',
      '',
    ].join('\n');
    const { Digest } = JSON.parse(run('skopeo', ['inspect', '--tls-verify=false', `docker://${image}`])) as {
      Digest: string;
    };
    const { output } = fix(source, {
      transforms: [pinImageDigest],
      facts: { ...tableFacts, digest: () => ({ digest: Digest, kind: 'manifest' }) },
    });
    expect(output.match(/@sha256:/g)).toHaveLength(5);
    const seen = (log: string, version: string): number => log.split('\n').filter((line) => line === version).length;
    expect(seen(build('before', source), 'old')).toBe(5);
    expect(seen(build('after', output), 'old')).toBe(5);
    publish('new');
    expect(seen(build('before', source), 'new')).toBe(5);
    expect(seen(build('after', output), 'old')).toBe(5);
  });
});
