import type { Dockerfile, Stage } from '../dockerfile/index.ts';
import { runMounts } from './run-mounts.ts';

/**
 * The stages that a build of a target, or of the last stage, goes through: those that it is based on, copies from or mounts.
 * Builders leave out all others (docs.docker.com/build/building/multi-stage). All of them where the target is no stage.
 */
export function builtStages(file: Dockerfile, target?: string): ReadonlySet<Stage> {
  const first = target === undefined ? file.finalStage : file.stageByName(target, { byIndex: true });
  if (!first) return new Set(file.stages);
  const found = new Set<Stage>();
  const waiting = [first];
  for (let stage = waiting.pop(); stage; stage = waiting.pop()) {
    if (found.has(stage)) continue;
    found.add(stage);
    if (stage.parent) waiting.push(stage.parent);
    for (const instruction of stage.instructions) {
      const { keyword, flags, logical } = instruction;
      const copied = flags.filter(({ name }) => name === 'from').map(({ value }) => value);
      // A trigger runs in the stages that are based on this one.
      const triggered =
        keyword === 'ONBUILD' ? [...logical.text.matchAll(/\bfrom=([^\s,]+)/g)].map(([, name]) => name) : [];
      const names = [...copied, ...triggered, ...runMounts(instruction).map(({ from }) => from)];
      for (const name of names) {
        const from = name === undefined ? undefined : file.stageByName(name, { byIndex: true });
        if (from) waiting.push(from);
      }
    }
  }
  return found;
}
