import { parseToml } from './toml.ts';
import { among, type Read, reading, record, text, texts } from './value.ts';

/** What Cargo.toml says. */
export interface RustCrate {
  /** Undefined for a workspace that is no package. */
  readonly name: string | undefined;
  readonly edition: string | undefined;
  readonly rustVersion: string | undefined;
  /** The binaries that are written out; `src/main.rs` and `src/bin` come to them. */
  readonly bins: readonly { readonly name: string | undefined; readonly path: string | undefined }[];
  /** Whether Cargo looks for binaries in `src`. */
  readonly autobins: boolean;
  readonly defaultRun: string | undefined;
  readonly dependencies: readonly string[];
  readonly buildDependencies: readonly string[];
  /** The build script, as written; Cargo also runs a `build.rs`. */
  readonly build: string | undefined;
  /** Patterns of the members' directories; undefined where there is no workspace. */
  readonly members: readonly string[] | undefined;
  /** Dependencies that are paths of the repository, by name. */
  readonly localDependencies: Readonly<Record<string, string>>;
  /** Crates that link a C library. */
  readonly nativeBuild: readonly string[];
  /** Crates that read the repository's git data. */
  readonly readsGit: readonly string[];
}

const GIT = new Set(
  'vergen vergen-git2 vergen-gitcl vergen-gix built git-version shadow-rs build-info build-info-build'.split(' '),
);
const NATIVE = new Set(
  `openssl openssl-sys native-tls libsqlite3-sys libz-sys rdkafka rdkafka-sys pq-sys mysqlclient-sys libgit2-sys curl-sys
  libssh2-sys zstd-sys bzip2-sys lzma-sys rocksdb librocksdb-sys libpq-sys protobuf-src cmake bindgen cc ring aws-lc-sys
  tikv-jemallocator jemallocator alsa-sys libudev-sys diesel git2 curl rusqlite`.split(/\s+/),
);

/** Reads Cargo.toml. */
export function readCargoToml(source: string): Read<RustCrate> {
  return reading(() => {
    const given = parseToml(source);
    const crate = record(given.package);
    const workspace = given.workspace === undefined ? undefined : record(given.workspace);
    const targets = Object.values(record(given.target)).map(record);
    const tables = [given, ...targets].map((table) => record(table.dependencies));
    const all = Object.assign({}, ...tables, record(workspace?.dependencies)) as Record<string, unknown>;
    const dependencies = Object.keys(Object.assign({}, ...tables));
    const buildDependencies = Object.keys(record(given['build-dependencies']));
    const bins = Array.isArray(given.bin) ? given.bin.map(record) : [];
    const local = Object.entries(all).map(([name, value]) => [name, text(record(value).path)] as const);
    const both = [...dependencies, ...buildDependencies];
    return {
      name: text(crate.name),
      edition: text(crate.edition),
      rustVersion: text(crate['rust-version']),
      bins: bins.map((bin) => ({ name: text(bin.name), path: text(bin.path) })),
      autobins: crate.autobins !== false,
      defaultRun: text(crate['default-run']),
      dependencies,
      buildDependencies,
      build: text(crate.build),
      members: workspace && texts(workspace.members),
      localDependencies: Object.fromEntries(local.filter((entry): entry is [string, string] => entry[1] !== undefined)),
      nativeBuild: [...new Set(among(both, NATIVE))],
      readsGit: [...new Set(among(both, GIT))],
    };
  });
}
