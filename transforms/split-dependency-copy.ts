import type { Dockerfile, Instruction } from '../src/dockerfile/index.ts';
import { insertLinesBelow, replaceRange } from '../src/edit/index.ts';
import type { ShellCommand, ShellScript } from '../src/shell/index.ts';
import {
  bareCommand,
  type ContextFacts,
  defineTransform,
  type Facts,
  type Fix,
  isAvailable,
  runMounts,
  type SkipReason,
  shellBody,
  workingDirectory,
} from '../src/transform/index.ts';

/** The install of an ecosystem, and what it needs of the application. */
interface Installer {
  readonly name: string;
  /** Whether a command is the install, by its program and the words after it. */
  readonly installs: (program: string, words: readonly string[]) => boolean;
  /** The files that the install reads, or why others may be read as well. */
  readonly reads: (context: ContextFacts, words: readonly string[]) => readonly string[] | SkipReason;
  /** Directories in the context that would lie upon what was installed. */
  readonly writes: readonly string[];
}

const isOption = (word: string) => word.startsWith('-');
const only = (words: readonly string[], ...verbs: readonly string[]) => {
  const plain = words.filter((word) => !isOption(word));
  return plain.length === verbs.length && verbs.every((verb, at) => plain[at] === verb);
};

const nodeLocks: Readonly<Record<string, readonly string[]>> = {
  npm: ['package-lock.json', 'npm-shrinkwrap.json'],
  yarn: ['yarn.lock'],
  pnpm: ['pnpm-lock.yaml'],
  bun: ['bun.lock', 'bun.lockb'],
};
/** Files beside package.json that change what an install does, or that hold credentials for it. */
const nodeSettings =
  /^(?:\.npmrc|\.yarnrc(?:\.yml)?|\.yarn|\.pnp\.c?js|\.pnpmfile\.c?js|pnpm-workspace\.yaml|bunfig\.toml|patches|lerna\.json|binding\.gyp)$/;

/** Written in November 2026 from the manuals of npm 11, Yarn 1, pnpm 10, bun 1, pip 26, Go 1.26 and Bundler 2. */
const installers: readonly Installer[] = [
  ...Object.keys(nodeLocks).map((program): Installer => {
    return {
      name: program,
      installs: (name, words) =>
        name === program &&
        !words.some((word) => /^(?:-g|--global|--prefix|-C|--dir|--cwd)(?:=|$)/.test(word)) &&
        (only(words, 'install') || only(words, 'i') || only(words, 'ci') || (program === 'yarn' && only(words))),
      reads: (context) => nodeFiles(context, nodeLocks[program]!),
      writes: ['node_modules'],
    };
  }),
  {
    name: 'pip',
    installs: (name, words) =>
      /^pip[\d.]*$/.test(name) && words[0] === 'install' && requirementFiles(words) !== undefined,
    reads: pipFiles,
    writes: [],
  },
  {
    name: 'go',
    installs: (name, words) => name === 'go' && only(words, 'mod', 'download'),
    reads: goFiles,
    writes: [],
  },
  {
    name: 'bundle',
    installs: (name, words) => /^bundler?$/.test(name) && (only(words, 'install') || only(words)),
    reads: rubyFiles,
    writes: ['vendor/bundle', '.bundle'],
  },
];

function present(context: ContextFacts, paths: readonly string[]): string[] {
  const { sent } = context;
  return isAvailable(sent) ? paths.filter((path) => sent.has(path) && context.file(path)?.type === 'file') : [];
}

function nodeFiles(context: ContextFacts, locks: readonly string[]): readonly string[] | SkipReason {
  const manifest = context.manifests.find((each) => each.path === 'package.json');
  if (manifest?.kind !== 'package.json' || !manifest.facts.ok) return 'manifest-unread';
  const { installScripts, localDependencies, workspaces } = manifest.facts.value;
  if (installScripts.length > 0) return 'install-runs-source';
  if (workspaces !== undefined || Object.keys(localDependencies).length > 0) return 'install-reads-source';
  if (context.children('').some(({ path }) => nodeSettings.test(path))) return 'install-reads-settings';
  return [...present(context, ['package.json']), ...present(context, locks)];
}

