import { pr } from '../../bin/pr.ts';
import type { BotWiring } from '../../src/bot/index.ts';
import type { FakeForge } from './forge-fake.ts';
import { temporaryFolder } from './parts.ts';

export interface BotResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BotRun extends Partial<BotWiring> {
  readonly cwd?: string;
}

/** Runs `dockmend pr` in this process against a fake forge; `--offline` unless the words name a registry. */
export async function bot(forge: FakeForge, argv: readonly string[], own: BotRun = {}): Promise<BotResult> {
  const written = { stdout: '', stderr: '' };
  const words = [
    ...(argv.includes('--url') ? [] : ['--url', forge.url]),
    ...(argv.includes('--forge') ? [] : ['--forge', forge.kind]),
    ...(argv.includes('--insecure') ? [] : ['--offline']),
    ...argv,
  ];
  const home = temporaryFolder();
  const code = await pr(words, () => '0.0.0-test', {
    cwd: '/',
    stdout: (text) => {
      written.stdout += text;
    },
    stderr: (text) => {
      written.stderr += text;
    },
    ...own,
    environment: {
      PATH: process.env.PATH,
      HOME: home.path,
      XDG_CACHE_HOME: `${home.path}/cache`,
      DOCKMEND_TOKEN: forge.token,
      ...own.environment,
    },
  });
  home.remove();
  return { code, ...written };
}

/** The status of each group of the only repository, by `--format json`. */
export async function outcomes(
  forge: FakeForge,
  argv: readonly string[],
  own: BotRun = {},
): Promise<Record<string, string>> {
  const { stdout, stderr } = await bot(forge, [...argv, '--format', 'json'], own);
  if (stdout === '') throw new Error(stderr);
  const { outcomes: all } = JSON.parse(stdout) as { outcomes: { group: string; status: string; detail?: string }[] };
  return Object.fromEntries(
    all.map(({ group, status, detail }) => [group, status === 'failed' ? `failed: ${detail}` : status]),
  );
}
