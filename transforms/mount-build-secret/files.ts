import type { Dockerfile, Instruction, Stage, Word } from '../../src/dockerfile/index.ts';
import { removeToken, type TextEdit } from '../../src/edit/index.ts';
import { type SecretSource, secretFile, secretSources } from '../../src/secrets/index.ts';
import { type ShellCommand, visitCommands } from '../../src/shell/index.ts';
import {
  bareCommand,
  type Facts,
  type Finding,
  isAvailable,
  type ShellBody,
  type SkipReason,
  shellBody,
  workingDirectory,
} from '../../src/transform/index.ts';
import { buildCommands } from './build-commands.ts';
import { isForBuilds, readsFile } from './consumers.ts';
import { insertMount, readableBy } from './mount.ts';
import { programsOf } from './readers.ts';
import { inOnePlace, type Removal, withoutCommands } from './remove-commands.ts';
import { removeLines } from './remove-lines.ts';

/** A secret file that a COPY brings in. */
interface Copied {
  readonly instruction: Instruction;
  readonly stage: Stage;
  readonly source: SecretSource;
  readonly kind: string;
  /** Its content, or a name that nothing else has, says so. */
  readonly certain: boolean;
  /** Absolute, in the image; undefined where it is not known. */
  readonly path: string | undefined;
}

/** Findings about files with secrets that COPY or ADD brings into a layer. */
export function* fileFindings(file: Dockerfile, facts: Facts): Generator<Finding> {
  for (const instruction of file.instructions) {
    if (!instruction.stage || instruction.opaque) continue;
    for (const source of secretSources(file, instruction)) {
      const copied = judged(file, facts, instruction, source);
      const finding = copied && findingFor(file, facts, copied);
      if (finding) yield finding;
    }
  }
}

/** What is known of a source; undefined where its content says that it holds no secret. */
function judged(file: Dockerfile, facts: Facts, instruction: Instruction, source: SecretSource): Copied | undefined {
  const context = facts.context();
  const text = isAvailable(context) ? context.text(source.path.replace(/^(?:\.?\/)+/, '')) : undefined;
  const found = text === undefined ? source.found : secretFile(source.path, text);
  if (!found) return undefined;
  const path = targetOf(file, facts, instruction, source);
  return { instruction, stage: instruction.stage!, source, ...found, path };
}

function findingFor(file: Dockerfile, facts: Facts, copied: Copied): Finding | undefined {
  const { instruction, source, kind, certain } = copied;
  const span = instruction.logical.span(source.start, source.end);
  const steps = stepsWith(file, facts, copied);
  const isRemoved = steps?.some((step) => step.removals.length > 0);
  // A name alone says little: a file that a later step takes away again is one that nobody should have.
  if (!certain && !isRemoved) return undefined;
  const message = `\`${instruction.keyword}\` puts \`${source.path}\` (${kind}) into a layer, where it stays even if a later step removes it`;
  if (!isForBuilds(kind)) {
    return {
      span,
      message: `${message}; mount it when containers start, and leave it out with .dockerignore`,
      report: true,
    };
  }
  const plan = steps ? planFor(file, facts, copied, steps) : { skipped: 'secret-path-unknown' as const };
  if ('skipped' in plan) return { span, message, ...plan };
  const { id } = plan;
  const name = source.path.replace(/^(?:\.?\/)+/, '');
  const again = copiedAgain(file, facts, copied, name);
  return {
    span,
    message: `${message}: as a mount only the steps that read it see it; ${buildCommands({ id, file: name }, facts)}${again}`,
    fix: {
      title: `Mount \`${source.path}\` as a build secret`,
      safety: 'manual',
      evidence: isAvailable(facts.context()) ? ['context'] : ['text'],
      edits: plan.edits,
      changes: { edits: plan.edited, removes: plan.removed, paths: [copied.path!] },
    },
  };
}

