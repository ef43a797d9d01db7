import type { Dockerfile } from '../src/dockerfile/index.ts';
import { defineTransform } from '../src/transform/index.ts';

/**
 * Whether keywords are to be lower case: where more of them are than are not, those written in both cases and those
 * before the first FROM not counted (BuildKit, frontend/dockerfile/dockerfile2llb/convert.go, validateCommandCasing).
 */
function mostAreLower(file: Dockerfile): boolean {
  let lower = 0;
  let upper = 0;
  for (const { logical, start, keywordEnd, stage, isKnown } of file.instructions) {
    const written = logical.text.slice(start, keywordEnd);
    if (!stage || !isKnown) continue;
    if (written === written.toLowerCase()) lower++;
    else if (written === written.toUpperCase()) upper++;
  }
  return lower > upper;
}

export const useConsistentKeywordCase = defineTransform({
  id: 'use-consistent-keyword-case',
  bases: false,
  meta: {
    summary: 'Write all keywords in the case that most of them have',
    why: 'Keywords in one case, upper by custom, stand out from their arguments; BuildKit warns of a mixture.',
    safety: 'safe',
    safetyNote: 'Keywords are read without regard to case. The one inside an ONBUILD stays, as the image stores it.',
    preset: 'style',
    since: '0.1.0',
    onbuild: false,
    answers: { buildkit: ['ConsistentInstructionCasing'] },
  },
  *find({ file }) {
    const lower = mostAreLower(file);
    for (const { logical, start, keywordEnd, keyword, opaque, index, span } of file.instructions) {
      const written = logical.text.slice(start, keywordEnd);
      const text = lower ? keyword.toLowerCase() : keyword;
      if (opaque || written === text || !logical.isContiguous(start, keywordEnd)) continue;
      yield {
        span,
        message: `\`${written}\` is not in the case of the other keywords`,
        fix: {
          title: `Write \`${written}\` as \`${text}\``,
          safety: 'safe',
          evidence: ['text'],
          edits: [{ ...logical.span(start, keywordEnd), text }],
          changes: { edits: [index] },
        },
      };
    }
  },
});
