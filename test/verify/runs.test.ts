import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FixResult, fix, planOf, planWith, tableFacts } from '../../src/engine/index.ts';
import { defineTransform, type Fix, type Transform } from '../../src/transform/index.ts';
import { type Proof, Prover, type ProverOptions } from '../../src/verify/index.ts';
import { dockmend } from '../support/cli.ts';
import { DockerEngine, layOutRoot } from '../support/engines.ts';
import { describeInFullSuite, temporaryFolder } from '../support/parts.ts';

const parts = ['dockerd', 'busybox', 'nsenter'] as const;

const server = `#!/bin/sh
mkdir -p /var/www && echo "pages of $(id -u)" | grep -q pages && echo page >/var/www/index.html
echo $$ >/tmp/server.pid
trap 'exit 0' TERM
httpd -p 8080 -h /var/www
while true; do sleep 1 & wait; done
`;
const source = `FROM scratch
COPY rootfs/ /
WORKDIR /app
COPY . .
EXPOSE 8080
CMD ["/app/server.sh"]
`;

/** A transform that makes one fix, as it is told to. */
function making(id: string, make: (text: string) => Pick<Fix, 'edits' | 'files' | 'changes'>): Transform {
  return defineTransform({
    id,
    meta: { ...({} as Transform['meta']), safety: 'unsafe', onbuild: false, answers: {} },
    *find({ file }) {
      const { span } = file.instructions[0]!;
      const made = make(file.source);
      if (made.edits.length === 0 && !made.files) return;
      yield { span, message: id, fix: { title: id, safety: 'unsafe', evidence: ['text'], ...made } };
    },
  });
}

/** Puts a line in front of the last instruction, once. */
function adding(id: string, line: string, changes: Partial<Fix['changes']>): Transform {
  return making(id, (text) => {
    const at = text.lastIndexOf('CMD');
    if (text.includes(line)) return { edits: [], changes: { edits: [] } };
    const index = text.slice(0, at).trimEnd().split('\n').length;
    const adds = [{ before: index, keyword: line.split(' ')[0]! }];
    return { edits: [{ start: at, end: at, text: `${line}\n` }], changes: { edits: [], adds, ...changes } };
  });
}

