import { posix } from 'node:path';
import { distrolessRuntime, type Runtime, temurinJre } from '../../src/facts/index.ts';
import { covers } from '../../src/transform/index.ts';
import { environmentTexts, holdsOne, withCopies } from './compiled.ts';
import { classDirectories, jarOutputs } from './jars.ts';
import { languages } from './languages.ts';
import {
  type ContainerNeeds,
  commonRefusal,
  containerNeeds,
  contextRefusal,
  healthcheckRefusal,
  missingProgram,
  startInstruction,
} from './pitfalls.ts';
import { type Artifact, isRefusal, type Plan, type Recipe, type Refusal, refuse } from './plan.ts';
import { addedCertificates } from './runtime.ts';
import { readSources, runtimeFiles } from './sources.ts';
import type { Subject } from './subject.ts';
import { userFor } from './user.ts';
import { closedPaths, writtenDirectories } from './writes.ts';

const bases =
  /^(?:eclipse-temurin|openjdk|maven|gradle|amazoncorretto|ibm-semeru-runtimes|sapmachine|azul\/zulu-openjdk)$/;

export const java: Recipe = {
  id: 'java',
  plan(subject) {
    if (!bases.test(subject.base.repository)) return undefined;
    const { start, commands } = subject;
    const first = posix.basename(start?.argv?.[0] ?? '');
    if (/^(?:mvnw?|gradlew?|javac|jshell|sbt|lein|ant)$/.test(first)) {
      return refuse('starts-with-toolchain', `\`${first}\``, startInstruction(subject));
    }
    const builds = commands.some((each) => /^(?:mvnw?|gradlew?|javac|jar|ant|sbt)$/.test(each.name));
    if (!builds) return undefined;
    const common = commonRefusal(subject) ?? contextRefusal(subject);
    if (common) return common;
    return planJava(subject);
  },
};

/** The parts of a `java` command. */
interface JavaStart {
  readonly flags: readonly string[];
  /** What is run: a jar, or a class with its class path. */
  readonly jar?: string;
  readonly classPath?: readonly string[];
  readonly rest: readonly string[];
}

function planJava(subject: Subject): Plan | Refusal {
  const { layout, directory } = subject;
  if (directory === undefined) return refuse('working-directory-unknown');
  const argv = argvOf(subject);
  if (!argv)
    return refuse(
      subject.start?.script ? 'command-needs-shell' : 'start-unknown',
      undefined,
      startInstruction(subject),
    );
  const start = javaStart(argv);
  if (!start) return refuse('start-unknown', undefined, startInstruction(subject));
  const found = artifactsOf(subject, start);
  if (isRefusal(found)) return found;
  const reading = readSources(subject, languages.java);
  // The words of the start are known, so no shell has to read them.
  const plain = subject.start!.script ? { ...subject, start: { ...subject.start!, script: undefined, argv } } : subject;
  const container = containerNeeds(plain, reading.runs, new Set(['java']));
  if (isRefusal(container)) return container;
  const runtime = chooseRuntime(subject, container);
  if (isRefusal(runtime)) return runtime;
  const packages = [...container.packages].sort();
  const unhealthy = healthcheckRefusal(subject, runtime, packages);
  if (unhealthy) return unhealthy;
  const writes = writtenDirectories(subject, reading);
  if ('unknown' in writes) return refuse('writes-unknown', writes.unknown);
  const inJar = new Set([...layout!.files()].filter((path) => /(?:^|\/)src\/main\/resources\//.test(path)));
  const texts = [
    ...start.rest,
    ...start.flags.map((each) => each.replace(/^-D[^=]*=|^-javaagent:/, '')),
    ...environmentTexts(subject),
  ];
  const files = runtimeFiles(layout!, languages.java, reading, directory, texts, inJar);
  if ('unknown' in files) return refuse('runtime-files-unknown', files.unknown);
  const covered = (path: string) =>
    found.artifacts.some((each) => each.from === path || path.startsWith(`${each.from}/`));
  const artifacts: Artifact[] = [
    ...addedCertificates(subject),
    ...found.artifacts,
    ...files.paths
      .filter((path) => !covered(path))
      .map((from) => ({ from, owned: writes.owned.some((each) => covers(each, from) || covers(from, each)) })),
    ...writes.owned
      .filter((path) => !files.paths.includes(path) && !covered(path))
      .map((from) => ({ from, owned: true })),
  ];
  const closed = closedPaths(subject);
  const newStart = startFor(subject, runtime, start, found.jar);
  return {
    runtime,
    packages,
    artifacts: artifacts.map((each) =>
      writes.ownsDirectory || holdsOne(each.from, closed) ? { ...each, owned: true } : each,
    ),
    ...(newStart && { start: newStart }),
    user: userFor(subject, runtime),
    ownsDirectory: writes.ownsDirectory,
    evidence: ['context'],
  };
}

/** The words of the start; one wildcard for the jar is kept, for the build says what it stands for. */
function argvOf({ start, file }: Subject): readonly string[] | undefined {
  if (!start || start.scriptPath) return undefined;
  if (start.argv) return start.argv;
  const instruction = start.entrypoint ?? start.cmd!;
  const text = instruction.json ? instruction.json.at(-1)! : file.args(instruction);
  const words = text
    .trim()
    .replace(/^exec\s+/, '')
    .split(/\s+/);
  return words.every((word) => /^[\w./:=@%+,*-]+$/.test(word)) && words.filter((word) => word.includes('*')).length <= 1
    ? words
    : undefined;
}

function javaStart(argv: readonly string[]): JavaStart | undefined {
  if (posix.basename(argv[0]!) !== 'java') return undefined;
  const flags: string[] = [];
  let classPath: string[] | undefined;
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '-jar') {
      const jar = argv[at + 1];
      return jar === undefined ? undefined : { flags, jar, rest: argv.slice(at + 2) };
    }
    if (/^(?:-cp|-classpath|--class-path)$/.test(word)) classPath = (argv[++at] ?? '').split(':');
    else if (/^(?:-p|--module-path|-m|--module)$/.test(word)) return undefined;
    else if (/^--(?:add-opens|add-exports|add-modules|add-reads)$/.test(word)) flags.push(word, argv[++at] ?? '');
    else if (word.startsWith('-')) flags.push(word);
    else return { flags, classPath: classPath ?? ['.'], rest: argv.slice(at) };
  }
  return undefined;
}

