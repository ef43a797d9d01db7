import type { Instruction } from '../src/dockerfile/index.ts';
import { insertAfter, insertBefore } from '../src/edit/index.ts';
import type { ImageFacts } from '../src/facts/index.ts';
import {
  commandName,
  type ShellCommand,
  type ShellList,
  type ShellPipeline,
  type ShellTree,
  visitCommands,
  visitTrees,
} from '../src/shell/index.ts';
import {
  baseWithShell,
  defineTransform,
  errexitAt,
  type Finding,
  type ShellBody,
  type SkipReason,
  shellBodies,
  systemOf,
} from '../src/transform/index.ts';

/** Their failure as an element of a pipe is nothing that a build need stop for: no match, a difference, an answer. */
const oftenFails = new Set(
  'grep egrep fgrep zgrep rg diff cmp test [ [[ read which type command pgrep pidof'.split(' '),
);
/** They write what they are told and do not fail. */
const neverFails = new Set(['echo', 'printf', ':', 'true']);

const message =
  'A pipe has the status of its last command: when an earlier one fails, the build goes on with what it left';

export const setPipefail = defineTransform({
  id: 'set-pipefail',
  meta: {
    summary: 'Set pipefail in RUN instructions that pipe',
    why: 'Without pipefail `curl … | tar x` and its like hide the failure of the first command, and the layer is cached as good.',
    safety: 'unsafe',
    safetyNote:
      'A command that stops reading early makes the one before it fail with SIGPIPE, and a command that fails as a matter of course stops the build. Pipes where that is likely are left alone, and so is dash (the shell of Debian and Ubuntu), which has no pipefail up to 0.5.12.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: { hadolint: ['DL4006'], kics: ['efbf148a-67e9-42d2-ac47-02fa1c0d0b22'] },
  },
  needs: (file) => ({ systems: file.instructions.filter(mayPipe).flatMap((each) => baseWithShell(file, each) ?? []) }),
  *find({ file, facts }) {
    for (const body of shellBodies(file, facts)) {
      const found = finding(body, systemOf(file, body.instruction, facts)?.source);
      if (found) yield found;
    }
  },
});

/** Whether it is worth asking which shell runs this. */
function mayPipe({ keyword, json, stage, logical, argsStart }: Instruction): boolean {
  if (keyword !== 'RUN' || json || stage === undefined) return false;
  return /(?<!\|)\|(?!\|)/.test(logical.text.slice(argsStart)) && !logical.text.includes('pipefail');
}

function finding(body: ShellBody, source: ImageFacts['source'] | undefined): Finding | undefined {
  const { instruction, script, shell } = body;
  if (shell.pipefail || !hidesFailure(body) || setsPipefail(body)) return undefined;
  const { span, index } = instruction;
  const skipped = refusal(body);
  if (skipped) return { span, message, skipped };
  const set = leadingSet(body);
  const edit = set
    ? insertAfter(instruction, body.base + set, ' -o pipefail')
    : insertBefore(instruction, body.base + script.statements[0]!.start, 'set -o pipefail && ');
  return {
    span,
    message,
    fix: {
      title: 'Set `pipefail` for a pipe',
      safety: 'unsafe',
      evidence: source === 'registry' && !shell.setBy ? ['text', 'registry'] : ['text'],
      edits: [edit],
      changes: { edits: [index] },
    },
  };
}

/**
 * Whether a pipe of the body itself, one in a substitution aside, has a command before its last that can fail, and
 * stands where the status of the pipe decides over the build.
 */
function hidesFailure(body: ShellBody): boolean {
  const all = pipelines(body.script, false);
  const deciding = errexitAt(body, Number.POSITIVE_INFINITY) ? all : all.filter((each) => decides(body.script, each));
  return deciding.some((each) => each.commands.slice(0, -1).some((tree) => !isHarmless(tree)));
}

/** Without -e only the status of a list's last statement counts: the others' is gone with the next one. */
function decides(list: ShellList, pipeline: ShellPipeline): boolean {
  const last = list.statements.at(-1);
  return last !== undefined && !last.background && decidesIn(last.tree, pipeline);
}

function decidesIn(tree: ShellTree, pipeline: ShellPipeline): boolean {
  if (tree === pipeline) return true;
  if (tree.kind === 'and-or') return tree.commands.some((each) => decidesIn(each, pipeline));
  return tree.kind === 'compound' && tree.lists.some((inner) => decides(inner, pipeline));
}

function pipelines(script: ShellBody['script'], nested: boolean): ShellPipeline[] {
  const found: ShellPipeline[] = [];
  visitTrees(script, (tree) => void (tree.kind === 'pipeline' && tree.commands.length > 1 && found.push(tree)), {
    nested,
  });
  return found;
}

