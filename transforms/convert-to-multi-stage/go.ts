import { posix } from 'node:path';
import { type GoBuild, goBuild, variableOf } from '../../src/transform/index.ts';
import { type CompiledProgram, type Output, planCompiled } from './compiled.ts';
import { languages } from './languages.ts';
import { stagePackages } from './packages.ts';
import { commonRefusal, startInstruction } from './pitfalls.ts';
import { type Recipe, refuse } from './plan.ts';
import type { SourceReading } from './sources.ts';
import type { Subject } from './subject.ts';

/** Modules that are known to bring all of their C code along, and to link to libc alone: their READMEs, November 2026. */
const selfContained =
  /^github\.com\/(?:mattn\/go-sqlite3|confluentinc\/confluent-kafka-go(?:\/v\d+)?|DataDog\/zstd|valyala\/gozstd|ncruces\/go-sqlite3)$/;

export const go: Recipe = {
  id: 'go',
  plan(subject) {
    const builds = subject.commands.flatMap((each) => goBuild(each) ?? []);
    const isGo = subject.base.repository === 'golang' || builds.length > 0;
    if (!isGo) return undefined;
    const common = commonRefusal(subject);
    if (common) return common;
    const first = subject.start?.argv?.[0];
    if (first === 'go' || first === 'air' || first === 'make') {
      return refuse('starts-with-toolchain', `\`${first}\``, startInstruction(subject));
    }
    if (builds.length === 0) return refuse('artifact-unknown', 'no `go build` is written here');
    for (const { flags, command } of builds) {
      const mode = flags.get('-buildmode') ?? '';
      const linker = flags.get('-ldflags') ?? '';
      if (/^(?:plugin|c-shared|c-archive|shared)$/.test(mode) || /linkmode[ =]external/.test(linker)) {
        return refuse('links-at-run-time', undefined, command.instruction);
      }
    }
    const outputs = builds.flatMap((each) => outputsOf(subject, each));
    const embedded = new Set<string>();
    const program: CompiledProgram = {
      outputs,
      embedded,
      // A server alone needs none; what other modules do is not read.
      certificates:
        /\bhttp\.(?:Get|Head|Post|PostForm|Client|DefaultClient|NewRequest|Transport)|"crypto\/tls"|"net\/smtp"|^\s*(?:\w+\s+)?"[\w-]+\.[\w.-]+\//m,
      temporary: /os\.(?:TempDir|CreateTemp|MkdirTemp)|ioutil\.Temp|ParseMultipartForm|FormFile/,
      linkage: (reading) => linkage(subject, builds, reading),
    };
    for (const path of embeddedFiles(subject)) embedded.add(path);
    return planCompiled(subject, languages.go, program);
  },
};

/** Where the programs of a build come to lie; nothing where that is not known. */
function outputsOf(subject: Subject, { command, verb, flags, packages }: GoBuild): Output[] {
  const { directory } = command;
  if (directory === undefined || command.conditional || flags.has('-C')) return [];
  const names = programNames(subject, directory, packages);
  if (verb === 'install') {
    const bin = variableOf(subject.file, command, 'GOBIN');
    const path = variableOf(subject.file, command, 'GOPATH');
    if (bin.set && bin.value === undefined) return [];
    const into = bin.value ?? `${path.value ?? '/go'}/bin`;
    return names.map((name) => ({ path: posix.join(into, name), command }));
  }
  if (!flags.has('-o')) {
    return names.length === 1 ? [{ path: posix.join(directory, names[0]!), command }] : [];
  }
  const output = flags.get('-o');
  if (output === undefined) return [];
  const path = posix.resolve(directory, output);
  const made = subject.commands.some((each) => each.name === 'mkdir' && each.words.some((word) => word === output));
  const isDirectory =
    output.endsWith('/') ||
    /^\.{1,2}$/.test(output) ||
    made ||
    subject.layout?.hasBelow(subject.layout.contextOf(path) ?? '\0');
  if (!isDirectory) return [{ path, command }];
  return names.map((name) => ({ path: posix.join(path, name), command }));
}

/** The names of the programs that packages make: the last element of each import path, without a version. */
function programNames(subject: Subject, directory: string, packages: readonly (string | undefined)[]): string[] {
  const { layout } = subject;
  const own = packages.length === 0 ? ['.'] : packages;
  const files = own.filter((each) => each?.endsWith('.go'));
  if (files.length > 0) return [posix.basename(files[0]!, '.go')];
  return own.flatMap((each) => {
    if (each === undefined || !layout) return [];
    if (each.endsWith('/...')) {
      const root = layout.contextOf(posix.resolve(directory, each.slice(0, -4)));
      const mains = root === undefined ? [] : layout.context.goSources(root).mains;
      return mains.flatMap((main) => nameOf(subject, layout.imageOf(main)) ?? []);
    }
    if (!/^\.{1,2}(?:\/|$)/.test(each)) return /^[\w.-]+(?:\/[\w.-]+)*$/.test(each) ? [importName(each)] : [];
    return nameOf(subject, posix.resolve(directory, each)) ?? [];
  });
}

function nameOf(subject: Subject, directory: string | undefined): string | undefined {
  const { layout } = subject;
  if (directory === undefined || !layout) return undefined;
  const module = moduleAt(subject, directory);
  if (module === undefined) return undefined;
  const rest = posix.relative(module.directory, directory);
  return importName(posix.join(module.path, rest));
}

