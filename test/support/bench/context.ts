import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contextFacts, openContext } from '../../../src/context/index.ts';
import { fix, tableFacts } from '../../../src/engine/index.ts';
import { writeDockerignore } from '../../../transforms/write-dockerignore/index.ts';
import { keptFolder } from '../temporary.ts';
import { rounded } from './measure.ts';

const folders = 2000;
const filesEach = 100;
const ignoreText = 'node_modules\n**/*.log\n**/.git\n*.md\n!README.md\ndir1*/f1?.txt\n';

/** What `write-dockerignore` plans for: half of the files are dependencies, and each source is looked for in the rest. */
const dockerfile = 'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCOPY dir1* /app/\nCOPY dir5/f1.txt dir6/ /app/\n';

/**
 * 200,000 files walked and matched, beside a bare recursive readdir with lstat; each in a process of its own. `planned`: an
 * ignore file is planned for them too.
 */
export function benchContext(): object {
  const root = keptFolder();
  try {
    writeFileSync(join(root, 'package.json'), '{}');
    for (let folder = 0; folder < folders; folder++) {
      const path = join(root, folder % 2 === 0 ? `dir${folder}` : `node_modules/m${folder}`);
      mkdirSync(path, { recursive: true });
      for (let file = 0; file < filesEach; file++) writeFileSync(join(path, `f${file}.txt`), '');
    }
    measured('bare', root);
    const bare = measured('bare', root);
    const ours = measured('ours', root);
    const planned = measured('planned', root);
    const ratio = rounded(ours.wall / bare.wall);
    return { files: folders * filesEach, bare, ours, ratio, planned, plannedRatio: rounded(planned.wall / bare.wall) };
  } finally {
    rmSync(root, { recursive: true });
  }
}

interface Measured {
  readonly wall: number;
  readonly rss: number;
}

function measured(what: 'bare' | 'ours' | 'planned', root: string): Measured {
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

function plan(root: string): void {
  const place = { root, dockerfile: join(root, 'Dockerfile'), siblings: [] };
  const facts = contextFacts(openContext(root, place), place);
  const { files } = fix(dockerfile, {
    transforms: [writeDockerignore],
    facts: { ...tableFacts, context: () => facts },
  });
  if (files[0]?.after !== 'node_modules\n.dockerignore\n') throw new Error('no ignore file was planned');
}

const [what, root] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && root !== undefined) {
  const started = performance.now();
  if (what === 'bare') bareWalk(root);
  else if (what === 'ours') openContext(root).totals(ignoreText);
  else plan(root);
  const wall = rounded(performance.now() - started);
  console.log(JSON.stringify({ wall, rss: Math.round(process.resourceUsage().maxRSS / 1024) }));
}
