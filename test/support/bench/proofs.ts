import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fix, planOf, planWith, tableFacts } from '../../../src/engine/index.ts';
import { defineTransform, type Transform } from '../../../src/transform/index.ts';
import { Prover } from '../../../src/verify/index.ts';
import { layOutRoot } from '../engines.ts';
import { temporaryFolder } from '../parts.ts';

/**
 * What proofs cost on the engine that DOCKER_HOST names: builds and seconds for n fixes of which k are wrong, beside two
 * plain builds of the same Dockerfiles. Run it with `node --import tsx test/support/bench/proofs.ts`.
 */
const rows: readonly (readonly [n: number, k: number, named: boolean])[] = [
  [8, 0, true],
  [8, 1, true],
  [8, 1, false],
  [8, 2, true],
  [8, 2, false],
  [8, 4, true],
  [16, 1, true],
  [16, 1, false],
  [16, 4, true],
  [16, 4, false],
];

/** A transform that adds a blank to each step, or makes the step do something else. */
function spoiling(bad: ReadonlySet<number>, named: boolean): Transform {
  return defineTransform({
    id: 'add-blank',
    meta: { ...({} as Transform['meta']), safety: 'safe', onbuild: false, answers: {} },
    *find({ file }) {
      for (const each of file.instructions) {
        const number = Number(/step-(\d+);/.exec(each.logical.text)?.[1]);
        if (each.keyword !== 'RUN' || Number.isNaN(number) || each.logical.text.includes('; ')) continue;
        const at = each.span.start + each.logical.text.indexOf(';') + 1;
        const wrong = named ? `echo x >>/step-${number};` : `touch /$(echo odd)${number};`;
        const text = bad.has(number) ? ` ${wrong}` : ' ';
        const changes = { edits: [each.index] };
        const title = `step ${number}`;
        yield {
          span: each.span,
          message: '',
          fix: { title, safety: 'safe', evidence: [], edits: [{ start: at, end: at, text }], changes },
        };
      }
    },
  });
}

const folder = temporaryFolder();
const context = join(folder.path, 'context');
mkdirSync(context);
layOutRoot(join(context, 'rootfs'));
const build = (name: string, text: string): number => {
  const file = join(folder.path, name);
  writeFileSync(file, text);
  const begun = performance.now();
  const args = ['build', '-q', '--network', 'none', '--no-cache', '-t', 'dockmend-bench', '-f', file, context];
  const { status, stderr } = spawnSync('/usr/bin/docker', args, {
    env: { ...process.env, DOCKER_BUILDKIT: '1' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const time = (performance.now() - begun) / 1000;
  spawnSync('/usr/bin/docker', ['image', 'rm', '-f', 'dockmend-bench']);
  return time;
};
console.log('| fixes | wrong | difference names its step | builds | seconds | two plain builds |');
console.log('| ----: | ----: | ------------------------- | -----: | ------: | ---------------: |');
for (const [n, k, named] of rows) {
  const nonce = `${process.pid}-${n}-${k}-${named}`;
  const steps = Array.from({ length: n }, (_, index) => `RUN echo ${index} >/step-${index};sleep 0.2\n`);
  const source = `FROM scratch\nCOPY rootfs/ /\nENV NONCE=${nonce}\n${steps.join('')}`;
  const transform = spoiling(
    new Set(Array.from({ length: k }, (_, index) => Math.floor(((index + 0.6) * n) / k))),
    named,
  );
  const all = fix(source, { transforms: [transform] });
  // With another value, so that the proof does not find these builds in the cache.
  const other = (text: string): string => text.replace('NONCE=', 'NONCE=plain-');
  const plain = build('before', other(source)) + build('after', other(all.output));
  const prover = await Prover.open({ builder: 'docker', settings: { network: 'none' } });
  const replan = { source, facts: tableFacts, options: { transforms: [transform] } };
  const { refused, summary } = await prover.prove({ path: join(context, 'Dockerfile'), source, context }, (allowed) =>
    planOf(allowed ? planWith(replan, allowed) : all),
  );
  await prover.close();
  if (refused.size !== k) throw new Error(`${refused.size} refused, not ${k}`);
  const numbers = [summary.builds, (summary.time / 1000).toFixed(1), plain.toFixed(1)];
  console.log(`| ${n} | ${k} | ${k === 0 ? '' : named ? 'yes' : 'no'} | ${numbers.join(' | ')} |`);
}
folder.remove();
