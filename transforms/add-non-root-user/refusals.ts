import { rootProgram, startObstacle } from '../../src/facts/index.ts';
import { holdsTemplate, isAvailable, type SkipReason } from '../../src/transform/index.ts';
import { contributingStages, copySteps } from './image-files.ts';
import { isOfSystem } from './owned.ts';
import type { Setting } from './setting.ts';
import type { Start, StartCommand } from './start.ts';

/** Why there is no fix, and what in particular. */
export interface Refusal {
  readonly skipped: SkipReason;
  readonly detail?: string;
}

/** A refusal in a word. */
export const refusal = (skipped: SkipReason, detail?: string): Refusal =>
  detail === undefined ? { skipped } : { skipped, detail };

/** What the text of the stages keeps from being read. */
export function textRefusal({ file, instructions }: Setting): Refusal | undefined {
  const isTemplate = instructions.some((each) => each.keyword !== 'RUN' && holdsTemplate(each.logical.text));
  const isOpaque = instructions.some((each) => each.opaque);
  if (isTemplate || /^\s*(?:\{%|\{\{)/m.test(file.source) || (isOpaque && /\{%|\{\{/.test(file.source))) {
    return refusal('template-text');
  }
  if (isOpaque) return refusal('shell-opaque', 'an instruction that is not read with certainty');
  return undefined;
}

/** What the start of the image needs root for. */
export function startRefusal(start: Start): Refusal | undefined {
  if (start.kind === 'nothing') return refusal('no-start-command');
  if (start.kind === 'unknown') return refusal('base-unknown', 'what the base image starts');
  if (start.kind === 'unreadable') return refusal('start-script-unreadable', start.what);
  if (start.kind === 'drops') return undefined;
  const found = start.commands.flatMap((command) => commandRefusal(command) ?? []);
  // What leaves root says best why it begins as root.
  return found.find(({ skipped }) => skipped === 'start-drops-privileges') ?? found[0];
}

const REASONS = {
  'drops-privileges': 'start-drops-privileges',
  'manages-services': 'start-manages-services',
  'needs-root': 'start-needs-root',
  'installs-packages': 'start-installs-packages',
  'changes-ownership': 'start-changes-ownership',
  'writes-system': 'start-writes-system',
  compiles: 'start-compiles',
} as const;

function commandRefusal({ program, path, isBrought, words, from, outputs }: StartCommand): Refusal | undefined {
  const place = /^(?:CMD|ENTRYPOINT)$/.test(from) ? '' : ` in ${from.startsWith('/') ? `\`${from}\`` : from}`;
  const plain = words.map((word) => word ?? '…');
  if (path === '/init' || path.startsWith('/etc/init.d/'))
    return refusal('start-manages-services', `\`${path}\`${place}`);
  const obstacle = startObstacle(path, plain, isBrought);
  const needs = obstacle === 'needs-root' && rootProgram(plain[0] === '-m' ? plain[1]! : path)?.needs;
  if (needs) return refusal('start-needs-root', `\`${program}\`${place} ${needs}`);
  if (obstacle) return refusal(REASONS[obstacle], `\`${[program, ...plain].join(' ').slice(0, 80)}\`${place}`);
  // A script of a development server, by its name.
  if (/^(?:npm|yarn|pnpm|bun)$/.test(program) && /^(?:run )?(?:dev|develop|watch)\b/.test(plain.join(' ')))
    return refusal('start-compiles', `\`${program} ${plain.join(' ')}\``);
  const written = outputs.find((output) => output !== undefined && isSystem(output));
  if (written !== undefined) return refusal('start-writes-system', `\`${written}\`${place}`);
  if (/^(?:cp|mv|ln|install|rm|rmdir|mkdir|touch|tee|sed|tar|unzip|rsync)$/.test(program)) {
    const edits = program !== 'sed' || plain.some((word) => /^-\w*i|^--in-place/.test(word));
    const operands = plain.filter((word) => word.startsWith('/'));
    const targets = /^(?:cp|ln|install|rsync)$/.test(program) ? plain.slice(-1) : operands;
    const system = edits ? targets.find(isSystem) : undefined;
    if (system !== undefined) return refusal('start-writes-system', `\`${system}\`${place}`);
  }
  return undefined;
}

const isSystem = (path: string): boolean =>
  path.startsWith('/') && isOfSystem(path) && !/^\/(?:dev(?:\/|$)|root(?:\/|$)|proc\/(?:self|1)\/fd)/.test(path);

/** Whether what is copied can be looked at; an archive or a URL is none of the build context. */
export function contextRefusal(setting: Setting): Refusal | undefined {
  const { file, facts, context } = setting;
  if (context !== undefined) return undefined;
  const copies = copySteps(file, contributingStages(setting), facts).some(
    ({ from, sources, instruction }) =>
      from === undefined && instruction.heredocs.length === 0 && sources.some((source) => !/^\w+:\/\//.test(source)),
  );
  const answer = facts.context();
  return copies ? refusal('context-unavailable', isAvailable(answer) ? undefined : answer.unavailable) : undefined;
}

/** Whether the base image is known as far as it matters; else why not. */
export function baseRefusal({ base, image, facts }: Setting): Refusal | undefined {
  if (base === undefined) return refusal('reference-unresolved');
  if (base === 'scratch') return undefined;
  if (image === undefined) {
    const answer = facts.image(base);
    return refusal('base-unknown', isAvailable(answer) ? undefined : answer.unavailable);
  }
  if (image.system === 'windows') return refusal('windows-image');
  if (image.user === undefined) return refusal('base-unknown', 'as whom the base image runs');
  return undefined;
}
