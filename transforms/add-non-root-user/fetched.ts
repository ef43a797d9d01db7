import type { Stage } from '../../src/dockerfile/index.ts';
import { downloadsOf } from '../../src/facts/index.ts';
import { absolute, baseName, covers, type Fetched, fetchedBy, stageCommands } from '../../src/transform/index.ts';
import { copySteps } from './image-files.ts';
import type { Collector } from './owned.ts';
import type { Setting } from './setting.ts';
import type { StartCommand } from './start.ts';

/**
 * A program whose files come from the network: nothing here says what it writes beside itself.
 */
export function fromFetched(setting: Setting, commands: readonly StartCommand[], found: Collector): void {
  for (const command of commands) {
    const of = sourceElsewhere(setting, command);
    if (of) found.unknown ??= `what \`${command.path}\` writes, whose sources come from \`${of}\` in another stage`;
  }
  fromStartDownloads(commands, found);
  const { file, chain, facts } = setting;
  const steps = copySteps(file, chain, facts);
  const archives = steps.filter(
    ({ from, sources }) => from === undefined && sources.some((each) => ARCHIVE.test(each)),
  );
  const unpacked = archives.flatMap(({ instruction, sources, destination }): Fetched[] =>
    instruction.keyword === 'ADD' && destination !== undefined && !sources.some((each) => /^\w+:\/\//.test(each))
      ? [{ path: destination, isFolder: true, how: 'ADD' }]
      : [],
  );
  const commandsOfSteps = chain.flatMap((stage) => stageCommands(file, stage, facts).commands);
  const fetched = [...unpacked, ...fetchedBy(commandsOfSteps, archives.length > 0)];
  if (fetched.length === 0) return;
  const copied = steps.filter((step) => !archives.includes(step)).flatMap(({ destination }) => destination ?? []);
  const isCopied = (path: string) => copied.some((destination) => covers(destination, path));
  const cloned = fetched.find(({ how, path }) => how === 'git clone' && covers(path, setting.workdir ?? '/'));
  if (cloned && !isCopied(setting.workdir!)) found.unknown ??= `what \`${cloned.path}\` holds comes from \`git clone\``;
  for (const command of commands) {
    const path = ownFile(command);
    if (path === undefined || isSystems(path)) continue;
    const of = fetched.findLast((each) =>
      each.isFolder ? covers(each.path, path) && !isCopied(path) : each.path === path,
    );
    if (of) found.unknown ??= `what \`${path}\` writes, which comes from \`${of.how}\``;
  }
}

/** A program that the start itself fetches, by its name or by another that it is moved to. */
function fromStartDownloads(commands: readonly StartCommand[], found: Collector): void {
  const placeIn = (directory: string | undefined) => (word: string | undefined) =>
    word === undefined ? undefined : absolute(word, directory);
  for (const { program, words, directory } of commands) {
    if (program !== 'curl' && program !== 'wget') continue;
    for (const { path, isFolder } of downloadsOf(program, words) ?? []) {
      const whole = placeIn(directory)(path);
      const isIt = (each: string | undefined) =>
        each !== undefined && whole !== undefined && (isFolder ? covers(whole, each) : each === whole);
      const isUsed = commands.some(
        (each) =>
          isIt(ownFile(each)) ||
          (/^(?:cp|mv|ln|install)$/.test(each.program) && each.words.map(placeIn(each.directory)).some(isIt)),
      );
      if (isUsed) found.unknown ??= `what \`${path}\` writes, which the start downloads`;
    }
  }
}

/**
 * How another stage fetches the sources of a program that is copied from it: they cover what is copied, or that stage has
 * nothing of the build context to compile.
 */
function sourceElsewhere(setting: Setting, command: StartCommand): Fetched['how'] | undefined {
  const { file, chain, facts, workdir } = setting;
  const isBare = !command.path.includes('/');
  const own = ownFile(command);
  const places = own === undefined && isBare ? binaries.map((folder) => `${folder}/${command.path}`) : [own];
  const steps = copySteps(file, chain, facts).filter(({ from }) => from !== undefined);
  for (const step of steps.reverse()) {
    const stage = file.stageByName(step.from!, { byIndex: true });
    const { destination } = step;
    if (stage === undefined || destination === undefined) continue;
    const sources = step.sources.map((source) => absolute(source, '/')!);
    for (const place of places) {
      if (place === undefined || !covers(destination, place)) continue;
      const isOne = sources.some((source) => place === destination || place === `${destination}/${baseName(source)}`);
      if (isBare && own === undefined && !isOne) continue;
      const behind: Stage[] = [];
      for (let each: Stage | undefined = stage; each; each = each.parent) behind.unshift(each);
      const fetched = fetchedBy(behind.flatMap((each) => stageCommands(file, each, facts).commands));
      const cloned = fetched.filter(({ isFolder, path }) => isFolder && path !== '/');
      const inside = sources.map((source) =>
        isOne || place === destination ? source : `${source}/${place.slice(destination.length + 1)}`,
      );
      const hasContext = copySteps(file, behind, facts).some(({ from }) => from === undefined);
      const of = cloned.find(
        (each) => inside.some((path) => covers(each.path, path)) || (each.how === 'git clone' && !hasContext),
      );
      // What comes from the context lies over it, or is what is built.
      return of && !(hasContext && covers(of.path, workdir ?? '/')) ? of.how : undefined;
    }
  }
  return undefined;
}

const ARCHIVE = /\.(?:tar|tgz|tbz2?|txz|zip|7z)(?:\.\w+)?$|\.tar\.\w+$/i;

const binaries = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin'];

/** Where packages and single tools lie, which write elsewhere. */
const isSystems = (path: string): boolean => /^\/(?:bin|sbin|lib\w*|etc|usr\/(?!src\/|local\/[^/]+\/.*\/))/.test(path);

const interpreters = /^(?:java|node|nodejs|deno|bun|python[\d.]*|ruby|php|perl)$/;
/** Programs that run what lies in the working directory. */
const runners = /^(?:npm|yarn|pnpm|bundle|rails|puma|rackup|gunicorn|uvicorn|hypercorn|flask|make)$/;

/** The file that a start command runs, which may be one of the working directory; undefined for a program of the system. */
function ownFile({ program, path, words, directory }: StartCommand): string | undefined {
  if (interpreters.test(program)) {
    const jar = words.indexOf('-jar');
    if (jar === -1 && (program === 'java' || words.includes('-m'))) return undefined;
    const script = jar === -1 ? words.find((word) => word === undefined || !word.startsWith('-')) : words[jar + 1];
    return script === undefined ? undefined : absolute(script, directory);
  }
  if (runners.test(program)) return directory && absolute('package', directory);
  return path.includes('/') ? absolute(path, directory) : undefined;
}
