import { expandWord } from '../src/dockerfile/index.ts';
import { defineTransform, holdsTemplate, joined, systemOf, workingDirectory } from '../src/transform/index.ts';

export const useAbsoluteWorkdir = defineTransform({
  id: 'use-absolute-workdir',
  meta: {
    summary: 'Use absolute paths in WORKDIR',
    why: 'A relative WORKDIR depends on the ones before it and on the base image, and moves when one of them changes.',
    safety: 'safe',
    safetyNote:
      'The path written is the one that the build uses now; one that starts at a working directory not known stays.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3000'],
      buildkit: ['WorkdirRelativePath'],
      trivy: ['DS-0009'],
      checkov: ['CKV_DOCKER_10'],
      kics: ['6b376af8-cfe8-49ab-a08d-f32de23661a4'],
    },
  },
  *find({ file, facts }) {
    for (const instruction of file.instructions) {
      if (instruction.keyword !== 'WORKDIR' || instruction.opaque || !instruction.stage) continue;
      const { logical, argsStart, argsEnd, span, index } = instruction;
      const image = systemOf(file, instruction, facts);
      if (argsStart >= argsEnd || image?.system === 'windows') continue;
      const current = workingDirectory(file, instruction, facts);
      // The backtick is the escape of Windows files; on a base known to be something else it says nothing.
      if (file.escape === '`' && !image && (current?.from ?? 'text') === 'text') continue;
      const written = file.args(instruction);
      const value = expandWord(written, file.escape, () => ({ known: false }));
      const path = value.ok ? value.value : written;
      // Absolute, of Windows, or for a variable to decide.
      if (/^(?:["']?[/$\\]|[A-Za-z]:)/.test(path)) continue;
      if (path === '~' || path.startsWith('~/')) {
        const message = '`WORKDIR` does not expand `~`: this makes a directory of that name';
        yield { span, message, report: true };
        continue;
      }
      const message = 'A relative `WORKDIR` depends on the base image and on the lines above, and moves with them';
      if (holdsTemplate(written)) {
        yield { span, message, skipped: 'template-text' };
        continue;
      }
      const target = current && joined(file, instruction, current);
      if (!target) {
        yield { span, message, skipped: current ? 'value-unclear' : 'working-directory-unknown' };
        continue;
      }
      if (!logical.isContiguous(argsStart, argsEnd)) {
        yield { span, message, skipped: 'text-spread' };
        continue;
      }
      yield {
        span,
        message,
        fix: {
          title: `Write \`WORKDIR\` as \`${target.path}\``,
          safety: 'safe',
          evidence: target.from === 'registry' ? ['registry'] : ['text'],
          edits: [{ ...logical.span(argsStart, argsEnd), text: target.path }],
          changes: { edits: [index] },
        },
      };
    }
  },
});
