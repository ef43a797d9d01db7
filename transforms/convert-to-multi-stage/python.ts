import { posix } from 'node:path';
import { slimRuntime } from '../../src/facts/index.ts';
import { environmentValue, type StageCommand } from '../../src/transform/index.ts';
import { planApplication } from './interpreted.ts';
import { languages } from './languages.ts';
import { packageLibraries } from './libraries.ts';
import { startInEnvironment } from './old-places.ts';
import { stagePackages } from './packages.ts';
import { commonRefusal, containerNeeds, contextRefusal, missingProgram, startInstruction } from './pitfalls.ts';
import { isRefusal, type Plan, type Recipe, type Refusal, refuse } from './plan.ts';
import { readSources } from './sources.ts';
import type { Subject } from './subject.ts';

const ownEnvironment = '/opt/venv';

export const python: Recipe = {
  id: 'python',
  plan(subject) {
    const { base, commands, start } = subject;
    if (base.repository !== 'python') return undefined;
    const common = commonRefusal(subject) ?? contextRefusal(subject);
    if (common) return common;
    if (!start) return refuse('start-unknown');
    const manager = commands.find((each) =>
      /^(?:poetry|pipenv|pdm|conda|mamba|micromamba|uv|pixi|hatch)$/.test(each.name),
    );
    if (manager && !managedInside(subject, manager)) {
      return refuse('environment-elsewhere', `\`${manager.name}\``, manager.instruction);
    }
    if (/^(?:poetry|pipenv|pdm|uv|conda)$/.test(start.argv?.[0] ?? '')) {
      return refuse('starts-with-toolchain', `\`${start.argv![0]}\``, startInstruction(subject));
    }
    const slim = slimRuntime(base.repository, base.tag);
    if (!slim) return refuse(/alpine/.test(base.tag) ? 'libc-differs' : 'no-runtime-image', `\`${base.tag}\``);
    if (base.written.includes('$') && writtenAs(subject, slim.runtime.reference).written === undefined) {
      return refuse('no-runtime-image', `\`${base.written}\``);
    }
    const installed = stagePackages(subject);
    const compiles =
      installed.libraries.length > 0 || commands.some((each) => /^(?:gcc|g\+\+|make|cmake)$/.test(each.name));
    const hasCompiler = commands.some((each) =>
      each.words.some((word) => /^(?:build-essential|gcc|g\+\+)$/.test(word ?? '')),
    );
    if (slim.isSame && !compiles && !hasCompiler) return refuse('nothing-to-separate', 'the base is slim already');
    const reading = readSources(subject, languages.python);
    const environment = environmentOf(subject);
    if (isRefusal(environment)) return environment;
    const moved = environment.inserts ? startInEnvironment(subject, ownEnvironment) : {};
    if (isRefusal(moved)) return moved;
    const own = new Set(programsInstalled(subject, environment.path));
    const container = containerNeeds(subject, reading.runs, own);
    if (isRefusal(container)) return container;
    const needed = packageLibraries(subject, 'python', container.packages);
    if ('unknown' in needed) return refuse('shared-library-unknown', `\`${needed.unknown}\``);
    const missing = missingProgram(container, slim.runtime);
    if (missing !== undefined && !(start.script && container.programs.includes(missing) && isOfEnvironment(missing))) {
      return refuse('runs-other-programs', `\`${missing}\``, startInstruction(subject));
    }
    return planApplication(subject, {
      runtime: slim.runtime,
      ...writtenAs(subject, slim.runtime.reference),
      container: { ...container, packages: [...new Set([...container.packages, ...needed.packages])] },
      reading,
      buildFiles: languages.python.buildFiles,
      artifacts: environment.path === undefined || environment.inside ? [] : [{ from: environment.path }],
      holds: environment.path === undefined ? [] : [environment.path],
      ...moved,
      ...(environment.inserts && { buildInserts: environment.inserts }),
      ...(environment.inserts && { environment: [['PATH', `"${ownEnvironment}/bin:$PATH"`]] }),
      ...(slim.pastSupport && { note: `Python ${base.tag} gets no security fixes since ${slim.pastSupport}` }),
    });
  },
};

/** Commands that packages bring, by the names that starts have. */
function isOfEnvironment(name: string): boolean {
  return /^(?:gunicorn|uvicorn|hypercorn|daphne|celery|flask|django-admin|alembic|streamlit|fastapi|waitress-serve|granian|dramatiq|rq|huey_consumer(?:\.py)?|uwsgi|[\w./-]+\.py)$/.test(
    name,
  );
}

function programsInstalled(subject: Subject, path: string | undefined): string[] {
  const names = [subject.start?.argv?.[0] ?? ''];
  const script = subject.start?.scriptPath;
  return [
    ...names,
    ...(script ? [script, posix.basename(script), `./${posix.basename(script)}`] : []),
    ...(path ? [`${path}/bin/python`] : []),
  ];
}

/** The slim tag as the file writes it: with the variable that holds the version, and the digest where it is the builder's. */
function writtenAs(subject: Subject, reference: string): { written?: string } {
  const { written, repository, tag } = subject.base;
  // The builder itself, with its digest.
  if (reference === `${repository}:${tag}`) return { written };
  const match = /^(?:docker\.io\/)?(?:library\/)?([\w./-]+):(\$\{?\w+\}?)(-[\w-]+)?$/.exec(written);
  if (!match || match[1] !== repository) return {};
  const version = tag.slice(0, tag.length - (match[3]?.length ?? 0));
  const rest = reference.slice(`${repository}:${version}`.length);
  return reference.startsWith(`${repository}:${version}`) ? { written: `${repository}:${match[2]}${rest}` } : {};
}