/** Where a source lands. A destination that may be a file or a directory is taken by its last name. */
function targetOf(file: Dockerfile, facts: Facts, instruction: Instruction, source: SecretSource): string | undefined {
  const words = file.words(instruction);
  const expanded = file.expand(words.at(-1)!.text, instruction);
  if (!expanded.ok || /[$~]/.test(expanded.value)) return undefined;
  const written = expanded.value;
  const name = source.path.split('/').at(-1)!;
  const last = written.split('/').at(-1)!;
  const isDirectory =
    words.length > 2 ||
    /(?:^|\/)\.{0,2}$/.test(written) ||
    /^\.(?:ssh|aws|kube|docker|m2|gnupg|config|cargo|gem)$/.test(last);
  const isFile = last === name || /\w\.\w|^\.\w|^id_|^config$|^credentials$/.test(last);
  if (!isDirectory && !isFile) return undefined;
  const path = isDirectory ? `${written}/${name}` : written;
  if (path.startsWith('/')) return clean(path);
  const directory = workingDirectory(file, instruction, facts)?.path;
  return directory === undefined || directory.includes('$') ? undefined : clean(`${directory}/${path}`);
}

function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** A RUN that has to do with the file. */
interface Step {
  readonly body: ShellBody;
  /** It names the file, or runs a program that looks for it. */
  readonly reads: boolean;
  /** Commands that only remove it, or change its mode or owner. */
  readonly removals: readonly Removal[];
  /** It copies, moves or rewrites the file. */
  readonly rewrites: boolean;
}

/** A RUN that is not parsed and may have to do with the file, as its text says. */
function opaqueStep(
  file: Dockerfile,
  facts: Facts,
  { stage, instruction, kind, source }: Copied,
): Instruction | undefined {
  const name = source.path.split('/').at(-1)!;
  return [stage, ...file.descendants(stage)]
    .flatMap((each) => each.instructions)
    .find((each) => {
      if (each.keyword !== 'RUN' || (each.stage === stage && each.index < instruction.index)) return false;
      if (typeof shellBody(file, each, facts) === 'object') return false;
      const texts = [
        each.logical.text,
        ...each.heredocs.map(({ content }) => file.source.slice(content.start, content.end)),
      ];
      return texts.some((text) => text.includes(name) || text.split(/[^\w.-]+/).some((word) => readsFile(word, kind)));
    });
}

/** What later steps do with the file; undefined where its place is not known. */
function stepsWith(file: Dockerfile, facts: Facts, copied: Copied): Step[] | undefined {
  if (copied.path === undefined) return undefined;
  const steps: Step[] = [];
  const stages = [copied.stage, ...file.descendants(copied.stage)];
  for (const stage of stages) {
    for (const instruction of stage.instructions) {
      if (instruction.keyword !== 'RUN' || (stage === copied.stage && instruction.index < copied.instruction.index))
        continue;
      const body = shellBody(file, instruction, facts);
      if (typeof body !== 'object') continue;
      const step = stepFor(file, facts, body, copied);
      if (step) steps.push(step);
    }
  }
  return steps;
}

function stepFor(file: Dockerfile, facts: Facts, body: ShellBody, { path, kind }: Copied): Step | undefined {
  const directory = workingDirectory(file, body.instruction, facts)?.path;
  const removals: { command: ShellCommand; word: ShellCommand['words'][number] }[] = [];
  let names = false;
  let rewrites = false;
  visitCommands(body.script, (command) => {
    const program = bareCommand(command)?.name;
    for (const word of command.words.slice(1)) {
      if (!namesPath(word.text, path!, directory)) continue;
      if (program && /^(?:rm|chmod|chown|shred|unlink)$/.test(program)) removals.push({ command, word });
      else if (program && /^(?:cp|mv|ln|tee|install)$/.test(program)) rewrites = true;
      else if (program === 'cat' && command.redirects.some(({ operator }) => /^[>&]*>/.test(operator))) rewrites = true;
      else if (program === 'sed' && command.words.some((each) => /^-\w*i/.test(each.text))) rewrites = true;
      else names = true;
    }
    if (
      command.redirects.some(
        ({ operator, target }) => /^[>&]*>/.test(operator) && target && namesPath(target.text, path!, directory),
      )
    ) {
      rewrites = true;
    }
  });
  // Programs look for a key where ssh keeps its own.
  const isLookedFor = kind !== 'private key' || /\/\.ssh\//.test(path!);
  const reads = names || (isLookedFor && programsOf(body).some((program) => readsFile(program, kind)));
  return reads || removals.length > 0 || rewrites ? { body, reads, removals, rewrites } : undefined;
}

