import { posix } from 'node:path';
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import type { ShellScript } from '../../src/shell/index.ts';
import { parseShell, visitCommands } from '../../src/shell/index.ts';
import { entrypointInForce, expandedByEnv, type Facts, type Layout, shellBody } from '../../src/transform/index.ts';

/** What a container of the stage starts. */
export interface Start {
  readonly entrypoint: Instruction | undefined;
  readonly cmd: Instruction | undefined;
  /** The program and its arguments, where no shell is needed for them. */
  readonly argv: readonly string[] | undefined;
  /** The words of ENTRYPOINT among them. */
  readonly fixed: number;
  /** The shell text, where one runs: of the shell form, or of a script of the context that is the program. */
  readonly script: ShellScript | undefined;
  /** The script's absolute path in the image, where the program is one. */
  readonly scriptPath: string | undefined;
  /** An instruction is in shell form, though a plain command. */
  readonly shellForm: boolean;
}

/** Entry points of base images that start what they are given as it is, when that is a program. */
const transparent =
  /(?:^|\/)(?:docker-entrypoint\.sh|__cacert_entrypoint\.sh|mvn-entrypoint\.sh|docker-php-entrypoint|tini|dumb-init)$/;
/** Base images of which that is known though their facts are not. */
const transparentImages =
  /^(?:eclipse-temurin|maven|gradle|openjdk|amazoncorretto|mcr\.microsoft\.com\/dotnet\/sdk|gcc|elixir)$/;

/** Reads the start of a stage; undefined where there is none, or the base image's entry point may change it. */
export function readStart(
  file: Dockerfile,
  stage: Stage,
  facts: Facts,
  repository: string,
  directory: string | undefined,
  layout: Layout | undefined,
): Start | undefined {
  const last = (keyword: string) => stage.instructions.findLast((each) => each.keyword === keyword);
  const entrypoint = last('ENTRYPOINT');
  const cmd = last('CMD');
  if (!entrypoint) {
    const inherited = entrypointInForce(file, stage, facts);
    const harmless =
      inherited.kind === 'none' ||
      (inherited.kind === 'exec' && transparent.test(inherited.argv[0] ?? '')) ||
      (inherited.kind === 'unknown' && transparentImages.test(repository));
    if (!harmless) return undefined;
  }
  if (!entrypoint && !cmd) return undefined;
  const first = entrypoint && commandOf(file, entrypoint, facts);
  const second = cmd && (!entrypoint || entrypoint.json) ? commandOf(file, cmd, facts) : undefined;
  if ((entrypoint && !first) || (cmd && second === undefined && (!entrypoint || entrypoint.json))) return undefined;
  const base = {
    entrypoint,
    cmd,
    fixed: 0,
    script: undefined,
    scriptPath: undefined,
    shellForm: false,
    argv: undefined,
  };
  const shellForm = [first, second].some((each) => each?.shellForm);
  const script = first?.script ?? second?.script;
  if (script) return { ...base, script, shellForm };
  const argv = [...(first?.argv ?? []), ...(second?.argv ?? [])];
  if (argv.length === 0) return undefined;
  const fixed = first?.argv?.length ?? 0;
  const own = ownScript(argv, directory, layout);
  if (own === 'opaque') return undefined;
  return { ...base, argv, fixed, shellForm, ...(own && { script: own.script, scriptPath: own.path }) };
}

interface Command {
  readonly argv?: readonly string[];
  readonly script?: ShellScript;
  readonly shellForm: boolean;
}

function commandOf(file: Dockerfile, instruction: Instruction, facts: Facts): Command | undefined {
  if (instruction.json) {
    const argv = instruction.json;
    const inner = shellText(argv);
    if (inner === undefined) return { argv, shellForm: false };
    const script = parseShell(inner);
    return script.tiled ? { script, shellForm: false } : undefined;
  }
  const body = shellBody(file, instruction, facts);
  if (typeof body !== 'object') return undefined;
  const argv = plainWords(file, instruction, body.script);
  if (!argv) return { script: body.script, shellForm: true };
  const inner = shellText(argv);
  if (inner === undefined) return { argv, shellForm: true };
  const script = parseShell(inner);
  return script.tiled ? { script, shellForm: true } : undefined;
}

