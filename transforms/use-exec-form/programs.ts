import { posix } from 'node:path';
import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import { directoryAt, type Facts, Layout } from '../../src/transform/index.ts';

/** Programs whose names nobody gives to a script of their own. */
const wellKnown =
  /^(?:python[\d.]*|pip[\d.]*|node|nodejs|npm|npx|yarn|pnpm|java|ruby|bundle|php|php-fpm|perl|dotnet|go|cargo|nginx|bash|sh|env|sleep|tail|cat|gunicorn|uvicorn|flask|celery|streamlit|jupyter)$/;
const binDirectory = /(?:^|\/)s?bin\/?$/;

/**
 * Whether a program may be a script without `#!`, which a shell runs all the same and exec form cannot start
 * ("exec format error"): a path or name that the build itself puts there, as far as the text says.
 */
export function mayLackInterpreter(file: Dockerfile, stage: Stage, program: string): boolean {
  const system = /^\/(?:usr\/)?s?bin\/([^/]+)$/.exec(program);
  const name = system ? system[1]! : program;
  if (name.includes('/') || /\.\w+$/.test(name.replace(/\d[\d.]*$/, ''))) return true;
  if (wellKnown.test(name)) return false;
  const instructions: Instruction[] = [];
  for (let each: Stage | undefined = stage; each; each = each.parent) instructions.push(...each.instructions);
  return instructions.some((each) => puts(file, each, name));
}

/** What the build context says of a program: whether the kernel starts it, and if not, why. */
export type ProgramFile = 'starts' | 'script-without-interpreter' | 'program-not-executable' | 'unknown';

const defaultPath = '/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin'.split(' ');
/** The first bytes of a program of Linux, and of a script that names its interpreter. */
const startable = [
  [0x7f, 0x45, 0x4c, 0x46],
  [0x23, 0x21],
] as const;

/** Looks at the file that a program is copied from. */
export function programFile(file: Dockerfile, instruction: Instruction, program: string, facts: Facts): ProgramFile {
  if (/\.(?:bat|cmd|ps1)$/i.test(program)) return 'script-without-interpreter';
  const directory = directoryAt(file, instruction, facts);
  const isPath = program.includes('/');
  if (isPath && !program.startsWith('/') && directory === undefined) return 'unknown';
  const paths = isPath ? [posix.resolve(directory ?? '/', program)] : defaultPath.map((each) => `${each}/${program}`);
  for (let stage = instruction.stage; stage; stage = stage.parent) {
    const layout = Layout.of(file, stage, facts);
    const path = paths.flatMap((each) => layout?.contextOf(each) ?? [])[0];
    const entry = path === undefined ? undefined : layout!.context.resolve(path);
    if (entry?.type !== 'file') continue;
    const changed = file.instructions.some(
      (each) =>
        (each.keyword === 'RUN' && /chmod|install|sed|dos2unix|>/.test(file.args(each))) || each.heredocs.length > 0,
    );
    const head = layout!.context.head(entry.path, 64);
    if (!head || changed) return 'unknown';
    if (head.length >= 7 && String.fromCharCode(...head.slice(0, 7)) === 'version') return 'unknown';
    if (!startable.some((magic) => magic.every((byte, at) => head[at] === byte))) return 'script-without-interpreter';
    const isGivenMode = file.instructions.some((each) => each.flags.some(({ name }) => name === 'chmod'));
    return isGivenMode || (entry.mode & 0o111) !== 0 ? 'starts' : 'program-not-executable';
  }
  return 'unknown';
}

/** Whether an instruction may put a program of a name into a directory of PATH. */
function puts(file: Dockerfile, instruction: Instruction, name: string): boolean {
  const { keyword, span } = instruction;
  if (keyword === 'RUN') return file.source.slice(span.start, span.end).includes(`bin/${name}`);
  if (keyword === 'ENV') return file.pairs(instruction).some(([variable]) => variable === 'PATH');
  if (keyword !== 'COPY' && keyword !== 'ADD') return false;
  const words = instruction.json ?? file.words(instruction).map((word) => word.text);
  const into = words.at(-1) ?? '';
  if (words.some((word) => base(word) === name)) return true;
  const fromContext = !instruction.flags.some((flag) => flag.name === 'from');
  return fromContext && binDirectory.test(into) && words.slice(0, -1).some((word) => !/\.\w+$/.test(base(word)));
}

function base(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1)!;
}
