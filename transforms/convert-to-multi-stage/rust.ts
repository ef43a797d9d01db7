import { posix } from 'node:path';
import { type StageCommand, variableOf } from '../../src/transform/index.ts';
import { type CompiledProgram, type Output, planCompiled } from './compiled.ts';
import { languages } from './languages.ts';
import { stagePackages } from './packages.ts';
import { commonRefusal, startInstruction } from './pitfalls.ts';
import { type Recipe, refuse } from './plan.ts';
import type { SourceReading } from './sources.ts';
import type { Subject } from './subject.ts';

type Manifest = Extract<NonNullable<Subject['context']>['manifests'][number], { kind: 'Cargo.toml' }>;
type Crate = Extract<Manifest['facts'], { ok: true }>['value'];

/** A C library of the system that a crate links, and when it does not. */
interface SystemCrate {
  readonly library: string;
  /** Its package, by release of Debian where the names differ; undefined where the distroless image has it. */
  readonly packages?: string | Readonly<Record<string, string>>;
  /** What a Cargo.toml says where the crate brings the library along. */
  readonly bundledBy?: RegExp;
}

/** docs.rs of each crate, and packages.debian.org; November 2026. */
const systemCrates: Readonly<Record<string, SystemCrate>> = {
  'openssl-sys': { library: 'libssl' },
  'libz-sys': { library: 'libz' },
  'zstd-sys': { library: 'libzstd' },
  'pq-sys': { library: 'libpq', packages: 'libpq5', bundledBy: /pq-sys[^\n]*bundled/ },
  'mysqlclient-sys': { library: 'libmariadb', packages: 'libmariadb3', bundledBy: /mysqlclient-sys[^\n]*bundled/ },
  'libsqlite3-sys': {
    library: 'libsqlite3',
    packages: 'libsqlite3-0',
    bundledBy: /(?:rusqlite|libsqlite3-sys)[^\n]*bundled|^sqlx\b(?![^\n]*sqlite-unbundled)/m,
  },
  'curl-sys': {
    library: 'libcurl',
    packages: { bookworm: 'libcurl4', trixie: 'libcurl4t64' },
    bundledBy: /curl[^\n]*static-curl/,
  },
  'lzma-sys': { library: 'liblzma', packages: 'liblzma5', bundledBy: /(?:xz2|lzma-sys)[^\n]*static/ },
  'bzip2-sys': { library: 'libbz2', packages: 'libbz2-1.0', bundledBy: /bzip2[^\n]*static/ },
  'rdkafka-sys': { library: 'librdkafka', bundledBy: /^rdkafka(?![^\n]*dynamic)/m },
  'libssh2-sys': { library: 'libssh2', bundledBy: /vendored/ },
  'alsa-sys': { library: 'libasound' },
  'libudev-sys': { library: 'libudev' },
  'libdbus-sys': { library: 'libdbus', bundledBy: /dbus[^\n]*vendored/ },
  'librocksdb-sys': { library: 'librocksdb', bundledBy: /^rocksdb/m },
};
const inImage = new Set(['libssl', 'libz', 'libzstd']);

