import { type Call, within } from './build.ts';
import type { Tool } from './table.ts';

/** One run of a tool that installs or compiles. */
export interface ToolRun {
  readonly tool: Tool | 'node-script' | 'program';
  readonly directory: string;
  /** A script of package.json, or a program with its arguments. */
  readonly script?: string;
  /** It leaves out what only development needs. */
  readonly omitsDevelopment?: boolean;
}

const verbsOf: Readonly<Partial<Record<string, readonly [tool: Tool, verbs: RegExp]>>> = {
  cargo: ['cargo', /^(?:b|build|install|t|test|r|run|c|check|rustc|bench|chef|clippy|zigbuild|leptos|component)$/],
  mvn: ['maven', /./],
  mvnw: ['maven', /./],
  mvnd: ['maven', /./],
  gradle: ['gradle', /./],
  gradlew: ['gradle', /./],
  sbt: ['sbt', /./],
  dotnet: ['dotnet', /^(?:build|publish|restore|test|pack|run|msbuild)$/],
  composer: ['composer', /^(?:install|i|update|u|upgrade|create-project)$/],
  'composer.phar': ['composer', /^(?:install|i|update|u|upgrade)$/],
  bundle: ['bundle', /^(?:install|update)$/],
  mix: ['mix', /./],
  cmake: ['cmake', /./],
  swift: ['swift', /^(?:build|run|test|package)$/],
  dart: ['dart', /^(?:pub|compile|run|build)$/],
  flutter: ['dart', /^(?:pub|build|run)$/],
  zig: ['zig', /^build$/],
  stack: ['stack', /^(?:build|install|setup)$/],
  cabal: ['cabal', /^(?:v2-|new-)?(?:build|install)$/],
  dune: ['dune', /^(?:build|install)$/],
  rebar3: ['rebar', /./],
  lein: ['lein', /./],
  uv: ['python-install', /^(?:sync|pip|add|run)$/],
  poetry: ['python-install', /^(?:install|sync|update|add)$/],
  pdm: ['python-install', /^(?:install|sync|update|add)$/],
  pipenv: ['python-install', /^(?:install|sync|update)$/],
  conda: ['python-install', /^(?:install|env|create)$/],
  mamba: ['python-install', /^(?:install|env|create)$/],
  micromamba: ['python-install', /^(?:install|env|create)$/],
};

/** Options that name the directory that a tool works in. */
const directoryOption =
  /^(?:--prefix|-C|--cwd|--dir|--directory|--project-dir|-p|--working-dir|-d|--manifest-path|--file|-f|--chdir)$/;
/** Options of the managers of Node's packages whose value is the next word. */
const valued =
  /^(?:--prefix|-C|--cwd|--dir|-w|--workspace|-F|--filter|--registry|--cache|--loglevel|--store-dir|--network-timeout|--omit|--only|--include|--cache-folder|--modules-folder|--mutex)$/;

/** What the calls of a stage come to, in order. */
export function toolRuns(calls: readonly Call[]): ToolRun[] {
  return calls.flatMap((call) => readCall(call) ?? []);
}