/** The files of `-r`; undefined where anything else is installed, or an option is not known to be harmless. */
function requirementFiles(words: readonly string[]): string[] | undefined {
  const files: string[] = [];
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!;
    const joined = /^(?:-r|--requirement=)(.+)$/.exec(word)?.[1];
    if (joined !== undefined) files.push(joined);
    else if (word === '-r' || word === '--requirement') files.push(words[++at] ?? '');
    else if (
      !/^(?:--no-cache-dir|--upgrade|-U|-q+|--quiet|--no-deps|--disable-pip-version-check|--require-hashes|--user|--break-system-packages|--no-compile|--prefer-binary|--root-user-action=\w+|--progress-bar=\w+|-v+)$/.test(
        word,
      )
    ) {
      return undefined;
    }
  }
  return files.length > 0 ? files : undefined;
}

function pipFiles(context: ContextFacts, words: readonly string[]): readonly string[] | SkipReason {
  const files = requirementFiles(words) ?? [];
  for (const path of files) {
    const manifest = context.manifests.find((each) => each.path === path);
    if (manifest?.kind !== 'requirements' || !manifest.facts.ok) return 'manifest-unread';
    const { files: others, local } = manifest.facts.value;
    if (others.length > 0 || local.length > 0) return 'install-reads-source';
    if (/^\s*(?:-f|--find-links)\b/m.test(context.text(path) ?? '')) return 'install-reads-source';
  }
  return present(context, files);
}

function goFiles(context: ContextFacts): readonly string[] | SkipReason {
  const manifest = context.manifests.find((each) => each.path === 'go.mod');
  if (manifest?.kind !== 'go.mod' || !manifest.facts.ok) return 'manifest-unread';
  const other = context.file('go.work') !== undefined || context.file('vendor') !== undefined;
  if (other || Object.keys(manifest.facts.value.localReplacements).length > 0) return 'install-reads-source';
  return present(context, ['go.mod', 'go.sum']);
}

function rubyFiles(context: ContextFacts): readonly string[] | SkipReason {
  const manifest = context.manifests.find((each) => each.path === 'Gemfile');
  if (manifest?.kind !== 'Gemfile' || !manifest.facts.ok) return 'manifest-unread';
  const { localGems, reads } = manifest.facts.value;
  if (reads.length > 0 || Object.keys(localGems).length > 0) return 'install-reads-source';
  if (context.file('.bundle') !== undefined) return 'install-reads-settings';
  return present(context, ['Gemfile', 'Gemfile.lock']);
}

/** Commands beside an install that read nothing of the application. */
function isHarmless(program: string, words: readonly string[]): boolean {
  const line = [program, ...words].join(' ');
  return /^(?:(?:npm|yarn|pnpm) cache clean(?: --force)?|pip[\d.]* install(?: -U| --upgrade| --no-cache-dir)* (?:pip|setuptools|wheel)(?: pip| setuptools| wheel)*|gem install bundler(?: -v \S+)?|corepack enable(?: \w+)?|yarn config set \S+ \S+|npm config set \S+ \S+)$/.test(
    line,
  );
}

/** The only install of a script whose other commands read nothing of the application. */
function installOf(script: ShellScript): { installer: Installer; words: readonly string[] } | 'beside' | undefined {
  const [statement, second] = script.statements;
  const tree = statement?.tree;
  if (!tree) return undefined;
  const parts = tree.kind === 'and-or' ? tree.commands : [tree];
  const commands = parts.filter((each): each is ShellCommand => each.kind === 'command');
  const read = commands.map((command) => {
    const bare = bareCommand(command);
    const words = bare?.words.map((word) => word.literal);
    if (!bare || words === undefined || !words.every((word) => word !== undefined)) return undefined;
    const installer = installers.find((each) => each.installs(bare.name, words));
    return { installer, words, harmless: command.redirects.length === 0 && isHarmless(bare.name, words) };
  });
  const installs = read.filter((each) => each?.installer !== undefined);
  const [install] = installs;
  if (!install?.installer) return undefined;
  const isChain = tree.kind === 'command' || (tree.kind === 'and-or' && !tree.operators.includes('||'));
  const alone = second === undefined && !statement.background && isChain && commands.length === parts.length;
  const others = read.every((each) => each === install || each?.harmless === true);
  return alone && others && installs.length === 1 ? { installer: install.installer, words: install.words } : 'beside';
}

interface Pair {
  readonly copy: Instruction;
  readonly run: Instruction;
  readonly destination: string;
}