function namesPath(text: string, path: string, directory: string | undefined): boolean {
  const written = text
    .replace(/["']/g, '')
    .replace(/^(?:~|\$\{?HOME\}?)(?=\/)/, '/root')
    .replace(/^--[\w-]+=/, '');
  if (written.startsWith('/')) return clean(written) === path;
  return directory !== undefined && /^[\w.]/.test(written) && clean(`${directory}/${written}`) === path;
}

const mostReaders = 5;

type Plan =
  | { readonly skipped: SkipReason; readonly detail?: string }
  | { readonly id: string; readonly edits: TextEdit[]; readonly edited: number[]; readonly removed: number[] };

function planFor(file: Dockerfile, facts: Facts, copied: Copied, steps: readonly Step[]): Plan {
  const { source, path } = copied;
  const opaque = opaqueStep(file, facts, copied);
  if (opaque) return { skipped: 'secret-step-opaque', detail: `line ${opaque.startLine}` };
  const rewritten = steps.find((step) => step.rewrites);
  if (rewritten)
    return { skipped: 'secret-kept', detail: `line ${rewritten.body.instruction.startLine} copies or changes it` };
  const lastRemoval =
    steps.findLast((step) => step.removals.length > 0)?.body.instruction.index ?? Number.POSITIVE_INFINITY;
  const readers = steps.filter((step) => step.reads && step.body.instruction.index <= lastRemoval);
  // A mount at every other step says that nothing is known, rather than who needs it.
  if (readers.length === 0 || readers.length > mostReaders) return { skipped: 'secret-use-unknown' };
  const id =
    source.path
      .split('/')
      .at(-1)!
      .replace(/^[._]+/, '')
      .replace(/[^\w.-]/g, '_') || 'secret';
  const plan = { id, edits: [] as TextEdit[], edited: [] as number[], removed: [] as number[] };
  for (const { body } of readers) {
    const { instruction } = body;
    const flag = `--mount=type=secret,id=${id},target=${path}${readableBy(file, instruction, facts)},required=true`;
    plan.edits.push(insertMount(file, instruction, [flag]));
    plan.edited.push(instruction.index);
  }
  for (const { body, removals } of steps) {
    if (removals.length === 0) continue;
    const gone = withoutCommands(body, removals);
    if (!gone) return { skipped: 'text-spread', detail: `\`rm\` in line ${body.instruction.startLine}` };
    // A step with nothing else to do goes; one that reads the file and gets a mount cannot be without a body.
    if (gone === 'all') {
      const edit = removeLines(file, body.instruction);
      if (!edit || plan.edited.includes(body.instruction.index)) return { skipped: 'text-spread' };
      plan.edits.push(edit);
      plan.removed.push(body.instruction.index);
      continue;
    }
    plan.edits.push(...gone);
    if (!plan.edited.includes(body.instruction.index)) plan.edited.push(body.instruction.index);
  }
  const copy = withoutSource(file, copied);
  if (!copy) return { skipped: 'text-spread' };
  plan.edits = inOnePlace([...plan.edits, copy]);
  (file.words(copied.instruction).length === 2 ? plan.removed : plan.edited).push(copied.instruction.index);
  return plan;
}

/** The COPY without this source, or without all of it. */
function withoutSource(file: Dockerfile, { instruction, source }: Copied): TextEdit | undefined {
  const words = file.words(instruction);
  if (words.length === 2) return removeLines(file, instruction);
  const at = words.findIndex((word: Word) => word.start === source.start);
  const previousEnd = words[at - 1]?.end ?? instruction.flags.at(-1)?.end ?? instruction.keywordEnd;
  return removeToken(instruction, { previousEnd, start: source.start, end: source.end, next: words[at + 1]?.start });
}

/** A sentence about a COPY of a directory that takes the file along again. */
function copiedAgain(file: Dockerfile, facts: Facts, copied: Copied, name: string): string {
  const context = facts.context();
  const sent = isAvailable(context) ? context.sent : undefined;
  const isSent = !sent || !isAvailable(sent) || sent.has(name);
  const again = file.instructions.find(
    (each) =>
      (each.keyword === 'COPY' || each.keyword === 'ADD') &&
      each !== copied.instruction &&
      !each.flags.some((flag) => flag.name === 'from') &&
      file
        .words(each)
        .slice(0, -1)
        .some(({ text }) => covers(text, name)),
  );
  return again && isSent ? `; line ${again.startLine} copies it as well, until .dockerignore names it` : '';
}

function covers(source: string, name: string): boolean {
  const directory = source.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  return directory === '' || directory === '.' || name === directory || name.startsWith(`${directory}/`);
}
