import { packagesOfCommands } from '../../src/facts/index.ts';
import { parseShell } from '../../src/shell/index.ts';
import { startInstruction } from './pitfalls.ts';
import { type Refusal, refuse } from './plan.ts';
import type { Subject } from './subject.ts';

type NodePackage = { readonly scripts: Readonly<Record<string, string>> } & Readonly<
  Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Readonly<Record<string, string>>>
>;

/** How a Node application starts: by node alone, or by a chain that a shell and npm run. */
export type NodeStart =
  | {
      readonly kind: 'node';
      /** The words after `node`. */
      readonly words: readonly string[];
      readonly environment: readonly (readonly [string, string])[];
      /** It was npm that set it going. */
      readonly byScript: boolean;
    }
  | { readonly kind: 'chain'; readonly programs: readonly string[]; readonly text: string };

/** Servers that a developer runs, by what starts them. From the documentation of each, November 2026. */
const devServers =
  /^(?:vite(?:\s+(?:preview|dev|serve)\b|\s+-|\s*$)|react-scripts start|react-app-rewired start|craco start|ng serve|vue-cli-service serve|next dev|nuxt(?:i)? dev|webpack(?:-dev-server| serve)|webpack-cli serve|parcel(?!\s+build)|astro (?:dev|preview)|gatsby (?:develop|serve)|nodemon|ts-node-dev|tsnd|tsx watch|nest start --watch|snowpack dev|svelte-kit (?:dev|preview)|storybook|live-server|expo start|ember s(?:erve|erver)?|gulp|grunt|lite-server|concurrently|node --watch)/;

/** Follows the start of an application to what runs in the end. */
export function nodeStart(subject: Subject, manifest: NodePackage): NodeStart | Refusal {
  const { start } = subject;
  if (!start) return refuse('start-unknown');
  const at = startInstruction(subject);
  if (!start.argv) {
    const text = start.script!.text;
    return chainOf(text, manifest, subject, 0);
  }
  if (start.scriptPath) return { kind: 'chain', programs: [], text: start.script!.text };
  const found = follow(start.argv, manifest, subject, 0);
  return 'refused' in found ? { ...found, at } : found;
}

function follow(argv: readonly string[], manifest: NodePackage, subject: Subject, depth: number): NodeStart | Refusal {
  const [program = '', ...rest] = argv;
  if (depth > 4) return refuse('start-unknown');
  if (/^(?:\/usr\/local\/bin\/)?node(?:js)?$/.test(program)) {
    if (rest.includes('--watch')) return refuse('start-is-dev-server', '`node --watch`');
    return { kind: 'node', words: rest, environment: [], byScript: depth > 0 };
  }
  const name = scriptName(program, rest);
  if (name !== undefined) {
    const text = manifest.scripts[name];
    if (text === undefined && name === 'start' && program === 'npm') {
      return { kind: 'node', words: ['server.js'], environment: [], byScript: true };
    }
    if (text === undefined) return refuse('start-unknown', `there is no script \`${name}\``);
    if (devServers.test(bare(text)))
      return refuse('start-is-dev-server', `\`${bare(text).split(' ').slice(0, 2).join(' ')}\``);
    const hooks = [`pre${name}`, `post${name}`].filter((each) => manifest.scripts[each] !== undefined);
    if (hooks.length > 0) {
      const all = [...hooks, name].map((each) => manifest.scripts[each]!);
      return chainOf(all.join(' && '), manifest, subject, depth);
    }
    return ofScript(text, manifest, subject, depth);
  }
  if (program === 'npx') {
    const inner = rest.filter((each) => !/^(?:-y|--yes|--no-install|--no)$/.test(each));
    return inner.length === 0
      ? refuse('start-unknown')
      : chainOf(inner.map(shellWord).join(' '), manifest, subject, depth);
  }
  return chainOf(argv.map(shellWord).join(' '), manifest, subject, depth);
}

function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The script that a package manager is told to run. */
function scriptName(program: string, words: readonly string[]): string | undefined {
  const plain = words.filter((each) => !each.startsWith('-'));
  if (words.includes('--')) return undefined;
  if (program === 'npm')
    return plain[0] === 'start' ? 'start' : /^run(?:-script)?$/.test(plain[0] ?? '') ? plain[1] : undefined;
  if (program !== 'yarn' && program !== 'pnpm') return undefined;
  return plain[0] === 'run' ? plain[1] : plain[0];
}

const bare = (text: string): string => text.trim().replace(/^(?:cross-env\s+)?(?:\w+=\S*\s+)*/, '');

/** A script that is one node command, with variables in front of it, or a chain of several. */
function ofScript(text: string, manifest: NodePackage, subject: Subject, depth: number): NodeStart | Refusal {
  const script = parseShell(text);
  const [statement, ...more] = script.statements;
  const tree = statement?.tree;
  const isPlain =
    script.tiled &&
    tree?.kind === 'command' &&
    more.length === 0 &&
    tree.redirects.length === 0 &&
    tree.words.every((word) => word.literal !== undefined) &&
    tree.assignments.every((each) => each.value?.literal !== undefined);
  if (!isPlain) return chainOf(text, manifest, subject, depth);
  const environment = tree.assignments.map(({ name, value }) => [name, value!.literal!] as const);
  const inner = follow(
    tree.words.map((word) => word.literal!),
    manifest,
    subject,
    depth + 1,
  );
  if ('refused' in inner || inner.kind === 'chain') return inner;
  return { ...inner, environment: [...environment, ...inner.environment], byScript: true };
}

function chainOf(text: string, manifest: NodePackage, subject: Subject, depth: number): NodeStart | Refusal {
  const script = parseShell(text);
  if (!script.tiled) return refuse('shell-opaque');
  const programs = new Set<string>();
  for (const part of text.split(/&&|\|\||;|&/)) {
    const command = bare(part.trim().replace(/^exec\s+/, ''));
    if (command === '' || /^[|]/.test(command)) continue;
    if (devServers.test(command.replace(/^npx\s+/, '')))
      return refuse('start-is-dev-server', `\`${command.split(' ')[0]}\``);
    const [program = '', ...rest] = command.split(/\s+/);
    const name = scriptName(program, rest);
    if (name !== undefined && manifest.scripts[name] !== undefined && depth < 4) {
      const inner = follow([program, ...rest], manifest, subject, depth + 1);
      if ('refused' in inner) return inner;
      if (inner.kind === 'chain') for (const each of inner.programs) programs.add(each);
      continue;
    }
    const tool = program === 'npx' ? (rest.find((each) => !each.startsWith('-')) ?? '') : program;
    const owner = packagesOfCommands[tool] ?? tool;
    const isProduction = [manifest.dependencies, manifest.optionalDependencies].some((each) =>
      Object.hasOwn(each, owner),
    );
    if (!isProduction && Object.hasOwn(manifest.devDependencies, owner)) {
      return refuse('start-needs-dev-dependency', `\`${tool}\``);
    }
    if (!isProduction) programs.add(tool);
  }
  return { kind: 'chain', programs: [...programs], text };
}
