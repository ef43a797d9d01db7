import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import type { TextEdit } from '../../src/edit/index.ts';
import {
  type ContextFacts,
  defineTransform,
  type Facts,
  type Finding,
  isAvailable,
  shellBody,
} from '../../src/transform/index.ts';
import { needOf } from './needs.ts';
import { lastCommandWithoutExec } from './wrappers.ts';

/** Signal names of Linux, without `SIG` (signal(7), man-pages 6.16). */
const signals = new Set(
  `ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP
  TTIN TTOU UNUSED URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX`
    .trim()
    .split(/\s+/),
);

/** Programs that start another one and wait for it, and do not pass on every signal. */
const runners = /^(?:npm|yarn|pnpm|npx|bunx)$/;

export const useGracefulStop = defineTransform({
  id: 'use-graceful-stop',
  meta: {
    summary: 'Let the signal to stop reach the program',
    why: 'A container is stopped by a signal to its first process. Where that is a package manager or a script that only waits, the program never hears of it and is killed ten seconds later, in the middle of whatever it does.',
    safety: 'unsafe',
    safetyNote:
      'A package manager goes only where its script is one plain call of Node. The program then has none of the variables that the package manager sets, and no `node_modules/.bin` on its PATH: where a source is seen to need them, the package manager stays. Scripts and signals are reported.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs: (file) => ({ context: file.stages.some((stage) => startOf(stage) !== undefined) }),
  *find({ file, facts }) {
    for (const instruction of file.instructions) {
      if (instruction.keyword === 'STOPSIGNAL') yield* stopSignal(file, instruction);
    }
    const stage = file.finalStage;
    const start = stage && startOf(stage);
    if (stage && start) yield* startedBy(file, stage, start, facts);
  },
});

/** The instruction that says what a container starts first. */
function startOf(stage: Stage): Instruction | undefined {
  const last = (keyword: string): Instruction | undefined =>
    stage.instructions.findLast((each) => each.keyword === keyword && !each.opaque);
  const entrypoint = last('ENTRYPOINT');
  return entrypoint && entrypoint.json?.length !== 0 ? entrypoint : last('CMD');
}

function* stopSignal(file: Dockerfile, instruction: Instruction): Generator<Finding> {
  const expanded = file.expand(file.args(instruction).trim(), instruction);
  if (!expanded.ok || expanded.value === '') return;
  const name = expanded.value.toUpperCase().replace(/^SIG/, '');
  const { span } = instruction;
  if (
    /^\d+$/.test(name)
      ? Number(name) >= 1 && Number(name) <= 64
      : signals.has(name.replace(/^(RTM(?:IN|AX))[+-]\d+$/, '$1'))
  ) {
    if (name !== 'KILL' && name !== 'STOP' && name !== '9' && name !== '19') return;
    yield {
      span,
      message: 'This signal cannot be handled, so the program has no chance to end what it does',
      report: true,
    };
    return;
  }
  yield {
    span,
    message: 'This is no signal of Linux, so that containers of the image cannot be started or stopped',
    report: true,
  };
}

function* startedBy(file: Dockerfile, stage: Stage, start: Instruction, facts: Facts): Generator<Finding> {
  const words = start.json ?? plainWords(file, start, facts);
  const [program = '', ...rest] = words;
  const { span, keyword } = start;
  const context = facts.context();
  if (runners.test(program)) {
    const script = isAvailable(context) ? scriptOf(context, rest) : undefined;
    const need = script && isAvailable(context) ? needOf(file, context, program, script.text) : undefined;
    const edit = script?.isWhole && need === undefined ? replacement(start, script.text) : undefined;
    const instead =
      script === undefined
        ? ': start what its script runs'
        : need === undefined
          ? `: start what its script runs, \`${script.text}\``
          : `; what its script runs, \`${script.text}\`, needs it: ${need}`;
    const message = `\`${keyword}\` starts \`${program}\`, which does not pass every signal on and stays in memory beside the program${instead}`;
    if (!edit) {
      yield { span, message, report: true };
      return;
    }
    yield {
      span,
      message,
      fix: {
        title: `Start \`${script!.text}\` without \`${program}\``,
        safety: 'unsafe',
        evidence: ['context'],
        edits: [edit],
        changes: { edits: [start.index], config: [keyword === 'CMD' ? 'Cmd' : 'Entrypoint'] },
      },
    };
    return;
  }
  if (!isAvailable(context)) return;
  const path = wrapperIn(file, stage, context, program);
  const text = path === undefined ? undefined : context.text(path);
  const found = text === undefined ? undefined : lastCommandWithoutExec(text);
  if (!found) return;
  const message = `\`${path}\` starts \`${found.program}\` in line ${found.line} without \`exec\`, so that the shell stays the first process and keeps the signals to itself`;
  yield { span, message, report: true };
}

/** The words of a shell form that is one command without anything for a shell to do. */
function plainWords(file: Dockerfile, start: Instruction, facts: Facts): readonly string[] {
  const body = shellBody(file, start, facts);
  if (typeof body !== 'object' || body.script.statements.length !== 1) return [];
  const { tree } = body.script.statements[0]!;
  return tree.kind === 'command' ? tree.words.map((word) => word.literal ?? '') : [];
}

/** A script of package.json that is one plain command. */
interface Script {
  readonly text: string;
  /** It is a call of Node, nothing runs before or after it, and nothing is passed to it. */
  readonly isWhole: boolean;
}

/** What a script of the application's own package.json runs. */
function scriptOf(context: ContextFacts, rest: readonly string[]): Script | undefined {
  const words = rest.filter((word) => word !== 'run');
  const name = words.find((word) => !word.startsWith('-')) ?? 'start';
  const own = context.manifests.find((each) => each.path === 'package.json');
  if (own?.kind !== 'package.json' || !own.facts.ok) return undefined;
  const { scripts } = own.facts.value;
  const text = Object.hasOwn(scripts, name) ? scripts[name]!.trim() : '';
  if (!/^[\w@./-]+(?: [\w@./=:-]+)*$/.test(text)) return undefined;
  const hasOthers = Object.hasOwn(scripts, `pre${name}`) || Object.hasOwn(scripts, `post${name}`);
  return { text, isWhole: words.length === 1 && text.startsWith('node ') && !hasOthers };
}

/** The words of a plain command in the place of those of an exec form. */
function replacement({ json, logical, argsStart, argsEnd }: Instruction, text: string): TextEdit | undefined {
  if (!json || !logical.isContiguous(argsStart, argsEnd)) return undefined;
  return {
    ...logical.span(argsStart, argsEnd),
    text: `[${text
      .split(' ')
      .map((word) => JSON.stringify(word))
      .join(', ')}]`,
  };
}

/** The file of the context that a start names, by the COPY that brings it in. */
function wrapperIn(file: Dockerfile, stage: Stage, context: ContextFacts, program: string): string | undefined {
  const name = program.split('/').at(-1)!;
  if (!/\.(?:sh|bash)$|entrypoint|^start$|^run$/.test(name)) return undefined;
  const named = stage.instructions.flatMap((each) =>
    (each.keyword === 'COPY' || each.keyword === 'ADD') && !each.flags.some((flag) => flag.name === 'from')
      ? file
          .words(each)
          .slice(0, -1)
          .map(({ text }) => text.replace(/^(?:\.?\/)+/, ''))
      : [],
  );
  const own = named.find((source) => source.split('/').at(-1) === name);
  if (own !== undefined && context.file(own)?.type === 'file') return own;
  return context.file(name)?.type === 'file' && named.some((source) => source === '' || source === '.')
    ? name
    : undefined;
}
