import type { Dockerfile, Instruction, Stage } from '../dockerfile/index.ts';

/** The instructions of an instruction's stage and its parent stages that stand before it, in order. */
export function instructionsBefore(at: Instruction): Instruction[] {
  const chain: Stage[] = [];
  for (let stage = at.stage; stage; stage = stage.parent) chain.unshift(stage);
  return chain.flatMap((stage) => stage.instructions.filter((each) => stage !== at.stage || each.index < at.index));
}

/** The names that an ENV or ARG instruction sets; none for other instructions. */
export function namesSetBy(file: Dockerfile, instruction: Instruction): string[] {
  if (instruction.keyword === 'ENV') return file.pairs(instruction).map(([name]) => name);
  if (instruction.keyword === 'ARG') return file.words(instruction).map((word) => word.text.split('=')[0]!);
  return [];
}
