import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';
import { fix } from '../../src/engine/index.ts';
import { mergeRunInstructions } from '../../transforms/merge-run-instructions/index.ts';
import { allOr, noteOf } from '../support/sampled.ts';

/** A shell of an image, and how this machine starts the same. */
interface Shell {
  readonly name: string;
  readonly from: string;
  readonly argv: readonly string[];
  /** The SHELL instruction with -e; without, the image's own or `shell`. */
  readonly shell: string | undefined;
  readonly errexitShell: string;
}

const shells: readonly Shell[] = [
  { name: 'dash', from: 'debian:12', argv: ['dash'], shell: undefined, errexitShell: '["/bin/sh", "-ec"]' },
  {
    name: 'bash',
    from: 'debian:12',
    argv: ['bash'],
    shell: '["/bin/bash", "-c"]',
    errexitShell: '["/bin/bash", "-ec"]',
  },
  {
    name: 'bash --posix',
    from: 'fedora:43',
    argv: ['bash', '--posix'],
    shell: undefined,
    errexitShell: '["/bin/sh", "-ec"]',
  },
  {
    name: 'busybox sh',
    from: 'alpine:3.20',
    argv: ['busybox', 'sh'],
    shell: undefined,
    errexitShell: '["/bin/sh", "-ec"]',
  },
];

const pairsPerShell = allOr(1500, 30);

