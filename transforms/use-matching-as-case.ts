import { defineTransform } from '../src/transform/index.ts';

export const useMatchingAsCase = defineTransform({
  id: 'use-matching-as-case',
  bases: false,
  meta: {
    summary: 'Write AS in the case of its FROM',
    why: 'Both are keywords of one instruction; BuildKit warns where their cases differ.',
    safety: 'safe',
    safetyNote: 'Keywords are read without regard to case.',
    preset: 'style',
    since: '0.1.0',
    onbuild: false,
    answers: { buildkit: ['FromAsCasing'] },
  },
  *find({ file }) {
    for (const { from, name } of file.stages) {
      if (!name || from.opaque) continue;
      const { logical, start, keywordEnd, index, span } = from;
      const as = file.words(from)[1]!;
      const keyword = logical.text.slice(start, keywordEnd);
      const isLower = keyword === keyword.toLowerCase();
      // A FROM in both cases is another finding.
      if (!isLower && keyword !== keyword.toUpperCase()) continue;
      const text = isLower ? 'as' : 'AS';
      if (as.text === text || !logical.isContiguous(as.start, as.end)) continue;
      yield {
        span,
        message: `\`${as.text}\` and \`${keyword}\` are keywords of one instruction, and their cases differ`,
        fix: {
          title: `Write \`${as.text}\` as \`${text}\``,
          safety: 'safe',
          evidence: ['text'],
          edits: [{ ...logical.span(as.start, as.end), text }],
          changes: { edits: [index] },
        },
      };
    }
  },
});
