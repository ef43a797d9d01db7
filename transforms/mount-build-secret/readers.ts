import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import { visitCommands } from '../../src/shell/index.ts';
import { bareCommand, type Facts, type ShellBody, type SkipReason, shellBody } from '../../src/transform/index.ts';
import { readsVariable, withoutSecrets } from './consumers.ts';
import { mentions, variablesOf, variablesRead, wordsOf } from './reads.ts';
import type { Carried, Declaration } from './variables.ts';

/** A RUN that reads the secret, and in which variables. */
export interface User {
  readonly body: ShellBody;
  readonly variables: readonly string[];
}

/** The RUN instructions that read the secret: those that name it, and those of programs known to look for it. */
export function usersOf(
  file: Dockerfile,
  facts: Facts,
  { names, declarations }: Carried,
): User[] | { skipped: SkipReason; detail?: string } {
  const explicit: User[] = [];
  const implicit: User[] = [];
  const others: User[] = [];
  for (const stage of file.stages) {
    for (const instruction of stage.instructions) {
      if (instruction.keyword !== 'RUN') continue;
      const inScope = names.filter((each) => isDeclaredBefore(each, stage, instruction, declarations));
      if (inScope.length === 0) continue;
      const body = shellBody(file, instruction, facts);
      if (typeof body !== 'object') {
        if (mayRead(file, instruction, inScope)) return opaqueStep(instruction);
        continue;
      }
      // What mounts the secret already, or has it in a flag, knows of it in its own way.
      if (instruction.flags.some(({ text }) => inScope.some((each) => text.includes(each))))
        return opaqueStep(instruction);
      const read = variablesRead(body.script);
      const variables = inScope.filter((each) => read.has(each) || isReadInside(body, each));
      if (variables.length > 0) explicit.push({ body, variables });
      else {
        const programs = programsOf(body);
        const known = inScope.filter((each) => programs.some((program) => readsVariable(program, each)));
        if (known.length > 0) implicit.push({ body, variables: known });
        else if (programs.some((program) => !withoutSecrets.has(program)))
          others.push({ body, variables: inScope.slice(-1) });
      }
    }
  }
  const known = [...explicit, ...implicit].sort((a, b) => a.body.instruction.index - b.body.instruction.index);
  return known.length === 0 && others.length === 1 ? others : known;
}

const opaqueStep = ({ startLine }: Instruction) =>
  ({ skipped: 'secret-step-opaque', detail: `line ${startLine}` }) as const;

/** The text of an instruction, and of its heredocs. */
export function textsOf(file: Dockerfile, { logical, heredocs }: Instruction): string[] {
  return [logical.text, ...heredocs.map(({ content }) => file.source.slice(content.start, content.end))];
}

/** Whether a RUN whose text is not parsed names the variables, or a program that looks for them. */
function mayRead(file: Dockerfile, instruction: Instruction, names: readonly string[]): boolean {
  return textsOf(file, instruction).some((text) => {
    const words = text.split(/[^\w.-]+/);
    return mentions(text, names) || names.some((name) => words.some((word) => readsVariable(word, name)));
  });
}

/** Whether a script inside the script, as of `sh -c '…'`, reads a variable. */
function isReadInside({ script }: ShellBody, name: string): boolean {
  let found = false;
  visitCommands(script, (command) => {
    const program = bareCommand(command)?.name.split('/').at(-1) ?? '';
    if (!/^(?:sh|bash|dash|ash|zsh|su|eval|env|xargs|python[\d.]*|node|perl|ruby|php|awk|envsubst)$/.test(program))
      return;
    if (command.words.some(({ text }) => mentions(text, [name]) || new RegExp(`\\b${name}\\b`).test(text)))
      found = true;
  });
  return found;
}

/** ARG and ENV hold from where they stand to the end of the stage, and in the stages that build on it. */
function isDeclaredBefore(name: string, stage: Stage, at: Instruction, declarations: readonly Declaration[]): boolean {
  const chain: Stage[] = [];
  for (let each: Stage | undefined = stage; each; each = each.parent) chain.push(each);
  return declarations.some(
    ({ instruction, setting }) =>
      setting.name === name &&
      instruction.stage !== undefined &&
      chain.includes(instruction.stage) &&
      (instruction.stage !== stage || instruction.index < at.index),
  );
}

/** Base names of the programs that a body starts. */
export function programsOf({ script }: ShellBody): string[] {
  const found: string[] = [];
  visitCommands(script, (command) => {
    const bare = bareCommand(command);
    if (bare) found.push(bare.name.replace(/^\.\//, '').replace(/^.*\/(?=[^/]+$)/, ''));
    else if (command.words.length > 0) found.push('');
  });
  return found;
}

/** Whether a step asks if there is a secret at all. */
export function mayBeEmpty({ body }: User, names: readonly string[]): boolean {
  let found = false;
  visitCommands(body.script, (command) => {
    const first = command.words[1]?.literal ?? '';
    const isTest = /^(?:\[|\[\[|test)$/.test(command.words[0]?.literal ?? '') && /^(?:!|-[nz]|)$/.test(first);
    if (isTest && [...variablesOf(wordsOf(command))].some((name) => names.includes(name))) found = true;
  });
  return found || names.some((name) => new RegExp(`\\$\\{${name}:?[-+]`).test(body.script.text));
}
