import { posix } from 'node:path';
import { argsScript, type Clause, type Dockerfile, type Instruction, type Stage } from '../../src/dockerfile/index.ts';
import { parseShell, type ShellScript } from '../../src/shell/index.ts';
import {
  covers,
  directoryAt,
  type Facts,
  isAvailable,
  Layout,
  runMounts,
  systemOf,
} from '../../src/transform/index.ts';
import { IndexFlow, type IndexRules, type IndexUse } from './index-flow.ts';

/** What may use the index after a step: what surely does, and what may. */
export interface LaterUse {
  readonly certain: Place | undefined;
  readonly possible: Place | undefined;
}

/** An instruction and what of it uses the index; no instruction for images that are built elsewhere. */
export interface Place {
  readonly instruction: Instruction | undefined;
  readonly text: string;
}

interface Found {
  certain: Place | undefined;
  possible: Place | undefined;
}

/** Looks for uses of the index that a RUN leaves in the rest of its stage, in stages built on it, and at start. */
export function laterUse(
  file: Dockerfile,
  facts: Facts,
  run: Instruction,
  rules: IndexRules,
  index: readonly string[],
): LaterUse {
  const found: Found = { certain: undefined, possible: undefined };
  const stage = run.stage!;
  const seen = new Set<Stage>();
  const follow = (each: Stage, after: number, gone: boolean): void => {
    if (seen.has(each) || found.certain) return;
    seen.add(each);
    const end = walkStage(file, facts, each, after, gone, rules, index, found);
    for (const child of file.stages) {
      if (child.parent === each) follow(child, child.from.index, end);
      const copy = end ? undefined : copyOfIndex(file, child, each, index);
      if (copy) follow(child, copy.index, false);
    }
    if (!end) mountsOfIndex(file, each, index, found);
    if (!end) startOf(file, facts, each, rules, found);
  };
  follow(stage, run.index, false);
  return found;
}

function note(found: Found, instruction: Instruction | undefined, uses: readonly IndexUse[]): void {
  for (const { certain, text } of uses) {
    if (certain) found.certain ??= { instruction, text };
    else found.possible ??= { instruction, text };
  }
}

/** Whether the index was renewed or emptied by the end of the stage. */
function walkStage(
  file: Dockerfile,
  facts: Facts,
  stage: Stage,
  after: number,
  before: boolean,
  rules: IndexRules,
  index: readonly string[],
  found: Found,
): boolean {
  let gone = before;
  for (const each of stage.instructions) {
    if (each.index <= after) continue;
    // Once the index is gone it stays so, and one certain use is enough.
    if (gone || found.certain) return gone;
    const clause = each.onbuild ?? each;
    if (clause.keyword !== 'RUN') {
      if (each.opaque && each.keyword !== 'ONBUILD') note(found, each, [{ certain: false, text: each.keyword }]);
      continue;
    }
    // A RUN with its own index does not see ours.
    const mounts = runMounts(each);
    if (index.some((path) => mounts.some(({ target }) => target && target !== '/' && covers(target, path)))) continue;
    const flow = new IndexFlow(rules, scriptsOf(file, facts, each));
    const state = readScripts(file, each, clause).reduce<boolean>((now, script) => flow.script(script, now), gone);
    note(found, each, flow.uses);
    if (!each.onbuild) gone = state;
    else found.possible ??= { instruction: each, text: 'ONBUILD' };
  }
  return gone;
}

/** The scripts that an instruction runs, in order; one that cannot be read for what is no shell text. */
export function readScripts(file: Dockerfile, instruction: Instruction, clause: Clause): ShellScript[] {
  if (clause.json) return [parseShell(clause.json.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' '))];
  const text = file.args(instruction, clause);
  if (instruction.heredocs.length === 0)
    return text === '' ? [] : [clause === instruction ? argsScript(instruction) : parseShell(text)];
  const bodies = instruction.heredocs.map(({ content }) => file.source.slice(content.start, content.end));
  // `RUN <<EOF` runs the text itself; `RUN <<EOF cat > x` does not, but then nothing is lost by reading it.
  return bodies.map((body) => parseShell(body.replaceAll('\r\n', '\n')));
}

/** A COPY that brings the index of one stage into another. */
function copyOfIndex(file: Dockerfile, to: Stage, from: Stage, index: readonly string[]): Instruction | undefined {
  return to.instructions.find((each) => {
    if (each.keyword !== 'COPY') return false;
    const name = each.flags.find((flag) => flag.name === 'from')?.value;
    if (name === undefined || file.stageByName(name, { byIndex: true }) !== from) return false;
    const sources =
      each.json?.slice(0, -1) ??
      file
        .words(each)
        .slice(0, -1)
        .map((word) => word.text);
    return sources.some((source) => {
      const path = `/${source.replace(/^\/+|\/+$|\/?\*+$/g, '')}`;
      return index.some((directory) => covers(path, directory) || covers(directory, path));
    });
  });
}