export const rust: Recipe = {
  id: 'rust',
  plan(subject) {
    const cargo = subject.commands.filter((each) => each.name === 'cargo');
    if (subject.base.repository !== 'rust' && cargo.length === 0) return undefined;
    const common = commonRefusal(subject);
    if (common) return common;
    const first = subject.start?.argv?.[0];
    if (first === 'cargo') return refuse('starts-with-toolchain', '`cargo`', startInstruction(subject));
    const builds = cargo.flatMap((each) => cargoBuild(each) ?? []);
    if (builds.length === 0) return refuse('artifact-unknown', 'no `cargo build` is written here');
    const program: CompiledProgram = {
      outputs: builds.flatMap((each) => outputsOf(subject, each)),
      embedded: embeddedFiles(subject),
      certificates: /\b(?:reqwest|hyper_tls|hyper_rustls|native_tls|rustls|ureq|openssl|lettre|tonic|sqlx|aws_sdk)\b/,
      temporary: /\btempfile\b|temp_dir\(/,
      linkage: (reading) => linkage(subject, builds, reading),
    };
    return planCompiled(subject, languages.rust, program);
  },
};

interface CargoBuild {
  readonly command: StageCommand;
  readonly verb: 'build' | 'install';
  readonly options: ReadonlyMap<string, string | undefined>;
  readonly unknown: boolean;
}

const valued = new Set([
  '--target',
  '--profile',
  '--bin',
  '--package',
  '-p',
  '--manifest-path',
  '--target-dir',
  '--root',
  '--path',
  '--features',
  '-F',
  '--jobs',
  '-j',
  '--config',
  '--color',
  '--example',
  '--message-format',
  '-Z',
]);

function cargoBuild(command: StageCommand): CargoBuild | undefined {
  const words = command.words.filter((word) => !word?.startsWith('+'));
  const verb = words[0] === 'b' ? 'build' : words[0];
  if (verb !== 'build' && verb !== 'install') return undefined;
  const options = new Map<string, string | undefined>();
  let unknown = false;
  for (let at = 1; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) unknown = true;
    else if (word.startsWith('-')) {
      const [name, value] = word.split(/=(.*)/s) as [string, string | undefined];
      options.set(name, value ?? (valued.has(name) ? words[++at] : ''));
    } else options.set('', word);
  }
  return { command, verb, options, unknown };
}

/** Where the programs of a build come to lie: the Cargo book, "Build cache" and "cargo install". */
function outputsOf(subject: Subject, { command, verb, options, unknown }: CargoBuild): Output[] {
  const { directory } = command;
  if (directory === undefined || unknown || command.conditional) return [];
  const names = binaries(subject);
  if (verb === 'install') {
    if (!options.has('--path')) return [];
    const root = options.has('--root') ? options.get('--root') : '/usr/local/cargo';
    return root === undefined
      ? []
      : names.map((name) => ({ path: posix.resolve(directory, root, 'bin', name), command }));
  }
  const set = variableOf(subject.file, command, 'CARGO_TARGET_DIR');
  if (set.set && set.value === undefined) return [];
  const manifest = options.get('--manifest-path');
  const home = manifest === undefined ? directory : posix.dirname(posix.resolve(directory, manifest));
  const target = posix.resolve(home, options.get('--target-dir') ?? set.value ?? 'target');
  const profile = options.get('--profile') ?? (options.has('--release') || options.has('-r') ? 'release' : 'debug');
  const triple = options.get('--target') ?? variableOf(subject.file, command, 'CARGO_BUILD_TARGET').value;
  const folder = posix.join(target, triple ?? '', profile === 'dev' ? 'debug' : profile);
  return names.map((name) => ({ path: posix.join(folder, name), command }));
}

/** The names of the binaries of every crate in the context. */
function binaries({ context, layout }: Subject): string[] {
  const found = new Set<string>();
  for (const { crate, folder } of crates(context)) {
    for (const bin of crate.bins) if (bin.name !== undefined) found.add(bin.name);
    if (!crate.autobins || crate.name === undefined || !layout) continue;
    const own = crate.bins.some((bin) => bin.path === 'src/main.rs');
    if (context?.file(posix.join(folder, 'src/main.rs')) && !own) found.add(crate.name);
    for (const each of context?.children(posix.join(folder, 'src/bin')) ?? [])
      found.add(posix.basename(each.path, '.rs'));
  }
  return [...found];
}

function crates(context: Subject['context']): { crate: Crate; folder: string }[] {
  return (context?.manifests ?? []).flatMap((each) => {
    if (each.kind !== 'Cargo.toml' || !each.facts.ok) return [];
    const folder = posix.dirname(each.path);
    return [{ crate: each.facts.value, folder: folder === '.' ? '' : folder }];
  });
}

