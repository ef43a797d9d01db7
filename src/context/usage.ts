import { posix } from 'node:path';
import { Dockerfile, DockerfileSyntaxError, imageReferences } from '../dockerfile/index.ts';
import type { RunUse, Usage } from '../transform/index.ts';
import type { NamedBuild, Question } from './locate.ts';
import { readFileWithin } from './read-file.ts';
import type { Repository } from './repository.ts';
import type { RunReading } from './run-files.ts';

/** What the files of a repository do with a Dockerfile: its builds, the containers of its image, what is built on it. */
export function usageOf(repository: Repository, question: Question): Usage {
  const { builds } = repository.locate(question);
  return {
    builds: builds.map(({ file, line, how, engine, target, args, contexts }) => {
      return { file, line, how, engine, target, args: Object.keys(args), contexts };
    }),
    runs: runsOf(question.dockerfile, builds, repository.runs),
    children: childrenOf(question.dockerfile, builds, repository),
  };
}

function runsOf(dockerfile: string, builds: readonly NamedBuild[], readings: readonly RunReading[]): RunUse[] {
  const names = builds.flatMap((build) => build.names);
  const services = new Set(
    builds.filter(({ how }) => how === 'compose').map(({ file, build }) => `${posix.dirname(file)}\0${build}`),
  );
  const isOfImage = ({ run, image, dockerfile: named, service }: RunReading): boolean => {
    if (named !== undefined) return named === dockerfile;
    if (image !== undefined && names.some((name) => sameImage(name, image))) return true;
    if (service === undefined) return false;
    const own = posix.dirname(run.file);
    // A development container stands in a folder of its own, often below the compose file that it names.
    const folders = run.how === 'devcontainer' ? [own, posix.dirname(own)] : [own];
    return folders.some((folder) => services.has(`${folder}\0${service}`));
  };
  return readings.filter(isOfImage).map(({ run }) => run);
}

function childrenOf(dockerfile: string, builds: readonly NamedBuild[], repository: Repository): string[] {
  const names = builds.flatMap((build) => build.names);
  const children = new Set<string>();
  if (names.length > 0) {
    for (const [path, bases] of basesOf(repository)) {
      if (bases.some((base) => names.some((name) => sameImage(name, base)))) children.add(path);
    }
  }
  // Bake hands one target to another as `target:base`, compose as `service:base`.
  const own = new Set(builds.map(({ file, build }) => `${file}\0${build}`));
  for (const { file, dockerfile: path, contexts } of repository.readings) {
    if (path === undefined || path.includes('\0')) continue;
    const given = Object.values(contexts).map((value) => /^(?:target|service):(.+)$/.exec(value)?.[1]);
    if (given.some((name) => name !== undefined && own.has(`${file}\0${name}`))) children.add(path);
  }
  children.delete(dockerfile);
  return [...children].sort();
}

const memo = new WeakMap<Repository, ReadonlyMap<string, readonly string[]>>();

/** The base images of each Dockerfile of a repository, with the defaults of build arguments where they have one. */
function basesOf(repository: Repository): ReadonlyMap<string, readonly string[]> {
  let bases = memo.get(repository);
  if (bases === undefined) {
    bases = new Map(repository.dockerfiles.map((path) => [path, readBases(posix.join(repository.root, path))]));
    memo.set(repository, bases);
  }
  return bases;
}

const DOCKERFILE_CAP = 1 << 20;

function readBases(path: string): string[] {
  const read = readFileWithin(path, DOCKERFILE_CAP);
  if (!('text' in read)) return [];
  try {
    const file = new Dockerfile(read.text);
    const uses = imageReferences(file).filter(({ place }) => place === 'from');
    return uses.map(({ text, instruction }) => {
      const expanded = instruction && file.expand(text, instruction);
      return expanded?.ok ? expanded.value : text;
    });
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return [];
    throw error;
  }
}

/** Whether two references may name one image: the same but for tag, digest, and variables before the last slash. */
export function sameImage(a: string, b: string): boolean {
  const [one, other] = [nameOf(a), nameOf(b)];
  if (one === undefined || other === undefined) return false;
  if (one === other) return true;
  return posix.basename(one) === posix.basename(other) && (one.includes('*') || other.includes('*'));
}

const VARIABLE = /\$\{\{[^}]*\}\}|\{\{[^}]*\}\}|\$\$?\{[^}]*\}|\$\$?\([^()]*\)|`[^`]*`|\$\$?\w+/g;

/** A reference without tag, digest and Docker Hub's own prefix, `*` for variables; undefined where its name holds one. */
function nameOf(reference: string): string | undefined {
  const marked = reference.replace(VARIABLE, '*').replace(/@.*$/, '').toLowerCase();
  const slash = marked.lastIndexOf('/') + 1;
  const name = marked.slice(slash).replace(/:.*$/, '');
  const before = marked.slice(0, slash).replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, '');
  return /^[a-z0-9][\w.-]*$/.test(name) ? before + name : undefined;
}
