import type { Dockerfile, Instruction, Stage } from '../src/dockerfile/index.ts';
import { insertBefore, type TextEdit } from '../src/edit/index.ts';
import type { ShellCommand, ShellWord } from '../src/shell/index.ts';
import {
  defineTransform,
  entrypointInForce,
  type Facts,
  type Finding,
  holdsTemplate,
  instructionsBefore,
  mayBeTriggered,
  namesSetBy,
  type Safety,
  type ShellBody,
  type SkipReason,
  shellBody,
  systemOf,
} from '../src/transform/index.ts';
import { mayLackInterpreter, type ProgramFile, programFile } from './use-exec-form/programs.ts';

/** Commands of the shells that have no program, or one that works differently. */
const builtins = new Set(
  `. : [ alias bg bind break builtin caller cd command compgen complete continue declare dirs disown echo enable eval exec
  exit export fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray
  readonly return set shift shopt source suspend test time times trap type typeset ulimit umask unalias unset wait`.split(
    /\s+/,
  ),
);
/** Entry points that start their arguments as they are, whatever the first one is. */
const inits = new Set(['tini', 'tini-static', 'dumb-init', 'catatonit', 'docker-init']);

export const useExecForm = defineTransform({
  id: 'use-exec-form',
  meta: {
    summary: 'Write CMD, ENTRYPOINT and HEALTHCHECK in exec form',
    why: 'In shell form the program runs under `/bin/sh -c`, and where that shell stays, the program is not process 1 and gets no SIGTERM: `docker stop` waits ten seconds and kills it.',
    safety: 'unsafe',
    safetyNote:
      'Safe for a CMD that is one plain command, a program by its name, on a base image known to have no entry point, or a file of the build context that the kernel can start. Unsafe under an entry point that may look at its arguments, on unknown images, for a program that may be a script without `#!`, and for ENTRYPOINT, which then takes the arguments of `docker run`. The program is process 1 then, and the variable `PWD` is not set for it.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      hadolint: ['DL3025'],
      buildkit: ['JSONArgsRecommended'],
      kics: ['b86987e1-6397-4619-81d5-8807f2387c79'],
    },
  },
  needs(file) {
    const isAny = file.instructions.some(
      ({ keyword, json }) => !json && (keyword === 'CMD' || keyword === 'ENTRYPOINT' || keyword === 'HEALTHCHECK'),
    );
    return { context: isAny };
  },
  *find({ file, facts }) {
    for (const stage of file.stages) {
      for (const keyword of ['CMD', 'ENTRYPOINT', 'HEALTHCHECK']) {
        // Earlier ones do not count.
        const instruction = stage.instructions.findLast((each) => each.keyword === keyword);
        if (instruction && !instruction.json) {
          const found = finding(file, stage, instruction, facts);
          if (found) yield found;
        }
      }
    }
  },
});

function finding(file: Dockerfile, stage: Stage, instruction: Instruction, facts: Facts): Finding | undefined {
  const { span, index, keyword } = instruction;
  const body = shellBody(file, instruction, facts);
  if (!body) return undefined;
  if (keyword === 'HEALTHCHECK') return healthcheckFinding(file, stage, body, facts);
  const message = `\`${keyword}\` in shell form runs under \`/bin/sh -c\`, which may not pass signals on to the program`;
  if (holdsTemplate(file.args(instruction))) return { span, message, skipped: 'template-text' };
  if (/^\[.*\]?$/s.test(file.args(instruction))) {
    const report = `\`${keyword}\` looks like exec form but is not valid JSON, so a shell gets it as text`;
    return { span, message: report, report: true };
  }
  if (typeof body === 'string') return { span, message, skipped: body };
  const words = plainCommand(body);
  if (typeof words === 'string') return execFinding(file, stage, body, words, facts);
  const skipped = keyword === 'CMD' ? refuseCmd(file, stage, facts) : refuseEntrypoint(file, stage);
  if (skipped) return { span, message, skipped };
  const program = programFile(file, instruction, words[0]!.literal!, facts);
  if (program !== 'starts' && program !== 'unknown') return { span, message, skipped: program };
  if (readsStartFile(file, instruction, facts)) return { span, message, skipped: 'shell-unknown' };
  const edits = execForm(body, words);
  if (!edits) return { span, message, skipped: 'text-spread' };
  return {
    span,
    message,
    fix: {
      title: `Write \`${keyword}\` in exec form`,
      safety: safetyOf(file, stage, body, words[0]!.literal!, program, facts),
      evidence: [
        systemOf(file, instruction, facts)?.source === 'registry' ? 'registry' : 'text',
        ...(program === 'starts' ? (['context'] as const) : []),
      ],
      edits,
      changes: { edits: [index], config: [keyword === 'CMD' ? 'Cmd' : 'Entrypoint'] },
    },
  };
}