/** RUN instructions of other stages that mount the index of a stage. */
function mountsOfIndex(file: Dockerfile, from: Stage, index: readonly string[], found: Found): void {
  for (const each of file.instructions) {
    if (each.keyword !== 'RUN' || each.stage === from) continue;
    const mounts = runMounts(each).some(({ from: name, source }) => {
      if (name === undefined || source === undefined) return false;
      if (file.stageByName(name, { byIndex: false }) !== from) return false;
      const path = `/${source.replace(/^\/+|\/+$/g, '')}`;
      return index.some((directory) => covers(directory, path) || (path !== '/' && covers(path, directory)));
    });
    if (mounts) found.possible ??= { instruction: each, text: '--mount' };
  }
}

/** What the image runs at its start, and whether it is made for other images. */
function startOf(file: Dockerfile, facts: Facts, stage: Stage, rules: IndexRules, found: Found): void {
  const commands = (['ENTRYPOINT', 'CMD'] as const).flatMap((keyword) => {
    for (let each: Stage | undefined = stage; each; each = each.parent) {
      const own = each.instructions.findLast((one) => one.keyword === keyword);
      if (own) return own;
    }
    return [];
  });
  if (stage === file.finalStage && commands.length === 0 && !startsItself(file, facts, stage)) {
    found.possible ??= { instruction: undefined, text: 'images built on this one' };
  }
  if (stage === file.finalStage) {
    const others = othersIn(file, facts, commands);
    if (others !== undefined) found.possible ??= { instruction: undefined, text: others };
  }
  for (const each of commands) {
    let isRead = false;
    const scriptOf = scriptsOf(file, facts, each);
    const flow = new IndexFlow(rules, (program) => {
      const script = scriptOf(program);
      isRead ||= script !== undefined;
      return script;
    });
    for (const script of readScripts(file, each, each)) flow.script(script, false);
    // What a script starts in the end is a program of its own, unless it is named like a script.
    const uses = isRead ? flow.uses.filter(({ certain, text }) => certain || looksLikeScript(text)) : flow.uses;
    const isProgram = !flow.uses.some((use) => use.certain) && !looksLikeScript(file.args(each));
    if (isRead || !isProgram) note(found, each, uses);
  }
}

/** Who may install in the image besides what it starts. */
function othersIn(file: Dockerfile, facts: Facts, commands: readonly Instruction[]): string | undefined {
  const words = commands.length === 1 ? (commands[0]!.json ?? file.args(commands[0]!).trim().split(/\s+/)) : [];
  const isShell =
    /^(?:\/\S*\/)?(?:ba|da|a|z)?sh$/.test(words[0] ?? '') && words.slice(1).every((word) => /^-[il]+$/.test(word));
  if (isShell) return 'whoever works in the shell that it starts';
  const usage = facts.usage();
  if (!isAvailable(usage)) return undefined;
  if (usage.children.length > 0) return `\`${usage.children[0]}\`, which builds on the image,`;
  return usage.runs.some(({ how }) => how === 'devcontainer') ? 'a development container' : undefined;
}

const binFolders = '/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin'.split(' ');

/** Answers with the shell scripts of the build context that an instruction can start, by the paths that they are copied to. */
function scriptsOf(
  file: Dockerfile,
  facts: Facts,
  instruction: Instruction,
): (program: string) => ShellScript | undefined {
  return (program) => {
    if (program === '' || instruction.stage === undefined) return undefined;
    const directory = directoryAt(file, instruction, facts);
    const isPath = program.includes('/');
    if (isPath && !program.startsWith('/') && directory === undefined) return undefined;
    const beside = !isPath && directory !== undefined && /\.(?:sh|bash)$/.test(program) ? [directory] : [];
    const paths = isPath
      ? [posix.resolve(directory ?? '/', program)]
      : [...binFolders, ...beside].map((folder) => posix.join(folder, program));
    for (let stage: Stage | undefined = instruction.stage; stage; stage = stage.parent) {
      const layout = Layout.of(file, stage, facts);
      const text = paths.flatMap((path) => layout?.text(path) ?? [])[0];
      if (text === undefined) continue;
      const isShell = /^#!\s*(?:\/usr\/bin\/env\s+)?(?:\/\S*\/)?(?:ba|da|a)?sh\b/.test(text) || !text.startsWith('#!');
      return isShell ? parseShell(text.replaceAll('\r\n', '\n')) : undefined;
    }
    return undefined;
  };
}

/** A program of its own does not install packages at its start; a script may. */
function looksLikeScript(text: string): boolean {
  return /\.(?:sh|bash)\b|entry|start|init|setup|install|bootstrap|(?:^|[\s"'/])(?:run|sh|bash)(?=["'\s]|$)/i.test(
    text,
  );
}

/** Whether the base image is known to start a program of its own: then an image without a command is one to run. */
function startsItself(file: Dockerfile, facts: Facts, stage: Stage): boolean {
  const image = systemOf(file, stage.from, facts);
  const program = image?.cmd?.[0] ?? image?.entrypoint?.[0];
  return program !== undefined && !interactive.test(program);
}

/** Shells and interpreters, which images for others start. */
const interactive =
  /(?:^|\/)(?:(?:ba|da|a|z)?sh|python[\d.]*|node|irb|php|perl[\d.]*|jshell|ghci|iex|erl|julia|R|swift)$/;
