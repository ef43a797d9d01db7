import { defineTransform } from '../src/transform/index.ts';

export const removeEmptyContinuations = defineTransform({
  id: 'remove-empty-continuations',
  bases: false,
  meta: {
    summary: 'Remove blank lines inside continued instructions',
    why: 'A blank line after a line continuation looks like the end of the instruction and is not; BuildKit is going to make an error of it.',
    safety: 'safe',
    safetyNote: 'The text of the instruction is the same.',
    preset: 'style',
    since: '0.1.0',
    onbuild: true,
    answers: { buildkit: ['NoEmptyContinuation'] },
  },
  *find({ file }) {
    for (const { emptyLines, opaque, index, span } of file.instructions) {
      if (emptyLines.length === 0 || opaque) continue;
      yield {
        span,
        message: 'A blank line inside an instruction looks like its end, and is going to be an error',
        fix: {
          title: emptyLines.length === 1 ? 'Remove a blank line' : `Remove ${emptyLines.length} blank lines`,
          safety: 'safe',
          evidence: ['text'],
          edits: emptyLines.map(({ start, end }) => {
            const ending = /^\r*\n/.exec(file.source.slice(end, end + 8))?.[0] ?? '';
            return { start, end: end + ending.length, text: '' };
          }),
          changes: { edits: [index] },
        },
      };
    }
  },
});
