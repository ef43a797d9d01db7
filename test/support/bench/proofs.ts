import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fix, planOf, planWith, tableFacts } from '../../../src/engine/index.ts';
import { defineTransform, type Transform } from '../../../src/transform/index.ts';
import { Prover } from '../../../src/verify/index.ts';
import { DockerEngine, layOutRoot } from '../engines.ts';
import { partsMissing, temporaryFolder } from '../parts.ts';
import { rounded } from './measure.ts';

const rows: readonly (readonly [fixes: number, wrong: number, stepIsKnown: boolean])[] = [
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

/**
 * What proofs cost on an engine of their own: builds and seconds for so many fixes of which some are wrong, beside two
 * plain builds of the same Dockerfiles. Whether the step of a wrong fix is known depends on what it makes.
 */
export async function benchProofs(): Promise<object> {
  const missing = partsMissing('dockerd', 'busybox');
  if (missing) throw new Error(`proofs${missing}`);
  const folder = temporaryFolder();
  const engine = new DockerEngine(join(folder.path, 'engine'));
  const context = join(folder.path, 'context');
  mkdirSync(context);
  layOutRoot(join(context, 'rootfs'));
  try {
    await engine.start();
    const costs: object[] = [];
    for (const row of rows) costs.push(await costOf(folder.path, ...row));
    return { rows: costs };
  } finally {
    await engine.stop();
    folder.remove();
  }
}

async function costOf(folder: string, fixes: number, wrong: number, stepIsKnown: boolean): Promise<object> {
  const context = join(folder, 'context');
  const nonce = `${process.pid}-${fixes}-${wrong}-${stepIsKnown}`;
  const steps = Array.from({ length: fixes }, (_, index) => `RUN echo ${index} >/step-${index};sleep 0.2\n`);
  const source = `FROM scratch\nCOPY rootfs/ /\nENV NONCE=${nonce}\n${steps.join('')}`;
  const bad = Array.from({ length: wrong }, (_, index) => Math.floor(((index + 0.6) * fixes) / wrong));
  const transform = spoiling(new Set(bad), stepIsKnown);
  const all = fix(source, { transforms: [transform] });
  // With another value, so that the proof does not find these builds in the cache.
  const plain = (text: string): number => secondsOf(folder, text.replace('NONCE=', 'NONCE=plain-'));
  const plainSeconds = plain(source) + plain(all.output);
  const prover = await Prover.open({ builder: 'docker', settings: { network: 'none' } });
  const replan = { source, facts: tableFacts, options: { transforms: [transform] } };
  const original = { path: join(context, 'Dockerfile'), source, context };
  const { refused, summary } = await prover.prove(original, (allowed) =>
    planOf(allowed ? planWith(replan, allowed) : all),
  );
  await prover.close();
  if (refused.size !== wrong) throw new Error(`${refused.size} refused, not ${wrong}`);
  const { builds, time } = summary;
  const seconds = rounded(time / 1000);
  return { fixes, wrong, ...(wrong > 0 && { stepIsKnown }), builds, seconds, plainSeconds: rounded(plainSeconds) };
}

/** How long a plain build takes without a cache. */
function secondsOf(folder: string, text: string): number {
  const file = join(folder, 'plain');
  writeFileSync(file, text);
  const begun = performance.now();
  const args = ['--network', 'none', '--no-cache', '-t', 'dockmend-bench', '-f', file, join(folder, 'context')];
  const { status, stderr } = spawnSync('/usr/bin/docker', ['build', '-q', ...args], {
    env: { ...process.env, DOCKER_BUILDKIT: '1' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const time = (performance.now() - begun) / 1000;
  spawnSync('/usr/bin/docker', ['image', 'rm', '-f', 'dockmend-bench']);
  return time;
}

/** A transform that adds a blank to each step, or makes the step do something else. */
function spoiling(bad: ReadonlySet<number>, stepIsKnown: boolean): Transform {
  return defineTransform({
    id: 'add-blank',
    meta: { ...({} as Transform['meta']), safety: 'safe', onbuild: false, answers: {} },
    *find({ file }) {
      for (const each of file.instructions) {
        const number = Number(/step-(\d+);/.exec(each.logical.text)?.[1]);
        if (each.keyword !== 'RUN' || Number.isNaN(number) || each.logical.text.includes('; ')) continue;
        const at = each.span.start + each.logical.text.indexOf(';') + 1;
        const wrong = stepIsKnown ? `echo x >>/step-${number};` : `touch /$(echo odd)${number};`;
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
