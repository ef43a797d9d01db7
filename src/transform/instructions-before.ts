import type { Dockerfile, Instruction, Stage } from '../dockerfile/index.ts';

/** The instructions of an instruction's stage and its parent stages that stand before it, in order. */
export function instructionsBefore(at: Instruction): Instruction[] {
  const chain: Stage[] = [];
  for (let stage = at.stage; stage; stage = stage.parent) chain.unshift(stage);
  return chain.flatMap((stage) => stage.instructions.filter((each) => stage !== at.stage || each.index < at.index));
}

/** Whether a parent stage, or as its tag says the base image, has a trigger that runs an instruction of a keyword. */
export function mayBeTriggered(file: Dockerfile, stage: Stage, keyword: string): boolean {
  let root = stage;
  for (let each = stage.parent; each; each = each.parent) {
    root = each;
    if (each.instructions.some((instruction) => instruction.onbuild?.keyword === keyword)) return true;
  }
  // The tags of the official images that had triggers end so.
  return /[:-]onbuild\b/.test(file.baseReference(root) ?? '');
}

/** The names that an ENV or ARG instruction sets; none for other instructions. */
export function namesSetBy(file: Dockerfile, instruction: Instruction): string[] {
  if (instruction.keyword === 'ENV') return file.pairs(instruction).map(([name]) => name);
  if (instruction.keyword === 'ARG') return file.words(instruction).map((word) => word.text.split('=')[0]!);
  return [];
}
