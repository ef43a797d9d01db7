import { posix } from 'node:path';
import type { Instruction } from '../../src/dockerfile/index.ts';
import type { Runtime } from '../../src/facts/index.ts';
import { fetchedBy, holdsTemplate, isAvailable } from '../../src/transform/index.ts';
import { brings, otherInstalls, stagePackages } from './packages.ts';
import { type Refusal, refuse } from './plan.ts';
import type { Argument } from './sources.ts';
import { programsOf } from './start.ts';
import type { Subject } from './subject.ts';

/** Programs of a shell, or that every Debian has (coreutils, findutils, grep, sed, hostname). */
const everywhere = new Set(
  `. : [ alias break case cd command continue echo eval exec exit export false getopts hash kill local printf pwd read
  readonly return set shift source test time times trap true type ulimit umask unalias unset wait basename cat chmod chown
  chroot cp cut date dd df dirname du env expr find grep egrep head hostname id install ln ls mkdir mktemp mv nice nohup
  nproc od paste readlink realpath rm rmdir sed seq sh bash dash sleep sort split stat stty sync tail tee timeout touch tr
  truncate tty uname uniq wc which whoami xargs yes sha256sum md5sum base64`.split(/\s+/),
);
const installers = /^(?:apt|apt-get|apk|pip3?|npm|npx|yarn|pnpm|gem|bundle|composer|go|cargo|mvn|gradle|dotnet)$/;

/** What no recipe converts, whatever it builds. */
export function commonRefusal(subject: Subject): Refusal | undefined {
  const { file, stage, facts } = subject;
  const onbuild = stage.instructions.find((each) => each.keyword === 'ONBUILD');
  if (onbuild) return refuse('base-of-others', 'it has `ONBUILD`', onbuild);
  const from = file.lines.lineStart(stage.from.startLine);
  if (holdsTemplate(file.source.slice(from))) return refuse('template-text');
  const usage = facts.usage();
  if (isAvailable(usage)) {
    if (usage.children.length > 0) return refuse('base-of-others', usage.children[0]);
    const replaced = usage.runs.find(
      (each) => each.command || each.how === 'devcontainer' || each.how === 'github-action',
    );
    if (replaced) return refuse('start-replaced', `${replaced.file}:${replaced.line}`);
  }
  const shell = stage.instructions.find((each) => each.keyword === 'SHELL');
  const inShell = stage.instructions.find(
    (each) => /^(?:CMD|ENTRYPOINT|HEALTHCHECK)$/.test(each.keyword) && !each.json,
  );
  // The final stage would start it with another shell.
  if (shell && inShell) return refuse('shell-unknown', undefined, inShell);
  return undefined;
}

/** Whether the health checks of the file, and of other files that run the image, work in a runtime. */
export function healthcheckRefusal(subject: Subject, runtime: Runtime, tools: readonly string[]): Refusal | undefined {
  const { file, stage, facts } = subject;
  const check = stage.instructions.findLast((each) => each.keyword === 'HEALTHCHECK');
  if (check && !/^NONE\b/i.test(file.args(check).trim())) {
    const missing = missingForCheck(subject, healthArguments(file.args(check)), file.args(check), runtime, tools);
    if (missing !== undefined) return refuse('healthcheck-needs-tool', missing || undefined, check);
  }
  const usage = facts.usage();
  for (const { file: by, line, checks = [] } of isAvailable(usage) ? usage.runs : []) {
    for (const argv of checks) {
      const missing = missingForCheck(subject, argv, argv.join(' '), runtime, tools);
      const place = `\`${by}\` line ${line}`;
      if (missing !== undefined) return refuse('healthcheck-needs-tool', missing ? `${missing}, by ${place}` : place);
    }
  }
  return undefined;
}

/** The program that a runtime lacks for a health check, empty where it lacks the shell; undefined where it lacks nothing. */
function missingForCheck(
  { start }: Subject,
  argv: readonly string[] | undefined,
  text: string,
  runtime: Runtime,
  tools: readonly string[],
): string | undefined {
  if (argv && runtime.programs[argv[0]!] !== undefined) return undefined;
  // The program itself comes along to the same place, which an interpreter does not.
  const isOwn = argv?.[0]?.startsWith('/') === true && argv[0] === start?.argv?.[0];
  if (isOwn && !/\/(?:node|java|dotnet|ruby|php|python[\d.]*)$/.test(argv[0]!)) return undefined;
  const words = text.match(/[\w./-]+/g) ?? [];
  const program = words.find((word) =>
    /^(?:curl|wget|nc|netcat|pg_isready|redis-cli|mysqladmin|ps|pgrep|ss)$/.test(word),
  );
  const hasShell = runtime.holds.includes('shell');
  if (hasShell && (program === undefined || tools.includes(program))) return undefined;
  return program ? `\`${program}\`` : '';
}

