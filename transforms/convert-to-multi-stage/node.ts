import { posix } from 'node:path';
import { distrolessRuntime, type Runtime, runtimesReadOn, slimRuntime, supportEndOf } from '../../src/facts/index.ts';
import {
  callsYarn,
  environmentValue,
  nodeOptionsOfScripts,
  plugAndPlay,
  readsNpmVariables,
  type StageCommand,
} from '../../src/transform/index.ts';
import { planApplication } from './interpreted.ts';
import { languages } from './languages.ts';
import { packageLibraries } from './libraries.ts';
import { type NodeStart, nodeStart } from './node-start.ts';
import {
  type ContainerNeeds,
  commonRefusal,
  containerNeeds,
  contextRefusal,
  healthcheckRefusal,
  missingProgram,
  startInstruction,
} from './pitfalls.ts';
import { type Artifact, isRefusal, type Plan, type Recipe, type Refusal, refuse } from './plan.ts';
import { writtenAs } from './python.ts';
import { readSources, type SourceReading } from './sources.ts';
import type { Subject } from './subject.ts';

type Manifest = Extract<NonNullable<Subject['context']>['manifests'][number], { kind: 'package.json' }>;
type NodePackage = Extract<Manifest['facts'], { ok: true }>['value'];

/** Packages that start browsers or other programs which are no part of them. */
const bringPrograms = [
  'puppeteer',
  'playwright',
  '@playwright/test',
  'playwright-chromium',
  'phantomjs-prebuilt',
  'selenium-webdriver',
];

/** What the recipes of Node have in common: the application and how it starts. */
export interface NodeSubject {
  readonly subject: Subject;
  readonly manifest: NodePackage;
  /** The context path of package.json. */
  readonly path: string;
  readonly start: NodeStart;
  readonly reading: SourceReading;
  readonly major: string;
}

/** Reads a Node application; undefined where the base image is not Node's. */
export function nodeSubject(subject: Subject): NodeSubject | Refusal | undefined {
  const { base, layout, directory } = subject;
  if (base.repository !== 'node') return undefined;
  const [, major] = /^(\d+)(?:[.-]|$)/.exec(base.tag) ?? [];
  const common = commonRefusal(subject) ?? contextRefusal(subject);
  if (common) return common;
  if (directory === undefined) return refuse('working-directory-unknown');
  const path = layout!.contextOf(posix.join(directory, 'package.json'));
  const found = subject.context!.manifests.find(
    (each): each is Manifest => each.kind === 'package.json' && each.path === path,
  );
  if (!found?.facts.ok || path === undefined)
    return refuse('artifact-unknown', 'there is no package.json beside the start');
  const manifest = found.facts.value;
  const start = nodeStart(subject, manifest);
  if (isRefusal(start)) return start;
  const past = major === undefined ? undefined : supportEndOf('node', major);
  if (major === undefined || past === undefined) return refuse('no-runtime-image', `\`node:${base.tag}\``);
  if (/alpine/.test(base.tag) && past < runtimesReadOn) {
    return refuse('runtime-past-support', `Node ${major} since ${past}; and the modules are built for musl`);
  }
  const program = bringPrograms.find((each) => Object.hasOwn(manifest.dependencies, each));
  if (program !== undefined) return refuse('runs-other-programs', `\`${program}\``);
  const folder = posix.dirname(path);
  const isPlugged =
    subject.commands.some(callsYarn) && plugAndPlay(subject.file, layout!.context, folder) !== undefined;
  if (isPlugged || layout!.context.text('.pnp.cjs') !== undefined)
    return refuse('environment-elsewhere', 'Yarn keeps no `node_modules`');
  const tools = Object.entries(manifest.localDependencies)
    .filter(([name]) => Object.hasOwn(manifest.devDependencies, name))
    .map(([, range]) => `${posix.join(folder, range.replace(/^(?:file|link|portal):/, ''))}/`);
  // What only the build runs does not run in the container.
  const isLeftOut = (each: string) =>
    tools.some((tool) => each.startsWith(tool)) ||
    /(?:^|\/)[\w.-]+\.config\.[cm]?[jt]s$|(?:^|\/)(?:gulpfile|Gruntfile)\.js$/.test(each);
  return { subject, manifest, path, start, reading: readSources(subject, languages.node, isLeftOut), major };
}

