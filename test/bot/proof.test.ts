import { expect, test } from 'vitest';
import { readPrArguments } from '../../src/bot/arguments.ts';
import { bodyOf } from '../../src/bot/body.ts';
import { fix } from '../../src/engine/index.ts';
import type { FileReport } from '../../src/report/index.ts';
import { transforms } from '../../transforms/index.ts';

const source = 'FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\nWORKDIR app\n';

test('what builds showed is in the body, without what differs from run to run', () => {
  const result = fix(source, { transforms });
  const file: FileReport = {
    path: 'Dockerfile',
    repository: undefined,
    diffPath: 'Dockerfile',
    result,
    changes: [{ path: 'Dockerfile', before: source, after: result.output }],
    proof: {
      builder: 'docker',
      builds: 3,
      time: 9876,
      originalTime: 4321,
      size: { before: 200 * 2 ** 20, after: 180 * 2 ** 20 },
      layers: { before: 5, after: 4 },
      packagesRemoved: ['krb5-locales'],
      runs: ['both answer 200 on /health'],
    },
  };
  const group = { id: 'fixes', transforms: transforms.map(({ id }) => id), holdsPins: false } as never;
  const updater = { state: 'none', missing: [] } as never;
  const body = bodyOf({ group, files: [file], updater, offer: undefined, notices: [], toolVersion: '1.0.0' }, 60_000);
  const section = body.slice(body.indexOf('## Proof by build')).split('\n\n## ')[0]!;
  expect(section).toContain('200 MiB before, 180 MiB after (20 MiB smaller); layers: 5 before, 4 after');
  expect(section).toContain('krb5-locales');
  expect(section).toContain('both answer 200 on');
  expect(section).not.toMatch(/9\.9|4\.3 s|3 builds/);
});

test('an instruction that is a part of the one above is told', () => {
  const text = 'FROM debian:12\nWORKDIR app\nRUN make && \\\nCOPY a /b\nCMD ["a"]\n';
  const result = fix(text, { transforms });
  const changes = [{ path: 'Dockerfile', before: text, after: result.output }];
  const file: FileReport = { path: 'Dockerfile', repository: undefined, diffPath: 'Dockerfile', result, changes };
  const group = { id: 'fixes', transforms: transforms.map(({ id }) => id), holdsPins: false } as never;
  const updater = { state: 'none', missing: [] } as never;
  const body = bodyOf({ group, files: [file], updater, offer: undefined, notices: [], toolVersion: '1.0.0' }, 60_000);
  expect(body).toMatch(/## Probably not meant\n\n- `Dockerfile:3` .*`COPY`/);
});

test('variables of containers are those of the command line', async () => {
  const { fix } = (await readPrArguments([
    ...['--verify=run', '--run-env', 'DATABASE_URL', '--run-env', 'A=b=c d'],
    ...['--run-env-file', 'x.env', '--run-network', 'host'],
  ])) as { fix: readonly string[] };
  expect(fix).toEqual([
    ...['--verify=run', '--run-env', 'DATABASE_URL', '--run-env', 'A=b=c d'],
    ...['--run-env-file', 'x.env', '--run-network', 'host'],
  ]);
});

test('the options of proofs are those of the main job', async () => {
  const words = async (...argv: string[]) => ((await readPrArguments(argv)) as { fix: readonly string[] }).fix;
  expect(await words('--verify')).toEqual(['--verify']);
  expect(await words('--verify=run', '--builder', 'podman', '--build-arg', 'A=1', '--build-arg', 'B=2')).toEqual([
    '--verify=run',
    '--builder',
    'podman',
    '--build-arg',
    'A=1',
    '--build-arg',
    'B=2',
  ]);
});
