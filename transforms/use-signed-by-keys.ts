import type { Dockerfile, Instruction } from '../src/dockerfile/index.ts';
import { replaceRange, type TextEdit } from '../src/edit/index.ts';
import { aptLacksSignedBy, writeOwnSources } from '../src/facts/index.ts';
import { type ShellCommand, type ShellPipeline, visitCommands, visitTrees } from '../src/shell/index.ts';
import {
  bareCommand,
  defineTransform,
  type Facts,
  type Finding,
  packageCalls,
  type ShellBody,
  type SkipReason,
  shellBodies,
  systemOf,
} from '../src/transform/index.ts';

const message =
  '`apt-key` trusts a key for every repository, so that its owner could replace any package; Debian 13 has no `apt-key` any more';

/** A line of `sources.list`. Offsets are those of the script. */
interface Source {
  /** Behind `deb`, or behind the bracket that opens its options. */
  readonly at: number;
  readonly hasOptions: boolean;
  /** The host of the repository; undefined where a variable takes part in it. */
  readonly host: string | undefined;
}

export const useSignedByKeys = defineTransform({
  id: 'use-signed-by-keys',
  meta: {
    summary: 'Bind the key of a package repository to that repository',
    why: '`apt-key` is gone from current releases, and its keys vouch for every repository of the system. With `signed-by` a key vouches for its own alone.',
    safety: 'unsafe',
    safetyNote:
      'For one key and the lines of sources of one repository in the same step. The key has to be in ASCII armour, as those for `apt-key` nearly all are; another one stops the build.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs: (file) =>
    /\bapt-key\s/.test(file.source)
      ? {
          systems: file.stages.flatMap((stage) =>
            stage.parent ? [] : [file.baseReference(stage) ?? ''].filter((base) => base !== '' && base !== 'scratch'),
          ),
        }
      : {},
  *find({ file, facts }) {
    for (const body of shellBodies(file, facts)) {
      const calls: ShellCommand[] = [];
      visitCommands(body.script, (command) => {
        if (bareCommand(command)?.name === 'apt-key' && command.words.some(({ text }) => /^(?:add|adv)$/.test(text))) {
          calls.push(command);
        }
      });
      for (const call of calls) yield findingFor(file, facts, body, call, calls.length === 1);
    }
  },
});

function findingFor(file: Dockerfile, facts: Facts, body: ShellBody, call: ShellCommand, isOnly: boolean): Finding {
  const { instruction, base } = body;
  const span = instruction.logical.span(base + call.start, base + call.end);
  const edits = isOnly ? (obstacle(file, facts, body) ?? bound(file, body, call)) : 'key-unclear';
  if (typeof edits === 'string') return { span, message, skipped: edits };
  return {
    span,
    message,
    fix: {
      title: 'Bind the key to its repository with `signed-by`',
      safety: 'unsafe',
      evidence: ['text'],
      edits,
      changes: { edits: [instruction.index] },
    },
  };
}

/** The key goes to a keyring of its own, which the line of sources names. */
function bound(file: Dockerfile, body: ShellBody, call: ShellCommand): TextEdit[] | SkipReason {
  const { instruction, base, script } = body;
  const bare = bareCommand(call);
  const isPiped = /^apt-key add -$/.test(script.text.slice(call.start, call.end)) && bare?.prefix.length === 0;
  const pipe = pipelineOf(body, call);
  const fetcher = pipe?.commands[0];
  if (!isPiped || pipe?.commands.length !== 2 || fetcher?.kind !== 'command') return 'key-unclear';
  if (!/^(?:curl|wget)$/.test(bareCommand(fetcher)?.name ?? '')) return 'key-unclear';
  const names = new Set(
    [...script.text.matchAll(/\/etc\/apt\/sources\.list\.d\/([\w.-]+)\.list\b/g)].map((match) => match[1]!),
  );
  const sources = sourcesOf(body);
  const [name, ...otherNames] = names;
  const [source] = sources ?? [];
  if (!sources || !source || name === undefined || otherNames.length > 0) return 'key-unclear';
  if (source.host === undefined || sources.some(({ host }) => host !== source.host)) return 'key-unclear';
  if (isNamedElsewhere(file, instruction, source.host)) return 'sources-elsewhere';
  const keyring = `/usr/share/keyrings/${name}.gpg`;
  const key = replaceRange(instruction, base + call.start, base + call.end, `gpg --dearmor -o ${keyring}`);
  const options = sources.map(({ at, hasOptions }) => {
    const text = hasOptions ? `signed-by=${keyring} ` : ` [signed-by=${keyring}]`;
    const place = instruction.logical.toSource(base + at, 'end');
    return { start: place, end: place, text };
  });
  return key ? [key, ...options] : 'text-spread';
}

/** Why a key of the stage cannot be bound, whatever the step says. */
function obstacle(file: Dockerfile, facts: Facts, body: ShellBody): SkipReason | undefined {
  const { instruction } = body;
  const base = file.baseReference(file.rootStage(instruction.stage!)) ?? '';
  if (aptLacksSignedBy(base, systemOf(file, instruction, facts))) return 'apt-too-old';
  for (const other of shellBodies(file, facts)) {
    const isWriter = packageCalls(other.script).some(
      ({ manager, verb, operands }) =>
        manager.family === 'apt' &&
        verb === 'install' &&
        operands.some((word) => writeOwnSources.test((word.literal ?? word.text).replace(/^.*\/|[=_:].*$/g, ''))),
    );
    if (isWriter) return 'sources-of-package';
  }
  return undefined;
}

/** Whether another instruction may add a source of the same host, which apt refuses with another key, or none. */
function isNamedElsewhere(file: Dockerfile, from: Instruction, host: string): boolean {
  return file.instructions.some((each) => {
    if (each === from) return false;
    if (each.keyword === 'COPY' || each.keyword === 'ADD')
      return /\/etc\/apt\/sources\.list|\.(?:list|sources)\b/.test(file.args(each));
    const text = file.source.slice(each.span.start, each.span.end);
    return [...text.matchAll(/\bdeb(?:-src)?\s[^\n]*/g)].some(
      ([line]) => line.includes(host) && !line.includes('signed-by'),
    );
  });
}

function pipelineOf({ script }: ShellBody, call: ShellCommand): ShellPipeline | undefined {
  let found: ShellPipeline | undefined;
  visitTrees(script, (tree) => {
    if (tree.kind === 'pipeline' && tree.commands.includes(call)) found = tree;
  });
  return found;
}

const debLine = /(^|[\s"'])(deb(?:-src)?)[ \t]+(\[[^\]]*\][ \t]*)?(["']?[a-z+]+:\/\/([^/\s"']+)|\S*)/g;

/** Every `deb` line of the step; undefined where one of them is not written by `echo` or `printf`, or has a key. */
function sourcesOf({ script }: ShellBody): Source[] | undefined {
  const writers: ShellCommand[] = [];
  visitCommands(script, (command) => {
    if (/^(?:echo|printf)$/.test(command.words[0]?.literal ?? '')) writers.push(command);
  });
  const found: Source[] = [];
  for (const { index, 0: line, 1: before, 2: word, 3: options, 5: host } of script.text.matchAll(debLine)) {
    const start = index + before!.length;
    const isWritten = writers.some((each) => each.start <= start && start < each.end);
    if (!isWritten || /signed-by/.test(line)) return undefined;
    const hasOptions = options !== undefined;
    const at = hasOptions ? script.text.indexOf('[', start) + 1 : start + word!.length;
    found.push({ at, hasOptions, host: host?.includes('$') ? undefined : host });
  }
  // A line that an escape begins is within another one's text.
  return /\\ndeb/.test(script.text) ? undefined : found;
}
