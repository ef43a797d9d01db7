import { isCallersTool, opensWindows, ownDisplay, windowLibraries } from '../../src/facts/index.ts';
import { baseName, covers, entrypointInForce, parentOf } from '../../src/transform/index.ts';
import { copySteps } from './image-files.ts';
import { type Refusal, refusal } from './refusals.ts';
import { placesOf } from './servers.ts';
import { type Setting, workdirAfter } from './setting.ts';
import type { Start, StartCommand } from './start.ts';

/** Whether the image is for the files, or the screen, of whoever runs it, which a user of its own could not reach. */
export function callerRefusal(setting: Setting, start: Start): Refusal | undefined {
  const files = (detail: string) => refusal('works-on-callers-files', detail);
  const commands = start.kind === 'known' ? start.commands : [];
  const tool = commands.find(({ from, program }) => /^(?:CMD|ENTRYPOINT)$/.test(from) && isCallersTool(program));
  if (tool) return files(`\`${tool.program}\` is a tool for them`);
  if (!isServer(setting)) {
    const mounted = [...textsAbout(setting)].find(({ text }) => mountsFolder(text));
    if (mounted) return files(`${mounted.name} mounts the folder that it is called in`);
    const folder = emptyFolder(setting);
    if (folder !== undefined && commands.every(({ from }) => from === 'ENTRYPOINT'))
      return files(`nothing lies in \`${folder}\`, where it starts`);
  }
  const shown = display(setting, commands);
  return shown === undefined ? undefined : refusal('shows-windows', shown);
}

const isServer = ({ instructions, image }: Setting): boolean =>
  instructions.some(({ keyword }) => keyword === 'EXPOSE' || keyword === 'HEALTHCHECK') ||
  (image?.exposedPorts?.length ?? 0) > 0;

/** The comments of the file, and the descriptions beside it and at the root of the build context. */
function* textsAbout({ file, context }: Setting): Generator<{ readonly name: string; readonly text: string }> {
  yield { name: 'a comment', text: file.comments.map(({ text }) => text.replace(/^#+\s?/, '')).join('\n') };
  if (context === undefined) return;
  const own = parentOf(`/${context.dockerfile}`).slice(1);
  for (const folder of new Set([own.startsWith('..') ? '' : own, ''])) {
    for (const { path, type } of context.children(folder)) {
      const text =
        type === 'file' && /^readme(?:\.(?:md|rst|txt|adoc))?$/i.test(baseName(path)) ? context.text(path) : undefined;
      if (text !== undefined) yield { name: `\`${path}\``, text };
    }
  }
}

/** Whether a text runs a container on the whole folder of the caller, and opens no port of it. */
function mountsFolder(text: string): boolean {
  return runsOf(text).some(
    (run) =>
      /(?:-v|--volume)[= ]["']?(?:\$\(pwd\)|\$\{?PWD\}?|`pwd`|%cd%|\$\(CURDIR\)|\.)["']?:["']?\/|source=["']?(?:\$\(pwd\)|\$\{?PWD\}?|`pwd`)["']?,/i.test(
        run,
      ) && !/\s(?:-p|--publish|-P|-d|--detach|--net(?:work)?)[= \d]/.test(run),
  );
}

/** The commands of a text that run a container, their lines joined. */
function runsOf(text: string): string[] {
  const joined = text.replace(/\\\r?\n\s*/g, ' ');
  return [...joined.matchAll(/\b(?:docker|podman|nerdctl)\s+(?:container\s+)?run\b[^\n]*/g)].map(([run]) => run);
}

/** The working directory where no step puts anything into it, and the entrypoint takes what the caller says. */
function emptyFolder(setting: Setting): string | undefined {
  const { file, stage, facts, chain, instructions, workdir } = setting;
  const entrypoint = entrypointInForce(file, stage, facts);
  if (entrypoint.kind !== 'exec' || workdir === undefined || workdir === '/') return undefined;
  const command = stage.instructions.findLast(({ keyword }) => keyword === 'CMD');
  if (command && !(command.json ?? ['x']).every((word) => word.startsWith('-'))) return undefined;
  if (!instructions.some(({ keyword }) => keyword === 'WORKDIR')) return undefined;
  const isFilled = copySteps(file, chain, facts).some(
    ({ destination }) => destination === undefined || covers(workdir, destination) || covers(destination, workdir),
  );
  const isNamed = instructions.some(
    (each) =>
      (each.keyword === 'RUN' &&
        (covers(workdir, workdirAfter(file, each, facts) ?? '') || file.args(each).includes(workdir))) ||
      (each.keyword === 'ENTRYPOINT' && file.args(each).includes(workdir)),
  );
  return isFilled || isNamed ? undefined : workdir;
}

/** What says that windows are shown on the display of the host. */
function display(setting: Setting, commands: readonly StartCommand[]): string | undefined {
  const { file, instructions, environment, usage, context } = setting;
  const texts = instructions
    .filter(({ keyword }) => /^(?:RUN|CMD|ENTRYPOINT)$/.test(keyword))
    .map((each) => file.args(each));
  if (texts.some((text) => ownDisplay.test(text))) return undefined;
  const windowed = commands.find(({ program, words }) => opensWindows(program, words));
  if (windowed) return `\`${windowed.program}\``;
  if (environment.has('DISPLAY')) return 'a variable of the environment names the display';
  const run = usage?.runs.find(
    ({ mounts, environment: names }) =>
      mounts.some(({ path }) => covers('/tmp/.X11-unix', path)) ||
      names.some((name) => /^(?:WAYLAND_)?DISPLAY$/.test(name)),
  );
  if (run) return `\`${run.file}\` line ${run.line}`;
  const told = [...textsAbout(setting)].find(({ text }) =>
    runsOf(text).some((each) => /\.X11-unix\b|\bDISPLAY\b/.test(each)),
  );
  if (told) return `${told.name} says so`;
  const manifest = context?.manifests.find(({ kind, path, facts }) => {
    if (!facts.ok || /test|dev/i.test(path)) return false;
    const names =
      kind === 'package.json'
        ? Object.keys(facts.value.dependencies).filter((name) => windowLibraries.npm.has(name))
        : kind === 'requirements'
          ? facts.value.names.filter((name) => windowLibraries.python.has(name))
          : [];
    return names.length > 0 && placesOf(setting, path).length > 0;
  });
  return manifest && `\`${manifest.path}\` has a library for windows`;
}
