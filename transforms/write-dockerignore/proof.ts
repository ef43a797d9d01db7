import type { Stage } from '../../src/dockerfile/index.ts';
import type { ContextFacts, Taken } from '../../src/transform/index.ts';
import { type Build, landing, type StageSteps, type Take, within } from './build.ts';
import type { Candidate } from './candidates.ts';
import { nodeOutputs } from './node-outputs.ts';
import { type ToolRun, toolRuns } from './tools.ts';

const runsOf = new WeakMap<StageSteps, readonly ToolRun[]>();

function runsIn(steps: StageSteps): readonly ToolRun[] {
  let runs = runsOf.get(steps);
  if (!runs) {
    runs = toolRuns(steps.calls);
    runsOf.set(steps, runs);
  }
  return runs;
}

/**
 * Whether a build makes itself what one of its takes would lose: in the stage that takes it, or in all that build on that,
 * a tool runs where the manifest lies, or the same is copied from another stage.
 */
export function isMade(context: ContextFacts, build: Build, take: Take, taken: Taken, candidate: Candidate): boolean {
  const place = landing(take, taken, candidate.path);
  if (place === undefined) return false;
  const owner = within(place, '..');
  const { file } = build;
  const branches = [take.stage, ...file.descendants(take.stage)];
  const leaves = branches.filter((stage) => !file.stages.some((each) => each.parent === stage));
  return leaves.every((leaf) => {
    const chain = chainOf(leaf).map((stage) => build.steps.get(stage)!);
    if (
      chain.some((steps) =>
        steps.brought.some((each) => each.names.includes(candidate.name) && each.destination === place),
      )
    )
      return true;
    return isMadeIn(context, build, chain.flatMap(runsIn), owner, candidate);
  });
}

function chainOf(leaf: Stage): Stage[] {
  const chain: Stage[] = [];
  for (let stage: Stage | undefined = leaf; stage; stage = stage.parent) chain.unshift(stage);
  return chain;
}

function isMadeIn(
  context: ContextFacts,
  build: Build,
  runs: readonly ToolRun[],
  owner: string,
  candidate: Candidate,
): boolean {
  if (candidate.name === 'node_modules') return isInstalled(context, build, runs, owner, candidate);
  if (candidate.rules.length === 0) return isScriptOutput(context, runs, owner, candidate);
  return candidate.rules.some(({ tools, where, holds }) =>
    runs.some(({ tool, directory }) => {
      if (!(tools as readonly string[]).includes(tool)) return false;
      if (holds === 'pyvenv.cfg' && isMissedEnvironment(build, candidate.name)) return false;
      if (where === 'anywhere' || directory === owner) return true;
      // A build of many modules runs at their root; that of one member of a workspace writes to the root.
      return where === 'above' && (isBelow(owner, directory) || isBelow(directory, owner));
    }),
  );
}

/** Whether a build uses a virtual environment by its name that it does not make: pip alone installs elsewhere. */
function isMissedEnvironment({ commands }: Build, name: string): boolean {
  const speaks = new RegExp(`(?<![\\w.-])${name.replace('.', '\\.')}(?![\\w.-])`).test(commands);
  return speaks && !/-m venv\b|\bvirtualenv\b|\buv (?:venv|sync)\b|\b(?:poetry|pdm|pipenv) /.test(commands);
}

function isInstalled(
  context: ContextFacts,
  build: Build,
  runs: readonly ToolRun[],
  owner: string,
  candidate: Candidate,
): boolean {
  const installs = runs.filter(({ tool, directory }) => {
    if (tool !== 'node-install') return false;
    return directory === owner || (isBelow(owner, directory) && isMember(context, owner, directory, candidate.owner));
  });
  if (installs.length === 0) return false;
  // Scripts may use what only development needs, and would miss it.
  const isProduction = /\bNODE_ENV[= ]["']?production\b/.test(build.commands);
  const all = installs.some(({ omitsDevelopment }) => !omitsDevelopment) && !isProduction;
  return all || !runs.some(({ tool, script }) => tool === 'node-script' || script?.startsWith('npx '));
}

/** Whether the package in a directory is installed with that of a directory above it. */
function isMember(context: ContextFacts, owner: string, directory: string, member: string): boolean {
  const below = owner.slice(directory === '/' ? 1 : directory.length + 1);
  if (member !== below && !member.endsWith(`/${below}`)) return false;
  const root = member.slice(0, -below.length);
  if (['pnpm-workspace.yaml', 'lerna.json', 'rush.json'].some((name) => context.file(root + name))) return true;
  const manifest = context.manifests.find(({ path }) => path === `${root}package.json`);
  if (manifest?.kind !== 'package.json' || !manifest.facts.ok) return false;
  const { workspaces, localDependencies } = manifest.facts.value;
  const locals = Object.values(localDependencies).map((range) => range.replace(/^\w+:/, '').replace(/^\.\//, ''));
  return workspaces !== undefined || locals.some((path) => path.replace(/\/$/, '') === below);
}

const everyPackage =
  /\b(?:turbo|nx|lerna|wsrun|wireit)\b|(?:^|\s)(?:-ws|--workspaces?|-w|--recursive|-r|--filter|-F|workspaces?)\b/;

function isScriptOutput(context: ContextFacts, runs: readonly ToolRun[], owner: string, candidate: Candidate): boolean {
  return runs.some(({ tool, directory, script }) => {
    if (script === undefined || (tool !== 'node-script' && tool !== 'program')) return false;
    if (directory === owner) {
      const isRun = tool === 'node-script' && /^[\w:.-]+(?:\s|$)/.test(script);
      return nodeOutputs(context, candidate.owner, isRun ? `npm run ${script}` : script).has(candidate.name);
    }
    const isAll = tool === 'node-script' && isBelow(owner, directory) && everyPackage.test(script);
    return isAll && nodeOutputs(context, candidate.owner, 'npm run build').has(candidate.name);
  });
}

function isBelow(path: string, directory: string): boolean {
  return directory === '/' ? path !== '/' : path.startsWith(`${directory}/`);
}
