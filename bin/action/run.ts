import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { main as runCommand } from '../../src/cli/index.ts';
import { transforms } from '../../transforms/index.ts';
import { openPorts } from '../ports.ts';
import { pr } from '../pr.ts';
import { ActionInputError, Runner } from './runner.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the action gets from its process. */
export interface ActionWiring {
  readonly environment: Environment;
  readonly cwd: string;
  version(): string;
  print(text: string): void;
}

/** Does what action.yml says, by the command itself, and gives the exit code. Never loads code that a repository names. */
export async function runAction(wiring: ActionWiring): Promise<number> {
  const runner = new Runner(wiring.environment, wiring.print);
  try {
    const mode = runner.choice('mode', ['check', 'fix', 'pr']);
    const cwd = resolve(wiring.cwd, runner.text('working-directory'));
    return mode === 'pr' ? await pulls(runner, wiring, cwd) : await mainJob(runner, wiring, cwd, mode);
  } catch (error) {
    if (!(error instanceof ActionInputError)) throw error;
    runner.error(error.message);
    return 2;
  }
}

function sharedOptions(runner: Runner): string[] {
  const lists = (['accept', 'only', 'skip'] as const).flatMap((name) =>
    runner.words(name).flatMap((id) => [`--${name}`, id]),
  );
  const preset = runner.text('preset');
  return [
    ...(runner.flag('unsafe') ? ['--unsafe'] : []),
    ...(runner.flag('offline') ? ['--offline'] : []),
    ...(preset === '' ? [] : ['--preset', preset]),
    ...lists,
  ];
}

interface JsonReport {
  readonly files: readonly {
    readonly fixes?: readonly object[];
    readonly available?: readonly object[];
    readonly refused?: readonly object[];
    readonly changes?: readonly object[];
  }[];
}

async function mainJob(runner: Runner, wiring: ActionWiring, cwd: string, mode: 'check' | 'fix'): Promise<number> {
  const folder = mkdtempSync(join(wiring.environment.RUNNER_TEMP || tmpdir(), 'dockmend-'));
  const [json = '', markdown = '', diff = ''] = ['json', 'md', 'diff'].map((kind) => join(folder, `report.${kind}`));
  const argv = [
    mode === 'fix' ? '--write' : '--check',
    '--format',
    'github',
    ...[json, markdown, diff].flatMap((path) => ['--report', path]),
    ...sharedOptions(runner),
    ...runner.lines('paths').map((path) => (path.startsWith('-') ? `./${path}` : path)),
  ];
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({
    write: (text: string | Uint8Array) => {
      written[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
    },
  });
  const code = await runCommand(argv, {
    transforms,
    version: wiring.version,
    openPorts,
    cwd,
    environment: wiring.environment,
    stdin: (async function* () {})(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
  });
  const report = read(json);
  if (report) runner.group('Changes', readFileSync(diff, 'utf8'));
  runner.group('dockmend', written.stderr);
  if (!report) {
    runner.error(written.stderr.trim() || 'dockmend gave no report');
    return code;
  }
  // What it prints are commands of the runner, which keeps ten annotations of a level and shows the rest in the log.
  if (runner.flag('annotations')) wiring.print(written.stdout);
  if (runner.flag('summary')) runner.summary(readFileSync(markdown, 'utf8'));
  const sum = (of: (file: JsonReport['files'][number]) => readonly object[] | undefined): number =>
    report.files.reduce((total, file) => total + (of(file)?.length ?? 0), 0);
  runner.output('changed', report.files.filter((file) => (file.changes?.length ?? 0) > 0).length);
  runner.output(
    'fixes',
    sum((file) => file.fixes),
  );
  runner.output(
    'available',
    sum((file) => file.available),
  );
  runner.output(
    'refused',
    sum((file) => file.refused),
  );
  runner.output('report', json);
  return code === 1 && !runner.flag('fail') ? 0 : code;
}

function read(path: string): JsonReport | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JsonReport;
  } catch {
    return undefined;
  }
}

interface JsonOutcome {
  readonly repository: string;
  readonly group: string;
  readonly status: string;
  readonly url?: string;
  readonly detail?: string;
}

async function pulls(runner: Runner, wiring: ActionWiring, cwd: string): Promise<number> {
  const named = runner.lines('repositories');
  const own = wiring.environment.GITHUB_REPOSITORY;
  const repositories = named.length > 0 ? named : own ? [own] : [];
  const one = (option: string, value: string): string[] => (value === '' ? [] : [option, value]);
  const argv = [
    ...repositories.flatMap((each) => ['--repo', each]),
    ...one('--base', runner.text('base')),
    ...one('--split', runner.text('split')),
    ...one('--updater', runner.text('updater')),
    ...runner.lines('labels').flatMap((label) => ['--label', label]),
    ...(runner.flag('dry-run') ? ['--dry-run'] : []),
    ...sharedOptions(runner),
    '--format',
    'json',
  ];
  const written = { stdout: '', stderr: '' };
  const token = runner.text('token');
  const code = await pr(argv, wiring.version, {
    cwd,
    environment: { ...wiring.environment, ...(token !== '' && { DOCKMEND_TOKEN: token }) },
    stdout: (text) => {
      written.stdout += text;
    },
    stderr: (text) => {
      written.stderr += text;
    },
  });
  runner.group('dockmend', written.stderr);
  if (written.stdout === '') {
    runner.error(written.stderr.trim() || 'dockmend gave no report');
    return code;
  }
  const { outcomes } = JSON.parse(written.stdout) as { outcomes: readonly JsonOutcome[] };
  for (const { repository, group, status, detail } of outcomes) {
    if (status === 'failed') runner.error(`${repository} ${group}: ${detail}`);
  }
  const rows = outcomes.map(
    ({ repository, group, status, url = '', detail = '' }) =>
      `| ${[repository, group, status, url, detail].map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  if (runner.flag('summary')) {
    runner.summary(
      `## dockmend\n\n| Repository | Group | Status | Pull request | |\n|---|---|---|---|---|\n${rows.join('\n')}\n`,
    );
  }
  const list = outcomes.map(({ repository, group, status, url }) => ({
    repository,
    group,
    status,
    ...(url && { url }),
  }));
  runner.output('pull-requests', JSON.stringify(list));
  return code;
}
