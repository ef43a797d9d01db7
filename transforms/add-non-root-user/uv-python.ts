import type { Instruction } from '../../src/dockerfile/index.ts';
import { pythonOfImage } from '../../src/facts/index.ts';
import { familiarName, normalize, parseReference } from '../../src/image/index.ts';
import { absolute, type StageCommand, stageCommands } from '../../src/transform/index.ts';
import { copySteps, textAt } from './image-files.ts';
import type { Setting } from './setting.ts';
import type { Start } from './start.ts';

interface Python {
  readonly version: string | undefined;
}

/**
 * Whether uv, which a step calls, finds no Python in the image that fits and so downloads one for the environment that
 * the start uses (docs.astral.sh/uv/concepts/python-versions, November 2026).
 */
export function downloadsPython(setting: Setting, start: Start, step: Instruction): boolean {
  const { file, facts, chain } = setting;
  if (!usesEnvironment(setting, start)) return false;
  const commands = chain
    .flatMap((stage) => stageCommands(file, stage, facts).commands)
    .filter(({ instruction }) => instruction.index <= step.index);
  const python = pythonBefore(setting, commands, step);
  return commands.some(
    (each) =>
      each.instruction === step &&
      each.name === 'uv' &&
      /^(?:sync|venv|run|add)$/.test(each.words.find((word) => !word?.startsWith('-')) ?? '') &&
      !fits(setting, each, python),
  );
}

/** Whether the start runs Python, or something of an environment. */
function usesEnvironment({ environment }: Setting, start: Start): boolean {
  if (start.kind !== 'known' || environment.has('VIRTUAL_ENV') || environment.has('UV_PROJECT_ENVIRONMENT'))
    return true;
  const isNamed = (text: string | undefined) => text !== undefined && /venv\b/.test(text);
  return (
    isNamed(environment.get('PATH')) ||
    start.commands.some(
      ({ program, path, words }) => /^(?:uv|uvx|python[\d.]*)$/.test(program) || [path, ...words].some(isNamed),
    )
  );
}

/** The Python that the image has by then: of the base image, from another one, installed, or called. */
function pythonBefore(setting: Setting, commands: readonly StageCommand[], step: Instruction): Python | undefined {
  const { file, facts, chain, base, instructions, environment } = setting;
  const own = base === undefined ? undefined : pythonOf(base);
  if (own) return { version: environment.get('PYTHON_VERSION') ?? own.version };
  for (const { from, instruction } of copySteps(file, chain, facts)) {
    const copied = from === undefined || instruction.index > step.index ? undefined : pythonOf(from);
    // Only uv itself comes from an image of uv.
    if (copied && !/\/uv[:@]/.test(from!)) return copied;
  }
  for (const each of instructions) {
    if (each.keyword !== 'RUN' || each.index > step.index) continue;
    const installed =
      /\b(?:apt|apt-get|apk|yum|dnf|microdnf)\s[^;&|]*\b(?:install|add)\s[^;&|]*\bpython3?(?:(?<=3)(\.\d+))?(?=[\s=~]|$)/.exec(
        file.args(each),
      );
    if (installed) return { version: installed[1] && `3${installed[1]}` };
  }
  return commands.some(
    ({ name, command }) => /^(?:python|pip)[\d.]*$/.test(name) && !/venv/.test(command.words[0]?.text ?? ''),
  )
    ? { version: undefined }
    : undefined;
}

function pythonOf(reference: string): Python | undefined {
  const parsed = parseReference(reference);
  if (!parsed.ok) return undefined;
  const canonical = normalize(parsed.reference);
  return pythonOfImage(familiarName(canonical), canonical.tag ?? '');
}

/** Whether a Python is the one that uv is asked for: by the command, the environment, or the files of the project. */
function fits(setting: Setting, { words, directory, environment }: StageCommand, python: Python | undefined): boolean {
  const textOf = (name: string) => (directory === undefined ? undefined : textAt(setting, absolute(name, directory)!));
  const project = textOf('pyproject.toml') ?? '';
  // Neither is a Python downloaded where the settings of the project forbid it.
  const forbids = /^\s*python-(?:downloads\s*=\s*["'](?:never|manual)|preference\s*=\s*["']only-system)/m;
  if ([project, textOf('uv.toml') ?? ''].some((text) => forbids.test(text))) return true;
  const at = words.findIndex((word) => word === '-p' || word === '--python');
  const asked =
    (at === -1 ? undefined : words[at + 1]) ??
    words.map((word) => /^(?:--python=|-p(?=\d))(.+)$/.exec(word ?? '')?.[1]).find((each) => each !== undefined) ??
    environment.get('UV_PYTHON') ??
    setting.environment.get('UV_PYTHON') ??
    textOf('.python-version')?.trim();
  // The path of one that is there.
  if (asked?.startsWith('/')) return true;
  if (python === undefined) return false;
  const version = /^(?:(?:cpython|python)[@-]?)?(\d+(?:\.\d+)*)$/.exec(asked ?? '')?.[1];
  if (version !== undefined && version !== '3') return `${python.version}.`.startsWith(`${version}.`);
  const minor = /^3\.(\d+)/.exec(python.version ?? '')?.[1];
  const required = /^\s*requires-python\s*=\s*["']([^"']+)/m.exec(project)?.[1];
  return minor === undefined || required === undefined || allows(required, Number(minor));
}

/** Whether a Python 3 of a minor version is allowed by what `requires-python` says of minor versions. */
function allows(required: string, minor: number): boolean {
  return required.split(',').every((clause) => {
    const [, operator, number] = /^\s*(>=|>|<=|<|==|~=)\s*3\.(\d+)/.exec(clause) ?? [];
    const bound = Number(number);
    if (operator === '>=' || operator === '~=' || operator === '>') return minor >= bound;
    if (operator === '<') return minor < bound || /3\.\d+\.[1-9]/.test(clause);
    return operator === '<=' ? minor <= bound : operator !== '==' || minor === bound;
  });
}
