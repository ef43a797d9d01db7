import { posix } from 'node:path';
import type { Stage } from '../../src/dockerfile/index.ts';
import { insertAfter, replaceRange } from '../../src/edit/index.ts';
import { environmentValue, Layout } from '../../src/transform/index.ts';
import type { Install, Outcome } from './index.ts';
import { withoutDevelopment } from './npm-version.ts';

/** Tools that only a build or a test runs, wherever they are installed. */
const buildCalls =
  /^(?:npx|tsc|webpack|vite|rollup|esbuild|next|nest|ng|jest|vitest|mocha|eslint|gulp|grunt|tsup|swc|babel|prisma)$/;

/** `npm ci --omit=dev` for an install by a lock file, `npm install --omit=dev` for others: docs.npmjs.com/cli, `omit`. */
export function npm(install: Install): Outcome {
  const { file, stage, facts, command, later } = install;
  const [verb] = command.words.filter((word) => !word?.startsWith('-'));
  if (command.name !== 'npm' || !/^(?:install|i|ci|clean-install)$/.test(verb ?? '')) return undefined;
  if (
    command.words.some(
      (word) =>
        word === undefined ||
        /^(?:-g|--global|--production|--only=.*|--omit=.*|--prod|--include=dev|--dev)$/.test(word),
    )
  )
    return undefined;
  if (command.words.filter((word) => !word!.startsWith('-')).length > 1) return undefined;
  const { instruction, body, directory } = command;
  if (
    environmentValue(file, instruction, 'NODE_ENV') === 'production' ||
    command.environment.get('NODE_ENV') === 'production' ||
    isChosenByBuild(install)
  )
    return undefined;
  const layout = Layout.of(file, stage, facts);
  const before = Layout.of(file, stage, facts, instruction);
  if (!layout || !before || directory === undefined) return undefined;
  const path = layout.contextOf(posix.join(directory, 'package.json'));
  const found = layout.context.manifests.find((each) => each.kind === 'package.json' && each.path === path);
  if (found?.kind !== 'package.json' || !found.facts.ok) return undefined;
  const manifest = found.facts.value;
  const tools = Object.keys(manifest.devDependencies).filter((name) => !Object.hasOwn(manifest.dependencies, name));
  if (tools.length === 0) return undefined;
  const lock = before.text(posix.join(directory, 'package-lock.json'));
  const build = later.find(
    (each) =>
      buildCalls.test(each.name) ||
      (/^(?:npm|yarn|pnpm)$/.test(each.name) &&
        each.words.some((word) => /^(?:run|run-script|test|exec|x|build|rebuild|prune)$/.test(word ?? ''))),
  );
  if (build) return { skipped: 'dev-dependencies-needed', detail: `\`${build.name} ${build.words[0] ?? ''}\`` };
  const hook = manifest.installScripts.find((name) => names(manifest.scripts[name]!, tools));
  if (hook !== undefined) return { skipped: 'dev-dependencies-needed', detail: `script \`${hook}\`` };
  const started = startedScripts(stage.instructions.map((each) => each.logical.text).join('\n'), manifest.scripts);
  const starts = stage.instructions.filter((each) => /^(?:CMD|ENTRYPOINT|HEALTHCHECK)$/.test(each.keyword));
  const start = [...starts.map((each) => file.args(each)), ...started].find((text) => names(text, tools));
  if (start !== undefined) return { skipped: 'start-needs-dev-dependency', detail: `\`${start}\`` };
  const environment = environmentValue(file, stage.instructions.at(-1)!, 'NODE_ENV');
  if (environment !== undefined && environment !== 'production')
    return { skipped: 'dev-dependencies-needed', detail: `\`NODE_ENV\` is \`${environment}\`` };
  const user = importer(layout, posix.dirname(path!), tools);
  if (user !== undefined) return { skipped: 'dev-dependencies-needed', detail: user };
  const word = command.command.words.find((each) => each.literal === verb)!;
  const start_ = body!.base + word.start;
  const end = body!.base + word.end;
  const isClean = verb === 'ci' || verb === 'clean-install';
  const option = withoutDevelopment(file, stage, facts);
  // npm works out the same versions and then leaves some out, with a lock file and without.
  const edit =
    isClean || lock === undefined || !agrees(lock, manifest)
      ? insertAfter(instruction, end, ` ${option}`)
      : replaceRange(instruction, start_, end, `ci ${option}`);
  if (!edit) return { skipped: 'text-spread' };
  return { edits: [edit], changes: { edits: [instruction.index], paths: ['**/node_modules/**'], needsRun: true } };
}