export const node: Recipe = {
  id: 'node',
  plan(subject) {
    const read = nodeSubject(subject);
    return read === undefined || isRefusal(read) ? read : planNode(read);
  },
};

function planNode(read: NodeSubject): Plan | Refusal {
  const { subject, manifest, start, reading } = read;
  const own = new Set(['node', 'npm', 'npx', ...ownScripts(subject)]);
  const container = containerNeeds(subject, reading.runs, own);
  if (isRefusal(container)) return container;
  const needed = packageLibraries(subject, 'node', container.packages);
  if ('unknown' in needed) return refuse('shared-library-unknown', `\`${needed.unknown}\``);
  const chain = start.kind === 'chain' ? start.programs.filter((each) => !own.has(each)) : [];
  const needs: ContainerNeeds = {
    ...container,
    packages: [...new Set([...container.packages, ...needed.packages])],
    shell: container.shell || start.kind === 'chain' || needsNpm(read) || isSplit(read),
    programs: [...new Set([...container.programs, ...chain.filter((each) => !isShellWord(each))])],
  };
  const prisma = prismaNeeds(manifest);
  const chosen = chooseRuntime(read, needs, prisma);
  if (isRefusal(chosen)) return chosen;
  const { runtime } = chosen;
  const brought = broughtByCorepack(read);
  if (brought !== undefined && runtime.family === 'slim')
    return refuse('runs-other-programs', `\`${brought}\`, which corepack brings`, startInstruction(subject));
  const tail = pruneLines(read);
  if (isRefusal(tail)) return tail;
  const environment = start.kind === 'node' && runtime.family !== 'slim' ? start.environment : [];
  const newStart =
    start.kind === 'node' && runtime.family !== 'slim' ? startOf(subject, runtime, start.words) : undefined;
  return planApplication(subject, {
    runtime,
    ...(runtime.family === 'slim' && writtenAs(subject, runtime.reference)),
    container: { ...needs, packages: [...needs.packages, ...(prisma ? ['openssl', 'ca-certificates'] : [])] },
    reading,
    buildFiles: languages.node.buildFiles,
    artifacts: [],
    holds: ['/usr/local/lib/node_modules'],
    ...partsOf(read),
    ...(environment.length > 0 && { environment }),
    ...(newStart && { start: newStart }),
    ...(tail.length > 0 && { buildTail: tail }),
    ...(chosen.note !== undefined && { note: chosen.note }),
  });
}

/** The package manager of the start that corepack puts into the image that builds, and no image has by itself. */
function broughtByCorepack({ subject: { commands, start: written }, start }: NodeSubject): string | undefined {
  if (!commands.some((each) => each.name === 'corepack')) return undefined;
  const texts = [...(written?.argv ?? []), written?.script?.text ?? '', start.kind === 'chain' ? start.text : ''];
  return /(?<![\w./-])(?:pnpm|yarn)(?![\w./-])/.exec(texts.join('\n'))?.[0];
}