describeInFullSuite('runs on a real engine', parts, () => {
  const folder = temporaryFolder();
  const context = join(folder.path, 'context');
  const original = { path: join(context, 'Dockerfile'), source, context };
  const engine = new DockerEngine(join(folder.path, 'engine'));
  const common: ProverOptions = { builder: 'docker', settings: { network: 'none' } };

  beforeAll(async () => {
    mkdirSync(context);
    layOutRoot(join(context, 'rootfs'));
    writeFileSync(join(context, 'server.sh'), server);
    chmodSync(join(context, 'server.sh'), 0o755);
    writeFileSync(join(context, 'Dockerfile'), source);
    writeFileSync(join(context, '.env'), 'TOKEN=x\n');
    await engine.start();
  });
  afterAll(async () => {
    const left = [
      ['images', '-q'],
      ['ps', '-aq'],
      ['volume', 'ls', '-q'],
    ].map((words) => engine.docker(...words).stdout);
    await engine.stop();
    folder.remove();
    expect(left).toEqual(['', '', '']);
  });

  const prove = async (
    transforms: readonly Transform[],
    options: ProverOptions,
  ): Promise<Proof & { readonly all: FixResult }> => {
    const prover = await Prover.open({ ...common, ...options });
    try {
      const all = fix(source, { transforms, choice: { safety: 'unsafe' } });
      const replan = { source, facts: tableFacts, options: { transforms } };
      const proof = await prover.prove(original, (allowed) => planOf(allowed ? planWith(replan, allowed) : all));
      return { ...proof, all };
    } finally {
      await prover.close();
    }
  };
  const keptOf = ({ kept }: Proof): string[] => [...kept].map((key) => key.split(':')[0]!).sort();
  const whyOf = ({ refused }: Proof, id: string): string => {
    const [, found] = [...refused].find(([key]) => key.startsWith(`${id}:`)) ?? [];
    return [found?.why, ...(found?.lines ?? [])].join('\n');
  };

  const probe = 'http://:8080/';
  const user = (id: string, line: string) => adding(id, line, { config: ['User'] });

  test('a user that may not write is refused by the answer, and one that can is kept', async () => {
    const prepared = adding('prepare', 'RUN mkdir -p /var/www && chown 5 /var/www', { paths: ['/var/www/**'] });
    const good = await prove([prepared, user('web', 'USER 5')], { run: { probe } });
    expect([...good.refused]).toEqual([]);
    expect(keptOf(good)).toEqual(['prepare', 'web']);
    expect(good.summary.runs).toEqual([
      'started without capabilities and new privileges: it keeps running, http://:8080/ answers 200 with the same content, it ends when it is told to',
    ]);
    const bad = await prove([user('web', 'USER 5')], { run: { probe } });
    expect(keptOf(bad)).toEqual([]);
    expect(whyOf(bad, 'web')).toMatch(/with it, the container behaves differently\n[\s\S]*(?:404|denied)/);
  });

  test('without a run, neither is proven; with one that shows nothing neither', async () => {
    const transforms = [user('web', 'USER 5')];
    expect(whyOf(await prove(transforms, {}), 'web')).toBe(
      'only a run can show that it is right: `--verify=run` makes one',
    );
    const silent = await prove(transforms, { run: { probe: 'http://:9999/', wait: 1000 } });
    expect(whyOf(silent, 'web')).toMatch(
      /^only a run can show that it is right: the unchanged image does not answer http:\/\/:9999\/ here/,
    );
  });

  const changed = (id: string, expression: string) =>
    adding(id, `RUN sed -i '${expression}' /app/server.sh`, { paths: ['**'] });

  test.each<[string, Transform, ProverOptions['run'], RegExp | undefined]>([
    [
      'answers, and ends',
      changed('dies', 's,^while.*,sleep 1; exit 4,'),
      { probe },
      /ends with 4, and the original keeps/,
    ],
    ['ends only when it is killed', changed('deaf', '/^trap/d'), { probe }, /does not end when it is told to, and did/],
    ['listens elsewhere, where nothing is asked', changed('port', 's,8080,8081,'), {}, /nothing listens on port 8080/],
    [
      'is not healthy',
      adding('health', 'HEALTHCHECK CMD ["test", "-e", "/nowhere"]', { config: ['Healthcheck'] }),
      { probe, wait: 2000 },
      /its own health check fails/,
    ],
    [
      'is healthy',
      adding('healthy', 'HEALTHCHECK CMD test -e /tmp/server.pid', { config: ['Healthcheck'] }),
      { probe, wait: 2000 },
      undefined,
    ],
  ])('a container that %s', async (_name, transform, run, expected) => {
    const proof = await prove([transform], { run });
    if (expected) expect(whyOf(proof, transform.id)).toMatch(expected);
    else expect([...proof.refused]).toEqual([]);
  });

  test('a command in the container, and a read-only root', async () => {
    const command = 'test -e /tmp/server.pid';
    const transforms = [adding('elsewhere', 'RUN sed -i s,/tmp/server,/tmp/other, /app/server.sh', { paths: ['**'] })];
    const moved = await prove(transforms, { run: { command, wait: 3000 } });
    expect(whyOf(moved, 'elsewhere')).toMatch(/`test -e \/tmp\/server\.pid` ends with 1, and did with 0/);
    const strict = await prove([adding('label', 'LABEL a=b', { config: ['Labels.a'] })], {
      run: { command, readOnly: true },
    });
    expect(keptOf(strict)).toEqual(['label']);
    expect(strict.summary.runs[0]).toContain(
      ', its root read-only: it keeps running, `test -e /tmp/server.pid` ends the same',
    );
  });

  test('files beside the Dockerfile are part of what is built', async () => {
    const ignoring = (text: string) =>
      making('ignore', () => ({
        edits: [],
        files: [{ path: '.dockerignore', before: undefined, after: text }],
        changes: { edits: [], paths: ['/app/.env'] },
      }));
    const good = await prove([ignoring('.env\n')], {});
    expect([...good.refused]).toEqual([]);
    expect(keptOf(good)).toEqual(['ignore']);
    const bad = await prove([ignoring('.env\nserver.sh\n')], {});
    expect(whyOf(bad, 'ignore')).toBe(
      'with it, the image differs in what it should not change\n`/app/server.sh` is gone',
    );
    expect(readFileSync(join(context, '.env'), 'utf8')).toBe('TOKEN=x\n');
  });

  test('a fix that may change much cannot hide what another does', async () => {
    const broad = adding('broad', 'RUN rm /app/.env', { paths: ['**'] });
    const narrow = adding('narrow', 'RUN rm /etc/group', {});
    const proof = await prove([narrow, broad], { run: { probe } });
    expect(keptOf(proof)).toEqual(['broad']);
    expect(whyOf(proof, 'narrow')).toContain('`/etc/group` is gone');
  });

  test('what a container writes, and the settings that fit it', async () => {
    const prover = await Prover.open({ ...common, run: { probe } });
    expect(await prover.observe(original)).toEqual({ paths: ['/tmp/server.pid', '/var/www/'] });
    await prover.close();
    const flags = ['--builder', 'docker', '--build-network', 'none', '--probe', probe];
    const docker = await dockmend(['profile', ...flags], { cwd: context });
    expect(docker).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('--tmpfs /var/www:mode=1777'),
    });
    const fitting = source.replace('CMD', 'RUN mkdir /var/www && chown 5:5 /var/www\nUSER web\nCMD');
    writeFileSync(join(context, 'fitting.Dockerfile'), fitting);
    const pod = await dockmend(
      ['profile', 'fitting.Dockerfile', '--context', '.', '--format', 'kubernetes', ...flags],
      { cwd: context },
    );
    expect(pod.stderr).toBe('');
    expect(pod.stdout).toContain('# proven by a run with these settings: http://:8080/ answers 200');
    for (const line of [
      'runAsNonRoot: true',
      'runAsUser: 5',
      'readOnlyRootFilesystem: true',
      '- ALL',
      'mountPath: /var/www',
      'type: RuntimeDefault',
    ]) {
      expect(pod.stdout).toContain(line);
    }
  });
});
