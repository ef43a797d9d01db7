import type { Dockerfile } from '../../src/dockerfile/index.ts';
import { replaceRange, type TextEdit } from '../../src/edit/index.ts';
import type { ShellAndOr, ShellTree } from '../../src/shell/index.ts';
import { visitTrees } from '../../src/shell/index.ts';
import {
  type Facts,
  type Finding,
  hasOption,
  hasOtherReading,
  isMounted,
  type PackageCall,
  packageCalls,
  type Safety,
  type ShellBody,
  shellBodies,
  systemOf,
} from '../../src/transform/index.ts';
import type { IndexRules } from './index-flow.ts';
import { type LaterUse, laterUse } from './later-use.ts';

const updating = ['-U', '--update', '--update-cache'];

/** apk reads an index that an earlier step left, unless it fetches its own. */
const rules: IndexRules = {
  family: 'apk',
  reads: (call) =>
    ['install', 'upgrade', 'query'].includes(call.effect) &&
    !hasOption(call, '--no-cache', ...updating) &&
    !(call.verb === 'info' && !hasOption(call, '-a', '--all')),
  renews: (call) => call.effect === 'update' || hasOption(call, ...updating),
  indexPath: /\/var\/cache\/apk/,
  mention: /(?:^|[^\w.-])apk(?:$|[^\w.-])/,
};

const folders = ['/var/cache/apk', '/etc/apk/cache'];
const cachePaths = folders.map((folder) => `${folder}/**`);

/** `--no-cache` for apk, and then what it makes redundant: `apk update` and the removal of an index that is not there. */
export function* findApk(file: Dockerfile, facts: Facts, body: ShellBody): Generator<Finding> {
  const calls = packageCalls(body.script).filter((call) => call.manager.family === 'apk');
  if (calls.length === 0 || folders.some((path) => isMounted(body.instruction, path))) return;
  if (/setup-apkcache|\/etc\/apk\/cache/.test(file.source)) return;
  const adds = calls.filter((call) => call.verb === 'add' || call.verb === 'upgrade');
  if (adds.length === 0 || adds.some((call) => hasOption(call, '--no-network', '--cache-dir', '--cache-max-age')))
    return;
  const uncached = adds.filter((call) => !hasOption(call, '--no-cache'));
  const later = calls.some(rules.renews) ? laterUse(file, facts, body.instruction, rules, folders) : {};
  for (const call of uncached) yield* addNoCache(body, call, calls, later);
  if (uncached.length === 0) yield* dropRedundant(file, facts, body, calls, later);
}

/** Whether a call of the same RUN reads the index and can have none of its own. */
function isReadHere(calls: readonly PackageCall[]): boolean {
  return calls.some((call) => call.effect === 'query' && rules.reads(call));
}

function* addNoCache(
  body: ShellBody,
  call: PackageCall,
  calls: readonly PackageCall[],
  later: Partial<LaterUse>,
): Generator<Finding> {
  const { instruction, base } = body;
  const { verbWord } = call;
  if (!verbWord || hasOtherReading(body, call.command.start, call.command.end)) return;
  const span = instruction.logical.span(base + verbWord.start, base + verbWord.end);
  const message = '`apk` without `--no-cache` can leave the package index in the layer, which makes the image larger';
  if (later.certain) {
    yield { span, message, skipped: 'index-needed-later' };
    return;
  }
  const update = call.options.find((option) => updating.includes(option.name) && option.word.text === option.name);
  const target = update && !isReadHere(calls) ? update.word : verbWord;
  const text = target === verbWord ? `${verbWord.text} --no-cache` : '--no-cache';
  const edit = replaceRange(instruction, base + target.start, base + target.end, text);
  if (!edit) return;
  yield {
    span,
    message,
    fix: {
      title: `Add \`--no-cache\` to \`apk ${call.verb}\``,
      safety: later.possible ? 'unsafe' : 'safe',
      evidence: ['text'],
      edits: [edit],
      changes: { edits: [instruction.index], paths: cachePaths },
    },
  };
}

