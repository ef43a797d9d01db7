import { replaceRange, type TextEdit } from '../src/edit/index.ts';
import { type ShellCommand, type ShellPipeline, visitCommands, visitTrees } from '../src/shell/index.ts';
import {
  bareCommand,
  defineTransform,
  type Finding,
  type ShellBody,
  type SkipReason,
  shellBodies,
} from '../src/transform/index.ts';

const message =
  '`apt-key` trusts a key for every repository, so that its owner could replace any package; Debian 13 has no `apt-key` any more';

/** A line of `sources.list` that a step writes with `echo`. */
interface Source {
  readonly command: ShellCommand;
  /** The file without its folder and ending. */
  readonly name: string;
  /** Offset in the script of what stands behind `deb`. */
  readonly at: number;
  /** It has options in brackets already, which begin there. */
  readonly hasOptions: boolean;
}

export const useSignedByKeys = defineTransform({
  id: 'use-signed-by-keys',
  meta: {
    summary: 'Bind the key of a package repository to that repository',
    why: '`apt-key` is gone from current releases, and its keys vouch for every repository of the system. With `signed-by` a key vouches for its own alone.',
    safety: 'unsafe',
    safetyNote:
      'For one key and one line of sources in the same step. The key has to be in ASCII armour, as those for `apt-key` nearly all are; another one stops the build.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  *find({ file, facts }) {
    for (const body of shellBodies(file, facts)) {
      const calls: ShellCommand[] = [];
      visitCommands(body.script, (command) => {
        if (bareCommand(command)?.name === 'apt-key' && command.words.some(({ text }) => /^(?:add|adv)$/.test(text))) {
          calls.push(command);
        }
      });
      for (const call of calls) yield findingFor(body, call, calls.length === 1);
    }
  },
});

function findingFor(body: ShellBody, call: ShellCommand, isOnly: boolean): Finding {
  const { instruction, base } = body;
  const span = instruction.logical.span(base + call.start, base + call.end);
  const edits = isOnly ? bound(body, call) : 'key-unclear';
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
function bound(body: ShellBody, call: ShellCommand): TextEdit[] | SkipReason {
  const { instruction, base, script } = body;
  const bare = bareCommand(call);
  const isPiped = /^apt-key add -$/.test(script.text.slice(call.start, call.end)) && bare?.prefix.length === 0;
  const pipe = pipelineOf(body, call);
  const fetcher = pipe?.commands[0];
  if (!isPiped || pipe?.commands.length !== 2 || fetcher?.kind !== 'command') return 'key-unclear';
  if (!/^(?:curl|wget)$/.test(bareCommand(fetcher)?.name ?? '')) return 'key-unclear';
  const sources = sourcesOf(body);
  const [source] = sources;
  if (!source || sources.length > 1) return 'key-unclear';
  const keyring = `/usr/share/keyrings/${source.name}.gpg`;
  const key = replaceRange(instruction, base + call.start, base + call.end, `gpg --dearmor -o ${keyring}`);
  const text = source.hasOptions ? `signed-by=${keyring} ` : ` [signed-by=${keyring}]`;
  const at = instruction.logical.toSource(base + source.at, 'end');
  return key ? [key, { start: at, end: at, text }] : 'text-spread';
}

function pipelineOf({ script }: ShellBody, call: ShellCommand): ShellPipeline | undefined {
  let found: ShellPipeline | undefined;
  visitTrees(script, (tree) => {
    if (tree.kind === 'pipeline' && tree.commands.includes(call)) found = tree;
  });
  return found;
}

/** Every `deb` line that the step writes below `/etc/apt`. */
function sourcesOf({ script }: ShellBody): Source[] {
  const found: Source[] = [];
  visitCommands(script, (command) => {
    const around = script.text.slice(command.start, command.end + 80);
    const target = /\/etc\/apt\/sources\.list\.d\/([\w.-]+)\.list\b/.exec(around)?.[1];
    if (!/^(?:echo|printf)$/.test(command.words[0]?.literal ?? '')) return;
    for (const word of command.words) {
      const match = /^(["']?)deb(?:[ ]+(\[))?/.exec(word.text);
      if (!match || !/^["']?deb[ ]/.test(`${word.text} `)) continue;
      if (/signed-by/.test(word.text) || !target) continue;
      const next = command.words[command.words.indexOf(word) + 1];
      const isBare = word.text === 'deb' && next !== undefined;
      const hasOptions = match[2] !== undefined || (isBare && next.text.startsWith('['));
      const at = isBare && hasOptions ? next.start + 1 : word.start + match[0].length;
      found.push({ command, name: target, at, hasOptions });
    }
  });
  return found;
}