/** What the compiler takes in: include_str!, include_bytes!, and the folders of rust-embed and include_dir. */
function embeddedFiles({ context, layout }: Subject): Set<string> {
  const found = new Set<string>();
  if (!context || !layout) return found;
  for (const path of layout.files()) {
    if (!path.endsWith('.rs')) continue;
    const text = context.text(path) ?? '';
    for (const [, name] of text.matchAll(/include_(?:str|bytes)!\(\s*"([^"]+)"/g)) {
      found.add(posix.join(posix.dirname(path), name!));
    }
    for (const [, name] of text.matchAll(
      /(?:#\[folder\s*=\s*|include_dir!\(\s*|migrate!\(\s*|embed_migrations!\(\s*)"(?:\$CARGO_MANIFEST_DIR\/)?([^"]+)"/g,
    )) {
      for (const each of context.below(posix.normalize(name!).replace(/\/$/, ''))) found.add(each.path);
    }
    // askama compiles the templates that its attribute names, from the folder `templates`.
    if (/#\[template\(/.test(text) && /\baskama\b/.test(text))
      for (const each of context.below('templates')) found.add(each.path);
  }
  return found;
}

function linkage(
  subject: Subject,
  builds: readonly CargoBuild[],
  reading: SourceReading,
): ReturnType<CompiledProgram['linkage']> {
  const { libc, context, file } = subject;
  const triples = builds.map(
    (each) => each.options.get('--target') ?? variableOf(file, each.command, 'CARGO_BUILD_TARGET').value,
  );
  const isMusl =
    triples.every((each) => each?.endsWith('-musl')) ||
    (libc?.kind === 'musl' && triples.every((each) => each === undefined));
  const flags = builds.map((each) => variableOf(file, each.command, 'RUSTFLAGS').value ?? '').join(' ');
  if (isMusl) return /-crt-static/.test(flags) ? refuse('libc-differs') : { libc: 'static', distroless: 'static' };
  if (triples.some((each) => each !== undefined && !each.endsWith('-gnu'))) return refuse('libc-differs');
  if (libc === undefined) return refuse('release-unknown');
  const all = crates(context);
  const hasDependencies = all.some(
    ({ crate }) => crate.dependencies.length > Object.keys(crate.localDependencies).length,
  );
  const lock =
    context?.text('Cargo.lock') ??
    all.map(({ folder }) => context?.text(posix.join(folder, 'Cargo.lock'))).find((each) => each !== undefined);
  if (hasDependencies && lock === undefined)
    return refuse('lock-file-missing', 'it would say which crates need a C library');
  const locked = new Set([...(lock ?? '').matchAll(/^name = "([^"]+)"/gm)].map(([, name]) => name!));
  const manifests = all.map(({ folder }) => context?.text(posix.join(folder, 'Cargo.toml')) ?? '').join('\n');
  const packages = new Set<string>();
  for (const [name, { library, packages: named, bundledBy }] of Object.entries(systemCrates)) {
    if (!locked.has(name) || inImage.has(library) || bundledBy?.test(manifests)) continue;
    const found = typeof named === 'object' ? named[subject.release?.exact ? subject.release.name : ''] : named;
    if (found === undefined) return refuse('shared-library-unknown', `\`${library}\``);
    packages.add(found);
  }
  const { libraries } = stagePackages(subject);
  for (const text of reading.texts.values()) {
    for (const [, name] of text.matchAll(/#\[link\(\s*name\s*=\s*"([^"]+)"(?![^\]]*static)/g)) {
      if (inImage.has(`lib${name}`) || /^(?:c|m|dl|pthread|gcc_s|stdc\+\+)$/.test(name!)) continue;
      if (!libraries.some((library) => library.startsWith(`lib${name}`))) {
        return refuse('shared-library-unknown', `\`lib${name}\``);
      }
    }
  }
  return { libc, distroless: 'cc', packages: [...packages] };
}
