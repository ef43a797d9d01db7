import { defineTransform } from '../src/transform/index.ts';

/** Quotes a value for LABEL so that it is taken byte for byte. */
function quoted(value: string, escapeCharacter: string): string {
  return `"${value.replace(/["$\\`]/g, (char) => (char === '`' && escapeCharacter !== '`' ? char : escapeCharacter + char))}"`;
}

export const replaceMaintainerWithLabel = defineTransform({
  id: 'replace-maintainer-with-label',
  meta: {
    summary: 'Replace MAINTAINER with the OCI authors label',
    why: 'MAINTAINER is deprecated: BuildKit warns of it, and tools read the label `org.opencontainers.image.authors` instead.',
    safety: 'safe',
    safetyNote: 'The `Author` field of the image becomes empty and a label appears, which child images inherit.',
    preset: 'style',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL4000'],
      buildkit: ['MaintainerDeprecated'],
      trivy: ['DS-0022'],
      checkov: ['CKV_DOCKER_6'],
    },
  },
  *find({ file }) {
    for (const instruction of file.instructions) {
      if (instruction.keyword !== 'MAINTAINER' || instruction.opaque) continue;
      const { logical, start, argsStart, argsEnd, index, span } = instruction;
      if (argsStart >= argsEnd) continue;
      const message = '`MAINTAINER` is deprecated, and tools look for the label `org.opencontainers.image.authors`';
      const last = instruction.stage?.instructions.findLast((each) => each.keyword === 'MAINTAINER');
      if (last !== instruction) {
        // Only the last one of a stage counts; two labels of one name would warn again.
        yield { span, message, report: true };
        continue;
      }
      if (!logical.isContiguous(start, argsEnd)) {
        yield { span, message, skipped: 'text-spread' };
        continue;
      }
      const value = quoted(file.args(instruction), file.escape);
      const keyword = logical.text.slice(start, start + 1) === 'm' ? 'label' : 'LABEL';
      yield {
        span,
        message,
        fix: {
          title: 'Replace `MAINTAINER` with a label',
          safety: 'safe',
          evidence: ['text'],
          edits: [{ ...logical.span(start, argsEnd), text: `${keyword} org.opencontainers.image.authors=${value}` }],
          changes: { edits: [index], becomes: [{ index, keyword: 'LABEL' }], config: ['Author', 'Labels'] },
        },
      };
    }
  },
});
