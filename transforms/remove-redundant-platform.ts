import { removeToken } from '../src/edit/index.ts';
import { defineTransform } from '../src/transform/index.ts';

export const removeRedundantPlatform = defineTransform({
  id: 'remove-redundant-platform',
  bases: false,
  meta: {
    summary: 'Remove --platform=$TARGETPLATFORM from FROM',
    why: 'The target platform is what FROM takes anyway, so the flag says nothing.',
    safety: 'safe',
    safetyNote:
      'The image is the same. A file that gives `TARGETPLATFORM` a default of its own is left alone, and so are all other platforms.',
    preset: 'style',
    since: '0.1.0',
    onbuild: false,
    answers: { hadolint: ['DL3065'], buildkit: ['RedundantTargetPlatform'] },
  },
  *find({ file }) {
    const hasDefault = file.instructions.some(
      (each) =>
        !each.stage && each.keyword === 'ARG' && file.words(each).some((word) => /^TARGETPLATFORM=/.test(word.text)),
    );
    if (hasDefault) return;
    for (const { from } of file.stages) {
      const { flags, keywordEnd, argsStart, argsEnd, index, opaque } = from;
      const place = flags.findIndex((flag) => flag.name === 'platform');
      const flag = flags[place];
      if (
        opaque ||
        !flag ||
        argsStart >= argsEnd ||
        !/^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(flag.value ?? '')
      )
        continue;
      const span = from.logical.span(flag.start, flag.end);
      const message = 'The target platform is what `FROM` takes anyway';
      const edit = removeToken(from, {
        previousEnd: flags[place - 1]?.end ?? keywordEnd,
        start: flag.start,
        end: flag.end,
        next: flags[place + 1]?.start ?? argsStart,
      });
      if (!edit) {
        yield { span, message, skipped: 'text-spread' };
        continue;
      }
      yield {
        span,
        message,
        fix: {
          title: 'Remove `--platform=$TARGETPLATFORM`',
          safety: 'safe',
          evidence: ['text'],
          edits: [edit],
          changes: { edits: [index] },
        },
      };
    }
  },
});