/** What is run and where it comes from; evidence is a build that makes a file or directory of that name. */
function artifactsOf(subject: Subject, start: JavaStart): { artifacts: Artifact[]; jar?: string } | Refusal {
  const { directory } = subject;
  const at = startInstruction(subject);
  const outputs = withCopies(subject, jarOutputs(subject));
  if (start.jar !== undefined) {
    const path = posix.resolve(directory!, start.jar);
    const matches = outputs.filter((each) => globMatches(path, each.path));
    const distinct = [...new Set(matches.map((each) => each.path))];
    if (distinct.length !== 1) return refuse('artifact-unknown', `\`${start.jar}\``, at);
    if (needsLibraries(subject)) return refuse('artifact-unknown', 'the jar needs others beside it', at);
    const [jar] = distinct as [string];
    return { artifacts: [{ from: jar }], ...(start.jar.includes('*') && { jar: shorter(jar, directory!) }) };
  }
  const artifacts: Artifact[] = [];
  for (const entry of start.classPath!) {
    const path = posix.resolve(directory!, entry.replace(/\/\*$/, ''));
    const isMade = classDirectories(subject).includes(path) || outputs.some((each) => each.path === path);
    const isGiven = path !== directory && subject.layout!.contextOf(path) !== undefined;
    if (!isMade && !isGiven) return refuse('artifact-unknown', `\`${entry}\``, at);
    artifacts.push({ from: path });
  }
  return { artifacts };
}

function shorter(path: string, directory: string): string {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
}

function globMatches(pattern: string, path: string): boolean {
  if (!pattern.includes('*')) return pattern === path;
  const expression = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*');
  return new RegExp(`^${expression}$`).test(path);
}

/** A jar that names others in its manifest, which then lie in a folder beside it. */
function needsLibraries({ context }: Subject): boolean {
  return (context?.manifests ?? []).some((each) => {
    if (each.kind !== 'pom.xml') return false;
    const text = context!.text(each.path) ?? '';
    return (
      /<addClasspath>\s*true/.test(text) ||
      /<goal>copy-dependencies<\/goal>/.test(text) ||
      /<packaging>\s*quarkus/.test(text)
    );
  });
}

function chooseRuntime(subject: Subject, container: ContainerNeeds): Runtime | Refusal {
  const { base, wants, libc } = subject;
  const major = javaMajor(subject);
  if (major === undefined) return refuse('no-runtime-image', `\`${base.repository}:${base.tag}\``);
  const needsSystem = container.shell || container.packages.length > 0 || container.programs.length > 0;
  if (!needsSystem && wants !== 'slim') {
    // Class files are of no C library.
    const native = subject.commands.some((each) => /^(?:gcc|g\+\+|make|cmake|native-image)$/.test(each.name));
    const small = distrolessRuntime(`java${major}`, { libc: native ? libc : { kind: 'glibc', version: '2.0' } });
    if (typeof small === 'object') return small;
  }
  const jre = temurinJre(major);
  if (!jre) return refuse('no-runtime-image', `Java ${major}`);
  const missing = missingProgram(container, jre);
  if (missing !== undefined) return refuse('runs-other-programs', `\`${missing}\``);
  return container.packages.length > 0 ? refuse('packages-unknown', 'they are of another distribution') : jre;
}

/** The version of the JDK that builds, which the runtime is not to be older than. */
function javaMajor({ base }: Subject): string | undefined {
  const { repository, tag, written } = base;
  // A build argument may ask for another version.
  if (written.includes('$')) return undefined;
  if (/^(?:maven|gradle)$/.test(repository))
    return /(?:jdk|temurin|corretto|semeru|sapmachine|zulu|openjdk|ibmjava)-?(\d+)/.exec(tag)?.[1];
  return /^(\d+)/.exec(tag)?.[1];
}

/** Distroless starts `java -jar`: what is more than that needs an entry point of its own. */
function startFor(subject: Subject, runtime: Runtime, start: JavaStart, jar: string | undefined): Plan['start'] {
  const { entrypoint } = subject.start!;
  const named = jar ?? start.jar;
  const words = [
    ...start.flags,
    ...(named !== undefined ? ['-jar', named] : ['-cp', start.classPath!.join(':')]),
    ...start.rest,
  ];
  const isPlain = runtime.family === 'distroless' && start.flags.length === 0 && named !== undefined;
  if (entrypoint) {
    const isExec = entrypoint.json !== undefined && jar === undefined;
    return isExec ? undefined : { entrypoint: ['java', ...words] };
  }
  if (isPlain) return { cmd: [named, ...start.rest] };
  if (runtime.family === 'distroless') return { entrypoint: ['java'], cmd: words };
  return subject.start!.shellForm || jar !== undefined ? { cmd: ['java', ...words] } : undefined;
}