function* dropRedundant(
  file: Dockerfile,
  facts: Facts,
  body: ShellBody,
  calls: readonly PackageCall[],
  later: Partial<LaterUse>,
): Generator<Finding> {
  const safety = later.possible ? 'unsafe' : 'safe';
  const update = calls.find((call) => call.effect === 'update');
  if (update) {
    const isLast = calls.every((call) => call.command.start <= update.command.start);
    if (later.certain || isReadHere(calls) || isLast) return;
    const edit = removeFromChain(body, update.command);
    if (edit) yield dropped(body, update.command, edit, '`apk update`', safety);
    return;
  }
  const removal = emptyRemoval(file, facts, body);
  const edit = removal && removeFromChain(body, removal);
  if (edit) yield dropped(body, removal, edit, 'the `rm` of an index that is not there', 'safe');
}

function dropped(body: ShellBody, tree: ShellTree, edit: TextEdit, what: string, safety: Safety): Finding {
  const { instruction, base } = body;
  return {
    span: instruction.logical.span(base + tree.start, base + tree.end),
    message: '`apk --no-cache` fetches an index of its own and keeps none, so this does nothing',
    fix: {
      title: `Remove ${what}`,
      safety,
      evidence: ['text'],
      edits: [edit],
      changes: { edits: [instruction.index], paths: cachePaths },
    },
  };
}

/** `rm -rf /var/cache/apk/*` in a RUN that cannot leave anything there, on a base and after steps that did not either. */
function emptyRemoval(file: Dockerfile, facts: Facts, body: ShellBody): ShellTree | undefined {
  const { instruction } = body;
  const base = systemOf(file, instruction, facts);
  // Of other images on Alpine it is not known what their authors left there.
  if (base?.system !== 'alpine' || base.source !== 'table' || instruction.stage!.parent) return undefined;
  const earlier = instruction.stage!.instructions.filter((each) => each.index < instruction.index);
  const bodies = [...shellBodies(file, facts)];
  const isClean = earlier.every((each) => {
    if (each.keyword !== 'RUN')
      return each.keyword !== 'ONBUILD' && !(each.keyword === 'COPY' && each.flags.length > 0);
    const read = bodies.find((other) => other.instruction === each);
    const calls = read && packageCalls(read.script).filter((call) => call.manager.family === 'apk');
    return calls?.every((call) => call.effect === 'remove' || hasOption(call, '--no-cache'));
  });
  if (!isClean) return undefined;
  let found: ShellTree | undefined;
  visitTrees(body.script, (tree) => {
    if (tree.kind !== 'command' || tree.redirects.length > 0 || tree.assignments.length > 0) return;
    const [name, ...rest] = tree.words.map((word) => word.text);
    const paths = rest.filter((word) => !/^-[rfR]+$/.test(word));
    if (name === 'rm' && paths.length === 1 && /^\/var\/cache\/apk\/\*$/.test(paths[0]!)) found ??= tree;
  });
  return found;
}

/** Takes a command out of a plain chain of `&&`, with its operator; undefined where a comment stands in between. */
function removeFromChain(body: ShellBody, command: ShellTree): TextEdit | undefined {
  if (hasOtherReading(body)) return undefined;
  const chain = body.script.statements
    .map(({ tree }) => tree)
    .find((tree): tree is ShellAndOr => tree.kind === 'and-or' && tree.commands.includes(command));
  const statement = body.script.statements.findIndex(({ tree }) => tree === command);
  const { instruction, base } = body;
  const { logical } = instruction;
  let start: number;
  let end: number;
  if (chain) {
    if (chain.operators.includes('||')) return undefined;
    const at = chain.commands.indexOf(command);
    const next = chain.commands[at + 1];
    const previous = chain.commands[at - 1];
    start = next ? logical.toSource(base + command.start, 'start') : logical.toSource(base + previous!.end, 'end');
    end = next ? logical.toSource(base + next.start, 'start') : logical.toSource(base + command.end, 'end');
  } else {
    const next = body.script.statements[statement + 1];
    if (statement === -1 || !next || body.script.statements[statement]!.background) return undefined;
    start = logical.toSource(base + command.start, 'start');
    end = logical.toSource(base + next.start, 'start');
  }
  if (instruction.comments.some((comment) => comment.start >= start && comment.start < end)) return undefined;
  return { start, end, text: '' };
}
