import { parseToml } from './toml.ts';
import { among, type Read, reading, record, text, textRecord, texts } from './value.ts';

/** What pyproject.toml says. */
export interface PythonProject {
  readonly name: string | undefined;
  /** `requires-python`, or Poetry's `python`. */
  readonly requiresPython: string | undefined;
  /** Requirements as written; for Poetry the names alone. */
  readonly dependencies: readonly string[];
  /** Commands that the package installs, by name: `module:function`. */
  readonly scripts: Readonly<Record<string, string>>;
  readonly buildBackend: string | undefined;
  readonly buildRequires: readonly string[];
  /** `project.dynamic`: fields that the build works out. */
  readonly dynamic: readonly string[];
  /** Tools that have a table of their own: `poetry`, `uv`, `hatch`, `pdm`, `setuptools`, ... */
  readonly tools: readonly string[];
  /** Dependencies that are paths of the repository, by name. */
  readonly localDependencies: Readonly<Record<string, string>>;
  /** Tools that read the repository's git data, to make the version of it. */
  readonly readsGit: readonly string[];
}

const GIT = new Set(
  `setuptools-scm setuptools_scm hatch-vcs versioneer dunamai poetry-dynamic-versioning pbr uv-dynamic-versioning
  versioningit flit-scm setuptools-git-versioning incremental miniver vcs-versioning pdm-backend-scm`.split(/\s+/),
);

/** Reads pyproject.toml. */
export function readPyproject(source: string): Read<PythonProject> {
  return reading(() => {
    const given = parseToml(source);
    const project = record(given.project);
    const build = record(given['build-system']);
    const tool = record(given.tool);
    const poetry = record(tool.poetry);
    const poetryDependencies = record(poetry.dependencies);
    const buildRequires = texts(build.requires);
    const sources = record(record(tool.uv).sources);
    const local = Object.entries({ ...sources, ...poetryDependencies })
      .map(([name, value]) => [name, text(record(value).path)] as const)
      .filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
    const scm = record(record(tool.pdm).version).source === 'scm' ? ['pdm'] : [];
    const named = [
      ...buildRequires.map(requirementName),
      ...Object.keys(tool).filter((name) => name !== 'incremental'),
    ];
    return {
      name: text(project.name) ?? text(poetry.name),
      requiresPython: text(project['requires-python']) ?? text(poetryDependencies.python),
      dependencies: [
        ...texts(project.dependencies),
        ...Object.keys(poetryDependencies).filter((name) => name !== 'python'),
      ],
      scripts: { ...textRecord(project.scripts), ...textRecord(poetry.scripts) },
      buildBackend: text(build['build-backend']),
      buildRequires,
      dynamic: texts(project.dynamic),
      tools: Object.keys(tool),
      localDependencies: Object.fromEntries(local),
      readsGit: [...new Set([...among(named, GIT), ...scm])],
    };
  });
}

/** What a requirements file says. */
export interface PythonRequirements {
  /** Names, in lower case and with `-` for `_` and `.`, as PEP 503 has them. */
  readonly names: readonly string[];
  /** Other files that it reads (`-r`, `-c`), as written. */
  readonly files: readonly string[];
  /** Paths and editable installs, as written. */
  readonly local: readonly string[];
  /** Requirements fetched by URL, with how; the URL is left out, for it may hold a secret. */
  readonly remote: readonly ('git' | 'http')[];
  /** Whether every requirement has a hash. */
  readonly hashed: boolean;
}

/** Reads a requirements file by pip's rules: comments, continuations, options. It cannot be malformed. */
export function readRequirements(source: string): PythonRequirements {
  const names: string[] = [];
  const files: string[] = [];
  const local: string[] = [];
  const remote: ('git' | 'http')[] = [];
  let hashes = 0;
  for (const raw of source
    .replace(/^\ufeff/, '')
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '') continue;
    const file = /^(?:-r|-c|--requirement|--constraint)[\s=]*(.+)$/.exec(line)?.[1];
    const editable = /^(?:-e|--editable)[\s=]*(.+)$/.exec(line)?.[1];
    const what = editable ?? line;
    const hashed = line.includes('--hash');
    if (file !== undefined) files.push(file.trim());
    else if (/^(git|hg|svn|bzr)\+|@\s*git\+/.test(what)) remote.push('git');
    else if (/^https?:|@\s*https?:/.test(what)) remote.push('http');
    else if (editable !== undefined || /^(\.{0,2}\/|\.$|file:)|\.(whl|zip|tar\.gz)(\s|$)/.test(what)) local.push(what);
    else if (!what.startsWith('-')) {
      names.push(requirementName(what));
      if (hashed) hashes++;
    }
  }
  return { names, files, local, remote, hashed: names.length > 0 && hashes === names.length };
}

/** The name of a requirement as PEP 503 compares it. */
export function requirementName(requirement: string): string {
  return /^[\w.-]*/
    .exec(requirement.trim())![0]
    .toLowerCase()
    .replace(/[-_.]+/g, '-');
}
