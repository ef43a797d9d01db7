import type { Dockerfile, Instruction } from '../../src/dockerfile/index.ts';
import { indentAt, insertBefore, type TextEdit } from '../../src/edit/index.ts';
import { type Facts, instructionsBefore, type ShellBody, systemOf } from '../../src/transform/index.ts';

/** A secret that a RUN gets in a variable. */
export interface VariableMount {
  /** What the build command calls it. */
  readonly id: string;
  /** The variables that hold it, the first one as the id where one is. */
  readonly variables: readonly string[];
  /** The step cannot do without it. */
  readonly required: boolean;
}

/**
 * Whether `--mount=type=secret,env=` can be used: since version 1.10 of the Dockerfile frontend, which only a syntax
 * directive assures (docs.docker.com/reference/dockerfile/#run---mounttypesecret).
 */
export function hasSecretVariables(file: Dockerfile): boolean {
  const syntax = file.directives.find((each) => each.name === 'syntax')?.value ?? '';
  const match = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?:([\w.-]+)(?:@|$)/.exec(syntax);
  if (!match) return false;
  const version = /^1(?:\.(\d+))?(?:\.\d+)?(?:-labs)?$/.exec(match[1]!);
  if (version) return version[1] === undefined || Number(version[1]) >= 10;
  return /^(?:latest|labs|master|master-labs)$/.test(match[1]!);
}

/** Mounts a secret for a RUN, and puts it into its variables where the frontend cannot. */
export function mountVariable(file: Dockerfile, body: ShellBody, mount: VariableMount, facts: Facts): TextEdit {
  const { instruction } = body;
  const required = mount.required ? ',required=true' : '';
  if (hasSecretVariables(file)) {
    const flags = mount.variables.map((name) => `--mount=type=secret,id=${mount.id},env=${name}${required}`);
    return insertMount(file, instruction, flags);
  }
  const flag = `--mount=type=secret,id=${mount.id}${readableBy(file, instruction, facts)}${required}`;
  const read = mount.required ? `cat /run/secrets/${mount.id}` : `cat /run/secrets/${mount.id} 2>/dev/null || true`;
  const joiner = isChain(body) ? ' &&' : ';';
  const exports = mount.variables.map((name) => `export ${name}="$(${read})"${joiner}`);
  return insertMount(file, instruction, [flag, ...exports]);
}

/** Puts lines between the keyword with its flags and the body, each with a continuation. */
export function insertMount(file: Dockerfile, instruction: Instruction, lines: readonly string[]): TextEdit {
  const at = instruction.logical.toSource(instruction.argsStart, 'start');
  const isFirstOfLine = file.lines.lineAt(at) > instruction.startLine;
  const indent = isFirstOfLine ? indentAt(file, at) : `${indentAt(file, instruction.span.start)}    `;
  const text = lines.map((line) => `${line} ${file.escape}${file.eol}${indent}`).join('');
  return insertBefore(instruction, instruction.argsStart, text);
}

/** One command, or a chain of `&&` alone: what stands in front of it with `&&` runs first and stops it. */
function isChain({ script }: ShellBody): boolean {
  const [statement, ...more] = script.statements;
  if (!statement || more.length > 0 || statement.background) return false;
  const { tree } = statement;
  return tree.kind !== 'and-or' || tree.operators.every((operator) => operator === '&&');
}

/** Secrets are root's alone unless a mount says otherwise: what a step of another user needs to read one. */
export function readableBy(file: Dockerfile, at: Instruction, facts: Facts): string {
  const set = instructionsBefore(at).findLast((each) => each.keyword === 'USER');
  const user = set ? file.args(set).trim() : (systemOf(file, at, facts)?.user ?? '');
  const [name = ''] = user.split(':');
  if (name === '' || name === 'root' || name === '0') return '';
  return /^\d+$/.test(name) ? `,uid=${name}` : ',mode=0444';
}
