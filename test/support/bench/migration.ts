import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { corpusFiles, shared } from '../shared.ts';
import { keptFolder } from '../temporary.ts';
import { rounded } from './measure.ts';

const repositories = 500;
const shards = 4;

/**
 * The Dockerfiles of the corpus as 500 repositories, migrated by the built command in one run with its reports, and again
 * in four shards. Times are in milliseconds, memory in MiB; `same` says whether both left the same files.
 */
export function benchMigration(): object {
  if (!shared) return { skipped: 'no corpus here, set DOCKMEND_SHARED' };
  if (!existsSync('dist/bin/main.js')) return { skipped: 'not built, run npm run build' };
  const folder = keptFolder();
  try {
    const [whole, parted] = ['whole', 'parted'].map((name) => generate(join(folder, name)));
    const report = join(folder, 'report.html');
    const one = migrate(folder, ['--report', report, '--report', join(folder, 'report.md'), whole!]);
    const parts = Array.from({ length: shards }, (_, index) =>
      migrate(folder, ['--shard', `${index + 1}/${shards}`, parted!]),
    );
    return {
      repositories,
      files: corpusFiles().length,
      said: one.said,
      wall: one.wall,
      cpu: one.cpu,
      rss: one.rss,
      report: statSync(report).size,
      shards: parts.map(({ wall, cpu, rss }) => ({ wall, cpu, rss })),
      same: digest(whole!) === digest(parted!),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every file of the corpus in one of the repositories, at its own path. */
function generate(folder: string): string {
  for (const [index, { path, source }] of corpusFiles().entries()) {
    const root = join(folder, `repository-${String(index % repositories).padStart(3, '0')}`);
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    mkdirSync(join(root, '.git'), { recursive: true });
    writeFileSync(file, source);
  }
  return folder;
}

function migrate(cwd: string, args: readonly string[]): { wall: number; cpu: number; rss: number; said: string } {
  const memory = join(cwd, 'usage');
  const hook = `import { writeFileSync } from 'node:fs';
    process.on('exit', () => writeFileSync(${JSON.stringify(memory)}, JSON.stringify(process.resourceUsage())));`;
  const started = performance.now();
  const options = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, resolve('bin/dockmend.js')];
  const run = spawnSync(
    process.execPath,
    [...options, '--offline', '--write', '--quiet', '--format', 'terminal', ...args],
    {
      cwd,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  const wall = rounded(performance.now() - started);
  if (run.status !== 0 && run.status !== 2) throw new Error(run.stderr);
  const problems = run.stderr.match(/error: /g)?.length ?? 0;
  const usage = JSON.parse(readFileSync(memory, 'utf8')) as NodeJS.ResourceUsage;
  return {
    wall,
    cpu: Math.round((usage.userCPUTime + usage.systemCPUTime) / 1000),
    rss: Math.round(usage.maxRSS / 1024),
    said: `${problems} files with errors`,
  };
}

function digest(folder: string): string {
  const hash = createHash('sha256');
  for (const path of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    const file = join(folder, path);
    if (statSync(file).isFile()) hash.update(`${path}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}