function readCall(call: Call): ToolRun | readonly ToolRun[] | undefined {
  const { name, directory } = call;
  const words = call.words.map((word) => word ?? '');
  if (/^(?:corepack|npx|bunx|pnpx)$/.test(name)) {
    const at = words.findIndex((word) => !word.startsWith('-'));
    if (at === -1) return undefined;
    const program = words[at]!.replace(/(?<=.)@.*$/, '');
    const isManager = /^(?:npm|pnpm|yarn|bun)$/.test(program);
    const inner = isManager ? readCall({ name: program, words: call.words.slice(at + 1), directory }) : undefined;
    return inner ?? { tool: 'program', directory, script: `npx ${words.slice(at).join(' ')}` };
  }
  if (/^(?:npm|pnpm|yarn|yarnpkg|bun)$/.test(name)) return readNode(name, words, directory);
  if (/^python[\d.]*$/.test(name) || /^pip[\d.]*$/.test(name)) return readPython(name, words, directory);
  if (/^(?:uv|poetry|hatch|flit|pdm)$/.test(name) && words.includes('build'))
    return { tool: 'python-build', directory };
  // What was installed for a project is called by its path, or by a PATH that has node_modules/.bin.
  const [tool, verbs] = (Object.hasOwn(verbsOf, name) && verbsOf[name]) || [];
  if (!tool) return { tool: 'program', directory, script: [name, ...words].join(' ') };
  const verb = words.find((word, at) => /^\w/.test(word) && !directoryOption.test(words[at - 1] ?? ''));
  if (tool !== 'maven' && tool !== 'gradle' && tool !== 'cmake' && !verbs!.test(verb ?? '')) return undefined;
  return { tool, directory: directoryOf(words, directory) };
}

function directoryOf(words: readonly string[], directory: string): string {
  for (const [at, word] of words.entries()) {
    const [option, value = words[at + 1]] = word.startsWith('--') && word.includes('=') ? word.split('=') : [word];
    if (!directoryOption.test(option!) || value === undefined) continue;
    // A file stands for the directory that it is in; `-p` and the like have other meanings too, and name no directory then.
    if (/\.(?:toml|xml|gradle|kts)$/.test(value)) return within(directory, `./${value.replace(/[^/]*$/, '')}`);
    if (/^(?:-p|-d|-f|--file)$/.test(option!) && !value.includes('/')) continue;
    return within(directory, value);
  }
  return directory;
}

function readNode(name: string, words: readonly string[], directory: string): ToolRun | undefined {
  const at = directoryOf(
    words.filter((word) => word !== '-p' && word !== '-d'),
    directory,
  );
  const plain: string[] = [];
  for (let index = 0; index < words.length; index++) {
    if (valued.test(words[index]!)) index++;
    else if (!words[index]!.startsWith('-')) plain.push(words[index]!);
  }
  const [verb, ...rest] = plain;
  const isGlobal = words.some((word) => word === '-g' || word === '--global' || word === '--location=global');
  if (isGlobal || verb === 'global') return undefined;
  const installs =
    verb === undefined
      ? name.startsWith('yarn')
      : /^(?:ci|install|i|add|clean-install|install-clean|isntall|it|install-test)$/.test(verb) ||
        (name.startsWith('yarn') && verb === 'workspaces' && rest[0] === 'focus');
  if (installs) {
    const production = /^--(?:production|prod|omit=dev|only=prod(?:uction)?|no-dev)(?:=true)?$|^-P$/;
    const omits = words.some(
      (word, index) =>
        production.test(word) || (/^--(?:omit|only)$/.test(word) && /^(?:dev|prod)/.test(words[index + 1] ?? '')),
    );
    return { tool: 'node-install', directory: at, omitsDevelopment: omits };
  }
  if (verb === undefined || /^(?:cache|config|set|prune|audit|link|version|why|list|ls|dedupe|store)$/.test(verb))
    return undefined;
  const script = /^(?:run|run-script|rum|exec|dlx|x|workspace)$/.test(verb) ? rest.join(' ') : plain.join(' ');
  return script === '' ? undefined : { tool: 'node-script', directory: at, script };
}

function readPython(name: string, words: readonly string[], directory: string): ToolRun | undefined {
  const rest = name.startsWith('python') && words[0] === '-m' ? words.slice(1) : words;
  if (rest[0] === 'build' || (rest[0]?.endsWith('setup.py') && rest.some((word) => /^(?:s|b)dist/.test(word)))) {
    return { tool: 'python-build', directory };
  }
  const isPip = name.startsWith('pip') || rest[0] === 'pip' || rest[0] === 'uv';
  return isPip && rest.includes('install') ? { tool: 'python-install', directory } : undefined;
}
