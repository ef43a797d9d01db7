import { IgnoreMatcher, matchGlob, Sieve } from '../../../src/context/index.ts';
import { Dockerfile, DockerfileSyntaxError } from '../../../src/dockerfile/index.ts';
import type { FixResult } from '../../../src/engine/index.ts';
import { fix } from '../../../src/engine/index.ts';
import { type Facts, isAvailable } from '../../../src/transform/index.ts';
import { writeDockerignore } from '../../../transforms/write-dockerignore/index.ts';
import type { CorpusCase } from './cases.ts';
import type { Violation } from './run.ts';

/**
 * What is wrong with the ignore files that a run wrote: a path that a COPY or ADD of any Dockerfile of the context names,
 * whether it is there or not, is left out and was not before; a second run wants more; builders disagree.
 */
export function wronglyIgnored(each: CorpusCase, facts: Facts, { files, output }: FixResult): Violation[] {
  const context = facts.context();
  if (files.length === 0 || !isAvailable(context)) return [];
  const problems: string[] = [];
  for (const { path, before = '', after } of files) {
    const [was, is] = [before, after].map((text) => {
      const matcher = IgnoreMatcher.compile(text);
      if ('error' in matcher) throw new Error(`${path}: ${matcher.error}`);
      return new Sieve(matcher);
    });
    const lost = (wanted: string) => is!.ignores(wanted) && !was!.ignores(wanted);
    for (const text of [output, ...context.siblings.map((sibling) => sibling.text ?? '')]) {
      for (const source of namedSources(text)) {
        const hit = wantedBy(source, each.context!).find((wanted) => parents(wanted).some(lost));
        if (hit !== undefined) problems.push(`${path} leaves out ${hit}, which ${source} names`);
      }
    }
    problems.push(...context.disputedWith(after).map((disputed) => `builders disagree about ${disputed}`));
    const again = { ...facts, context: () => context.withIgnore(after) };
    const choice = { safety: 'unsafe' } as const;
    const second = fix(output, { transforms: [writeDockerignore], facts: again, choice });
    const safe = fix(output, { transforms: [writeDockerignore], facts: again });
    if (safe.files.length > 0 && second.files[0]?.after !== after) problems.push('a second run adds to it');
  }
  return problems.map((detail) => ({ path: each.path, check: 'ignored', detail }));
}

/** The sources of COPY and ADD that name something, without those that hold a variable. */
function namedSources(text: string): string[] {
  let file: Dockerfile;
  try {
    file = new Dockerfile(text);
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return [];
    throw error;
  }
  return file.instructions.flatMap((each) => {
    if (!/^(?:COPY|ADD)$/.test(each.keyword) || each.flags.some(({ name }) => name === 'from')) return [];
    const words = each.json ?? file.words(each).map((word) => word.text);
    const sources = words.slice(0, -1).map((source) => source.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, ''));
    return sources.filter((source) => /^[^*?.$<{]|^\.[\w]/.test(source) && !/[$"'{]|:\/\/|@/.test(source));
  });
}

function wantedBy(source: string, listing: readonly string[]): readonly string[] {
  if (!/[*?[\\]/.test(source)) return [source];
  const depth = source.split('/').length;
  const prefixes = listing.map((path) => path.split('/').slice(0, depth).join('/'));
  const fixed = source
    .split('/')
    .slice(
      0,
      source.split('/').findIndex((part) => /[*?[\\]/.test(part)),
    )
    .join('/');
  return [...(fixed === '' ? [] : [fixed]), ...prefixes.filter((path) => matchGlob(source, path) === 'match')];
}

function parents(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