/** A COPY of the whole context and the RUN that follows it, with nothing between that either of them sees. */
function* pairs(file: Dockerfile): Generator<Pair> {
  for (const copy of file.instructions) {
    if (copy.opaque || copy.keyword !== 'COPY' || copy.json || copy.heredocs.length > 0 || !copy.stage) continue;
    if (copy.flags.some(({ name }) => !['chown', 'chmod', 'link'].includes(name))) continue;
    const [source, destination, more] = file.words(copy).map((word) => word.text);
    if (source === undefined || destination === undefined || more !== undefined || !/^\.?\/?$/.test(source)) continue;
    const run = file.instructions[copy.index + 1];
    if (run?.keyword === 'RUN' && run.stage === copy.stage && !run.opaque) yield { copy, run, destination };
  }
}

const message =
  'Any change of the application makes the builder install all dependencies again: copied before the rest, the files that list them keep the install in the cache';

function plan(file: Dockerfile, facts: Facts, { copy, run, destination }: Pair): Fix | SkipReason | undefined {
  const body = shellBody(file, run, facts);
  if (typeof body !== 'object') return undefined;
  if (runMounts(run).some((mount) => mount.type === 'bind')) return undefined;
  const install = installOf(body.script);
  if (install === undefined) return undefined;
  if (install === 'beside') return 'install-beside-others';
  const context = facts.context();
  if (!isAvailable(context) || !context.complete || !isAvailable(context.sent)) return 'context-unavailable';
  const directory = workingDirectory(file, run, facts)?.path;
  const here =
    /^\.\/?$/.test(destination) || (directory !== undefined && destination.replace(/\/+$/, '') === directory);
  if (!here) return 'install-elsewhere';
  const { installer, words } = install;
  const { sent } = context;
  const files = installer.reads(context, words);
  if (typeof files === 'string') return files;
  if (files.length === 0) return 'manifest-unread';
  // Copied after the install, what lies there would replace what was installed.
  if (installer.writes.some((path) => sent.has(path) || !isIgnored(context, path))) return 'install-overwritten';
  const { logical, argsEnd, argsStart, leading, span } = copy;
  const target = /\/$/.test(destination) ? destination : `${destination}/`;
  const edit = replaceRange(copy, argsStart, argsEnd, `${[...files].join(' ')} ${target}`);
  // Comments above it speak of the copy of the whole, and go with it.
  const comments = leading.map(({ text }) => text.trim());
  const below = [...comments, file.source.slice(span.start, span.end)];
  const lines = insertLinesBelow(file, run, hasBlankLineAbove(file, run) ? ['', ...below] : below);
  if (!edit || !lines || !logical.isContiguous(copy.start, argsEnd)) return 'text-spread';
  const above = leading[0] ? [{ start: leading[0].start, end: span.start, text: '' }] : [];
  return {
    title: `Copy ${files.map((each) => `\`${each}\``).join(' and ')} before the install, and the rest after it`,
    safety: 'unsafe',
    evidence: ['context'],
    edits: [...above, edit, lines],
    guards: [run.span],
    changes: { edits: [copy.index], adds: [{ before: run.index + 1, keyword: 'COPY' }] },
  };
}

/** Whether a blank line parts an instruction, with the comments above it, from the one before. */
function hasBlankLineAbove({ source, instructions }: Dockerfile, { index, leading, span }: Instruction): boolean {
  return /\n[ \t]*\r?\n/.test(source.slice(instructions[index - 1]!.span.end, leading[0]?.start ?? span.start));
}

/** Whether the ignore file keeps a directory out that may appear beside the sources on somebody's machine. */
function isIgnored(context: ContextFacts, path: string): boolean {
  const lines = context.ignore.text.split(/\r?\n/).map((line) =>
    line
      .trim()
      .replace(/^(!?)(?:\*\*\/|\/)/, '$1')
      .replace(/\/+$/, ''),
  );
  return lines.some((line) => line === path || /^\*{1,2}(?:\/\*)?$/.test(line)) && !lines.includes(`!${path}`);
}

export const splitDependencyCopy = defineTransform({
  id: 'split-dependency-copy',
  meta: {
    summary: 'Copy the files that list dependencies before the rest, so that the install stays cached',
    why: 'A builder runs a step again when anything that was copied before it has changed. With the lists of dependencies copied first, the install runs again only when they change.',
    safety: 'unsafe',
    safetyNote:
      'An install that reads anything else of the application would fail or differ: install scripts, workspaces, local dependencies and settings beside the lists are looked for, and refused.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs(file) {
    return [...pairs(file)].length > 0 ? { context: true } : {};
  },
  *find({ file, facts }) {
    for (const pair of pairs(file)) {
      const planned = plan(file, facts, pair);
      if (planned === undefined) continue;
      const { span } = pair.copy;
      yield typeof planned === 'string' ? { span, message, skipped: planned } : { span, message, fix: planned };
    }
  },
});
