import type { Dockerfile } from '../../src/dockerfile/index.ts';
import { commandsOfNode, packagesOfCommands } from '../../src/facts/index.ts';
import { parseShell, visitCommands } from '../../src/shell/index.ts';
import {
  bareCommand,
  type ChildProcess,
  type ContextFacts,
  childProcesses,
  isAvailable,
  isOwnSource,
  nodeOptionsOfScripts,
  plugAndPlay,
  readsNpmVariables,
  type SourceText,
  withoutComments,
} from '../../src/transform/index.ts';

const FILE_CAP = 3000;

/**
 * What an application that a package manager starts by a script, a call of Node, has of that package manager; undefined
 * where nothing was found.
 */
export function needOf(file: Dockerfile, context: ContextFacts, program: string, script: string): string | undefined {
  if (program === 'yarn' && plugAndPlay(file, context, '')) return 'Yarn keeps no `node_modules`';
  const sets = program === 'yarn' ? undefined : nodeOptionsOfScripts(file, context, '');
  if (sets !== undefined) return `${sets} sets the options of Node`;
  const texts = sourcesOf(context, script);
  const told = texts.find(({ text }) => readsNpmVariables(text));
  if (told) return `\`${told.path}\` reads what it tells its scripts`;
  const commands = commandsOfPackages(context);
  for (const child of childProcesses(texts)) {
    const command = programsOf(child).find(
      (each) => commands.has(each) || (commandsOfNode.test(each) && !isGlobal(file, each)),
    );
    if (command !== undefined) return `\`${child.source}\` runs \`${command}\` of \`node_modules/.bin\``;
  }
  return undefined;
}

/** The sources of JavaScript that may run when the script does, without comments. */
function sourcesOf(context: ContextFacts, script: string): SourceText[] {
  const named = new Set(script.split(' ').map((word) => word.replace(/^\.\//, '')));
  const texts: SourceText[] = [];
  for (const { path, type } of context.below('')) {
    if (texts.length === FILE_CAP) break;
    if (type !== 'file' || !/\.[cm]?[jt]sx?$/.test(path) || (isAvailable(context.sent) && !context.sent.has(path)))
      continue;
    // What only the build runs is started by npm as before.
    const isOwn = isOwnSource(path) && !/\.config\.\w+$/.test(path);
    const source = isOwn || named.has(path) ? context.text(path) : undefined;
    if (source !== undefined) texts.push({ path, place: undefined, text: withoutComments(source, path) });
  }
  return texts;
}

/** The programs that a source runs by their names alone, which a shell looks for on PATH. */
function programsOf({ shell, words }: ChildProcess): string[] {
  if (shell === undefined) return words[0] === undefined ? [] : [words[0]];
  const names: string[] = [];
  visitCommands(parseShell(shell), (command) => {
    const name = bareCommand(command)?.name;
    if (name !== undefined) names.push(name);
  });
  return names;
}

/** Whether a step installs the package of a command for all. */
function isGlobal(file: Dockerfile, command: string): boolean {
  return file.instructions.some((each) => {
    const text = each.keyword === 'RUN' ? file.args(each) : '';
    return /\s(?:-g|--global)\b|\byarn\s+global\b/.test(text) && text.includes(packagesOfCommands[command] ?? command);
  });
}

/** The commands that the packages of the application bring, as far as their names or npm's lock file say so. */
function commandsOfPackages(context: ContextFacts): Set<string> {
  const commands = new Set(commandsOfLock(context.text('package-lock.json')));
  const manifest = context.manifests.find(({ path }) => path === 'package.json');
  if (manifest?.kind === 'package.json' && manifest.facts.ok) {
    const { dependencies, devDependencies, optionalDependencies } = manifest.facts.value;
    const packages = { ...dependencies, ...devDependencies, ...optionalDependencies };
    for (const name of Object.keys(packages)) {
      // Mostly the command has the name of the package: `@scope/name`, `name-cli`, `@name/cli`.
      const [scope, own] = name.startsWith('@') ? name.slice(1).split('/') : [undefined, name];
      commands.add(own === 'cli' ? scope! : own!.replace(/-cli$/, ''));
      commands.add(own!);
    }
    for (const [command, name] of Object.entries(packagesOfCommands))
      if (Object.hasOwn(packages, name)) commands.add(command);
  }
  // The base image has these itself.
  for (const each of ['node', 'npm', 'npx', 'yarn', 'corepack']) commands.delete(each);
  return commands;
}

function commandsOfLock(text: string | undefined): string[] {
  if (text === undefined) return [];
  try {
    const { packages } = JSON.parse(text) as { packages?: Record<string, { readonly bin?: object }> };
    return Object.entries(packages ?? {}).flatMap(([path, { bin }]) =>
      /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) ? Object.keys(bin ?? {}) : [],
    );
  } catch {
    return [];
  }
}
