import type { Dockerfile, Instruction } from '../src/dockerfile/index.ts';
import { keywordLike } from '../src/edit/index.ts';
import { defineTransform, type Finding, holdsTemplate } from '../src/transform/index.ts';

const label = 'org.opencontainers.image.authors';

export const replaceMaintainerWithLabel = defineTransform({
  id: 'replace-maintainer-with-label',
  bases: false,
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
      kics: ['99614418-f82b-4852-a9ae-5051402b741c'],
    },
  },
  *find({ file }) {
    for (const instruction of file.instructions) {
      if (instruction.keyword !== 'MAINTAINER' || instruction.opaque || !instruction.stage) continue;
      if (instruction.argsStart < instruction.argsEnd) yield finding(file, instruction);
    }
  },
});

function finding(file: Dockerfile, instruction: Instruction): Finding {
  const { logical, start, keywordEnd, argsEnd, index, span, comments } = instruction;
  const message = `\`MAINTAINER\` is deprecated, and tools look for the label \`${label}\``;
  const { instructions } = instruction.stage!;
  const later = instructions.filter((each) => each.index > index);
  // Only the last one counts, and a label for each of them would say the same of labels.
  if (later.some((each) => each.keyword === 'MAINTAINER')) return { span, message, skipped: 'overridden-later' };
  if (instructions.some((each) => !each.isKnown || setsLabel(file, each))) {
    return { span, message, skipped: 'label-exists' };
  }
  if (holdsTemplate(logical.text)) return { span, message, skipped: 'template-text' };
  if (comments.length > 0) return { span, message, skipped: 'text-spread' };
  const keyword = keywordLike(logical.text.slice(start, keywordEnd), 'LABEL');
  const value = quoted(file.args(instruction), file.escape);
  return {
    span,
    message,
    fix: {
      title: 'Replace `MAINTAINER` with a label',
      safety: 'safe',
      evidence: ['text'],
      edits: [{ ...logical.span(start, argsEnd), text: `${keyword} ${label}=${value}` }],
      changes: { edits: [index], becomes: [{ index, keyword: 'LABEL' }], config: ['Author', `Labels.${label}`] },
    },
  };
}

/** Quotes a value for LABEL so that it is taken byte for byte: MAINTAINER takes its line raw, LABEL expands it. */
function quoted(value: string, escapeCharacter: string): string {
  const special = [...value].map((char) =>
    char === '"' || char === '$' || char === escapeCharacter ? escapeCharacter + char : char,
  );
  return `"${special.join('')}"`;
}

function setsLabel(file: Dockerfile, instruction: Instruction): boolean {
  if (instruction.keyword !== 'LABEL') return false;
  return file.pairs(instruction).some(([name]) => name.replace(/["']/g, '') === label);
}
