import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import type { TextEdit } from '../../src/edit/index.ts';
import { imageFacts } from '../../src/facts/index.ts';
import {
  type Changes,
  defineTransform,
  type Facts,
  type Finding,
  type SkipReason,
  type StageCommand,
  stageCommands,
} from '../../src/transform/index.ts';
import { bundler } from './bundler.ts';
import { composer } from './composer.ts';
import { npm } from './npm.ts';
import { pip } from './pip.ts';

/** An install in the last stage, with what comes after it. */
export interface Install {
  readonly file: Dockerfile;
  readonly stage: Stage;
  readonly facts: Facts;
  readonly command: StageCommand;
  /** The commands of the stage behind it. */
  readonly later: readonly StageCommand[];
  readonly all: readonly StageCommand[];
}

/** What an installer finds: nothing to do, a refusal, or the edits that leave development dependencies out. */
export type Outcome =
  | undefined
  | { readonly skipped: SkipReason; readonly detail?: string }
  | { readonly edits: readonly TextEdit[]; readonly changes: Changes; readonly guards?: readonly Instruction[] };

const installers: readonly ((install: Install) => Outcome)[] = [npm, composer, bundler, pip];

/** Programs that a person types into where they are given no other, and programs that only wait. */
const prompts = /^(?:bash|sh|ash|node|python[\d.]*|irb|php)$/;
const pauses = /^(?:sleep|tail|cat|true)$/;

/** Whether who starts the image says what runs in it, as with a generator or a runner of tests: that may be any tool. */
function startsNothing(file: Dockerfile, stage: Stage): boolean {
  for (let each: Stage | undefined = stage; each; each = each.parent) {
    const starts = each.instructions.filter(({ keyword }) => keyword === 'CMD' || keyword === 'ENTRYPOINT');
    if (starts.length > 0) return starts.every((one) => isIdle(one.json ?? file.args(one).trim().split(/\s+/)));
  }
  const { cmd } = imageFacts(file.baseReference(file.rootStage(stage)) ?? '') ?? {};
  return cmd !== undefined && isIdle(cmd);
}

function isIdle([program = '', ...words]: readonly string[]): boolean {
  const name = program.slice(program.lastIndexOf('/') + 1);
  return pauses.test(name) || (prompts.test(name) && words.every((word) => /^-(?![cemp])/.test(word)));
}

export const useProductionDependencies = defineTransform({
  id: 'use-production-dependencies',
  meta: {
    summary: 'Install production dependencies alone',
    why: 'Development dependencies are test runners, linters and build tools: they are often most of what is installed and of its known vulnerabilities, and no program that runs needs them.',
    safety: 'unsafe',
    safetyNote:
      'Applied in the last stage only, where no later step, script or source file is seen to use a development dependency. A program that loads one under a name that is worked out would no longer find it.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs: (file) =>
    file.finalStage?.instructions.some((each) => /\b(?:npm|composer|bundle|pip[\d.]*)\b/.test(each.logical.text))
      ? { context: true }
      : {},
  *find({ file, facts }): Iterable<Finding> {
    const stage = file.finalStage;
    if (!stage) return;
    const { commands } = stageCommands(file, stage, facts);
    for (const [at, command] of commands.entries()) {
      if (command.conditional || !command.body) continue;
      const install = { file, stage, facts, command, later: commands.slice(at + 1), all: commands };
      for (const installer of installers) {
        const found = installer(install);
        if (!found) continue;
        const outcome: Outcome =
          'edits' in found && startsNothing(file, stage) ? { skipped: 'no-start-command' } : found;
        const message = 'Development dependencies are installed into the image that runs, which has no use for them';
        const { span } = command.instruction;
        if ('skipped' in outcome) yield { span, message, ...outcome };
        else {
          yield {
            span,
            message,
            fix: {
              title: 'Install production dependencies alone',
              safety: 'unsafe',
              evidence: ['context'],
              edits: outcome.edits,
              changes: outcome.changes,
              guards: (outcome.guards ?? []).map((each) => each.span),
            },
          };
        }
      }
    }
  },
});
