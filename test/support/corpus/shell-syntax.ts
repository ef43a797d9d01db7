import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Dockerfile } from '../../../src/dockerfile/index.ts';
import { type Facts, shellInForce } from '../../../src/transform/index.ts';
import { keptFolder } from '../temporary.ts';

/** A shell body and the shell that has to read it. */
interface Body {
  readonly shell: 'dash' | 'bash';
  readonly text: string;
}

const key = (body: Body): string => `${body.shell}\n${body.text}`;

/** The shell bodies of every RUN under a POSIX shell, heredocs left out. */
function bodies(source: string, facts: Facts): Body[] {
  const file = new Dockerfile(source);
  return file.instructions.flatMap((instruction) => {
    if (instruction.keyword !== 'RUN' || instruction.json || instruction.heredocs.length > 0) return [];
    const shell = shellInForce(file, instruction, facts);
    if (shell.kind !== 'plain') return [];
    return [{ shell: shell.dialect === 'bash' ? 'bash' : 'dash', text: file.args(instruction) } as const];
  });
}

/** A text before and after, and what its shells depend on. */
export interface Rewritten {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly facts: Facts;
}

/**
 * The bodies of rewritten files that `dash -n`, or `bash -n` where bash is in force, rejects though it accepted those
 * that they were made from, as `path: body`. All bodies go to one process a shell.
 */
export function brokenShell(files: readonly Rewritten[]): { path: string; detail: string }[] {
  const changed = files.map((file) => {
    const before = bodies(file.before, file.facts);
    const after = bodies(file.after, file.facts);
    const [old, fresh] = [new Set(before.map(key)), new Set(after.map(key))];
    return {
      path: file.path,
      gone: before.filter((body) => !fresh.has(key(body))),
      made: after.filter((body) => !old.has(key(body))),
    };
  });
  const rejected = rejectedBodies(changed.flatMap(({ gone, made }) => [...gone, ...made]));
  return changed.flatMap(({ path, gone, made }) => {
    if (gone.some((body) => rejected.has(key(body)))) return [];
    const broken = made.filter((body) => rejected.has(key(body)));
    return broken.map((body) => ({
      path,
      detail: `${body.shell} -n rejects ${JSON.stringify(body.text.slice(0, 300))}`,
    }));
  });
}

function rejectedBodies(all: readonly Body[]): Set<string> {
  const distinct = [...new Map(all.map((body) => [key(body), body])).values()];
  const rejected = new Set<string>();
  const folder = keptFolder();
  try {
    for (const shell of ['dash', 'bash'] as const) {
      const mine = distinct.filter((body) => body.shell === shell);
      for (const [index, body] of mine.entries()) writeFileSync(join(folder, `${shell}-${index}`), body.text);
      const script = `for f in ${shell}-*; do ${shell} -n "$f" 2>/dev/null || echo "$f"; done`;
      const { stdout, error } = spawnSync(shell, ['-c', script], { cwd: folder, encoding: 'utf8' });
      if (error) throw error;
      if (mine.length === 0) continue;
      for (const name of stdout.split('\n').filter(Boolean)) rejected.add(key(mine[Number(name.split('-')[1])]!));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return rejected;
}
