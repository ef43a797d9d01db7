import { defineTransform, type Finding } from '../../src/transform/index.ts';
import { adjacentPairs, instructionRefusal, settingOf } from './candidates.ts';
import { decide } from './decide.ts';
import { gainOf, isOnlyIndexUpdate } from './pays.ts';
import { mergeEdits } from './text.ts';

export const mergeRunInstructions = defineTransform({
  id: 'merge-run-instructions',
  meta: {
    summary: 'Merge consecutive RUN instructions where it pays',
    why: 'Files that a later `RUN` removes stay in the layer of the earlier one, a package index that another layer holds goes stale, and a mode or an owner that is set in a layer of its own stores the files again.',
    safety: 'safe',
    safetyNote:
      'Only where nothing that ends with the first `RUN` can reach the second; what a shell holds (directory, variables, options, traps) is kept back by a subshell. The two share one place in the build cache afterwards.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: { hadolint: ['DL3059'] },
  },
  options: {
    policy: {
      type: 'choice',
      choices: ['paying', 'all'],
      default: 'paying',
      summary:
        'Which pairs are merged: `paying`, where the image gets smaller or a package index no longer goes stale, or `all` that can be shown to do the same',
    },
  },
  *find({ file, facts, options }): Generator<Finding> {
    for (const pair of adjacentPairs(file, facts)) {
      const { first, second } = pair;
      // Joining the index to its install is another transform's work.
      if (isOnlyIndexUpdate(first.script)) continue;
      const gain = gainOf(file, pair);
      if (gain === undefined && options.policy === 'paying') continue;
      const { span, index } = first.instruction;
      const message = gain?.message ?? 'Two `RUN` instructions in a row make two layers where one would do';
      const plan =
        instructionRefusal(file, pair, facts) ?? decide(first.script, second.script, settingOf(file, pair, facts));
      // Two small steps in a subshell are no easier to read than apart.
      if (options.policy === 'paying' && !gain?.anyForm && 'subshell' in plan && plan.subshell) continue;
      const edits = 'skipped' in plan ? plan : mergeEdits(file, pair, plan);
      if ('skipped' in edits) {
        yield { span, message, ...edits };
        continue;
      }
      yield {
        span,
        message,
        fix: {
          title: 'Merge this `RUN` with the next one',
          safety: 'safe',
          evidence: ['text'],
          edits,
          guards: [first.instruction.span, second.instruction.span],
          changes: { edits: [index], removes: [second.instruction.index] },
        },
      };
    }
  },
});