/** The text that a shell is given to run. */
function shellText(argv: readonly string[]): string | undefined {
  const at = argv.indexOf('-c');
  return /(?:^|\/)(?:sh|bash|dash|ash)$/.test(argv[0] ?? '') && at !== -1 ? argv[at + 1] : undefined;
}

/** The words of a script that is one plain command, a leading `exec` dropped. */
export function plainWords(file: Dockerfile, at: Instruction, script: ShellScript): string[] | undefined {
  const [statement, ...more] = script.statements;
  const tree = statement?.tree;
  if (!tree || more.length > 0 || statement.background || tree.kind !== 'command') return undefined;
  if (tree.assignments.length > 0 || tree.redirects.length > 0 || script.comments.length > 0) return undefined;
  const words = tree.words.map((word) => {
    if (word.literal !== undefined) return word.literal;
    if (word.substitutions.length > 0 || word.assigns.length > 0 || /[*?[\]~'"\\]/.test(word.text)) return undefined;
    // A variable may be set to something else when the container starts.
    return undefined;
  });
  const known = words.filter((word) => word !== undefined);
  if (known.length !== words.length || expandedByEnv(file, at, '') === undefined) return undefined;
  return known[0] === 'exec' ? known.slice(1) : known;
}

/** The script of the context that the first word names, or that a shell is given. */
function ownScript(
  argv: readonly string[],
  directory: string | undefined,
  layout: Layout | undefined,
): { readonly path: string; readonly script: ShellScript } | 'opaque' | undefined {
  const isShell = /(?:^|\/)(?:sh|bash|dash|ash)$/.test(argv[0]!);
  const named = isShell ? argv[1] : argv[0];
  if (named === undefined) return 'opaque';
  const path = programPath(named, directory, layout);
  const text = path === undefined ? undefined : layout?.text(path);
  if (text === undefined) return isShell ? 'opaque' : undefined;
  if (!isShell && !/^#!.*\b(?:ba|da|a)?sh\b/.test(text)) return undefined;
  const script = parseShell(text);
  return script.tiled ? { path: path!, script } : 'opaque';
}

const searched = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/go/bin'];

function programPath(name: string, directory: string | undefined, layout: Layout | undefined): string | undefined {
  if (name.startsWith('/')) return posix.normalize(name);
  if (name.includes('/') || /\.sh$/.test(name)) {
    const path = directory === undefined ? undefined : posix.resolve(directory, name);
    if (path !== undefined && (name.includes('/') || layout?.contextOf(path) !== undefined)) return path;
  }
  return searched.map((each) => `${each}/${name}`).find((path) => layout?.contextOf(path) !== undefined);
}

/** The names of the programs that a script runs; undefined where one of them is a variable's, `"$@"` left out. */
export function programsOf(script: ShellScript): readonly string[] | undefined {
  const names: string[] = [];
  const functions = new Set<string>(
    [...script.text.matchAll(/^\s*(?:function\s+)?([\w-]+)\s*\(\)/gm)].map(([, name]) => name!),
  );
  let unknown = false;
  visitCommands(script, (command) => {
    let at = 0;
    while (/^(?:exec|command|time|eval)$/.test(command.words[at]?.literal ?? '')) at++;
    const word = command.words[at];
    if (!word || /^["']?\$(?:@|\{@\}|\*)["']?$/.test(word.text)) return;
    if (word.literal === undefined) unknown = true;
    else if (!functions.has(word.literal)) names.push(word.literal);
  });
  return unknown ? undefined : [...new Set(names)];
}
