import { absolute, covers, fetchedBy, stageCommands } from '../../src/transform/index.ts';
import { copySteps } from './image-files.ts';
import type { Collector } from './owned.ts';
import type { Setting } from './setting.ts';
import type { StartCommand } from './start.ts';

/**
 * A program whose files come from the network: nothing here says what it writes beside itself.
 */
export function fromFetched(setting: Setting, commands: readonly StartCommand[], found: Collector): void {
  const { file, chain, facts } = setting;
  const fetched = fetchedBy(chain.flatMap((stage) => stageCommands(file, stage, facts).commands));
  if (fetched.length === 0) return;
  const copied = copySteps(file, chain, facts).flatMap(({ destination }) => destination ?? []);
  const isCopied = (path: string) => copied.some((destination) => covers(destination, path));
  const cloned = fetched.find(({ how, path }) => how === 'git clone' && covers(path, setting.workdir ?? '/'));
  if (cloned && !isCopied(setting.workdir!)) found.unknown ??= `what \`${cloned.path}\` holds comes from \`git clone\``;
  for (const command of commands) {
    const path = ownFile(setting, command);
    if (path === undefined || isSystems(path)) continue;
    const of = fetched.findLast((each) =>
      each.isFolder ? covers(each.path, path) && !isCopied(path) : each.path === path,
    );
    if (of) found.unknown ??= `what \`${path}\` writes, which comes from \`${of.how}\``;
  }
}

/** Where packages and single tools lie, which write elsewhere. */
const isSystems = (path: string): boolean => /^\/(?:bin|sbin|lib\w*|etc|usr\/(?!src\/|local\/[^/]+\/.*\/))/.test(path);

const interpreters = /^(?:java|node|nodejs|deno|bun|python[\d.]*|ruby|php|perl)$/;
/** Programs that run what lies in the working directory. */
const runners = /^(?:npm|yarn|pnpm|bundle|rails|puma|rackup|gunicorn|uvicorn|hypercorn|flask|make)$/;

/** The file that a start command runs, which may be one of the working directory; undefined for a program of the system. */
function ownFile({ workdir }: Setting, { program, path, words }: StartCommand): string | undefined {
  if (interpreters.test(program)) {
    const jar = words.indexOf('-jar');
    if (jar === -1 && (program === 'java' || words.includes('-m'))) return undefined;
    const script = jar === -1 ? words.find((word) => word === undefined || !word.startsWith('-')) : words[jar + 1];
    return script === undefined ? undefined : absolute(script, workdir);
  }
  if (runners.test(program)) return workdir && absolute('package', workdir);
  return path.includes('/') ? absolute(path, workdir) : undefined;
}