/** Whether `NODE_ENV` is a build argument, or has the value of one: then whoever builds says what is installed. */
function isChosenByBuild({ file, stage, command }: Install): boolean {
  if (command.environment.has('NODE_ENV') && command.environment.get('NODE_ENV') === undefined) return true;
  for (let each: Stage | undefined = stage; each; each = each.parent) {
    const isChosen = each.instructions.some(
      (one) =>
        (one.keyword === 'ARG' && file.words(one).some((word) => /^NODE_ENV(?:=|$)/.test(word.text))) ||
        (one.keyword === 'ENV' && file.pairs(one).some(([name, value]) => name === 'NODE_ENV' && value.includes('$'))),
    );
    if (isChosen) return true;
  }
  return /(?:^|[\s;&(])(?:if|test|\[)\s.*\bNODE_ENV\b/s.test(file.args(command.instruction));
}

/** Commands have the names of their packages, or of the last part of those. */
function names(script: string, tools: readonly string[]): boolean {
  const words = new Set(
    script
      .split(/[\s;&|()'"=,[\]]+/)
      .map((word) => /^.*node_modules\/(?:\.bin\/(.*)|((?:@[^/]+\/)?[^/]+))/.exec(word)?.slice(1).join('') ?? word),
  );
  const aliases: Readonly<Record<string, string>> = {
    typescript: 'tsc',
    '@nestjs/cli': 'nest',
    '@angular/cli': 'ng',
    'sequelize-cli': 'sequelize',
    'npm-run-all': 'run-s',
  };
  return tools.some(
    (tool) => words.has(tool) || words.has(aliases[tool] ?? tool) || words.has(tool.split('/').at(-1)!),
  );
}

function startedScripts(text: string, scripts: Readonly<Record<string, string>>): string[] {
  const started = Object.keys(scripts).filter((name) =>
    new RegExp(
      `\\b(?:npm|yarn|pnpm)["',\\s]+(?:(?:run|run-script)["',\\s]+)?${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\b`,
    ).test(text),
  );
  return started.flatMap((name) =>
    [scripts[`pre${name}`], scripts[name], scripts[`post${name}`]].filter((each) => each !== undefined),
  );
}

const notRun =
  /(?:^|\/)(?:node_modules|tests?|__tests__|spec|e2e|docs?|coverage|\.storybook)\/|\.(?:test|spec|stories)\.[cm]?[jt]sx?$|\.config\.[cm]?[jt]s$|(?:^|\/)(?:gulpfile|Gruntfile|jest\.\w+|vitest\.\w+)\.[cm]?[jt]s$|\.d\.ts$/;

/** A source file that loads a development dependency when it runs. */
function importer(layout: Layout, folder: string, tools: readonly string[]): string | undefined {
  const root = folder === '.' ? '' : `${folder}/`;
  for (const path of layout.files()) {
    if (path.endsWith('.sh') && names(layout.context.text(path) ?? '', tools)) return `\`${path}\` runs one`;
    if (!path.startsWith(root) || !/\.[cm]?[jt]sx?$/.test(path) || notRun.test(path)) continue;
    const text = layout.context.text(path) ?? '';
    for (const [, name] of text.matchAll(/(?:\brequire\(|\bimport\(|\bfrom\s+|\bimport\s+)["']([^"'.][^"']*)["']/g)) {
      const tool = tools.find((each) => name === each || name!.startsWith(`${each}/`));
      if (tool !== undefined && !/^@types\//.test(tool)) return `\`${path}\` loads \`${tool}\``;
    }
  }
  return undefined;
}

/** Whether the lock file is of this package.json: npm ci fails for another one. */
function agrees(
  lock: string,
  manifest: {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  },
): boolean {
  try {
    const parsed = JSON.parse(lock) as {
      packages?: Record<string, { dependencies?: object; devDependencies?: object }>;
    };
    const root = parsed.packages?.[''];
    if (!root) return false;
    const same = (a: object = {}, b: object) =>
      JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
    return same(root.dependencies, manifest.dependencies) && same(root.devDependencies, manifest.devDependencies);
  } catch {
    return false;
  }
}