interface Environment {
  /** The virtual environment; undefined where no package is installed. */
  readonly path: string | undefined;
  /** It lies in the application's directory. */
  readonly inside: boolean;
  readonly inserts?: Plan['buildInserts'];
}

/** The virtual environment that the build uses, or where one of its own is made. */
function environmentOf(subject: Subject): Environment | Refusal {
  const { commands, file, directory } = subject;
  const made = commands.find((each) => isVenv(each));
  const inside = (path: string) => directory !== undefined && path.startsWith(`${directory}/`);
  if (made) {
    const target =
      made.name === 'virtualenv' ? made.words.findLast((word) => !word?.startsWith('-')) : made.words.at(-1);
    if (target === undefined || made.directory === undefined)
      return refuse('environment-elsewhere', undefined, made.instruction);
    const path = posix.resolve(made.directory, target);
    if (made.words.includes('--system-site-packages'))
      return refuse('environment-elsewhere', '`--system-site-packages`');
    const last = subject.stage.instructions.at(-1)!;
    const search = environmentValue(file, last, 'PATH') ?? rawPath(subject);
    const first = subject.start?.argv?.[0] ?? '';
    if (!search?.includes(`${path}/bin`) && !first.startsWith(path))
      return refuse('environment-elsewhere', `\`${path}\` is not on \`PATH\``);
    return { path, inside: inside(path) };
  }
  const synced = commands.find((each) => each.name === 'uv' && each.words[0] === 'sync');
  if (synced)
    return {
      path: posix.resolve(synced.directory!, '.venv'),
      inside: inside(posix.resolve(synced.directory!, '.venv')),
    };
  const installs = commands.filter((each) => isPip(each) && each.words.includes('install'));
  if (installs.length === 0) return { path: undefined, inside: false };
  for (const each of installs) {
    const odd = each.words.find(
      (word) => word !== undefined && /^(?:--user|-t|--target|--prefix|--root)(?:=|$)/.test(word),
    );
    const absolute = each.command.words.some((word) => /^\/.*\/(?:pip|python)[\d.]*$/.test(word.text));
    if (odd !== undefined || absolute) return refuse('environment-elsewhere', `\`${odd ?? 'pip'}\``, each.instruction);
  }
  const { instruction } = installs[0]!;
  const user = subject.stage.instructions.find((each) => each.keyword === 'USER' && each.index < instruction.index);
  if (user) return refuse('environment-elsewhere', 'packages are installed by another user than root', user);
  const fixed = subject.stage.instructions.find(
    (each) =>
      each.keyword === 'ENV' && file.pairs(each).some(([name, value]) => name === 'PATH' && !/\$\{?PATH\b/.test(value)),
  );
  if (fixed) return refuse('environment-elsewhere', '`PATH` is set to one text', fixed);
  const lines = [`RUN python -m venv ${ownEnvironment}`, `ENV PATH="${ownEnvironment}/bin:$PATH"`];
  return { path: ownEnvironment, inside: false, inserts: [{ before: instruction, lines }] };
}

function rawPath({ file, stage }: Subject): string | undefined {
  return stage.instructions
    .filter((each) => each.keyword === 'ENV')
    .flatMap((each) => file.pairs(each))
    .findLast(([name]) => name === 'PATH')?.[1]
    .replace(/\$\{?VIRTUAL_ENV\}?/g, () => virtualEnv({ file, stage }) ?? '');
}

function virtualEnv({ file, stage }: Pick<Subject, 'file' | 'stage'>): string | undefined {
  return stage.instructions
    .filter((each) => each.keyword === 'ENV')
    .flatMap((each) => file.pairs(each))
    .findLast(([name]) => name === 'VIRTUAL_ENV')?.[1];
}

function isVenv({ name, words }: StageCommand): boolean {
  return (
    name === 'virtualenv' ||
    (/^python[\d.]*$/.test(name) && words[0] === '-m' && /^(?:venv|virtualenv)$/.test(words[1] ?? ''))
  );
}

function isPip({ name, words }: StageCommand): boolean {
  return /^pip[\d.]*$/.test(name) || (/^python[\d.]*$/.test(name) && words[0] === '-m' && words[1] === 'pip');
}

/** uv, where it takes the image's own Python and keeps the environment in the project. */
function managedInside(subject: Subject, manager: StageCommand): boolean {
  if (manager.name !== 'uv') return false;
  const { file, stage, commands } = subject;
  const settings = stage.instructions.filter((each) => each.keyword === 'ENV').flatMap((each) => file.pairs(each));
  const noDownloads = settings.some(
    ([name, value]) => name === 'UV_PYTHON_DOWNLOADS' && /^"?(?:0|never)"?$/.test(value),
  );
  const moved = settings.some(([name]) => /^UV_(?:PROJECT_ENVIRONMENT|SYSTEM_PYTHON|LINK_MODE_SYMLINK)$/.test(name));
  const syncs = commands
    .filter((each) => each.name === 'uv')
    .every((each) => /^(?:sync|cache|--version)$/.test(each.words[0] ?? '') && each.directory !== undefined);
  return noDownloads && !moved && syncs && rawPath(subject)?.includes('.venv/bin') === true;
}

export { writtenAs };
