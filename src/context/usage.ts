import { posix } from 'node:path';
import { Dockerfile, DockerfileSyntaxError, imageReferences } from '../dockerfile/index.ts';
import type { RunUse, SharedVolume, Usage } from '../transform/index.ts';
import { argumentValues, isNamedAfter, namesSpelled, sameImage } from './image-names.ts';
import type { NamedBuild, Question } from './locate.ts';
import { readFileWithin } from './read-file.ts';
import type { Repository } from './repository.ts';
import type { RunReading } from './run-files.ts';

/** What the files of a repository do with a Dockerfile: its builds, the containers of its image, what is built on it. */
export function usageOf(repository: Repository, question: Question): Usage {
  const { builds } = repository.locate(question);
  const isOurs = namedBy(repository, question.dockerfile, builds);
  return {
    builds: builds.map(({ file, line, how, engine, target, args, contexts }) => {
      return { file, line, how, engine, target, args: Object.keys(args), contexts };
    }),
    runs: runsOf(question.dockerfile, builds, isOurs, repository),
    children: childrenOf(question.dockerfile, builds, isOurs, repository),
    syncs: repository.syncs
      .filter(({ image, dockerfile }) => dockerfile === question.dockerfile || (image !== undefined && isOurs(image)))
      .map(({ sync }) => sync),
  };
}

/**
 * Tells whether a reference names the image of a Dockerfile: by the names that its builds give it or, where they give none,
 * by that of its folder, unless another Dockerfile has that.
 */
function namedBy(
  repository: Repository,
  dockerfile: string,
  builds: readonly NamedBuild[],
): (reference: string) => boolean {
  const spelled = (file: string, name: string) =>
    namesSpelled(name, repository.textOf(file) ?? '', (path) =>
      repository.textOf(posix.join(posix.dirname(file), path).replace(/^(?:\.\.\/)+/, '')),
    );
  const names = builds.flatMap(({ file, names: given }) => given.flatMap((name) => spelled(file, name)));
  const known = names.filter((name) => sameImage(name, name));
  if (known.length > 0) return (reference) => known.some((name) => sameImage(name, reference));
  const directory = posix.dirname(dockerfile);
  const isAlone = repository.dockerfiles.length === 1;
  const folders = [
    ...(directory === '.' ? [] : [posix.basename(directory)]),
    ...(directory === '.' || isAlone ? [posix.basename(repository.root)] : []),
  ];
  const others = repository.readings
    .filter((reading) => reading.dockerfile !== dockerfile)
    .flatMap((each) => each.names);
  return (reference) =>
    folders.some((folder) => isNamedAfter(folder, reference)) && !others.some((name) => sameImage(name, reference));
}

function runsOf(
  dockerfile: string,
  builds: readonly NamedBuild[],
  isOurs: (reference: string) => boolean,
  repository: Repository,
): RunUse[] {
  const readings = repository.runs;
  const services = new Set(
    builds.filter(({ how }) => how === 'compose').map(({ file, build }) => `${posix.dirname(file)}\0${build}`),
  );
  const isOfImage = ({ run, image, dockerfile: named, service }: RunReading): boolean => {
    if (named !== undefined) return named === dockerfile;
    if (image !== undefined && isOurs(image)) return true;
    if (service === undefined) return false;
    const own = posix.dirname(run.file);
    // A development container stands in a folder of its own, often below the compose file that it names.
    const folders = run.how === 'devcontainer' ? [own, posix.dirname(own)] : [own];
    return folders.some((folder) => services.has(`${folder}\0${service}`));
  };
  const ours = readings.filter(isOfImage);
  return ours.map((reading) => {
    const mounts = reading.run.mounts.map((mount) => {
      const shared = mount.bind ? undefined : sharedVolume(reading, mount.path, ours, repository);
      return shared ? { ...mount, shared } : mount;
    });
    return { ...reading.run, mounts };
  });
}

/** The volume of compose that a service mounts at a path, where services of other images, or stages, may write it too. */
function sharedVolume(
  { run, service, volumes }: RunReading,
  path: string,
  ours: readonly RunReading[],
  repository: Repository,
): SharedVolume | undefined {
  const volume = volumes?.find((each) => each.path === path)?.volume;
  if (volume === undefined) return undefined;
  const folder = posix.dirname(run.file);
  const buildOf = (name: string) =>
    repository.readings.find(
      ({ file, how, build }) => how === 'compose' && posix.dirname(file) === folder && build === name,
    );
  const target = buildOf(service!)?.target;
  const by = new Map<string, string | undefined>();
  for (const other of repository.runs) {
    const name = other.service;
    if (name === undefined || name === service || posix.dirname(other.run.file) !== folder) continue;
    if (!other.volumes?.some((each) => each.volume === volume && !each.readOnly)) continue;
    const build = buildOf(name);
    if (ours.includes(other) && (build === undefined || build.target === target)) continue;
    by.set(name, build === undefined ? other.image : baseOf(repository, build.dockerfile, build.target));
  }
  return by.size === 0 ? undefined : { volume, by: [...by].map(([name, base]) => ({ service: name, base })) };
}

/** The base image of a stage of a Dockerfile, by default of the last one; undefined where it cannot be told. */
function baseOf(repository: Repository, path: string | undefined, target: string | undefined): string | undefined {
  // What is made of variables, or lies outside of the repository, is not read.
  const isPlain = path !== undefined && !path.includes('\0') && !path.startsWith('..');
  const file = isPlain ? readDockerfile(posix.join(repository.root, path)) : undefined;
  const stage = target === undefined ? file?.finalStage : file?.stageByName(target, { byIndex: true });
  return stage && file!.baseReference(file!.rootStage(stage));
}

function childrenOf(
  dockerfile: string,
  builds: readonly NamedBuild[],
  isOurs: (reference: string) => boolean,
  repository: Repository,
): string[] {
  const children = new Set<string>();
  for (const [path, bases] of basesOf(repository)) {
    if (bases.some((base) => basesGiven(repository, base).some(isOurs))) children.add(path);
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

/** What a base may be: itself or, where one build argument names it, what the build files of the repository give that. */
function basesGiven(repository: Repository, base: string): string[] {
  const argument = /^\$\{?(\w+)\}?(?::|@|$)/.exec(base)?.[1];
  if (argument === undefined) return [base];
  const files = [...new Set(repository.readings.map(({ file }) => file))];
  return files.flatMap((file) => {
    const text = repository.textOf(file) ?? '';
    const read = (path: string) => repository.textOf(posix.join(posix.dirname(file), path));
    return argumentValues(argument, text).flatMap((value) => namesSpelled(value, text, read));
  });
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
  const file = readDockerfile(path);
  const uses = file ? imageReferences(file).filter(({ place }) => place === 'from') : [];
  return uses.map(({ text, instruction }) => {
    const expanded = instruction && file!.expand(text, instruction);
    // A build argument without a default is empty.
    return expanded?.ok && /^[^/:]/.test(expanded.value) ? expanded.value : text;
  });
}

function readDockerfile(path: string): Dockerfile | undefined {
  const read = readFileWithin(path, DOCKERFILE_CAP);
  if (!('text' in read)) return undefined;
  try {
    return new Dockerfile(read.text);
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return undefined;
    throw error;
  }
}