function healthArguments(text: string): string[] | undefined {
  const json = /CMD\s+(\[.*\])\s*$/s.exec(text)?.[1];
  if (json === undefined) return undefined;
  try {
    const argv: unknown = JSON.parse(json);
    return Array.isArray(argv) && argv.every((each) => typeof each === 'string') && argv.length > 0 ? argv : undefined;
  } catch {
    return undefined;
  }
}

/** The programs that a program runs, as names; undefined where one is worked out. */
export function programsRun(runs: readonly Argument[]): readonly string[] | undefined {
  const names: string[] = [];
  for (const each of runs) {
    if (each === undefined || each.trim() === '') return undefined;
    // A shell command: its first word, and those behind operators.
    for (const part of each.split(/&&|\|\||[|;]/)) {
      const word = part.trim().split(/\s+/)[0];
      if (!word || /[$(){}`]/.test(word)) return undefined;
      names.push(word);
    }
  }
  return [...new Set(names)];
}

/** What a container needs besides the artefacts: programs that are run, packages, and a shell. */
export interface ContainerNeeds {
  readonly shell: boolean;
  readonly packages: readonly string[];
  /** Programs that a runtime must have besides the shell's own. */
  readonly programs: readonly string[];
  /** The packages were installed with what they recommend. */
  readonly recommends?: boolean;
}

/** What the start, the application and the packages of the stage ask of the final stage. */
export function containerNeeds(
  subject: Subject,
  runs: readonly Argument[],
  own: ReadonlySet<string> = new Set(),
): ContainerNeeds | Refusal {
  const other = otherInstalls(subject.commands);
  if (other && other.name !== 'apk') return refuse('packages-unknown', `\`${other.name}\``, other.instruction);
  const installed = stagePackages(subject);
  if (installed.unknown.length > 0) return refuse('shared-library-unknown', installed.unknown.join(', '));
  const packages = new Set(installed.runtime);
  const programs = new Set<string>();
  let shell = false;
  const runsPrograms = programsRun(runs);
  if (runsPrograms === undefined) return refuse('runs-other-programs', 'one whose name is worked out');
  for (const each of runsPrograms) {
    if (own.has(each)) continue;
    shell = true;
    if (everywhere.has(each)) continue;
    if (installed.tools.includes(each)) packages.add(each);
    else if (!brings(installed.runtime, each)) programs.add(each);
  }
  const { start } = subject;
  if (start?.script) {
    shell = true;
    const named = programsOf(start.script);
    if (named === undefined) return refuse('starts-with-script', 'it runs a program that a variable names');
    for (const each of named) {
      if (everywhere.has(each) || own.has(each)) continue;
      if (installers.test(each) && installs(start.script.text, each)) return refuse('installs-at-start', `\`${each}\``);
      if (installed.tools.includes(each)) packages.add(each);
      else if (!brings(installed.runtime, each)) programs.add(each);
    }
  }
  return { shell, packages: [...packages], programs: [...programs], recommends: installed.recommends };
}

function installs(text: string, program: string): boolean {
  return new RegExp(`\\b${program}\\s+(?:-\\S+\\s+)*(?:install|i|ci|add|update|download|get|restore)\\b`).test(text);
}

/** The program of those that a container needs which a runtime does not have. */
export function missingProgram(needs: ContainerNeeds, runtime: Runtime): string | undefined {
  return needs.programs.find((each) => runtime.programs[each] === undefined);
}

/** Why there are no files to look at: what is read when the program runs cannot be told. */
export function contextRefusal(subject: Subject): Refusal | undefined {
  if (!subject.layout) return refuse('context-unavailable');
  if (!subject.layout.complete) return refuse('runtime-files-unknown', 'not every `COPY` can be followed');
  const { directory } = subject;
  const fetched = fetchedBy(subject.commands).find(
    ({ path, isFolder }) =>
      isFolder && path !== '/' && directory !== undefined && (directory === path || directory.startsWith(`${path}/`)),
  );
  if (fetched && !holdsOwn(subject)) {
    return refuse('runtime-files-unknown', `\`${fetched.how}\` brings the sources, which are not seen here`);
  }
  return undefined;
}

/** Whether something of the build context comes into the working directory itself. */
function holdsOwn({ layout, directory }: Subject): boolean {
  for (const path of layout!.files()) {
    const image = layout!.imageOf(path);
    if (image !== undefined && posix.dirname(image) === directory) return true;
  }
  return false;
}

/** The instruction that a refusal about the start points at. */
export function startInstruction({ start, stage }: Subject): Instruction {
  return start?.entrypoint ?? start?.cmd ?? stage.from;
}

/** Whether the stage installs the certificates of the distribution. */
export function aptCertificates({ commands }: Subject): boolean {
  return commands.some((each) => each.words.includes('ca-certificates'));
}
