import type { Dockerfile, Instruction, Stage } from '../src/dockerfile/index.ts';
import { removeInstruction } from '../src/edit/index.ts';
import { defineTransform, type Finding, holdsTemplate } from '../src/transform/index.ts';

const kinds = ['CMD', 'ENTRYPOINT', 'HEALTHCHECK'];
/** Comments that speak to a tool about the instruction below them. */
const pragma =
  /^#\s*(?:(?:hadolint|dockmend|kics-scan|tally|checkov|trivy|tfsec|semgrep|nosemgrep|snyk|nosec|noqa)\b|check\s*=)/i;
/** `#if`, `#else`, `# {% if %}`: the text is fed to a preprocessor. */
const condition = /^#(?:(?:if|ifdef|ifndef|elif|elseif|else|endif)\b|\s*(?:\{[%{]|<%))/;

export const removeOverriddenInstructions = defineTransform({
  id: 'remove-overridden-instructions',
  bases: false,
  meta: {
    summary: 'Remove instructions that a later one of their stage overrides',
    why: 'Of several CMD, ENTRYPOINT or HEALTHCHECK instructions of a stage only the last counts; the earlier ones mislead whoever reads them.',
    safety: 'safe',
    safetyNote: 'The image is the same. Comments above a removed instruction stay.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL4003', 'DL4004', 'DL3012'],
      buildkit: ['MultipleInstructionsDisallowed'],
      kics: ['6938958b-3f1a-451c-909b-baeee14bdc97', '41c195f4-fc31-4a5c-8a1b-90605538d49f'],
      trivy: ['DS-0016', 'DS-0007', 'DS-0023'],
    },
  },
  *find({ file }) {
    for (const stage of file.stages) {
      for (const keyword of kinds) {
        const all = stage.instructions.filter((each) => each.keyword === keyword);
        for (const each of all.slice(0, -1)) {
          if (!each.opaque) yield finding(file, stage, each, all.at(-1)!);
        }
      }
    }
  },
});

function finding(file: Dockerfile, stage: Stage, instruction: Instruction, last: Instruction): Finding {
  const { span, index, keyword } = instruction;
  const line = file.lines.lineAt(last.span.start);
  const message = `Only the last \`${keyword}\` of a stage counts, which is the one of line ${line}`;
  const between = stage.instructions.filter((each) => each.index >= index && each.index <= last.index);
  const from = file.lines.lineStart(instruction.startLine - instruction.leading.length);
  const comments = file.comments.filter((each) => each.start >= from && each.start < last.span.end);
  // A template may use one of the two only.
  if (
    between.some((each) => each.opaque || holdsTemplate(each.logical.text)) ||
    comments.some((each) => condition.test(each.text))
  ) {
    return { span, message, skipped: 'conditional-text' };
  }
  if (instruction.leading.some((each) => pragma.test(each.text))) return { span, message, skipped: 'comment-binds' };
  const edit = removeInstruction(file, instruction);
  if (!edit) return { span, message, skipped: 'text-spread' };
  return {
    span,
    message,
    fix: {
      title: `Remove ${keyword === 'ENTRYPOINT' ? 'an' : 'a'} \`${keyword}\` that is overridden`,
      safety: 'safe',
      evidence: ['text'],
      edits: [edit],
      guards: [last.span],
      changes: { edits: [], removes: [index] },
    },
  };
}
