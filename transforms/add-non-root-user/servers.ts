import {
  type Framework,
  familiarName,
  frameworks,
  type ServerPaths,
  serverPaths,
  writingServers,
} from '../../src/facts/index.ts';
import type { Manifest } from '../../src/manifests/index.ts';
import { absolute, baseName, covers, parentOf } from '../../src/transform/index.ts';
import { contributingStages, copySteps, placedFiles } from './image-files.ts';
import { nginxFiles, nginxWrites } from './nginx.ts';
import type { Collector } from './owned.ts';
import type { Setting } from './setting.ts';
import type { StartCommand } from './start.ts';

/** What is known of a server that the start runs; undefined for a program that is none. */
export function serverOf(
  { base, image }: Setting,
  { program, path }: StartCommand,
): ServerPaths | 'unknown' | undefined {
  const repository = base === undefined ? '' : familiarName(base).repository;
  const rows = serverPaths.filter((each) => each.program.test(program));
  if (rows.length === 0 && !writingServers.test(program)) return undefined;
  // One that was put elsewhere was built with paths of its own.
  const isPackaged = !path.includes('/') || /^\/(?:usr\/)?(?:local\/)?s?bin\//.test(path);
  const row =
    rows.find(({ repositories }) => repositories?.includes(repository)) ??
    rows.find(({ systems }) => isPackaged && image?.system !== undefined && systems?.includes(image.system));
  return row ?? 'unknown';
}

/** What the servers write that the start runs. */
export function fromServers(setting: Setting, commands: readonly StartCommand[], found: Collector): void {
  const { file, chain, facts, usage } = setting;
  for (const command of commands) {
    const row = serverOf(setting, command);
    if (row === undefined) continue;
    if (row === 'unknown') {
      found.unknown ??= `what \`${command.program}\` writes, as it comes to this image`;
      continue;
    }
    const why = `\`${command.program}\` writes there`;
    for (const path of row.directories) found.give(path, why);
    for (const path of row.files) found.file(path, `\`${command.program}\` writes it`);
    if (row.whereFilled === undefined) continue;
    const [filled, written] = row.whereFilled;
    const isFilled =
      copySteps(file, chain, facts).some(
        ({ destination }) => destination !== undefined && covers(filled, destination),
      ) || usage?.runs.some(({ mounts }) => mounts.some(({ path }) => covers(filled, path)));
    if (isFilled) found.give(written, `the entrypoint fills it from \`${filled}\``);
  }
  for (const { file: configuration, path, isFolder } of nginxWrites(nginxFiles(setting, commands))) {
    const name = `\`${baseName(configuration.path)}\` says so`;
    if (isFolder) found.folder(path, name, true);
    else found.file(path, name);
  }
}

/** What the frameworks of the application write. */
export function fromFrameworks(setting: Setting, commands: readonly StartCommand[], found: Collector): void {
  const { context, workdir } = setting;
  if (context === undefined || workdir === undefined) return;
  const starts = commands.map(({ path, words }) => [baseName(path), ...words].join(' '));
  for (const manifest of context.manifests) {
    const shown = frameworks.filter(
      (framework) => shows(framework, manifest) && starts.some((each) => framework.start.test(each)),
    );
    if (shown.length === 0) continue;
    const places = placesOf(setting, manifest.path);
    for (const { name, writes, besideProgram, start } of shown) {
      const programs = commands.filter(({ path, words }) => start.test([baseName(path), ...words].join(' ')));
      const beside = programs.flatMap(({ path }) => absolute(`${path}/../..`, workdir) ?? []);
      for (const place of besideProgram && places.length > 0 ? beside : places) {
        for (const path of writes) found.folder(absolute(path, place)!, `${name} writes there`, true);
      }
    }
  }
}

/**
 * The folders of the image that the folder of a manifest comes to. Where it is only part of what another stage builds,
 * that is the working directory.
 */
export function placesOf(setting: Setting, manifest: string): string[] {
  const { file, facts, chain, workdir } = setting;
  const places = new Set<string>();
  let isBuilt = false;
  for (const step of copySteps(file, contributingStages(setting), facts)) {
    for (const { path, file: placed } of placedFiles(setting, step)) {
      if (placed.path !== manifest) continue;
      if (chain.includes(step.stage)) places.add(parentOf(path));
      else isBuilt = true;
    }
  }
  return places.size === 0 && isBuilt ? [workdir!] : [...places];
}

function shows({ sign }: Framework, manifest: Manifest): boolean {
  if (!manifest.facts.ok) return false;
  const has = (wanted: readonly string[] | undefined, names: readonly string[]) =>
    wanted?.some((each) => names.includes(each)) ?? false;
  switch (manifest.kind) {
    case 'package.json':
      return has(sign.npm, Object.keys(manifest.facts.value.dependencies));
    case 'requirements':
      return has(sign.python, manifest.facts.value.names);
    case 'pyproject.toml':
      return has(sign.python, manifest.facts.value.dependencies.map(distribution));
    case 'Gemfile':
      return has(sign.gems, manifest.facts.value.gems);
    case 'composer.json':
      return has(sign.composer, Object.keys(manifest.facts.value.require));
    case 'mix.exs':
      return sign.mix === 'any';
    default:
      return false;
  }
}

const distribution = (requirement: string): string =>
  (/^[\w.-]+/.exec(requirement.trim())?.[0] ?? '').toLowerCase().replaceAll('_', '-');
