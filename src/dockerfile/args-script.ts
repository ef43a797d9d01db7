import { parseShell, type ShellScript } from '../shell/index.ts';
import { TextMemo } from './instruction-text.ts';
import type { Instruction } from './model.ts';

/**
 * The arguments of an instruction read as a shell text, once for all who ask; says nothing of exec form and heredocs.
 * Offsets are those of the arguments.
 */
export function argsScript(instruction: Instruction): ShellScript {
  const { logical, argsStart, argsEnd } = instruction;
  return scripts.of(instruction, () => parseShell(logical.text.slice(argsStart, argsEnd)));
}

const scripts = new TextMemo<ShellScript>();
