import { argsScript, type Dockerfile, type Instruction } from '../dockerfile/index.ts';
import { parseShell, type ShellScript } from '../shell/index.ts';
import type { Facts } from './ports.ts';
import { type PlainShell, shellInForce } from './shell-in-force.ts';
import { UnderFacts } from './under-facts.ts';

/** The shell form of an instruction, parsed, with the way from its text to the instruction's logical text. */
export interface ShellBody {
  readonly instruction: Instruction;
  readonly script: ShellScript;
  readonly shell: PlainShell;
  /** Logical offset of the script's first character: logical = base + offset in the script. */
  readonly base: number;
}

/**
 * The body of a RUN (or of the shell form of CMD, ENTRYPOINT and HEALTHCHECK CMD) that may be read and edited; else
 * why not. Undefined where there is no shell body at all: exec form, heredoc, empty, or inside ONBUILD.
 */
export function shellBody(
  file: Dockerfile,
  instruction: Instruction,
  facts: Facts,
): ShellBody | 'shell-unknown' | 'shell-opaque' | undefined {
  return bodies.of(facts, instruction, () => readBody(file, instruction, facts));
}

const bodies = new UnderFacts<Instruction, ReturnType<typeof readBody>>();

function readBody(
  file: Dockerfile,
  instruction: Instruction,
  facts: Facts,
): ShellBody | 'shell-unknown' | 'shell-opaque' | undefined {
  const { keyword, json, heredocs } = instruction;
  if (json || heredocs.length > 0) return undefined;
  let { argsStart } = instruction;
  const { argsEnd, logical } = instruction;
  if (keyword === 'HEALTHCHECK') {
    const command = /^CMD[\t\v\f\r ]+/i.exec(logical.text.slice(argsStart, argsEnd));
    if (!command) return undefined;
    argsStart += command[0].length;
  } else if (keyword !== 'RUN' && keyword !== 'CMD' && keyword !== 'ENTRYPOINT') return undefined;
  if (argsStart >= argsEnd) return undefined;
  if (instruction.opaque) return 'shell-opaque';
  const shell = shellInForce(file, instruction, facts);
  if (shell.kind !== 'plain') return 'shell-unknown';
  const isWhole = argsStart === instruction.argsStart;
  const script = isWhole ? argsScript(instruction) : parseShell(logical.text.slice(argsStart, argsEnd));
  return script.tiled ? { instruction, script, shell, base: argsStart } : 'shell-opaque';
}

/** The readable bodies of all RUN instructions, in order. */
export function* shellBodies(file: Dockerfile, facts: Facts): Generator<ShellBody> {
  for (const instruction of file.instructions) {
    if (instruction.keyword !== 'RUN') continue;
    const body = shellBody(file, instruction, facts);
    if (typeof body === 'object') yield body;
  }
}
