import { posix } from 'node:path';
import type { StageCommand } from '../../src/transform/index.ts';
import { type CompiledProgram, planCompiled } from './compiled.ts';
import { languages } from './languages.ts';
import { stagePackages } from './packages.ts';
import { type Recipe, refuse } from './plan.ts';
import type { Subject } from './subject.ts';

/** A call of a C or C++ compiler that links a program. */
interface Link {
  readonly command: StageCommand;
  readonly output: string | undefined;
  readonly isStatic: boolean;
  readonly libraries: readonly string[];
  readonly isCpp: boolean;
  /** Words that are not known may link more. */
  readonly unknown: boolean;
}

const inBase = new Set(['c', 'm', 'pthread', 'dl', 'rt', 'util', 'resolv', 'ssl', 'crypto', 'z', 'zstd']);
const inCc = new Set([...inBase, 'stdc++', 'gcc', 'gcc_s', 'gomp']);

/** Programs that a compiler links in a RUN of the file; what make and CMake do is not read. */
export const c: Recipe = {
  id: 'c',
  plan(subject) {
    const links = subject.commands.flatMap((each) => linkOf(each) ?? []);
    const isC = subject.base.repository === 'gcc' || /^(?:debian|ubuntu|buildpack-deps)$/.test(subject.base.repository);
    const makes = subject.commands.find((each) => /^(?:make|cmake|ninja|meson|configure)$/.test(each.name));
    if (!isC || (links.length === 0 && (!makes || subject.base.repository !== 'gcc'))) return undefined;
    if (links.length === 0 || makes)
      return refuse('artifact-unknown', `\`${makes?.name ?? 'make'}\` decides what is made`, makes?.instruction);
    const program: CompiledProgram = {
      outputs: links.flatMap(({ command, output }) => {
        if (command.directory === undefined || command.conditional || output === undefined) return [];
        return [{ path: posix.resolve(command.directory, output), command }];
      }),
      embedded: new Set(),
      certificates: /openssl\/ssl\.h|curl\/curl\.h/,
      temporary: /\bmkstemp|\btmpfile|\btmpnam/,
      linkage: () => linkage(subject, links),
    };
    return planCompiled(subject, languages.c, program);
  },
};

function linkOf(command: StageCommand): Link | undefined {
  if (!/^(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-\d+)?$/.test(command.name)) return undefined;
  const { words } = command;
  if (
    words.some((word) => word === '-c' || word === '-S' || word === '-E' || word === '-shared' || word === '--version')
  )
    return undefined;
  const at = words.indexOf('-o');
  const isCpp = command.name.includes('++') || words.some((word) => /\.(?:cc|cpp|cxx)$/.test(word ?? ''));
  return {
    command,
    output: at === -1 ? 'a.out' : words[at + 1],
    isStatic: words.some((word) => word === '-static' || word === '-static-pie'),
    libraries: words.flatMap((word) =>
      word?.startsWith('-l') ? [word.slice(2)] : word === '-fopenmp' ? ['gomp'] : [],
    ),
    isCpp,
    unknown: words.includes(undefined) || words.some((word) => /\.(?:so|a)(?:\.|$)/.test(word ?? '')),
  };
}

function linkage(subject: Subject, links: readonly Link[]): ReturnType<CompiledProgram['linkage']> {
  const { libc, base, release } = subject;
  const names = links.flatMap((each) => each.libraries);
  if (links.every((each) => each.isStatic)) {
    // A static glibc still loads parts of itself to look names up.
    return links.some((each) => each.unknown)
      ? refuse('shared-library-unknown')
      : { libc: 'static', distroless: 'static' };
  }
  if (libc === undefined) return refuse('release-unknown');
  if (libc.kind === 'musl') return refuse('libc-differs');
  if (links.some((each) => each.unknown)) return refuse('shared-library-unknown');
  const isCpp = links.some((each) => each.isCpp);
  // The gcc images bring a C++ library of their own, which grows with each version; Debian 13 has that of GCC 14.
  if (base.repository === 'gcc' && isCpp && Number(/^(\d+)/.exec(base.tag)?.[1] ?? 99) > 14)
    return refuse('libc-too-new');
  const foreign = names.find((each) => !inCc.has(each));
  const { libraries } = stagePackages(subject);
  if (foreign !== undefined && libraries.length === 0) return refuse('shared-library-unknown', `\`-l${foreign}\``);
  if (foreign !== undefined && !release?.exact) return refuse('release-unknown');
  const cpp = isCpp || names.includes('stdc++');
  return { libc, cpp, distroless: cpp || names.some((each) => !inBase.has(each)) ? 'cc' : 'base' };
}