function importName(path: string): string {
  const parts = path.split('/');
  const last = parts.at(-1)!;
  return /^v\d+$/.test(last) && parts.length > 1 ? parts.at(-2)! : last;
}

/** The module that a directory of the image belongs to. */
function moduleAt(subject: Subject, directory: string): { path: string; directory: string } | undefined {
  const found = (subject.context?.manifests ?? []).flatMap((each) => {
    if (each.kind !== 'go.mod' || !each.facts.ok) return [];
    const image = subject.layout?.imageOf(each.path);
    return image === undefined ? [] : [{ path: each.facts.value.path, directory: posix.dirname(image) }];
  });
  return found
    .filter((each) => directory === each.directory || directory.startsWith(`${each.directory}/`))
    .sort((a, b) => b.directory.length - a.directory.length)[0];
}

function embeddedFiles({ context }: Subject): string[] {
  if (!context) return [];
  const found: string[] = [];
  for (const pattern of context.goSources('').embeds) {
    const root = pattern.replace(/\/?[^/]*[*?[].*$/, '');
    if (context.file(root)?.type === 'file') found.push(root);
    else for (const each of context.below(root)) if (each.type !== 'directory') found.push(each.path);
  }
  return found;
}

/** Whether the program is static: cgo is off by its switch, by the lack of a compiler, or by the lack of a use. */
function linkage(
  subject: Subject,
  builds: readonly GoBuild[],
  reading: SourceReading,
): ReturnType<CompiledProgram['linkage']> {
  const { file, stage, base, libc } = subject;
  if (builds.every(({ command }) => variableOf(file, command, 'CGO_ENABLED').value === '0')) {
    return { libc: 'static', distroless: 'static' };
  }
  const crosses = stage.from.flags.some((flag) => flag.name === 'platform' && /BUILDPLATFORM/.test(flag.value ?? ''));
  if (crosses) return refuse('cross-build-cgo');
  const forced = builds.some(({ command }) => variableOf(file, command, 'CGO_ENABLED').set);
  if (!forced && lacksCompiler(subject)) return { libc: 'static', distroless: 'static' };
  if (libc === undefined || subject.layout === undefined) return refuse('release-unknown');
  if (libc.kind === 'musl') return refuse('libc-differs');
  const libraries = linkedLibraries(reading);
  if (libraries === undefined) return refuse('shared-library-unknown');
  const modules = (subject.context?.manifests ?? []).flatMap((each) =>
    each.kind === 'go.mod' && each.facts.ok ? Object.keys(each.facts.value.requires) : [],
  );
  const sources = subject.context!.goSources('');
  const isPlain = modules.length === 0 && sources.complete && !sources.importsC && base.repository === 'golang';
  if (isPlain && !sources.importsNetOrUser) return { libc: 'static', distroless: 'static' };
  const foreign = [...libraries].filter((each) => !inBase.has(each) && each !== 'stdc++');
  const { libraries: packaged } = stagePackages(subject);
  if (foreign.length > 0 && packaged.length === 0) return refuse('shared-library-unknown', `\`-l${foreign[0]}\``);
  // What a module links to is not read: the C++ library is the only one that the golang image has besides libc.
  const unknown = modules.some((each) => !selfContained.test(each) && !each.startsWith('golang.org/x/'));
  const cpp = libraries.has('stdc++') || unknown;
  return { libc, cpp, distroless: cpp ? 'cc' : 'base' };
}

const inBase = new Set([
  'c',
  'm',
  'pthread',
  'dl',
  'rt',
  'util',
  'resolv',
  'ssl',
  'crypto',
  'z',
  'zstd',
  'gcc',
  'gcc_s',
]);

/** The libraries that `#cgo` lines name; undefined where one asks pkg-config or names a file. */
function linkedLibraries(reading: SourceReading): Set<string> | undefined {
  const found = new Set<string>();
  for (const text of reading.texts.values()) {
    for (const [, flags] of text.matchAll(/^\s*(?:\/\/\s*)?#cgo\s[^\n]*?LDFLAGS:\s*([^\n]*)/gm)) {
      for (const [, name] of flags!.matchAll(/(?:^|\s)-l(\S+)/g)) found.add(name!);
      if (/\.so\b|-Wl,-rpath/.test(flags!)) return undefined;
    }
    for (const [, names] of text.matchAll(/^\s*(?:\/\/\s*)?#cgo\s+(?:\S+\s+)?pkg-config:\s*([^\n]*)/gm)) {
      for (const name of names!.trim().split(/\s+/)) found.add(name);
    }
  }
  return found;
}

/** Go from 1.20 on turns cgo off where there is no C compiler: golang:alpine has none (go.dev/doc/go1.20). */
function lacksCompiler({ base, file, commands }: Subject): boolean {
  if (base.repository !== 'golang' || !/alpine/.test(base.tag)) return false;
  const [, minor] = /^1\.(\d+)/.exec(base.tag) ?? [];
  if (minor !== undefined && Number(minor) < 20) return false;
  if (commands.some((each) => variableOf(file, each, 'CC').set)) return false;
  return !commands.some((each) =>
    each.words.some((word) =>
      word === undefined
        ? each.name === 'apk'
        : /^(?:gcc|g\+\+|clang\d*|build-base|musl-dev|alpine-sdk|tcc)$/.test(word),
    ),
  );
}