/** The same numbers on every run (a linear congruential generator). */
class Choices {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** What a script can leave, and what can tell that it was left. */
const leaves = [
  'cd sub',
  'cd sub && cd ..',
  'v=1',
  'v=2 w=3',
  'export v=4',
  'FOO=1 :',
  'v=5 true',
  'echo ${u:=6}',
  ': $((n=7))',
  'set -u',
  'set -e',
  'set -eu',
  'set -x',
  'set -f',
  'set +e',
  'umask 077',
  'trap "echo trapped" EXIT',
  'exec 3>fd3',
  'read r < one',
  'readonly q=1',
  'IFS=:',
  'shift',
  'exit 0',
  'exit 3',
  'exec touch ex',
  'unset v',
  'f() { touch in-f; false; touch after-f; }',
  'hash -r',
  'set -- p1 p2',
  'eval "v=8"',
  'eval "false; touch ev"',
  '. ./env.sh',
  '. ./strict.sh',
  '. ./quiet.sh',
  '. ./quiet.sh && touch sourced',
  '. ./env.sh && touch sourced',
  'command cd sub',
  '{ cd sub; }',
  '( cd sub; v=9 )',
  '( set -e; false; touch in-sub )',
  'set -o noglob',
  'tool',
  'cp sub/tool bin1/tool',
  'rm -f bin1/tool',
  'ln -sf ../bin2/tool bin1/tool',
  'while read l; do last=$l; done < one',
  'for i in 1 2; do test $i = 2; done',
  'for i in 1 2; do touch for$i; done',
  'case $v in 1) touch one-v;; *) touch no-v;; esac',
  'if true; then false; touch then; fi',
  'if false; then touch x; else v=10; fi',
  '{ false; touch in-group; }',
  '{ touch g; }',
  '! false',
  '! true',
  'true & wait',
  'touch bg &',
  'x=$(false; echo hi)',
  'echo $(set -e; false; echo hi)',
  'echo "$v$w$u$n$q$FOO$r$last$*"',
  'pwd | sed "s,.*/,,"',
  'touch a b',
  'rm -f a',
  'mkdir -p d && touch d/x',
  'touch *.c',
  'false',
  'true',
  'false || touch or',
  'true && touch and',
  'test -f one && touch t',
  'echo text > out',
  'cat one',
  'false | cat',
  'cat < nowhere',
  'touch fallback || exit 0',
  'false || exit 0',
  'until true; do touch u; done',
  'if test -d sub; then touch isdir; fi',
  'printf "%s\\n" "a b" c >> out',
  'echo a#b "# c"',
  'echo $#',
  'return 0',
  'f',
  'umask',
  'unset -v nope',
  'trap - EXIT',
  'alias t=touch',
  'touch "with space"',
  'echo ${w-none} ${v-none}',
  'cd .',
  'cd - >/dev/null',
  'true; ',
  'false; ',
] as const;

const bashOnly = [
  '[[ abc =~ a(.)c ]]',
  '((m=3))',
  '((1))',
  'shopt -s nullglob',
  'printf -v pv x',
  'declare dv=1',
  'mapfile -t lines < one',
  'echo "${BASH_REMATCH[1]}$m$pv$dv"',
  'set -o pipefail',
  'set -euo pipefail',
  'x=$(false; echo hi) && touch posix',
  'trap "touch err" ERR',
  'let k=4',
  'shopt -s lastpipe',
  'echo x | read piped',
] as const;

function script(choices: Choices, words: readonly string[]): string {
  const count = choices.of([1, 1, 2, 2, 3, 3, 4]);
  let text = '';
  for (let at = 0; at < count; at++) {
    let part: string = choices.of(words).trim();
    const wrap = choices.below(22);
    if (wrap === 0) part = `( ${part.replace(/;$/, '')} )`;
    else if (wrap === 1) part = `if true; then ${part.replace(/[;&]$/, '')}; fi`;
    else if (wrap === 2) part = `{ ${part.replace(/[;&]$/, '')}; }`;
    else if (wrap === 3) part = `true && ${part}`;
    const joiner = choices.of(['; ', '; ', ' && ', ' && ', ' && ', ' || ']);
    text += at === 0 ? part : /[;&]$/.test(text) ? ` ${part}` : joiner + part;
  }
  const end = choices.below(30);
  if (end === 0) text += ' # done';
  if (end === 1) text += ' \\\\';
  return choices.below(5) === 0 ? `${choices.of(['set -e; ', 'set -ex; ', 'set -e && ', 'set -eu; '])}${text}` : text;
}

/** Pairs that each need one rule of their own, before the generated ones. */
const known: readonly (readonly string[])[] = [
  ['tool; cp sub/tool bin1/tool', 'tool > out'],
  ['tool && cp sub/tool bin1/tool', 'tool > out'],
  ['cp sub/tool bin1/tool; tool; rm bin1/tool', 'tool > out'],
  ['true', 'true && touch a & touch b'],
  ['echo ${z=1}', 'echo "z$z" > out'],
  ['test -d nowhere || exit 0; touch a', 'touch b || true; touch c'],
  ['touch a', 'set -e; false; touch b', 'touch c'],
  ['set -e; touch a; touch b', 'false || true'],
  ['touch a; test -f a || exit 1; touch b', 'touch c;'],
];

interface Outcome {
  readonly ok: boolean;
  readonly stdout: string;
  readonly files: readonly string[];
}

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dockmend-merge-'));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Runs bodies one after the other, each in a shell of its own in the same directory, as a builder runs RUN after RUN. */
function outcome(shell: Shell, flags: readonly string[], bodies: readonly string[]): Outcome {
  const work = join(root, 'w');
  rmSync(work, { recursive: true, force: true });
  for (const directory of ['sub', 'bin1', 'bin2']) mkdirSync(join(work, directory), { recursive: true });
  writeFileSync(join(work, 'one'), 'first\nsecond\n');
  writeFileSync(join(work, 'env.sh'), 'v=sourced; touch env-read\n');
  writeFileSync(join(work, 'quiet.sh'), 'set -e\ntouch quiet-read\n');
  writeFileSync(join(work, 'strict.sh'), 'set -e\nfalse\ntouch not-strict\n');
  for (const [place, says] of [
    ['bin2', 'old'],
    ['sub', 'new'],
  ] as const) {
    writeFileSync(join(work, place, 'tool'), `#!/bin/sh\necho ${says}\n`, { mode: 0o755 });
  }
  let stdout = '';
  for (const body of bodies) {
    const ran: SpawnSyncReturns<string> = spawnSync(shell.argv[0]!, [...shell.argv.slice(1), ...flags, body], {
      cwd: work,
      env: { PATH: `${work}/bin1:${work}/bin2:${process.env.PATH ?? ''}`, HOME: root, ENVED: 'x' },
      encoding: 'utf8',
      timeout: 10_000,
    });
    stdout += ran.stdout;
    if (ran.status !== 0) return { ok: false, stdout, files: filesUnder(work) };
  }
  return { ok: true, stdout, files: filesUnder(work) };
}

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path.slice(directory.length)} ${entry.isFile() ? readFileSync(path, 'utf8') : ''}`;
    })
    .sort();
}

/** The one RUN that the transform makes of two; undefined where it refuses. */
function merged(shell: Shell, errexit: boolean, bodies: readonly string[]): string | undefined {
  const set = errexit ? shell.errexitShell : shell.shell;
  const source = [
    `FROM ${shell.from}`,
    'WORKDIR /w',
    ...(set ? [`SHELL ${set}`] : []),
    ...bodies.map((body) => `RUN ${body}`),
  ].join('\n');
  const { output, rejected } = fix(`${source}\n`, {
    transforms: [mergeRunInstructions],
    options: { 'merge-run-instructions': { policy: 'all' } },
  });
  expect(rejected.map((each) => each.why)).toEqual([]);
  const file = new Dockerfile(output);
  const runs = file.instructions.filter((each) => each.keyword === 'RUN');
  return runs.length === 1 ? file.args(runs[0]!) : undefined;
}

function isPresent(shell: Shell): boolean {
  return spawnSync(shell.argv[0]!, [...shell.argv.slice(1), '-c', 'exit 0']).status === 0;
}

const left = noteOf(`${1500 - pairsPerShell} of 1500 pairs`);

describe.each(shells)(`merged and separate scripts do the same in $name${left}`, (shell) => {
  const present = isPresent(shell);
  for (const errexit of [false, true]) {
    const label = `${errexit ? 'with' : 'without'} -e${present ? '' : ` (skipped: ${shell.name} is not installed)`}`;
    test.skipIf(!present)(label, () => {
      const words = shell.name.startsWith('bash') && shell.shell ? [...leaves, ...bashOnly] : leaves;
      const choices = new Choices(20261121 + shell.name.length * 2 + Number(errexit));
      const flags = [errexit ? '-ec' : '-c'];
      const wrong: string[] = [];
      let joined = 0;
      for (let count = 0; count < pairsPerShell; count++) {
        const length = choices.below(6) === 0 ? 3 : 2;
        const bodies = known[count] ?? Array.from({ length }, () => script(choices, words));
        const one = merged(shell, errexit, bodies);
        if (one === undefined) continue;
        joined++;
        const apart = outcome(shell, flags, bodies);
        const together = outcome(shell, flags, [one]);
        if (JSON.stringify(apart) !== JSON.stringify(together)) {
          wrong.push(JSON.stringify({ bodies, one, apart, together }, null, 1));
        }
      }
      expect(wrong.slice(0, 5).join('\n')).toBe('');
      expect(joined).toBeGreaterThan(pairsPerShell / 4);
    });
  }
});
