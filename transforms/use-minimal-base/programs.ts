import { posix } from 'node:path';
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import {
  directoryAt,
  type Evidence,
  type Facts,
  goBuild,
  isAvailable,
  Layout,
  type SkipReason,
  stageCommands,
  variableOf,
} from '../../src/transform/index.ts';
import { readLinking } from './elf.ts';

const searched = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Whether the program that a stage starts is seen to be static, and by what; a refusal where it is seen not to be, and
 * undefined where it is no program that the file copies.
 */
export function isStaticProgram(
  file: Dockerfile,
  stage: Stage,
  facts: Facts,
  word: string,
  directory: string,
): Evidence | { readonly skipped: SkipReason; readonly detail?: string } | undefined {
  const paths = word.includes('/') ? [posix.resolve(directory, word)] : searched.map((each) => `${each}/${word}`);
  for (const path of paths) {
    const copied = copiedFrom(file, stage, facts, path);
    if (copied) return ofStage(file, facts, copied);
  }
  const layout = Layout.of(file, stage, facts);
  if (!layout)
    return stage.instructions.some((each) => mayCopy(file, each, word))
      ? { skipped: 'context-unavailable' }
      : undefined;
  for (const path of paths) {
    const context = layout.contextOf(path);
    if (context === undefined) continue;
    const others = [...layout.files()].filter((each) => each !== context && !isData(layout, each));
    const head = layout.context.head(context, 1 << 16);
    const linking = head && readLinking(head);
    if (!linking) return undefined;
    if (linking.kind === 'dynamic')
      return { skipped: 'shared-library-unknown', detail: `it asks for \`${linking.interpreter}\`` };
    if (others.length > 0) return { skipped: 'runs-other-programs', detail: `\`${others[0]}\`` };
    const file_ = layout.context.resolve(context);
    if (file_ && (file_.mode & 0o005) !== 0o005)
      return { skipped: 'source-unreadable', detail: 'its mode lets no other user start it' };
    return 'context';
  }
  return undefined;
}

/** Whether an instruction copies a file of the context that has the name of a program. */
function mayCopy(file: Dockerfile, instruction: Instruction, program: string): boolean {
  if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') return false;
  if (instruction.flags.some((flag) => flag.name === 'from')) return false;
  const words = instruction.json ?? file.words(instruction).map((word) => word.text);
  return words.some((word) => posix.basename(word) === posix.basename(program));
}

/** A file that is no program: neither ELF nor a script. */
function isData(layout: Layout, path: string): boolean {
  const head = layout.context.head(path, 4);
  if (!head) return false;
  return !(head[0] === 0x7f && head[1] === 0x45) && !(head[0] === 0x23 && head[1] === 0x21);
}

interface Copied {
  readonly stage: Stage;
  readonly path: string;
}

/** The stage and path that COPY --from takes a file from. */
function copiedFrom(file: Dockerfile, stage: Stage, facts: Facts, path: string): Copied | undefined {
  for (const each of [...stage.instructions].reverse()) {
    const name = each.keyword === 'COPY' ? each.flags.find((flag) => flag.name === 'from')?.value : undefined;
    const from = name === undefined ? undefined : file.stageByName(name, { byIndex: true });
    if (!from) continue;
    const words = each.json ?? file.words(each).map((word) => word.text);
    const target = words.at(-1)!;
    const into = posix.resolve(directoryAt(file, each, facts) ?? '/', target);
    for (const source of words.slice(0, -1)) {
      if (/[*?[$]/.test(source)) continue;
      const last = from.instructions.at(-1)!;
      const absolute = source.startsWith('/') ? posix.normalize(source) : posix.resolve('/', source);
      const isDirectory = words.length > 2 || /\/$|^\.{1,2}$/.test(target);
      const candidates = [
        isDirectory ? posix.join(into, posix.basename(source)) : into,
        posix.join(into, posix.basename(source)),
      ];
      if (last && candidates.includes(path)) return { stage: from, path: absolute };
    }
  }
  return undefined;
}

/** A program that Go builds without cgo in another stage. */
function ofStage(
  file: Dockerfile,
  facts: Facts,
  { stage, path }: Copied,
): Evidence | { skipped: SkipReason; detail?: string } | undefined {
  const { commands, unread } = stageCommands(file, stage, facts);
  const builds = commands.flatMap((each) => goBuild(each) ?? []);
  const build = builds.find(({ command, flags }) => {
    const output = flags.get('-o');
    return output !== undefined && command.directory !== undefined && posix.resolve(command.directory, output) === path;
  });
  if (!build || unread.length > 0) return undefined;
  if (variableOf(file, build.command, 'CGO_ENABLED').value !== '0')
    return { skipped: 'cgo-needed', detail: 'cgo is not switched off' };
  return sourceRefusal(facts) ?? 'context';
}

/** Calls that write files, but for those whose path is written out and temporary. */
const writes =
  /\b(?:os|ioutil)\.(?:Create|WriteFile|OpenFile|Mkdir|MkdirAll)\((?!\s*"\/(?:tmp|dev)\/)|\bsql\.Open\(\s*"sqlite/;

/** A Go source of the context that runs other programs or writes files, which another user may not. */
function sourceRefusal(facts: Facts): { skipped: SkipReason; detail?: string } | undefined {
  const context = facts.context();
  if (!isAvailable(context)) return { skipped: 'context-unavailable' };
  for (const { path, type } of context.below('')) {
    if (type !== 'file' || !path.endsWith('.go') || path.endsWith('_test.go')) continue;
    if (/(?:^|\/)(?:vendor|testdata)\//.test(path)) continue;
    const text = context.text(path);
    if (text === undefined) return { skipped: 'runtime-files-unknown', detail: path };
    if (/"os\/exec"/.test(text)) return { skipped: 'runs-other-programs', detail: `\`${path}\`` };
    if (writes.test(text)) return { skipped: 'writes-unknown', detail: `\`${path}\`` };
  }
  return undefined;
}
