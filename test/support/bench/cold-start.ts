import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder } from '../temporary.ts';
import { median, rounded, timed } from './measure.ts';

const rounds = 15;

/** The built command on one small file against `node -e 0`, in milliseconds: medians, taken in turns. */
export function benchColdStart(): object {
  if (!existsSync('dist/bin/main.js')) return { skipped: 'not built, run npm run build' };
  const folder = keptFolder();
  try {
    const file = join(folder, 'Dockerfile');
    writeFileSync(file, 'FROM debian:12\nRUN apt-get update && apt-get install curl\n');
    const command = (...args: string[]): number =>
      timed(() => {
        const { error } = spawnSync(process.execPath, args, { stdio: 'ignore' });
        if (error) throw error;
      });
    const bare: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(command('-e', '0'));
      ours.push(command('bin/dockmend.js', '--offline', '--format', 'diff', file));
    }
    const [node, dockmend] = [median(bare), median(ours)];
    return {
      node: rounded(node),
      dockmend: rounded(dockmend),
      difference: rounded(dockmend - node),
      ratio: rounded(dockmend / node),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
