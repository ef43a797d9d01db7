import { posix } from 'node:path';
import type { Language } from './languages.ts';
import { commonRefusal, containerNeeds, contextRefusal, healthcheckRefusal, startInstruction } from './pitfalls.ts';
import { type Artifact, isRefusal, type Plan, type Refusal, refuse } from './plan.ts';
import { type ProgramNeeds, runtimeForProgram } from './runtime.ts';
import { readSources, runtimeFiles, type SourceReading } from './sources.ts';
import { needsRoot, rootCall, runsAsRoot } from './start-rights.ts';
import type { Subject } from './subject.ts';
import { userFor } from './user.ts';
import { closedPaths, writtenDirectories } from './writes.ts';

/** Where a program is looked for by its name in every image. */
const defaultPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** A program that a build makes, by its absolute path. */
export interface Output {
  readonly path: string;
  readonly command: Subject['commands'][number];
}

/** The programs of a build with the places that mv, cp and install take them to. */
export function withCopies(subject: Subject, outputs: readonly Output[]): Output[] {
  const found = [...outputs];
  for (const command of subject.commands) {
    if (command.conditional || !/^(?:mv|cp|install|ln)$/.test(command.name)) continue;
    const operands = command.words.filter((word) => word === undefined || !word.startsWith('-'));
    const [from, to] = operands.slice(-2);
    if (from === undefined || to === undefined) continue;
    const base = command.directory ?? '\0';
    const source = posix.resolve(base, from);
    if (!found.some((each) => each.path === source) || base === '\0') continue;
    const target = posix.resolve(base, to);
    const intoDirectory = to.endsWith('/') || defaultPath.includes(target) || /^\.{1,2}$/.test(to);
    found.push({ path: intoDirectory ? posix.join(target, posix.basename(source)) : target, command });
    if (!intoDirectory) found.push({ path: posix.join(target, posix.basename(source)), command });
  }
  return found;
}

/** The program that a word starts, by the PATH that the stage has. */
export function startedOutput(subject: Subject, word: string, outputs: readonly Output[]): Output | undefined {
  if (word.includes('/')) {
    const path = word.startsWith('/') ? posix.normalize(word) : posix.resolve(subject.directory ?? '\0', word);
    return outputs.findLast((each) => each.path === path);
  }
  const path = [...defaultPath, '/go/bin', '/usr/local/cargo/bin', ...ownPath(subject)];
  return outputs.findLast((each) => posix.basename(each.path) === word && path.includes(posix.dirname(each.path)));
}

