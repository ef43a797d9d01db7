import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openContext } from '../../../src/context/index.ts';
import { rounded } from './measure.ts';

const folders = 2000;
const filesEach = 100;
const ignoreText = 'node_modules\n**/*.log\n**/.git\n*.md\n!README.md\ndir1*/f1?.txt\n';

/** 200,000 files walked and matched, beside a bare recursive readdir with lstat; each in a process of its own. */
export function benchContext(): object {
  const root = mkdtempSync(join(tmpdir(), 'dockmend-'));
  try {
    for (let folder = 0; folder < folders; folder++) {
      const path = join(root, `dir${folder}`);
      mkdirSync(path);
      for (let file = 0; file < filesEach; file++) writeFileSync(join(path, `f${file}.txt`), '');
    }
    measured('bare', root);
    const bare = measured('bare', root);
    const ours = measured('ours', root);
    return { files: folders * filesEach, bare, ours, ratio: rounded(ours.wall / bare.wall) };
  } finally {
    rmSync(root, { recursive: true });
  }
}

interface Measured {
  readonly wall: number;
  readonly rss: number;
}

function measured(what: 'bare' | 'ours', root: string): Measured {
  const run = spawnSync(process.execPath, ['--import', 'tsx', import.meta.filename, what, root], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Measured;
}

function bareWalk(path: string): number {
  let count = 0;
  for (const name of readdirSync(path)) {
    const child = join(path, name);
    count += lstatSync(child).isDirectory() ? bareWalk(child) : 1;
  }
  return count;
}

const [what, root] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && root !== undefined) {
  const started = performance.now();
  if (what === 'bare') bareWalk(root);
  else openContext(root).totals(ignoreText);
  const wall = rounded(performance.now() - started);
  console.log(JSON.stringify({ wall, rss: Math.round(process.resourceUsage().maxRSS / 1024) }));
}
