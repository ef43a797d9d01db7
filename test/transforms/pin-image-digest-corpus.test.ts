import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Dockerfile, DockerfileSyntaxError, imageReferences } from '../../src/dockerfile/index.ts';
import { fix, tableFacts } from '../../src/engine/index.ts';
import type { Facts } from '../../src/transform/index.ts';
import { pinImageDigest } from '../../transforms/pin-image-digest.ts';
import { allOr, sampled } from '../support/sampled.ts';
import { corpusFiles, shared, sharedMissing } from '../support/shared.ts';

/** A registry that knows every reference: its digest is made of its name. */
const knowsAll: Facts = {
  ...tableFacts,
  digest: (reference) => ({ digest: `sha256:${createHash('sha256').update(reference).digest('hex')}`, kind: 'index' }),
};

const corpus = sampled(shared ? corpusFiles() : [], 4);

describe.skipIf(!shared)(`pins on the corpus${sharedMissing || corpus.note}`, () => {
  test('every reference is pinned or refused with a reason, and only digests are inserted', () => {
    const counts = { references: 0, pinned: 0, files: 0 };
    const refusals: Record<string, number> = {};
    for (const { path, source } of corpus.items) {
      let file: Dockerfile;
      try {
        file = new Dockerfile(source);
      } catch (error) {
        if (error instanceof DockerfileSyntaxError) continue;
        throw error;
      }
      const { output, applied, remaining, rejected } = fix(source, { transforms: [pinImageDigest], facts: knowsAll });
      expect(rejected, path).toEqual([]);
      // Digests that the source already had stay: only the inserted ones are stripped.
      const inserted = new Set(applied.flatMap((each) => each.fix.edits.map((edit) => edit.text)));
      let stripped = output;
      for (const digest of inserted) stripped = stripped.replaceAll(digest, '');
      expect(stripped, path).toBe(source);
      const again = new Dockerfile(output);
      for (const use of imageReferences(again)) {
        counts.references++;
        const literal = use.variables.length === 0;
        const isPinned = /@sha256:[0-9a-f]{64}$/.test(use.text);
        if (isPinned) counts.pinned++;
        const refused = remaining.some(
          (each) => 'skipped' in each.finding && each.finding.message.includes(`\`${use.text}\``),
        );
        const template = /\{\{|<%|%%|@[A-Z_]+@/.test(use.text);
        const expanded = use.instruction && !literal ? again.expand(use.text, use.instruction) : undefined;
        const throughArgument = expanded?.ok === true && expanded.value.includes('@sha256:');
        expect(isPinned || refused || template || throughArgument, `${path}: ${use.text}`).toBe(true);
      }
      for (const each of remaining) {
        if ('skipped' in each.finding) refusals[each.finding.skipped] = (refusals[each.finding.skipped] ?? 0) + 1;
      }
      if (output !== source) counts.files++;
      expect(file.instructions.length, path).toBe(again.instructions.length);
    }
    expect(counts.files).toBeGreaterThan(allOr(1500, 375));
    console.log(JSON.stringify({ ...counts, refusals }));
  });
});
