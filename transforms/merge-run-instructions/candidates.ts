import type { Dockerfile, Instruction } from '../../src/dockerfile/index.ts';
import { type Facts, isAvailable, type ShellBody, shellBody, systemOf } from '../../src/transform/index.ts';
import { type Refusal, runningUser } from './container.ts';
import type { Setting } from './decide.ts';
import { workingDirectory } from './working-directory.ts';

/** Two RUN instructions, one directly after the other, whose bodies can be read and whose flags are equal. */
export interface Pair {
  readonly first: ShellBody;
  readonly second: ShellBody;
}

export function* adjacentPairs(file: Dockerfile, facts: Facts): Generator<Pair> {
  let first: ShellBody | undefined;
  for (const instruction of file.instructions) {
    const body = instruction.keyword === 'RUN' ? shellBody(file, instruction, facts) : undefined;
    const second = typeof body === 'object' ? body : undefined;
    if (first && second && flagsText(first.instruction) === flagsText(second.instruction)) yield { first, second };
    first = second;
  }
}

/** The flags as written, byte for byte. */
function flagsText({ flags, logical }: Instruction): string {
  return flags.length === 0 ? '' : logical.text.slice(flags[0]!.start, flags.at(-1)!.end);
}

export function settingOf(file: Dockerfile, { first }: Pair, facts: Facts): Setting {
  const at = first.instruction;
  return {
    shell: first.shell,
    system: systemOf(file, at, facts)?.system,
    directory: workingDirectory(file, at, facts),
    user: runningUser(file, at, facts),
    expand(word) {
      const expanded = file.expand(word, at);
      return expanded.ok ? expanded.value : undefined;
    },
  };
}

/** What in the instructions, not in their shell texts, keeps two of them apart; undefined where nothing does. */
export function instructionRefusal(file: Dockerfile, pair: Pair, facts: Facts): Refusal | undefined {
  const mount = pair.first.instruction.flags.find((flag) => flag.name === 'mount' && isDiscarded(flag.value ?? ''));
  if (mount) return { skipped: 'mount-discarded', detail: `\`${mount.text}\`` };
  const startup = startupFile(file, pair, facts);
  if (startup) return startup;
  const moved = suppressionMoved(pair);
  return moved === undefined ? undefined : { skipped: 'suppression-would-move', detail: `\`${moved}\`` };
}

/** Whether what is written to a mount is gone when the RUN ends: a tmpfs, or a bind mount that may be written. */
function isDiscarded(value: string): boolean {
  const fields = new Map(
    value.split(',').map((field) => {
      const [key = '', ...rest] = field.trim().split('=');
      return [key.toLowerCase(), rest.join('=').toLowerCase()] as const;
    }),
  );
  const type = fields.get('type') ?? 'bind';
  if (type === 'tmpfs' || type.includes('$')) return true;
  if (type !== 'bind') return false;
  const isOn = (key: string): boolean => fields.has(key) && !/^(?:false|0)$/.test(fields.get(key)!);
  const isOff = (key: string): boolean => /^(?:false|0|.*\$.*)$/.test(fields.get(key) ?? 'true');
  return isOn('rw') || isOn('readwrite') || isOff('ro') || isOff('readonly');
}

/** bash reads the file that BASH_ENV names at each start, and the first of two scripts may write it. */
function startupFile(file: Dockerfile, { first }: Pair, facts: Facts): Refusal | undefined {
  if (first.shell.dialect !== 'bash' || !first.shell.setBy) return undefined;
  const at = first.instruction;
  const names = ['ENV', 'ARG'];
  for (let stage = at.stage; stage; stage = stage.parent) {
    const sets = stage.instructions.some(
      (each) =>
        each.index < at.index && names.includes(each.keyword) && /(?:^|\s)BASH_ENV(?:[=\s]|$)/.test(file.args(each)),
    );
    if (sets) return { skipped: 'startup-file', detail: '`BASH_ENV`' };
  }
  const reference = at.stage && file.baseReference(file.rootStage(at.stage));
  if (reference === 'scratch') return undefined;
  const image = reference === undefined ? undefined : facts.image(reference);
  if (!image || !isAvailable(image)) return { skipped: 'startup-file', detail: 'the base image may set `BASH_ENV`' };
  // The images of the table set none.
  return image.env?.BASH_ENV === undefined
    ? undefined
    : { skipped: 'startup-file', detail: '`BASH_ENV` of the base image' };
}

const suppression =
  /^#\s*(?:dockmend|hadolint|tally|trivy|tfsec|checkov|kics-scan|kics|shellcheck|semgrep|nosemgrep|snyk|sonar|NOSONAR|noqa|nosec|dockle|dockerfilelint|dockerfile_lint|check\s*=\s*skip|bearer|droast|devskim|cspell|pragma|renovate|lint)\b/i;

/** A comment that silences a rule at the second RUN, and would no longer stand above an instruction. */
function suppressionMoved({ first, second }: Pair): string | undefined {
  const kept = new Set(first.instruction.leading.map((comment) => comment.text.trim()));
  const above = [...second.instruction.leading, ...commentsBeforeBody(second)].map((comment) => comment.text.trim());
  return above.find((text) => suppression.test(text) && !kept.has(text));
}

/** Comment lines inside an instruction that stand before its shell text. */
export function commentsBeforeBody({ instruction, base }: ShellBody): Instruction['comments'] {
  const start = instruction.logical.toSource(base, 'start');
  return instruction.comments.filter((comment) => comment.start < start);
}
