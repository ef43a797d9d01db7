import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockmend } from '../cli.ts';
import { type Awaited, Person } from '../person.ts';
import { replacer } from '../planted.ts';
import { SmallBuilder } from '../proof-builder.ts';

const rows = [
  [4, 0],
  [4, 1],
  [8, 0],
  [8, 1],
  [8, 2],
  [16, 0],
  [16, 1],
  [16, 4],
] as const;
const modes = ['plain', 'hurries', 'waits', 'asks'] as const;

/**
 * How many builds the proofs of so many fixes take of which some are wrong: in a plain run, in a session of a person who
 * is faster than the builder, of one who waits for each proof, and of one who asks for each before they decide.
 */
export async function benchSessionProofs(): Promise<object> {
  const counts: object[] = [];
  for (const [fixes, wrong] of rows) {
    const builds: Record<string, number> = {};
    for (const mode of modes) builds[mode] = await buildsOf(mode, fixes, wrong);
    counts.push({ fixes, wrong, builds });
  }
  return { rows: counts };
}

function keysOf(mode: (typeof modes)[number], n: number, bad: ReadonlySet<number>, builder: SmallBuilder): Awaited[] {
  const refuse = { when: /fix without proof/, press: 'n' };
  const each = Array.from({ length: n }, (_, index): Awaited[] => {
    if (mode === 'asks') {
      const decide = { when: /[✔✘] build/, press: bad.has(index) ? 'n' : 'y' };
      return [{ when: /Fix/, press: 'b' }, decide];
    }
    const last = index === n - 1 && mode === 'hurries';
    const also = last ? { also: () => void setTimeout(() => builder.release(), 100) } : {};
    const before = index === 0 ? /builds as it is/ : bad.has(index - 1) ? /\[y/ : /proven: Fix/;
    const take = { when: mode === 'waits' ? before : /\[y/, press: 'y', ...also };
    return mode === 'waits' && bad.has(index) ? [take, refuse] : [take];
  });
  return [...each.flat(), ...(mode === 'hurries' ? [...bad].map(() => refuse) : [])];
}

async function buildsOf(mode: (typeof modes)[number], n: number, k: number): Promise<number> {
  const bad = new Set(Array.from({ length: k }, (_, index) => Math.floor(((index + 0.6) * n) / k)));
  const name = (index: number): string => `w${String.fromCharCode(97 + index)}`;
  const line = (index: number): string =>
    bad.has(index) ? `RUN write f${index} ${name(index)}old\n` : `ENV v${index}=${name(index)}old\n`;
  const all = Array.from({ length: n }, (_, index) => index);
  const source = `FROM a\n${all.map(line).join('')}`;
  const fix = (index: number) =>
    replacer(`use-${name(index)}`, `${name(index)}old`, `${name(index)}new`, { title: `Fix ${name(index)}` });
  const builder = new SmallBuilder();
  const cwd = mkdtempSync(join(tmpdir(), 'dockmend-'));
  try {
    writeFileSync(join(cwd, 'Dockerfile'), source);
    const given = { cwd, transforms: all.map(fix), openProver: builder.openProver };
    if (mode === 'hurries') builder.hold();
    if (mode === 'plain') await dockmend(['--verify', '--write'], given);
    else await dockmend(['-i', '--verify'], { ...given, person: new Person(keysOf(mode, n, bad, builder)) });
    const right = source.replaceAll('old', 'new').replace(/(RUN.*)new/g, '$1old');
    if (readFileSync(join(cwd, 'Dockerfile'), 'utf8') !== right)
      throw new Error(`${mode} ${n} ${k}: not the right fixes`);
    return builder.built.length;
  } finally {
    rmSync(cwd, { recursive: true });
  }
}
