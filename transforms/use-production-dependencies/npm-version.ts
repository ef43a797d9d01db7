import type { Dockerfile, Stage } from '../../src/dockerfile/index.ts';
import { familiarName } from '../../src/facts/index.ts';
import { type Facts, systemOf } from '../../src/transform/index.ts';

/**
 * The words that leave development dependencies out: `--omit` came with npm 7 (github.com/npm/cli, CHANGELOG), which came
 * with Node 15, and npm before it ignores options that it does not know.
 */
export function withoutDevelopment(file: Dockerfile, stage: Stage, facts: Facts): string {
  return isBefore7(file, stage, facts) ? '--only=production' : '--omit=dev';
}

function isBefore7(file: Dockerfile, stage: Stage, facts: Facts): boolean {
  const steps: string[] = [];
  for (let each: Stage | undefined = stage; each; each = each.parent) {
    steps.unshift(...each.instructions.map((one) => file.source.slice(one.span.start, one.span.end)));
  }
  const text = steps.join('\n');
  const upgraded = [...text.matchAll(/\bnpm(?:@|\s+--version\s)(\d+|latest|next)/g)].at(-1)?.[1];
  if (upgraded !== undefined) return /^\d/.test(upgraded) && Number(upgraded) < 7;
  const { repository, tag } = familiarName(file.baseReference(file.rootStage(stage)) ?? '');
  const ofTag = repository.split('/').at(-1) === 'node' ? /^(\d+)/.exec(tag)?.[1] : undefined;
  const installed = /\bsetup_(\d+)\.x|\bNODE_VERSION[= ]["']?v?(\d+)/.exec(text);
  const inImage = systemOf(file, stage.from, facts)?.env?.NODE_VERSION?.split('.')[0];
  const major = installed?.[1] ?? installed?.[2] ?? ofTag ?? inImage;
  if (major !== undefined) return Number(major) < 15;
  return /^(?:argon|boron|carbon|dubnium|erbium|fermium)\b/.test(tag);
}