function isShellWord(word: string): boolean {
  return /^(?:sh|bash|cd|exec|export|set|echo|sleep|test|\[|true|:|wait|trap|\.|"?\$@"?)$/.test(word);
}

function ownScripts({ start }: Subject): string[] {
  const path = start?.scriptPath;
  return path === undefined ? [] : [path, posix.basename(path), `./${posix.basename(path)}`];
}

/** ENTRYPOINT and CMD share a call of npm, whose words do not fall to the two as they are. */
function isSplit({ subject: { start: written }, start }: NodeSubject): boolean {
  return start.kind === 'node' && start.byScript && written?.entrypoint !== undefined && written.cmd !== undefined;
}

/** The program has options, or reads variables, that npm gives the scripts that it runs. */
function needsNpm({ subject: { file, context }, start, reading, path }: NodeSubject): boolean {
  if (start.kind !== 'node' || !start.byScript) return false;
  return (
    [...reading.texts.values()].some(readsNpmVariables) ||
    nodeOptionsOfScripts(file, context!, posix.dirname(path)) !== undefined
  );
}

/** Engines of Prisma below 7 look for OpenSSL with programs that no distroless image has (prisma.io/docs). */
function prismaNeeds({ dependencies }: NodePackage): boolean {
  const range = dependencies['@prisma/client'];
  return range !== undefined && !/^[\^~>=\s]*(?:[7-9]|\d\d)/.test(range);
}

function chooseRuntime(
  { subject, major, path }: NodeSubject,
  needs: ContainerNeeds,
  prisma: boolean,
): { runtime: Runtime; note?: string } | Refusal {
  const { base, wants, context, libc } = subject;
  const isAlpine = /alpine/.test(base.tag);
  const needsSystem = needs.shell || needs.packages.length > 0 || needs.programs.length > 0 || prisma;
  // A distroless image is of one version, and a build argument may ask for another.
  const isFixed = !base.written.includes('$');
  if (!needsSystem && wants !== 'slim' && isFixed) {
    const small = distrolessRuntime(`nodejs${major}`, { libc: isAlpine ? { kind: 'glibc', version: '2.0' } : libc });
    const crosses = isAlpine && !isPortable(context?.text(posix.join(posix.dirname(path), 'package-lock.json')));
    if (typeof small === 'object' && !crosses && !healthcheckRefusal(subject, small, [])) return { runtime: small };
    if (crosses) return refuse('libc-differs', 'a dependency is, or may be, compiled for musl');
  }
  if (isAlpine) return refuse('libc-differs', 'the slim images are of Debian');
  const slim = slimRuntime('node', base.tag);
  if (slim && !isFixed && writtenAs(subject, slim.runtime.reference).written === undefined) {
    return refuse('no-runtime-image', `\`${base.written}\``);
  }
  if (!slim) return refuse('no-runtime-image', `\`node:${base.tag}\``);
  if (slim.isSame && needs.packages.length === 0 && !subject.commands.some((each) => each.name === 'apt-get')) {
    return refuse('nothing-to-separate', 'the base is slim already, and the start needs a shell');
  }
  const missing = missingProgram(needs, slim.runtime);
  if (missing !== undefined) return refuse('runs-other-programs', `\`${missing}\``, startInstruction(subject));
  return {
    runtime: slim.runtime,
    ...(slim.pastSupport && { note: `Node ${major} gets no security fixes since ${slim.pastSupport}` }),
  };
}

/** Whether a lock file says of every package that it is JavaScript alone: nothing runs at its install, and none is of one platform. */
function isPortable(lock: string | undefined): boolean {
  if (lock === undefined) return false;
  try {
    const { packages } = JSON.parse(lock) as { packages?: Record<string, Record<string, unknown>> };
    if (packages === undefined) return false;
    return Object.values(packages).every((each) => {
      return each.dev === true || (each.hasInstallScript !== true && each.libc === undefined && each.cpu === undefined);
    });
  } catch {
    return false;
  }
}

/** What goes before the file name is a flag of node: the image's entry point is node itself. */
function startOf({ start }: Subject, runtime: Runtime, words: readonly string[]): Plan['start'] {
  const [program] = runtime.entrypoint;
  if (start?.entrypoint) {
    const fixed = start.argv === undefined ? 0 : start.fixed;
    const inherited = start.cmd ? words.slice(0, Math.max(0, fixed - 1)) : words;
    return { entrypoint: [program!, ...inherited] };
  }
  return { cmd: words };
}

/** Development dependencies go when the build is done, where npm has installed them. */
function pruneLines({ subject, manifest, path }: NodeSubject): string[] | Refusal {
  const { commands, context, directory, file } = subject;
  const needsInstall = Object.keys(manifest.dependencies).length > 0;
  const installs = commands.filter((each) => isInstall(each) && each.directory === directory);
  if (installs.length === 0) {
    return needsInstall ? refuse('artifact-unknown', 'no step installs the dependencies') : [];
  }
  const locks = context!.locks(path);
  // Without a lock file npm prunes what it finds installed, and installs nothing anew.
  const isOfOther = !locks.npm && (locks.yarn || locks.pnpm || locks.bun);
  // npm puts a link where it is given a folder.
  const linked = installs.flatMap(({ words }) => words).find((word) => /^(?:file:|link:|\.{0,2}\/)/.test(word ?? ''));
  if (linked !== undefined) return refuse('environment-elsewhere', `\`${linked}\` is linked, not copied`);
  if (Object.keys(manifest.devDependencies).length === 0 || isOfOther) return [];
  const last = installs.at(-1)!;
  if (last.name !== 'npm') return [];
  const isProduction =
    last.words.some((word) => /^--(?:omit=dev|production|only=prod(?:uction)?)$/.test(word ?? '')) ||
    environmentValue(file, last.instruction, 'NODE_ENV') === 'production';
  return isProduction ? [] : ['RUN npm prune --omit=dev'];
}

function isInstall({ name, words }: StageCommand): boolean {
  if (words.some((word) => word === '-g' || word === '--global')) return false;
  const [verb] = words.filter((word) => !word?.startsWith('-'));
  if (name === 'npm') return /^(?:install|i|ci|clean-install|add)$/.test(verb ?? '');
  return /^(?:yarn|pnpm|bun)$/.test(name) && (verb === undefined || /^(?:install|i)$/.test(verb));
}

/** The parts of a compiled application: its output, its packages, and what lies beside its sources. */
function partsOf({
  subject,
  start,
  path,
  reading,
}: NodeSubject): { parts: readonly Artifact[]; holds?: readonly string[] } | object {
  const { layout, directory } = subject;
  const entry = start.kind === 'node' ? start.words.find((each) => !each.startsWith('-')) : undefined;
  if (entry === undefined || directory === undefined) return {};
  const image = posix.resolve(directory, entry);
  const [top = ''] = posix.relative(directory, image).split('/');
  const isBuilt =
    /^(?:dist|build|out|lib|\.output|output)$/.test(top) && layout!.contextOf(posix.join(directory, top)) === undefined;
  if (!isBuilt) return {};
  const root = posix.dirname(path) === '.' ? '' : `${posix.dirname(path)}/`;
  const beside: string[] = [];
  for (const file of layout!.files()) {
    if (!file.startsWith(root)) return {};
    const name = file.slice(root.length).split('/')[0]!;
    if (!beside.includes(name)) beside.push(name);
  }
  // What is not the source alone may be read or loaded when the program runs.
  const loose = beside.filter((name) => !notAtRunTime.test(name));
  if (loose.length > 8 || !reading.complete) return {};
  const named = loose.filter((name) => name !== 'package.json').map((name) => ({ from: posix.join(directory, name) }));
  const parts = ['package.json', 'node_modules', top].map((name) => ({ from: posix.join(directory, name) }));
  return { parts: [...parts, ...named] };
}

/** Names beside package.json that only people and the build read. */
const notAtRunTime =
  /^(?:src|source|tests?|spec|__tests__|e2e|docs?|coverage|node_modules|\.(?!env(?:\.|$)).*|Dockerfile.*|docker-compose.*|compose.*\.ya?ml|Makefile|tsconfig.*\.json|tslint\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|nodemon\.json|nest-cli\.json|jest\..*|vitest\..*|webpack\..*|rollup\..*|vite\..*|babel\..*|eslint\..*|prettier\..*|tsup\..*|.*\.md|LICEN[CS]E.*|renovate\.json|sonar-project\.properties)$/;