function isHarmless(tree: ShellTree): boolean {
  return tree.kind === 'command' && neverFails.has(commandName(tree) ?? '');
}

function setsPipefail({ script }: ShellBody): boolean {
  let sets = false;
  visitCommands(script, (command) => {
    if (command.words.some((word) => word.text.includes('pipefail'))) sets = true;
  });
  return sets;
}

function refusal({ shell, script }: ShellBody): SkipReason | undefined {
  if (shell.dialect === 'dash' || shell.dialect === 'sh') return 'pipefail-unsupported';
  const first = script.statements[0]!;
  if (first.background) return 'pipe-in-background';
  for (const { commands } of pipelines(script, true)) {
    const readers = commands.slice(1);
    const writers = commands.slice(0, -1);
    if (readers.some(stopsEarly) || writers.some((tree) => named(tree, 'yes'))) return 'pipe-stops-early';
    if (writers.some((tree) => !isSure(tree))) return 'pipe-status-normal';
  }
  return undefined;
}

/** Whether a failure of a command that writes into a pipe is a failure of the build. */
function isSure(tree: ShellTree): boolean {
  return tree.kind !== 'command' || !oftenFails.has(commandName(tree)?.split('/').at(-1) ?? '');
}

function named(tree: ShellTree, name: string): boolean {
  return tree.kind === 'command' && commandName(tree)?.split('/').at(-1) === name;
}

/** Whether a command may end before it has read all of its input. */
function stopsEarly(tree: ShellTree): boolean {
  if (tree.kind === 'command') return commandStopsEarly(tree);
  if (tree.kind !== 'compound') return true;
  // A loop over `read` reads to the end, unless it breaks off.
  let stops = tree.type !== 'while';
  for (const list of tree.lists) {
    visitCommands(list, (command) => {
      if (/^(?:break|exit|return)$/.test(commandName(command) ?? '')) stops = true;
    });
  }
  return stops;
}

function commandStopsEarly(command: ShellCommand): boolean {
  const name = commandName(command)?.split('/').at(-1);
  const rest = command.words.slice(1).map((word) => word.text);
  switch (name) {
    case undefined:
    case 'head':
    case 'read':
    case 'true':
    case 'false':
    case ':':
    case 'test':
    case '[':
    case 'echo':
    case 'printf':
    case 'more':
    case 'less':
    case 'dd':
      return true;
    // They read nothing of it, and may end before the writer writes.
    case 'cp':
    case 'mv':
    case 'rm':
    case 'ln':
    case 'mkdir':
    case 'chmod':
    case 'chown':
    case 'ls':
      return true;
    case 'tar':
    case 'bsdtar':
      return readsArchiveFile(rest);
    case 'grep':
    case 'egrep':
    case 'fgrep':
    case 'zgrep':
      return rest.some((word) => /^(?:-[A-Za-z]*[qmlL]|--(?:quiet|silent|max-count|files-with))/.test(word));
    case 'sed':
      return rest.some((word) => /(?:^|[\s;{'"\d/$!}])[qQ](?:[\s;}'"\d]|$)/.test(word));
    case 'awk':
    case 'gawk':
    case 'mawk':
    case 'perl':
      return rest.some((word) => /\b(?:exit|last)\b/.test(word));
    default:
      return false;
  }
}

/** Whether tar(1) reads a file that it is given the name of; without one, or with `-`, it reads its input. */
function readsArchiveFile(words: readonly string[]): boolean {
  const at = words.findIndex(
    (word, index) => /^-[A-Za-z]*f$|^--file$/.test(word) || (index === 0 && /^[A-Za-z]+f$/.test(word)),
  );
  const file = at === -1 ? words.map((word) => /^(?:--file=|-f)(.+)$/.exec(word)?.[1]).find(Boolean) : words[at + 1];
  return (
    file !== undefined &&
    file !== '-' &&
    file !== '/dev/stdin' &&
    !words.includes('-T') &&
    !words.includes('--files-from')
  );
}

/** Where `-o pipefail` can follow the options of a `set` that the body begins with. */
function leadingSet({ script }: ShellBody): number | undefined {
  let tree = script.statements[0]!.tree;
  while (tree.kind === 'and-or') tree = tree.commands[0]!;
  if (tree.kind !== 'command' || commandName(tree) !== 'set' || tree.words.length < 2) return undefined;
  if (tree.assignments.length > 0 || tree.redirects.length > 0) return undefined;
  return tree.words.slice(1).every((word) => /^-[eux]+$/.test(word.text)) ? tree.words.at(-1)!.end : undefined;
}
