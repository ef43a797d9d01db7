import type { Dockerfile, Instruction } from '../../src/dockerfile/index.ts';
import { removeToken, type TextEdit } from '../../src/edit/index.ts';
import { type Secret, type Setting, settingsOf } from '../../src/secrets/index.ts';
import { type Facts, type Finding, holdsTemplate, type SkipReason } from '../../src/transform/index.ts';
import { buildCommands } from './build-commands.ts';
import { keptIn } from './keeping.ts';
import { mountVariable } from './mount.ts';
import { mayBeEmpty, textsOf, type User, usersOf } from './readers.ts';
import { mentions } from './reads.ts';
import { removeLines } from './remove-lines.ts';

/** A build argument that is a secret, with all that carries it. */
export interface Carried {
  readonly name: string;
  /** The argument and the ENV variables that take its value. */
  readonly names: readonly string[];
  /** What declares them, in source order. */
  readonly declarations: readonly Declaration[];
}

export interface Declaration {
  readonly instruction: Instruction;
  readonly setting: Setting;
}

/** Findings about build arguments that are secrets, and the ENV that takes their values. */
export function* variableFindings(file: Dockerfile, facts: Facts, secrets: readonly Secret[]): Generator<Finding> {
  for (const carried of carriedBy(file, secrets)) {
    const { name, names, declarations } = carried;
    const { instruction, setting } = declarations.find((each) => each.instruction.stage) ?? declarations[0]!;
    const span = instruction.logical.span(setting.start, setting.end);
    const stays = declarations.some((each) => each.instruction.keyword === 'ENV');
    const where = stays
      ? 'the configuration of the image, where every container has it'
      : 'the history of the image and in the build cache';
    const message = `The build argument \`${name}\` is a secret, and its value stays in ${where}`;
    const plan = planFor(file, facts, carried);
    if ('skipped' in plan) {
      yield { span, message, ...plan };
      continue;
    }
    if ('report' in plan) {
      yield { span, message: `${message}; ${plan.report}`, report: true };
      continue;
    }
    const aliases = names.filter(
      (each) =>
        stays && declarations.some((other) => other.setting.name === each && other.instruction.keyword === 'ENV'),
    );
    const atRunTime = stays
      ? `; a program that reads it when a container runs gets it there, as with \`docker run --env ${aliases[0] ?? name}\``
      : '';
    const given = buildCommands({ id: name, file: undefined }, facts);
    const runs = plan.users.length === 1 ? 'the `RUN` that reads it' : `the ${plan.users.length} \`RUN\` that read it`;
    yield {
      span,
      message: `${message}: as a mount only ${runs} can see it; ${given}${atRunTime}`,
      fix: {
        title: `Mount \`${name}\` as a build secret`,
        safety: 'manual',
        evidence: ['text'],
        edits: plan.edits,
        changes: { edits: plan.edited, removes: plan.removed, config: names.map((each) => `Env.${each}` as const) },
      },
    };
  }
}

/** Build arguments that are named as secrets, or whose value an ENV of such a name takes; without a value of their own. */
function carriedBy(file: Dockerfile, secrets: readonly Secret[]): Carried[] {
  const settings = file.instructions.flatMap((instruction) =>
    instruction.keyword === 'ARG' || instruction.keyword === 'ENV'
      ? settingsOf(file, instruction).map((setting) => ({ instruction, setting }))
      : [],
  );
  const isArgument = ({ instruction }: Declaration): boolean => instruction.keyword === 'ARG';
  const wanted = new Set<string>();
  for (const { place, certain, literal, name, instruction } of secrets) {
    if (!certain || literal || name === undefined) continue;
    if (place === 'argument') wanted.add(name);
    if (place !== 'environment') continue;
    const source = settingsOf(file, instruction).find((each) => each.name === name);
    const taken = source && takenBy(source);
    if (taken && settings.some((each) => isArgument(each) && each.setting.name === taken)) wanted.add(taken);
  }
  const literals = new Set(
    secrets.flatMap((each) => (each.place === 'argument' && each.literal ? (each.name ?? []) : [])),
  );
  return [...wanted].flatMap((name) => {
    if (literals.has(name)) return [];
    const own = settings.filter((each) => isArgument(each) && each.setting.name === name);
    if (own.length === 0 || own.some(({ setting }) => hasDefault(setting) && !isSwitchedOff(setting))) return [];
    const passed = settings.filter((each) => !isArgument(each) && takenBy(each.setting) === name);
    const names = [...new Set([name, ...passed.map(({ setting }) => setting.name)])];
    const declarations = [...own, ...passed]
      .sort((a, b) => a.setting.start - b.setting.start)
      .sort((a, b) => a.instruction.index - b.instruction.index);
    return [{ name, names, declarations }];
  });
}

/** A default that stands for something: the build is meant to work without the secret. */
function hasDefault({ value, name }: Setting): boolean {
  return value !== undefined && !/^(?:""|'')?$/.test(value) && takenBy({ name, value }) !== name;
}

