import type { Dockerfile, Instruction } from '../src/dockerfile/index.ts';
import { indentAt, type TextEdit } from '../src/edit/index.ts';
import type { ShellCommand, ShellTree } from '../src/shell/index.ts';
import {
  covers,
  defineTransform,
  errexitAt,
  type Facts,
  type Finding,
  hasOption,
  hasOtherReading,
  type PackageCall,
  packageCall,
  packageCalls,
  runMounts,
  type ShellBody,
  type SkipReason,
  shellBody,
} from '../src/transform/index.ts';

const families = new Set(['apt', 'apk', 'rpm', 'zypper']);

/** The commands of a body that is one plain chain of `&&`, or one command; undefined for any other. */
function chain(body: ShellBody): readonly ShellCommand[] | undefined {
  const [statement, ...others] = body.script.statements;
  if (!statement || others.length > 0 || statement.background) return undefined;
  const { tree } = statement;
  const trees: readonly ShellTree[] = tree.kind === 'and-or' ? tree.commands : [tree];
  if (tree.kind === 'and-or' && tree.operators.includes('||')) return undefined;
  return trees.every((each): each is ShellCommand => each.kind === 'command') ? trees : undefined;
}

/** The update that a RUN ends with, where it does nothing but prepare, update and upgrade. */
function updateAlone(body: ShellBody): PackageCall | undefined {
  const commands = chain(body);
  let update: PackageCall | undefined;
  for (const command of commands ?? []) {
    const call = packageCall(command);
    if (!call) {
      const words = command.words.map((word) => word.literal ?? '$');
      const prepares = words[0] === 'dpkg' && words[1] === '--add-architecture';
      const empties = words[0] === 'rm' && words.slice(1).every((word) => /^-|^\/var\/(?:lib\/apt|cache)\//.test(word));
      if (!prepares && !empties) return undefined;
    } else if (call.effect === 'update' && families.has(call.manager.family)) update = call;
    else if (call.effect !== 'clean' && !(call.effect === 'upgrade' && update) && call.verb !== 'clean')
      return undefined;
  }
  return update;
}

/** What stands between, and says nothing to an update that moves below it. */
function isIndifferent(file: Dockerfile, each: Instruction): boolean {
  if (each.opaque || each.json) return false;
  const heeded = /^(?:PATH|HOME|.*_proxy|LD_.*|APT_.*|BASH_ENV|ENV)$/i;
  switch (each.keyword) {
    case 'LABEL':
    case 'EXPOSE':
    case 'MAINTAINER':
    case 'STOPSIGNAL':
    case 'WORKDIR':
    case 'CMD':
    case 'ENTRYPOINT':
    case 'HEALTHCHECK':
      return true;
    case 'ENV':
      return !file.pairs(each).some(([name]) => heeded.test(name));
    case 'ARG':
      return !file.words(each).some(({ text }) => heeded.test(text.split('=')[0]!));
    case 'COPY':
      return isOutsideSystem(file, each);
    default:
      return false;
  }
}

/** A COPY to where no package manager looks. */
function isOutsideSystem(file: Dockerfile, copy: Instruction): boolean {
  const words = file.words(copy);
  const target = words.at(-1)?.text ?? '';
  if (!target.startsWith('/') || target.includes('$') || target.includes('..') || words.length < 2) return false;
  const system = ['/etc', '/usr', '/var', '/lib', '/lib64', '/bin', '/sbin', '/root', '/dev'];
  return target.replace(/\/+$/, '') !== '' && !system.some((folder) => covers(folder, target));
}

type Next = { readonly run: Instruction; readonly between: readonly Instruction[] };

/** The RUN that follows, with what stands between. */
function nextRun(instruction: Instruction): Next | undefined {
  const rest = instruction.stage!.instructions.filter((each) => each.index > instruction.index);
  const at = rest.findIndex((each) => each.keyword === 'RUN' || each.keyword === 'SHELL' || each.keyword === 'USER');
  const run = rest[at];
  return run?.keyword === 'RUN' ? { run, between: rest.slice(0, at) } : undefined;
}

const flagsOf = (instruction: Instruction): string => instruction.flags.map((flag) => flag.text).join(' ');

/** Comments that say something about the next instruction alone. */
const directive = /#\s*(?:hadolint|dockmend|trivy|checkov|kics-scan|tally|nosemgrep|droast|check=)/;

interface Insertion {
  /** Logical offset in the second RUN, before which the update goes. */
  readonly at: number;
  readonly joiner: '&&' | ';';
}

/** Where an update goes in the second RUN so that its failure ends the step. */
function insertion(body: ShellBody): Insertion | undefined {
  const { statements } = body.script;
  const first = statements[0]!;
  const isChain =
    statements.length === 1 &&
    !first.background &&
    (first.tree.kind !== 'and-or' || !first.tree.operators.includes('||')) &&
    (first.tree.kind !== 'pipeline' || !(first.tree.negated || first.tree.timed));
  const errexit = errexitAt(body, Number.POSITIVE_INFINITY);
  // `update && if …` would take -e from what follows only were it not the last operand, which it is.
  if (isChain && !errexit) return { at: body.base + first.start, joiner: '&&' };
  if (errexit === 'mixed') return undefined;
  if (body.shell.errexit) return { at: body.base + first.start, joiner: statements.length > 1 ? ';' : '&&' };
  const { tree } = first;
  const isSet = tree.kind === 'command' && tree.words[0]?.literal === 'set';
  if (isSet && statements[1] && errexitAt(body, first.end)) return { at: body.base + statements[1].start, joiner: ';' };
  // `set -ex && …`: the chain stops by itself.
  return isChain ? { at: body.base + first.start, joiner: '&&' } : undefined;
}

function* findAt(file: Dockerfile, facts: Facts, instruction: Instruction): Generator<Finding> {
  const body = shellBody(file, instruction, facts);
  if (typeof body !== 'object' || !instruction.stage) return;
  const update = updateAlone(body);
  const next = update && nextRun(instruction);
  if (!update || !next) return;
  const other = shellBody(file, next.run, facts);
  if (typeof other !== 'object') return;
  const { span } = instruction;
  const message =
    'An update in a RUN of its own is cached for ever, so that a later install uses old lists and one day finds no package';
  const use = useIn(other, update);
  if (use === 'none' && isUsedLater(file, facts, next.run, update)) yield { span, message, skipped: 'between-matters' };
  if (use !== 'install') return;
  const planned = plan(file, body, other, next);
  if (typeof planned === 'string') {
    yield { span, message, skipped: planned };
    return;
  }
  yield {
    span,
    message,
    fix: {
      title: 'Combine the update with the install that follows it',
      safety: 'safe',
      evidence: ['text'],
      edits: planned,
      guards: next.between.map((each) => each.span),
      changes: { edits: [next.run.index], removes: [instruction.index] },
    },
  };
}

/** What a body does first with what an update brings. */
function useIn(body: ShellBody, update: PackageCall): 'install' | 'update' | 'none' {
  const calls = packageCalls(body.script, false).filter((call) => call.manager.family === update.manager.family);
  if (calls.some((call) => call.effect === 'update' || hasOption(call, '-U', '--update'))) return 'update';
  return calls.some((call) => call.effect === 'install' || call.effect === 'upgrade') ? 'install' : 'none';
}

function isUsedLater(file: Dockerfile, facts: Facts, after: Instruction, update: PackageCall): boolean {
  for (const each of after.stage!.instructions) {
    if (each.index <= after.index || each.keyword !== 'RUN') continue;
    const body = shellBody(file, each, facts);
    const use = typeof body === 'object' ? useIn(body, update) : 'none';
    if (use !== 'none') return use === 'install';
  }
  return false;
}

function plan(file: Dockerfile, body: ShellBody, other: ShellBody, { run, between }: Next): TextEdit[] | SkipReason {
  const { instruction } = body;
  if (flagsOf(instruction) !== flagsOf(run)) return 'flags-differ';
  if (runMounts(run).some((mount) => mount.type === 'tmpfs' || mount.readWrite)) return 'flags-differ';
  if (!between.every((each) => isIndifferent(file, each))) return 'between-matters';
  if (instruction.comments.length > 0) return 'text-spread';
  if (instruction.leading.some((comment) => directive.test(comment.text))) return 'comment-binds';
  if (body.script.comments.length > 0 || hasOtherReading(other)) return 'not-a-chain';
  const place = insertion(other);
  // After `;` only the last command of a chain would end the step.
  if (!place || (place.joiner === ';' && chain(body)!.length > 1)) return 'not-a-chain';
  return [removal(file, instruction), ...inserted(file, body, other, place)];
}

/** The instruction's lines, and one of two blank lines that would meet. */
function removal(file: Dockerfile, instruction: Instruction): TextEdit {
  const { source } = file;
  const { start } = instruction.extent;
  let end = source.indexOf('\n', instruction.extent.end) + 1;
  const before = source.slice(0, start);
  const isAfterBlank = /(?:^|\n)[ \t]*\r?\n$/.test(before) || before === '';
  const blank = /^(?:[ \t]*\r?\n)+/.exec(source.slice(end));
  if (isAfterBlank && blank) end += blank[0].length;
  return { start, end, text: '' };
}

function inserted(file: Dockerfile, body: ShellBody, other: ShellBody, { at, joiner }: Insertion): TextEdit[] {
  const first = body.instruction.logical.span(body.base, body.instruction.argsEnd);
  const text = file.source.slice(first.start, first.end);
  const { logical } = other.instruction;
  const start = logical.toSource(at, 'start');
  const isSpread = text.includes('\n');
  const style = breakStyle(file, other) ?? breakStyle(file, body);
  let between = joiner === ';' ? '; ' : ' && ';
  const newLine = `${file.escape}${file.eol}`;
  const isFirst = file.lines.lineAt(start) === file.lines.lineAt(other.instruction.span.start);
  if (joiner === ';' && !isFirst) between = `; ${newLine}${indentAt(file, start)}`;
  else if (style || isSpread) {
    const { leading, indent } = style ?? { leading: true, indent: '    ' };
    if (joiner === ';') between = `; ${newLine}${indent}`;
    else between = leading ? ` ${newLine}${indent}&& ` : ` && ${newLine}${indent}`;
  }
  return [{ start, end: start, text: text + between }];
}

/** How a body breaks its lines at `&&`, by the first place where it does. */
function breakStyle(file: Dockerfile, body: ShellBody): { leading: boolean; indent: string } | undefined {
  const { logical } = body.instruction;
  for (const { tree } of body.script.statements) {
    const commands = tree.kind === 'and-or' ? tree.commands : [];
    for (const [index, command] of commands.entries()) {
      const next = commands[index + 1];
      if (!next) continue;
      const operator = body.script.text.indexOf('&&', command.end);
      const line = (offset: number, side: 'start' | 'end'): number =>
        file.lines.lineAt(logical.toSource(body.base + offset, side));
      if (line(command.end, 'end') === line(next.start, 'start')) continue;
      const leading = line(operator, 'start') !== line(command.end, 'end');
      const from = leading ? operator : next.start;
      return { leading, indent: indentAt(file, logical.toSource(body.base + from, 'start')) };
    }
  }
  return undefined;
}

export const combineUpdateAndInstall = defineTransform({
  id: 'combine-update-and-install',
  meta: {
    summary: 'Update package lists in the RUN that installs',
    why: 'A RUN that only updates is taken from the build cache long after its lists are old; the install after it then gets old packages, or fails because they are gone from the mirror.',
    safety: 'safe',
    safetyNote:
      'The update runs directly before the install, with nothing between them that could matter to it. Later installs still find the lists.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {
      trivy: ['DS-0017'],
      checkov: ['CKV_DOCKER_5'],
      kics: ['9bae49be-0aa3-4de5-bab2-4c3a069e40cd'],
    },
  },
  *find({ file, facts }) {
    for (const instruction of file.instructions) {
      if (instruction.keyword === 'RUN') yield* findAt(file, facts, instruction);
    }
  },
});