/** What a shell has to prepare can still end in the program itself, as process 1. */
function execFinding(
  file: Dockerfile,
  stage: Stage,
  body: ShellBody,
  reason: SkipReason,
  facts: Facts,
): Finding | undefined {
  const { instruction, base } = body;
  const { span, keyword, index } = instruction;
  const message = `\`${keyword}\` in shell form runs under \`/bin/sh -c\`, which may not pass signals on to the program`;
  const last = reason === 'command-needs-shell' ? lastCommand(body) : undefined;
  // The program is process 1 already, and what its words need a shell for stays.
  if (last === 'exec') return undefined;
  if (!last || body.shell.xtrace) return { span, message, skipped: reason };
  if (keyword === 'CMD' && entrypointInForce(file, stage, facts).kind === 'shell') {
    return { span, message, skipped: 'entrypoint-hides-command' };
  }
  const system = systemOf(file, instruction, facts);
  return {
    span,
    message: `${message}: it needs a shell, which \`exec\` replaces with the program`,
    fix: {
      title: `Start the program of \`${keyword}\` with \`exec\``,
      // A shell as process 1 also buries the processes that a program leaves behind.
      safety: 'unsafe',
      evidence: system?.source === 'registry' ? ['registry'] : ['text'],
      edits: [insertBefore(instruction, base + last.start, 'exec ')],
      changes: { edits: [index], config: [keyword === 'CMD' ? 'Cmd' : 'Entrypoint'] },
    },
  };
}