/** A default that says that there is no secret: steps compare the variable with it. */
function isSwitchedOff({ value }: Setting): boolean {
  return /^["']?(?:false|none|null|no|off|0)["']?$/i.test(value ?? '');
}

/** The variable whose value alone a setting takes: `$X`, `${X}`, `"${X:-}"`. */
function takenBy({ value }: Pick<Setting, 'name' | 'value'>): string | undefined {
  const match = /^(["']?)\$(?:(\w+)|\{(\w+)(?::?-)?\})\1$/.exec(value ?? '');
  return match?.[1] === "'" ? undefined : (match?.[2] ?? match?.[3]);
}

type Plan =
  | { readonly skipped: SkipReason; readonly detail?: string }
  | { readonly report: string }
  | {
      readonly users: readonly User[];
      readonly edits: readonly TextEdit[];
      readonly edited: readonly number[];
      readonly removed: readonly number[];
    };

function planFor(file: Dockerfile, facts: Facts, carried: Carried): Plan {
  const { name, names, declarations } = carried;
  if (declarations.some(({ instruction }) => holdsTemplate(instruction.logical.text)))
    return { skipped: 'template-text' };
  if (declarations.some(({ setting }) => isSwitchedOff(setting))) return { skipped: 'secret-has-default' };
  const declared = new Set(declarations.map(({ instruction }) => instruction));
  const stays = declarations.some(({ instruction }) => instruction.keyword === 'ENV');
  for (const instruction of file.instructions) {
    const { keyword } = instruction;
    const isRead = textsOf(file, instruction).some((text) => mentions(text, names));
    if (!isRead) continue;
    if (keyword === 'CMD' || keyword === 'ENTRYPOINT' || keyword === 'HEALTHCHECK') {
      if (stays) return { skipped: 'secret-needed-later' };
    } else if (keyword !== 'RUN' && !(declared.has(instruction) && onlyDeclares(file, instruction, carried))) {
      return { skipped: 'secret-used-elsewhere', detail: `\`${keyword}\` in line ${instruction.startLine}` };
    }
  }
  const users = usersOf(file, facts, carried);
  if (!Array.isArray(users)) return users;
  if (users.length === 0) {
    return stays
      ? {
          report: `no build step reads it, so leave it out of the image and give it to containers, as with \`docker run --env ${name}\``,
        }
      : { skipped: 'secret-use-unknown' };
  }
  for (const { body } of users) {
    const kept = keptIn(body, names);
    if (kept !== undefined) {
      return { skipped: 'secret-kept', detail: `line ${body.instruction.startLine} writes ${kept}` };
    }
  }
  const isOptional =
    users.some((user) => mayBeEmpty(user, names)) ||
    declarations.some(({ setting }) => /^(?:""|'')?$/.test(setting.value ?? 'x'));
  const edits = users.map(({ body, variables }) =>
    mountVariable(file, body, { id: name, variables, required: !isOptional }, facts),
  );
  const removal = withoutDeclarations(file, declarations);
  if (!removal) return { skipped: 'text-spread' };
  return {
    users,
    edits: [...edits, ...removal.edits],
    edited: [...users.map(({ body }) => body.instruction.index), ...removal.edited],
    removed: removal.removed,
  };
}

/** Whether a declaration reads the names only where it passes the secret on. */
function onlyDeclares(file: Dockerfile, instruction: Instruction, { names, declarations }: Carried): boolean {
  const own = declarations.filter((each) => each.instruction === instruction).map(({ setting }) => setting.start);
  return settingsOf(file, instruction).every(
    ({ start, value }) => own.includes(start) || !mentions(value ?? '', names),
  );
}

/** Takes the declarations out: whole instructions, or single words of those that set something else too. */
function withoutDeclarations(
  file: Dockerfile,
  declarations: readonly Declaration[],
): { edits: TextEdit[]; edited: number[]; removed: number[] } | undefined {
  const result = { edits: [] as TextEdit[], edited: [] as number[], removed: [] as number[] };
  for (const instruction of new Set(declarations.map((each) => each.instruction))) {
    if (instruction.opaque) return undefined;
    const all = settingsOf(file, instruction);
    const gone = declarations.filter((each) => each.instruction === instruction).map(({ setting }) => setting.start);
    if (all.every(({ start }) => gone.includes(start))) {
      const edit = removeLines(file, instruction);
      if (!edit) return undefined;
      result.edits.push(edit);
      result.removed.push(instruction.index);
      continue;
    }
    for (const [at, setting] of all.entries()) {
      if (!gone.includes(setting.start)) continue;
      const previousEnd = all[at - 1]?.end ?? instruction.keywordEnd;
      const edit = removeToken(instruction, {
        previousEnd,
        start: setting.start,
        end: setting.end,
        next: all[at + 1]?.start,
      });
      if (!edit) return undefined;
      result.edits.push(edit);
    }
    result.edited.push(instruction.index);
  }
  return result;
}