function ownPath({ file, stage }: Subject): string[] {
  return stage.instructions
    .filter((each) => each.keyword === 'ENV')
    .flatMap((each) => file.pairs(each).filter(([name]) => name === 'PATH'))
    .flatMap(([, value]) => value.replace(/["']/g, '').split(':'))
    .filter((path) => path.startsWith('/'));
}

/** What only the recipe of a language knows of its program. */
export interface CompiledProgram {
  readonly outputs: readonly Output[];
  /** What it is linked to, once its sources have been read. */
  linkage(
    reading: SourceReading,
  ): (Pick<ProgramNeeds, 'libc' | 'distroless' | 'cpp'> & { readonly packages?: readonly string[] }) | Refusal;
  /** Context paths that are compiled in. */
  readonly embedded: ReadonlySet<string>;
  /** Sources that speak TLS, and that make temporary files. */
  readonly certificates: RegExp;
  readonly temporary: RegExp;
}

/** Plans a compiled program: the binary, what it reads, and the smallest image that holds the rest. */
export function planCompiled(subject: Subject, language: Language, program: CompiledProgram): Plan | Refusal {
  const common = commonRefusal(subject) ?? contextRefusal(subject);
  if (common) return common;
  const { start, layout, directory } = subject;
  if (!start) return refuse('start-unknown');
  if (directory === undefined) return refuse('working-directory-unknown');
  const server = needsRoot(subject);
  if (server !== undefined) return refuse('starts-with-script', `\`${server}\` needs root`, startInstruction(subject));
  const outputs = withCopies(subject, program.outputs);
  const reading = readSources(subject, language);
  const call = runsAsRoot(subject) ? rootCall(reading) : undefined;
  if (call) return call;
  const linkage = program.linkage(reading);
  if (isRefusal(linkage)) return linkage;
  const own = new Set(
    outputs.flatMap((each) => [posix.basename(each.path), each.path, `./${posix.basename(each.path)}`]),
  );
  const container = containerNeeds(subject, reading.runs, own);
  if (isRefusal(container)) return container;
  const started = start.argv && startedOutput(subject, start.argv[0]!, outputs);
  if (!started && !start.script) return refuse('artifact-unknown', undefined, startInstruction(subject));
  if (!start.argv && !start.script) return refuse('start-unknown');
  const text = [...reading.texts.values()].join('\n');
  const chosen = runtimeForProgram(subject, {
    ...linkage,
    container: { ...container, packages: keptPackages(container.packages, linkage, subject) },
    certificates: program.certificates.test(text),
    temporary: program.temporary.test(text),
  });
  if (isRefusal(chosen)) return chosen;
  const { runtime } = chosen;
  const unhealthy = healthcheckRefusal(subject, runtime, chosen.packages);
  if (unhealthy) return unhealthy;
  const writes = writtenDirectories(subject, reading);
  if ('unknown' in writes) return refuse('writes-unknown', writes.unknown);
  const arguments_ = (start.argv ?? []).slice(1);
  const values = environmentTexts(subject);
  const files = runtimeFiles(layout!, language, reading, directory, [...arguments_, ...values], program.embedded);
  if ('unknown' in files) return refuse('runtime-files-unknown', files.unknown);
  const artifacts: Artifact[] = [...chosen.artifacts];
  const programs = started ? [started] : outputs.filter((each) => scriptNames(subject, each));
  if (programs.length === 0) return refuse('artifact-unknown', undefined, startInstruction(subject));
  let argv = start.argv;
  for (const each of programs) {
    const isBare = start.argv !== undefined && !start.argv[0]!.includes('/');
    const away = isBare && !defaultPath.includes(posix.dirname(each.path));
    artifacts.push({ from: each.path, ...(away && { to: `/usr/local/bin/${posix.basename(each.path)}` }) });
  }
  if (start.scriptPath) artifacts.push({ from: start.scriptPath });
  const covered = new Set(artifacts.map((each) => each.from));
  for (const path of files.paths) {
    if (!covered.has(path)) artifacts.push({ from: path, owned: isOwned(path, writes.owned, writes.ownsDirectory) });
  }
  for (const path of writes.owned) {
    if (!files.paths.includes(path)) artifacts.push({ from: path, owned: true });
  }
  const closed = closedPaths(subject);
  if (!start.shellForm || start.script) argv = undefined;
  return {
    runtime,
    artifacts: artifacts.map((each) =>
      writes.ownsDirectory || holdsOne(each.from, closed) ? { ...each, owned: true } : each,
    ),
    packages: chosen.packages,
    recommends: container.recommends === true,
    user: userFor(subject, runtime),
    ownsDirectory: writes.ownsDirectory,
    evidence: ['context'],
    ...(argv && { start: start.entrypoint ? { entrypoint: argv } : { cmd: argv } }),
  };
}

/** Libraries are of no use to a program without a C library, but to a script that runs other programs. */
function keptPackages(
  installed: readonly string[],
  { libc, packages = [] }: Pick<ProgramNeeds, 'libc'> & { readonly packages?: readonly string[] },
  subject: Subject,
): readonly string[] {
  const isAlone = libc === 'static' && subject.start?.script === undefined;
  const kept = isAlone ? installed.filter((each) => !each.startsWith('lib')) : installed;
  return [...new Set([...kept, ...packages])];
}

function scriptNames(subject: Subject, output: Output): boolean {
  const text = subject.start?.script?.text ?? '';
  const name = posix.basename(output.path).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const isArgument = subject.start?.argv?.some((each) => posix.basename(each) === posix.basename(output.path)) === true;
  return isArgument || new RegExp(`(?:^|[\\s/"';&|])${name}(?:$|[\\s"';&|])`, 'm').test(text);
}

/** Whether a path is one of some, or a directory around one. */
export function holdsOne(path: string, some: readonly string[]): boolean {
  return some.some((each) => each === path || each.startsWith(`${path}/`));
}

function isOwned(path: string, owned: readonly string[], all: boolean): boolean {
  return all || owned.some((each) => each === path || each.startsWith(`${path}/`) || path.startsWith(`${each}/`));
}

/** The values of ENV, which may name files. */
export function environmentTexts({ file, stage }: Subject): string[] {
  return stage.instructions
    .filter((each) => each.keyword === 'ENV')
    .flatMap((each) => file.pairs(each).map(([, value]) => value.replace(/^["']|["']$/g, '')));
}
