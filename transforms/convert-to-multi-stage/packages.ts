import { debianLibraries } from '../../src/facts/index.ts';
import { hasOption, type PackageCall, packageCalls, type StageCommand } from '../../src/transform/index.ts';
import type { Subject } from './subject.ts';

/** Packages of Debian that only a build needs, by their names. */
const buildOnly =
  /^(?:build-essential|gcc(?:-\d+)?|g\+\+(?:-\d+)?|cpp|clang(?:-\d+)?|llvm(?:-\d+)?|lld|make|cmake|ninja-build|meson|autoconf|automake|autotools-dev|libtool|pkg-config|pkgconf|bison|flex|gettext|dpkg-dev|patch|m4|nasm|yasm|git|git-core|mercurial|subversion|curl|wget|gnupg2?|gpg|dirmngr|unzip|zip|xz-utils|bzip2|tar|rsync|file|jq|software-properties-common|apt-transport-https|lsb-release|apt-utils|python3?(?:-pip|-setuptools|-wheel|-venv)?|golang(?:-go)?|rustc|cargo|npm|maven|gradle|openjdk-\d+-jdk(?:-headless)?|default-jdk(?:-headless)?|protobuf-compiler|upx-ucl|binutils|libc6-dev|libc-dev|libclang(?:-\d+)?-dev|llvm(?:-\d+)?-dev|libtool-bin|linux-headers-\w+|python3?-dev|ruby-dev|php-dev|openssl|ca-certificates|tzdata|vim|nano|less|procps|net-tools|iputils-ping|dnsutils|htop|strace|gdb|valgrind|musl-tools|musl-dev)$/;
/** Programs that come with a package of the same name and that a start or a health check may use. */
export const toolPackages: ReadonlySet<string> = new Set([
  'curl',
  'wget',
  'git',
  'jq',
  'unzip',
  'openssl',
  'procps',
  'nodejs',
]);

/** What the stage installs from the distribution, told apart by when it is needed. */
export interface StagePackages {
  /** Needed when the program runs: these, and the run-time parts of development packages. */
  readonly runtime: readonly string[];
  /** Of `runtime`, those that stand for a development package. */
  readonly libraries: readonly string[];
  /** Tools of the build that a start or a health check may use as well. */
  readonly tools: readonly string[];
  /** Some were installed with what they recommend. */
  readonly recommends: boolean;
  /** What could not be placed, with how it is written. */
  readonly unknown: readonly string[];
}

/** Reads the packages that apt installs in a stage. */
export function stagePackages(subject: Subject): StagePackages {
  const runtime = new Set<string>();
  const libraries = new Set<string>();
  const tools = new Set<string>();
  const unknown = new Set<string>();
  for (const name of aptPackages(subject.commands)) {
    if (name === undefined) unknown.add('a package whose name a variable holds');
    else if (toolPackages.has(name)) tools.add(name);
    else if (buildOnly.test(name)) continue;
    else if (/-dev$/.test(name)) {
      const known = debianLibraries(name, subject.release);
      if (known === undefined) unknown.add(name);
      for (const library of known ?? []) {
        libraries.add(library);
        runtime.add(library);
      }
    } else runtime.add(name);
  }
  if (runtime.size > 0 && addsRepository(subject)) unknown.add('a package of another repository');
  const recommends =
    runtime.size > libraries.size &&
    installCalls(subject.commands).some((call) => !hasOption(call, '--no-install-recommends'));
  return { runtime: [...runtime], libraries: [...libraries], tools: [...tools], recommends, unknown: [...unknown] };
}

/** Scripts that give apt a repository and do nothing else: github.com/nodesource/distributions, packagecloud.io/docs. */
export const setsUpRepository = /deb\.nodesource\.com\/setup|packagecloud\.io\/install\/repositories\//;

/** Whether the stage gives apt other repositories, which the final stage would lack. */
export function addsRepository({ commands, file, stage }: Subject): boolean {
  const runs = stage.instructions.filter(
    (each) => each.keyword === 'RUN' || each.keyword === 'COPY' || each.keyword === 'ADD',
  );
  const named = runs.some((each) => /\/etc\/apt\/(?:sources|trusted|keyrings|preferences)/.test(file.args(each)));
  const isSetUp = runs.some((each) => setsUpRepository.test(file.args(each)));
  return named || isSetUp || commands.some((each) => /^(?:add-apt-repository|apt-key|extrepo)$/.test(each.name));
}

/** The package that brings a program, where it has another name; packages.debian.org, November 2026. */
const providers: Readonly<Record<string, string>> = {
  dot: 'graphviz',
  ffprobe: 'ffmpeg',
  convert: 'imagemagick',
  magick: 'imagemagick',
  identify: 'imagemagick',
  mogrify: 'imagemagick',
  pdftoppm: 'poppler-utils',
  pdftotext: 'poppler-utils',
  pdfinfo: 'poppler-utils',
  tesseract: 'tesseract-ocr',
  soffice: 'libreoffice',
  libreoffice: 'libreoffice',
  psql: 'postgresql-client',
  pg_dump: 'postgresql-client',
  pg_isready: 'postgresql-client',
  mysql: 'default-mysql-client',
  mysqldump: 'default-mysql-client',
  'redis-cli': 'redis-tools',
  ssh: 'openssh-client',
  scp: 'openssh-client',
  gs: 'ghostscript',
  'rsvg-convert': 'librsvg2-bin',
  exiftool: 'libimage-exiftool-perl',
  nc: 'netcat-openbsd',
  ps: 'procps',
  pkill: 'procps',
};

/** Whether one of some packages brings a program. */
export function brings(packages: readonly string[], program: string): boolean {
  const provider = Object.hasOwn(providers, program) ? providers[program]! : program;
  return packages.some((each) => each === provider || each.startsWith(`${provider}-`));
}

function aptPackages(commands: readonly StageCommand[]): (string | undefined)[] {
  return installCalls(commands).flatMap((call) => call.operands.map((word) => word.literal?.replace(/[=/:].*$/, '')));
}

function installCalls(commands: readonly StageCommand[]): PackageCall[] {
  const seen = new Set(commands.map((each) => each.instruction));
  return [...seen].flatMap((instruction) => {
    const body = commands.find((each) => each.instruction === instruction)?.body;
    if (!body) return [];
    return packageCalls(body.script).filter((call) => call.manager.family === 'apt' && call.effect === 'install');
  });
}

/** Whether a package manager other than apt installs something that a program may need when it runs. */
export function otherInstalls(commands: readonly StageCommand[]): StageCommand | undefined {
  return commands.find((each) => /^(?:dnf|yum|microdnf|tdnf|zypper|pacman|apk|dpkg)$/.test(each.name));
}