/** The program that a body ends in, where nothing follows it: a command, or the last one of a chain of `&&`. */
function lastCommand({ script }: ShellBody): ShellCommand | 'exec' | undefined {
  const statement = script.statements.at(-1);
  if (!statement || statement.background || script.statements.some((each) => each.background)) return undefined;
  const { tree } = statement;
  if (tree.kind === 'and-or' && tree.operators.some((operator) => operator !== '&&')) return undefined;
  const command = tree.kind === 'and-or' ? tree.commands.at(-1) : tree;
  if (command?.kind !== 'command' || command.assignments.length > 0) return undefined;
  const first = command.words[0];
  if (first?.text === 'exec') return 'exec';
  // What a variable holds may be several words, or a command of the shell.
  if (!first || (first.literal === undefined && !/^["']?\$\{?\w+\}?\/[\w./-]+["']?$/.test(first.text)))
    return undefined;
  const name = first.literal ?? '';
  if (builtins.has(name) || /\s/.test(name) || setsTrap(script.text)) return undefined;
  return script.text.slice(0, command.start).trim() !== '' && waits(command) ? undefined : command;
}

/**
 * Programs that only keep a container alive. As process 1 they bury no processes of what came before, as the shell does,
 * and with no handler of their own they get no SIGTERM either (pid_namespaces(7)).
 */
function waits({ words: [name, ...words], redirects }: ShellCommand): boolean {
  const program = name?.literal?.split('/').at(-1);
  if (program === 'tail') return words.some(({ text }) => /^(?:-\w*[fF]|--follow|--retry)/.test(text));
  if (program === 'cat') return words.every(({ text }) => /^-/.test(text)) && redirects.length === 0;
  return program === 'sleep';
}

/** A shell that has something to do at its end has to be there. */
function setsTrap(text: string): boolean {
  return /\btrap\b/.test(text);
}

/** A check with anything for a shell to do, as most have with `|| exit 1`, is right as it is. */
function healthcheckFinding(
  file: Dockerfile,
  stage: Stage,
  body: ShellBody | SkipReason,
  facts: Facts,
): Finding | undefined {
  const words = typeof body === 'string' ? body : plainCommand(body);
  if (typeof body === 'string' || typeof words === 'string') return undefined;
  const { instruction } = body;
  if (holdsTemplate(file.args(instruction)) || readsStartFile(file, instruction, facts)) return undefined;
  const program = programFile(file, instruction, words[0]!.literal!, facts);
  const edits = execForm(body, words);
  if (!edits || (program !== 'starts' && program !== 'unknown')) return undefined;
  const isSafe =
    !body.shell.xtrace &&
    (program === 'starts' || !mayLackInterpreter(file, stage, words[0]!.literal!)) &&
    systemOf(file, instruction, facts);
  return {
    span: instruction.span,
    message: '`HEALTHCHECK` in shell form starts a shell at every check, for a command that needs none',
    fix: {
      title: 'Write `HEALTHCHECK` in exec form',
      safety: isSafe ? 'safe' : 'unsafe',
      evidence: ['text'],
      edits,
      changes: { edits: [instruction.index], config: ['Healthcheck'] },
    },
  };
}

/** The words of a body that is one simple command without anything for a shell to do, a leading `exec` dropped. */
function plainCommand({ script }: ShellBody): readonly ShellWord[] | SkipReason {
  const [statement, ...more] = script.statements;
  const tree = statement?.tree;
  if (!tree || more.length > 0 || statement.background || tree.kind !== 'command') return 'command-needs-shell';
  if (script.comments.length > 0 || script.bashisms.length > 0) return 'command-needs-shell';
  if (tree.assignments.length > 0 || tree.redirects.length > 0) return 'command-needs-shell';
  if (script.text.slice(0, tree.start) + script.text.slice(tree.end) !== '') return 'command-needs-shell';
  const [first, second] = tree.words;
  const words = first?.literal === 'exec' && second && !second.text.startsWith('-') ? tree.words.slice(1) : tree.words;
  // The tilde after `=` or `:` is expanded in some shells and some places.
  if (words.some((word) => word.literal === undefined || /[=:]~/.test(word.text))) return 'command-needs-shell';
  const name = words[0]?.literal ?? '';
  return builtins.has(name) || name === '' || /\s/.test(name) ? 'command-is-builtin' : words;
}

/** Exec form hands the words to an ENTRYPOINT as they are; shell form hands them to a shell. */
function refuseCmd(file: Dockerfile, stage: Stage, facts: Facts): SkipReason | undefined {
  return entrypointInForce(file, stage, facts).kind === 'shell' ? 'entrypoint-hides-command' : undefined;
}

/** The shell form ignores CMD, that of child stages too; one that the base image sets is reset by any ENTRYPOINT. */
function refuseEntrypoint(file: Dockerfile, stage: Stage): SkipReason | undefined {
  const commands = [stage, ...file.descendants(stage)].flatMap((each) =>
    each.instructions.filter((instruction) => instruction.keyword === 'CMD' && instruction.json?.length !== 0),
  );
  return commands.length > 0 || mayBeTriggered(file, stage, 'CMD') ? 'entrypoint-would-take-command' : undefined;
}

/** A shell that reads a file at its start may set up the environment of the command. */
function readsStartFile(file: Dockerfile, instruction: Instruction, facts: Facts): boolean {
  const names = instruction.stage!.instructions.concat(instructionsBefore(instruction));
  const start = ['BASH_ENV', 'ENV'];
  const inherited = Object.keys(systemOf(file, instruction, facts)?.env ?? {});
  return [...names.flatMap((each) => namesSetBy(file, each)), ...inherited].some((name) => start.includes(name));
}

function safetyOf(
  file: Dockerfile,
  stage: Stage,
  body: ShellBody,
  name: string,
  program: ProgramFile,
  facts: Facts,
): Safety {
  const { instruction, shell } = body;
  if (instruction.keyword === 'ENTRYPOINT' || shell.xtrace || !systemOf(file, instruction, facts)) return 'unsafe';
  const entrypoint = entrypointInForce(file, stage, facts);
  const init = entrypoint.kind === 'exec' ? (entrypoint.argv[0] ?? '').split('/').at(-1)! : '';
  if (entrypoint.kind !== 'none' && !inits.has(init)) return 'unsafe';
  return program !== 'starts' && mayLackInterpreter(file, stage, name) ? 'unsafe' : 'safe';
}

/** Rewrites each word in its place where the command takes several lines, so that these stay; else the whole. */
function execForm({ instruction, base, script }: ShellBody, words: readonly ShellWord[]): TextEdit[] | undefined {
  const { logical } = instruction;
  const [start, end] = [base, base + script.text.length];
  const strings = words.map((word) => JSON.stringify(word.literal));
  if (logical.isContiguous(start, end)) return [{ ...logical.span(start, end), text: `[${strings.join(', ')}]` }];
  const edits: TextEdit[] = [];
  for (const [at, word] of words.entries()) {
    // A dropped `exec` goes with the blanks after it.
    const from = at === 0 ? start : base + word.start;
    if (!logical.isContiguous(from, base + word.end)) return undefined;
    const text = `${at === 0 ? '[' : ''}${strings[at]}${at === words.length - 1 ? ']' : ','}`;
    edits.push({ ...logical.span(from, base + word.end), text });
  }
  return edits;
}
